"""The Method of Equal Shares in floating point: one fast run with a given endowment.

Source: Peters, Pierczyński, Skowron, "Proportional Participatory Budgeting with Additive Utilities" (NeurIPS 2021).
Everybody gets the same share. In each round the project wins whose supporters pay the least per unit of utility (rho);
who cannot pay that much gives all they have left. rho never falls while shares shrink, so an old rho is a lower bound
and most projects need not be looked at again. `exact.py` repeats what matters without rounding.
"""

import heapq
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from portal.fund.counting.election import Election, Floats, Ints
from portal.fund.counting.ties import Ties

NEAR = 1e-9
"""Two values closer than this (relatively) count as equal here."""
SETTLED = 1e-13
"""A price that changes by less than this (relatively) is found."""


@dataclass(frozen=True)
class Outcome:
    """What a run funded, in order."""

    chosen: list[int]
    over: bool
    """It was broken off because more than the limit was spent."""
    sure: bool
    """No decision was so close that rounding could have turned it."""
    room: float
    """How much larger the share may be with the same outcome, as far as one can tell without a run."""


class Shares:
    """The supporters of each project, prepared once for all runs.

    `utility` is what a funded project is worth to a supporter: its cost times the points given, one, or the points.
    """

    def __init__(
        self,
        election: Election,
        utility: str,
        candidates: Collection[int] | None = None,
        conflicts: Sequence[frozenset[int]] = (),
    ) -> None:
        self.election, self.conflicts = election, conflicts
        wanted = range(len(election.projects)) if candidates is None else candidates
        self.candidates = [p for p in wanted if len(election.support[p][0])]
        self.points = [np.ones_like(s) if utility == "cardinality" else s for _, s in election.support]
        self.worth = [p.cost if utility == "cost" else 1 for p in election.projects]
        """Utility of one point: rho is the price of a point divided by this."""
        self.total = [
            int((election.weights[w] * s).sum()) for (w, _), s in zip(election.support, self.points, strict=True)
        ]
        """All points of a project."""
        self._rows = [self._row(p) for p in range(len(election.projects))]

    def _row(self, p: int) -> tuple[Ints, Floats, Floats, Floats]:
        who, points = self.election.support[p][0], self.points[p].astype(float)
        times = self.election.weights[who].astype(float)
        return who, times, points, times * points

    def open_beside(self, chosen: Collection[int]) -> list[int]:
        """The candidates that are not funded and not shut out by a rival that is."""
        out = {*chosen, *(rival for p in chosen for rival in self.rivals(p))}
        return [p for p in self.candidates if p not in out]

    def rivals(self, p: int) -> set[int]:
        """The projects that cannot be funded beside `p`."""
        return {rival for group in self.conflicts if p in group for rival in group} - {p}

    def utility_of(self, chosen: Collection[int]) -> list[int]:
        """What each merged ballot has of the outcome."""
        total = np.zeros(len(self.election.times), dtype=object)
        for p in chosen:
            total[self.election.support[p][0]] += self.points[p].astype(object) * self.worth[p]
        return total.tolist()

    def rho(self, p: int, price: Fraction) -> Fraction:
        """The price of a unit of utility, by that of a point; what costs nothing comes before everything."""
        return price / self.worth[p] if self.worth[p] else Fraction(0)

    def least_price(self, p: int) -> Fraction:
        """The price of a point when nobody runs out of money."""
        return Fraction(self.election.projects[p].cost, self.total[p])

    def waiting(self) -> "Waiting":
        """All candidates, each under the least rho it can have."""
        return Waiting({p: float(self.rho(p, self.least_price(p))) for p in self.candidates})

    def run(self, endowment: float, ties: Ties, limit: int) -> Outcome:
        """Count once with this endowment for each voter, until more than `limit` is spent."""
        election, waiting = self.election, self.waiting()
        left = np.full(len(election.times), endowment)
        chosen: list[int] = []
        spent, sure, room = 0, True, np.inf

        def near_price(p: int, most: float) -> float:
            """rho, and how much more each needs to have before it is other than it is."""
            nonlocal room
            who, times, _, _ = self._rows[p]
            price, capped = self.price(p, left, most * self.worth[p])
            if price == np.inf:
                room = min(room, (election.projects[p].cost - float(left[who] @ times)) / float(times.sum()))
            elif capped:
                room = 0.0
            return price / self.worth[p] if self.worth[p] else price

        while spent <= limit and (best := waiting.best(near_price)):
            least = min(best.values())
            tied = [p for p, rho in best.items() if rho <= least * (1 + NEAR)]
            tied, clear = self._tied(tied, left)
            winner = ties.ordered(tied, len(chosen) + 1)[0]
            sure = sure and clear
            waiting.put_back(best, {winner, *self.rivals(winner)})
            who, _, points, _ = self._rows[winner]
            have = left[who]
            left[who] = have - np.minimum(have, best[winner] * (self.worth[winner] or 1) * points)
            chosen.append(winner)
            spent += election.projects[winner].cost
        return Outcome(chosen, spent > limit, sure, max(room, 0.0))

    def _tied(self, near: list[int], left: Floats) -> tuple[list[int], bool]:
        """Which of those that come near each other are equal, and whether that is certain.

        Where nobody runs out of money, rho is a fraction of what stands in the file and can be compared as such.
        """
        costs = [self.election.projects[p].cost for p in near]
        money = [float(left[self._rows[p][0]] @ self._rows[p][1]) for p in near]
        clear = all(have > cost * (1 + NEAR) for have, cost in zip(money, costs, strict=True) if cost)
        if len(near) == 1:
            return near, clear
        if any(self.price(p, left, np.inf)[1] for p in near):
            return near, False
        exact = {p: self.rho(p, self.least_price(p)) for p in near}
        least = min(exact.values())
        return [p for p in near if exact[p] == least], clear

    def price(self, p: int, left: Floats, enough: float) -> tuple[float, bool]:
        """What a point for `p` costs its supporters, who have `left`, and whether some cannot pay it in full.

        Infinite where they cannot pay the project together; any value beyond `enough`, where it is beyond that.
        What they pay together at a price is concave in it, so Newton's method comes nearer from below and never
        passes the price: each value on the way is a lower bound.
        """
        who, times, points, weight = self._rows[p]
        cost, have = self.election.projects[p].cost, left[who]
        if float(have @ times) < cost * (1 - NEAR):
            return np.inf, True
        price, capped = cost / self.total[p], False
        while price <= enough:
            asked = price * points
            short = cost - float(np.minimum(have, asked) @ times)
            rich = float(weight @ (have > asked))
            if not rich or short <= rich * price * SETTLED:
                break
            price += short / rich
            capped = True
        return price, capped


class Waiting:
    """The projects not yet funded, each under the last rho known of it, which can only have grown since."""

    def __init__(self, least: dict[int, float]) -> None:
        self._heap = [(rho * (1 - NEAR), p) for p, rho in least.items()]
        heapq.heapify(self._heap)
        self._gone: set[int] = set()

    def best(self, rho: Callable[[int, float], float]) -> dict[int, float]:
        """The project with the least rho and others looked at, taken out; what nobody can pay goes for good.

        `rho` is called with a project and the value beyond which it need not be known.
        """
        found: dict[int, float] = {}
        least = np.inf
        while self._heap and self._heap[0][0] <= least * (1 + NEAR):
            _, p = heapq.heappop(self._heap)
            if p in self._gone:
                continue
            value = rho(p, least * (1 + NEAR))
            if value < np.inf:
                found[p] = value
                least = min(least, value)
        return found

    def put_back(self, found: dict[int, float], gone: set[int]) -> None:
        """All but those that are gone wait on, a little lower than they are, so that rounding hides none of them."""
        self._gone |= gone
        for p, value in found.items():
            if p not in gone:
                heapq.heappush(self._heap, (value * (1 - NEAR), p))
