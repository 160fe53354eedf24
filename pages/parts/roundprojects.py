"""The projects of a round: as cards, on a map with its list twin, and by what they are about."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from pages.parts import filters, frame, maps
from pages.parts.drawn import Node, draw, el, icon, link
from pages.parts.facts import empty
from pages.parts.links import open_page
from portal import areas, words
from portal.fund import milestones
from portal.fund.projects import Card
from portal.fund.rounds import Round
from portal.memo import for_all
from portal.words import t, tn

STANDING = {"funded": "solved", "contracting": "solved", "implementing": "solved", "suspended": "solved",
            "accepted": "solved", "closed": "solved", "not_funded": "not_solved", "ineligible": "declined",
            "unfeasible": "declined", "cancelled": "declined"}  # fmt: skip
"""The sign on the map by state; all others are still in the running."""
VIEWS = ("list", "map")


@dataclass(frozen=True)
class Dot:
    """A project as the map takes it."""

    id: int
    lon: float | None
    lat: float | None
    area_path: str
    title: str
    standing: str


def projects_of(row: Round, cards: Sequence[Card]) -> None:
    """All projects of a round that anybody may know of; those that were turned down come last."""
    draw([el("section", "part", el("h2", "", tn("round.projects", len(cards))))], key="projects_heading")
    if not cards:
        draw([empty(f"round.none.{'early' if _early(row) else 'late'}", symbol="lightbulb")], key="projects_none")
        return
    kinds = ["", *sorted({card.kind for card in cards})]
    kind = view = ""
    if len(kinds) > 2:
        with st.container(key="narrow-filter"):
            kind = filters.select(
                "kind", t("round.kind"), kinds, lambda k: t(f"project_kind.{k}") if k else t("wall.any")
            )
    if any(_dot(row, card) for card in cards):
        view = filters.segments("view", t("round.view"), VIEWS, lambda name: t(f"round.view.{name}"))
    chosen = [card for card in cards if kind in ("", card.kind)]
    if view == "map":
        _map(row, chosen)
    chosen.sort(key=lambda card: STANDING.get(card.state) == "declined")
    late = frame.read(for_all(milestones.late_among), tuple(card.id for card in chosen))
    draw(
        [["ul", {"class": "cards", "role": "list"}, *[_card(card, card.id in late) for card in chosen]]], key="projects"
    )


def _early(row: Round) -> bool:
    return row.state in ("drafting", "informing", "accepting")


def _map(row: Round, cards: Sequence[Card]) -> None:
    dots = [dot for card in cards if (dot := _dot(row, card))]
    shown = {dot.standing for dot in dots}
    names = {name: t(f"round.dot.{name}") for name in maps.SIGNS if name in shown}
    tapped = maps.dot_map(dots, names, key="round_map")
    if tapped:
        open_page(f"/project?id={tapped}")


def _dot(row: Round, card: Card) -> Dot | None:
    path = areas.tree().path_of(card.cell_id)
    if card.lon is None and not path:
        return None
    return Dot(card.id, card.lon, card.lat, path or row.area_path, card.title, STANDING.get(card.state, "open"))


def _card(card: Card, late: bool) -> Node:
    number = t("round.number", n=card.number) if card.number else ""
    title: Node = link(f"/project?id={card.id}", card.title) if card.whole else card.title
    where = " · ".join(filter(None, (_place(card), card.organization)))
    return el(
        "li",
        "panel stack card",
        el("p", "row spread small", el("strong", "", number), _state(card)),
        _photo(card.photo) if card.photo else None,
        el("p", "", el("span", "chip late", icon("schedule"), t("work.late_chip"))) if late else None,
        el("h3", "", title),
        el("p", "small quiet", t(f"project_kind.{card.kind}"), f" · {where}" if where else ""),
        el("p", "", el("strong", "", words.money(card.cost_fen))) if card.cost_fen else None,
        el("p", "small", icon("call_split"), " ", t("round.has_rivals")) if card.rivals else None,
    )


def _place(card: Card) -> str:
    path = areas.tree().path_of(card.cell_id)
    return card.place or (areas.tree().label(path) if path else "")


def _state(card: Card) -> Node:
    css = {"solved": "solved", "not_solved": "plain", "declined": "declined"}.get(STANDING.get(card.state, ""), "")
    return el("span", f"chip {css}", t(f"project_state.{card.state}"))


def _photo(name: str) -> Node:
    return ["img", {"class": "card-photo", "src": f"/attachments/{name}/thumb", "alt": "", "loading": "lazy"}]
