"""Pulling the plug: whatever was acknowledged is there afterwards, and nothing is there by half."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from sqlmodel import col, func, select

from db.engine import close_engine, engine, open_engine, reading
from db.models.audit import AuditRow
from db.models.cases import Case, CaseArea
from portal import audit, schema, snapshots
from portal.settings import ROOT, settings
from tests.fixtures import postgresql
from tests.fixtures.databases import point_at
from tests.fixtures.town import draw

POSTS = 500
ROUNDS = 4
SCRIPT = Path(__file__).with_name("keeps_posting.py")


def acknowledged(count: int, kill: Callable[["subprocess.Popen[str]"], None]) -> list[int]:
    """Let a process post until `count` are acknowledged, kill in the midst, and collect all it could still say."""
    with subprocess.Popen(
        [sys.executable, SCRIPT], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        found = [int(process.stdout.readline()) for _ in range(count)]
        kill(process)
        found += [int(line) for line in process.stdout if line.endswith("\n")]
        process.kill()
    return found


def kill_nine(process: "subprocess.Popen[str]") -> None:
    process.send_signal(signal.SIGKILL)


def check(promised: list[int], least: int = POSTS) -> None:
    """All that was promised is there; and each case is there as a whole, with all that belongs to it."""
    assert len(promised) == len(set(promised)) >= least
    with reading() as session:
        kept = set(session.exec(select(Case.id)).all())
        assert set(promised) <= kept
        assert audit.verify(session).ok
        told = session.exec(select(AuditRow.thing).where(AuditRow.act == "case.post")).all()
        assert {f"cases:{case_id}" for case_id in kept} == set(told) and len(told) == len(kept)
        placed = session.exec(select(CaseArea.case_id, func.count()).group_by(col(CaseArea.case_id))).all()
        assert dict(placed) == dict.fromkeys(kept, 4)
        words = session.connection().exec_driver_sql("SELECT count(*) FROM case_words").scalar()
        assert words == len(kept)


def test_nothing_acknowledged_is_lost_when_the_server_is_killed(town: object) -> None:
    promised: list[int] = []
    for _ in range(ROUNDS):
        promised += acknowledged(POSTS // ROUNDS, kill_nine)
    close_engine()
    open_engine(settings().database_url)
    check(promised)
    if engine().dialect.name == "sqlite":
        with reading() as session:
            assert session.connection().exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


# The database server itself


@pytest.fixture
def careful_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A PostgreSQL server that keeps its promises to the disk, with the town; the URL of its database."""
    with postgresql.server(("max_connections=50",)) as url:
        point_at(url + "postgres", tmp_path, monkeypatch)
        open_engine(url + "postgres")
        snapshots.forget_all()
        schema.bring_up()
        draw()
        yield url + "postgres"
        close_engine()
        monkeypatch.undo()
        settings.cache_clear()


@pytest.mark.skipif("postgresql" not in os.environ.get("PORTAL_TEST_DATABASES", "postgresql"), reason="not asked for")
def test_nothing_acknowledged_is_lost_when_postgresql_is_killed(careful_server: str) -> None:
    with reading() as session:
        data = str(session.connection().exec_driver_sql("SHOW data_directory").scalar())
        assert session.connection().exec_driver_sql("SHOW fsync").scalar() == "on"
    promised: list[int] = []
    for _ in range(2):
        promised += acknowledged(100, lambda process: kill_postgresql(data))
        start_postgresql(data)
    close_engine()
    open_engine(careful_server)
    check(promised, 200)


def kill_postgresql(data: str) -> None:
    """SIGKILL to the server and all its workers at once, as when the power goes."""
    server = psutil.Process(int(Path(data, "postmaster.pid").read_text().splitlines()[0]))
    doomed = [server, *server.children(recursive=True)]
    for process in doomed:
        process.kill()
    psutil.wait_procs(doomed, timeout=10)


def start_postgresql(data: str) -> None:
    """Start it again on what it left behind; it recovers from its journal."""
    folder = postgresql.programs()
    assert folder is not None
    postgresql._run(folder / "pg_ctl", "-D", data, "-l", f"{data}/again.log", "-w", "-t", "60", "restart")
