"""What the person takes home from the counter: a slip with the number, the code, what comes next and by when."""

import streamlit as st

from pages.parts import counter, errandform, frame, receipts, wish
from pages.parts.drawn import Node, button, draw, el, icon, link
from pages.parts.facts import facts
from pages.parts.notes import href
from portal import clock, words
from portal.accounts import reception
from portal.accounts.reception import Served
from portal.cases import stations
from portal.cases.post import Posted
from portal.cases.reading import Case
from portal.http.shell import town
from portal.settings import settings
from portal.words import fitting, t

_SLIP = "counter_slip"
"""What was just recorded, on its way to the next run, which shows it and forgets it: the code is kept nowhere."""


def hand_over(posted: Posted, kind: str, *, texted: bool) -> None:
    """Let the next run show the slip and nothing else. `texted` says that the code also goes to a phone."""
    st.session_state[_SLIP] = posted, kind, texted


def show() -> None:
    """At the start of the page: the slip of what was just recorded. Ends the run if there is one."""
    if _SLIP not in st.session_state:
        return
    posted, kind, texted = st.session_state.pop(_SLIP)
    served = frame.read(reception.served, counter.whose_turn() or counter.NOBODY)
    shown = frame.read(wish.find, posted.case_id)
    with st.container(horizontal=True, key="counter_onward"):
        with st.container(width="content"):
            draw([_paper(shown)], key="counter_paper")
        st.button(t("counter.same"), icon=":material/add:")
        st.button(t("counter.next"), icon=":material/skip_next:", shortcut="Alt+N", on_click=counter.next_person)
    draw([*_beside(texted), _slip(posted, kind, shown, served)], key="counter_slip_drawn")
    st.stop()


def appointment(case: Case) -> list[Node]:
    """When and where an errand is done, and what to bring; nothing for other kinds."""
    if not case.errand_id or not case.station_id:
        return []
    line, place = stations.line(case.errand_id), stations.venue(case.station_id)
    needed = errandform.bring(line)
    return [errandform.appointment(line, place, case.slot_at, case.place), *([needed] if needed else [])]


def _slip(posted: Posted, kind: str, shown: wish.Shown | None, served: Served | None) -> Node:
    """`shown` is None for what the clerk may not read, such as a dispute."""
    case = shown.case if shown else None
    booked = appointment(case) if case else []
    state = case.state if case else "screening"
    told = facts(
        [
            ("number", str(posted.case_id)),
            ("visitor", served.name if served else None),
            ("about", case.title if case and not booked else None),
            ("recorded", words.moment(case.created_at if case else clock.now())),
            ("next", t(fitting(f"case.next.{state}", kind))),
            ("due", words.moment(case.due_at) if case and case.due_at and not booked else None),
        ]
    )
    head = el("h2", "", t("counter.slip", town=town(), kind=t(f"kind.{kind}")))
    account = [el("p", "", t("counter.slip_account", phone=served.phone))] if served else []
    code = receipts.code(posted.receipt) if posted.receipt else []
    return el("section", "slip sheet", head, told, *booked, *account, *code)


def _beside(texted: bool) -> list[Node]:
    """For the clerk alone: whether the code also reaches a phone."""
    if not texted:
        return []
    return [el("div", "panel", icon("sms"), " ", t("visit.sent" if settings().sms_url else "visit.not_sent"))]


def _paper(shown: wish.Shown | None) -> Node:
    page = link(href(shown.case.id or 0), t("counter.page"), css="button") if shown else None
    return el("div", "row", button("print", "", t("post.print"), "main", "print"), page)
