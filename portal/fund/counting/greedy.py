"""Greedy by score: the most points first, as long as the money lasts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from math import inf
from typing import Literal

from portal.fund.counting.election import Election
from portal.fund.counting.rule import Rule
from portal.fund.counting.ties import Ties


@dataclass(frozen=True)
class Turn:
    """When a project had its turn: the money left until then, in minor units, and what came of it."""

    project: int
    money: int
    came: Literal["funded", "did_not_fit", "rival", "ended"]
    by: int | None = None
    """The rival that is funded, or the project at which the count had ended."""


def heights(election: Election, rule: Rule) -> list[Fraction | float]:
    """What each project is ordered by: utility per cost; whatever costs nothing comes first then."""
    if rule.utility == "cost":
        return [Fraction(points) for points in election.points]
    worth = election.votes if rule.utility == "cardinality" else election.points
    costs = [project.cost for project in election.projects]
    return [Fraction(n, cost) if cost else inf for n, cost in zip(worth, costs, strict=True)]


def greedy(
    election: Election,
    rule: Rule,
    ties: Ties,
    *,
    money: int,
    candidates: Collection[int],
    conflicts: Sequence[frozenset[int]] = (),
    high: Sequence[Fraction | float] = (),
) -> list[Turn]:
    """How the `money` goes to the candidates, turn by turn; `high` stands in for `heights`.

    Only `utility`, `skip` and `eighty` of the rule are looked at.
    """
    turns: list[Turn] = []
    chosen: set[int] = set()
    ended: int | None = None
    for p in _ordered(high or heights(election, rule), candidates, ties):
        cost = election.projects[p].cost
        rivals = {rival for group in conflicts if p in group for rival in group & chosen}
        if ended is not None:
            turns.append(Turn(p, money, "ended", ended))
        elif rivals:
            turns.append(Turn(p, money, "rival", min(rivals)))
        elif cost <= money or (rule.eighty and 5 * money >= 4 * cost):
            turns.append(Turn(p, money, "funded"))
            ended = p if cost > money else None
            chosen.add(p)
            money = max(money - cost, 0)
        else:
            turns.append(Turn(p, money, "did_not_fit"))
            ended = None if rule.skip else p
    return turns


def funded(turns: Sequence[Turn]) -> list[int]:
    """The projects that got money, in order."""
    return [turn.project for turn in turns if turn.came == "funded"]


def _ordered(high: Sequence[Fraction | float], candidates: Collection[int], ties: Ties) -> list[int]:
    """The candidates, the highest first, equals as stated."""
    found: list[int] = []
    for _, equal in groupby(sorted(candidates, key=high.__getitem__, reverse=True), high.__getitem__):
        found += ties.ordered(list(equal), len(found) + 1)
    return found
