"""Clearing away what has served its time: tickets, codes, counters, old sessions."""

from datetime import timedelta

from sqlalchemy import delete
from sqlmodel import col, select

from db.engine import writing
from db.models.accounts import OneTimeCode, Quota, SessionReceipt, Ticket, WebSession
from portal import clock

QUOTA_KEPT = timedelta(days=2)
SESSION_KEPT = timedelta(days=30)


def sweep() -> None:
    """Delete what no rule reads any more; to be called now and then, by any process."""
    now = clock.now()
    old = select(WebSession.id).where(col(WebSession.expires_at) < now - SESSION_KEPT)
    with writing() as session:
        for statement in (
            delete(Ticket).where(col(Ticket.expires_at) < now),
            delete(OneTimeCode).where(col(OneTimeCode.expires_at) < now),
            delete(Quota).where(col(Quota.window_at) < now - QUOTA_KEPT),
            delete(SessionReceipt).where(col(SessionReceipt.session_id).in_(old)),
            delete(WebSession).where(col(WebSession.expires_at) < now - SESSION_KEPT),
        ):
            session.execute(statement.execution_options(synchronize_session=False))
        session.commit()
