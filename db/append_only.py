"""The audit table can only grow: triggers that hold even against somebody with a database prompt.

One change is allowed: to erase what somebody wrote (`says`) and to note when. Taking the triggers off needs
the right to change the schema, and `python -m portal verify` finds what was done meanwhile.
"""

from sqlalchemy import Connection

KEPT = (
    "seq", "at", "act", "thing", "from_state", "to_state", "public", "role", "facts", "actor_id", "says_public",
    "private", "salt", "digest", "hash",
)  # fmt: skip
"""The columns of a row that never change."""

TRIGGERS = ("audit_keeps", "audit_stays", "audit_once")


def create(connection: Connection) -> None:
    """Put the triggers on `audit`: no DELETE, no replacing, no UPDATE but an erasure."""
    statements = _sqlite() if connection.dialect.name == "sqlite" else _postgresql()
    for statement in statements:
        connection.exec_driver_sql(statement)


def drop(connection: Connection) -> None:
    """Take the triggers off, for a restore that replaces everything."""
    where = "" if connection.dialect.name == "sqlite" else " ON audit"
    for name in TRIGGERS:
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}{where}")


def _sqlite() -> list[str]:
    same = " AND ".join(f"NEW.{column} IS OLD.{column}" for column in KEPT)
    refuse = "BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END"
    return [
        f"CREATE TRIGGER audit_keeps BEFORE UPDATE ON audit WHEN NOT ({_erasure()} AND {same}) {refuse}",
        f"CREATE TRIGGER audit_stays BEFORE DELETE ON audit {refuse}",
        # INSERT OR REPLACE deletes the old row without firing its DELETE trigger
        f"CREATE TRIGGER audit_once BEFORE INSERT ON audit "
        f"WHEN EXISTS (SELECT 1 FROM audit WHERE seq = NEW.seq) {refuse}",
    ]


def _postgresql() -> list[str]:
    # JSON has no equality of its own there
    same = " AND ".join(f"NEW.{column}::text IS NOT DISTINCT FROM OLD.{column}::text" for column in KEPT)
    call = "EXECUTE FUNCTION audit_refuses()"
    return [
        "CREATE OR REPLACE FUNCTION audit_refuses() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'audit is append-only'; END $$",
        f"CREATE TRIGGER audit_keeps BEFORE UPDATE ON audit FOR EACH ROW WHEN (NOT ({_erasure()} AND {same})) {call}",
        f"CREATE TRIGGER audit_stays BEFORE DELETE ON audit FOR EACH ROW {call}",
        f"CREATE TRIGGER audit_once BEFORE TRUNCATE ON audit FOR EACH STATEMENT {call}",
    ]


def _erasure() -> str:
    return "NEW.says IS NULL AND NEW.erased_at IS NOT NULL AND OLD.erased_at IS NULL"
