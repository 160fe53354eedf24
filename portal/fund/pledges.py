"""Pledges: things or hours that somebody offers to a fund or a project. Money is never pledged here."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select

from db.models.accounts import Person
from db.models.fund import Fund, Project, ProjectState, Round
from db.models.works import Pledge
from portal import clock, limits, notices
from portal.accounts import people, quotas
from portal.acts import Who, demand, perform
from portal.errors import NotFound, Refused
from portal.fund import acts, funded
from portal.fund.projects import is_open
from portal.inputs import clean, one_of, page_number

S = ProjectState
KINDS = ("things", "hours")
TAKES = (S.ELIGIBLE, S.FEASIBLE, S.ON_BALLOT, S.FUNDED, S.CONTRACTING, S.IMPLEMENTING, S.SUSPENDED)
"""States of a project in which help is still of use."""


@dataclass(frozen=True)
class Offer:
    """What somebody offers, as typed. `project_id` 0: to the fund."""

    fund_id: int
    project_id: int
    kind: str
    what: str
    hours: int = 0
    named: bool = False
    """Whether the name may be shown."""


@dataclass(frozen=True)
class Shown:
    """A pledge as a list shows it; the roles of an act read it as they read the row."""

    id: int
    fund_id: int
    project_id: int
    area_path: str
    kind: str
    what: str
    hours: int
    state: str
    name: str
    """Only with consent, else empty."""
    at: datetime
    person_id: int | None
    """Only of the reader's own."""


@dataclass(frozen=True)
class Given:
    """What was received: the newest of it, the key that continues the list, and the totals."""

    rows: tuple[Shown, ...]
    next: str | None
    things: int
    hours: int


def offer(session: Session, who: Who, typed: Offer) -> int:
    """Offer things or hours; returns the id. Staff of the area are told, and receive or decline it.

    Raises Refused for a field that breaks a rule, `hours_range` (limit), `pledge_not_needed`, `too_often`.
    """
    people.stay(session, who)  # before the project is held, as whoever leaves does it
    fund, project = _target(session, typed.fund_id, typed.project_id)
    kind = one_of("pledge_kind", typed.kind, KINDS)
    hours = typed.hours if kind == "hours" else 0
    if kind == "hours" and not (type(hours) is int and 1 <= hours <= limits.PLEDGE_HOURS):
        raise Refused("hours_range", limit=limits.PLEDGE_HOURS)
    row = Pledge(
        fund_id=fund.id or 0, project_id=project.id if project else None,
        area_path=project.area_path if project else fund.area_path, person_id=who.person_id or 0, kind=kind,
        what=clean("pledge_what", typed.what, limits.PURPOSE_CHARS), hours=hours, named=bool(typed.named),
        at=clock.now(),
    )  # fmt: skip
    demand(who, acts.PLEDGE, row)
    quotas.spend(session, f"pledge:{who.person_id}", limits.PLEDGES_PER_DAY, timedelta(days=1))
    perform(session, who, acts.PLEDGE, row, facts={"kind": kind, "hours": hours, "project": project and project.id})
    _tell_staff(session, row)
    return row.id or 0


def receive(session: Session, who: Who, pledge_id: int) -> None:
    """Accept it: from here on it stands in the public list."""
    row = _one(session, pledge_id)
    perform(session, who, acts.RECEIVE_PLEDGE, row)
    notices.tell(session, row.person_id, "pledge_received", href=_href(row), what=row.what)


def decline(session: Session, who: Who, pledge_id: int, says: str = "") -> None:
    """Say no, with thanks."""
    row = _one(session, pledge_id)
    perform(session, who, acts.DECLINE_PLEDGE, row, says=says)
    told = "pledge_declined_why" if says.strip() else "pledge_declined"
    notices.tell(session, row.person_id, told, href=_href(row), what=row.what, reason=says.strip())


def withdraw(session: Session, who: Who, pledge_id: int) -> None:
    """Take one's own offer back, before it is received."""
    perform(session, who, acts.WITHDRAW_PLEDGE, _one(session, pledge_id))


