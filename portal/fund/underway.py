"""All projects under way in the areas of somebody who works with them, sorted by what they wait for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, literal_column
from sqlmodel import Session, col, func, select

from db.models.fund import Project, ProjectState, Round
from db.models.ledger import Order
from db.models.works import Milestone, MilestoneState
from portal import clock, limits
from portal.accounts import people
from portal.acts import Who
from portal.errors import Forbidden
from portal.fund import accounts, funded, milestones
from portal.fund.accounts import Money
from portal.fund.acts import UNDER_WAY
from portal.inputs import one_of, page_number

S, M = ProjectState, MilestoneState
TABS = ("late", "accept", "contract", "pay", "close", "all")
"""What a project waits for, the most pressing first; `all` is every one of them."""
READERS = ("staff", "finance", "auditor")


@dataclass(frozen=True)
class Row:
    """A project under way, as those who work with it see it in a list."""

    id: int
    title: str
    state: str
    area_path: str
    round_id: int
    round_name: str
    lead: str
    done: int
    """How many of its milestones are accepted, of `milestones` that were not cancelled."""
    milestones: int
    late: int
    waiting: int
    """How many wait for acceptance."""
    next_on: date | None
    """When the next milestone is due."""
    money: Money


def listing(session: Session, who: Who, tab: str, after: str | None = None) -> tuple[tuple[Row, ...], str | None]:
    """The projects of one tab, oldest first, and the key that continues the list. Raises Forbidden, Refused."""
    query = _under_way(who).where(*_CONDITIONS[one_of("tab", tab, TABS)]())
    if after:
        query = query.where(col(Project.id) > page_number(after))
    ids = session.scalars(query.order_by(col(Project.id)).limit(limits.PAGE_ROWS + 1)).all()
    rows = _rows(session, who, ids[: limits.PAGE_ROWS])
    return rows, str(rows[-1].id) if len(ids) > limits.PAGE_ROWS else None


def counts(session: Session, who: Who) -> dict[str, int]:
    """How many projects each tab holds, counted up to `COUNT_ROWS`. Raises Forbidden."""
    found = {}
    for tab in TABS:
        some = _under_way(who).where(*_CONDITIONS[tab]()).limit(limits.COUNT_ROWS)
        found[tab] = session.scalar(select(func.count()).select_from(some.subquery())) or 0
    return found


def _under_way(who: Who) -> Select[Any]:
    """Ids of the projects under way in the areas of `who`, found by way of the rounds there."""
    if not who.paths(*READERS):
        raise Forbidden()
    rounds = select(Round.id).where(funded.in_areas(who, col(Round.area_path), *READERS))
    return select(Project.id).where(col(Project.round_id).in_(rounds), col(Project.state).in_([*UNDER_WAY, S.ACCEPTED]))


def _some(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the project has a milestone for which these hold."""
    return exists().where(col(Milestone.project_id) == col(Project.id), *conditions)


def _late() -> tuple[ColumnElement[bool], ...]:
    return (_some(*milestones.is_late()),)


def _accept() -> tuple[ColumnElement[bool], ...]:
    """A report waits, or all is done and the whole project waits."""
    unfinished = _some(col(Milestone.state).in_([M.PLANNED, M.REPORTED]))
    whole = (col(Project.state) == S.IMPLEMENTING) & ~unfinished & _some(col(Milestone.state) == M.ACCEPTED)
    return (_some(col(Milestone.state) == M.REPORTED) | whole,)


def _pay() -> tuple[ColumnElement[bool], ...]:
    """A milestone is accepted, and nobody proposed its instalment yet."""
    instalment = exists().where(
        col(Order.milestone_id) == col(Milestone.id),
        literal_column("money_order.kind = 'instalment' AND money_order.state IN ('proposed', 'posted')"),
    )
    accepted = (col(Milestone.state) == M.ACCEPTED, col(Milestone.planned_fen) > 0, ~instalment)
    return col(Project.state).in_([S.IMPLEMENTING, S.ACCEPTED]), _some(*accepted)


_CONDITIONS = {
    "late": _late,
    "accept": _accept,
    "contract": lambda: (col(Project.state).in_([S.FUNDED, S.CONTRACTING]),),
    "pay": _pay,
    "close": lambda: (col(Project.state) == S.ACCEPTED,),
    "all": lambda: (),
}


def _rows(session: Session, who: Who, ids: Iterable[int]) -> tuple[Row, ...]:
    """What belongs to these projects, in one query a table whatever their number."""
    wanted = list(ids)
    joined = select(Project, Round.name).join(Round, col(Round.id) == col(Project.round_id))
    found = session.exec(joined.where(col(Project.id).in_(wanted)).order_by(col(Project.id))).all()
    steps: dict[int, list[Milestone]] = {}
    for step in session.exec(select(Milestone).where(col(Milestone.project_id).in_(wanted))):
        steps.setdefault(step.project_id, []).append(step)
    names = people.name_of(session, {project.lead_id for project, _ in found if project.lead_id})
    money = accounts.moneys(session, who, wanted)
    return tuple(
        _row(project, name, names.get(project.lead_id or 0, ""), steps.get(project.id or 0, []), money[project.id or 0])
        for project, name in found
    )


def _row(project: Project, round_name: str, lead: str, steps: list[Milestone], money: Money) -> Row:
    today, runs = clock.day_of(clock.now()), project.state in milestones.RUNNING
    planned = [step.due_on for step in steps if step.state == M.PLANNED]
    return Row(
        id=project.id or 0, title=project.title, state=project.state, area_path=project.area_path,
        round_id=project.round_id, round_name=round_name, lead=lead,
        done=sum(step.state == M.ACCEPTED for step in steps),
        milestones=sum(step.state != M.CANCELLED for step in steps),
        late=sum(due < today for due in planned) if runs else 0,
        waiting=sum(step.state == M.REPORTED for step in steps), next_on=min(planned, default=None), money=money,
    )  # fmt: skip
