"""The chain: what it holds, what it refuses, and that every kind of tampering is found at its first row."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from db import append_only
from db.engine import engine, reading, snapshot, writing
from db.models.audit import AuditRow, ChainHead, PublishedHead
from portal import audit, clock
from portal.audit import Entry
from portal.http.chain import _line

VERIFIER = Path("portal/http/assets/verify_chain.py").resolve()
ROWS = 12


def fill(rows: int = ROWS) -> None:
    """A chain with public and private rows, with and without words."""
    for number in range(1, rows + 1):
        with audit.transaction() as session:
            audit.leave(session, entry(number))


def entry(number: int) -> Entry:
    return Entry(
        act="case.note",
        thing=f"cases:{number}",
        role="staff",
        actor_id=number,
        public=number % 3 != 0,
        facts={"句": "路灯", "n": number, "share": 0.1},
        says=f"说的话 {number}",
        private={"phone": number},
    )


def verdict() -> audit.Verdict:
    with snapshot() as session:
        return audit.verify(session, step=5)


def exported() -> str:
    with reading() as session:
        return "".join(_line(row) for row in session.exec(select(AuditRow).order_by(AuditRow.seq)))  # type: ignore[arg-type]


def run_verifier(lines: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The stand-alone program, isolated from this repository and from installed packages."""
    command = [sys.executable, "-I", "-S", str(VERIFIER), *arguments]
    return subprocess.run(command, input=lines, capture_output=True, text=True, check=False)


def tamper(*statements: str) -> None:
    """Change rows as somebody could who owns the database: with the triggers off."""
    with engine().execution_options(portal_write=True).begin() as connection:
        append_only.drop(connection)
        for statement in statements:
            connection.exec_driver_sql(statement)
        append_only.create(connection)


COPIED = ", ".join(c.name for c in AuditRow.__table__.columns if c.name != "seq")  # type: ignore[attr-defined]
TAMPERINGS = {
    "edit_public": (["UPDATE audit SET to_state = 'closed' WHERE seq = 7"], 7, "altered"),
    "edit_facts": (["""UPDATE audit SET facts = '{"n":8}' WHERE seq = 7"""], 7, "altered"),
    "edit_time": (["UPDATE audit SET at = '2020-01-01 00:00:00.000000+00:00' WHERE seq = 7"], 7, "altered"),
    "edit_words": (["UPDATE audit SET says = 'x' WHERE seq = 7"], 7, "altered_private"),
    "edit_actor": (["UPDATE audit SET actor_id = 1 WHERE seq = 7"], 7, "altered_private"),
    "edit_private_row": (["UPDATE audit SET act = 'case.hide' WHERE seq = 6"], 6, "altered_private"),
    "edit_hash": (["UPDATE audit SET hash = digest WHERE seq = 7"], 7, "altered"),
    "make_private": (["UPDATE audit SET public = NOT public WHERE seq = 7"], 7, "altered"),
    "words_after_erasure": (
        ["UPDATE audit SET says = 'x', erased_at = at WHERE seq = 7"],
        7,
        "altered_private",
    ),
    "delete": (["DELETE FROM audit WHERE seq = 7"], 7, "missing"),
    "delete_first": (["DELETE FROM audit WHERE seq = 1"], 1, "missing"),
    "delete_and_close_up": (
        [
            "DELETE FROM audit WHERE seq = 7",
            *(f"UPDATE audit SET seq = {n - 1} WHERE seq = {n}" for n in range(8, ROWS + 1)),
        ],
        7,
        "altered",
    ),
    "insert_at_end": (
        [f"INSERT INTO audit (seq, {COPIED}) SELECT {ROWS + 1}, {COPIED} FROM audit WHERE seq = 7"],
        ROWS + 1,
        "altered",
    ),
    "insert_before_first": (
        [f"INSERT INTO audit (seq, {COPIED}) SELECT 0, {COPIED} FROM audit WHERE seq = 7"],
        0,
        "inserted",
    ),
    "insert_between": (
        [
            *(f"UPDATE audit SET seq = {n + 1} WHERE seq = {n}" for n in range(ROWS, 6, -1)),
            f"INSERT INTO audit (seq, {COPIED}) SELECT 7, {COPIED} FROM audit WHERE seq = 6",
        ],
        7,
        "altered",
    ),
    "swap": (
        [
            "UPDATE audit SET seq = 99 WHERE seq = 7",
            "UPDATE audit SET seq = 7 WHERE seq = 8",
            "UPDATE audit SET seq = 8 WHERE seq = 99",
        ],
        7,
        "altered",
    ),
    "truncate": ([f"DELETE FROM audit WHERE seq > {ROWS - 2}"], ROWS - 1, "truncated"),
    "truncate_with_head": (
        [
            f"DELETE FROM audit WHERE seq > {ROWS - 2}",
            f"UPDATE chain_head SET seq = {ROWS - 2}, hash = (SELECT hash FROM audit WHERE seq = {ROWS - 2})",
        ],
        ROWS - 2,
        "head_forged",
    ),
    "empty": (["DELETE FROM audit"], 1, "truncated"),
}


