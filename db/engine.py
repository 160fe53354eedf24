"""One engine and one way to a session, for SQLite and PostgreSQL alike."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pysqlite3
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import make_url
from sqlmodel import Session, create_engine

_engine: Engine | None = None

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # an acknowledged post survives a power cut, not only a crash
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=15000",
    "PRAGMA cache_size=-32000",
)


def open_engine(url: str) -> Engine:
    """Open the database at `url` for this process and return its engine; an earlier one is closed.

    SQLite runs on the `pysqlite3` driver, whose library is newer than 3.51.3: older ones can corrupt a WAL. Errors
    do not quote the values of a statement, which may be what people typed.
    """
    global _engine
    close_engine()
    if make_url(url).get_backend_name() == "sqlite":
        engine = create_engine(url, module=pysqlite3, pool_size=16, max_overflow=64, hide_parameters=True)
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)
    else:
        # READ COMMITTED: the truth is in UNIQUE and CHECK constraints, not in an isolation level.
        engine = create_engine(
            url,
            pool_size=8,
            max_overflow=56,
            pool_pre_ping=True,
            isolation_level="READ COMMITTED",
            hide_parameters=True,
        )
    _engine = engine
    return engine


def close_engine() -> None:
    """Close the process's database; the next `engine()` needs `open_engine` again."""
    global _engine
    if _engine is not None:
        _engine.dispose()
        _engine = None


def engine() -> Engine:
    """The open engine. Raises RuntimeError when nothing was opened."""
    if _engine is None:
        raise RuntimeError("no database is open: call db.engine.open_engine(url) first")
    return _engine


def is_sqlite() -> bool:
    return engine().dialect.name == "sqlite"


@contextmanager
def reading() -> Iterator[Session]:
    """A session for reads; whatever it holds at the end is rolled back."""
    with Session(engine(), expire_on_commit=False) as session:
        yield session


@contextmanager
def snapshot() -> Iterator[Session]:
    """A session for many reads that must all see one moment, whatever others commit meanwhile."""
    bound = engine()
    if not is_sqlite():  # SQLite's transaction is such a snapshot by itself
        bound = bound.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with Session(bound, expire_on_commit=False) as session:
        yield session


@contextmanager
def writing() -> Iterator[Session]:
    """A session for one write transaction: the caller commits, anything else rolls back.

    On SQLite the transaction takes the write lock at its start (BEGIN IMMEDIATE), so that a read inside it
    is never older than its own write.
    """
    bound = engine().execution_options(portal_write=True)
    with Session(bound, expire_on_commit=False) as session:
        yield session


def _sqlite_connect(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # SQLAlchemy says BEGIN itself, below
    for pragma in SQLITE_PRAGMAS:
        connection.execute(pragma)


def _sqlite_begin(connection: Connection) -> None:
    write = connection.get_execution_options().get("portal_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
