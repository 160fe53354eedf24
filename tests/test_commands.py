"""The command line: what it says, how it ends, in both languages."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import select
from typer.testing import CliRunner, Result

from db.demo.areas import features
from db.engine import engine, reading
from db.models.accounts import Duty, Person
from db.models.areas import Area
from db.models.audit import PublishedHead
from portal.chores import CHORES, Chore
from portal.commands import app, serving
from portal.settings import ROOT, settings
from tests.fixtures.databases import point_at
from tests.fixtures.town import CITY, People
from tests.portal.test_audit import fill, tamper

COMMANDS = ["serve", "migrate", "demo", "tick", "backup", "restore", "rights", "verify", "publish-head"]
COMMANDS += ["staff add", "import areas"]


def run(*arguments: str | Path) -> Result:
    """Run a command in this process, on the database that is open."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def shell(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a process of its own."""
    command = [sys.executable, "-m", "portal", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    done = run(*command.split(), "--help")
    assert done.exit_code == 0
    assert "command.help" not in done.output


def test_help_comes_in_the_language_of_the_terminal(tmp_path: Path) -> None:
    english = shell("--help", LC_ALL="en_US.UTF-8", PORTAL_DATA_DIR=str(tmp_path))
    chinese = shell("--help", LC_ALL="zh_CN.UTF-8", PORTAL_DATA_DIR=str(tmp_path))
    assert "Serve the portal" in english.stdout and "启动门户" in chinese.stdout
    assert (english.returncode, chinese.returncode) == (0, 0)


def test_settings_that_cannot_be_are_told_without_trace_or_secret() -> None:
    done = shell("migrate", PORTAL_PRODUCTION="1", PORTAL_SECRET_KEY="short-secret", PORTAL_TOWN_ZONE="Asia/Shanghai")
    assert done.returncode == 2
    assert "PORTAL_SECRET_KEY" in done.stderr
    assert "Traceback" not in done.stderr and "short-secret" not in done.stderr + done.stdout


def test_encryption_keys_that_are_none_are_told_at_the_start_and_not_at_the_first_phone() -> None:
    done = shell("migrate", PORTAL_ENCRYPTION_KEYS="no-key-at-all")
    assert done.returncode == 2
    assert "PORTAL_ENCRYPTION_KEYS" in done.stderr and "no-key-at-all" not in done.stderr + done.stdout


def test_a_wrong_use_ends_with_2(db: str) -> None:
    assert run("nothing").exit_code == 2
    assert run("serve", "--port", "0").exit_code == 2
    assert run("demo", "--size", "huge").exit_code == 2
    assert run("verify", "--head", "nonsense").exit_code == 2
    assert run("restore", "not-there.zip").exit_code == 2


def test_migrating_an_empty_database_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    point_at(f"sqlite:///{tmp_path / 'new.db'}", tmp_path / "data", monkeypatch)
    assert run("verify").exit_code == 1  # says: migrate first
    first, second = run("migrate"), run("migrate")
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert run("verify").exit_code == 0


def test_a_password_in_the_url_is_not_printed(db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "database_url", "postgresql://portal:geheim@localhost/portal")
    assert "geheim" not in str(run("migrate").output)


def test_rights_in_two_forms(db: str) -> None:
    lines = run("rights").stdout.splitlines()
    rows = json.loads(run("rights", "--json").stdout)
    assert [line.split()[0] for line in lines if not line.startswith(" ")] == [row["act"] for row in rows]
    assert sum(line.startswith("  ") for line in lines) == sum(len(row["kinds"]) for row in rows)
    grab = next(row for row in rows if row["act"] == "case.grab")
    assert (grab["who"], grab["from"], grab["to"]) == (["volunteer"], ["open"], "claimed")


def test_verify_says_where_the_chain_breaks(db: str) -> None:
    fill(6)
    good = run("verify", "--json")
    assert good.exit_code == 0 and json.loads(good.stdout)["rows"] == 6
    tamper("UPDATE audit SET act = 'case.hide' WHERE seq = 4")
    bad, told = run("verify", "--json"), run("verify")
    assert (bad.exit_code, told.exit_code) == (1, 1)
    assert json.loads(bad.stdout) | {"head": ""} == {
        "ok": False, "rows": 3, "head": "", "bad_row": 4, "reason": "altered"
    }  # fmt: skip
    assert "4" in told.stdout


def test_verify_compares_with_published_heads(db: str) -> None:
    fill(3)
    printed = run("publish-head").stdout.split()[1]
    assert printed.startswith("3:")
    fill(2)
    assert run("verify", "--head", printed).exit_code == 0
    assert run("verify", "--head", f"9:{printed[2:]}").exit_code == 1
    assert run("verify", "--head", f"3:{'0' * 64}").exit_code == 1
    with engine().begin() as connection:
        connection.execute(PublishedHead.__table__.update().values(hash="0" * 64))  # type: ignore[attr-defined]
    done = run("verify", "--json")
    assert done.exit_code == 1 and json.loads(done.stdout)["reason"] == "not_as_published"


def test_backup_and_restore(db: str, people: People, tmp_path: Path) -> None:
    archive = tmp_path / "portal.zip"
    assert run("backup", archive).exit_code == 0
    refused = run("restore", archive)
    assert refused.exit_code == 1 and "--yes" in refused.output and "Traceback" not in refused.output
    assert run("restore", archive, "--yes").exit_code == 0
    with reading() as session:
        assert session.get_one(Person, people.admin.person_id).name == "admin"


def test_importing_areas(db: str, tmp_path: Path) -> None:
    file = tmp_path / "areas.geojson"
    collection = features()
    file.write_text(json.dumps(collection), "utf-8")
    assert run("import", "areas", file).exit_code == 0
    with reading() as session:
        assert session.exec(select(Area).where(Area.path == CITY)).one().name == "安宁市"
    collection["features"][4]["properties"]["level"] = "planet"
    file.write_text(json.dumps(collection), "utf-8")
    bad = run("import", "areas", file)
    assert bad.exit_code == 1 and "5" in bad.output and "Traceback" not in bad.output
    file.write_bytes(b"not json")
    assert run("import", "areas", file).exit_code == 1


def test_the_first_admin_comes_from_the_command_line(db: str, people: People) -> None:
    add = ("staff", "add", "--phone", "13800001234", "--name", "李主任", "--role", "admin", "--area", "530181")
    assert run(*add).exit_code == 0
    with reading() as session:
        person = session.exec(select(Person).where(Person.name == "李主任")).one()
        duty = session.exec(select(Duty).where(Duty.person_id == person.id)).one()
    assert (duty.role, duty.area_path) == ("admin", CITY)
    assert run(*add).exit_code == 1  # holds it already
    assert run(*add[:3], "123", *add[4:]).exit_code == 1
    assert run(*add[:-1], "nowhere").exit_code == 1
    assert run(*add[:7], "king", *add[8:]).exit_code == 2


def test_tick_does_what_the_server_does_between_requests(
    db: str, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("tick").exit_code == 0
    came: dict[str, object] = {"deadlines": {"case.climb": 2}, "notices": 3}
    done: list[str] = []

    def watched(chore: Chore) -> Chore:
        def work() -> object:
            done.append(chore.name)
            return came.get(chore.name)

        return replace(chore, work=work)

    def fail() -> None:
        raise RuntimeError("no disk")

    mine = [watched(chore) for chore in CHORES]
    monkeypatch.setattr(serving, "CHORES", mine)
    told = run("tick")
    assert (told.exit_code, done) == (0, [chore.name for chore in CHORES])
    assert "2" in told.output and "3" in told.output
    monkeypatch.setattr(serving, "CHORES", [replace(mine[0], work=fail), *mine[1:]])
    assert run("tick").exit_code == 1
    assert done.count("notices") == 2, "one that fails does not stop the others"


def test_no_demo_where_demo_mode_is_off(db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "demo", False)
    assert run("demo").exit_code == 1
