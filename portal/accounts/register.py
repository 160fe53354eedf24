"""The register: what staff may read about people and duties. Phones are masked throughout."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, false, or_
from sqlmodel import Session, col, select

from db.models.accounts import Duty, Person
from db.models.audit import AuditRow
from db.types import below
from portal import clock, limits
from portal.accounts import phones
from portal.accounts.acts import BLOCK, CONFIRM_HOME, FIND, GRANT, RESET_TOTP, REVOKE, UNBLOCK
from portal.acts import Act, InArea, Who, choices, note, role_for, thing_name
from portal.errors import Forbidden, Refused
from portal.inputs import clean

KEEPERS = ("staff", "admin")
"""Whose areas the register opens."""
SEARCH_GOES_ON = timedelta(minutes=10)


@dataclass(frozen=True)
class Card:
    """A person in a list."""

    id: int
    name: str
    phone: str
    area_path: str
    resident: bool
    asked_at: datetime | None
    blocked: bool
    lang: str
    deeds: tuple[str, ...]
    """Names of the acts that the reader may do to this person."""


@dataclass(frozen=True)
class DutyCard:
    """A duty in a list."""

    id: int
    person_id: int
    name: str
    phone: str
    role: str
    area_path: str
    since_at: datetime
    deeds: tuple[str, ...]
    """Names of the acts that the reader may do to this duty."""


def requests(session: Session, who: Who, after: int = 0, limit: int = limits.PAGE_ROWS) -> list[Card]:
    """Who waits for a home in the areas of `who` to be confirmed, in the order of joining, past the id `after`."""
    paths = _paths(who, CONFIRM_HOME, "staff")
    rows = session.exec(
        select(Person)
        .where(col(Person.home_asked_at).is_not(None), _in_areas(Person.area_path, paths))
        .where(col(Person.id) > after, col(Person.id) != who.person_id)
        .order_by(col(Person.id))
        .limit(limit)
    ).all()
    return [_card(who, person) for person in rows]


def find(session: Session, who: Who, typed: str) -> list[Card]:
    """People by a part of the name, in the areas of `who`. Raises Forbidden for others than staff and admins."""
    paths = _paths(who, FIND, *KEEPERS)
    text = clean("search", typed, limits.SEARCH_CHARS)
    named = select(Person).where(col(Person.name).contains(text, autoescape=True), _in_areas(Person.area_path, paths))
    return [_card(who, person) for person in session.exec(named.order_by(col(Person.id)).limit(limits.PAGE_ROWS))]


def is_phone(typed: str) -> bool:
    """Whether what was typed is a full phone number, for `find_phone`."""
    return bool(_phone_key(typed))


def find_phone(session: Session, who: Who, typed: str) -> list[Card]:
    """The one person with a phone number, in all the town. Raises Forbidden for others than staff and admins.

    Leaves a row in the books about who was looked for, once while a search goes on.
    """
    area = InArea(_paths(who, FIND, *KEEPERS)[0])
    person = session.exec(select(Person).where(Person.phone_hash == (_phone_key(typed) or None))).one_or_none()
    if person is None:
        return []
    thing = thing_name(person)
    same = (AuditRow.thing == thing, AuditRow.act == FIND.name, AuditRow.actor_id == who.person_id)
    if session.exec(select(AuditRow.seq).where(*same, col(AuditRow.at) > clock.now() - SEARCH_GOES_ON)).first() is None:
        note(session, who, FIND, area, thing)
    return [_card(who, person)]


def duties(session: Session, who: Who, after: int = 0, limit: int = limits.PAGE_ROWS) -> list[DutyCard]:
    """The duties held in the areas of `who`, past the id `after`."""
    paths = _paths(who, FIND, *KEEPERS)
    query = select(Duty, Person.name, Person.phone_mask).join(Person, col(Person.id) == col(Duty.person_id))
    held = query.where(col(Duty.until_at).is_(None), _in_areas(Duty.area_path, paths), col(Duty.id) > after)
    return [_duty_card(who, *row) for row in session.exec(held.order_by(col(Duty.id)).limit(limit)).all()]


def duties_of(session: Session, who: Who, person_id: int) -> list[DutyCard]:
    """The duties of one person: one's own, or those in the areas of staff and admins."""
    query = select(Duty, Person.name, Person.phone_mask).join(Person, col(Person.id) == col(Duty.person_id))
    held = query.where(col(Duty.until_at).is_(None), Duty.person_id == person_id)
    if person_id != who.person_id:
        held = held.where(_in_areas(Duty.area_path, _paths(who, FIND, *KEEPERS)))
    return [_duty_card(who, *row) for row in session.exec(held.order_by(col(Duty.id))).all()]


def me(session: Session, who: Who) -> Card:
    """One's own card."""
    person = session.get(Person, who.person_id) if who.person_id else None
    if person is None:
        raise Forbidden()
    return _card(who, person)


def grantable(who: Who) -> list[str]:
    """The area paths in which `who` may grant duties."""
    return [path for path in who.paths("admin") if role_for(who, GRANT, InArea(path))]


def _paths(who: Who, act: Act, *roles: str) -> list[str]:
    """The areas of `who` in which they have the right to `act`. Raises Forbidden where there is none."""
    paths = [path for path in who.paths(*roles) if role_for(who, act, InArea(path))]
    if not paths:
        raise Forbidden("forbidden_act", act=act.name)
    return paths


def _in_areas(column: str, paths: list[str]) -> ColumnElement[bool]:
    """Whether the path in `column` lies in one of the areas, as ranges of the index."""
    ranges = [(col(column) >= low) & (col(column) < high) for low, high in map(below, paths)]
    return or_(false(), *ranges)


def _phone_key(text: str) -> str:
    try:
        return phones.key(phones.normalise(text))
    except Refused:
        return ""


def _card(who: Who, person: Person) -> Card:
    offered = [UNBLOCK] if person.blocked_at else [BLOCK]
    if person.totp_sealed:
        offered.append(RESET_TOTP)
    return Card(
        id=person.id or 0,
        name=person.name,
        phone=person.phone_mask,
        area_path=person.area_path if person.home_area_id else "",
        resident=person.resident_at is not None,
        asked_at=person.home_asked_at,
        blocked=person.blocked_at is not None,
        lang=person.lang,
        deeds=tuple(act.name for act in choices(who, person, offered)),
    )


def _duty_card(who: Who, duty: Duty, name: str, phone: str) -> DutyCard:
    deeds = tuple(act.name for act in choices(who, duty, [REVOKE]))
    return DutyCard(duty.id or 0, duty.person_id, name, phone, duty.role, duty.area_path, duty.since_at, deeds)
