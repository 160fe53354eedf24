"""Photos: decoded, limited, stripped, encoded anew, and kept beside the database.

A picture is judged by its bytes, never by its name. What is stored is a fresh JPEG made of the pixels alone, so no
camera, place, comment or appended file survives.
"""

import hashlib
import os
import secrets
import struct
import threading
import warnings
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError
from sqlalchemy import ColumnElement, delete
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from db.engine import reading
from db.models.files import Attachment, Photo
from portal import audit, clock, limits
from portal.errors import Refused
from portal.inputs import clean
from portal.settings import settings

KINDS = ("JPEG", "PNG", "WEBP")
ORPHAN_AGE = timedelta(days=1)
RECENT = 48
"""Of how many pictures the outcome stays in memory: what is shown as a preview is not decoded again on every run."""
_recent: "OrderedDict[bytes, Prepared | Refused]" = OrderedDict()
_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
_DAMAGED = (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, struct.error)
"""What Pillow raises on pixels or notes that do not hold together."""
_decoding = threading.Lock()
"""Forty megapixels take 160 MB while they are decoded: one at a time."""


@dataclass(frozen=True)
class NewPhoto:
    """A picture as it came in, with what it shows in words."""

    data: bytes
    alt: str = ""


@dataclass(frozen=True)
class Prepared:
    """A picture ready to be kept: JPEG, upright, sRGB, without metadata."""

    full: bytes
    thumb: bytes
    width: int
    height: int
    alt: str


@dataclass(frozen=True)
class Stored:
    """A picture whose files are on the disk, while no row speaks of it yet."""

    name: str
    width: int
    height: int
    bytes: int
    alt: str


@dataclass(frozen=True)
class PhotoView:
    """What a page needs to show a picture; its address is `/files/<name>`, small `/files/<name>/thumb`."""

    name: str
    alt: str
    width: int
    height: int
    moment: str


