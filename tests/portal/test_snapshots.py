"""Slow data in memory: what this process changes is seen at once, what another changes within a second."""

from collections.abc import Callable
from threading import Barrier, Thread

import pytest
from sqlmodel import Session, select

from db.engine import reading, writing
from db.models.areas import Revision
from portal import snapshots
from portal.snapshots import Snapshot, bump


@pytest.fixture
def loads(db: str) -> tuple[Snapshot[int], list[int]]:
    """A snapshot of its own revision, and how often it was loaded."""
    asked: list[int] = []

    def load(session: Session) -> int:
        asked.append(1)
        return session.exec(select(Revision.number).where(Revision.name == "test")).one_or_none() or 0

    return Snapshot("test", load), asked


Loads = tuple[Snapshot[int], list[int]]


def change(commit: bool = True) -> None:
    with writing() as session:
        bump(session, "test")
        if commit:
            session.commit()


def elsewhere(fn: Callable[[], None]) -> None:
    """As another process would do it, of which this one hears nothing."""
    kept = list(snapshots._all)
    snapshots._all.clear()
    fn()
    snapshots._all.extend(kept)


def test_it_is_loaded_once(loads: Loads) -> None:
    snapshot, asked = loads
    assert [snapshot.get() for _ in range(5)] == [0] * 5
    snapshot.forget()
    snapshot.get()
    assert len(asked) == 1, "looking again at an unmoved revision loads nothing"


def test_ones_own_change_is_seen_at_once(loads: Loads) -> None:
    snapshot, _ = loads
    snapshot.get()
    for number in (1, 2, 3):
        change()
        assert snapshot.get() == number


def test_a_change_that_was_rolled_back_is_not_seen(loads: Loads) -> None:
    snapshot, asked = loads
    snapshot.get()
    change(commit=False)
    assert snapshot.get() == 0 and len(asked) == 1


def test_the_change_of_another_process_is_seen_within_a_second(loads: Loads, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot, _ = loads
    moment = [1_000.0]
    monkeypatch.setattr(snapshots.time, "monotonic", lambda: moment[0])
    snapshot.get()
    elsewhere(change)
    moment[0] += snapshots.CHECK_SECONDS * 0.99
    assert snapshot.get() == 0, "not asked yet"
    moment[0] += snapshots.CHECK_SECONDS * 0.02
    assert snapshot.get() == 1


def test_many_threads_load_it_once(loads: Loads) -> None:
    snapshot, asked = loads
    gate, seen = Barrier(12), []

    def run() -> None:
        gate.wait()
        seen.append(snapshot.get())

    crowd = [Thread(target=run) for _ in range(12)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join(20)
    assert seen == [0] * 12 and len(asked) == 1


def test_revisions_of_different_data_do_not_touch(db: str) -> None:
    with writing() as session:
        bump(session, "one")
        bump(session, "one")
        bump(session, "two")
        session.commit()
    with reading() as session:
        found = dict(session.exec(select(Revision.name, Revision.number)).all())
    assert (found["one"], found["two"]) == (2, 1)
