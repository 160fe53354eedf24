"""Counters that the board reads: queued by the acts, written once at the end of their transaction."""

from collections import Counter
from datetime import date, datetime

from sqlmodel import Session

from db.models.rollups import Tally
from db.upsert import insert
from portal import clock

DURATION_BUCKETS_HOURS = (1, 2, 4, 8, 12, 24, 36, 48, 72, 96, 120, 144, 168, 216, 264, 336, 432, 528, 720, 1_080, 1_440)
"""Upper edges in hours; the last bucket is open. Median and percentile are read off between the edges."""


def count(
    session: Session,
    measure: str,
    *,
    area_ids: list[int],
    kind: str,
    category: str,
    n: int = 1,
    bucket: int = 0,
    at: datetime | None = None,
) -> None:
    """Add `n` to `measure` for the day of `at` in each of `area_ids` (the cell and all above it)."""
    day = clock.day_of(at or clock.now())
    queue: Counter[tuple[date, int, str, str, str, int]] = session.info.setdefault("tallies", Counter())
    for area_id in area_ids:
        queue[(day, area_id, kind, category, measure, bucket)] += n


def bucket_of(hours: float) -> int:
    """The number of the duration bucket that holds `hours`."""
    for i, edge in enumerate(DURATION_BUCKETS_HOURS):
        if hours <= edge:
            return i
    return len(DURATION_BUCKETS_HOURS)


def write(session: Session) -> None:
    """Write the queued counters, in key order so that two transactions lock the rows in the same order."""
    queue: Counter[tuple[date, int, str, str, str, int]] = session.info.pop("tallies", Counter())
    rows = [
        {"day_on": d, "area_id": a, "kind": k, "category": c, "measure": m, "bucket": b, "n": n}
        for (d, a, k, c, m, b), n in sorted(queue.items())
        if n
    ]
    if not rows:
        return
    statement = insert(session, Tally)
    keys = ["day_on", "area_id", "kind", "category", "measure", "bucket"]
    session.execute(
        statement.on_conflict_do_update(index_elements=keys, set_={"n": Tally.__table__.c.n + statement.excluded.n}),  # type: ignore[attr-defined]
        rows,
    )
