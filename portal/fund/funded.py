"""Getting hold of one project that the vote gave money: what the work, its milestones and its books are of."""

from typing import Any

from sqlalchemy import ColumnElement, false, or_
from sqlmodel import Session, col, select

from db.models.accounts import Person
from db.models.fund import Project, ProjectState
from db.models.ledger import Account, AccountKind
from db.types import below
from portal import notices
from portal.accounts import people
from portal.acts import Who
from portal.errors import NotFound, TooLate

S = ProjectState
AWARDED = (S.FUNDED, S.CONTRACTING, S.IMPLEMENTING, S.SUSPENDED, S.ACCEPTED, S.CLOSED, S.CANCELLED)
"""States in which a project may have money of its own; a cancelled one only if it was stopped after the vote."""


def owner(project_id: int) -> str:
    """How the ledger calls the owner of a project's accounts."""
    return f"project:{project_id}"


def href(project_id: int) -> str:
    """The address of a project."""
    return f"/project?id={project_id}"


def one(session: Session, who: Who, project_id: int) -> Project:
    """The project, which anybody may read. Raises NotFound where there is none, or the vote gave it nothing."""
    project = session.get(Project, project_id) if 0 < project_id < 2**31 else None
    if project is None or not has_money(session, who, project):
        raise NotFound()
    return project


def has_money(session: Session, who: Who, project: Project) -> bool:
    """Whether the vote gave it money, also where it was stopped since."""
    if project.state != S.CANCELLED:
        return project.state in AWARDED
    query = select(Account.id).where(Account.owner == owner(project.id or 0), Account.kind == AccountKind.FREE)
    return session.scalar(query) is not None


def hold(session: Session, project_id: int, *states: str) -> Project:
    """The project as it is now, kept from changing to the end of the transaction.

    Raises NotFound, and TooLate where it is in none of `states`.
    """
    query = select(Project).where(Project.id == project_id).with_for_update(key_share=True)
    project = session.exec(query.execution_options(populate_existing=True)).one_or_none()
    if project is None:
        raise NotFound()
    if states and project.state not in states:
        raise TooLate()
    return project


def in_areas(who: Who, path: Any, *roles: str) -> ColumnElement[bool]:
    """Whether an area path lies in one of those where `who` holds one of `roles` (staff where none is given)."""
    ranges = map(below, who.paths(*(roles or ("staff",))))
    return or_(false(), *((path >= low) & (path < high) for low, high in ranges))


def tell_staff(session: Session, project: Project, message: str, **facts: Any) -> None:
    """Tell the staff closest to the project, each once."""
    found = people.workers(session, project.area_path, "staff")
    closest = found[0][2] if found else ""
    for person_id in dict.fromkeys(person_id for person_id, _, path in found if path == closest):
        notices.tell(session, person_id, message, href=href(project.id or 0), title=project.title, **facts)


def tell_one(session: Session, person_id: int | None, project: Project, message: str, **facts: Any) -> None:
    """Tell one person; nobody where there is none, or they have left."""
    here = select(Person.id).where(Person.id == person_id, col(Person.blocked_at).is_(None))
    if person_id is not None and session.scalar(here) is not None:
        notices.tell(session, person_id, message, href=href(project.id or 0), title=project.title, **facts)