def test_an_untouched_chain_holds(db: str) -> None:
    fill()
    found = verdict()
    assert found.ok and found.rows == ROWS
    with reading() as session:
        assert session.get_one(ChainHead, 1).hash == found.head


def test_an_empty_chain_holds(db: str) -> None:
    assert verdict() == audit.Verdict(0, audit.GENESIS)


@pytest.mark.parametrize("name", TAMPERINGS)
def test_tampering_is_found_at_its_first_row(db: str, name: str) -> None:
    statements, row, reason = TAMPERINGS[name]
    fill()
    tamper(*statements)
    found = verdict()
    assert (found.bad_seq, found.reason) == (row, reason)


def test_a_rewritten_end_without_the_key_is_found(db: str) -> None:
    """Whoever rebuilds all hashes after a change still lacks the key that seals the head."""
    fill()
    with writing() as session:
        append_only.drop(session.connection())
        previous = audit.GENESIS
        for row in session.exec(select(AuditRow).order_by(AuditRow.seq)):  # type: ignore[arg-type]
            row.facts = {"n": 0}
            row.digest = audit.private_digest(row)
            row.hash = previous = audit.link(previous, row.seq, row.at, audit.public_part(row), row.digest)
        session.get_one(ChainHead, 1).hash = previous
        session.commit()
    assert verdict().reason == "head_forged"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET to_state = 'closed' WHERE seq = 7",
        "UPDATE audit SET facts = '{}' WHERE seq = 7",
        "UPDATE audit SET says = 'x' WHERE seq = 7",
        "UPDATE audit SET says = NULL WHERE seq = 7",
        "UPDATE audit SET says = 'x', erased_at = at WHERE seq = 7",
        "UPDATE audit SET says = NULL, erased_at = at, actor_id = 1 WHERE seq = 7",
        "UPDATE audit SET seq = 99 WHERE seq = 7",
        "DELETE FROM audit WHERE seq = 7",
        "DELETE FROM audit",
    ],
)
def test_the_database_refuses_to_change_a_row(db: str, statement: str) -> None:
    fill()
    with pytest.raises(DBAPIError, match="append-only"), engine().begin() as connection:
        connection.exec_driver_sql(statement)
    assert verdict().ok


def test_the_database_refuses_to_replace_or_empty(db: str) -> None:
    fill()
    replace = f"INSERT OR REPLACE INTO audit (seq, {COPIED}) SELECT 7, {COPIED} FROM audit WHERE seq = 8"
    statement = replace if db.startswith("sqlite") else "TRUNCATE audit"
    with pytest.raises(DBAPIError, match="append-only"), engine().begin() as connection:
        connection.exec_driver_sql(statement)


