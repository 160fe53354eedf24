"""What would have been enough for a project that was not funded, found by counting the deciding run again."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from portal.fund.counting.count import Result, conflicts, prepared
from portal.fund.counting.election import Election, Floats
from portal.fund.counting.replay import most_points, rounds, wins_with

WITHIN = 10
"""So many times as many voters as there were, at most, are thought of."""


@dataclass(frozen=True)
class Enough:
    """What would have funded the project, all else in the deciding run as it was. None: nothing within reason would."""

    supporters: int | None
    """The least number of further voters for it alone; under Equal Shares each with a whole share of their own."""
    cost: int | None
    """The highest lower cost, in minor units."""


@dataclass(frozen=True)
class _Chance:
    """A round the project could have won: up to which price of a unit of utility, and what its supporters had."""

    rho: float
    left: Floats


def enough(election: Election, result: Result, p: int) -> Enough:
    """For a project (by number) that is not funded. Takes a few runs of the count, without the steps of Add1."""
    if election.projects[p].withdrawn:
        return Enough(None, None)
    cost, most = election.projects[p].cost, max(WITHIN * election.voters, 100)
    chances = _chances(election, result, p)
    supporters = _least(
        lambda n: wins_with(election, result, p, supporters=n), _supporters(election, result, chances, p), most
    )
    saved = _least(
        lambda less: wins_with(election, result, p, cost=cost - less),
        cost - _cost(election, result, chances, p),
        cost - 1,
    )
    return Enough(supporters, cost - saved if saved else None)


def _least(holds: Callable[[int], bool], guess: int, most: int) -> int | None:
    """The least number from 1 to `most` for which `holds`, and with it for all larger ones; near `guess` first."""
    if most < 1:
        return None
    low, high, stride = 0, min(max(guess, 1), most), 1
    while not holds(high):
        if high == most:
            return None
        low, high, stride = high, min(high + stride, most), 2 * stride
    stride = 1
    while high - low > 1:
        at = max(high - stride, low + 1) if stride < high - low else (low + high) // 2
        low, high = (low, at) if holds(at) else (at, high)
        stride *= 2
    return high


def _chances(election: Election, result: Result, p: int) -> list[_Chance]:
    """The rounds before a rival won, and what is left at the end."""
    if not result.by_shares:
        return []
    shares = prepared(election, result.rule)
    rivals = {rival for group in conflicts(election, result.rule) if p in group for rival in group} - {p}
    who = election.support[p][0]
    found: list[_Chance] = []
    left = np.full(len(who), float(result.endowment or 0))
    for each in rounds(election, shares, result):
        worth = shares.worth[each.winner]
        found.append(_Chance(each.price / worth if worth else 0.0, each.had[who]))
        left = (each.had - each.paid)[who]
        if each.winner in rivals:
            return found
    return [*found, _Chance(np.inf, left)]


def _raised(election: Election, result: Result, p: int, chance: _Chance, cost: int) -> tuple[float, float]:
    """What the supporters pay together at the price at which the project draws level, and that price of a point."""
    who, score = election.support[p]
    utility = result.rule.utility
    points = np.ones_like(score) if utility == "cardinality" else score
    price = chance.rho * (cost if utility == "cost" else 1) if chance.rho < np.inf else np.inf
    asked = np.minimum(chance.left, price * points)
    return float(asked @ election.weights[who]), price


def _supporters(election: Election, result: Result, chances: list[_Chance], p: int) -> int:
    """About how many are needed: in each round what is missing, by what each would give."""
    cost, share = election.projects[p].cost, float(result.endowment or 0)
    points = 1 if result.rule.utility == "cardinality" else most_points(election)
    needed = [1.0 * max(result.rule.threshold - election.points[p], 1)] if not chances else []
    for chance in chances:
        paid, price = _raised(election, result, p, chance, cost)
        gives = min(share, price * points)
        if gives > 0:
            needed.append(np.ceil((cost - paid) / gives * (1 - 1e-12)))
    short = -(-(result.rule.threshold - election.points[p]) // most_points(election))
    return int(min(max(min(needed, default=1), short, 1), 10**12))


def _cost(election: Election, result: Result, chances: list[_Chance], p: int) -> int:
    """About the highest cost at which the project wins some round; its whole cost where that cannot be told."""
    low, high = 0, election.projects[p].cost
    if not chances:
        return high
    while high - low > 1:
        cost = (low + high) // 2
        raised = (_raised(election, result, p, chance, cost)[0] for chance in chances)
        low, high = (cost, high) if any(paid >= cost for paid in raised) else (low, cost)
    return low
