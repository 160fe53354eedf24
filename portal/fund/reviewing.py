"""What becomes of a proposal before the vote: screened against the lists, costed, talked over, put on the ballot."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, func, select

from db.models.audit import ChainHead
from db.models.fund import CostLine, Phase, Project, ProjectState, Round
from portal import limits, notices
from portal.acts import Who, demand, perform, role_for
from portal.errors import Refused
from portal.fund import criteria, rivals
from portal.fund.acts import (
    ADMIT,
    COST,
    EXCLUDE,
    GIVE_BACK,
    LIST,
    NOTE_DELIBERATION,
    READMIT,
    REJECT_COST,
    UNLIST,
)
from portal.fund.holding import hold
from portal.fund.projects import find
from portal.inputs import clean, money

SCREENING = (Phase.ACCEPTING, Phase.REVIEWING, Phase.VALUATING)
"""Phases in which proposals are screened; what came late may still be, while the others are costed."""
COSTING = (Phase.REVIEWING, Phase.VALUATING, Phase.DELIBERATING)
TALKING = (Phase.REVIEWING, Phase.VALUATING, Phase.DELIBERATING)
READMITTING = (Phase.ACCEPTING, Phase.REVIEWING, Phase.VALUATING, Phase.DELIBERATING)
LISTING = (Phase.PUBLISHING,)


@dataclass(frozen=True)
class Costed:
    """What an expert thinks one line costs, as typed."""

    line_id: int
    amount: str
    note: str = ""


def admit(session: Session, who: Who, project_id: int) -> None:
    """Find it within the lists of its round. Raises Refused `round_past_that`, `own_proposal`."""
    project, _ = _in_phase(session, who, project_id, SCREENING)
    perform(session, who, ADMIT, project, facts={"cost_fen": project.cost_fen})
    _tell(session, project, "proposal_admitted")


def exclude(session: Session, who: Who, project_id: int, rule: str, says: str) -> None:
    """Turn it down by a rule of its round (one of `criteria.offered`), with the reason; its proposer is told both.

    Raises as `admit`, Refused `missing`, `not_offered`, and `rule_holds` where its cost does not break that rule.
    """
    project, row = _in_phase(session, who, project_id, SCREENING)
    told = criteria.facts(row, project, rule)
    perform(session, who, EXCLUDE, project, says=says, facts=told, broken_rule=rule)
    _tell(session, project, f"proposal_excluded_{rule.partition(':')[0]}", **told)


def give_back(session: Session, who: Who, project_id: int, says: str) -> None:
    """Ask the proposer to complete it. Raises as `admit`."""
    project, _ = _in_phase(session, who, project_id, SCREENING)
    perform(session, who, GIVE_BACK, project, says=says)
    _tell(session, project, "proposal_returned", href=f"/propose?draft={project_id}")


def readmit(session: Session, who: Who, project_id: int, says: str) -> None:
    """Take back that it was turned down: it is screened anew, at the cost it was proposed with. Raises as `admit`."""
    project, _ = _in_phase(session, who, project_id, READMITTING)
    proposed = select(func.coalesce(func.sum(CostLine.amount_fen), 0)).where(CostLine.project_id == project_id)
    cost_fen = session.scalar(proposed) or project.cost_fen
    perform(session, who, READMIT, project, says=says, cost_fen=int(cost_fen), broken_rule="", valuation="")
    for line in _lines(session, project_id):
        line.costed_fen, line.costed_note = None, ""
    _tell(session, project, "proposal_readmitted")


def cost(session: Session, who: Who, project_id: int, costed: Sequence[Costed], note: str = "") -> None:
    """Say what each line costs; their sum is the project's cost from here on. A line may cost nothing.

    Raises as `admit`, Refused `line_not_costed` (line), and the rule that the new cost breaks (`criteria.cost`):
    then it is not feasible, or its lines have to be cut.
    """
    project, row = _in_phase(session, who, project_id, COSTING)
    demand(who, COST, project)
    given = {each.line_id: each for each in costed}
    lines = _lines(session, project_id)
    for line in lines:
        if line.id not in given:
            raise Refused("line_not_costed", line=line.position)
        line.costed_fen = money("costed", given[line.id].amount, zero=True)
        line.costed_note = clean("costed_note", given[line.id].note, limits.COMMENT_CHARS, required=False)
    cost_fen = sum(line.costed_fen or 0 for line in lines)
    broken = criteria.cost(row, project.kind, cost_fen)
    if cost_fen == 0:
        raise Refused("money_zero", field="cost_total")
    if broken:
        raise broken
    said = clean("valuation", note, limits.BODY_CHARS, required=False, lines=True)
    proposed_fen = sum(line.amount_fen for line in lines)
    told = {"cost_fen": cost_fen, "proposed_fen": proposed_fen, "lines": [line.costed_fen for line in lines]}
    perform(session, who, COST, project, facts=told, cost_fen=cost_fen, valuation=said)
    _tell(session, project, "proposal_costed", cost_fen=cost_fen)


def costed_sum(costed: Sequence[Costed]) -> int:
    """What the lines come to as typed so far; an amount that is none counts as nothing yet."""
    sum_fen = 0
    for each in costed:
        try:
            sum_fen += money("costed", each.amount, zero=True)
        except Refused:
            continue
    return sum_fen


def reject_cost(session: Session, who: Who, project_id: int, says: str) -> None:
    """Find that it cannot be done, or not at a cost within the rules; the reason is public. Raises as `admit`."""
    project, _ = _in_phase(session, who, project_id, COSTING)
    perform(session, who, REJECT_COST, project, says=says)
    _tell(session, project, "proposal_unfeasible")


def note_deliberation(session: Session, who: Who, project_id: int, text: str) -> None:
    """Note, for everybody to read, what the residents' deliberation of it came to."""
    project, _ = _in_phase(session, who, project_id, TALKING, own=True)
    said = clean("deliberation", text, limits.BODY_CHARS, lines=True)
    perform(session, who, NOTE_DELIBERATION, project, deliberation=said)


