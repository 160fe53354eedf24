"""The engine: what a session promises on both databases, and what its errors say."""

import time
from threading import Thread

import pytest
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError
from sqlmodel import func, select

from db import engine as engine_module
from db.engine import close_engine, engine, open_engine, reading, snapshot, writing
from db.models.accounts import Ticket
from db.models.areas import Revision
from portal import clock


def test_an_error_does_not_quote_what_people_typed(db: str) -> None:
    with pytest.raises(IntegrityError) as caught, writing() as session:
        session.add(Ticket(token_hash="typed words", person_id=987_654, expires_at=clock.now()))
        session.flush()
    assert "typed words" not in str(caught.value)


def test_what_is_read_is_never_written(db: str) -> None:
    with reading() as session:
        session.add(Revision(name="mine", number=1))
        session.flush()
    with reading() as session:
        assert session.get(Revision, "mine") is None


def test_what_is_not_committed_is_gone(db: str) -> None:
    with writing() as session:
        session.add(Revision(name="mine", number=1))
        session.flush()
    with pytest.raises(ValueError, match="stop"), writing() as session:
        session.add(Revision(name="mine", number=2))
        raise ValueError("stop")
    with reading() as session:
        assert session.get(Revision, "mine") is None


def test_without_a_database_there_is_no_engine(db: str) -> None:
    close_engine()
    with pytest.raises(RuntimeError, match="open_engine"):
        engine()
    open_engine(db)


def test_sqlite_keeps_its_promises(sqlite_db: str) -> None:
    """WAL, written through to the disk, with foreign keys, on a library without the WAL-reset bug."""
    with reading() as session:

        def pragma(name: str) -> object:
            return session.connection().exec_driver_sql(f"PRAGMA {name}").scalar()

        assert (pragma("journal_mode"), pragma("synchronous"), pragma("foreign_keys")) == ("wal", 2, 1)
        version = session.connection().exec_driver_sql("SELECT sqlite_version()").scalar()
    assert tuple(map(int, str(version).split("."))) >= (3, 51, 3)


def test_postgresql_reads_what_is_committed(postgresql_database: str) -> None:
    open_engine(postgresql_database)
    with reading() as session:
        assert session.connection().exec_driver_sql("SHOW transaction_isolation").scalar() == "read committed"
    close_engine()


def adders(count: int) -> list[Exception]:
    """Many read a number, think, and write the next one."""
    errors: list[Exception] = []

    def add() -> None:
        try:
            with writing() as session:
                row = session.get_one(Revision, "counter", with_for_update=True)
                time.sleep(0.005)
                row.number += 1
                session.commit()
        except Exception as error:
            errors.append(error)

    with writing() as session:
        session.add(Revision(name="counter", number=0))
        session.commit()
    crowd = [Thread(target=add) for _ in range(count)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join(60)
    return errors


def counter() -> int:
    with reading() as session:
        return session.get_one(Revision, "counter").number


def test_writers_take_turns(db: str) -> None:
    assert adders(12) == []
    assert counter() == 12


def test_without_the_lock_at_the_start_writers_fail_on_sqlite(sqlite_db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: with a plain BEGIN a writer finds that what it read is no longer so."""
    event.remove(engine(), "begin", engine_module._sqlite_begin)
    event.listen(engine(), "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    assert adders(12) != []
    assert counter() < 12


def test_a_reader_is_not_held_up_by_a_writer(db: str) -> None:
    with writing() as writer:
        writer.add(Revision(name="mine", number=1))
        writer.flush()
        with reading() as session:
            assert session.get(Revision, "mine") is None
        writer.commit()
    with reading() as session:
        assert session.get_one(Revision, "mine").number == 1


def test_a_snapshot_sees_one_moment(db: str) -> None:
    with snapshot() as session:
        before = session.exec(select(func.count()).select_from(Revision)).one()
        with writing() as writer:
            writer.add(Revision(name="mine", number=1))
            writer.commit()
        assert session.exec(select(func.count()).select_from(Revision)).one() == before
