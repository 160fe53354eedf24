"""What a result means for the voters: both rules beside each other, who has something of it, where the money goes."""

from collections.abc import Sequence

from pages.parts import charts
from pages.parts.drawn import Node, bar, draw, el
from portal import areas, words
from portal.fund import telling
from portal.fund.results import Beside, Decided, Share
from portal.words import t, tn

LEAST = 0.005
RULES = ("equal-shares", "greedy")


def figures(decided: Decided) -> None:
    """The sections with their charts, each followed by the same as a list."""
    if not decided.voters:
        return
    draw([_beside(decided)], key="result_beside")
    _choices(decided)
    _parts("kinds", [(t(f"project_kind.{share.name}"), share) for share in decided.kinds])
    _parts("cells", [(_cell(share.name), share) for share in decided.cells])


def _beside(decided: Decided) -> Node:
    both = {"equal-shares": decided.shares, "greedy": decided.greedy}
    told = telling.differences(decided, {entry.number: entry.title for entry in decided.entries})
    chosen = "equal-shares" if decided.by_shares else "greedy"
    return el(
        "section",
        "part stack",
        el("h2", "", t("result.beside")),
        el("p", "", t("result.beside.lead")),
        el("div", "panels", *[_rule(name, both[name], decided, counts=name == chosen) for name in RULES]),
        *[el("p", "", line) for line in told or [t("result.same_winners")]],
        _compared(decided),
    )


def _rule(name: str, outcome: Beside, decided: Decided, *, counts: bool) -> Node:
    nothing, something = outcome.nothing / decided.voters, decided.voters - outcome.nothing
    lines = [
        tn("result.beside.funded", len(outcome.winners), cost=words.money(outcome.cost_fen)),
        t("result.beside.nothing", n=words.number(outcome.nothing), share=_share(nothing)),
    ]
    return el(
        "div",
        "figure",
        el(
            "p",
            "name",
            t(f"result.rule.{name}"),
            " ",
            el("span", "chip solved", t("result.this_counts")) if counts else "",
        ),
        el("p", "value", t("result.of", part=words.number(something), n=words.number(decided.voters))),
        el("p", "", t("result.beside.something")),
        bar(round((1 - nothing) * 100)),
        *[el("p", "small quiet", line) for line in lines],
    )


def _compared(decided: Decided) -> Node | None:
    """Where the rule lets the voters' preference decide between both."""
    if not decided.preferred:
        return None
    n = {name.replace("-", "_"): words.number(count) for name, count in decided.preferred.items()}
    return el("p", "panel", t("result.preferred", **n))


def _choices(decided: Decided) -> None:
    """How many voters have how many of their choices funded."""
    most = max(len(decided.shares.choices), len(decided.greedy.choices))
    rows = [(str(n), _at(decided.shares.choices, n), _at(decided.greedy.choices, n)) for n in range(most)]
    draw([_head("choices")], key="result_choices_head")
    series = (t("result.rule.equal-shares"), t("result.rule.greedy"))
    charts.standing(rows, series, key="result_choices", described=t("result.choices"))
    lines = [
        (tn("result.choices.row", int(n)), t("result.choices.told", shares=words.number(a), greedy=words.number(b)))
        for n, a, b in rows
    ]
    draw([charts.twin(lines)], key="result_choices_list")


def _parts(name: str, rows: Sequence[tuple[str, Share]]) -> None:
    """The share of the money beside that of the votes."""
    draw([_head(name)], key=f"result_{name}_head")
    series = (t("result.of_votes"), t("result.of_money"))
    pairs = [(label, share.votes_share, share.money_share) for label, share in rows]
    charts.lying(pairs, series, key=f"result_{name}", described=t(f"result.{name}"))
    lines = [
        (
            label,
            t(
                "result.parts.told", votes=words.share(share.votes_share), money=words.share(share.money_share),
                sum=words.money(share.money_fen),
            ),
        )
        for label, share in rows
    ]  # fmt: skip
    draw([charts.twin(lines)], key=f"result_{name}_list")


def _head(name: str) -> Node:
    return el("section", "part", el("h2", "", t(f"result.{name}")), el("p", "small quiet", t(f"result.{name}.lead")))


def _share(part: float) -> str:
    """A share that is not nothing never reads as 0 %."""
    return t("result.under_one") if 0 < part < LEAST else words.share(part)


def _cell(path: str) -> str:
    return areas.tree().by_path(path).label if path else t("result.no_cell")


def _at(counts: Sequence[int], n: int) -> int:
    return counts[n] if n < len(counts) else 0
