"""People: joining, their name and password, the cell they live in, the duties they hold."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import func
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from db.models.accounts import Duty, DutyRole, Person
from db.models.areas import Area, Level
from portal import clock, limits, notices, vault
from portal.accounts import acts as a
from portal.accounts import passwords, phones, quotas, sessions
from portal.acts import SYSTEM, VISITOR, Who, perform
from portal.errors import Forbidden, NotFound, Refused, TooLate
from portal.inputs import clean, one_of
from portal.settings import settings
from portal.words import language, t

ROLES = tuple(role.value for role in DutyRole)
"""The duties that can be granted, from the lightest to the gravest."""
HOME_LEVELS = (Level.CELL, Level.BUILDING)
HOME_ASKS_PER_DAY = 5


def join(session: Session, e164: str, name: str = "") -> Person:
    """The new account of a phone that was just proven. Raises TooLate when it has one already."""
    person = newcomer(session, e164, name or t("accounts.newcomer"))
    try:
        perform(session, VISITOR, a.JOIN, person)
    except IntegrityError:
        raise TooLate() from None
    return person


def newcomer(session: Session, e164: str, name: str) -> Person:
    """The account of somebody who had none, not written yet: no home, no duty, no password."""
    return Person(
        name=name,
        phone_hash=phones.key(e164),
        phone_sealed=vault.seal(e164),
        phone_mask=phones.mask(e164),
        area_path=_root_path(session),
        lang=language(),
        created_at=clock.now(),
    )


def introduce(session: Session, who: Who, name: str, lang: str) -> bool:
    """Change one's name, and the language in which one is written to. Raises Refused for a name that cannot be."""
    spoken = one_of("language", lang, settings().language_codes)
    perform(session, who, a.RENAME, _me(session, who), name=clean("name", name, limits.NAME_CHARS), lang=spoken)
    return True


def set_password(session: Session, who: Who, password: str, again: str) -> None:
    """Set a password and sign all other browsers out. Raises Refused `password_short`, `_plain`, `_differs`."""
    if password != again:
        raise Refused("password_differs")
    person = _me(session, who)
    phone = vault.unseal(person.phone_sealed) if person.phone_sealed else ""
    session.commit()  # hashing takes its time: no lock is held meanwhile
    kept = passwords.hashed(password, phone=phone)
    perform(session, who, a.SET_PASSWORD, person, password_hash=kept)
    sessions.end_of(session, who.person_id or 0, keep=who.session_id)


def ask_home(session: Session, who: Who, area_id: int) -> None:
    """Say "I live here", for staff to confirm; an earlier confirmation ends. Raises Refused `home_not_cell`."""
    area = session.get(Area, area_id)
    if area is None or area.valid_to_at or area.level not in HOME_LEVELS:
        raise Refused("home_not_cell")
    person = _me(session, who)
    if person.home_area_id == area.id and (person.home_asked_at or person.resident_at):
        raise Refused("home_same")
    quotas.spend(session, f"home:{who.person_id}", HOME_ASKS_PER_DAY, timedelta(days=1))
    home: dict[str, Any] = {"home_area_id": area.id, "area_path": area.path, "home_asked_at": clock.now()}
    perform(session, who, a.ASK_HOME, person, **home, resident_at=None, resident_by=None)


def confirm_resident(session: Session, who: Who, person_id: int) -> None:
    """Confirm that a person lives where they say. Raises Forbidden for oneself, TooLate when nothing waits."""
    person = _person(session, person_id)
    waits = [col(Person.home_asked_at).is_not(None), col(Person.home_area_id) == person.home_area_id]
    confirmed: dict[str, Any] = {"home_asked_at": None, "resident_at": clock.now(), "resident_by": who.person_id}
    perform(session, who, a.CONFIRM_HOME, person, where=waits, private={"area": person.home_area_id}, **confirmed)
    notices.tell(session, person_id, "home_confirmed", area_path=person.area_path)


def confirm_residents(session: Session, who: Who, person_ids: Sequence[int]) -> int:
    """Confirm several at once and say how many; those that no longer wait are passed over."""
    if len(person_ids) > limits.BULK_ROWS:
        raise Refused("too_many_rows", limit=limits.BULK_ROWS)
    waiting = select(Person.id).where(col(Person.id).in_(person_ids), col(Person.home_asked_at).is_not(None))
    found = [person_id for person_id in session.exec(waiting.order_by(col(Person.id))) if person_id is not None]
    for person_id in found:
        confirm_resident(session, who, person_id)
    return len(found)


def refuse_resident(session: Session, who: Who, person_id: int, says: str) -> Person:
    """Not confirmed, with the reason, which the person is told."""
    person = _person(session, person_id)
    place = person.area_path
    waits = [col(Person.home_asked_at).is_not(None), col(Person.home_area_id) == person.home_area_id]
    nowhere: dict[str, Any] = {"home_asked_at": None, "home_area_id": None, "area_path": _root_path(session)}
    perform(session, who, a.REFUSE_HOME, person, says=says, where=waits, **nowhere)
    notices.tell(session, person_id, "home_refused", area_path=place, reason=says)
    return person


