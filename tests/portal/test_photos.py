"""Photos: what is taken, what is refused, and that nothing but pixels is kept."""

import io
import os
import struct
import time
import zipfile
import zlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from db.engine import reading
from portal import areas, audit, limits, photos
from portal.cases import post
from portal.errors import Refused
from portal.photos import NewPhoto, prepare
from portal.settings import settings
from tests.fixtures.town import People
from tests.portal.cases.steps import wish
from tests.portal.http.conftest import make_case

SECRETS = (b"GPS", b"Exif", b"Canon", b"XMP", b"secret", b"ICC_PROFILE", b"25.0389", b"JFIFCOMMENT")


def encoded(picture: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def plain(size: tuple[int, int] = (640, 480), mode: str = "RGB") -> Image.Image:
    return Image.linear_gradient("L").resize(size).convert(mode)


def opened(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def refused(data: bytes) -> str:
    with pytest.raises(Refused) as found:
        prepare(NewPhoto(data))
    return found.value.message_id


def with_everything() -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F] = "Canon secret"
    exif[0x0112] = 6  # turned by 90 degrees
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (24.0, 55.0, 25.0389), "E", (102.0, 28.0, 41.0)
    return exif


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_three_kinds_are_taken(kind: str) -> None:
    prepared = prepare(NewPhoto(encoded(plain(), kind), " 路口的  灯 "))
    assert opened(prepared.full).format == "JPEG"
    assert (prepared.width, prepared.height) == (640, 480)
    assert opened(prepared.thumb).size == (480, 360)
    assert prepared.alt == "路口的  灯"


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "PPM", "ICO"])
def test_other_kinds_are_refused_whatever_they_are_called(kind: str) -> None:
    assert refused(encoded(plain((64, 64)), kind)) == "photo_kind"


