"""Sittings: the mediator and the parties at one table; first the date, afterwards the minutes."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from db.models.cases import Case
from db.models.disputes import Sitting
from portal import clock, limits
from portal.acts import Who, perform
from portal.cases import acts
from portal.cases.disputes.parties import dispute, invite
from portal.cases.screening import tell_poster
from portal.errors import NotFound, Refused
from portal.inputs import clean


def sit(session: Session, who: Who, case_id: int, starts_at: datetime, place: str) -> int:
    """Set a date (aware, in the future) and a place; all parties are told the date. Returns the sitting's id.

    Raises Refused `sitting_past`.
    """
    case = dispute(session, who, case_id)
    where = clean("sitting_place", place, limits.TITLE_CHARS)
    if starts_at <= clock.now():
        raise Refused("sitting_past")
    perform(session, who, acts.SIT, case)
    sitting = Sitting(case_id=case_id, starts_at=starts_at, place=where)
    session.add(sitting)
    session.flush()
    invite(session, case)
    tell_poster(session, case, "dispute_sitting", sitting_at=starts_at.isoformat())
    return sitting.id or 0


def call_off(session: Session, who: Who, sitting_id: int, says: str = "") -> None:
    """Call a sitting off; all parties are told. Raises Refused `sitting_over` once it was held or called off."""
    sitting, case = _found(session, who, sitting_id)
    perform(session, who, acts.CALL_OFF, case, says=says, private={"sitting": sitting_id})
    if sitting.called_off_at is not None or sitting.minutes_at is not None:
        raise Refused("sitting_over")
    sitting.called_off_at = clock.now()
    session.add(sitting)
    tell_poster(session, case, "dispute_called_off", sitting_at=sitting.starts_at.isoformat())


def write_minutes(session: Session, who: Who, sitting_id: int, words: str) -> None:
    """What was said and found. Written again it replaces what stood there; the log keeps every version.

    Raises Refused `sitting_ahead` before its time, `sitting_over` where it was called off.
    """
    sitting, case = _found(session, who, sitting_id)
    written = clean("minutes", words, limits.BODY_CHARS, lines=True)
    perform(session, who, acts.MINUTES, case, says=written, private={"sitting": sitting_id})
    if sitting.starts_at > clock.now():
        raise Refused("sitting_ahead")
    if sitting.called_off_at is not None:
        raise Refused("sitting_over")
    sitting.minutes, sitting.minutes_at = written, clock.now()
    session.add(sitting)
    tell_poster(session, case, "dispute_minutes")


def sittings(session: Session, who: Who, case_id: int) -> Sequence[Sitting]:
    """All sittings of a dispute in the order of their dates. Raises NotFound as `dispute` does."""
    case = dispute(session, who, case_id)
    order = select(Sitting).where(Sitting.case_id == case.id).order_by(col(Sitting.starts_at), col(Sitting.id))
    return session.exec(order).all()


def _found(session: Session, who: Who, sitting_id: int) -> tuple[Sitting, Case]:
    sitting = session.get(Sitting, sitting_id) if 0 < sitting_id < 2**31 else None
    if sitting is None:
        raise NotFound("case_not_found")
    return sitting, dispute(session, who, sitting.case_id)
