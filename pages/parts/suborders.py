"""A large matter on its page: who leads, which units do a part, how far each is; and the buttons of each part."""

from collections.abc import Callable
from datetime import datetime, time
from typing import Any

import streamlit as st

from pages.parts import frame, wish
from pages.parts.actforms import completed
from pages.parts.drawn import Event, Node, button, draw, el, icon, number
from portal import areas, clock, limits, words
from portal.acts import Who, allowed
from portal.cases import acts, network
from portal.cases.network import Part
from portal.cases.reading import Case
from portal.settings import settings
from portal.words import t

_DONE_CHIP = {"waiting": "plain", "taken": "open", "done": "solved", "dropped": "declined"}
_ASKS: dict[str, Callable[..., None]] = {
    "done": network.done,
    "give_back": network.give_back,
    "drop": network.drop,
}
"""What asks for words first; taking it on does not."""
_FORWARD = ("take", "done")


def panel(shown: wish.Shown, who: Who) -> None:
    """The units of a large matter; and for those who lead it the way to invite some."""
    case = shown.case
    parts, invites = frame.read(network.parts, case), allowed(who, acts.INVITE, case)
    if not parts and not invites:
        return
    opened = f"suborder_{case.id}"

    def clicked(event: Event) -> None:
        if event["do"] == "take":
            frame.act(completed(network.take), number(event), done="act.suborder.take.done")
        else:
            st.session_state[opened] = (event["do"], number(event))

    with st.container(key="suborders"):
        draw(_board(case, parts, who, invites=invites), key=f"suborders_{case.id}", clicked=clicked)
        do, part_id = st.session_state.get(opened, ("", 0))
        part = next((part for part in parts if part.id == part_id), None)
        if do == "invite" and invites:
            _invite(case, opened)
        elif part is not None and do in _offered(part, case, who):
            _words(part, do, opened)


def _board(case: Case, parts: list[Part], who: Who, *, invites: bool) -> list[Node]:
    more = button("invite", 0, t("network.invite_more" if parts else "network.invite"), "", "group_add")
    if not parts:
        return [el("p", "", more)]
    lead = areas.tree().label(case.desk_path)
    return [
        el(
            "section",
            {"class": "panel network stack", "aria-label": t("scope.large")},
            el("h2", "", icon("hub"), " ", t("scope.large")),
            el("p", "", el("strong", "chip plain", t("network.lead")), " ", lead),
            ["ul", {"class": "parts", "role": "list"}, *[_part(part, case, who) for part in parts]],
            el("div", "row", more) if invites else None,
        )
    ]


def _part(part: Part, case: Case, who: Who) -> Node:
    due = t("network.due", day=words.day(part.due_at)) if part.due_at and part.state in network.OPEN else ""
    about = " · ".join(filter(None, (due, t("network.by", name=part.holder) if part.holder else "")))
    offered = _offered(part, case, who)
    buttons = [button(do, part.id, t(f"act.suborder.{do}"), "main" if do in _FORWARD else "") for do in offered]
    return el(
        "li",
        "stack",
        el("p", "row", el("strong", "", areas.tree().label(part.area_path)), _chip(part)),
        el("p", "small quiet", about) if about else None,
        el("p", "pre", t("network.asked", words=part.words)) if part.words else None,
        el("blockquote", "says pre", part.reply) if part.reply else None,
        el("div", "row", *buttons) if buttons else None,
    )


def _chip(part: Part) -> Node:
    late = part.state in network.OPEN and part.due_at is not None and part.due_at < clock.now()
    chips: list[Node] = [el("span", f"chip {_DONE_CHIP[part.state]}", t(f"part.{part.state}"))]
    return el(
        "span", "", *chips, *([" ", el("span", "chip late", icon("schedule"), t("note.overdue"))] if late else [])
    )


def _offered(part: Part, case: Case, who: Who) -> list[str]:
    """What `who` may do with the part now, the way forward first."""
    if case.state not in acts.RUNNING:
        return []
    rights = {"take": network.TAKE, "done": network.DONE, "give_back": network.GIVE_BACK}
    found = [do for do, act in rights.items() if allowed(who, act, part)]
    return [*found, *(["drop"] if part.state in network.OPEN and allowed(who, acts.UNINVITE, case) else [])]


def _invite(case: Case, opened: str) -> None:
    """The form that asks units for a part: which, what, until when."""
    key = f"invite_{case.id}_{case.version}"
    with st.container(border=True, key="act_form"):
        st.markdown(f"**{t('network.invite')}**")
        offered = _units(case)
        units = st.multiselect(
            t("network.units"), list(offered), format_func=offered.__getitem__, key=f"{key}_units",
            placeholder=t("network.units_hint"), max_selections=limits.UNITS_PER_CASE,
        )  # fmt: skip
        asked = st.text_area(t("network.words"), key=f"{key}_words", max_chars=limits.COMMENT_CHARS, height=100)
        day = st.date_input(
            t("network.until"), value=None, min_value=clock.day_of(clock.now()), format="YYYY-MM-DD", key=f"{key}_day"
        )
        until = datetime.combine(day, time(23, 59), settings().zone) if day else None
        if _go(t("act.case.invite"), key, opened):
            _done(frame.act(network.invite_each, case.id, units, asked, until, done="act.case.invite.done"), opened)


def _words(part: Part, do: str, opened: str) -> None:
    """The form for the words that an act on a part asks for."""
    key = f"part_{part.id}_{do}"
    with st.container(border=True, key="act_form"):
        st.markdown(f"**{t(f'act.suborder.{do}')}**")
        says = st.text_area(t(f"network.says.{do}"), key=key, max_chars=limits.BODY_CHARS, height=120)
        if _go(t(f"act.suborder.{do}"), key, opened):
            _done(frame.act(completed(_ASKS[do]), part.id, says, done=f"act.suborder.{do}.done"), opened)


def _go(named: str, key: str, opened: str) -> bool:
    """The two buttons below a form; whether to go."""
    with st.container(horizontal=True):
        go = st.button(t("form.go", act=named), type="primary", key=f"go_{key}")
        if st.button(t("form.cancel"), key=f"cancel_{key}"):
            _done(True, opened)
    return go


def _done(result: Any, opened: str) -> None:
    """Shut the form, unless it was refused."""
    if result is not None:
        st.session_state.pop(opened, None)
        st.rerun()


def _units(case: Case) -> dict[int, str]:
    """Whom one can invite: the town's larger areas, and the cells of the case's own community; not the lead itself."""
    tree = areas.tree()
    near = next((p.path for p in tree.ancestors(case.area_path) if p.level == "community"), "-")
    places = [p for p in tree.below(tree.root.path) if p.level in ("street", "community") or p.path.startswith(near)]
    return {p.id: tree.label(p.path) for p in places if p.path != case.desk_path and p.level != "building"}
