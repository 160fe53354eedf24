"""Declaring which proposals exclude each other: the groups there are, and a form for one more."""

import streamlit as st

from pages.parts import frame
from pages.parts.actforms import completed
from pages.parts.drawn import Event, Node, button, draw, el, link, number
from pages.parts.plain import md
from portal import limits
from portal.acts import Who, allowed
from portal.fund import docket, rivals
from portal.fund.acts import SET_RIVALS
from portal.fund.projects import Card, Round
from portal.words import t


def box(row: Round, who: Who) -> None:
    """The groups of a round, and the form for who may declare one; folded away until it is wanted."""
    if not allowed(who, SET_RIVALS, row) or row.state not in rivals.DECLARING:
        return
    folded = st.expander(t("rivals.heading"), icon=":material/call_split:", key="rivals_box", on_change="rerun")
    if not folded.open:
        return
    with folded:
        cards = {card.id: card for name in ("screening", "costing", "costed")
                 for card in frame.read(docket.queue, row.id or 0, name)}  # fmt: skip
        found = frame.read(docket.rival_groups, row.id or 0)
        draw([_groups(found, cards)], key="rivals", clicked=lambda event: _dissolve(event, row))
        _form(row, cards)


def _groups(found: list[rivals.RivalGroup], cards: dict[int, Card]) -> Node:
    if not found:
        return el("p", "quiet", t("rivals.none"))
    rows = [
        el("li", "panel stack",
           el("p", "", *[part for n in group.project_ids for part in (_named(n, cards), el("br"))]),
           el("p", "small quiet pre", group.why),
           el("p", "", button("dissolve", group.group_no, t("rivals.dissolve"), symbol="link_off")))
        for group in found
    ]  # fmt: skip
    return ["ul", {"class": "stack", "role": "list"}, *rows]


def _named(project_id: int, cards: dict[int, Card]) -> Node:
    title = cards[project_id].title if project_id in cards else t("case.no", id=project_id)
    return link(f"/project?id={project_id}", title)


def _dissolve(event: Event, row: Round) -> None:
    if event["do"] == "dissolve":
        frame.act(completed(rivals.dissolve), row.id, number(event), done="rivals.dissolved")


def _form(row: Round, cards: dict[int, Card]) -> None:
    chosen = st.multiselect(
        t("rivals.which"), list(cards), key="rivals_which", format_func=lambda n: md(cards[n].title),
        placeholder=t("rivals.choose"),
    )  # fmt: skip
    why = st.text_area(t("rivals.why"), max_chars=limits.COMMENT_CHARS, key="rivals_why", height=90)
    pressed = st.button(t("act.round.set_rivals"), type="primary", key="rivals_go")
    if pressed and frame.act(rivals.declare, row.id, chosen, why, done="act.round.set_rivals.done") is not None:
        del st.session_state["rivals_which"], st.session_state["rivals_why"]
        st.rerun()
