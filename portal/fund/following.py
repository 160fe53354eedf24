"""Following a project: who wants to be told, and telling them all at the price of one statement."""

from sqlalchemy import JSON, delete, literal
from sqlmodel import Session, col, func, select

from db.models.accounts import Person
from db.models.fund import Project
from db.models.notices import Notice
from db.models.works import ProjectFollow
from db.upsert import insert
from portal import clock, limits
from portal.accounts import people
from portal.acts import Who, demand, note, thing_name
from portal.fund import funded
from portal.fund.acts import FOLLOW
from portal.notices import PORTAL


def toggle(session: Session, who: Who, project_id: int, wanted: bool = True) -> bool:
    """Follow the project from now on, or (`wanted` False) no longer; whether anything changed.

    Saying the same twice changes nothing, so that a double click does not undo itself. Raises Forbidden, NotFound.
    """
    project = funded.one(session, who, project_id)
    demand(who, FOLLOW, project)
    people.stay(session, who)
    changed = _write(session, who, project_id) if wanted else _erase(session, who, project_id)
    if changed:
        note(session, who, FOLLOW, project, thing_name(project), facts={"follows": wanted})
    return changed


def follows(session: Session, who: Who, project_id: int) -> bool:
    """Whether `who` follows the project."""
    return who.person_id is not None and session.get(ProjectFollow, (project_id, who.person_id)) is not None


def count(session: Session, who: Who, project_id: int) -> int:
    """How many people follow the project; counted up to `COUNT_ROWS`."""
    some = select(ProjectFollow.person_id).where(ProjectFollow.project_id == project_id).limit(limits.COUNT_ROWS)
    return session.scalar(select(func.count()).select_from(some.subquery())) or 0


def tell(session: Session, project: Project, message: str, *also: int | None, **facts: object) -> None:
    """Tell all who follow the project, and the people in `also`, each once: one statement, however many there are.

    They read it in the portal. No text messages are sent: thousands of them would hold up somebody's sign-in code.
    """
    number, now, row = project.id or 0, clock.now(), Notice.__table__.c  # type: ignore[attr-defined]
    fixed = {
        "channel": PORTAL,
        "message": message,
        "facts": {"title": project.title, **facts},
        "href": funded.href(number),
        "created_at": now,
        "tries": 0,
    }
    following = select(ProjectFollow.person_id).where(ProjectFollow.project_id == number)
    to = col(Person.id).in_(following) | col(Person.id).in_([person_id for person_id in also if person_id])
    values = [literal(value, JSON() if name == "facts" else row[name].type) for name, value in fixed.items()]
    chosen = select(col(Person.id), col(Person.lang), *values).where(to, col(Person.blocked_at).is_(None))
    names = ["person_id", "lang", *fixed]
    session.execute(Notice.__table__.insert().from_select(names, chosen.order_by(col(Person.id))))  # type: ignore[attr-defined]


def _write(session: Session, who: Who, project_id: int) -> bool:
    row = insert(session, ProjectFollow).values(project_id=project_id, person_id=who.person_id)
    return session.scalar(row.on_conflict_do_nothing().returning(col(ProjectFollow.person_id))) is not None


def _erase(session: Session, who: Who, project_id: int) -> bool:
    mine = (col(ProjectFollow.project_id) == project_id, col(ProjectFollow.person_id) == who.person_id)
    return bool(session.execute(delete(ProjectFollow).where(*mine)).rowcount)  # type: ignore[attr-defined]
