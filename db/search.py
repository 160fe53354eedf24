"""The search index: character pairs, because Chinese words have two characters and no spaces.

SQLite keeps them in a contentless FTS5 table, PostgreSQL in a tsvector with positions; a query is a phrase of pairs,
so a hit is an exact run of characters on both.
"""

import re
import unicodedata

from sqlalchemy import ColumnElement, Connection, column, literal_column, table, text
from sqlalchemy.sql.selectable import TableClause
from sqlmodel import Session

_RUN = re.compile(r"[^\W_]+")
FTS = table("case_words", column("rowid"), column("case_id"), column("words"))


def create(connection: Connection) -> None:
    """Create the index tables, for a migration."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            "CREATE VIRTUAL TABLE case_words USING fts5("
            "words, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 0')"
        )
    else:
        connection.exec_driver_sql("CREATE TABLE case_words (case_id integer PRIMARY KEY, words tsvector NOT NULL)")
        connection.exec_driver_sql("CREATE INDEX case_words_gin ON case_words USING gin (words)")


def drop(connection: Connection) -> None:
    connection.exec_driver_sql("DROP TABLE case_words")


def pairs(plain: str) -> list[str]:
    """The overlapping character pairs of each run of letters and digits, and the last character of the run alone."""
    folded = unicodedata.normalize("NFKC", plain).casefold()
    found = []
    for run in _RUN.findall(folded):
        found += [run[i : i + 2] for i in range(len(run))]
    return found


def stored(found: list[str], sqlite: bool) -> str:
    """The pairs as the index takes them: words in a row for FTS5, a tsvector with positions for PostgreSQL."""
    return " ".join(found) if sqlite else " ".join(f"'{pair}':{i}" for i, pair in enumerate(found, 1))


def put(session: Session, case_id: int, plain: str) -> None:
    """Index `plain` under `case_id`, replacing what was there."""
    if _sqlite(session):
        session.execute(text("DELETE FROM case_words WHERE rowid = :id"), {"id": case_id})
        session.execute(
            text("INSERT INTO case_words (rowid, words) VALUES (:id, :words)"),
            {"id": case_id, "words": stored(pairs(plain), True)},
        )
    else:
        session.execute(
            text(
                "INSERT INTO case_words (case_id, words) VALUES (:id, CAST(:words AS tsvector)) "
                "ON CONFLICT (case_id) DO UPDATE SET words = excluded.words"
            ),
            {"id": case_id, "words": stored(pairs(plain), False)},
        )


def remove(session: Session, case_id: int) -> None:
    key = "rowid" if _sqlite(session) else "case_id"
    session.execute(text(f"DELETE FROM case_words WHERE {key} = :id"), {"id": case_id})


def match(session: Session, typed: str) -> tuple[TableClause, ColumnElement[int], ColumnElement[bool]] | None:
    """The index table, its case id column and the condition that finds `typed`; None where nothing is to be found.

    Every run of letters in `typed` must occur as it stands, in any order.
    """
    runs = [run for run in _RUN.findall(unicodedata.normalize("NFKC", typed).casefold()) if run]
    if not runs:
        return None
    if _sqlite(session):
        query = " AND ".join(_fts5(run) for run in runs)
        condition = text("case_words MATCH :words").bindparams(words=query)
        return FTS, literal_column("case_words.rowid"), condition  # type: ignore[return-value]
    query = " & ".join(_tsquery(run) for run in runs)
    condition = text("case_words.words @@ CAST(:words AS tsquery)").bindparams(words=query)
    return FTS, literal_column("case_words.case_id"), condition  # type: ignore[return-value]


def _fts5(run: str) -> str:
    if len(run) == 1:
        return f'"{run}" *'
    return '"' + " ".join(run[i : i + 2] for i in range(len(run) - 1)) + '"'


def _tsquery(run: str) -> str:
    if len(run) == 1:
        return f"'{run}':*"
    return "(" + " <-> ".join(f"'{run[i : i + 2]}'" for i in range(len(run) - 1)) + ")"


def _sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"
