"""Restore: makes database and files what they were when `portal.backup` wrote the archive."""

import hashlib
import os
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Column, Date, DateTime, Table, TypeDecorator, func, insert, select, text, update
from sqlmodel import Session, col

from db import append_only, migrations, search
from db.engine import is_sqlite, writing
from db.models.accounts import Person
from db.models.audit import AuditRow
from db.models.cases import Case
from portal import audit, ledger
from portal.backup import BATCH, BLOCK, FORMAT, MANIFEST, Manifest, Progress, files, key_fits, table_part, tables
from portal.errors import Refused
from portal.settings import settings

FILE_PART = re.compile(r"files/(?:[0-9A-Za-z_-][0-9A-Za-z_.-]*/)*[0-9A-Za-z_-][0-9A-Za-z_.-]*")
"""No empty step, none that begins with a dot: such a name cannot leave the folder."""

UNREADABLE = (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError)


def check(path: Path, progress: Progress) -> Manifest:
    """Read the whole archive and compare it with its manifest; nothing is written.

    Raises Refused: `backup_not_one`, `backup_damaged` (fact: part), `backup_other_revision`, `backup_other_key`.
    """
    with _reading(path) as archive:
        manifest = _manifest(archive)
        names = [info.filename for info in archive.infolist() if info.filename != MANIFEST]
        if sorted(names) != sorted(manifest.parts) or not all(_expected(name) for name in names):
            raise Refused("backup_damaged", part=MANIFEST)
        for done, (name, part) in enumerate(manifest.parts.items()):
            progress("check", done, len(names))
            if _measure(archive, name) != (part.sha256, part.bytes):
                raise Refused("backup_damaged", part=name)
    if manifest.revision != migrations.newest():
        raise Refused("backup_other_revision", theirs=manifest.revision, ours=migrations.newest())
    if not key_fits(manifest.key):
        raise Refused("backup_other_key")
    return manifest


def restore(path: Path, *, replace: bool, progress: Progress) -> Manifest:
    """Make database and files what they were when the backup was written, in one transaction.

    The archive is checked before, chain and ledger after; where any fails, nothing has changed. Raises Refused as
    `check`, `backup_not_empty` unless `replace`, `backup_broken_chain` (fact: row), `backup_broken_ledger` (fact:
    thing). Stop the servers first.
    """
    manifest = check(path, progress)
    migrations.upgrade()
    with _reading(path) as archive, writing() as session:
        _lock(session)
        if not replace and _in_use(session):
            raise Refused("backup_not_empty")
        _empty(session)
        for done, table in enumerate(tables()):
            progress("tables", done, len(tables()))
            _fill(session, table, archive)
        append_only.create(session.connection())
        append_only.create_fund(session.connection())
        _reindex(session)
        verdict = audit.verify(session)
        if not verdict.ok or f"{verdict.rows}:{verdict.head}" != manifest.head:
            raise Refused("backup_broken_chain", row=verdict.bad_seq or verdict.rows)
        if fault := next(ledger.compare(session), None):
            raise Refused("backup_broken_ledger", thing=fault.thing)
        wanted = _unpack(archive, manifest, progress)
        session.commit()
    for file in files():
        if file not in wanted:
            file.unlink()
    return manifest


def _manifest(archive: zipfile.ZipFile) -> Manifest:
    try:
        manifest = TypeAdapter(Manifest).validate_json(archive.read(MANIFEST))
    except (KeyError, ValidationError, *UNREADABLE) as error:
        raise Refused("backup_not_one") from error
    if manifest.format != FORMAT:
        raise Refused("backup_not_one")
    return manifest


def _expected(name: str) -> bool:
    return name in {table_part(table) for table in tables()} or FILE_PART.fullmatch(name) is not None


def _measure(archive: zipfile.ZipFile, name: str) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    try:
        for block in _blocks(archive, name):
            digest.update(block)
            size += len(block)
    except UNREADABLE:
        return "", 0
    return digest.hexdigest(), size


