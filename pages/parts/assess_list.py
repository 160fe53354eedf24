"""The list beside a proposal that is judged: the round, the steps with how many wait, the proposals of one step."""

from collections.abc import Sequence
from urllib.parse import urlencode

import streamlit as st

from pages.parts import filters
from pages.parts.drawn import Node, el, icon, link
from pages.parts.facts import empty
from pages.parts.project_view import kind_name
from portal import limits, words
from portal.fund.projects import Card, Round
from portal.inputs import row_id
from portal.words import t

_AT = "assess_at"
"""The proposal that was open, and in the list, when the page was last drawn."""


def pick_round(rounds: Sequence[Round]) -> str:
    """The chosen round's id; asked for only where there is a choice."""
    offered = {str(row.id): row.name for row in rounds}
    if len(offered) == 1:
        return next(iter(offered))
    with st.container(key="narrow-filter"):
        return filters.select("round", t("assess.round"), list(offered), offered.__getitem__)


def address(**changed: object) -> str:
    """The page's address with something changed; what is empty is left out."""
    kept = st.query_params.to_dict() | {name: str(value) for name, value in changed.items()}
    return "/assess?" + urlencode({name: value for name, value in kept.items() if value})


def steps(counts: dict[str, int], chosen: str) -> Node:
    """The steps as tabs, each with how many stand there."""
    return [
        "nav",
        {"class": "tabs", "aria-label": t("assess.steps")},
        *[_step(*each, chosen) for each in counts.items()],
    ]


def opened(ids: list[int]) -> int:
    """The proposal to show, 0 for none. One that was just dealt with gives way to the next."""
    wanted = row_id(st.query_params.get("project"))
    if wanted and wanted not in ids and st.session_state.get(_AT) == wanted:
        wanted = following(wanted, ids) or 0
        step_on(wanted or None)
    st.session_state[_AT] = wanted
    return wanted


def following(project_id: int, ids: list[int]) -> int | None:
    """The one after it in the list; from the end back to the start."""
    others = [number for number in ids if number != project_id]
    return next((number for number in others if number > project_id), next(iter(others), None))


def step_on(project_id: int | None) -> None:
    """Open another proposal of the list, or the list alone."""
    if project_id is None:
        st.query_params.pop("project", None)
    else:
        st.query_params["project"] = str(project_id)


def rows(cards: Sequence[Card], row: Round, name: str, open_id: int) -> list[Node]:
    """The proposals of a step, and on to the next slice."""
    if not cards:
        return [empty(f"assess.{name}", symbol="task_alt")]
    listed: Node = ["ol", {"class": "desk-rows", "role": "list"}, *[_row(card, open_id) for card in cards]]
    more = len(cards) == limits.DESK_ROWS
    after = link(address(after=cards[-1].id, project=""), t("desk.older"), css="button") if more else None
    return [listed, el("nav", "row pager", after)] if after else [listed]


def _step(name: str, n: int, chosen: str) -> Node:
    shown = f"{words.number(limits.COUNT_ROWS - 1)}+" if n >= limits.COUNT_ROWS else words.number(n)
    attributes = {"href": address(step=name, project="", after=""), "data-do": "go"}
    current = {"aria-current": "page"} if name == chosen else {}
    return ["a", attributes | current, t(f"assess.step.{name}"), el("b", "", shown)]


def _row(card: Card, open_id: int) -> Node:
    attributes = {"class": "desk-row", "aria-current": "true"} if card.id == open_id else {"class": "desk-row"}
    parts = [words.money(card.cost_fen), kind_name(card.kind)]
    if card.number:
        parts.insert(0, t("project.number", n=card.number))
    about: list[Node] = [el("span", "", part) for part in parts]
    if card.rivals:
        about.append(el("span", "to", icon("call_split"), t("project.rivals")))
    return [
        "li",
        attributes,
        el("div", "", el("p", "desk-title", link(address(project=card.id), card.title)), el("p", "desk-parts", *about)),
    ]
