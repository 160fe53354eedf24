"""One proposal before those who judge it: all of it, then the deeds of its step as buttons."""

import streamlit as st

from pages.parts import assess_forms, frame, project_view
from pages.parts.actforms import completed
from pages.parts.assess_list import address, step_on
from pages.parts.drawn import draw, el, icon, link
from portal.acts import Act, Who, choices
from portal.fund import projects, reviewing
from portal.fund.acts import (
    ADMIT,
    COST,
    EXCLUDE,
    GIVE_BACK,
    LIST,
    NOTE_DELIBERATION,
    READMIT,
    REJECT_COST,
    UNLIST,
)
from portal.fund.projects import Round, Shown
from portal.words import t

AT_ONCE = {ADMIT.name: reviewing.admit, LIST.name: reviewing.list_one}
"""What needs nothing but the tap."""
ORDER = (ADMIT, COST, LIST, GIVE_BACK, EXCLUDE, REJECT_COST, NOTE_DELIBERATION, READMIT, UNLIST)
PHASES = {
    ADMIT.name: reviewing.SCREENING, EXCLUDE.name: reviewing.SCREENING, GIVE_BACK.name: reviewing.SCREENING,
    READMIT.name: reviewing.READMITTING, COST.name: reviewing.COSTING, REJECT_COST.name: reviewing.COSTING,
    NOTE_DELIBERATION.name: reviewing.TALKING, LIST.name: reviewing.LISTING, UNLIST.name: reviewing.LISTING,
}  # fmt: skip
"""In which phases of the round each is offered; the domain asks again."""


def item(project_id: int, row: Round, who: Who, *, next_id: int | None) -> None:
    """Draw the proposal beside the list, or on a phone instead of it."""
    shown = frame.read(projects.one, project_id)
    with st.container(key="desk_item"):
        back = link(address(project=""), icon("arrow_back"), t("assess.back"), css="button plain desk-back")
        draw([back, el("h2", "wish-title", shown.project.title)], key="assess_head")
        _deeds(shown, row, who, next_id)
        draw(
            [*project_view.story(shown), *project_view.history(shown.steps)],
            key=f"assess_{project_id}",
        )


def _deeds(shown: Shown, row: Round, who: Who, next_id: int | None) -> None:
    offered = [act for act in choices(who, shown.project, ORDER) if row.state in PHASES[act.name]]
    opened = f"assess_form_{shown.project.id}"
    with st.container(horizontal=True, key="desk_quick"):
        for act in offered:
            _button(act, shown, opened, first=act is offered[0], next_id=next_id)
        label = t("desk.next" if next_id else "desk.last")
        st.button(label, icon=":material/skip_next:", on_click=step_on, args=(next_id,), key="assess_next")
    if not offered:
        st.caption(t("assess.nothing", phase=t(f"phase.{row.state}")))
    form = next((act for act in offered if act.name == st.session_state.get(opened)), None)
    if form is not None:
        with st.container(border=True, key="act_form"):
            assess_forms.FORMS[form.name](shown, row, opened)


def _button(act: Act, shown: Shown, opened: str, *, first: bool, next_id: int | None) -> None:
    st.button(
        t(f"act.{act.name}"),
        type="primary" if first else "secondary",
        key=f"assess_{act.name}_{shown.project.id}",
        on_click=_pressed,
        args=(act.name, shown.project.id, opened, next_id),
    )


def _pressed(name: str, project_id: int, opened: str, next_id: int | None) -> None:
    """Do it and go on to the next, or open its form."""
    if name not in AT_ONCE:
        st.session_state[opened] = name
    elif frame.act(completed(AT_ONCE[name]), project_id, done=f"act.{name}.done"):
        step_on(next_id)
