"""What must never change holds even against somebody with a database prompt: triggers on both databases.

The audit table can only grow; one change is allowed there: to erase what somebody wrote (`says`) and to note when. The
same holds for the ledger, the published ballot boxes, and the rules of a round in which voting has begun. Taking the
triggers off needs the right to change the schema, and `python -m portal verify` finds what was done meanwhile.
"""

from dataclasses import dataclass

from sqlalchemy import Connection


@dataclass(frozen=True)
class Kept:
    """A table from which no row goes, and the columns of a row that stay as they are."""

    table: str
    columns: tuple[str, ...]
    keys: tuple[str, ...] = ("id",)
    """Columns that are unique: SQLite's INSERT OR REPLACE would delete the row that has the same."""
    changes: str = "TRUE"
    """What a change of the other columns must be."""
    once: str = "TRUE"
    """From which state of the old row on it is kept."""


AUDIT = Kept(
    "audit",
    (
        "seq", "at", "act", "thing", "from_state", "to_state", "public", "role", "facts", "actor_id", "says_public",
        "private", "salt", "digest", "hash",
    ),
    keys=("seq",),
    changes="NEW.says IS NULL AND NEW.erased_at IS NOT NULL AND OLD.erased_at IS NULL",
)  # fmt: skip

FUND = (
    Kept("account", ("id", "owner", "kind", "overdraws")),
    Kept(
        "transfer",
        (
            "id", "kind", "debit_id", "credit_id", "amount_fen", "order_id", "reverses_id", "fund_id", "round_id",
            "project_id", "at",
        ),
        keys=("id", "order_id", "reverses_id"),
    ),
    Kept(
        "money_order",
        (
            "id", "key", "kind", "fund_id", "round_id", "project_id", "milestone_id", "debit_id", "credit_id",
            "amount_fen", "reverses_id", "purpose", "received_on", "charity", "voucher", "payee", "author_id",
            "proposed_at",
        ),
        keys=("id", "key"),
    ),
    Kept("spending", ("order_id", "line_id", "amount_fen"), keys=()),
    Kept(
        "outcome",
        (
            "round_id", "box", "box_hash", "receipts", "receipts_hash", "voters", "paper", "roster", "result",
            "counted_at",
        ),
        keys=("round_id",),
    ),
    Kept(
        "round",
        (
            "fund_id", "budget_fen", "allowed", "excluded", "caps", "least_fen", "ballot_type", "min_choices",
            "max_choices", "points", "scores", "paper", "rule", "returns_to", "locked_at", "locked_hash", "seed",
        ),
        once="OLD.locked_at IS NOT NULL",
    ),
)  # fmt: skip


def create(connection: Connection) -> None:
    """Put the triggers on `audit`: no DELETE, no replacing, no UPDATE but an erasure."""
    _put(connection, AUDIT)


def create_fund(connection: Connection) -> None:
    """Put the triggers on the ledger, the ballot boxes, and the rounds in which voting has begun."""
    for kept in FUND:
        _put(connection, kept)


def drop(connection: Connection) -> None:
    """Take all these triggers off, for a restore that replaces everything."""
    for kept in (AUDIT, *FUND):
        where = "" if connection.dialect.name == "sqlite" else f" ON {kept.table}"
        for what in ("keeps", "stays", "once"):
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {kept.table}_{what}{where}")


def _put(connection: Connection, kept: Kept) -> None:
    statements = _sqlite(kept) if connection.dialect.name == "sqlite" else _postgresql(kept)
    for statement in statements:
        connection.exec_driver_sql(statement)


def _sqlite(kept: Kept) -> list[str]:
    table = kept.table
    same = " AND ".join(f"NEW.{column} IS OLD.{column}" for column in kept.columns)
    allowed = f"({kept.changes} AND {same})"
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    found = " OR ".join(f"{key} = NEW.{key}" for key in kept.keys)
    statements = [
        f"CREATE TRIGGER {table}_keeps BEFORE UPDATE ON {table} WHEN {kept.once} AND NOT {allowed} {refuse}",
        f"CREATE TRIGGER {table}_stays BEFORE DELETE ON {table} WHEN {kept.once} {refuse}",
    ]
    if found:
        # INSERT OR REPLACE deletes the old row without firing its DELETE trigger
        once = kept.once.replace("OLD.", "")
        exists = f"EXISTS (SELECT 1 FROM {table} WHERE ({found}) AND {once})"
        statements.append(f"CREATE TRIGGER {table}_once BEFORE INSERT ON {table} WHEN {exists} {refuse}")
    return statements


def _postgresql(kept: Kept) -> list[str]:
    table = kept.table
    # JSON has no equality of its own there
    same = " AND ".join(f"NEW.{column}::text IS NOT DISTINCT FROM OLD.{column}::text" for column in kept.columns)
    allowed = f"({kept.changes} AND {same})"
    call = f"EXECUTE FUNCTION {table}_refuses()"
    return [
        f"CREATE OR REPLACE FUNCTION {table}_refuses() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$",
        f"CREATE TRIGGER {table}_keeps BEFORE UPDATE ON {table} FOR EACH ROW "
        f"WHEN ({kept.once} AND NOT {allowed}) {call}",
        f"CREATE TRIGGER {table}_stays BEFORE DELETE ON {table} FOR EACH ROW WHEN ({kept.once}) {call}",
        f"CREATE TRIGGER {table}_once BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {call}",
    ]
