"""Backup and restore of the fund: the books come back whole, with their triggers, or nothing does."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from db.engine import close_engine, engine, snapshot
from portal import backup, restore, start
from portal.errors import Refused
from portal.fund import checks
from tests.fixtures.databases import KINDS, point_at
from tests.fixtures.fund import FundPeople
from tests.portal.fund.purse import purse
from tests.portal.test_backup import Rows, content, declare, quiet, rewrite


@pytest.fixture
def filled(funders: FundPeople) -> Rows:
    """Books with every way of moving money, among them a correction that another was ordered after."""
    money = purse(funders)
    wrong = money.post("contract", "10000")
    money.approve(money.correct(wrong))
    money.post("contract", "5000")
    money.post("instalment", "1200.55", milestone_id=money.milestone())
    money.post("refund", "0.55")
    money.propose("release", "100")
    return content()


@pytest.fixture
def archive(filled: Rows, tmp_path: Path) -> Path:
    path = tmp_path / "portal.zip"
    backup.write(path, quiet)
    return path


@pytest.fixture(params=KINDS)
def elsewhere(
    request: pytest.FixtureRequest, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    url = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("other_postgresql_database")
    point_at(url, tmp_path / "elsewhere", monkeypatch)
    start.ready()
    yield archive
    close_engine()


def check_all(filled: Rows) -> None:
    assert content() == filled
    with snapshot() as session:
        assert list(checks.compare(session)) == []
    with pytest.raises(DBAPIError, match="append-only"), engine().begin() as connection:
        connection.exec_driver_sql("UPDATE account SET balance_fen = balance_fen + 1 WHERE id = 2")


def test_the_books_come_back_elsewhere(elsewhere: Path, filled: Rows) -> None:
    restore.restore(elsewhere, replace=False, progress=quiet)
    check_all(filled)


def test_the_books_come_back_over_books(archive: Path, filled: Rows, funders: FundPeople) -> None:
    other = purse(funders)
    other.approve(other.correct(other.post("contract", "1")))
    restore.restore(archive, replace=True, progress=quiet)
    check_all(filled)


@pytest.mark.parametrize("table", ["account", "transfer"])
def test_a_forged_ledger_is_not_restored(archive: Path, filled: Rows, table: str) -> None:
    column = {"account": "balance_fen", "transfer": "amount_fen"}[table]

    def forge(parts: dict[str, bytes]) -> None:
        name = f"tables/{table}.jsonl"
        rows = [json.loads(line) for line in parts[name].splitlines()]
        rows[1][column] += 100
        declare(parts, name, b"".join(json.dumps(row).encode() + b"\n" for row in rows))

    rewrite(archive, forge)
    with pytest.raises(Refused) as refused:
        restore.restore(archive, replace=True, progress=quiet)
    assert refused.value.message_id == "backup_broken_ledger"
    assert refused.value.facts["thing"] == f"{table}:2"
    assert content() == filled
