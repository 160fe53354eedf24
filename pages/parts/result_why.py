"""Project by project: what it got, whether it is funded, why, and what would have been enough."""

from collections.abc import Sequence

from pages.parts.drawn import Node, el, link
from pages.parts.result_top import href
from portal import words
from portal.fund import telling
from portal.fund.results import Decided, Entry
from portal.words import t, tn


def reasons(decided: Decided) -> list[Node]:
    """Those that are not funded first: their supporters want to know most."""
    losers = [_loser(decided, entry) for entry in decided.losers]
    winners = [_winner(decided, entry) for entry in decided.winners]
    blocks = [_group("result.why_not", "stack", losers), _group("result.why", "panel stack", winners)]
    return [block for block in blocks if block] + [_effective(decided)]


def _group(title: str, css: str, rows: Sequence[Node]) -> Node | None:
    body: Node = ["ul", {"class": css, "role": "list"}, *rows]
    return el("section", "part", el("h2", "", t(title)), body) if rows else None


def _loser(decided: Decided, entry: Entry) -> Node:
    enough = telling.enough(decided, entry)
    return el(
        "li",
        "panel stack",
        el(
            "div",
            "row spread",
            el("h3", "", link(href(entry), entry.title)),
            el("span", "chip plain", t("result.not_funded")),
        ),
        el("p", "", telling.why(decided, entry)),
        el("p", "", el("strong", "", t("result.enough")), enough) if enough else None,
        _figures(decided, entry),
    )


def _winner(decided: Decided, entry: Entry) -> Node:
    return el(
        "li",
        "",
        el("h3", "", link(href(entry), entry.title)),
        el("p", "", telling.why(decided, entry)),
        _figures(decided, entry),
    )


def _figures(decided: Decided, entry: Entry) -> Node:
    """The plain figures of a project, in one line."""
    lines = [
        tn("result.supporters", entry.votes),
        *([tn("result.points", entry.points)] if entry.points != entry.votes else []),
        t("result.cost", cost=words.money(entry.cost_fen)),
        t("result.effective", n=words.number(float(entry.effective), 1)),
        t("result.number", number=entry.number),
    ]
    return el("ul", "desk-parts", *[el("li", "", line) for line in lines])


def _effective(decided: Decided) -> Node:
    """What effective votes are, with the figure of each project in words."""
    first = t("result.effective.explain" if decided.by_shares else "result.effective.explain_greedy")
    by_cost = decided.by_shares and decided.rule["utility"] == "cost"
    rows = [
        el("li", "", entry.title, ["br", {}], el("strong", "", telling.effective(decided, entry)))
        for entry in decided.entries
    ]
    return el(
        "details",
        "panel",
        el("summary", "", t("result.effective.title")),
        el("p", "", first),
        el("p", "", t("result.effective.first")) if by_cost else None,
        ["ul", {"class": "stack small", "role": "list"}, *rows],
    )
