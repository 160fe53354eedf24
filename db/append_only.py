"""What must never change holds even against somebody with a database prompt: triggers on both databases.

The audit table can only grow; one change is allowed there: to erase what somebody wrote (`says`) and to note when. The
same holds for the ledger, the published ballot boxes, and the rules of a round in which voting has begun. A transfer is
taken only as the exact execution of an order that was approved, and a balance moves only by a transfer. Taking the
triggers off needs the right to change the schema, and `python -m portal verify` finds what was done meanwhile.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection


@dataclass(frozen=True)
class Kept:
    """A table from which no row goes, and the columns of a row that stay as they are."""

    table: str
    columns: tuple[str, ...]
    row: tuple[str, ...] = ("id",)
    """Its primary key, which never changes: SQLite's UPDATE OR REPLACE would delete the row that has the same."""
    unique: tuple[str, ...] = ()
    """What else no two rows have in common, as a condition on an old row and NEW. SQLite's INSERT OR REPLACE would
    delete the old row without a word to the triggers."""
    changes: str = "TRUE"
    """What a change of the other columns must be."""
    once: str = "TRUE"
    """From which state of the old row on it is kept."""
    begins: str = "TRUE"
    """What a new row must be."""


AUDIT = Kept(
    "audit",
    (
        "seq", "at", "act", "thing", "from_state", "to_state", "public", "role", "facts", "actor_id", "says_public",
        "private", "salt", "digest", "hash",
    ),
    row=("seq",),
    changes="NEW.says IS NULL AND NEW.erased_at IS NOT NULL AND OLD.erased_at IS NULL",
)  # fmt: skip

ORDER = Kept(
    "money_order",
    (
        "id", "key", "kind", "fund_id", "round_id", "project_id", "milestone_id", "debit_id", "credit_id",
        "amount_fen", "reverses_id", "purpose", "received_on", "charity", "voucher", "payee", "author_id",
        "proposed_at",
    ),
    unique=(
        "key = NEW.key",
        "kind = 'instalment' AND state IN ('proposed', 'posted') AND milestone_id = NEW.milestone_id",
        "state IN ('proposed', 'posted') AND reverses_id = NEW.reverses_id",
    ),
    # nothing that was decided is decided again; and so no change can push another row out of a unique index
    changes="(NEW.state = OLD.state OR OLD.state = 'proposed' OR (OLD.state = 'posted' AND NEW.state = 'reversed')) "
    "AND (OLD.decided_by IS NULL OR (NEW.decided_by = OLD.decided_by AND NEW.decided_at = OLD.decided_at))",
)  # fmt: skip
ORDERED = (
    "SELECT 1 FROM money_order AS o WHERE o.id = NEW.order_id AND o.state = 'posted' AND o.kind = NEW.kind "
    "AND o.debit_id = NEW.debit_id AND o.credit_id = NEW.credit_id AND o.amount_fen = NEW.amount_fen"
)
"""The order that two people agreed to, of which a transfer is the exact execution."""
MOVED = (
    "SELECT 1 FROM transfer AS t WHERE t.id = NEW.moved_by AND NEW.moved_by > OLD.moved_by AND ("
    "(t.credit_id = NEW.id AND NEW.balance_fen = OLD.balance_fen + t.amount_fen) OR "
    "(t.debit_id = NEW.id AND NEW.balance_fen = OLD.balance_fen - t.amount_fen))"
)
"""The transfer that moves a balance: each one once, by its own amount."""

FUND = (
    Kept(
        "account",
        ("id", "owner", "kind", "overdraws"),
        unique=("owner = NEW.owner AND kind = NEW.kind",),
        changes=f"((NEW.balance_fen = OLD.balance_fen AND NEW.moved_by = OLD.moved_by) OR EXISTS ({MOVED}))",
        begins="NEW.balance_fen = 0 AND NEW.moved_by = 0",
    ),
    Kept(
        "transfer",
        (
            "id", "kind", "debit_id", "credit_id", "amount_fen", "order_id", "reverses_id", "fund_id", "round_id",
            "project_id", "at",
        ),
        unique=(
            "order_id = NEW.order_id",
            "reverses_id = NEW.reverses_id",
            "kind = 'award' AND NEW.kind = 'award' AND project_id = NEW.project_id",
        ),
        begins=f"(NEW.kind = 'award' AND NEW.order_id IS NULL) OR EXISTS ({ORDERED})",
    ),
    ORDER,
    Kept("spending", ("order_id", "line_id", "amount_fen"), row=("order_id", "line_id")),
    Kept(
        "outcome",
        (
            "round_id", "box", "box_hash", "receipts", "receipts_hash", "voters", "paper", "roster", "result",
            "counted_at",
        ),
        row=("round_id",),
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
        for what in ("keeps", "stays", "once", "begins"):
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {kept.table}_{what}{where}")


def _put(connection: Connection, kept: Kept) -> None:
    statements = _sqlite(kept) if connection.dialect.name == "sqlite" else _postgresql(kept)
    for statement in statements:
        connection.exec_driver_sql(statement)


def _kept(kept: Kept, same: Callable[[str], str]) -> str:
    """The condition on OLD and NEW under which an UPDATE is refused."""
    stays, row = (" AND ".join(map(same, columns)) for columns in (kept.columns, kept.row))
    return f"NOT ({row}) OR ({kept.once} AND NOT ({kept.changes} AND {stays}))"


def _sqlite(kept: Kept) -> list[str]:
    table = kept.table
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    same = " AND ".join(f"{column} = NEW.{column}" for column in kept.row)
    found = " OR ".join(f"({condition})" for condition in (same, *kept.unique))
    # INSERT OR REPLACE deletes the old row without firing its DELETE trigger
    exists = f"EXISTS (SELECT 1 FROM {table} WHERE ({found}) AND {kept.once.replace('OLD.', '')})"
    changed = _kept(kept, lambda column: f"NEW.{column} IS OLD.{column}")
    return [
        f"CREATE TRIGGER {table}_keeps BEFORE UPDATE ON {table} WHEN {changed} {refuse}",
        f"CREATE TRIGGER {table}_stays BEFORE DELETE ON {table} WHEN {kept.once} {refuse}",
        f"CREATE TRIGGER {table}_once BEFORE INSERT ON {table} WHEN {exists} {refuse}",
        f"CREATE TRIGGER {table}_begins BEFORE INSERT ON {table} WHEN NOT ({kept.begins}) {refuse}",
    ]


def _postgresql(kept: Kept) -> list[str]:
    table = kept.table
    # JSON has no equality of its own there; and only a function's body may look at other tables
    changed = _kept(kept, lambda column: f"NEW.{column}::text IS NOT DISTINCT FROM OLD.{column}::text")
    functions = {"refuses": "TRUE", "changed": changed, "begun": f"NOT ({kept.begins})"}
    return [
        *(_function(f"{table}_{name}", refused, table) for name, refused in functions.items()),
        f"CREATE TRIGGER {table}_keeps BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_changed()",
        f"CREATE TRIGGER {table}_stays BEFORE DELETE ON {table} FOR EACH ROW WHEN ({kept.once}) "
        f"EXECUTE FUNCTION {table}_refuses()",
        f"CREATE TRIGGER {table}_once BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuses()",
        f"CREATE TRIGGER {table}_begins BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_begun()",
    ]


def _function(name: str, refused: str, table: str) -> str:
    return (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {refused} THEN RAISE EXCEPTION '{table} is append-only'; END IF; RETURN NEW; END $$"
    )
