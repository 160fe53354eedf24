"""Why a project was funded or not, in numbers: the pages put them into words."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from portal.fund.counting.count import Result, conflicts, prepared
from portal.fund.counting.election import Election
from portal.fund.counting.greedy import Turn
from portal.fund.counting.replay import Round, rounds, turns, wins_with_luck
from portal.fund.counting.shares import Shares

Reason = Literal[
    "",
    "withdrawn",
    "no_votes",
    "below_threshold",
    "excluded_by_rival",
    "lost_tie",
    "did_not_fit",
    "ended_before",
    "not_enough_at_start",
    "supporters_spent",
]


@dataclass(frozen=True)
class Money:
    """What became of the shares of a project's supporters, in minor units: `start` is `left` and all of `spent`."""

    start: int
    spent: list[tuple[int, int]]
    """The funded projects their money went to, the largest sum first; without the project itself."""
    left: int
    """Of a funded project: what they had left when all was bought, and had not paid for it either."""
    paid: int
    """What they paid for the project itself."""


@dataclass(frozen=True)
class Account:
    """One project in the count. Projects by number, money in minor units."""

    project: int
    votes: int
    points: int
    effective: Fraction
    place: int | None
    """In order of selection, from 1; None where it is not funded."""
    completed: bool
    """Equal Shares left it out and the completion added it."""
    reason: Reason
    """Why it is not funded; empty where it is."""
    by: int | None = None
    """The rival that is funded, the winner of the lost tie, or the project at which the count ended."""
    needed: int | None = None
    """The threshold, in points, that was missed."""
    money: int | None = None
    """What was left of the budget when it had its turn under greedy, or in the completion by greedy."""
    supporters: Money | None = None
    """Under Equal Shares."""
    missing: int | None = None
    """What its supporters lacked at the end to pay it together, under Equal Shares."""


def accounts(election: Election, result: Result) -> list[Account]:
    """The account of each project, in the order of the file."""
    shares = prepared(election, result.rule)
    bought = list(rounds(election, shares, result)) if result.by_shares else []
    by_turn = {turn.project: turn for turn in turns(election, result)}
    return [_account(election, result, shares, bought, by_turn.get(p), p) for p in range(len(election.projects))]


def _account(
    election: Election, result: Result, shares: Shares, bought: list[Round], turn: Turn | None, p: int
) -> Account:
    funded = p in result.winners
    money = _money(election, shares, result, bought, p) if result.by_shares else None
    missing = max(election.projects[p].cost - money.left, 0) if money and not funded else None
    reason, by = ("", None) if funded else _reason(election, result, turn, money, p)
    return Account(
        project=p,
        votes=election.votes[p],
        points=election.points[p],
        effective=result.effective.get(p, Fraction(0)),
        place=result.winners.index(p) + 1 if funded else None,
        completed=p in result.completed,
        reason=reason,
        by=by,
        needed=result.rule.threshold if reason == "below_threshold" else None,
        money=turn.money if turn else None,
        supporters=money,
        missing=missing,
    )


def _reason(
    election: Election, result: Result, turn: Turn | None, money: Money | None, p: int
) -> tuple[Reason, int | None]:
    """The first that holds, from what lies in the project to what lies in the count."""
    if election.projects[p].withdrawn:
        return "withdrawn", None
    if not election.points[p]:
        return "no_votes", None
    if election.points[p] < result.rule.threshold:
        return "below_threshold", None
    groups = conflicts(election, result.rule)
    if rivals := [w for w in result.winners if any({p, w} <= group for group in groups)]:
        return "excluded_by_rival", rivals[0]
    if (winner := _lost_to(election, result, p)) is not None:
        return "lost_tie", winner
    if money:
        return ("not_enough_at_start" if money.start < election.projects[p].cost else "supporters_spent"), None
    return ("ended_before", turn.by) if turn and turn.came == "ended" else ("did_not_fit", None)


def _lost_to(election: Election, result: Result, p: int) -> int | None:
    """The winner of a tie without which `p` would have been funded."""
    name = election.projects[p].id
    met = [tie["tied"] for tie in result.ties if name in tie["tied"]]
    before = [election.number[other] for tied in met for other in tied[: tied.index(name)]]
    funded = [other for other in before if other in result.winners]
    return funded[0] if funded and wins_with_luck(election, result, p) else None


def _money(election: Election, shares: Shares, result: Result, bought: list[Round], p: int) -> Money:
    """Sums are rounded to minor units so that they still add up."""
    who = election.support[p][0]
    times = election.weights[who]
    start = round((result.endowment or 0) * int(times.sum()))
    sums = {each.winner: round(float(each.paid[who] @ times)) for each in bought}
    own = sums.pop(p, 0)
    spent = sorted(((w, paid) for w, paid in sums.items() if paid), key=lambda row: -row[1])
    return Money(start, spent, max(start - own - sum(paid for _, paid in spent), 0), own)