def test_words_can_be_erased_once_and_the_chain_still_holds(db: str) -> None:
    fill()
    erase = "UPDATE audit SET says = NULL, erased_at = at WHERE seq = 7"
    with engine().begin() as connection:
        connection.exec_driver_sql(erase)
    assert verdict().ok
    with pytest.raises(DBAPIError, match="append-only"), engine().begin() as connection:
        connection.exec_driver_sql(erase)


def test_a_refused_transaction_leaves_no_row(db: str) -> None:
    fill(3)
    with pytest.raises(ValueError, match="stop"), audit.transaction() as session:
        audit.leave(session, entry(4))
        raise ValueError("stop")
    assert verdict().rows == 3


def test_published_heads_are_kept_and_compared(db: str) -> None:
    fill(3)
    with audit.transaction() as session:
        head = audit.publish_head(session)
    fill(2)
    with reading() as session:
        assert audit.holds_head(session, head.seq, head.hash)
        assert not audit.holds_head(session, head.seq + 1, head.hash)
        assert not audit.holds_head(session, 99, head.hash)
        assert audit.holds_head(session, 0, audit.GENESIS)
    with audit.transaction() as session:
        assert audit.publish_head(session).day_on == clock.day_of(clock.now())


def test_a_day_is_closed_once_with_its_last_link(db: str) -> None:
    noon = datetime(2026, 5, 4, 4, tzinfo=UTC)  # 12:00 in the town
    with clock.at(noon):
        fill(3)
    with clock.at(noon + timedelta(hours=13)):  # 01:00 of the next day
        fill(2)
        for _ in range(2):
            with audit.transaction() as session:
                audit.close_day(session)
    with reading() as session:
        head = session.exec(select(PublishedHead)).one()
    assert (head.day_on, head.seq) == (date(2026, 5, 4), 3)


def test_the_stand_alone_verifier_agrees(db: str) -> None:
    fill()
    found = verdict()
    done = run_verifier(exported(), "--head", f"{found.rows}:{found.head}")
    assert done.returncode == 0 and f"{ROWS}:{found.head}" in done.stdout


def edit(lines: list[str]) -> None:
    link = json.loads(lines[6])
    link["public"]["to"] = "closed"
    lines[6] = json.dumps(link)


def swap(lines: list[str]) -> None:
    lines[6], lines[7] = lines[7], lines[6]


CHANGES: dict[str, Callable[[list[str]], None]] = {
    "edit": edit,
    "delete": lambda lines: lines.__delitem__(6),
    "insert": lambda lines: lines.insert(6, lines[5]),
    "swap": swap,
    "garble": lambda lines: lines.__setitem__(6, "{"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_the_stand_alone_verifier_names_the_first_bad_row(sqlite_db: str, name: str) -> None:
    fill()
    lines = exported().splitlines(keepends=True)
    CHANGES[name](lines)
    done = run_verifier("".join(lines))
    assert done.returncode == 1 and "row 7:" in done.stdout


def test_the_stand_alone_verifier_finds_a_cut_end_by_a_published_head(sqlite_db: str) -> None:
    fill()
    found, lines = verdict(), exported().splitlines(keepends=True)
    cut = "".join(lines[: ROWS - 2])
    assert run_verifier(cut).returncode == 0
    assert "cut off" in run_verifier(cut, "--head", f"{found.rows}:{found.head}").stdout
    assert run_verifier(cut, "--head", "3:" + "0" * 64).returncode == 1
    assert run_verifier(cut, "--head", "nonsense").returncode == 2


def test_the_stand_alone_verifier_reads_a_part(sqlite_db: str) -> None:
    fill()
    lines = exported().splitlines(keepends=True)
    fifth = json.loads(lines[4])["hash"]
    assert run_verifier("".join(lines[5:]), "--after", f"5:{fifth}").returncode == 0
    assert run_verifier("".join(lines[5:])).returncode == 1
