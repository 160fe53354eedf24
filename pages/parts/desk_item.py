"""One case at the desk: all that is known of it, what can be done with it, and the way to the next."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from pages.parts import actforms, frame, maps, suborders, wish
from pages.parts.actforms import completed
from pages.parts.desk_table import goal
from pages.parts.drawn import Node, draw, el, icon, link
from pages.parts.facts import facts
from pages.parts.notes import href, state_label
from pages.parts.photostrip import photostrip
from pages.parts.plain import md
from pages.parts.standing import stand
from pages.parts.timeline import timeline
from portal import areas, clock, words
from portal.acts import Who, allowed, role_for
from portal.cases import acts, dispatch, screening, similar
from portal.cases.dispatch import Proposal
from portal.cases.reading import Case
from portal.cases.setup import category_name
from portal.cases.wall import Note
from portal.words import fitting, t


@dataclass(frozen=True)
class _Dot:
    """A case as the map wants it, also one that the public does not see yet."""

    id: int
    lon: float | None
    lat: float | None
    area_path: str
    title: str
    standing: str = "open"


def item(case_id: int, who: Who, *, back: str, next_id: int | None) -> None:
    """Draw the case beside the list, or on a phone instead of it. `back` is the list's address."""
    shown = frame.read(wish.load, case_id)
    case = shown.case
    with st.container(key="desk_item"):
        draw(_words(shown, back), key="desk_item_words")
        _quick(who, case, next_id)
        actforms.offer(case, who)
        suborders.panel(shown, who)
        draw(_more(shown), key="desk_item_more")
        box = st.expander(t("case.map"), icon=":material/map:", key="desk_map", on_change="rerun")
        if box.open:
            with box:
                dot = _Dot(case_id, case.lon, case.lat, case.area_path, case.title)
                maps.case_map([dot], key=f"desk_map_{case_id}", height=300)


def step_on(next_id: int | None) -> None:
    """Open the next case of the list, or the list alone after the last."""
    if next_id is None:
        st.query_params.pop("case", None)
    else:
        st.query_params["case"] = str(next_id)


def _words(shown: wish.Shown, back: str) -> list[Node]:
    pictures = shown.note.photos
    return [
        el(
            "div",
            "stack",
            link(back, icon("arrow_back"), t("desk.back"), css="button plain desk-back"),
            el("h2", "wish-title", shown.case.title),
            el("p", "wish-body", shown.case.body),
            photostrip(pictures, moments=len({photo.moment for photo in pictures}) > 1),
            _facts(shown),
        )
    ]


def _facts(shown: wish.Shown) -> Node:
    case, now = shown.case, clock.now()
    place = " · ".join(part for part in (areas.tree().label(case.area_path), case.place) if part)
    return facts(
        [
            ("moment", f"{words.moment(case.created_at)} · {words.ago(case.created_at, now)}"),
            ("state", state_label(case.state, case.outcome)),
            ("category", category_name(case.category)),
            ("place", place),
            ("due", f"{words.moment(case.due_at)} · {words.ago(case.due_at, now)}" if case.due_at else None),
            ("desk", stand(case)),
            ("scope", t(f"scope.{case.scope}") if case.scope else None),
            ("channel", t(f"channel.{case.channel}")),
            ("contact", case.contact_mask if shown.inside else None),
            ("supporters", words.number(case.supporters) if case.supporters else None),
            ("holder", shown.holder or None),
        ]
    )


def _quick(who: Who, case: Case, next_id: int | None) -> None:
    """The two buttons of the day: send it where the rule says, and on to the next."""
    waits, args = case.state == "screening" or (case.state == "open" and not case.in_hall), (case.id, next_id)
    with st.container(horizontal=True, key="desk_quick"):
        if waits and role_for(who, acts.DISPATCH, case):
            _send_button(case, frame.read(dispatch.proposal, case), next_id)
        elif allowed(who, acts.ACCEPT, case):
            named = t(fitting(f"act.{acts.ACCEPT.name}", case.kind))
            st.button(named, type="primary", icon=":material/check:", shortcut="A", on_click=_accept, args=args)
        label = t("desk.next" if next_id else "desk.last")
        st.button(label, icon=":material/skip_next:", shortcut="N", on_click=step_on, args=(next_id,))


def _send_button(case: Case, proposal: Proposal, next_id: int | None) -> None:
    lost = proposal.to == "worker" and proposal.person_id is None
    message = "desk.nobody" if lost else "desk.accept_and_send" if case.state == "screening" else "desk.send"
    st.button(
        t(message, where=md(goal(proposal))),
        type="primary",
        icon=":material/person_off:" if lost else ":material/send:",
        disabled=lost,
        shortcut="A",
        on_click=_send,
        args=(case.id, next_id),
    )


def _send(case_id: int, next_id: int | None) -> None:
    if frame.act(dispatch.by_rule, case_id, done="desk.sent") is not None:
        step_on(next_id)


def _accept(case_id: int, next_id: int | None) -> None:
    if frame.act(completed(screening.accept), case_id, done="act.case.accept.done") is not None:
        step_on(next_id)


def _more(shown: wish.Shown) -> list[Node]:
    case = shown.case
    args = (case.title, case.body, case.category, case.area_id, case.lon, case.lat, case.kind)
    alike = [note for note in frame.read(similar.similar, *args) if note.id != case.id]
    return [
        *([_alike(alike)] if alike else []),
        ["details", {}, el("summary", "", t("case.timeline")), timeline(shown.steps, case.kind)],
        el("p", "small", link(href(case.id or 0), t("desk.public_page"))),
    ]


def _alike(notes: Sequence[Note]) -> Node:
    def row(note: Note) -> Node:
        about = f" · {t('case.no', id=note.id)} · {state_label(note.state, note.outcome)}"
        return el("li", "", link(href(note.id), note.title), el("span", "small quiet", about))

    return el("div", "panel", el("h3", "", t("desk.alike")), ["ul", {}, *map(row, notes)])