def received(session: Session, who: Who, fund_id: int, project_id: int = 0, after: str | None = None) -> Given:
    """What a fund (with its projects), or one project, was given, newest first, with the totals of all of it."""
    of = (col(Pledge.state) == "received", _scope(fund_id, project_id))
    query = select(Pledge, Person.name).join(Person, col(Person.id) == col(Pledge.person_id)).where(*of)
    if after:
        query = query.where(col(Pledge.id) < page_number(after))
    rows = session.exec(query.order_by(col(Pledge.id).desc()).limit(limits.PAGE_ROWS + 1)).all()
    shown = tuple(_shown(row, name if row.named else "") for row, name in rows[: limits.PAGE_ROWS])
    totals = select(func.count().filter(col(Pledge.kind) == "things"), func.coalesce(func.sum(Pledge.hours), 0))
    things, hours = session.exec(totals.select_from(Pledge).where(*of)).one()
    return Given(shown, str(shown[-1].id) if len(rows) > limits.PAGE_ROWS else None, things, int(hours))


def mine(session: Session, who: Who, fund_id: int, project_id: int = 0) -> tuple[Shown, ...]:
    """One's own offers there, newest first, whatever became of them."""
    if who.person_id is None:
        return ()
    query = select(Pledge).where(Pledge.person_id == who.person_id, _scope(fund_id, project_id))
    rows = session.exec(query.order_by(col(Pledge.id).desc()).limit(limits.PAGE_ROWS))
    return tuple(_shown(row, "", person_id=row.person_id) for row in rows)


def waiting(session: Session, who: Who, after: str | None = None) -> tuple[tuple[Shown, ...], str | None]:
    """Offers that wait for an answer in the areas of `who`, oldest first, and the key that continues the list."""
    funds = select(Fund.id).where(funded.in_areas(who, col(Fund.area_path)))
    rounds = select(Round.fund_id).where(funded.in_areas(who, col(Round.area_path)))  # a round may be of a smaller area
    query = select(Pledge, Person.name).join(Person, col(Person.id) == col(Pledge.person_id))
    offered = (Pledge.state == "offered", funded.in_areas(who, col(Pledge.area_path)))
    query = query.where(col(Pledge.fund_id).in_(funds) | col(Pledge.fund_id).in_(rounds), *offered)
    if after:
        query = query.where(col(Pledge.id) > page_number(after))
    rows = session.exec(query.order_by(col(Pledge.id)).limit(limits.PAGE_ROWS + 1)).all()
    shown = tuple(_shown(row, name) for row, name in rows[: limits.PAGE_ROWS])
    return shown, str(shown[-1].id) if len(rows) > limits.PAGE_ROWS else None


def _target(session: Session, fund_id: int, project_id: int) -> tuple[Fund, Project | None]:
    """The fund, and the project where one is named. Raises NotFound, and Refused `pledge_not_needed`."""
    fund = session.get(Fund, fund_id) if 0 < fund_id < 2**31 else None
    if fund is None:
        raise NotFound()
    if not project_id:
        return fund, None
    project = funded.hold(session, project_id)
    if session.get_one(Round, project.round_id).fund_id != fund_id or not is_open(project):
        raise NotFound()
    if project.state not in TAKES:
        raise Refused("pledge_not_needed")
    return fund, project


def _one(session: Session, pledge_id: int) -> Pledge:
    row = session.get(Pledge, pledge_id) if 0 < pledge_id < 2**31 else None
    if row is None:
        raise NotFound()
    return row


def _scope(fund_id: int, project_id: int) -> ColumnElement[bool]:
    return col(Pledge.project_id) == project_id if project_id else col(Pledge.fund_id) == fund_id


def _shown(row: Pledge, name: str, *, person_id: int | None = None) -> Shown:
    return Shown(
        row.id or 0, row.fund_id, row.project_id or 0, row.area_path, row.kind, row.what, row.hours, row.state, name,
        row.at, person_id,
    )  # fmt: skip


def _href(row: Pledge) -> str:
    return funded.href(row.project_id) if row.project_id else f"/money?fund={row.fund_id}"


def _tell_staff(session: Session, row: Pledge) -> None:
    found = people.workers(session, row.area_path, "staff")
    for person_id in dict.fromkeys(person_id for person_id, _, path in found if path == found[0][2]):
        notices.tell(session, person_id, "pledge_offered", href="/works?tab=pledges", what=row.what)
