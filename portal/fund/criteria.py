"""The criteria of a round, held against one proposal; each can be named, so that a refusal says which it was."""

from typing import Any

from db.models.fund import Project, Round
from portal import areas, limits
from portal.errors import NotFound, Refused
from portal.inputs import clean, one_of

EXCLUDED = "excluded"
MEASURED = ("cap", "least", "budget", "area")
"""Rules beside the list of what is excluded, whose items are called `excluded:1`, `excluded:2`, …"""


def cost(row: Round, kind: str, cost_fen: int) -> Refused | None:
    """The rule that a cost breaks: `rule_least` (least_fen), `rule_cap` (cap_fen), `rule_budget` (budget_fen)."""
    cap_fen = row.caps.get(kind)
    if cost_fen < row.least_fen:
        return Refused("rule_least", cost_fen=cost_fen, least_fen=row.least_fen)
    if cap_fen is not None and cost_fen > cap_fen:
        return Refused("rule_cap", cost_fen=cost_fen, cap_fen=cap_fen)
    if cost_fen > row.budget_fen:
        return Refused("rule_budget", cost_fen=cost_fen, budget_fen=row.budget_fen)
    return None


def area(row: Round, cell_id: int | None) -> Refused | None:
    """`missing` without a place, `rule_area` (area) where it lies outside the round's area."""
    if cell_id is None:
        return Refused("missing", field="place")
    tree = areas.tree()
    try:
        inside = tree.by_id(cell_id).path.startswith(row.area_path)
    except NotFound:  # the areas were redrawn since
        return Refused("missing", field="place")
    return None if inside else Refused("rule_area", area=tree.label(row.area_path))


def absent(name: str, text: str) -> Refused | None:
    """`missing` where nothing is to be read in it."""
    try:
        clean(name, text, limits.BODY_CHARS, lines=True)
    except Refused as refusal:
        return refusal
    return None


def offered(row: Round) -> tuple[str, ...]:
    """The rules that somebody may be refused by in this round."""
    return (*(f"{EXCLUDED}:{n}" for n in range(1, len(row.excluded) + 1)), *MEASURED)


def facts(row: Round, project: Project, rule: str) -> dict[str, Any]:
    """What a sentence about the rule needs, as it stands today: lists and limits may be changed later.

    Raises Refused `missing` and `not_offered`, and `rule_holds` where the cost does not break it.
    """
    if not rule:
        raise Refused("missing", field="rule")
    one_of("rule", rule, offered(row))
    name, _, number = rule.partition(":")
    if name == EXCLUDED:
        return {"rule": rule, "item": row.excluded[int(number) - 1]}
    if name == "area":
        return {"rule": rule}
    limit_fen = {"cap": row.caps.get(project.kind, row.budget_fen), "least": row.least_fen}.get(name, row.budget_fen)
    if project.cost_fen >= limit_fen if name == "least" else project.cost_fen <= limit_fen:
        raise Refused("rule_holds")
    return {"rule": rule, "limit_fen": limit_fen, "cost_fen": project.cost_fen}
