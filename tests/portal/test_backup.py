"""Backup and restore: the same data comes back, into either database; a damaged archive changes nothing."""

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import func
from sqlmodel import col, select

from db import search
from db.engine import close_engine, engine, reading, snapshot
from db.models.accounts import Person
from db.models.cases import Case
from db.models.setup import Category
from portal import audit, backup, clock, restore, start
from portal.accounts import people as accounts
from portal.acts import VISITOR, perform
from portal.areas import Tree
from portal.backup import tables
from portal.cases import acts as case_acts
from portal.errors import Refused
from portal.settings import settings
from tests.fixtures.databases import KINDS, point_at
from tests.fixtures.town import CELL, People

Rows = dict[str, list[dict[str, object]]]


def quiet(_step: str, _done: int, _total: int) -> None:
    """No progress."""


@pytest.fixture
def filled(people: People, town: Tree) -> Rows:
    """A town with people, two wishes of which the first is merged into the second, and a photo's file."""
    with audit.transaction() as session:
        category = session.exec(select(Category).limit(1)).one().code
        for title in ("路灯坏了", "又是路灯 \u2028 \U0001f3ee"):
            case = Case(
                title=title, body="夜里很黑", category=category, area_path=CELL, desk_path=CELL,
                area_id=town.by_path(CELL).id, started_at=clock.now(), lon=102.4, lat=24.9,
            )  # fmt: skip
            perform(session, VISITOR, case_acts.POST, case, facts={"share": 0.1})
            search.put(session, case.id or 0, f"{case.title}\n{case.body}")
        first, second = session.exec(select(Case).order_by(col(Case.id))).all()
        first.merged_into_id = second.id
    photo = settings().files_dir / "ab" / "abcd.webp"
    photo.parent.mkdir(parents=True)
    photo.write_bytes(b"photo" * 1000)
    (settings().files_dir / ".half-written").write_bytes(b"x")
    return content()


def content() -> Rows:
    rows: Rows = {}
    with snapshot() as session:
        for table in tables():
            query = table.select().order_by(*table.primary_key.columns)
            rows[table.name] = [dict(row) for row in session.execute(query).mappings()]
    return rows


def found(typed: str) -> list[int]:
    with reading() as session:
        hit = search.match(session, typed)
        assert hit
        return sorted(session.execute(select(hit[1]).select_from(hit[0]).where(hit[2])).scalars())


@pytest.fixture
def archive(filled: Rows, tmp_path: Path) -> Path:
    path = tmp_path / "portal.zip"
    backup.write(path, quiet)
    return path


@pytest.fixture(params=KINDS)
def elsewhere(
    request: pytest.FixtureRequest, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """Another installation is open now: SQLite without any table, or PostgreSQL just migrated."""
    url = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("other_postgresql_database")
    point_at(url, tmp_path / "elsewhere", monkeypatch)
    start.ready()
    yield archive
    close_engine()


def test_everything_comes_back(elsewhere: Path, filled: Rows) -> None:
    restore.restore(elsewhere, replace=False, progress=quiet)
    assert content() == filled
    assert (settings().files_dir / "ab" / "abcd.webp").read_bytes() == b"photo" * 1000
    assert not (settings().files_dir / ".half-written").exists()
    with snapshot() as session:
        assert audit.verify(session).ok
    assert found("路灯") == [1, 2] and found("很黑") == [1, 2]


def test_new_rows_follow_the_restored_ones(elsewhere: Path) -> None:
    restore.restore(elsewhere, replace=False, progress=quiet)
    with audit.transaction() as session:
        highest = session.exec(select(func.max(Person.id))).one() or 0
        assert accounts.join(session, "+8613900009999", "新人").id == highest + 1


def test_a_database_in_use_is_replaced_only_when_told(db: str, archive: Path, filled: Rows) -> None:
    with audit.transaction() as session:
        accounts.join(session, "+8613900009999", "后来")
    later = content()
    stray = settings().files_dir / "later.webp"
    stray.write_bytes(b"later")
    with pytest.raises(Refused, match="backup_not_empty"):
        restore.restore(archive, replace=False, progress=quiet)
    assert content() == later
    restore.restore(archive, replace=True, progress=quiet)
    assert content() == filled
    assert not stray.exists()
    with pytest.raises(Exception, match="append-only"), engine().begin() as connection:
        connection.exec_driver_sql("DELETE FROM audit")


def rewrite(path: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


def declare(parts: dict[str, bytes], name: str, data: bytes) -> None:
    """Put a part in and have the manifest agree, as a forger would."""
    manifest = json.loads(parts["manifest.json"])
    manifest["parts"][name] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data), "rows": 0}
    parts["manifest.json"] = json.dumps(manifest).encode()
    parts[name] = data


