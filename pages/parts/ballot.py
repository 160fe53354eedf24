"""The ballot: filled in within the browser, cast once; and what its voter holds afterwards."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import streamlit as st

from pages.parts import frame
from pages.parts.drawn import Node, el, icon, link
from portal import areas, clock, words
from portal.fund import ballots, printing
from portal.fund.ballots import Mine, Standing
from portal.fund.projects import Card
from portal.fund.rounds import Round
from portal.words import t

KEY = "ballot"
WORDS = (
    "details", "up", "down", "points_for", "less", "more", "number", "and", "rival", "any_kind", "any_cell", "found",
    "list", "meter", "sum", "review", "full", "spent", "few", "check", "place", "n_points", "blank", "clash",
    "may_change", "cast", "back", "no_net", "no_answer", "saved", "unsaved", "offline", "restored",
    "count_approval", "count_points", "count_ranking", "count_one",
)  # fmt: skip
HOLES = (
    "n", "most", "least", "left", "points", "sum", "budget", "title", "number", "others",
)  # fmt: skip
"""What the browser fills into these words."""
WAYS: dict[str, tuple[str, str]] = {
    Standing.VISITOR: ("login", "/signin?next=/vote%3Fround%3D{id}"),
    Standing.ELSEWHERE: ("home_pin", "/me?part=home"),
    Standing.UNLISTED: ("contact_support", "/round?id={id}"),
    Standing.PAPER: ("draft", "/round?id={id}"),
    Standing.EARLY: ("event_upcoming", "/round?id={id}"),
    Standing.MISSED: ("event_busy", "/result?round={id}"),
}
"""What stands beside the sentence of who cannot vote here, and where their way leads."""

_ballot = st.components.v2.component(
    "portal.ballot",
    js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
    isolate_styles=False,  # the look is in the portal's one style sheet
)


def fill_in(row: Round, cards: Sequence[Card], mine: Mine) -> None:
    """The ballot itself. What is chosen comes here once, when it is cast, and is kept nowhere on this side."""

    def heard() -> None:
        sent = st.session_state[KEY].get("did")
        if not isinstance(sent, dict) or sent.get("do") != "cast":
            return
        if frame.act(ballots.cast, row.id, sent.get("choices"), done="act.ballot.cast.done"):
            st.query_params.pop("change", None)

    data = {
        "round": row.id, "type": row.ballot_type, "least": row.min_choices, "most": row.max_choices,
        "points": row.points, "scores": row.scores, "budget": row.budget_fen, "lang": words.language(),
        "projects": _projects(cards), "chosen": mine.choices, "drafted": mine.drafted, "words": _words(row),
        "at": clock.now().timestamp(),  # each run is heard there, also one that changed nothing
    }  # fmt: skip
    _ballot(data=orjson.dumps(data), key=KEY, on_did_change=heard)


def voted(row: Round, mine: Mine) -> list[Node]:
    """What somebody holds who voted on the web: the code, what it is good for, and the way to change their mind."""
    may_change = mine.standing == Standing.VOTED
    until = words.moment(mine.ends_at) if mine.ends_at else ""
    when = t("vote.voted_at", moment=words.moment(mine.voted_at)) if mine.voted_at else ""
    told = t("vote.may_change", until=until) if may_change else t("vote.closed_now")
    change = (
        link(f"/vote?round={row.id}&change=1", icon("edit"), t("vote.change"), css="button") if may_change else None
    )
    return [
        el("div", "answer narrow", el("h2", "", t("vote.voted")), el("p", "", when), el("p", "", told)),
        *([_slip(row, mine.receipt)] if mine.receipt else []),
        el("p", "row", change, link(f"/round?id={row.id}", t("vote.to_round"), css="button")),
    ]


def sentence(row: Round, mine: Mine) -> list[Node]:
    """Why somebody cannot vote here now, and what they can do."""
    symbol, way = WAYS[mine.standing]
    ends = words.moment(mine.ends_at) if mine.ends_at else ""
    return [
        el(
            "div",
            "empty narrow",
            icon(symbol),
            el("strong", "", t(f"vote.{mine.standing}")),
            el("p", "", t(f"vote.{mine.standing}.hint", until=ends)),
            link(way.format(id=row.id), t(f"vote.{mine.standing}.way"), css="button main"),
        )
    ]


def _slip(row: Round, code: str) -> Node:
    """The receipt code, large, to be copied and printed."""
    copying = {"type": "button", "class": "button", "data-do": "copy", "data-text": code, "data-done": t("post.copied")}
    printing_ = {"type": "button", "class": "button", "data-do": "print", "data-id": ""}
    return el(
        "section", "slip sheet", el("h2", "", t("vote.receipt")), el("p", "small", row.name), el("p", "code", code),
        el("p", "", t("vote.receipt_hint")), el("p", "small quiet", t("vote.receipt_void")),
        el(
            "p", "row", ["button", copying, icon("content_copy"), t("post.copy")],
            ["button", printing_, icon("print"), t("post.print")],
            link(f"/box?round={row.id}", t("vote.to_box"), css="button"),
        ),
    )  # fmt: skip


def _projects(cards: Sequence[Card]) -> list[dict[str, Any]]:
    numbers = {card.id: card.number for card in cards}
    return [
        {
            "number": card.number, "title": card.title, "cost": card.cost_fen, "kind": t(f"project_kind.{card.kind}"),
            "cell": _cell(card), "place": card.place or _cell(card), "href": f"/project?id={card.id}",
            "photo": f"/attachments/{card.photo}/thumb" if card.photo else "",
            "rivals": sorted(n for other in card.rivals if (n := numbers.get(other)) is not None),
        }
        for card in cards
    ]  # fmt: skip


def _cell(card: Card) -> str:
    return areas.tree().by_id(card.cell_id).label if card.cell_id else ""


def _words(row: Round) -> dict[str, str]:
    """The words that the browser needs; what it fills in itself stays a hole."""
    holes = {name: f"{{{name}}}" for name in HOLES}
    made = {name: t(f"ballot.{name}", **holes) for name in WORDS}
    return made | {"money": t("words.money", amount="{amount}"), "asked": printing.asked(row)}
