"""Receiving somebody face to face: found by the full phone number that they give, or entered anew.

A clerk reads of a person only after having been given the number. Each look-up leaves a row in the books, and that
row opens the person to this clerk for a while; an id alone opens nobody.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from db.models.accounts import Person
from db.models.audit import AuditRow
from portal import audit, clock, limits, notices
from portal.accounts import people, phones, quotas
from portal.accounts.acts import ENTER, LOOK_UP
from portal.acts import Act, InArea, Who, note, role_for, thing_name
from portal.errors import Forbidden, NotFound, Refused, TooLate
from portal.inputs import clean, one_of

CONSENTS = ("spoken", "written")
"""How somebody agrees before the one who writes it down."""
THERE = timedelta(minutes=limits.COUNTER_MINUTES)


@dataclass(frozen=True)
class Served:
    """The person at the counter, as far as the clerk needs to know."""

    person_id: int
    name: str
    phone: str
    """Masked."""
    home_path: str
    """Where they live, if that lies in the clerk's areas; else empty."""
    blocked: bool


def find(session: Session, who: Who, phone: str) -> Served | None:
    """The person with this full phone number, wherever they live; None where nobody has it.

    Raises Forbidden, Refused `phone`, and `too_often`, so that nobody tries one number after the other.
    """
    desk, key = _desk(who, LOOK_UP), phones.key(phones.normalise(phone))
    _count(session, who)
    person = _by_key(session, key)
    if person is None:
        return None
    note(session, who, LOOK_UP, desk, thing_name(person))
    return _served(who, person)


def enter(session: Session, who: Who, phone: str, name: str, consent: str) -> int:
    """The id of the account made for somebody at the counter, who is told by text message; nobody is signed in.

    A number that has an account already, or gets one from a faster clerk, gives that account, unchanged. Raises
    Forbidden, and Refused `phone`, `phone_not_mobile`, `missing`, `too_often`.
    """
    desk, e164 = _desk(who, ENTER), phones.mobile(phone)
    called = clean("name", name, limits.NAME_CHARS)
    if not consent:
        raise Refused("missing", field="consent")
    facts = {"consent": one_of("consent", consent, CONSENTS)}
    _count(session, who)
    made = None if _by_key(session, phones.key(e164)) else _make(session, people.newcomer(session, e164, called))
    person = made or _by_key(session, phones.key(e164))
    if person is None:
        raise TooLate()
    note(session, who, ENTER if made else LOOK_UP, desk, thing_name(person), facts=facts if made else None)
    if made:
        notices.tell(session, person.id, "person_entered", area_path=desk.area_path)
    return person.id or 0


def served(session: Session, who: Who, person_id: int) -> Served | None:
    """The person whom `who` found or entered within the last hour; None for anybody else."""
    person = session.get(Person, person_id) if is_there(session, who, person_id) else None
    return _served(who, person) if person else None


def is_there(session: Session, who: Who, person_id: int) -> bool:
    """Whether `who` found or entered this person within the last hour, and may still do so."""
    if _desk_of(who, LOOK_UP) is None:
        return False
    row = (AuditRow.thing == f"{Person.__tablename__}:{person_id}", AuditRow.actor_id == who.person_id)
    lately = (col(AuditRow.act).in_([LOOK_UP.name, ENTER.name]), col(AuditRow.at) > clock.now() - THERE)
    return session.exec(select(AuditRow.seq).where(*row, *lately).limit(1)).first() is not None


def demand_there(session: Session, who: Who, person_id: int) -> None:
    """Raises NotFound unless `is_there`."""
    if not is_there(session, who, person_id):
        raise NotFound("not_at_counter")


def _served(who: Who, person: Person) -> Served:
    at_home = person.home_area_id and role_for(who, LOOK_UP, InArea(person.area_path))
    home = person.area_path if at_home else ""
    return Served(person.id or 0, person.name, person.phone_mask, home, person.blocked_at is not None)


def _by_key(session: Session, key: str) -> Person | None:
    return session.exec(select(Person).where(Person.phone_hash == key)).one_or_none()


def _make(session: Session, person: Person) -> Person | None:
    """Write the account; None where somebody was faster with this number."""
    try:
        with audit.attempt(session):
            session.add(person)
            session.flush()
    except IntegrityError:
        return None
    return person


def _count(session: Session, who: Who) -> None:
    quotas.spend(session, f"phone-lookup:{who.person_id}", limits.PHONE_LOOKUPS_PER_HOUR, timedelta(hours=1))


def _desk(who: Who, act: Act) -> InArea:
    """The first area in which `who` may do `act`. Raises Forbidden where there is none."""
    desk = _desk_of(who, act)
    if desk is None:
        raise Forbidden("forbidden_act", act=act.name)
    return desk


def _desk_of(who: Who, act: Act) -> InArea | None:
    return next((InArea(path) for _, path in sorted(who.duties) if role_for(who, act, InArea(path))), None)