def rival_groups(session: Session, round_id: int) -> list[frozenset[int]]:
    """The groups of projects that exclude each other, as sets of ids, for the count."""
    return [frozenset(group.project_ids) for group in rivals.groups(session, round_id)]


def list_ballot(session: Session, who: Who, row: Round) -> int:
    """Put all feasible projects on the ballot; how many. The order is drawn with the chain's head as the seed.

    Those that have a number keep it. Raises Refused `ballot_too_long` (limit).
    """
    feasible = select(Project).where(Project.round_id == row.id, Project.state == ProjectState.FEASIBLE)
    found = list(session.exec(feasible.with_for_update(key_share=True)).all())
    seed = session.exec(select(ChainHead.hash).where(ChainHead.id == 1)).one()
    last = _last_number(session, row)
    for project in sorted(found, key=lambda each: _lot(seed, each)):
        last += project.number is None
        _list(session, who, project, project.number or last, seed)
    return len(found)


def list_one(session: Session, who: Who, project_id: int) -> None:
    """Put one that was taken off back on the ballot, under its number or the next free one. Raises as `admit`."""
    project, row = _in_phase(session, who, project_id, LISTING, own=True, alone=True)
    _list(session, who, project, project.number or _last_number(session, row) + 1, "")


def unlist(session: Session, who: Who, project_id: int, says: str) -> None:
    """Take it off the ballot before voting opens, for a public reason. Its number is not given to another."""
    project, _ = _in_phase(session, who, project_id, LISTING, own=True)
    perform(session, who, UNLIST, project, says=says, facts={"number": project.number})
    _tell(session, project, "proposal_unlisted")


def _in_phase(
    session: Session, who: Who, project_id: int, phases: Sequence[str], *, own: bool = False, alone: bool = False
) -> tuple[Project, Round]:
    """The project and its round, held in one of `phases`. Nobody decides about their own proposal, unless `own`."""
    project = find(session, who, project_id)
    row = hold(session, project.round_id, phases, "round_past_that", alone=alone)
    if not own and role_for(who, COST, project) and project.proposer_id == who.person_id:
        raise Refused("own_proposal")
    return project, row


def _lines(session: Session, project_id: int) -> list[CostLine]:
    query = select(CostLine).where(CostLine.project_id == project_id).order_by(col(CostLine.position))
    return list(session.exec(query).all())


def _last_number(session: Session, row: Round) -> int:
    return session.scalar(select(func.max(Project.number)).where(Project.round_id == row.id)) or 0


def _lot(seed: str, project: Project) -> str:
    return hashlib.sha256(f"{seed}:{project.id}".encode()).hexdigest()


def _list(session: Session, who: Who, project: Project, number: int, seed: str) -> None:
    if number > limits.PROPOSALS_ON_BALLOT:
        raise Refused("ballot_too_long", limit=limits.PROPOSALS_ON_BALLOT)
    drawn = {"seed": seed} if seed else {}
    perform(session, who, LIST, project, facts={"number": number, "cost_fen": project.cost_fen} | drawn, number=number)
    _tell(session, project, "proposal_listed", number=number)


def _tell(session: Session, project: Project, message: str, *, href: str = "", **facts: Any) -> None:
    """Tell the proposer."""
    if project.proposer_id is not None:
        where = href or f"/project?id={project.id}"
        notices.tell(session, project.proposer_id, message, href=where, title=project.title, **facts)
