"""Leaving for good: the account is emptied in one transaction, and its phone number may join anew."""

from typing import Any

from sqlalchemy import delete
from sqlmodel import Session, col, select

from db.models.accounts import Duty, DutyRole, OneTimeCode, Person, SessionReceipt, Ticket, WebSession
from db.models.audit import AuditRow
from db.models.helping import NoShow, Skill
from db.models.notices import Notice
from portal import audit, clock, limits, vault, words
from portal.accounts import signin
from portal.acts import Who, declare, perform, thing_name
from portal.cases import erasing, staffing
from portal.errors import Forbidden, Refused
from portal.fund import leaving as fund
from portal.inputs import clean
from portal.settings import settings

ERASE = declare("person.erase", "self", public=False)


def proof_asked(session: Session, who: Who) -> str:
    """What is asked for before the account goes: `password`, `code`, or nothing beside the word."""
    return signin.proof_asked(_me(session, who))


def send_code(session: Session, who: Who) -> str:
    """Send a code to one's own phone; in demo mode it comes back to be shown. Raises as `signin.send_code`."""
    sealed = _me(session, who).phone_sealed
    if not sealed:
        raise Refused("no_contact")
    return signin.send_code(session, vault.unseal(sealed), who.client, words.language()) or ""


def leave(session: Session, who: Who, typed: str, proof: str, keep_words: bool = True) -> None:
    """Empty the account of `who`: cases, duties, messages, sessions, name and phone.

    `typed` is the word that says it is meant, `proof` what `proof_asked` asks for; `keep_words` leaves what is public
    standing without a name. Raises Refused `leave_word`, `last_admin`, and as `signin.prove`.
    """
    word = words.t("leaving.word")
    if clean("leaving_word", typed, limits.NAME_CHARS) != word:
        raise Refused("leave_word", word=word)
    signin.prove(session, _me(session, who), proof, who.client)
    session.expire_all()
    duties = _duties(session, who)
    person = _me(session, who, lock=True)
    thing, phone_hash = thing_name(person), person.phone_hash
    erasing.leave_all(session, who, keep_words=keep_words)
    fund.leave_all(session, who, keep_words=keep_words)
    staffing.free_all(session, who.person_id or 0)
    for duty in duties:
        duty.until_at = clock.now()
        session.add(duty)
    session.flush()
    perform(session, who, ERASE, person, **_empty())
    audit.erase(session, col(AuditRow.thing) == thing)  # what others wrote about the person
    _delete_rows(session, who, phone_hash)


def _me(session: Session, who: Who, *, lock: bool = False) -> Person:
    query = select(Person).where(Person.id == who.person_id)
    person = session.exec(query.with_for_update(key_share=True) if lock else query).one_or_none()
    if person is None:
        raise Forbidden()
    return person


def _duties(session: Session, who: Who) -> list[Duty]:
    """The live duties of `who`. Raises Refused `last_admin` where nobody else could grant any from then on.

    All admins are locked in one order, so that of the last two only one can leave.
    """
    live = select(Duty).where(col(Duty.until_at).is_(None)).order_by(col(Duty.id)).with_for_update(of=Duty)
    admins = session.exec(
        live.join(Person, col(Person.id) == col(Duty.person_id)).where(
            Duty.role == DutyRole.ADMIN, col(Person.blocked_at).is_(None)
        )
    ).all()
    if any(duty.person_id == who.person_id for duty in admins) and all(d.person_id == who.person_id for d in admins):
        raise Refused("last_admin")
    return list(session.exec(live.where(Duty.person_id == who.person_id)).all())


def _empty() -> dict[str, Any]:
    """The columns of the shell that stays, so that numbers which point at it still do."""
    lang = settings().language_codes[0]
    with words.speaking(lang):
        name = words.t("leaving.name")
    nothing = ("phone_hash", "phone_sealed", "password_hash", "totp_sealed", "home_area_id", "home_asked_at",
               "resident_at", "resident_by")  # fmt: skip
    shell = {"name": name, "phone_mask": "", "lang": lang, "area_path": "", "blocked_at": clock.now()}
    return dict.fromkeys(nothing) | shell


def _delete_rows(session: Session, who: Who, phone_hash: str | None) -> None:
    """What hangs on the account and says something about the person alone."""
    own = select(WebSession.id).where(WebSession.person_id == who.person_id)
    for statement in (
        delete(SessionReceipt).where(col(SessionReceipt.session_id).in_(own)),
        delete(WebSession).where(col(WebSession.person_id) == who.person_id),
        delete(Ticket).where(col(Ticket.person_id) == who.person_id),
        delete(OneTimeCode).where(col(OneTimeCode.phone_hash) == phone_hash),
        delete(Notice).where(col(Notice.person_id) == who.person_id),
        delete(Skill).where(col(Skill.person_id) == who.person_id),
        delete(NoShow).where(col(NoShow.person_id) == who.person_id),
    ):
        session.execute(statement.execution_options(synchronize_session=False))