def prepare(new: NewPhoto) -> Prepared:
    """Decode, turn upright, shrink and encode anew; slow, so call it outside any transaction.

    Raises Refused: `photo_kind`, `photo_too_big` (megabytes), `photo_too_many_pixels` (megapixels), `photo_broken`.
    """
    alt = clean("alt", new.alt, limits.ALT_CHARS, required=False)
    if len(new.data) > limits.PHOTO_BYTES:
        raise Refused("photo_too_big", megabytes=limits.PHOTO_BYTES // 1024**2)
    digest = hashlib.sha256(new.data).digest()
    with _decoding:
        if digest not in _recent:
            _recent[digest] = _outcome(new.data)
        _recent.move_to_end(digest)
        while len(_recent) > RECENT:
            _recent.popitem(last=False)
        found = _recent[digest]
    if isinstance(found, Refused):
        raise Refused(found.message_id, **found.facts)
    return replace(found, alt=alt)


def store(session: Session, pictures: Sequence[NewPhoto]) -> list[Stored]:
    """Prepare them all, then write their files to the disk for good: slow, so before the first statement.

    If the transaction fails the files go again; what a power cut leaves behind, `sweep` finds.
    """
    prepared = [prepare(new) for new in pictures]
    return [_stored(session, picture) for picture in prepared]


def keep(session: Session, stored: Stored, *, case_id: int, moment: str, owner_id: int | None) -> Photo:
    """Write the row: from here on the picture belongs to the case, and whoever may see the case may see it."""
    photo = Photo(
        name=stored.name,
        case_id=case_id,
        moment=moment,
        alt=stored.alt,
        width=stored.width,
        height=stored.height,
        bytes=stored.bytes,
        owner_id=owner_id,
        created_at=clock.now(),
    )
    session.add(photo)
    session.flush()
    return photo


def drop(session: Session, case_id: int, *which: ColumnElement[bool]) -> None:
    """Take pictures off a case, rows at once and files when the transaction is committed."""
    gone = delete(Photo).where(col(Photo.case_id) == case_id, *which).returning(col(Photo.name))
    for name in session.scalars(gone.execution_options(synchronize_session=False)).all():
        audit.on_success(session, partial(remove, name))


def of_case(session: Session, case_ids: Iterable[int]) -> dict[int, list[PhotoView]]:
    """The pictures of each case in the order they came."""
    query = select(Photo).where(col(Photo.case_id).in_(list(case_ids))).order_by(col(Photo.id))
    found: dict[int, list[PhotoView]] = {}
    for row in session.exec(query):
        view = PhotoView(row.name, row.alt, row.width, row.height, row.moment)
        found.setdefault(row.case_id, []).append(view)
    return found


def path_of(name: str, *, thumb: bool = False) -> Path:
    """Where a picture lies. `name` must be one of ours: 32 hexadecimal digits."""
    return settings().files_dir / name[:2] / f"{name}{'-small' if thumb else ''}.jpg"


def sweep() -> int:
    """Remove files of one folder, drawn by lot, whose transaction never ended; returns how many.

    One of 256 at a time: looking at every file would read the whole disk. Young ones may still be on their way.
    """
    folders = sorted(settings().files_dir.glob("[0-9a-f][0-9a-f]"))
    return _sweep(secrets.choice(folders)) if folders else 0


def _sweep(folder: Path) -> int:
    before = (clock.now() - ORPHAN_AGE).timestamp()
    old = [file for file in folder.glob("*.jpg") if file.stat().st_mtime < before]
    names = {file.stem.removesuffix("-small") for file in old}
    with reading() as session:
        known = {name for row in (Photo, Attachment) for name in session.exec(_known(row, names))}
    lost = [file for file in old if file.stem.removesuffix("-small") not in known]
    for file in lost:
        file.unlink(missing_ok=True)
    return len(lost)


def put(session: Session, full: bytes, thumb: bytes | None = None) -> str:
    """Write a file (and its small twin) to the disk for good and return its name; gone if the transaction fails."""
    name = secrets.token_hex(16)
    audit.on_failure(session, partial(remove, name))
    folder = path_of(name).parent
    folder.mkdir(parents=True, exist_ok=True)
    _write(path_of(name), full)
    if thumb is not None:
        _write(path_of(name, thumb=True), thumb)
    for place in (folder, folder.parent):
        _sync_folder(place)
    return name


def _known(row: type[Photo] | type[Attachment], names: set[str]) -> SelectOfScalar[str]:
    return select(row.name).where(col(row.name).in_(names))


def _stored(session: Session, picture: Prepared) -> Stored:
    name = put(session, picture.full, picture.thumb)
    return Stored(name, picture.width, picture.height, len(picture.full), picture.alt)


def remove(name: str) -> None:
    """Take a file (and its small twin) off the disk, where no row names it any more."""
    for thumb in (False, True):
        path_of(name, thumb=thumb).unlink(missing_ok=True)


def _outcome(data: bytes) -> Prepared | Refused:
    try:
        return _encoded(data)
    except Refused as refusal:
        return Refused(refusal.message_id, **refusal.facts)  # a new one: the trace would hold on to the pixels


def _encoded(data: bytes) -> Prepared:
    picture = _pixels(_opened(data))
    small = picture.copy()
    small.thumbnail((limits.THUMB_SIDE, limits.THUMB_SIDE), Image.Resampling.LANCZOS)
    return Prepared(_jpeg(picture, quality=85), _jpeg(small, quality=78), *picture.size, alt="")


def _opened(data: bytes) -> Image.Image:
    """The picture with its size checked and no pixel decoded yet."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the limit below is stricter
            picture = Image.open(BytesIO(data), formats=KINDS)
    except UnidentifiedImageError:
        raise Refused("photo_kind") from None
    except Image.DecompressionBombError:
        raise _too_many_pixels() from None
    except (OSError, ValueError, SyntaxError, EOFError, OverflowError):
        raise Refused("photo_broken") from None
    if picture.width * picture.height > limits.PHOTO_PIXELS:
        raise _too_many_pixels()
    return picture


def _too_many_pixels() -> Refused:
    return Refused("photo_too_many_pixels", megapixels=limits.PHOTO_PIXELS // 1_000_000)


def _pixels(picture: Image.Image) -> Image.Image:
    """The picture upright, in sRGB, small enough, and with nothing but its pixels."""
    try:
        picture.draft("RGB", (limits.PHOTO_SIDE, limits.PHOTO_SIDE))
        picture.load()
        upright = _srgb(ImageOps.exif_transpose(picture))
        upright.thumbnail((limits.PHOTO_SIDE, limits.PHOTO_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    except (*_DAMAGED, Image.DecompressionBombError):
        raise Refused("photo_broken") from None
    bare = Image.new("RGB", upright.size, "white")
    bare.paste(upright, mask=upright.getchannel("A") if upright.mode == "RGBA" else None)
    return bare


def _srgb(picture: Image.Image) -> Image.Image:
    """RGB, or RGBA where something is transparent, with the colours that an embedded profile means."""
    profile = picture.info.get("icc_profile")
    see_through = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
    if profile and picture.mode in ("RGB", "CMYK", "L"):
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(picture, source, _SRGB, outputMode="RGB")
            if converted is not None:
                return converted
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a broken profile: plain conversion shows the picture well enough
    if picture.mode.startswith("I"):  # sixteen bits a channel
        picture = picture.point(lambda level: level / 256).convert("L")
    return picture.convert("RGBA" if see_through else "RGB")


def _jpeg(picture: Image.Image, *, quality: int) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=quality, optimize=True, progressive=True)
    return buffer.getvalue()


def _write(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
