"""Pictures and documents of things that are no cases: hostile files, limits, backup, and what the sweep leaves."""

import hashlib
import io
import os
import zipfile
from collections.abc import Callable

import pytest
from PIL import Image
from sqlmodel import col, select

from db.engine import reading
from db.models.files import Attachment
from portal import attachments, audit, backup, clock, limits, photos, restore
from portal.attachments import NewDocument
from portal.errors import Refused
from portal.photos import NewPhoto
from portal.settings import settings

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def office(*parts: str, **contents: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in ("[Content_Types].xml", *parts):
            archive.writestr(part, contents.get(part, b"<x/>"))
    return buffer.getvalue()


def jpeg(size: tuple[int, int] = (32, 24)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, "navy").save(buffer, "JPEG")
    return buffer.getvalue()


DOCX, XLSX = office("word/document.xml"), office("xl/workbook.xml")


def keep(thing: str, *documents: bytes, pictures: int = 0, shown: bool = True) -> list[Attachment]:
    new = [NewDocument(data, f"文件{n}") for n, data in enumerate(documents, 1)]
    with audit.transaction() as session:
        rows = attachments.store(session, [NewPhoto(jpeg(), "空地")] * pictures, new)
        attachments.keep(session, thing, rows, owner_id=None, shown=shown)
    with reading() as session:
        return list(session.exec(select(Attachment).where(Attachment.thing == thing)).all())


def refusal(data: bytes, title: str = "报价") -> str:
    with pytest.raises(Refused) as found, audit.transaction() as session:
        attachments.store(session, [], [NewDocument(data, title)])
    return found.value.message_id


@pytest.mark.parametrize(("data", "ending"), [(PDF, "pdf"), (DOCX, "docx"), (XLSX, "xlsx"), (jpeg(), "jpg")])
def test_the_kinds_are_told_by_their_bytes(db: str, data: bytes, ending: str) -> None:
    [row] = keep("project:1", data)
    kept = attachments.path_of(row).read_bytes()
    assert (row.ending, row.kind, row.bytes, row.title) == (ending, "document", len(kept), "文件1")
    assert kept == data or ending == "jpg", "a picture is encoded anew"


def from_the_future() -> bytes:
    """An archive that asks for a version of the format which nobody knows."""
    at = DOCX.index(b"PK\x01\x02") + 6
    return DOCX[:at] + b"\xff" + DOCX[at + 1 :]


def macros() -> bytes:
    return office("word/document.xml", "word/vbaProject.bin")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: b"", "document_kind"),
        (lambda: b"<html><script>alert(1)</script>", "document_kind"),
        (lambda: b"MZ\x90\x00 a program called offer.pdf", "document_kind"),
        (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 an old .doc", "document_kind"),
        (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "document_kind"),
        (lambda: b"GIF89a" + PDF, "document_kind"),
        (macros, "document_kind"),
        (lambda: office("word/document.xml", "word/VBAPROJECT.BIN"), "document_kind"),
        (lambda: office("word/document.xml", "xl/workbook.xml"), "document_kind"),
        (lambda: office("index.html"), "document_kind"),
        (lambda: b"PK\x03\x04 broken", "document_broken"),
        (lambda: DOCX[:-30], "document_broken"),
        (from_the_future, "document_broken"),
        (lambda: jpeg()[:200], "photo_broken"),
        (lambda: PDF + b"\0" * limits.DOCUMENT_BYTES, "document_too_big"),
    ],
    ids=["empty", "html", "program", "doc", "svg", "gif-pdf", "macros", "MACROS", "both", "zip", "no-zip", "cut",
         "future",         "cut-jpeg", "huge"],
)  # fmt: skip
def test_hostile_files_are_refused(db: str, make: Callable[[], bytes], message: str) -> None:
    assert refusal(make()) == message


