"""The Method of Equal Shares without rounding: whole numbers over one common denominator.

Floating point finds the few projects that can win a round; which of them does is decided in exact arithmetic.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import gcd

import numpy as np

from portal.fund.counting.shares import NEAR, Shares
from portal.fund.counting.ties import Ties


class Purse:
    """What each merged ballot has left: whole numbers of one `part`-th of a minor unit, and about how much that is."""

    def __init__(self, ballots: int, endowment: Fraction) -> None:
        self.part = endowment.denominator
        self.left = [endowment.numerator] * ballots
        self.about = np.full(ballots, float(endowment))

    def pay(self, who: list[int], points: Iterable[int], price: Fraction) -> None:
        """Each of `who` pays `price` for each of their points, or all they have."""
        factor = price.denominator // gcd(price.denominator, self.part)
        if factor != 1:
            self.part *= factor
            self.left = [have * factor for have in self.left]
        one = price.numerator * (self.part // price.denominator)
        for ballot, n in zip(who, points, strict=True):
            self.left[ballot] -= min(self.left[ballot], one * n)
        self.about[who] = [self.left[ballot] / self.part for ballot in who]


@dataclass(frozen=True)
class ExactOutcome:
    """What was funded, in order, at which price per point in minor units, and what each ballot has left."""

    chosen: list[int]
    prices: list[Fraction]
    purse: Purse
    over: bool = False
    """It was broken off because more than the limit was spent."""


def run(shares: Shares, endowment: Fraction, ties: Ties, limit: int | None = None) -> ExactOutcome:
    """Count once with this endowment for each voter, every comparison exact, until more than `limit` is spent."""
    election, waiting = shares.election, shares.waiting()
    purse = Purse(len(election.times), endowment)
    chosen: list[int] = []
    prices: list[Fraction] = []

    def rho(p: int, most: float) -> float:
        price, _ = shares.price(p, purse.about, most * shares.worth[p])
        return price / shares.worth[p] if shares.worth[p] else price

    while best := waiting.best(rho):
        least = min(best.values())
        near = [p for p, about in best.items() if about <= least * (1 + NEAR)]
        exact = {p: price for p in near if (price := price_of(shares, p, purse)) is not None}
        winners = _first(shares, exact, ties, len(chosen) + 1)
        out = {*near} - {*exact}
        waiting.put_back(best, out.union(*({p, *shares.rivals(p)} for p in winners)))
        for p in winners:
            purse.pay(election.support[p][0].tolist(), shares.points[p].tolist(), exact[p])
            chosen.append(p)
            prices.append(exact[p])
        if limit is not None and election.cost(chosen) > limit:
            return ExactOutcome(chosen, prices, purse, over=True)
    return ExactOutcome(chosen, prices, purse)


def _first(shares: Shares, prices: dict[int, Fraction], ties: Ties, place: int) -> list[int]:
    """The one project that wins the round; none where those that seemed to be payable are not."""
    rho = {p: shares.rho(p, price) for p, price in prices.items()}
    least = min(rho.values(), default=Fraction(0))
    return ties.ordered([p for p in rho if rho[p] == least], place)[:1]


def effective_votes(shares: Shares, found: ExactOutcome) -> dict[int, Fraction]:
    """For each candidate its cost by the price of a point; 0 where its supporters cannot pay it at the end."""
    prices: dict[int, Fraction | None] = dict(zip(found.chosen, found.prices, strict=True))
    for p in shares.candidates:
        if p not in prices:
            prices[p] = price_of(shares, p, found.purse)
    return {p: _strength(shares, p, price) for p, price in prices.items()}


def _strength(shares: Shares, p: int, price: Fraction | None) -> Fraction:
    if price is None:
        return Fraction(0)
    return shares.election.projects[p].cost / price if price else Fraction(shares.total[p])


def price_of(shares: Shares, p: int, purse: Purse) -> Fraction | None:
    """What a point for `p` costs its supporters, exactly; None where they cannot pay the project together.

    Whoever cannot pay the price gives all they have; that raises it for the others, until all can pay.
    """
    election = shares.election
    who = election.support[p][0]
    rows = zip(who.tolist(), election.weights[who].tolist(), shares.points[p].tolist(), strict=True)
    rich = [(purse.left[w], times, points) for w, times, points in rows]
    missing, sharing = election.projects[p].cost * purse.part, shares.total[p]
    while sharing:
        poor = [row for row in rich if row[0] * sharing < missing * row[2]]
        if not poor:
            return Fraction(missing, sharing * purse.part)
        rich = [row for row in rich if row[0] * sharing >= missing * row[2]]
        missing -= sum(have * times for have, times, _ in poor)
        sharing -= sum(times * points for _, times, points in poor)
    return None
