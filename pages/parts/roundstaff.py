"""What staff see of a round: what is missing before the next phase, and the buttons that move it on."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any, Literal

import streamlit as st

from pages.parts import frame, roundview
from pages.parts.actforms import completed
from pages.parts.drawn import Node, draw, el, icon, link
from portal import clock, limits
from portal.acts import Who
from portal.errors import Refused
from portal.fund import acts, phases, planning, rounds
from portal.fund.rounds import Round, Stop
from portal.words import known, say, t, tn

NINE = time(9)


def panel(row: Round, who: Who) -> None:
    """On the round's public page: what it lacks, and the way to change it; nothing for those who are no staff."""
    if not rounds.is_staff(who, row) or row.state in rounds.OVER:
        return
    steps = [_step(phase, missing) for phase, missing in frame.read(phases.ahead, row.id or 0)]
    manage = el("p", "", link(f"/rounds?id={row.id}", icon("edit_calendar"), t("rounds.manage"), css="button"))
    draw([el("section", "panel expect stack", el("h3", "", t("rounds.for_staff")), *steps, manage)], key="round_staff")


def checklist(row: Round) -> None:
    """For each phase that can come next: what it lacks, and the button that brings it."""
    for n, (phase, missing) in enumerate(frame.read(phases.ahead, row.id or 0)):
        draw([_step(phase, missing)], key=f"lacks_{phase}")
        kind: Literal["primary", "secondary"] = "secondary" if n else "primary"
        act = acts.BY_PHASE[phase]
        label = t("rounds.enter", phase=t(f"phase.{phase}"))
        sure = f"act.{act.name}.sure"
        if known(sure):
            with st.popover(label, icon=f":material/{roundview.ICONS[phase]}:", disabled=bool(missing)):
                st.warning(t(sure), icon=":material/warning:")
                pressed = st.button(
                    t("rounds.enter_sure", phase=t(f"phase.{phase}")), type="primary", key=f"sure_{phase}"
                )
        else:
            pressed = st.button(label, type=kind, key=f"enter_{phase}", disabled=bool(missing))
        if pressed:
            _do(phases.enter, row, phase, done=f"act.{act.name}.done")


def _step(phase: str, missing: list[Refused]) -> Node:
    name = t(f"phase.{phase}")
    if not missing:
        return el("p", "", icon("task_alt"), " ", t("rounds.ready", phase=name))
    lines = [el("li", "", icon("error"), " ", say(refusal)) for refusal in missing]
    return el("div", "", el("p", "", tn("rounds.missing", len(missing), phase=name)),
              ["ul", {"class": "small", "role": "list"}, *lines])  # fmt: skip


def dates(state: str, stops: list[Stop], key: str) -> planning.Dates:
    """Fields for the dates of all phases that come after `state`."""
    known_at = {stop.phase: stop.starts_at for stop in stops}
    return {phase: _date(phase, known_at.get(phase), key) for phase in planning.after(state)}


def _date(phase: str, starts_at: datetime | None, key: str) -> datetime | None:
    """Day and hour of one phase; a phase that may be left out can be."""
    day_on = clock.day_of(starts_at) if starts_at else None
    at = _hour(starts_at) if starts_at else NINE
    with st.container(horizontal=True, vertical_alignment="bottom"):
        day = st.date_input(
            t(f"field.phase_{phase}"), day_on, key=f"{key}_{phase}_day", format="YYYY-MM-DD", width=210,
            max_value=clock.day_of(clock.now()) + timedelta(days=365 * limits.PHASE_YEARS),
            help=t("rounds.may_skip") if phase in planning.MAY_SKIP else None,
        )  # fmt: skip
        hour = st.time_input(t("rounds.hour"), at, step=1800, key=f"{key}_{phase}_hour", width=110)
    if day is None:
        return None
    if starts_at is not None and (day, hour) == (day_on, at):
        return starts_at  # to the second
    return planning.moment(day, hour or NINE)


def _hour(moment: datetime) -> time:
    minutes = int((moment - clock.start_of(clock.day_of(moment))) / timedelta(minutes=1))
    return time(*divmod(minutes, 60))


def plan_form(row: Round, stops: list[Stop]) -> None:
    """The plan of what is to come, to be changed."""
    st.markdown(t("rounds.plan_lead"))
    typed = dates(row.state, stops, f"plan_{row.id}_{row.version}")
    pressed = st.button(t("rounds.plan_save"), type="primary", icon=":material/event:")
    if pressed:
        _do(planning.plan, row, typed, done="act.round.plan.done")


def back_form(row: Round, stops: list[Stop]) -> None:
    """One phase back, with a reason and new dates."""
    began = [stop.phase for stop in stops if stop.standing == "was"]
    if row.state not in acts.GO_BACK.frm or not began:
        return
    with st.expander(t("act.round.go_back"), icon=":material/undo:"):
        st.warning(t("act.round.go_back.sure"), icon=":material/warning:")
        says = st.text_area(t("rounds.back_why"), max_chars=limits.BODY_CHARS, key=f"back_says_{row.id}")
        typed = dates(began[-1], stops, f"back_{row.id}_{row.version}")
        pressed = st.button(t("rounds.back", phase=t(f"phase.{began[-1]}")), key=f"back_{row.id}")
        if pressed:
            _do(phases.go_back, row, says, typed, done="act.round.go_back.done")


def cancel_form(row: Round) -> None:
    """Calling it off before voting opens, with a reason."""
    if row.state not in acts.CANCEL.frm:
        return
    with st.expander(t("act.round.cancel"), icon=":material/cancel:"):
        st.warning(t("act.round.cancel.sure"), icon=":material/warning:")
        says = st.text_area(t("rounds.cancel_why"), max_chars=limits.BODY_CHARS, key=f"cancel_says_{row.id}")
        pressed = st.button(t("rounds.cancel_do"), key=f"cancel_{row.id}")
        if pressed:
            _do(phases.cancel, row, says, done="act.round.cancel.done")


def _do(change: Callable[..., Any], row: Round, *typed: Any, done: str) -> None:
    if frame.act(completed(change), row.id, *typed, done=done) is not None:
        st.rerun()
