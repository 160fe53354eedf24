"""Signing in: by a code sent to the phone, by password, or with one click in the demo.

Each way ends in a ticket for the route that sets the cookie. Tries are counted and committed before anything is
compared, so that a refusal does not give them back. What is refused never tells whether a phone is known.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, exists, func, update
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from db.models.accounts import Duty, OneTimeCode, Person
from db.upsert import insert
from portal import clock, limits, notices, vault
from portal.accounts import passwords, people, phones, quotas, sessions, totp
from portal.errors import Forbidden, Refused
from portal.settings import settings

CODE_DIGITS = 6
TRY_WINDOW = timedelta(minutes=limits.SIGN_IN_WINDOW_MINUTES)
DEMO_PER_ROLE = 2


def send_code(session: Session, phone: str, client: str, lang: str) -> str | None:
    """Send a new code to `phone`, known or not; in demo mode it also comes back, to be shown.

    Raises Refused `phone`, `phone_not_mobile`, `too_often`, `texts_off` (nothing could send it).
    """
    e164 = phones.mobile(phone)
    if not (settings().demo or settings().sms_url):
        raise Refused("texts_off")
    key, hour = phones.key(e164), timedelta(hours=1)
    quotas.spend(session, f"code-phone:{key}", limits.CODES_PER_HOUR, hour)
    quotas.spend(session, f"code-client:{client}", limits.CODES_PER_CLIENT_PER_HOUR, hour)
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    _keep_code(session, key, code)
    notices.tell(
        session,
        None,
        "code",
        phone_sealed=vault.seal(e164),
        sealed={"code": code},
        lang=lang,
        minutes=limits.CODE_MINUTES,
    )
    return code if settings().demo else None


def by_code(session: Session, phone: str, code: str, client: str) -> str:
    """A ticket against the code; whoever comes for the first time gets an account.

    Raises Refused `code_wrong` (also used, expired, or tried too often), `too_often`, `blocked`.
    """
    e164 = phones.normalise(phone)
    key = phones.key(e164)
    _use_code(session, key, code, client)
    person = _by_key(session, key) or people.join(session, e164)
    return _let_in(session, person, key, client)


def by_password(session: Session, phone: str, password: str, totp_typed: str, client: str) -> str:
    """A ticket against the password; with the six digits of an authenticator it is good for the duties of staff.

    Raises Refused `password_wrong` (also for a phone nobody has), `totp_wrong`, `too_often`, `blocked`.
    """
    key = phones.key(phones.normalise(phone))
    _count_try(session, key, client)
    person = _by_key(session, key)
    session.commit()  # hashing takes its time: no lock is held meanwhile
    kept = person.password_hash if person else None
    if not passwords.fits(kept, password) or person is None or kept is None:
        raise Refused("password_wrong")
    better = passwords.renewed(kept, password)
    proven = bool(totp_typed.strip())
    if proven:
        totp.accept(session, person, totp_typed)
    if better:
        unchanged = [col(Person.id) == person.id, col(Person.password_hash) == kept]
        session.execute(update(Person).where(*unchanged).values(password_hash=better))
    return _let_in(session, person, key, client, second_factor=proven)


def proof_asked(person: Person) -> str:
    """By what a person who is signed in proves once more who they are: `password`, `code`, or nothing can be sent."""
    if person.password_hash:
        return "password"
    return "code" if person.phone_sealed and (settings().demo or settings().sms_url) else ""


def prove(session: Session, person: Person, typed: str, client: str) -> None:
    """Make sure that whoever is signed in is this person, by what `proof_asked` says. Counts tries as signing in does.

    Raises Refused `password_wrong`, `code_wrong`, `too_often`. Call it before anything is written.
    """
    asked, key = proof_asked(person), person.phone_hash or ""
    if asked == "code":
        _use_code(session, key, typed, client)
    elif asked == "password":
        _count_try(session, key, client)
        if not passwords.fits(person.password_hash, typed):
            raise Refused("password_wrong")
    if asked:
        _forgive_try(session, key, client)


def demo(session: Session, person_id: int) -> str:
    """A ticket for anybody, where demo mode is on. Raises Forbidden elsewhere."""
    person = session.get(Person, person_id)
    if not settings().demo or person is None or person.blocked_at:
        raise Forbidden()
    return sessions.issue_ticket(session, person_id=person.id, second_factor=True)


@dataclass(frozen=True)
class DemoPerson:
    """Somebody whom the demo lets in with one click. `role` is a duty, or `resident`, or `member`."""

    person_id: int
    name: str
    role: str
    area_path: str


def demo_people(session: Session) -> list[DemoPerson]:
    """A few people of every role, those appointed first; residents lead. Raises Forbidden where demo mode is off."""
    if not settings().demo:
        raise Forbidden()
    place = func.row_number().over(partition_by=Duty.role, order_by=col(Duty.id))
    ranked = (
        select_columns(col(Duty.person_id), col(Person.name), col(Duty.role), col(Duty.area_path), place.label("place"))
        .join(Person, col(Person.id) == col(Duty.person_id))
        .where(col(Duty.until_at).is_(None), col(Person.blocked_at).is_(None))
        .subquery()
    )
    first = select_columns(ranked).where(ranked.c.place <= DEMO_PER_ROLE).order_by(ranked.c.role, ranked.c.place)
    on_duty = [DemoPerson(r.person_id, r.name, r.role, r.area_path) for r in session.execute(first).all()]
    return [*_demo_members(session, True), *_demo_members(session, False), *on_duty]


def _demo_members(session: Session, resident: bool) -> list[DemoPerson]:
    """People without any duty."""
    lives_here = col(Person.resident_at).is_not(None) if resident else col(Person.resident_at).is_(None)
    busy = exists().where(col(Duty.person_id) == col(Person.id))
    rows = session.exec(
        select(Person)
        .where(lives_here, ~busy, col(Person.blocked_at).is_(None), col(Person.phone_hash).is_not(None))
        .order_by(col(Person.id))
        .limit(DEMO_PER_ROLE)
    ).all()
    role = "resident" if resident else "member"
    return [DemoPerson(p.id or 0, p.name, role, p.area_path if resident else "") for p in rows]


def _count_try(session: Session, key: str, client: str) -> None:
    """One more try of this phone and of this client, counted for good."""
    quotas.spend(session, f"sign-in-phone:{key}", limits.SIGN_IN_TRIES, TRY_WINDOW)
    quotas.spend(session, f"sign-in-client:{client}", limits.SIGN_IN_TRIES, TRY_WINDOW)
    session.commit()


def _forgive_try(session: Session, key: str, client: str) -> None:
    """Only failed tries count: a service hall signs many people in from one address."""
    quotas.give_back(session, f"sign-in-phone:{key}", TRY_WINDOW)
    quotas.give_back(session, f"sign-in-client:{client}", TRY_WINDOW)


def _use_code(session: Session, key: str, code: str, client: str) -> None:
    """Use up the code sent to the phone. Raises Refused `code_wrong`, `too_often`."""
    session.execute(
        update(OneTimeCode)
        .where(col(OneTimeCode.phone_hash) == key)
        .values(tries=OneTimeCode.tries + 1)
        .execution_options(synchronize_session=False)
    )
    _count_try(session, key, client)
    used = session.scalar(
        delete(OneTimeCode)
        .where(col(OneTimeCode.phone_hash) == key, col(OneTimeCode.code_hash) == _code_hash(key, code))
        .where(col(OneTimeCode.expires_at) > clock.now(), col(OneTimeCode.tries) <= limits.CODE_TRIES)
        .returning(col(OneTimeCode.phone_hash))
        .execution_options(synchronize_session=False)
    )
    if used is None:
        raise Refused("code_wrong")


def _let_in(session: Session, person: Person, key: str, client: str, *, second_factor: bool = False) -> str:
    if person.blocked_at:
        raise Refused("blocked")
    _forgive_try(session, key, client)
    return sessions.issue_ticket(session, person_id=person.id, second_factor=second_factor)


def _by_key(session: Session, key: str) -> Person | None:
    return session.exec(select(Person).where(Person.phone_hash == key)).one_or_none()


def _code_hash(key: str, code: str) -> str:
    return vault.keyed_hash("code", f"{key}:{''.join(code.split())}")


def _keep_code(session: Session, key: str, code: str) -> None:
    """The new code takes the place of the one before."""
    kept = {
        "code_hash": _code_hash(key, code),
        "expires_at": clock.now() + timedelta(minutes=limits.CODE_MINUTES),
        "tries": 0,
    }
    statement = insert(session, OneTimeCode).values(phone_hash=key, **kept)
    session.execute(statement.on_conflict_do_update(index_elements=["phone_hash"], set_=kept))