def forge_table(parts: dict[str, bytes]) -> None:
    lines = parts["tables/audit.jsonl"].splitlines(keepends=True)
    row = json.loads(lines[3])
    lines[3] = json.dumps(row | {"thing": "cases:99"}).encode() + b"\n"
    declare(parts, "tables/audit.jsonl", b"".join(lines))


def with_manifest(**changes: object) -> Callable[[dict[str, bytes]], None]:
    def change(parts: dict[str, bytes]) -> None:
        parts["manifest.json"] = json.dumps(json.loads(parts["manifest.json"]) | changes).encode()

    return change


BROKEN: dict[str, tuple[Callable[[dict[str, bytes]], object], str]] = {
    "row changed": (lambda p: p.update({"tables/cases.jsonl": p["tables/cases.jsonl"] + b"{}"}), "backup_damaged"),
    "table missing": (lambda p: p.pop("tables/cases.jsonl"), "backup_damaged"),
    "photo changed": (lambda p: p.update({"files/ab/abcd.webp": b"other"}), "backup_damaged"),
    "part not listed": (lambda p: p.update({"files/more.webp": b"x"}), "backup_damaged"),
    "no manifest": (lambda p: p.pop("manifest.json"), "backup_not_one"),
    "manifest garbled": (lambda p: p.update({"manifest.json": b"{"}), "backup_not_one"),
    "another format": (with_manifest(format=2), "backup_not_one"),
    "another revision": (with_manifest(revision="9999"), "backup_other_revision"),
    "another key": (with_manifest(key="0" * 64), "backup_other_key"),
    "forged row": (forge_table, "backup_broken_chain"),
    "another head": (with_manifest(head="1:" + "0" * 64), "backup_broken_chain"),
    "path out": (lambda p: declare(p, "files/../../evil", b"x"), "backup_damaged"),
    "absolute path": (lambda p: declare(p, "/tmp/evil", b"x"), "backup_damaged"),
    "hidden file": (lambda p: declare(p, "files/.evil", b"x"), "backup_damaged"),
    "backslash": (lambda p: declare(p, "files/..\\evil", b"x"), "backup_damaged"),
    "unknown table": (lambda p: declare(p, "tables/sqlite_master.jsonl", b""), "backup_damaged"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_archive_changes_nothing(db: str, archive: Path, filled: Rows, name: str) -> None:
    change, message_id = BROKEN[name]
    rewrite(archive, change)  # type: ignore[arg-type]
    with pytest.raises(Refused) as refused:
        restore.restore(archive, replace=True, progress=quiet)
    assert refused.value.message_id == message_id
    assert content() == filled
    assert found("路灯") == [1, 2]


def test_without_the_keys_that_sealed_the_phones_nothing_is_restored(
    sqlite_db: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, first, second = tmp_path / "portal.zip", Fernet.generate_key().decode(), Fernet.generate_key().decode()
    use_keys(first, monkeypatch)
    backup.write(path, quiet)
    use_keys(second, monkeypatch)
    with pytest.raises(Refused, match="backup_other_key"):
        restore.check(path, quiet)
    use_keys(f"{second},{first}", monkeypatch)  # as after a change of keys
    restore.check(path, quiet)


def use_keys(keys: str, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("PORTAL_ENCRYPTION_KEYS", keys)
    settings.cache_clear()


@pytest.mark.parametrize("cut", [0, 10, 1_000, -30])
def test_half_an_archive_is_none(sqlite_db: str, tmp_path: Path, cut: int) -> None:
    path = tmp_path / "half.zip"
    backup.write(path, quiet)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(Refused, match="backup_not_one"):
        restore.restore(path, replace=True, progress=quiet)


def test_a_backup_appears_whole_or_not_at_all(db: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "out" / "portal.zip"
    path.parent.mkdir()
    path.write_bytes(b"the one before")

    def break_off(step: str, _done: int, _total: int) -> None:
        if step == "files" or _done > 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backup.write(path, break_off)
    assert [p.name for p in path.parent.iterdir()] == ["portal.zip"]
    assert path.read_bytes() == b"the one before"
    backup.write(path, quiet)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_backup_is_of_one_moment(db: str, people: People, tmp_path: Path) -> None:
    """Somebody joins while the tables are being read: either wholly in the archive or not at all."""
    joined = False

    def join_meanwhile(step: str, done: int, _total: int) -> None:
        nonlocal joined
        if done == 3 and not joined:
            joined = True
            with audit.transaction() as session:
                accounts.join(session, "+8613900009999", "后来")

    before = content()
    made = backup.write(tmp_path / "portal.zip", join_meanwhile)
    restore.restore(tmp_path / "portal.zip", replace=True, progress=quiet)
    assert joined and content() == before
    assert made.head == f"{len(before['audit'])}:{before['chain_head'][0]['hash']}"
