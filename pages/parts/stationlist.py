"""A station's list of a day: who is expected, and calling up, finishing, or noting that somebody did not come."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from itertools import groupby

import streamlit as st

from pages.parts import frame
from pages.parts.actforms import completed
from pages.parts.drawn import Event, Node, button, draw, el, icon, link, number
from pages.parts.facts import empty
from pages.parts.notes import href, state_label
from pages.parts.reply import reply
from portal import clock, words
from portal.cases import acts, errands, reading, work
from portal.cases.stations import Venue, Visit
from portal.words import t, tn

ENDED = ("done", "closed")


def day_switch(place: Venue, day: date) -> Node:
    """The day before, today, the day after; printing the list, and the counter for those who just walk in."""
    today = clock.day_of(clock.now())
    steps = ((day - timedelta(days=1), "chevron_left", "station.before"), (today, "today", "station.today"),
             (day + timedelta(days=1), "chevron_right", "station.after"))  # fmt: skip
    links = [
        link(_address(place, there, today), icon(symbol), t(label), css="button")
        for there, symbol, label in steps
        if there != day
    ]
    return [
        "nav",
        {"class": "row", "aria-label": t("station.days")},
        *links,
        button("print", "", t("errands.print"), symbol="print"),
        link("/counter", icon("how_to_reg"), t("station.counter"), css="button"),
    ]


def visits(found: Sequence[Visit], place: Venue, day: date) -> None:
    """The list, by time, and what is done with a tap."""
    heading = el("h2", "", f"{words.month_day(day)} {words.weekday(day)} · {place.label}")
    if not found:
        draw([heading, empty("station", symbol="event_available", way=("/counter", "station.counter"))], key="visits")
        return
    served = sum(visit.state in ENDED for visit in found)
    count = el("p", "small quiet", tn("station.count", len(found), done=words.number(served)))
    times = [_time(hour, list(group)) for hour, group in groupby(found, key=lambda visit: words.hour(visit.slot_at))]
    event = draw([heading, count, ["ol", {"class": "visits", "role": "list"}, *times]], key="visits", clicked=_serve)
    if event is not None and event["do"] in _ASKED:
        title, body = _ASKED[event["do"]]
        st.dialog(t(title))(body)(number(event))


def _serve(event: Event) -> None:
    """Call somebody up, before the page runs."""
    if event["do"] == "serve":
        frame.act(errands.serve, number(event), done="act.case.serve.done")


def _time(hour: str, group: list[Visit]) -> Node:
    now = clock.now()
    rows = [_visit(visit, begun=visit.slot_at <= now) for visit in group]
    return el("li", "visit-time", el("strong", "hour", hour), ["ul", {"role": "list"}, *rows])


def _visit(visit: Visit, *, begun: bool) -> Node:
    phone = el("span", "small quiet", icon("call"), visit.phone) if visit.phone else None
    chip = "solved" if visit.state in ENDED else "plain" if visit.state == "open" else ""
    return el(
        "li",
        "panel visit",
        el("p", "row", el("strong", "who", visit.name or t("station.no_name")), phone,
           el("span", f"chip {chip}", state_label(visit.state, "", "errand"))),
        el("p", "", link(href(visit.case_id), visit.errand), f" · {t('case.no', id=visit.case_id)}"),
        el("p", "small", icon("home_pin"), " ", visit.place) if visit.at_home else None,
        el("p", "small pre", icon("sticky_note_2"), " ", visit.note) if visit.note else None,
        el("div", "row", *_buttons(visit, begun)),
    )  # fmt: skip


def _buttons(visit: Visit, begun: bool) -> list[Node]:
    if visit.state == "open":
        start = button("serve", visit.case_id, t("act.case.serve"), "main", "play_arrow")
        gone = button("absent", visit.case_id, t("act.case.absent"), symbol="person_off")
        return [start, *([gone] if begun else [])]
    if visit.state == "in_progress":
        return [button("finish", visit.case_id, t("station.finish"), "main", "task_alt")]
    return []


def _absent(case_id: int) -> None:
    with frame.body():
        st.markdown(t("act.case.absent.sure"))
        pressed = st.button(t("act.case.absent"), type="primary", width="stretch")
        if pressed and frame.act(completed(errands.absent), case_id, done="act.case.absent.done") is not None:
            st.rerun()


def _finish(case_id: int) -> None:
    with frame.body():
        case = frame.read(reading.one, case_id)
        says = reply(acts.FINISH.name, case.category, key=f"finish_{case_id}", kind=case.kind)
        pressed = st.button(t("station.finish"), type="primary", width="stretch")
        if pressed and frame.act(completed(work.finish), case_id, says, done="act.case.finish.done.errand") is not None:
            st.rerun()


_ASKED: dict[str, tuple[str, Callable[[int], None]]] = {
    "absent": ("act.case.absent", _absent),
    "finish": ("station.finish", _finish),
}


def _address(place: Venue, day: date, today: date) -> str:
    return f"/station?station={place.id}" + (f"&day={day.isoformat()}" if day != today else "")
