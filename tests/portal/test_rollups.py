"""The counters: queued by the acts, written with them, and gone with them."""

from datetime import UTC, date, datetime
from threading import Thread

import pytest
from sqlmodel import select

from db.engine import reading
from db.models.rollups import Tally
from portal import areas, audit, rollups
from portal.areas import Tree
from portal.clock import at
from portal.rollups import DURATION_BUCKETS_HOURS, bucket_of, count
from tests.fixtures.town import CELL, CITY, COMMUNITY

NOON = datetime(2026, 7, 6, 4, 0, tzinfo=UTC)


def counted(measure: str = "posted") -> dict[tuple[date, int, int], int]:
    with reading() as session:
        rows = session.exec(select(Tally).where(Tally.measure == measure)).all()
    return {(t.day_on, t.area_id, t.bucket): t.n for t in rows}


def add(n: int = 1, path: str = CELL, bucket: int = 0, category: str = "roads") -> None:
    with audit.transaction() as session:
        ids = areas.tree().ids_up(areas.tree().by_path(path).id)
        count(session, "posted", area_ids=ids, kind="wish", category=category, n=n, bucket=bucket)


def test_what_happens_in_a_cell_counts_in_everything_above(town: Tree) -> None:
    with at(NOON):
        add()
        add(2)
    day = date(2026, 7, 6)
    assert counted() == {(day, place.id, 0): 3 for place in town.ancestors(CELL)}


def test_a_day_is_a_day_of_the_town(town: Tree) -> None:
    with at(datetime(2026, 7, 6, 15, 59, tzinfo=UTC)):
        add()
    with at(datetime(2026, 7, 6, 16, 0, tzinfo=UTC)):
        add()
    assert {day for day, _, _ in counted()} == {date(2026, 7, 6), date(2026, 7, 7)}


def test_counts_are_kept_apart(town: Tree) -> None:
    with at(NOON):
        add(category="noise")
        add(bucket=3)
        add(path=COMMUNITY)
    with reading() as session:
        rows = session.exec(select(Tally).where(Tally.area_id == town.by_path(CITY).id)).all()
    assert sorted((t.category, t.bucket, t.n) for t in rows) == [("noise", 0, 1), ("roads", 0, 1), ("roads", 3, 1)]


def test_what_comes_to_nothing_is_not_written(town: Tree) -> None:
    with audit.transaction() as session:
        for n in (1, -1):
            count(session, "posted", area_ids=[town.root.id], kind="wish", category="roads", n=n)
    assert counted() == {}
    add()
    add(-1)
    assert set(counted().values()) == {0}


def test_a_failed_transaction_counts_nothing(town: Tree) -> None:
    with pytest.raises(ValueError, match="stop"), audit.transaction() as session:
        count(session, "posted", area_ids=[town.root.id], kind="wish", category="roads")
        raise ValueError("stop")
    add(path=CITY)
    assert list(counted().values()) == [1]


def test_an_attempt_that_fails_takes_its_counts_along(town: Tree) -> None:
    with audit.transaction() as session:
        count(session, "posted", area_ids=[town.root.id], kind="wish", category="roads")
        with pytest.raises(ValueError, match="stop"), audit.attempt(session):
            count(session, "posted", area_ids=[town.root.id], kind="wish", category="roads", n=10)
            raise ValueError("stop")
        with audit.attempt(session):
            count(session, "posted", area_ids=[town.root.id], kind="wish", category="roads", n=100)
    assert list(counted().values()) == [101]


def test_many_count_at_once(town: Tree) -> None:
    """In different cells with the same areas above: no count is lost, and nobody waits in a circle."""
    cells = [cell.path for cell in town.below(COMMUNITY)[1:5]]
    with at(NOON):
        crowd = [Thread(target=add_at, args=(cells[n % 4],)) for n in range(24)]
        for thread in crowd:
            thread.start()
        for thread in crowd:
            thread.join(60)
    assert counted()[date(2026, 7, 6), town.root.id, 0] == 24


def add_at(path: str) -> None:
    with at(NOON):
        add(path=path)


def test_durations_fall_into_buckets_by_their_upper_edge() -> None:
    assert bucket_of(0) == bucket_of(1) == 0
    assert bucket_of(1.001) == bucket_of(2) == 1
    assert bucket_of(DURATION_BUCKETS_HOURS[-1]) == len(DURATION_BUCKETS_HOURS) - 1
    assert bucket_of(1e9) == len(DURATION_BUCKETS_HOURS)
    assert list(DURATION_BUCKETS_HOURS) == sorted(set(rollups.DURATION_BUCKETS_HOURS))
