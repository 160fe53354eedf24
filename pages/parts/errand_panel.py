"""An errand on its page: when and where, what to bring, and another time; and the slip that tells so after booking."""

import streamlit as st

from pages.parts import frame
from pages.parts.actforms import completed
from pages.parts.drawn import Node, button, draw, el, icon, link
from pages.parts.errandform import appointment, bring, pick_station, pick_time
from pages.parts.notes import href
from pages.parts.wish import Shown
from portal.acts import Who, allowed
from portal.cases import acts, errands, stations
from portal.cases.reading import Case
from portal.words import t


def panel(shown: Shown, who: Who) -> None:
    """When and where, and the way to another time; nothing for other kinds."""
    case = shown.case
    if case.errand_id is None or case.station_id is None:
        return
    draw([_told(case)], key=f"errand_{case.id}")
    if allowed(who, acts.REBOOK, case):
        box = st.expander(
            t("act.case.rebook"), expanded=case.slot_at is None, key=f"rebook_box_{case.version}", on_change="rerun",
            icon=":material/edit_calendar:",
        )  # fmt: skip
        if box.open:
            with box:
                _rebook(case)


def slip(case: Case) -> list[Node]:
    """What somebody who just booked needs to know, to be kept or printed."""
    buttons = [
        button("print", "", t("errands.print"), symbol="print"),
        link(href(case.id or 0), t("errands.see"), css="button"),
        link("/errands", t("errands.more"), css="button"),
    ]
    return [
        el("div", "answer narrow", el("h2", "", icon("event_available"), " ", t("errands.done")),
           el("p", "", t("errands.done_hint"))),
        el("section", "panel stack", el("p", "small quiet", t("case.no", id=case.id)), *_facts(case)),
        el("p", "row", *buttons),
    ]  # fmt: skip


def _told(case: Case) -> Node:
    return el("section", "panel stack part", el("h2", "", t("errands.appointment")), *_facts(case))


def _facts(case: Case) -> list[Node]:
    line, place = stations.line(case.errand_id or 0), stations.venue(case.station_id or 0)
    things = bring(line)
    return [appointment(line, place, case.slot_at, case.place), *([things] if things else [])]


def _rebook(case: Case) -> None:
    line = stations.line(case.errand_id or 0)
    if not any(found.id == line.id for found in frame.read(errands.catalogue)):
        st.info(t("errands.gone"), icon=":material/event_busy:")
        return
    place = pick_station(line)
    slot_at = pick_time(f"rebook_{case.id}", line, place)
    pressed = st.button(t("errands.move"), type="primary", disabled=slot_at is None, width="stretch", key="move")
    moved = (
        frame.act(completed(errands.rebook), case.id, place.id, slot_at, done="act.case.rebook.done")
        if pressed
        else None
    )
    if moved:
        for name in ("day", "slot", "station"):
            st.query_params.pop(name, None)
        st.rerun()
