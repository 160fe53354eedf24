"""The audit chain: every act leaves a row, and the rows hold each other.

What a row's hash covers, and how the verifier recomputes it without the portal, is described in
`portal/http/assets/verify_chain.py` and in `link` below: canonical JSON is UTF-8, keys sorted, no spaces.
"""

import hashlib
import json
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, update
from sqlmodel import Session, col, select

from db.engine import writing
from db.models.audit import AuditRow, ChainHead, PublishedHead
from db.upsert import insert
from portal import clock, rollups, vault

GENESIS = "0" * 64


@dataclass
class Entry:
    """An act on its way into the chain."""

    act: str
    thing: str
    role: str
    actor_id: int | None
    public: bool
    from_state: str = ""
    to_state: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    says: str | None = None
    says_public: bool = False
    private: dict[str, Any] = field(default_factory=dict)
    at: datetime = field(default_factory=clock.now)


@contextmanager
def transaction() -> Iterator[Session]:
    """One write transaction: what the acts inside it left is sealed into the chain, then all is committed.

    The chain's head is locked last, after the rows of the acts, so that two transactions never wait for
    each other in a circle.
    """
    with writing() as session:
        try:
            yield session
            session.flush()
            seal(session)
        except BaseException:
            for undo in session.info.pop("undo", ()):
                undo()
            raise
        session.commit()
        for work in session.info.pop("then", ()):
            work()


def on_success(session: Session, work: Callable[[], object]) -> None:
    """What to do outside the database once the present transaction is committed; never where it fails."""
    session.info.setdefault("then", []).append(work)


def on_failure(session: Session, undo: Callable[[], object]) -> None:
    """What to do outside the database if the present transaction fails; nothing where it is not known to have."""
    session.info.setdefault("undo", []).append(undo)


@contextmanager
def attempt(session: Session) -> Iterator[None]:
    """A part of a transaction that may be refused alone: its rows, its audit rows and its counters go together."""
    entries: list[Entry] = list(session.info.get("audit", ()))
    tallies: Counter[object] = Counter(session.info.get("tallies", {}))
    try:
        with session.begin_nested():
            yield
    except BaseException:
        session.info |= {"audit": entries, "tallies": tallies}
        raise


def leave(session: Session, entry: Entry) -> None:
    """Queue a row for the chain; it gets its number when the transaction ends."""
    session.info.setdefault("audit", []).append(entry)


def erase(session: Session, *which: ColumnElement[bool]) -> None:
    """Erase what was written in the rows for which all of `which` holds. The chain keeps only the salted digests."""
    written = (col(AuditRow.says).is_not(None), col(AuditRow.erased_at).is_(None))
    erased = update(AuditRow).where(*written, *which).values(says=None, erased_at=clock.now())
    session.execute(erased.execution_options(synchronize_session=False))


def queued(session: Session, thing: str) -> list[Entry]:
    """What the present transaction left for `thing` and has not sealed yet, in order."""
    return [entry for entry in session.info.get("audit", []) if entry.thing == thing]


def seal(session: Session) -> None:
    """Give the queued rows their numbers and hashes, and write the queued counters. Called by `transaction`."""
    queue: list[Entry] = session.info.pop("audit", [])
    if queue:
        # FOR UPDATE orders the processes on PostgreSQL; SQLite has its write lock already.
        head = session.exec(select(ChainHead).where(ChainHead.id == 1).with_for_update()).one_or_none()
        if head is None:
            raise RuntimeError("the chain has no head: run `python -m portal migrate`")
        seq, last = head.seq, head.hash
        rows = []
        for entry in queue:
            seq += 1
            row = _row(seq, last, entry)
            last = row["hash"]
            rows.append(row)
        session.execute(AuditRow.__table__.insert(), rows)  # type: ignore[attr-defined]
        session.execute(
            update(ChainHead).where(col(ChainHead.id) == 1).values(seq=seq, hash=last, mac=head_mac(seq, last))
        )
    rollups.write(session)


def begin_chain(session: Session) -> None:
    """Give the chain its first head, once; a chain that has one is left alone."""
    if session.get(ChainHead, 1) is None:
        session.add(ChainHead(id=1, seq=0, hash=GENESIS, mac=head_mac(0, GENESIS)))
        session.flush()


def head_mac(seq: int, digest: str) -> str:
    """Keyed seal of the head, so that cutting rows off the end needs the key, not only the database."""
    return vault.keyed_hash("chain-head", f"{seq}:{digest}")


