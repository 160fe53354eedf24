"""The rules of a round as typed: what a project may be and cost, how a ballot is filled in, how it is counted.

Each field that cannot be is refused with one sentence; what a kind of ballot has no use for is set to nothing.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from db.models.fund import BallotType, ProjectKind, Round
from portal import limits
from portal.errors import Refused
from portal.fund.counting import Rule
from portal.inputs import clean, money, one_of

RETURNS_TO = ("round", "fund")
DRAW = "seed:draw"
"""Ties are drawn; what stands after the colon is the seed, which is only known when voting opens."""
TIES = (DRAW, "cost", "file")
"""How ties may be broken: by lot, the cheaper first, the smaller ballot number first."""
SWITCHES = (
    "name", "utility", "completion", "stop", "start", "step", "skip", "eighty", "threshold", "compare", "ties",
)  # fmt: skip
"""The switches of the count that a round chooses; scores and rivals come from its ballot."""
WITH_POINTS = (BallotType.POINTS, BallotType.RANKING)
_BETWEEN = re.compile(r"[\s,;、]+")


@dataclass(frozen=True)
class Terms:
    """The rules of a round as typed: amounts in yuan, scores as a list in one line. `caps` are by kind of project."""

    budget: str
    least: str = ""
    caps: Mapping[str, str] = field(default_factory=dict)
    allowed: Sequence[str] = ()
    excluded: Sequence[str] = ()
    ballot_type: str = BallotType.APPROVAL
    min_choices: int = 1
    max_choices: int = 5
    points: int = 0
    scores: str = ""
    paper: bool = True
    returns_to: str = "round"
    rule: Mapping[str, Any] = field(default_factory=lambda: {"ties": DRAW})
    """Switches of `counting.Rule`; one that is absent has its default."""


def columns(typed: Terms) -> dict[str, Any]:
    """The columns of a round for these terms. Raises Refused for the first field that cannot be."""
    ballot = _ballot(typed)
    return {
        **_sums(typed),
        "allowed": _lines("allowed", typed.allowed),
        "excluded": _lines("excluded", typed.excluded),
        **ballot,
        "paper": bool(typed.paper),
        "returns_to": one_of("returns_to", typed.returns_to, RETURNS_TO),
        "rule": _rule(typed.rule, ballot["ballot_type"], ballot["scores"]).printed(),
    }


def terms_of(row: Round) -> Terms:
    """The rules of a round as one would type them."""
    return Terms(
        budget=yuan(row.budget_fen),
        least=yuan(row.least_fen),
        caps={kind: yuan(fen) for kind, fen in row.caps.items()},
        allowed=tuple(row.allowed),
        excluded=tuple(row.excluded),
        ballot_type=row.ballot_type,
        min_choices=row.min_choices,
        max_choices=row.max_choices,
        points=row.points,
        scores=", ".join(map(str, row.scores)),
        paper=row.paper,
        returns_to=row.returns_to,
        rule={switch: value for switch, value in row.rule.items() if switch in SWITCHES},
    )


def yuan(fen: int) -> str:
    """An amount as one types it; empty for nothing."""
    return f"{Decimal(fen) / 100:f}" if fen else ""


def rule_of(row: Round) -> Rule:
    """The counting rule of a round; from the opening of the vote on with the seed, the scores and the rivals."""
    return Rule.read(row.rule)


def useful(rule: Rule) -> frozenset[str]:
    """The switches that make a difference under such a rule."""
    if rule.name == "greedy":
        return frozenset({"name", "utility", "eighty", "threshold", "ties", *([] if rule.eighty else ["skip"])})
    shares = {"name", "utility", "completion", "start", "threshold", "compare", "ties"}
    return frozenset(shares | ({"stop", "step"} if rule.completion == "add1" else set()))


def utilities(ballot_type: str) -> tuple[str, ...]:
    """What may count as the worth of a project on such ballots: points only where a ballot gives some."""
    return ("cost", "cardinality", "points") if ballot_type in WITH_POINTS else ("cost", "cardinality")


def _sums(typed: Terms) -> dict[str, Any]:
    budget = money("budget", typed.budget)
    least = money("least", typed.least or "0", zero=True)
    if least > budget:
        raise Refused("over_budget", field="least", budget_fen=budget)
    caps = {one_of("kind", kind, set(ProjectKind)): cap for kind, cap in typed.caps.items() if cap.strip()}
    highest = {kind: money(f"cap_{kind}", caps[kind]) for kind in sorted(caps)}
    for kind, cap in highest.items():
        if cap > budget:
            raise Refused("over_budget", field=f"cap_{kind}", budget_fen=budget)
        if cap < least:
            raise Refused("cap_below_least", field=f"cap_{kind}", least_fen=least)
    return {"budget_fen": budget, "least_fen": least, "caps": highest}


def _lines(name: str, typed: Sequence[str]) -> list[str]:
    kept = list(dict.fromkeys(clean(name, line, limits.RULE_CHARS) for line in typed if line.strip()))
    if len(kept) > limits.RULES_PER_LIST:
        raise Refused("list_too_long", field=name, limit=limits.RULES_PER_LIST)
    return kept


def _ballot(typed: Terms) -> dict[str, Any]:
    kind = one_of("ballot_type", typed.ballot_type, set(BallotType))
    scores = _scores(typed.scores) if kind == BallotType.RANKING else []
    least = _whole("min_choices", typed.min_choices, 0, limits.PROPOSALS_ON_BALLOT)
    most = len(scores) or _whole("max_choices", typed.max_choices, 1, limits.PROPOSALS_ON_BALLOT)
    if kind == BallotType.ONE:
        least = most = 1
    points = _whole("points", typed.points, 1, limits.BALLOT_POINTS) if kind == BallotType.POINTS else 0
    if least > most:
        raise Refused("min_over_max", least=least, most=most)
    if points and most > points:
        raise Refused("choices_over_points", most=most, points=points)
    return {"ballot_type": kind, "min_choices": least, "max_choices": most, "points": points, "scores": scores}


def _scores(typed: str) -> list[int]:
    text = unicodedata.normalize("NFKC", clean("scores", typed, 200))
    parts = [part for part in _BETWEEN.split(text) if part]
    if not all(part.isascii() and part.isdigit() and len(part) < 6 for part in parts):
        raise Refused("scores_not_numbers")
    scores = [_whole("scores", int(part), 1, limits.BALLOT_POINTS) for part in parts]
    if len(scores) > limits.SCORES:
        raise Refused("list_too_long", field="scores", limit=limits.SCORES)
    if scores != sorted(scores, reverse=True):
        raise Refused("scores_rise")
    return scores


def _whole(name: str, typed: object, least: int, most: int) -> int:
    if type(typed) is not int or not least <= typed <= most:
        raise Refused("not_between", field=name, least=least, most=most)
    return typed


def _rule(switches: Mapping[str, Any], ballot_type: str, scores: list[int]) -> Rule:
    for switch in switches:
        one_of("count_switch", switch, SWITCHES)
    rule = Rule.read({**switches, "scores": scores})
    if rule.utility not in utilities(ballot_type):
        raise Refused("utility_without_points")
    default, idle = Rule(), set(SWITCHES) - useful(rule)
    if rule.eighty:
        idle.discard("skip")  # the 80 % rule sets that itself
    for switch in sorted(idle):
        if getattr(rule, switch) != getattr(default, switch):
            raise Refused("switch_without_use", field=f"count_{switch}")
    return rule
