"""Counting an election by a stated rule."""

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from portal.errors import Refused
from portal.fund.counting import exact
from portal.fund.counting.add1 import Climb, Progress, climb, start
from portal.fund.counting.election import Election
from portal.fund.counting.greedy import funded, greedy
from portal.fund.counting.rule import Rule
from portal.fund.counting.shares import Shares
from portal.fund.counting.ties import Ties


@dataclass(frozen=True)
class Result:
    """Who is funded, in order of selection, and all that explains it. Projects by number, money in minor units."""

    rule: Rule
    winners: list[int]
    cost: int
    ties: list[dict[str, Any]]
    effective: dict[int, Fraction]
    """Effective votes: points under greedy; under Equal Shares the cost of a project by the price of a point when it
    was bought, or, of those left out, with what their supporters have at the end (0 where that is not enough)."""
    endowment: Fraction | None = None
    """The share of each voter in the deciding run of Equal Shares."""
    steps: int = 0
    stopped_by: str = ""
    """What ended Add1: `all`, `exhaustive`, `overspend`; or `comparison`, where greedy won that."""
    prices: list[Fraction] = field(default_factory=list)
    """What the winners cost per point, of those that Equal Shares bought."""
    completed: list[int] = field(default_factory=list)
    """Winners that Equal Shares left out and the completion added."""
    preferred: dict[str, int] = field(default_factory=dict)
    """How many voters like this outcome better, the greedy one, or neither, where the rule compares."""

    @property
    def by_shares(self) -> bool:
        """Whether Equal Shares decided, not greedy."""
        return self.endowment is not None


def count(election: Election, rule: Rule, progress: Progress | None = None) -> Result:
    """Count by `rule`; the same input always gives the same result. `progress` gets the steps of Add1 and the share.

    Equal Shares is decided in exact arithmetic. Raises Refused `pb_unknown_conflict` for a conflict with a project
    that is not in the election, and `pb_other_scores` where ranked ballots were read with other scores.
    """
    if election.scores and rule.scores not in ((), election.scores):
        raise Refused("pb_other_scores")
    rule = replace(rule, scores=election.scores)
    if rule.name == "greedy":
        return _greedy(election, rule)
    result = _equal_shares(election, rule, progress)
    return _compared(election, rule, result) if rule.compare else result


def compare(election: Election, rule: Rule) -> tuple[Result, Result]:
    """The same ballots by greedy and by Equal Shares, with what both have in common as `rule` has it."""
    bare = replace(rule, compare=False)
    return count(election, replace(bare, name="greedy")), count(election, replace(bare, name="equal-shares"))


def candidates(election: Election, rule: Rule) -> list[int]:
    """Who can win at all: not withdrawn, wanted by somebody, and by enough."""
    rows = enumerate(zip(election.projects, election.points, strict=True))
    return [p for p, (project, n) in rows if n >= max(rule.threshold, 1) and not project.withdrawn]


def conflicts(election: Election, rule: Rule) -> list[frozenset[int]]:
    """The groups of rivals by number. Raises Refused `pb_unknown_conflict`."""
    for group in rule.conflicts:
        for name in sorted(group - {*election.number}):
            raise Refused("pb_unknown_conflict", project=name[:40])
    return [frozenset(election.number[name] for name in group) for group in rule.conflicts]


def prepared(election: Election, rule: Rule) -> Shares:
    """The supporters of all candidates, for runs of Equal Shares."""
    return Shares(election, rule.utility, candidates(election, rule), conflicts(election, rule))


def _greedy(election: Election, rule: Rule) -> Result:
    ties = Ties(rule.ties, election)
    groups, standing = conflicts(election, rule), candidates(election, rule)
    turns = greedy(election, rule, ties, money=election.budget, candidates=standing, conflicts=groups)
    effective = {p: Fraction(points) for p, points in enumerate(election.points)}
    return Result(rule, funded(turns), election.cost(funded(turns)), ties.met, effective)


def _equal_shares(election: Election, rule: Rule, progress: Progress | None) -> Result:
    shares = prepared(election, rule)
    top = climb(shares, rule, progress) if rule.completion == "add1" else Climb(start(shares, rule))
    ties = Ties(rule.ties, election)
    found = exact.run(shares, top.endowment, ties)
    completed = _completed(shares, rule, found.chosen, ties) if rule.completion == "greedy" else []
    winners = [*found.chosen, *completed]
    return Result(
        rule, winners, election.cost(winners), ties.met, exact.effective_votes(shares, found),
        top.endowment, top.steps, top.stopped_by, found.prices, completed,
    )  # fmt: skip


def _completed(shares: Shares, rule: Rule, chosen: list[int], ties: Ties) -> list[int]:
    """What greedy adds from the money that is left; places in its ties count from there on."""
    election, own = shares.election, Ties(rule.ties, shares.election)
    turns = greedy(
        election, replace(rule, skip=True, eighty=False), own, money=election.budget - election.cost(chosen),
        candidates=shares.open_beside(chosen), conflicts=shares.conflicts,
    )  # fmt: skip
    ties.met += [{**tie, "place": tie["place"] + len(chosen)} for tie in own.met]
    return funded(turns)


def _compared(election: Election, rule: Rule, result: Result) -> Result:
    """The outcome that more voters prefer by utility; Equal Shares stays where as many like either."""
    other = _greedy(election, replace(rule, skip=True, eighty=False))
    shares = Shares(election, rule.utility)
    preferred = {"equal-shares": 0, "greedy": 0, "neither": 0}
    for times, mine, theirs in zip(
        election.times, shares.utility_of(result.winners), shares.utility_of(other.winners), strict=True
    ):
        preferred["equal-shares" if mine > theirs else "greedy" if theirs > mine else "neither"] += times
    if preferred["greedy"] > preferred["equal-shares"]:
        return replace(other, rule=rule, preferred=preferred, stopped_by="comparison")
    return replace(result, preferred=preferred)