def test_what_is_no_picture_is_refused() -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.jpg", "x")
    for data in (b"", b"GIF89a<script>", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.7", archive.getvalue()):
        assert refused(data) == "photo_kind"


def test_where_it_was_taken_and_with_what_is_gone() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    source = encoded(
        plain((400, 200)), exif=with_everything(), icc_profile=profile, comment=b"JFIFCOMMENT", xmp=b"<x>XMP secret</x>"
    )
    assert b"Canon" in source and b"JFIFCOMMENT" in source and opened(source).getexif().get_ifd(0x8825)
    for data in (p := prepare(NewPhoto(source))).full, p.thumb:
        assert not [secret for secret in SECRETS if secret in data]
        assert not opened(data).getexif()
        assert not {"exif", "icc_profile", "comment", "xmp", "dpi"} & opened(data).info.keys()
    assert (p.width, p.height) == (200, 400), "upright"


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_the_other_kinds_lose_it_too(kind: str) -> None:
    options: dict[str, object] = {"exif": with_everything()}
    if kind == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_text("Comment", "secret")
        text.add_itxt("XML:com.adobe.xmp", "XMP secret")
        options["pnginfo"] = text
    prepared = prepare(NewPhoto(encoded(plain(), kind, **options)))
    assert not [secret for secret in SECRETS if secret in prepared.full + prepared.thumb]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_way_to_hold_a_camera_ends_upright(orientation: int) -> None:
    upright = Image.new("RGB", (60, 40), "white")
    upright.paste("red", (0, 0, 20, 20))
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Transpose that the camera did, by EXIF value
    held = upright if orientation == 1 else upright.transpose(Image.Transpose(undo[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    result = opened(prepare(NewPhoto(encoded(held, quality=95, exif=exif))).full)
    assert result.size == (60, 40)
    red, _, blue = result.getpixel((8, 8))  # type: ignore[misc]
    assert red > 200 and blue < 80
    assert min(result.getpixel((50, 30))) > 200  # type: ignore[arg-type]


@pytest.mark.parametrize("tail", [b"PK\x03\x04secret", b"<?php system('secret'); ?>", b"<script>secret</script>"])
def test_what_hangs_on_behind_is_cut_off(tail: bytes) -> None:
    for kind in ("JPEG", "PNG", "WEBP"):
        prepared = prepare(NewPhoto(encoded(plain(), kind) + tail))
        assert b"secret" not in prepared.full + prepared.thumb


def test_a_long_side_shrinks_to_the_limit() -> None:
    prepared = prepare(NewPhoto(encoded(plain((4_000, 1_000)))))
    assert (prepared.width, prepared.height) == (limits.PHOTO_SIDE, 512)
    tiny = prepare(NewPhoto(encoded(plain((1, 5_000)), "PNG")))
    assert (tiny.width, tiny.height) == (1, limits.PHOTO_SIDE)
    assert prepare(NewPhoto(encoded(plain((1, 1))))).width == 1


def test_too_many_bytes() -> None:
    data = encoded(plain())
    assert refused(data + b"\0" * (limits.PHOTO_BYTES + 1 - len(data))) == "photo_too_big"
    prepare(NewPhoto(data + b"\0" * (limits.PHOTO_BYTES - len(data))))


def png_claiming(width: int, height: int, data: bytes = b"") -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(data) if data else b""
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(8_000, 5_001), (30_000, 30_000), (2**31 - 1, 1), (60_000, 60_000)])
def test_too_many_pixels_are_refused_before_one_is_decoded(size: tuple[int, int]) -> None:
    began = time.perf_counter()
    assert refused(png_claiming(*size)) == "photo_too_many_pixels"
    assert time.perf_counter() - began < 1


def test_forty_megapixels_are_taken() -> None:
    prepared = prepare(NewPhoto(encoded(Image.new("RGB", (8_000, 5_000), "teal"))))
    assert (prepared.width, prepared.height) == (2_048, 1_280)


def test_a_compressed_text_bomb_is_refused() -> None:
    bomb = zlib.compress(b"A" * 200_000_000, 9)
    body = b"Comment\0\0" + bomb
    data = png_claiming(8, 8, b"\0" * 8 * 25)
    chunk = struct.pack(">I", len(body)) + b"zTXt" + body + struct.pack(">I", zlib.crc32(b"zTXt" + body))
    assert refused(data[:33] + chunk + data[33:]) == "photo_broken"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_cut_off_picture_is_refused(kind: str) -> None:
    data = encoded(plain((800, 600)).effect_spread(40), kind)
    assert refused(data[: len(data) // 2]) in ("photo_broken", "photo_kind")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_every_colour_mode_becomes_a_picture_one_can_see(mode: str) -> None:
    if mode == "I;16":
        picture = Image.new("I;16", (64, 64), 40_000)
    else:
        picture = Image.new("RGB", (64, 64), (150, 150, 150)).convert(mode)
    data = encoded(picture, "JPEG" if mode == "CMYK" else "PNG")
    middle = opened(prepare(NewPhoto(data)).full).getpixel((32, 32))
    assert all(100 <= channel <= 255 for channel in middle)  # type: ignore[union-attr]


def test_what_is_transparent_becomes_white() -> None:
    picture = Image.new("RGBA", (64, 64), (255, 0, 0, 0))
    assert opened(prepare(NewPhoto(encoded(picture, "PNG"))).full).getpixel((5, 5)) == (255, 255, 255)


def test_a_broken_profile_does_not_stop_a_picture() -> None:
    assert prepare(NewPhoto(encoded(plain(), icc_profile=b"no profile at all"))).width == 640


def test_only_the_first_frame_of_many_is_kept() -> None:
    frames = [Image.new("RGB", (32, 32), colour) for colour in ("red", "blue")]
    data = encoded(frames[0], "PNG", save_all=True, append_images=frames[1:])
    assert opened(prepare(NewPhoto(data)).full).getpixel((16, 16))[0] > 200  # type: ignore[index]


def test_the_words_beside_it_are_checked() -> None:
    with pytest.raises(Refused) as found:
        prepare(NewPhoto(encoded(plain()), "字" * (limits.ALT_CHARS + 1)))
    assert found.value.facts["field"] == "alt"


def keep(case_id: int, *, moment: str = "before") -> str:
    with audit.transaction() as session:
        [stored] = photos.store(session, [NewPhoto(encoded(plain()), "路口")])
        return photos.keep(session, stored, case_id=case_id, moment=moment, owner_id=None).name


def files() -> list[str]:
    return sorted(path.name for path in settings().files_dir.rglob("*.jpg"))


def test_kept_pictures_come_back_by_case_in_order(town: areas.Tree) -> None:
    with audit.transaction() as session:
        case_id, other = make_case(session, poster_id=None), make_case(session, poster_id=None)
    names = [keep(case_id), keep(case_id, moment="after")]
    with reading() as session:
        found = photos.of_case(session, [case_id, other])
    assert [view.name for view in found[case_id]] == names
    assert other not in found
    assert (found[case_id][1].moment, found[case_id][1].alt, found[case_id][1].width) == ("after", "路口", 640)
    assert all(len(name) == 32 and photos.path_of(name).parent.name == name[:2] for name in names)


def test_the_disk_is_written_before_the_first_statement(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for the disk inside a transaction keeps everybody else's waiting."""
    inside: list[bool] = []
    new = [NewPhoto(encoded(plain()), "路口")]
    with audit.transaction() as session:
        monkeypatch.setattr(os, "fsync", lambda handle: inside.append(session.in_transaction()))
        case_id = post.post(session, people.resident, replace(wish(), photos=new)).case_id
    assert inside and not any(inside)
    assert len(files()) == 2
    with reading() as session:
        assert len(photos.of_case(session, [case_id])[case_id]) == 1


def test_what_is_refused_leaves_no_file(people: People) -> None:
    new = [NewPhoto(encoded(plain()))]
    with pytest.raises(Refused), audit.transaction() as session:
        post.post(session, people.resident, replace(wish(), title="", photos=new))
    with pytest.raises(Refused), audit.transaction() as session:
        photos.store(session, [*new, NewPhoto(b"GIF89a")])
    assert files() == []


def lost_in_a_power_cut(name: str, *, old: bool) -> None:
    photos.path_of(name).parent.mkdir(parents=True, exist_ok=True)
    for thumb in (False, True):
        path = photos.path_of(name, thumb=thumb)
        path.write_bytes(b"x")
        if old:
            age(path)


def age(path: Path) -> None:
    old = time.time() - photos.ORPHAN_AGE.total_seconds() - 60
    os.utime(path, (old, old))


def test_sweeping_removes_what_no_row_knows(town: areas.Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    with audit.transaction() as session:
        case_id = make_case(session, poster_id=None)
    kept = keep(case_id)
    lost, young = (kept[:2] + digit * 30 for digit in "ab")
    lost_in_a_power_cut(lost, old=True)
    lost_in_a_power_cut(young, old=False)
    for thumb in (False, True):
        age(photos.path_of(kept, thumb=thumb))
    assert photos.sweep() == 2
    assert files() == sorted(f"{name}{small}.jpg" for name in (kept, young) for small in ("", "-small"))
    assert timedelta(days=1) <= photos.ORPHAN_AGE


def test_sweeping_looks_at_one_folder_at_a_time_and_comes_to_all(db: str) -> None:
    assert photos.sweep() == 0, "no folder yet"
    for digits in ("00", "7f", "ff"):
        lost_in_a_power_cut(digits * 16, old=True)
    removed = [photos.sweep() for _ in range(200)]
    assert removed[0] == 2 and sum(removed) == 6


def test_notes_in_a_photo_that_do_not_hold_together_are_a_refusal() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to turn it, Pillow writes the notes anew
    exif[0x010F] = "maker"
    data = encoded(plain(), exif=exif)
    maker = data.index(b"\x01\x0f\x00\x02")
    assert refused(data[: maker + 1] + b"\x00" + data[maker + 2 :]) == "photo_broken"  # a width that is a word
