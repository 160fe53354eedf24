"""How often something may be done: counted in the database, so that all processes count together."""

import math
from datetime import UTC, datetime, timedelta

from sqlalchemy import update
from sqlmodel import Session, col, select

from db.models.accounts import Quota
from db.upsert import insert
from portal import clock
from portal.errors import Refused


def spend(session: Session, subject: str, limit: int, window: timedelta) -> None:
    """Count one deed of `subject` when fewer than `limit` lie in the `window` before now.

    The window slides: the fixed window before the present one counts with the share that still overlaps. Raises
    Refused `too_often` (facts: limit, minutes to wait). The count belongs to the caller's transaction: a deed
    that is refused later is not counted; for tries that must count all the same see `spend_for_good`.
    """
    now = clock.now()
    start = _start(now, window)
    before = _used(session, subject, start - window)
    room = math.ceil(limit - before * (1 - (now - start) / window))
    if room <= 0 or not _count(session, subject, start, room):
        used = _used(session, subject, start)
        raise Refused("too_often", limit=limit, minutes=_wait(now, start, window, limit, before, used))


def spend_for_good(session: Session, subject: str, limit: int, window: timedelta) -> None:
    """As `spend`, committed at once: a wrong code or password counts although the act around it is refused.

    Call it before anything else is written in the session.
    """
    spend(session, subject, limit, window)
    session.commit()


def give_back(session: Session, subject: str, window: timedelta) -> None:
    """Undo one `spend`, for tries of which only the failed ones count."""
    start = _start(clock.now(), window)
    session.execute(
        update(Quota)
        .where(col(Quota.subject) == subject, col(Quota.window_at) == start, col(Quota.used) > 0)
        .values(used=Quota.used - 1)
        .execution_options(synchronize_session=False)
    )


def once(session: Session, subject: str, at: datetime) -> bool:
    """Whether this is the first time that `subject` is used up for the moment `at`; parallel callers: one True."""
    statement = insert(session, Quota).values(subject=subject, window_at=at, used=1)
    return session.scalar(statement.on_conflict_do_nothing().returning(col(Quota.used))) is not None


def _start(now: datetime, window: timedelta) -> datetime:
    seconds = window.total_seconds()
    return datetime.fromtimestamp(now.timestamp() // seconds * seconds, UTC)


def _used(session: Session, subject: str, start: datetime) -> int:
    return session.exec(select(Quota.used).where(Quota.subject == subject, Quota.window_at == start)).first() or 0


def _count(session: Session, subject: str, start: datetime, room: int) -> bool:
    statement = insert(session, Quota).values(subject=subject, window_at=start, used=1)
    statement = statement.on_conflict_do_update(
        index_elements=["subject", "window_at"], set_={"used": Quota.used + 1}, where=col(Quota.used) < room
    )
    return session.scalar(statement.returning(col(Quota.used))) is not None


def _wait(now: datetime, start: datetime, window: timedelta, limit: int, before: int, used: int) -> int:
    """Minutes until one more fits: the window before fades, or the present one has to end."""
    free = start + window * (1 - (limit - used) / before) if before and used < limit else start + window
    return max(1, math.ceil((free - now) / timedelta(minutes=1)))
