"""How long contacts are kept: a daily run makes anonymous what has been finished for long enough.

What goes is whatever leads to a person: contact, receipt, the name's permission, the exact place of what is never
public, names and phones of the parties of a dispute. What stays is the matter itself, its answer and all statistics,
and the link to the account, so that the person finds it and may erase their words.
"""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, text, update
from sqlmodel import Session, col, select

from db.engine import reading
from db.models.cases import FINISHED, Case, KindName
from db.models.disputes import Party
from db.models.notices import Notice
from db.models.oversight import Retention, RetentionRun
from db.upsert import insert
from portal import areas, audit, clock, limits
from portal.acts import SYSTEM, InArea, Who, declare, demand, note, perform
from portal.cases import acts
from portal.cases.kinds import KINDS, SMALLEST
from portal.errors import Refused

BATCH = 100
RUNS_SHOWN = 12
SET = declare("setup.retention", "admin")

BARE: dict[str, Any] = {"contact_sealed": None, "contact_mask": "", "receipt_hash": None, "name_shown": False}
NOWHERE: dict[str, Any] = {"place": "", "lon": None, "lat": None, "tile": None}
"""The exact place taken off; the cell stays."""


@dataclass(frozen=True)
class Run:
    """What one day's run made anonymous of one kind."""

    day_on: date
    kind: str
    cases: int | None
    """None: of what is private, so few that somebody could be recognised."""


def months(session: Session, _who: Who) -> dict[str, int]:
    """For how many months contacts are kept, by kind. Anybody may know it."""
    kept = {row.kind: row.months for row in session.exec(select(Retention))}
    return {kind: kept[kind] for kind in KINDS if kind in kept}


def runs(session: Session, _who: Who) -> list[Run]:
    """The last runs that found something, newest first. Anybody may know them; disputes are not told of day by day."""
    told = col(RetentionRun.kind).in_([kind.name for kind in KINDS.values() if kind.board == "rates"])
    newest = select(RetentionRun).where(told).order_by(col(RetentionRun.day_on).desc(), col(RetentionRun.kind))
    return [Run(row.day_on, row.kind, _told(row)) for row in session.exec(newest.limit(RUNS_SHOWN))]


def _told(row: RetentionRun) -> int | None:
    return None if KINDS[row.kind].visible != "public" and row.cases < SMALLEST else row.cases


def set_months(session: Session, who: Who, typed: Mapping[str, int]) -> int:
    """Write how long is kept; how many kinds changed. Raises Refused `retention_months`."""
    town = InArea(areas.tree().root.path)
    demand(who, SET, town)
    kept = {row.kind: row for row in session.exec(select(Retention).order_by(col(Retention.kind)).with_for_update())}
    changed = {kind: n for kind, n in typed.items() if kind not in kept or kept[kind].months != n}
    for kind, n in changed.items():
        if kind not in KINDS or not isinstance(n, int) or not 1 <= n <= limits.RETENTION_MONTHS:
            raise Refused("retention_months", limit=limits.RETENTION_MONTHS)
        before = kept[kind].months if kind in kept else None
        session.merge(Retention(kind=kind, months=n))
        note(session, who, SET, town, f"retention:{kind}", facts={"kind": kind, "from": before, "months": n})
    return len(changed)


def run() -> int:
    """Make anonymous all whose time is over; how many. Safe at any time and in any number of processes.

    A few hundred in a transaction, so that nobody waits long.
    """
    total = 0
    with reading() as session:
        kept = months(session, SYSTEM)
    for kind, n in kept.items():
        before = cut_off(clock.now(), n)
        while True:
            done = _batch(kind, before)
            total += done
            if done < BATCH:
                break
    return total


def cut_off(now: datetime, n: int) -> datetime:
    """The same moment `n` months earlier; in a month that is too short, on its last day."""
    year, month = divmod(now.year * 12 + now.month - 1 - n, 12)
    return now.replace(year=year, month=month + 1, day=min(now.day, monthrange(year, month + 1)[1]))


def anonymise(session: Session, case: Case) -> None:
    """Take off what leads to a person, and note when."""
    sets = BARE | (NOWHERE if KINDS[case.kind].visible == "private" else {})
    perform(session, SYSTEM, acts.ANONYMISE, case, anonymised_at=clock.now(), **sets)
    if case.kind == KindName.DISPUTE:
        parties = update(Party).where(col(Party.case_id) == case.id)
        session.execute(parties.values(name_sealed=None, name_mask="", phone_sealed=None, phone_mask=""))
    forget_numbers(session, case.id)


def forget_numbers(session: Session, case_id: int | None) -> None:
    """Messages about a case that wait for a phone are not sent any more, and the number goes."""
    waiting = update(Notice).where(col(Notice.case_id) == case_id, col(Notice.phone_sealed).is_not(None))
    session.execute(waiting.values(phone_sealed=None, sealed=None, due_at=None, failed_at=clock.now()))


def _batch(kind: str, before: datetime) -> int:
    """The next cases of a kind, those closed and those that ended otherwise; how many."""
    with audit.transaction() as session:
        found = _due(session, kind, [col(Case.closed_at) < before], BATCH)
        ended = [col(Case.closed_at).is_(None), col(Case.updated_at) < before]
        found += _due(session, kind, ended, BATCH - len(found))
        for case in found:
            anonymise(session, case)
        if found:
            row = insert(session, RetentionRun).values(day_on=clock.day_of(clock.now()), kind=kind, cases=len(found))
            more = {"cases": RetentionRun.__table__.c.cases + row.excluded.cases}  # type: ignore[attr-defined]
            session.execute(row.on_conflict_do_update(index_elements=["day_on", "kind"], set_=more))
    return len(found)


def _due(session: Session, kind: str, ended: list[ColumnElement[bool]], limit: int) -> list[Case]:
    """Along the index of what is finished and not anonymous yet; what another process has in hand is passed over."""
    query = select(Case).where(Case.kind == kind, *ended, text(FINISHED), col(Case.anonymised_at).is_(None))
    query = query.order_by(col(Case.closed_at), col(Case.updated_at), col(Case.id)).limit(limit)
    return list(session.exec(query.with_for_update(skip_locked=True, key_share=True)).all()) if limit else []
