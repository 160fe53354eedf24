"""What counting a box gave, as plain data that is the same whenever and wherever it is counted again.

Projects are named by their ballot numbers, as texts; money is in fen. `decided` is all that a second count must find
again; `explained` is what it means for the projects and the voters.
"""

from collections.abc import Mapping
from typing import Any

from portal.fund.counting import Account, Election, Result, Rule, accounts, compare, count, enough, figures

EFFECTIVE = 1_000
"""Effective votes are kept in thousandths."""


def decided(election: Election, result: Result) -> dict[str, Any]:
    """Who is funded with how much, what each project got, and how the count came to its end."""
    awards = awarded(election, result)
    return {
        "voters": election.voters,
        "budget_fen": election.budget,
        "cost_fen": sum(awards.values()),
        "winners": election.ids(result.winners),
        "awards_fen": {election.projects[p].id: fen for p, fen in awards.items()},
        "projects": {
            project.id: {
                "cost_fen": project.cost,
                "votes": election.votes[p],
                "points": election.points[p],
                "effective": round(result.effective.get(p, 0) * EFFECTIVE),
            }
            for p, project in enumerate(election.projects)
        },
        "rule": result.rule.printed(),
        "ties": result.ties,
        "endowment": str(result.endowment) if result.endowment is not None else "",
        "steps": result.steps,
        "stopped_by": result.stopped_by,
        "preferred": result.preferred,
    }


def explained(election: Election, result: Result) -> dict[str, Any]:
    """Why each project was funded or not, what would have been enough, and the same ballots by both rules."""
    by_number = {election.projects[each.project].id: each for each in accounts(election, result)}
    return {
        "blank": sum(n for ballot, n in zip(election.ballots, election.times, strict=True) if not ballot),
        "why": {number: _why(election, result, account) for number, account in by_number.items()},
        "beside": _beside(election, result),
    }


def awarded(election: Election, result: Result) -> dict[int, int]:
    """The money for each winner, in order: its cost, or what is left where the 80 % rule funds it with less."""
    left, awards = election.budget, {}
    for p in result.winners:
        awards[p] = min(election.projects[p].cost, left)
        left -= awards[p]
    return awards


def _why(election: Election, result: Result, account: Account) -> dict[str, Any]:
    def name(p: int | None) -> str:
        return "" if p is None else election.projects[p].id

    found: dict[str, Any] = {
        "reason": account.reason,
        "by": name(account.by),
        "completed": account.completed,
        "needed": account.needed,
        "money_fen": account.money,
        "missing_fen": account.missing,
    }
    if account.supporters:
        money = account.supporters
        spent = [[name(p), fen] for p, fen in money.spent]
        found |= {"start_fen": money.start, "left_fen": money.left, "paid_fen": money.paid, "spent_fen": spent}
    if account.place is None:
        least = enough(election, result, account.project)
        found |= {"more_voters": least.supporters, "lower_cost_fen": least.cost}
    return found


def _beside(election: Election, result: Result) -> dict[str, Any]:
    greedy, shares = compare(election, result.rule)
    return {"greedy": _outcome(election, greedy), "equal-shares": _outcome(election, shares)}


def _outcome(election: Election, result: Result) -> dict[str, Any]:
    found = figures(election, result)
    return {
        "winners": election.ids(result.winners),
        "cost_fen": sum(awarded(election, result).values()),
        "nothing": found.nothing_funded,
        "choices": [found.funded_choices[n] for n in sorted(found.funded_choices)],
    }


def counted(election: Election, rule: Rule) -> dict[str, Any]:
    """Count and give what was `decided`."""
    return decided(election, count(election, rule))


def differing(published: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """The names of what a second count found otherwise than it was published; empty where they agree."""
    return [name for name, value in found.items() if published.get(name) != value]
