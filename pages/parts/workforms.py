"""The acts that somebody may do in the work of a project, as buttons and forms: one form open at a time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import streamlit as st
from sqlmodel import Session

from pages.parts import frame
from pages.parts.actforms import completed
from pages.parts.documentpick import pick_documents
from pages.parts.photopick import pick_photos
from portal import clock, limits
from portal.acts import Act, Who, choices
from portal.attachments import NewDocument
from portal.fund import acts, milestones, work
from portal.fund.milestones import Plan, Step
from portal.fund.projects import Project
from portal.photos import NewPhoto
from portal.words import known, t

Thing = Project | Step
Field = Callable[[Thing, Act, str], Any]
DUE_DAYS = 30


@dataclass(frozen=True)
class Form:
    """How an act is done from the page: the domain function, what it is asked for, and when it makes sense at all."""

    do: Callable[..., Any]
    asks: tuple[Field, ...] = ()
    fits: Callable[[Thing], bool] = lambda thing: True


def _says(thing: Thing, act: Act, key: str) -> str:
    special = f"work.says.{act.name}"
    label = t(special if known(special) else "work.says")
    return st.text_area(label, key=f"says_{key}", max_chars=limits.BODY_CHARS, height=140)


def _lead(thing: Thing, act: Act, key: str) -> tuple[str, str]:
    """Whom staff choose as lead, and the phone number where somebody is looked up by it."""
    proposed = getattr(thing, "proposer_id", None) is not None
    offered = [lead for lead in work.LEADS if lead != "proposer" or proposed]
    lead = st.radio(t("work.lead"), offered, format_func=lambda choice: t(f"work.lead.{choice}"), key=f"lead_{key}")
    phone = st.text_input(t("work.lead_phone"), key=f"phone_{key}", max_chars=20) if lead == "phone" else ""
    return lead, phone


def _plan(thing: Thing, act: Act, key: str) -> Plan:
    """What a milestone shall be; an edit begins with what it is."""
    was = thing if isinstance(thing, Step) else None
    today = clock.day_of(clock.now())
    title = st.text_input(
        t("field.milestone_title"), was.title if was else "", limits.TITLE_CHARS, key=f"title_{key}",
        placeholder=t("work.plan.title_hint"),
    )  # fmt: skip
    due_on = st.date_input(
        t("field.due_on"), was.due_on if was else today + timedelta(days=DUE_DAYS), key=f"due_{key}",
        min_value=min(today, was.due_on) if was else today,
        max_value=today + timedelta(days=366 * limits.PHASE_YEARS),
    )  # fmt: skip
    planned = st.text_input(
        t("field.planned"), f"{was.planned_fen / 100:.2f}" if was else "", key=f"planned_{key}",
        placeholder="0", help=t("work.plan.money_hint"), max_chars=20,
    )  # fmt: skip
    return Plan(title, due_on, planned or "0")


def _photos(thing: Thing, act: Act, key: str) -> list[NewPhoto]:
    return pick_photos(f"photos_{key}")


def _documents(thing: Thing, act: Act, key: str) -> list[NewDocument]:
    return pick_documents(f"files_{key}")


def _start(session: Session, who: Who, project_id: int, lead: tuple[str, str]) -> None:
    work.start(session, who, project_id, *lead)


def _name_lead(session: Session, who: Who, project_id: int, lead: tuple[str, str]) -> None:
    work.name_lead(session, who, project_id, *lead)


def _runs(thing: Thing) -> bool:
    return thing.state in acts.AT_WORK


FORMS: dict[str, Form] = {
    acts.START.name: Form(_start, (_lead,)),
    acts.MILESTONE_PLAN.name: Form(milestones.plan, (_plan,), fits=_runs),
    acts.NEWS.name: Form(work.news, (_says,)),
    acts.NAME_LEAD.name: Form(_name_lead, (_lead,), fits=_runs),
    acts.RESUME.name: Form(work.resume),
    acts.ACCEPT.name: Form(work.accept, (_says,)),
    acts.CLOSE.name: Form(work.close),
    acts.SUSPEND.name: Form(work.suspend, (_says,)),
    acts.STOP.name: Form(work.stop, (_says,)),
    acts.MILESTONE_REPORT.name: Form(milestones.report, (_says, _photos, _documents)),
    acts.MILESTONE_ACCEPT.name: Form(milestones.accept),
    acts.MILESTONE_RETURN.name: Form(milestones.send_back, (_says,)),
    acts.MILESTONE_EDIT.name: Form(milestones.edit, (_plan,)),
    acts.MILESTONE_CANCEL.name: Form(milestones.cancel),
}
OF_PROJECT = (
    acts.START, acts.RESUME, acts.MILESTONE_PLAN, acts.NEWS, acts.NAME_LEAD, acts.ACCEPT, acts.CLOSE, acts.SUSPEND,
    acts.STOP,
)  # fmt: skip
OF_STEP = (
    acts.MILESTONE_REPORT, acts.MILESTONE_ACCEPT, acts.MILESTONE_RETURN, acts.MILESTONE_EDIT, acts.MILESTONE_CANCEL,
)  # fmt: skip
ONWARD = {acts.START.name, acts.RESUME.name, acts.MILESTONE_REPORT.name, acts.MILESTONE_ACCEPT.name, acts.CLOSE.name}
"""The acts that bring the work forward stand out."""


def offered(thing: Thing, who: Who, of: tuple[Act, ...]) -> list[Act]:
    """What `who` may do to `thing` now."""
    return [act for act in choices(who, thing, of) if FORMS[act.name].fits(thing)]


def press(thing: Thing, act: Act, opened: str) -> None:
    """Do it at once where it needs nothing more; else open its form."""
    if FORMS[act.name].asks or known(f"act.{act.name}.sure"):
        st.session_state[opened] = (act.name, thing.id)
    elif frame.act(completed(FORMS[act.name].do), thing.id, done=f"act.{act.name}.done"):
        st.rerun()


def form(thing: Thing, act: Act, opened: str, title: str = "") -> None:
    """The form of an act: what it asks for, a warning before what cannot be undone, and the way back."""
    chosen = FORMS[act.name]
    stamp = thing.version if isinstance(thing, Project) else thing.state
    named, sure, key = t(f"act.{act.name}"), f"act.{act.name}.sure", f"{act.name}_{thing.id}_{stamp}"
    with st.container(border=True, key="act_form"):
        st.markdown(f"**{named}**")
        if title:
            st.text(title)
        if known(sure):
            st.warning(t(sure), icon=":material/warning:")
        values = [ask(thing, act, key) for ask in chosen.asks]
        with st.container(horizontal=True):
            go = st.button(t("form.go", act=named), type="primary", key=f"go_{key}")
            if st.button(t("form.cancel"), key=f"cancel_{key}"):
                st.session_state.pop(opened, None)
                st.rerun()
        done = frame.act(completed(chosen.do), thing.id, *values, done=f"act.{act.name}.done") if go else None
        if done:
            st.session_state.pop(opened, None)
            st.rerun()
