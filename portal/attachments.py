"""Pictures and documents of things that are no cases: judged by their bytes, kept beside the database.

Pictures go through `portal.photos` and lose everything but their pixels, also those that come as documents: a paper
that was photographed at home says where that is. Other documents are kept as they came, after a look whether they are
what they claim to be. Documents are only ever handed out as downloads.
"""

import hashlib
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path

from sqlalchemy import ColumnElement, delete
from sqlmodel import Session, col, func, select

from db.models.files import Attachment
from portal import audit, clock, limits, photos
from portal.errors import NotFound, Refused
from portal.inputs import clean
from portal.photos import NewPhoto, Stored

PHOTO, DOCUMENT = "photo", "document"
MEDIA = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jpg": "image/jpeg",
}
"""What documents may be, by the ending that is found from their bytes."""
_PARTS = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml"}


@dataclass(frozen=True)
class NewDocument:
    """A document as it came in, with the name that people shall read."""

    data: bytes
    title: str


@dataclass(frozen=True)
class File:
    """An attachment as a page needs it; its address is `/attachments/<name>`, of a photo also `…/thumb`."""

    name: str
    kind: str
    title: str
    ending: str
    bytes: int
    width: int
    height: int
    shown: bool


def store(session: Session, pictures: Sequence[NewPhoto], documents: Sequence[NewDocument] = ()) -> list[Attachment]:
    """Judge them all, then write their files to the disk: slow, so before the first statement of a transaction.

    The rows come back without a thing: hand them to `keep`. Raises Refused as `photos.prepare`, and `document_kind`,
    `document_too_big` (megabytes), `document_broken`, `missing` (document_title).
    """
    judged = [(clean("document_title", new.title, limits.TITLE_CHARS), *_judged(new.data)) for new in documents]
    rows = [_picture(stored) for stored in photos.store(session, pictures)]
    return rows + [_document(session, *each) for each in judged]


def keep(session: Session, thing: str, rows: Sequence[Attachment], *, owner_id: int | None, shown: bool = True) -> None:
    """Make them belong to `thing` (`project:12`). Raises Refused `too_many_pictures`, `too_many_documents` (limit)."""
    for kind, limit in ((PHOTO, limits.PHOTOS_PER_CASE), (DOCUMENT, limits.DOCUMENTS_PER_THING)):
        new = sum(row.kind == kind for row in rows)
        has = select(func.count()).select_from(Attachment).where(Attachment.thing == thing, Attachment.kind == kind)
        if new and new + (session.scalar(has) or 0) > limit:
            raise Refused("too_many_documents" if kind == DOCUMENT else "too_many_pictures", limit=limit)
    for row in rows:
        row.thing, row.owner_id, row.shown, row.created_at = thing, owner_id, shown, clock.now()
        session.add(row)
    session.flush()


def drop(session: Session, thing: str, *which: ColumnElement[bool]) -> None:
    """Take those for which `which` holds off `thing`: rows at once, files when the transaction is committed."""
    gone = delete(Attachment).where(col(Attachment.thing) == thing, *which).returning(col(Attachment.name))
    for name in session.scalars(gone.execution_options(synchronize_session=False)).all():
        audit.on_success(session, partial(photos.remove, name))


def of(session: Session, things: Iterable[str], *, hidden: bool = False) -> dict[str, list[File]]:
    """What is attached to each thing, in the order it came; `hidden` with what is not for everybody."""
    query = select(Attachment).where(col(Attachment.thing).in_(list(things))).order_by(col(Attachment.id))
    found: dict[str, list[File]] = {}
    for row in session.exec(query if hidden else query.where(col(Attachment.shown))):
        found.setdefault(row.thing, []).append(_file(row))
    return found


def one(session: Session, name: str) -> Attachment:
    """The row of that name, whoever asks: the route asks for the right to its thing. Raises NotFound."""
    row = session.exec(select(Attachment).where(Attachment.name == name)).one_or_none()
    if row is None:
        raise NotFound()
    return row


def path_of(row: Attachment, *, thumb: bool = False) -> Path:
    """Where its bytes lie."""
    return photos.path_of(row.name, thumb=thumb and row.kind == PHOTO)


def _file(row: Attachment) -> File:
    return File(row.name, row.kind, row.title, row.ending, row.bytes, row.width, row.height, row.shown)


def _picture(stored: Stored) -> Attachment:
    return Attachment(
        name=stored.name, thing="", kind=PHOTO, title=stored.alt, ending="jpg", width=stored.width,
        height=stored.height, bytes=stored.bytes,
    )  # fmt: skip


def _document(session: Session, title: str, ending: str, data: bytes) -> Attachment:
    return Attachment(
        name=photos.put(session, data), thing="", kind=DOCUMENT, title=title, ending=ending, bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
    )  # fmt: skip


def _judged(data: bytes) -> tuple[str, bytes]:
    """What the bytes are, and what is kept of them. The name of the file is not asked."""
    if len(data) > limits.DOCUMENT_BYTES:
        raise Refused("document_too_big", megabytes=limits.DOCUMENT_BYTES // 1024**2)
    if data.startswith(b"%PDF-"):
        return "pdf", data
    if data.startswith(b"\xff\xd8\xff"):
        return "jpg", photos.prepare(NewPhoto(data)).full
    if data.startswith(b"PK\x03\x04"):
        return _office(data), data
    raise Refused("document_kind")


def _office(data: bytes) -> str:
    try:
        names = set(zipfile.ZipFile(BytesIO(data)).namelist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        raise Refused("document_broken") from None
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise Refused("document_kind")  # macros
    found = [ending for ending, part in _PARTS.items() if part in names]
    if len(found) != 1:
        raise Refused("document_kind")
    return found[0]
