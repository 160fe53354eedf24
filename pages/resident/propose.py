"""Proposing a project: what one has begun, the rounds that take proposals, and the five steps of writing one."""

import streamlit as st

from pages.parts import frame, project_view, wish_projects
from pages.parts.drawn import Node, draw, el, icon, link
from pages.parts.facts import empty
from pages.parts.links import open_page
from pages.parts.proposalform import Begun, write
from portal import words
from portal.fund import projects, proposals
from portal.fund.projects import Card, Round
from portal.inputs import row_id
from portal.words import t


def resume(draft_id: int) -> Begun:
    """The draft that the address names; what is no draft any more is shown where it belongs."""
    shown = frame.read(projects.one, draft_id)
    if shown.project.state != "draft":
        open_page(f"/project?id={draft_id}")
    return Begun(shown.round, shown)


def own(card: Card) -> Node:
    """One of one's own: where it stands, and on to it."""
    draft = card.state == "draft"
    href = f"/propose?draft={card.id}" if draft else f"/project?id={card.id}"
    title = card.title or t("propose.untitled")
    told = el("span", "", el("strong", "", title), el("span", "small quiet", words.money(card.cost_fen)))
    return ["a", {"class": "todo", "href": href, "data-do": "go"}, told, project_view.state_chip(card.state)]


def taking(row: Round, wish: int) -> Node:
    """A round that takes proposals, and the way to write one."""
    href = f"/propose?round={row.id}" + (f"&wish={wish}" if wish else "")
    return el(
        "section", "panel stack",
        el("h3", "", row.name),
        el("p", "pre", row.about) if row.about else None,
        el("p", "", t("criteria.budget", budget=words.money(row.budget_fen))),
        el("div", "row", link(href, icon("edit_square"), t("propose.begin"), css="button main"),
           link(f"/round?id={row.id}", t("propose.round"), css="button")),
    )  # fmt: skip


def door(rounds: list[Round], wish: int) -> None:
    """What one has, and what one can begin."""
    mine = frame.read(projects.own)
    nodes: list[Node] = [el("p", "lead narrow", t("propose.lead"))]
    if mine:
        nodes.append(el("section", "stack", el("h2", "", t("propose.mine")), *map(own, mine)))
    if rounds:
        heading = el("h2", "", t("propose.rounds"))
        nodes.append(el("section", "stack", heading, *[taking(row, wish) for row in rounds]))
    elif me.home_path or me.is_any("organization"):
        nodes.append(empty("propose.none", symbol="event_upcoming", way=("/fund", "propose.to_fund")))
    else:
        nodes.append(empty("propose.unconfirmed", symbol="home_pin", way=("/me?part=home", "propose.confirm")))
    draw(nodes, key="propose_door")


me = frame.enter("page.propose", needs="member")
wish_id, wanted = row_id(st.query_params.get("wish")), row_id(st.query_params.get("round"))
if draft_id := row_id(st.query_params.get("draft")):
    write(resume(draft_id), me)
    st.stop()
rounds = frame.read(proposals.open_to)
chosen = next((row for row in rounds if row.id == wanted), None)
if chosen is None:
    door(rounds, wish_id)
else:
    write(Begun(chosen, seed=frame.read(wish_projects.seed, wish_id) if wish_id else None), me)
