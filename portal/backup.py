"""Backup: one zip file that fits both databases; `portal.restore` reads it.

It holds a manifest, each table as JSON lines (values by column name) and the files. The tables are read in one
snapshot, so a running portal may go on writing. The secret keys are not in it: keep them elsewhere.
"""

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson
from cryptography.fernet import InvalidToken
from sqlalchemy import Table, select
from sqlmodel import Session, SQLModel

from db import migrations
from db.engine import snapshot
from db.models.audit import ChainHead
from portal import clock, vault
from portal.settings import settings

FORMAT = 1
MANIFEST = "manifest.json"
BATCH = 1_000
BLOCK = 1024 * 1024

Progress = Callable[[str, int, int], None]
"""Called with a message id below `backup.step_`, how many are done, and how many there are."""


@dataclass(frozen=True)
class Part:
    """A member of the archive: its digest and how many bytes and rows (0 for a file) it holds."""

    sha256: str
    bytes: int
    rows: int = 0


@dataclass(frozen=True)
class Manifest:
    """What the archive claims to be; compared with what it holds before anything is written."""

    format: int
    revision: str
    made_at: str
    head: str
    """The chain's head as SEQ:HASH."""
    key: str
    """Tells whether the portal that restores has the same keys."""
    parts: dict[str, Part]


def tables() -> list[Table]:
    """All tables, each after those it points to."""
    return list(SQLModel.metadata.sorted_tables)


def table_part(table: Table) -> str:
    """The archive's name for a table."""
    return f"tables/{table.name}.jsonl"


def files() -> list[Path]:
    """The kept files, without those still being written (their names begin with a dot)."""
    found = settings().files_dir.rglob("*")
    return sorted(f for f in found if f.is_file() and not f.is_symlink() and not f.name.startswith("."))


def key_proof() -> str:
    """A value that only a portal with the same secret key and encryption keys can read."""
    return vault.seal(vault.keyed_hash("backup", "key"))


def key_fits(proof: str) -> bool:
    """Whether this portal has the keys behind `proof`; without them no kept phone number could be read again."""
    try:
        return vault.unseal(proof) == vault.keyed_hash("backup", "key")
    except InvalidToken:
        return False


def write(path: Path, progress: Progress) -> Manifest:
    """Write a backup of database and files to `path`. It appears whole or not at all, readable by its owner only."""
    with _appearing(path) as target, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        with snapshot() as session:
            revision = migrations.revision(session.connection())
            head = session.get_one(ChainHead, 1)
            parts = _pack_tables(session, archive, progress)
        # a photo is written before the row that names it, so every file of the snapshot is there by now
        parts |= _pack_files(archive, progress)
        manifest = Manifest(FORMAT, revision, clock.now().isoformat(), f"{head.seq}:{head.hash}", key_proof(), parts)
        archive.writestr(MANIFEST, orjson.dumps(asdict(manifest), option=orjson.OPT_INDENT_2))
    return manifest


def _pack_tables(session: Session, archive: zipfile.ZipFile, progress: Progress) -> dict[str, Part]:
    parts = {}
    for done, table in enumerate(tables()):
        progress("tables", done, len(tables()))
        parts[table_part(table)] = _pack(archive, table_part(table), _lines(session, table))
    return parts


def _pack_files(archive: zipfile.ZipFile, progress: Progress) -> dict[str, Part]:
    parts, found = {}, files()
    for done, file in enumerate(found):
        progress("files", done, len(found))
        name = f"files/{file.relative_to(settings().files_dir).as_posix()}"
        part = _pack(archive, name, _blocks(file))
        parts[name] = Part(part.sha256, part.bytes)
    return parts


def _pack(archive: zipfile.ZipFile, name: str, pieces: Iterable[bytes]) -> Part:
    digest, size, count = hashlib.sha256(), 0, 0
    with archive.open(name, "w", force_zip64=True) as member:
        for piece in pieces:
            member.write(piece)
            digest.update(piece)
            size += len(piece)
            count += 1
    return Part(digest.hexdigest(), size, count)


def _lines(session: Session, table: Table) -> Iterator[bytes]:
    query = select(table).order_by(*table.primary_key.columns)
    rows = session.connection().execution_options(yield_per=BATCH).execute(query)
    for row in rows.mappings():
        yield orjson.dumps(dict(row), option=orjson.OPT_APPEND_NEWLINE)


def _blocks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as source:
        while block := source.read(BLOCK):
            yield block


@contextmanager
def _appearing(path: Path) -> Iterator[Path]:
    """A temporary neighbour of `path` that takes its place, safely on disk, when the block ends well."""
    handle, name = tempfile.mkstemp(prefix=".backup-", dir=path.parent)
    temporary = Path(name)
    try:
        yield temporary
        os.fsync(handle)
        temporary.replace(path)
    finally:
        os.close(handle)
        temporary.unlink(missing_ok=True)