def test_an_archive_that_would_be_huge_is_never_unpacked(db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the list of its parts is read, so what they would grow to costs nothing."""
    read: list[str] = []
    with_bomb = office("word/document.xml", "word/media/bomb.xml", **{"word/media/bomb.xml": b"0" * 50_000_000})
    assert len(with_bomb) < 100_000
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda self, name, *args, **kwargs: read.append(str(name)))
    [row] = keep("project:1", with_bomb)
    assert row.ending == "docx" and read == []


def test_a_file_that_is_two_things_is_only_ever_handed_out_as_the_first(db: str) -> None:
    polyglot = PDF + b"<script>alert(1)</script>" + DOCX
    [row] = keep("project:1", polyglot)
    assert row.ending == "pdf"
    [other] = keep("project:2", jpeg() + b"<script>alert(1)</script>")
    assert other.ending == "jpg" and other.kind == "document"


def test_a_picture_keeps_nothing_but_its_pixels(db: str) -> None:
    with audit.transaction() as session:
        rows = attachments.store(session, [NewPhoto(jpeg() + b"<script>secret</script>", "空地")])
        attachments.keep(session, "project:1", rows, owner_id=None)
    assert b"secret" not in attachments.path_of(rows[0]).read_bytes()


def test_a_photographed_paper_keeps_nothing_but_its_pixels_either(db: str) -> None:
    """A telephone writes into each picture where it was taken: mostly at home."""
    exif = Image.Exif()
    exif[0x010E] = "secret"
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(buffer, "JPEG", exif=exif)
    assert b"secret" in buffer.getvalue()
    [row] = keep("project:1", buffer.getvalue() + b"<script>secret</script>")
    kept = attachments.path_of(row).read_bytes()
    assert b"secret" not in kept and (row.bytes, row.sha256) == (len(kept), hashlib.sha256(kept).hexdigest())


def test_a_document_needs_a_name_and_a_safe_one(db: str) -> None:
    assert refusal(PDF, "") == "missing"
    assert refusal(PDF, "名" * (limits.TITLE_CHARS + 1)) == "too_long"
    assert refusal(PDF, "报价\u202efdp.exe") == "direction_characters"
    assert refusal(PDF, "a\nb") == "control_characters"


def test_there_is_an_end_to_how_many(db: str) -> None:
    keep("project:1", *[PDF] * limits.DOCUMENTS_PER_THING, pictures=limits.PHOTOS_PER_CASE)
    for documents, pictures, message in ((1, 0, "too_many_documents"), (0, 1, "too_many_pictures")):
        with pytest.raises(Refused) as found:
            keep("project:1", *[PDF] * documents, pictures=pictures)
        assert found.value.message_id == message
    keep("project:2", PDF)


def test_what_fails_leaves_no_file(db: str) -> None:
    with pytest.raises(Refused), audit.transaction() as session:
        rows = attachments.store(session, [NewPhoto(jpeg())], [NewDocument(PDF, "报价")])
        attachments.keep(session, "project:1", rows, owner_id=None)
        raise Refused("not_found")
    assert files() == []


def test_dropping_takes_the_files_once_it_is_committed(db: str) -> None:
    photo, document = keep("project:1", PDF, pictures=1)
    with pytest.raises(Refused), audit.transaction() as session:
        attachments.drop(session, "project:1")
        raise Refused("not_found")
    assert len(files()) == 3
    with audit.transaction() as session:
        attachments.drop(session, "project:2")
    assert len(files()) == 3
    with audit.transaction() as session:
        attachments.drop(session, "project:1")
    assert files() == [] and photo.name != document.name


def files() -> list[str]:
    return sorted(path.name for path in settings().files_dir.rglob("*") if path.is_file())


def test_the_hidden_are_only_for_those_inside(db: str) -> None:
    keep("project:1", PDF, shown=False)
    keep("project:1", PDF)
    with reading() as session:
        assert len(attachments.of(session, ["project:1"])["project:1"]) == 1
        assert len(attachments.of(session, ["project:1"], hidden=True)["project:1"]) == 2
        assert attachments.of(session, ["project:9"]) == {}


def test_the_sweep_takes_orphans_and_leaves_what_a_row_names(db: str) -> None:
    rows = keep("project:1", PDF, DOCX, pictures=1)
    with audit.transaction() as session:
        orphan = photos.put(session, b"x", b"y")
    old = (clock.now() - 2 * photos.ORPHAN_AGE).timestamp()
    for path in settings().files_dir.rglob("*.jpg"):
        os.utime(path, (old, old))
    swept = sum(photos._sweep(folder) for folder in settings().files_dir.glob("[0-9a-f][0-9a-f]"))
    assert swept == 2 and not photos.path_of(orphan).exists()
    assert all(attachments.path_of(row).is_file() for row in rows)


def test_a_backup_holds_them_and_a_restore_brings_them_back(db: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    rows = keep("project:1", PDF, XLSX, pictures=1)
    before = {row.name: attachments.path_of(row).read_bytes() for row in rows}
    archive = tmp_path_factory.mktemp("backup") / "portal.zip"
    backup.write(archive, lambda *step: None)
    with audit.transaction() as session:
        attachments.drop(session, "project:1")
    assert files() == []
    restore.restore(archive, replace=True, progress=lambda *step: None)
    with reading() as session:
        found = list(session.exec(select(Attachment).order_by(col(Attachment.id))).all())
    assert [row.model_dump() for row in found] == [row.model_dump() for row in rows]
    assert {row.name: attachments.path_of(row).read_bytes() for row in found} == before
    assert attachments.path_of(found[0], thumb=True).is_file()
