"""The deciding run once more, looking at the money: who paid for what, and how close each project came."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from portal.fund.counting import exact
from portal.fund.counting.count import Result, candidates, conflicts, prepared
from portal.fund.counting.election import Election, Floats, Project
from portal.fund.counting.greedy import Turn, funded, greedy, heights
from portal.fund.counting.shares import Shares
from portal.fund.counting.ties import Ties


@dataclass(frozen=True)
class Round:
    """A purchase of Equal Shares: the winner, its price per point, and what each merged ballot had and paid."""

    winner: int
    price: float
    had: Floats
    paid: Floats


def rounds(election: Election, shares: Shares, result: Result) -> Iterator[Round]:
    """The purchases in order, in minor units; nothing under greedy."""
    left = np.full(len(election.times), float(result.endowment or 0))
    for winner, exact_price in zip(result.winners, result.prices, strict=False):
        who, price = election.support[winner][0], float(exact_price)
        paid = np.zeros_like(left)
        paid[who] = np.minimum(left[who], price * shares.points[winner])
        yield Round(winner, price, left, paid)
        left = left - paid


def turns(election: Election, result: Result, first: int | None = None) -> list[Turn]:
    """How greedy, or the completion by greedy, went; `first` wins its ties. Empty where there was neither."""
    rule, ties = result.rule, Ties(result.rule.ties, election, first)
    groups = conflicts(election, rule)
    if not result.by_shares:
        bare = replace(rule, skip=True, eighty=False) if rule.name != "greedy" else rule
        return greedy(
            election, bare, ties, money=election.budget, candidates=candidates(election, rule), conflicts=groups
        )
    if rule.completion != "greedy":
        return []
    bought = result.winners[: len(result.prices)]
    return greedy(
        election, replace(rule, skip=True, eighty=False), ties, money=election.budget - election.cost(bought),
        candidates=prepared(election, rule).open_beside(bought), conflicts=groups,
    )  # fmt: skip


def wins_with_luck(election: Election, result: Result, p: int) -> bool:
    """Whether `p` would have been funded in the deciding run had it won every tie."""
    if not result.by_shares:
        return p in funded(turns(election, result, first=p))
    return p in _decided(election, result, Ties(result.rule.ties, election, p))


def wins_with(election: Election, result: Result, p: int, *, supporters: int = 0, cost: int | None = None) -> bool:
    """Whether the deciding run, counted again, funds `p` with more `supporters` of it alone, or at another `cost`.

    Under Equal Shares each of them brings a whole share; on ballots with points each gives the most anybody gave.
    """
    changed = election if cost is None else replace(election, projects=_at_cost(election, p, cost))
    if not result.by_shares:
        return _greedy_wins(election, changed, result, p, supporters)
    if supporters:
        ballots, times = (*election.ballots, {p: most_points(election)}), (*election.times, supporters)
        changed = replace(changed, ballots=ballots, times=times)
    return p in _decided(changed, result, Ties(result.rule.ties, changed))


def most_points(election: Election) -> int:
    """The most that any ballot gives to a project."""
    return max((score for ballot in election.ballots for score in ballot.values()), default=1)


def _at_cost(election: Election, p: int, cost: int) -> tuple[Project, ...]:
    return tuple(replace(project, cost=cost) if n == p else project for n, project in enumerate(election.projects))


def _decided(election: Election, result: Result, ties: Ties) -> list[int]:
    """The winners at the share that decided, with the completion by greedy."""
    found = exact.run(prepared(election, result.rule), result.endowment or Fraction(0), ties)
    again = replace(result, winners=found.chosen, prices=found.prices)
    return [*found.chosen, *funded(turns(election, again, ties.first))]


def _greedy_wins(election: Election, changed: Election, result: Result, p: int, supporters: int) -> bool:
    """As `wins_with` under greedy, without going through all ballots again."""
    rule = replace(result.rule, skip=True, eighty=False) if result.rule.name != "greedy" else result.rule
    cost, high = changed.projects[p].cost, heights(election, rule)
    points = election.points[p] + supporters * most_points(election)
    worth = election.votes[p] + supporters if rule.utility == "cardinality" else points
    high[p] = Fraction(worth) if rule.utility == "cost" else Fraction(worth, cost) if cost else float("inf")
    standing = {*candidates(election, rule)} | ({p} if points >= max(rule.threshold, 1) else set())
    ties, groups = Ties(rule.ties, changed), conflicts(changed, rule)
    found = greedy(
        changed, rule, ties, money=changed.budget, candidates=sorted(standing), conflicts=groups, high=high
    )  # fmt: skip
    return p in funded(found)
