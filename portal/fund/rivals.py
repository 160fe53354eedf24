"""Projects that exclude each other: declared in groups before the vote, each with the reason why."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import delete
from sqlmodel import Session, col, func, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from db.models.fund import Phase, Project, Rival
from portal import limits
from portal.acts import Who, perform
from portal.errors import NotFound, Refused
from portal.fund.acts import SET_RIVALS, UNDECIDED
from portal.fund.holding import hold
from portal.inputs import clean

DECLARING = (Phase.ACCEPTING, Phase.REVIEWING, Phase.VALUATING, Phase.DELIBERATING)


@dataclass(frozen=True)
class RivalGroup:
    """Projects of which at most one is funded."""

    group_no: int
    project_ids: tuple[int, ...]
    why: str


def declare(session: Session, who: Who, round_id: int, project_ids: Sequence[int], why: str) -> int:
    """Declare that at most one of these projects can be funded, and why; the number of the group.

    Raises Refused `rivals_too_few`, `rivals_elsewhere`, `round_past_that`.
    """
    row = hold(session, round_id, DECLARING, "round_past_that", alone=True)
    wanted = sorted(set(project_ids))
    said = clean("rivals_why", why, limits.COMMENT_CHARS, lines=True)
    perform(session, who, SET_RIVALS, row, commutes=True, facts={"projects": wanted})
    here = (Project.round_id == round_id, col(Project.id).in_(wanted), col(Project.state).in_(UNDECIDED))
    if len(wanted) < 2:
        raise Refused("rivals_too_few")
    if session.scalar(select(func.count()).select_from(Project).where(*here)) != len(wanted):
        raise Refused("rivals_elsewhere")
    last = session.scalar(select(func.max(Rival.group_no)).where(Rival.round_id == round_id)) or 0
    session.add_all(Rival(project_id=n, group_no=last + 1, round_id=round_id, why=said) for n in wanted)
    session.flush()
    return last + 1


def dissolve(session: Session, who: Who, round_id: int, group_no: int) -> None:
    """Take a group back. Raises NotFound where there is none, and Refused `round_past_that`."""
    row = hold(session, round_id, DECLARING, "round_past_that", alone=True)
    which = (col(Rival.round_id) == round_id, col(Rival.group_no) == group_no)
    members = sorted(session.exec(select(Rival.project_id).where(*which)).all())
    if not members:
        raise NotFound()
    perform(session, who, SET_RIVALS, row, commutes=True, facts={"dissolved": members})
    session.execute(delete(Rival).where(*which))


def groups(session: Session, round_id: int) -> list[RivalGroup]:
    """The groups of a round by number, without projects that dropped out; a group of one is none."""
    query = _running().where(Rival.round_id == round_id).order_by(col(Rival.group_no), col(Rival.project_id))
    found: dict[int, list[Rival]] = {}
    for rival in session.exec(query):
        found.setdefault(rival.group_no, []).append(rival)
    return [
        RivalGroup(group_no, tuple(rival.project_id for rival in members), members[0].why)
        for group_no, members in found.items()
        if len(members) > 1
    ]


def of_each(session: Session, project_ids: Iterable[int]) -> dict[int, tuple[int, ...]]:
    """For each project the ids of those that exclude it, in order; none for one that dropped out itself."""
    ids = list(project_ids)
    groups = select(Rival.round_id, Rival.group_no).where(col(Rival.project_id).in_(ids))
    wanted = set(session.exec(groups).all())
    rows = session.exec(_running().where(col(Rival.round_id).in_({round_id for round_id, _ in wanted}))).all()
    members: dict[tuple[int, int], set[int]] = {}
    for row in rows:
        members.setdefault((row.round_id, row.group_no), set()).add(row.project_id)
    found: dict[int, set[int]] = {}
    for group in members.keys() & wanted:
        for project_id in members[group]:
            found.setdefault(project_id, set()).update(members[group] - {project_id})
    return {project_id: tuple(sorted(found.get(project_id, ()))) for project_id in ids}


def _running() -> SelectOfScalar[Rival]:
    """The rivals that have not dropped out."""
    still = or_(col(Project.number).is_not(None), col(Project.state).in_(UNDECIDED))
    return select(Rival).join(Project, col(Project.id) == col(Rival.project_id)).where(still)