def canonical(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def stamp(moment: datetime) -> str:
    """The form of a moment inside hashes: UTC, microseconds, Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def public_part(row: AuditRow) -> dict[str, Any] | None:
    """What anyone may read of a row; None for a row that is not public."""
    return _deed(row) if row.public else None


def private_digest(row: AuditRow) -> str:
    """The salted digest of what is not public: who, what was written, and all of a row that is not public."""
    hidden: dict[str, Any] = {
        "actor": row.actor_id,
        "says": row.says,
        "says_public": row.says_public,
        "private": row.private,
    }
    if not row.public:
        hidden |= _deed(row)
    return hashlib.sha256(row.salt.encode() + canonical(hidden)).hexdigest()


def _deed(row: AuditRow) -> dict[str, Any]:
    return {
        "act": row.act,
        "thing": row.thing,
        "from": row.from_state,
        "to": row.to_state,
        "role": row.role,
        "facts": row.facts,
    }


def link(previous: str, seq: int, at: datetime, public: dict[str, Any] | None, digest: str) -> str:
    """The hash of a row: SHA-256 over the canonical list of the hash before it and its own parts."""
    return hashlib.sha256(canonical([previous, seq, stamp(at), public, digest])).hexdigest()


def _row(seq: int, previous: str, entry: Entry) -> dict[str, Any]:
    row = AuditRow(
        seq=seq,
        at=entry.at,
        act=entry.act,
        thing=entry.thing,
        from_state=entry.from_state,
        to_state=entry.to_state,
        public=entry.public,
        role=entry.role,
        facts=entry.facts,
        actor_id=entry.actor_id,
        says=entry.says,
        says_public=entry.says_public,
        private=entry.private,
        salt=secrets.token_hex(16),
        digest="",
        hash="",
    )
    row.digest = private_digest(row)
    row.hash = link(previous, seq, row.at, public_part(row), row.digest)
    return row.model_dump()


@dataclass(frozen=True)
class Verdict:
    """What `verify` found: how many rows hold, and the first bad one with the reason (a message id)."""

    rows: int
    head: str
    bad_seq: int | None = None
    reason: str = ""

    @property
    def ok(self) -> bool:
        return self.bad_seq is None


def verify(session: Session, *, step: int = 2_000, progress: Callable[[int], None] | None = None) -> Verdict:
    """Walk the whole chain and compare it with its sealed head. Memory does not grow with its length.

    Rows and head must be of one moment: on PostgreSQL hand in a `db.engine.snapshot()` while others write.
    `progress` is told the number of rows that hold so far.
    """
    seq, last = 0, GENESIS
    first = session.exec(select(func.min(AuditRow.seq))).one()
    if first is not None and first < 1:
        return Verdict(0, last, first, "inserted")
    while True:
        rows = session.exec(select(AuditRow).where(AuditRow.seq > seq).order_by(col(AuditRow.seq)).limit(step)).all()
        for row in rows:
            reason = fault(row, seq, last)
            if reason:
                return Verdict(seq, last, seq + 1 if reason == "missing" else row.seq, reason)
            seq, last = row.seq, row.hash
        session.expunge_all()
        if progress:
            progress(seq)
        if len(rows) < step:
            break
    head = session.get(ChainHead, 1)
    if head is None or head.mac != head_mac(head.seq, head.hash):
        return Verdict(seq, last, seq, "head_forged")
    if (head.seq, head.hash) != (seq, last):
        return Verdict(seq, last, seq + 1, "truncated" if head.seq > seq else "appended")
    return Verdict(seq, last)


def holds_head(session: Session, seq: int, digest: str) -> bool:
    """Whether the chain still runs through a head that was published earlier."""
    row = session.get(AuditRow, seq)
    return (row.hash if row else GENESIS if seq == 0 else "") == digest


def publish_head(session: Session) -> PublishedHead:
    """Note the chain's head as that of the present day; a later call on the same day replaces the earlier one."""
    head = session.exec(select(ChainHead).where(ChainHead.id == 1).with_for_update()).one()
    return session.merge(PublishedHead(day_on=clock.day_of(clock.now()), seq=head.seq, hash=head.hash))


def close_day(session: Session) -> None:
    """Publish, once and for good, the last link of yesterday (in the town's zone). Does nothing the second time."""
    today = clock.day_of(clock.now())
    yesterday = today - timedelta(days=1)
    earlier = select(AuditRow).where(col(AuditRow.at) < clock.start_of(today))
    last = session.exec(earlier.order_by(col(AuditRow.seq).desc()).limit(1)).one_or_none()
    if last is not None:
        row = insert(session, PublishedHead).values(day_on=yesterday, seq=last.seq, hash=last.hash)
        session.execute(row.on_conflict_do_nothing())


def fault(row: AuditRow, seq: int, last: str) -> str:
    """What is wrong with `row` as the link after `seq` with the hash `last`: a message id, empty where it holds."""
    if row.seq != seq + 1:
        return "missing"
    if row.hash != link(last, row.seq, row.at, public_part(row), row.digest):
        return "altered"
    if row.erased_at is None and row.digest != private_digest(row):
        return "altered_private"
    if row.erased_at is not None and row.says is not None:
        return "altered_private"
    return ""
