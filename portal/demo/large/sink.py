"""Rows into tables as fast as each database takes them: one prepared statement on SQLite, COPY on PostgreSQL."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from db import search
from db.engine import engine, is_sqlite, writing

BIG_CACHE_KB = 600_000
Rows = Iterable[Sequence[Any]]


def insert(session: Session, table: str, columns: Sequence[str], rows: Rows) -> None:
    """Add `rows` to `table` in the session's transaction."""
    names = ", ".join(columns)
    cursor: Any = session.connection().connection.cursor()
    if is_sqlite():
        marks = ", ".join("?" * len(columns))
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)
        return
    with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def index_words(session: Session, rows: Iterable[tuple[int, list[str]]]) -> None:
    """Add the character pairs of cases, by id, to the search index."""
    key = "rowid" if is_sqlite() else "case_id"
    insert(session, "case_words", (key, "words"), ((i, search.stored(found, is_sqlite())) for i, found in rows))


def catch_up(session: Session, table: str) -> None:
    """Let the numbering of a table, whose ids were given here, go on behind the last one."""
    if not is_sqlite():
        session.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"))


@contextmanager
def written() -> Iterator[Session]:
    """One write transaction, committed at the end of the block."""
    with writing() as session:
        if is_sqlite():
            session.execute(text(f"PRAGMA cache_size = -{BIG_CACHE_KB}"))
        yield session
        session.commit()


def settle() -> None:
    """Give the large cache back; on PostgreSQL also count what is there now, as its autovacuum would in a while."""
    engine().dispose()
    if not is_sqlite():
        with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))
