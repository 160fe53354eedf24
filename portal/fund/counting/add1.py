"""Add1: every voter's share is raised step by step, and nothing of the steps is kept but the last."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from portal.fund.counting import exact
from portal.fund.counting.rule import Rule
from portal.fund.counting.shares import NEAR, Shares
from portal.fund.counting.ties import Ties

Progress = Callable[[int, Fraction], None]


@dataclass(frozen=True)
class Step:
    """What a share leads to: the projects in order, None where they cost more than the budget."""

    chosen: list[int] | None
    room: float = 0.0
    """How much more of a share changes nothing."""


@dataclass(frozen=True)
class Climb:
    """The share of the deciding run, how many steps led there, and what ended them (`all`: nothing is left to fund)."""

    endowment: Fraction
    steps: int = 0
    stopped_by: str = ""


def start(shares: Shares, rule: Rule) -> Fraction:
    """The share of a voter before any step, in minor units."""
    election = shares.election
    share = Fraction(election.budget, max(election.voters, 1))
    return Fraction(share // election.unit * election.unit) if rule.start == "floor" else share


def climb(shares: Shares, rule: Rule, progress: Progress | None = None) -> Climb:
    """The share that decides.

    The steps are run in floating point; one in which rounding could have turned a decision, without rounding. The
    deciding one, and the one that overspent, are repeated exactly; where that disagrees, all are.
    """

    def slow(endowment: Fraction) -> Step:
        found = exact.run(shares, endowment, Ties(rule.ties, shares.election), shares.election.budget)
        return Step(None if found.over else found.chosen)

    def fast(endowment: Fraction) -> Step:
        found = shares.run(float(endowment), Ties(rule.ties, shares.election), shares.election.budget)
        return Step(None if found.over else found.chosen, found.room) if found.sure else slow(endowment)

    found = _climb(shares, rule, fast, progress)
    after = [found.endowment + rule.step * shares.election.unit] if found.stopped_by == "overspend" else []
    if all(slow(share).chosen == fast(share).chosen for share in (found.endowment, *after)):
        return found
    return _climb(shares, rule, slow, progress)


def _climb(shares: Shares, rule: Rule, run: Callable[[Fraction], Step], progress: Progress | None) -> Climb:
    step = rule.step * shares.election.unit
    endowment, steps, now = start(shares, rule), 0, run(start(shares, rule))
    while True:
        left = shares.open_beside(now.chosen or [])
        if not left:
            return Climb(endowment, steps, "all")
        if rule.stop == "exhaustive" and not _fits(shares, left, now.chosen or []):
            return Climb(endowment, steps, "exhaustive")
        jump = 1 + same_steps(now.room, float(endowment), step)
        following = run(endowment + jump * step)
        if following.chosen is None:
            return Climb(endowment + (jump - 1) * step, steps + jump - 1, "overspend")
        endowment, steps, now = endowment + jump * step, steps + jump, following
        if progress:
            progress(steps, endowment)


def same_steps(room: float, share: float, step: int) -> int:
    """How many steps lead to the same outcome as this one, and need not be run.

    `room` is only known where nobody ran out of money in any project that was looked at. Then a larger share buys
    each winner at the same price in the same order, since no price can be lower than that; everybody has just so much
    more left in each round; and what could not be paid then still cannot, until that makes up for what is missing.
    The margin is far beyond what rounding can do to amounts of this size.
    """
    return max(int((room - NEAR * (room + share)) / step), 0) if room < float("inf") else 0


def _fits(shares: Shares, left: list[int], chosen: list[int]) -> bool:
    """Whether some project that somebody wants would still fit into the budget."""
    election = shares.election
    money = election.budget - election.cost(chosen)
    return any(election.projects[p].cost <= money for p in left)
