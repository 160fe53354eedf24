"""What an outcome means for the voters, and for kinds and places of projects."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from portal.fund.counting.count import Result
from portal.fund.counting.election import Election


@dataclass(frozen=True)
class Share:
    """The projects of one category or group: money in minor units, votes for all of them, and both as shares (0..1)."""

    name: str
    money: int
    votes: int
    money_share: float
    votes_share: float


@dataclass(frozen=True)
class Figures:
    """An outcome in numbers."""

    voters: int
    nothing_funded: int
    """Voters with none of their choices funded, also those with blank ballots."""
    funded_choices: dict[int, int]
    """How many voters have so many of their choices funded, from 0 up."""
    categories: list[Share]
    """The most votes first."""
    groups: list[Share]


def figures(election: Election, result: Result, groups: Mapping[str, str] | None = None) -> Figures:
    """The figures of an outcome; `groups` says to which group (such as a cell) a project belongs, by its id."""
    won = {*result.winners}
    counted: Counter[int] = Counter()
    for ballot, times in zip(election.ballots, election.times, strict=True):
        counted[len(won & ballot.keys())] += times
    categories = [project.category for project in election.projects]
    named = [(groups or {}).get(project.id, "") for project in election.projects]
    return Figures(
        voters=election.voters,
        nothing_funded=counted[0],
        funded_choices={n: counted[n] for n in range(max(counted, default=0) + 1)},
        categories=_shares(election, won, categories),
        groups=_shares(election, won, named) if groups else [],
    )


def _shares(election: Election, won: set[int], names: list[str]) -> list[Share]:
    money: Counter[str] = Counter()
    votes: Counter[str] = Counter()
    for p, name in enumerate(names):
        votes[name] += election.votes[p]
        money[name] += election.projects[p].cost if p in won else 0
    all_money, all_votes = money.total() or 1, votes.total() or 1
    order = sorted(votes, key=lambda name: (-votes[name], name))
    return [Share(n, money[n], votes[n], money[n] / all_money, votes[n] / all_votes) for n in order]