def grant(session: Session, who: Who, person_id: int, role: str, area_id: int) -> Duty:
    """Give a duty in an area to somebody else. Raises Forbidden for oneself or outside one's areas, `duty_held`."""
    one_of("role", role, ROLES)
    person, area = _person(session, person_id), session.get(Area, area_id)
    if area is None or area.valid_to_at:
        raise NotFound()
    if person.blocked_at:
        raise Refused("blocked_person")
    duty = Duty(
        person_id=person_id,
        role=role,
        area_id=area_id,
        area_path=area.path,
        since_at=clock.now(),
        granted_by=who.person_id,
    )
    try:
        perform(session, who, a.GRANT, duty, private={"person": person_id, "role": role, "area": area.path})
    except IntegrityError:
        raise Refused("duty_held") from None
    notices.tell(session, person_id, "duty_granted", role=role, area_path=area.path)
    return duty


def revoke(session: Session, who: Who, duty_id: int) -> Duty:
    """End a duty of somebody else, at once. Raises Forbidden, TooLate when it had ended."""
    duty = session.get(Duty, duty_id)
    if duty is None:
        raise NotFound()
    was = {"person": duty.person_id, "role": duty.role, "area": duty.area_path}
    perform(session, who, a.REVOKE, duty, private=was, where=[col(Duty.until_at).is_(None)], until_at=clock.now())
    notices.tell(session, duty.person_id, "duty_revoked", role=duty.role, area_path=duty.area_path)
    return duty


def block(session: Session, who: Who, person_id: int, says: str) -> Person:
    """Shut a person out with a reason, in all open tabs at once."""
    person = _person(session, person_id)
    perform(session, who, a.BLOCK, person, says=says, where=[col(Person.blocked_at).is_(None)], blocked_at=clock.now())
    sessions.end_of(session, person_id)
    return person


def unblock(session: Session, who: Who, person_id: int, says: str = "") -> Person:
    """Let a person in again."""
    person = _person(session, person_id)
    perform(session, who, a.UNBLOCK, person, says=says, where=[col(Person.blocked_at).is_not(None)], blocked_at=None)
    return person


def add_staff(session: Session, phone: str, name: str, role: str, area_code: str) -> Person:
    """Give a duty from the command line, making the account where there is none: the way to the first admin."""
    area = session.exec(select(Area).where(Area.code == area_code, col(Area.valid_to_at).is_(None))).one_or_none()
    if area is None or area.id is None:
        raise NotFound("area_not_found", code=area_code)
    e164 = phones.mobile(phone)
    person = session.exec(select(Person).where(Person.phone_hash == phones.key(e164))).one_or_none()
    person = person or join(session, e164, clean("name", name, limits.NAME_CHARS))
    grant(session, SYSTEM, person.id or 0, role, area.id)
    return person


def name_of(session: Session, ids: Iterable[int]) -> dict[int, str]:
    """The names of people by id."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    rows = session.exec(select(Person.id, Person.name).where(col(Person.id).in_(wanted))).all()
    return {person_id: name for person_id, name in rows if person_id is not None}


def sealed_phone(session: Session, person_id: int) -> tuple[str | None, str]:
    """A person's phone, to be copied without being read: sealed (None: they have none), and its mask."""
    person = _person(session, person_id)
    return person.phone_sealed, person.phone_mask


def workers(session: Session, area_path: str, role: str) -> list[tuple[int, str, str]]:
    """Who holds `role` for an area, as (person id, name, area path): the closest area first."""
    codes = area_path.strip("/").split("/")
    above = ["/" + "/".join(codes[: n + 1]) + "/" for n in range(len(codes))]
    rows = session.exec(
        select(Person.id, Person.name, Duty.area_path)
        .join(Duty, col(Duty.person_id) == col(Person.id))
        .where(Duty.role == role, col(Duty.until_at).is_(None), col(Duty.area_path).in_(above))
        .where(col(Person.blocked_at).is_(None))
        .order_by(func.length(Duty.area_path).desc(), col(Person.id))
    ).all()
    return [(person_id or 0, name, path) for person_id, name, path in rows]


def stay(session: Session, who: Who) -> None:
    """Make sure that `who` is neither shut out nor gone, and stays to the end of the transaction. Raises Forbidden."""
    here = select(Person.id).where(Person.id == who.person_id, col(Person.blocked_at).is_(None))
    if session.exec(here.with_for_update(read=True)).first() is None:
        raise Forbidden()


def _me(session: Session, who: Who) -> Person:
    person = session.get(Person, who.person_id) if who.person_id else None
    if person is None:
        raise Forbidden()
    return person


def _person(session: Session, person_id: int) -> Person:
    person = session.get(Person, person_id)
    if person is None:
        raise NotFound()
    return person


def _root_path(session: Session) -> str:
    """The town's own path; empty before any area was brought in."""
    top = select(Area.path).where(col(Area.parent_id).is_(None), col(Area.valid_to_at).is_(None))
    return session.exec(top.order_by(col(Area.id))).first() or ""
