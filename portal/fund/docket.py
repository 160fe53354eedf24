"""The work lists of those who screen and cost proposals: which rounds, how many wait at each step, and which."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, func, or_, select

from db.models.fund import Project, ProjectState, Round
from db.types import below
from portal import limits
from portal.acts import InArea, Who, demand
from portal.errors import NotFound
from portal.fund import rivals
from portal.fund.acts import ADMIT, COST, READ_INSIDE, RULES_OPEN
from portal.fund.projects import TURNED_DOWN, Card, inside_cards
from portal.fund.rivals import RivalGroup

QUEUES: dict[str, tuple[str, ...]] = {
    "screening": (ProjectState.SUBMITTED,),
    "costing": (ProjectState.ELIGIBLE,),
    "costed": (ProjectState.FEASIBLE,),
    "ballot": (ProjectState.ON_BALLOT,),
    "out": tuple(TURNED_DOWN),
}
"""The steps of the work, each with the states of the projects that stand there."""


@dataclass(frozen=True)
class _Nobodys(InArea):
    """Any project of an area, as the roles read it."""

    proposer_id: None = None
    lead_id: None = None


def rounds(session: Session, who: Who) -> list[Round]:
    """The rounds whose proposals `who` screens or costs, newest first, until voting opens."""
    mine = [
        (col(Round.area_path) >= low) & (col(Round.area_path) < high)
        for low, high in map(below, who.paths(*ADMIT.who, *COST.who))
    ]
    if not mine:
        return []
    at_work = col(Round.state).in_(RULES_OPEN[2:])
    query = select(Round).where(or_(*mine), at_work).order_by(col(Round.id).desc()).limit(limits.PAGE_ROWS)
    return [Round(**row.model_dump()) for row in session.exec(query)]


def counts(session: Session, who: Who, round_id: int) -> dict[str, int]:
    """How many stand in each of `QUEUES`; they stop at `limits.COUNT_ROWS`. Raises Forbidden, NotFound."""
    _may(session, who, round_id)
    return {name: session.scalar(_count(round_id, states)) or 0 for name, states in QUEUES.items()}


def queue(session: Session, who: Who, round_id: int, name: str, after: int = 0) -> list[Card]:
    """The projects that stand in one of `QUEUES`, by id, from behind the id `after`. Raises Forbidden, NotFound."""
    _may(session, who, round_id)
    states = col(Project.state).in_(QUEUES[name])
    query = select(Project).where(Project.round_id == round_id, states, col(Project.id) > after)
    return inside_cards(session, session.exec(query.order_by(col(Project.id)).limit(limits.DESK_ROWS)).all())


def rival_groups(session: Session, who: Who, round_id: int) -> list[RivalGroup]:
    """The groups that were declared in a round. Raises Forbidden, NotFound."""
    _may(session, who, round_id)
    return rivals.groups(session, round_id)


def _may(session: Session, who: Who, round_id: int) -> None:
    row = session.get(Round, round_id) if 0 < round_id < 2**31 else None
    if row is None:
        raise NotFound("no_such_round")
    demand(who, READ_INSIDE, _Nobodys(row.area_path))


def _count(round_id: int, states: Sequence[str]) -> Any:
    found = select(Project.id).where(Project.round_id == round_id, col(Project.state).in_(states))
    return select(func.count()).select_from(found.limit(limits.COUNT_ROWS).subquery())
