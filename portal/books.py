"""Reading the audit chain in the open: its head, its newest public links, and whether the newest ones fit together."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from db.models.audit import AuditRow, ChainHead, PublishedHead
from portal import audit, ledger, limits, memo
from portal.acts import Who
from portal.errors import Refused

CHECKED = 500
DAYS = 14


@dataclass(frozen=True)
class Head:
    """The newest link of the chain, now or at the end of a day."""

    seq: int
    hash: str
    day_on: date | None = None


@dataclass(frozen=True)
class Link:
    """What anyone may read of a public link."""

    seq: int
    at: datetime
    act: str
    thing: str
    role: str


def head(session: Session, who: Who) -> Head:
    """The newest link."""
    row = session.get(ChainHead, 1) or ChainHead()
    return Head(row.seq, row.hash)


def published(session: Session, who: Who) -> list[Head]:
    """The heads published at the end of the last days, newest first."""
    rows = session.exec(select(PublishedHead).order_by(col(PublishedHead.day_on).desc()).limit(DAYS))
    return [Head(row.seq, row.hash, row.day_on) for row in rows]


def newest(
    session: Session, who: Who, before: str | None = None, limit: int = limits.PAGE_ROWS
) -> tuple[list[Link], str | None]:
    """Public links, newest first, and the key that continues them (None: that was all)."""
    query = select(AuditRow).where(AuditRow.public).order_by(col(AuditRow.seq).desc())
    if before:
        if not (before.isascii() and before.isdigit() and len(before) < 16):
            raise Refused("not_offered", field="page")
        query = query.where(AuditRow.seq < int(before))
    rows = session.exec(query.limit(limit + 1)).all()
    links = [Link(row.seq, row.at, row.act, row.thing, row.role) for row in rows[:limit]]
    return links, str(links[-1].seq) if len(rows) > limit else None


def check_newest(session: Session, who: Who) -> audit.Verdict:
    """Whether the newest `CHECKED` links fit together and end in the head. The whole chain is for `audit.verify`."""
    rows = session.exec(select(AuditRow).order_by(col(AuditRow.seq).desc()).limit(CHECKED + 1)).all()[::-1]
    seq, last = 0, audit.GENESIS
    if len(rows) > CHECKED:  # the oldest one is only what the next holds on to
        seq, last, rows = rows[0].seq, rows[0].hash, rows[1:]
    for row in rows:
        reason = audit.fault(row, seq, last)
        if reason:
            return audit.Verdict(len(rows), last, row.seq, reason)
        seq, last = row.seq, row.hash
    top = session.get(ChainHead, 1)
    if top is None or (top.seq, top.hash, top.mac) != (seq, last, audit.head_mac(seq, last)):
        return audit.Verdict(len(rows), last, seq, "head_forged")
    return audit.Verdict(len(rows), last)


@memo.for_all
def check_money(session: Session, who: Who) -> tuple[int, ledger.Fault | None]:
    """How many of the newest transfers were held against the chain, and the first that does not fit it."""
    return ledger.compare_newest(session)
