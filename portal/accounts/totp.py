"""The second factor of staff: six digits from an authenticator app (RFC 6238)."""

import base64
from datetime import UTC, datetime, timedelta

import pyotp
import segno
from pyotp.exceptions import OTPVerificationError
from sqlmodel import Session, col

from db.models.accounts import Person, Ticket
from portal import acts, clock, limits, vault
from portal.accounts import quotas, sessions
from portal.accounts.acts import ENROL_TOTP, RESET_TOTP
from portal.acts import Who
from portal.errors import Forbidden, NotFound, Refused
from portal.settings import settings

STEP_SECONDS = 30
TRIES_WINDOW = timedelta(minutes=limits.SIGN_IN_WINDOW_MINUTES)


def is_due(session: Session, who: Who) -> bool:
    """Whether duties of `who` rest because this session has not proven the second factor."""
    if not settings().staff_totp or who.person_id is None:
        return False
    return sessions.duties_of(session, who.person_id) != who.duties


def is_owed(session: Session, ticket: str) -> bool:
    """Whether the person whom `ticket` lets in has still to prove the second factor before their duties count."""
    row = session.get(Ticket, vault.keyed_hash("ticket", ticket))
    if not settings().staff_totp or row is None or row.staff or row.person_id is None:
        return False
    return sessions.strict(sessions.duties_of(session, row.person_id))


def is_enrolled(session: Session, who: Who) -> bool:
    """Whether `who` has an authenticator."""
    person = session.get(Person, who.person_id) if who.person_id else None
    return person is not None and person.totp_sealed is not None


def offered_secret(who: Who) -> str:
    """The secret this session may enrol: the same on every run, so that the picture stays, and kept nowhere yet."""
    if who.person_id is None:
        raise Forbidden()
    digest = vault.keyed_hash("totp-offer", f"{who.person_id}:{who.session_id}")
    return base64.b32encode(bytes.fromhex(digest)[:20]).decode()


def picture(who: Who, issuer: str) -> str:
    """The QR code of `offered_secret` as a `data:` address: no file, no other host."""
    address = pyotp.TOTP(offered_secret(who)).provisioning_uri(name=who.name, issuer_name=issuer)
    return segno.make(address, error="m").svg_data_uri(scale=6, border=4, light="#fff")


def enrol(session: Session, who: Who, typed: str) -> str:
    """Take the offered secret as the person's authenticator and give a ticket for a session with full duties.

    Only who has none may enrol: a lost one is first reset by an admin, so that a stolen phone number is not enough.
    Raises Refused `totp_wrong`, `too_often`; TooLate when there is one already.
    """
    secret = offered_secret(who)
    person = _person(session, who.person_id)
    _prove(session, person, secret, typed)
    sealed = vault.seal(secret)
    acts.perform(session, who, ENROL_TOTP, person, where=[col(Person.totp_sealed).is_(None)], totp_sealed=sealed)
    return sessions.issue_ticket(session, person_id=who.person_id, second_factor=True)


def prove(session: Session, who: Who, typed: str) -> str:
    """A ticket for a session with full duties, against the six digits. Raises Refused `totp_wrong`, `too_often`."""
    person = _person(session, who.person_id)
    accept(session, person, typed)
    return sessions.issue_ticket(session, person_id=who.person_id, second_factor=True)


def accept(session: Session, person: Person, typed: str) -> None:
    """Use up the six digits that `person` typed. Raises Refused `totp_wrong`, `too_often`."""
    if not person.totp_sealed:
        raise Refused("totp_wrong")
    _prove(session, person, vault.unseal(person.totp_sealed), typed)


def reset(session: Session, who: Who, person_id: int) -> Person:
    """Take a lost authenticator off a person and sign them out; they enrol a new one. By an admin, not for oneself."""
    person = _person(session, person_id)
    acts.perform(session, who, RESET_TOTP, person, totp_sealed=None)
    sessions.end_of(session, person_id)
    return person


def _prove(session: Session, person: Person, secret: str, typed: str) -> None:
    quotas.spend_for_good(session, f"totp:{person.id}", limits.SIGN_IN_TRIES, TRIES_WINDOW)
    step = _step_of(secret, typed)
    # one step is good once: what was read over a shoulder is worth nothing
    if step is None or not quotas.once(session, f"totp-step:{person.id}", step):
        raise Refused("totp_wrong")
    quotas.give_back(session, f"totp:{person.id}", TRIES_WINDOW)


def _step_of(secret: str, typed: str) -> datetime | None:
    """The start of the time step whose digits were typed: the present one or a neighbour."""
    digits = "".join(typed.split())
    try:
        step = pyotp.TOTP(secret).verify_and_get_timecode(digits, for_time=clock.now(), valid_window=1)
    except OTPVerificationError:
        return None
    return datetime.fromtimestamp(step * STEP_SECONDS, UTC)


def _person(session: Session, person_id: int | None) -> Person:
    person = session.get(Person, person_id) if person_id else None
    if person is None:
        raise NotFound()
    return person
