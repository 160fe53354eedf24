"""The public table of all kinds: what the handlers say, what the residents say, what the call-backs say."""

from collections.abc import Sequence

from pages.parts.drawn import Node, bar, el, icon
from pages.parts.facts import empty
from pages.parts.figures import span
from portal import words
from portal.board import DisputeTotals, Line, Rate
from portal.cases.callbacks import NUMBERS_SHOWN, Draw
from portal.cases.kinds import KINDS, SMALLEST
from portal.words import t, tn


def kinds_block(lines: Sequence[Line], place: str) -> Node:
    """One panel a kind; those of which there is nothing are named in one sentence."""
    used = [line for line in lines if line.posted != 0 or line.done != 0]
    idle = [t(f"kind.{line.kind}") for line in lines if line not in used]
    none = el("p", "small quiet", t("numbers.idle", kinds=t("rates.comma").join(idle))) if used and idle else None
    body = el("div", "panels", *map(_kind, used)) if used else empty("numbers.none", symbol="monitoring")
    explained = el(
        "details",
        "small",
        el("summary", "", t("rates.explain")),
        *[el("p", "", t(f"numbers.explain.{what}", least=SMALLEST)) for what in ("handler", "solved", "called", "few")],
    )
    return el("section", "part stack", el("h2", "", t("numbers.kinds", place=place)), body, none, explained)


def disputes_block(totals: DisputeTotals | None) -> Node:
    """Disputes as rounded totals; None: not told of so small an area."""
    head = el("h2", "", t("kind.dispute"))
    if totals is None:
        return el("section", "part stack", head, el("p", "quiet", t("numbers.disputes_small")))
    counts = {"brought": totals.brought, "agreed": totals.agreed, "not_agreed": totals.not_agreed}
    told = _pairs([(t(f"numbers.disputes.{name}"), _at_least(n)) for name, n in counts.items()])
    days = {"since": words.day(totals.since_on), "until": words.day(totals.until_on)}
    return el("section", "part stack", head, el("p", "small quiet", t("numbers.disputes_hint", **days)), told)


def draws_block(draws: Sequence[Draw]) -> Node:
    """The months' draws, each with the seed and the numbers, so that anyone can draw again."""
    lead = el("p", "", t("numbers.draws_lead"))
    body = el("div", "stack", *map(_draw, draws)) if draws else el("p", "quiet", t("numbers.draws_none"))
    return el("section", "part stack", el("h2", "", t("numbers.draws")), lead, body)


def _kind(line: Line) -> Node:
    says = (("handler", line.handler), ("resident", line.solved), ("called", line.called))
    return el(
        "section",
        "panel stack",
        el("h3", "", icon(KINDS[line.kind].icon), " ", t(f"kind.{line.kind}")),
        ["ul", {"class": "compare", "role": "list"}, *[_bar(t(f"numbers.says.{who}"), rate) for who, rate in says]],
        _pairs(_rows(line)),
    )


def _rows(line: Line) -> list[tuple[str, str]]:
    left = [_left_out(name, n) for name, n in line.left_out if n != 0]
    asked = t("numbers.asked_of", asked=_count(line.asked), answered=_count(line.answered))
    return [
        (t("numbers.posted"), _count(line.posted)),
        (t("numbers.done"), _count(line.done)),
        (t("numbers.asked"), asked),
        (t("rates.response"), _share(line.response)),
        (t("rates.content"), _share(line.satisfied)),
        (t("numbers.median"), _span(line, line.median_hours)),
        (t("numbers.p90"), _span(line, line.p90_hours)),
        *([(t("numbers.left_out"), t("rates.comma").join(left))] if left else []),
    ]


def _left_out(name: str, n: int | None) -> str:
    if n is None:
        return t("numbers.left_out_few", what=t(f"state.{name}"), least=SMALLEST)
    return t(f"rates.left_out.{name}", n=words.number(n))


def _bar(name: str, rate: Rate | None) -> Node:
    part = round((rate.share or 0) * 100) if rate else 0
    return el("li", "", el("span", "", name), el("span", "told", _share(rate)), bar(part))


def _pairs(rows: Sequence[tuple[str, str]]) -> Node:
    nodes = [node for name, value in rows for node in (el("dt", "", name), el("dd", "", value))]
    return ["dl", {"class": "facts"}, *nodes]


def _count(n: int | None) -> str:
    return t("numbers.few", least=SMALLEST) if n is None else words.number(n)


def _at_least(n: int | None) -> str:
    return t("numbers.few", least=SMALLEST) if n is None else t("numbers.at_least", n=words.number(n))


def _share(rate: Rate | None) -> str:
    if rate is None:
        return t("numbers.few", least=SMALLEST)
    if rate.share is None:
        return t("rates.none")
    return f"{words.share(rate.share)} · {t('rates.of', part=words.number(rate.k), n=words.number(rate.n))}"


def _span(line: Line, hours: float | None) -> str:
    if hours is not None:
        return span(hours)
    return t("numbers.few", least=SMALLEST) if line.done is None else t("rates.none")


def _draw(draw: Draw) -> Node:
    counts = ("closed", "reachable", "drawn", "reached", "unreached")
    facts = [(t(f"numbers.draw.{name}"), tn("numbers.cases", getattr(draw, name))) for name in counts]
    month = f"{draw.month_on:%Y-%m}"
    listed = {"class": "button", "href": f"/audit/callbacks/{month}", "download": f"{month}.json"}
    more = el("p", "small quiet", t("numbers.draw.first", n=NUMBERS_SHOWN)) if draw.drawn > NUMBERS_SHOWN else None
    return el(
        "details",
        "panel",
        el("summary", "", t("numbers.draw", month=words.month(draw.month_on), drawn=words.number(draw.drawn))),
        el(
            "div",
            "stack",
            _pairs(facts),
            el("p", "small", t("numbers.draw.how")),
            el("p", "small", t("numbers.draw.seed"), " ", el("span", "hash", draw.seed)),
            el("p", "small", t("numbers.draw.numbers"), " ", " ".join(map(str, draw.numbers))),
            more,
            el("p", "row", ["a", listed, icon("download"), t("numbers.draw.whole")]),
        ),
    )
