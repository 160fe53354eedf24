"""A result as others read it: ids as in the file, amounts in the currency."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from portal.fund.counting.count import Result
from portal.fund.counting.election import Election
from portal.fund.counting.writing import amount


def printed(election: Election, result: Result) -> dict[str, Any]:
    """All of a result in order of selection, as JSON has it; amounts that are not whole are exact as `Decimal`."""
    facts: dict[str, Any] = {
        "winners": election.ids(result.winners),
        "cost": money(election, result.cost),
        "rule": result.rule.printed(),
        "ties": result.ties,
        "voters": election.voters,
        "effective_votes": {
            project.id: _number(result.effective.get(p, Fraction(0))) for p, project in enumerate(election.projects)
        },
    }
    if result.endowment is not None:
        facts |= {"endowment": _number(result.endowment / election.unit), "steps": result.steps}
    if result.stopped_by:
        facts["stopped_by"] = result.stopped_by
    if result.preferred:
        facts["preferred"] = result.preferred
    return facts


def money(election: Election, minor: int) -> int | Decimal:
    """An amount in units of the currency, exactly."""
    typed = Decimal(amount(election, minor))
    return typed if "." in str(typed) else int(typed)


def _number(value: Fraction) -> int | float:
    return int(value) if value.denominator == 1 else float(value)
