"""Slow data kept in memory: reloaded when its revision in the database moved."""

import threading
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from sqlalchemy import Engine, event
from sqlmodel import Session, col, select

from db.engine import engine, reading
from db.models.areas import Revision
from db.upsert import insert

T = TypeVar("T")
CHECK_SECONDS = 1.0
_all: "list[Snapshot[Any]]" = []


class Snapshot(Generic[T]):
    """What `load` made of the database, shared by all threads of the process.

    The revision is asked for at most once a second, so another process's change is seen within that time; the
    process that made the change calls `forget` (through `bump`) and sees it at once.
    """

    def __init__(self, name: str, load: Callable[[Session], T]) -> None:
        self.name, self._load = name, load
        self._lock = threading.Lock()
        self._held: tuple[int, Engine, T] | None = None
        self._checked = 0.0
        _all.append(self)

    def get(self) -> T:
        """The current value; loads it when there is none or it is out of date."""
        held = self._held
        if held is not None and time.monotonic() - self._checked < CHECK_SECONDS and held[1] is engine():
            return held[2]
        with self._lock, reading() as session:
            number = session.exec(select(Revision.number).where(Revision.name == self.name)).one_or_none() or 0
            held = self._held
            if held is None or held[0] != number or held[1] is not engine():
                held = (number, engine(), self._load(session))
                self._held = held
            self._checked = time.monotonic()
            return held[2]

    def forget(self) -> None:
        """Ask the database again on the next `get`."""
        self._checked = 0.0


def bump(session: Session, name: str) -> None:
    """Say, in the transaction that changes it, that the data called `name` changed.

    Locks the name's row, so that two who change the same data take turns. Once committed, this process looks again
    at once and the others within a second.
    """
    statement = insert(session, Revision).values(name=name, number=1)
    session.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"number": col(Revision.number) + 1}))
    event.listen(session, "after_commit", lambda _: forget_all(), once=True)


def forget_all() -> None:
    """Make every snapshot look again: after a change in this process, and between tests."""
    for snapshot in _all:
        snapshot.forget()