def _blocks(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    with archive.open(name) as member:
        while block := member.read(BLOCK):
            yield block


@contextmanager
def _reading(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(path)
    except UNREADABLE as error:
        raise Refused("backup_not_one") from error
    with archive:
        yield archive


def _lock(session: Session) -> None:
    """Keep everybody else out until the end; SQLite's write lock does so already."""
    if not is_sqlite():
        names = ", ".join(f'"{table.name}"' for table in tables())
        session.execute(text(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE"))


def _in_use(session: Session) -> bool:
    """Whether the database holds more than what every installation starts with."""
    return any(session.scalar(select(func.count()).select_from(model)) for model in (Person, Case, AuditRow))


def _empty(session: Session) -> None:
    append_only.drop(session.connection())
    for table in reversed(tables()):
        session.execute(table.delete())
    session.execute(text("DELETE FROM case_words"))


def _fill(session: Session, table: Table, archive: zipfile.ZipFile) -> None:
    """Insert the rows in the order of their keys; a link to a later row of the same table is set when all are there.

    A link to an earlier row comes with its row: a correction without what it corrects would be none.
    """
    links = _own_links(table)
    key = next(iter(table.primary_key.columns))
    later: list[tuple[Any, dict[str, Any]]] = []
    with archive.open(table_part(table)) as member:
        rows = (_row(table, line) for line in member)
        while batch := list(islice(rows, BATCH)):
            for row in batch:
                ahead = {n: row[n] for n in links if row[n] is not None and row[n] >= row[key.name]}
                row.update(dict.fromkeys(ahead))
                later += [(row[key.name], ahead)] if ahead else []
            session.execute(insert(table), batch)
    for value, columns in later:
        session.execute(update(table).where(key == value).values(columns))
    _renumber(session, table, key)


def _own_links(table: Table) -> list[str]:
    """The columns that point into their own table."""
    return [column.name for column in table.columns if any(link.column.table is table for link in column.foreign_keys)]


def _row(table: Table, line: bytes) -> dict[str, Any]:
    values = orjson.loads(line)
    return {column.name: _value(column, values[column.name]) for column in table.columns}


def _value(column: Column[Any], value: Any) -> Any:
    kind = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    if value is not None and isinstance(kind, DateTime):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if value is not None and isinstance(kind, Date) else value


def _renumber(session: Session, table: Table, key: Column[Any]) -> None:
    """Let PostgreSQL's sequence go on after the highest number; SQLite does by itself."""
    if is_sqlite() or table.autoincrement_column is None:
        return
    sequence = f"pg_get_serial_sequence('{table.name}', '{key.name}')"
    highest = f"COALESCE(MAX({key.name}), 1), MAX({key.name}) IS NOT NULL"
    session.execute(text(f"SELECT setval({sequence}, {highest}) FROM {table.name} HAVING {sequence} IS NOT NULL"))


def _reindex(session: Session) -> None:
    """Fill the search index, which is not in the archive: every case that was once posted is in it."""
    query = select(col(Case.id), col(Case.title), col(Case.body)).where(col(Case.started_at).is_not(None))
    for case_id, title, body in session.execute(query.execution_options(yield_per=BATCH)):
        search.put(session, case_id, f"{title}\n{body}")


def _unpack(archive: zipfile.ZipFile, manifest: Manifest, progress: Progress) -> set[Path]:
    """Write the files beside those that are there, before the rows that name them are committed."""
    names = [name for name in manifest.parts if FILE_PART.fullmatch(name)]
    wanted = set()
    for done, name in enumerate(names):
        progress("files", done, len(names))
        target = settings().files_dir / name.removeprefix("files/")
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name}")
        with temporary.open("wb") as file:
            for block in _blocks(archive, name):
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
        wanted.add(target)
    return wanted
