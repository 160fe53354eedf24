"""Pictures over HTTP: who gets which."""

from io import BytesIO
from urllib.parse import quote

import pytest
from PIL import Image

from db.models.cases import Case, Standing
from portal import audit, photos
from portal.photos import NewPhoto
from tests.portal.http.conftest import Portal, make_case


def jpeg() -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (900, 600), "orange").save(buffer, "JPEG")
    return buffer.getvalue()


def put(*, poster_id: int | None = None, standing: Standing = Standing.OPEN) -> tuple[str, int]:
    """The address of a picture of a new case, and the case's id."""
    with audit.transaction() as session:
        [stored] = photos.store(session, [NewPhoto(jpeg(), "路口")])
        case_id = make_case(session, poster_id=poster_id, standing=standing)
        photo = photos.keep(session, stored, case_id=case_id, moment="before", owner_id=poster_id)
    return f"/files/{photo.name}", case_id


def test_a_public_picture_is_for_everybody(portal: Portal) -> None:
    path, _ = put()
    answer = portal.ask(path)
    assert answer.status == 200
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["content-disposition"] == "inline"
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert Image.open(BytesIO(answer.body)).size == (900, 600)
    assert Image.open(BytesIO(portal.ask(f"{path}/thumb").body)).size == (480, 320)


def test_a_browser_that_has_it_gets_no_bytes(portal: Portal) -> None:
    path, _ = put()
    etag = portal.ask(path).headers["etag"]
    again = portal.ask(path, If_None_Match=etag)
    assert (again.status, again.body) == (304, b"")


def test_a_picture_of_a_case_off_the_wall_needs_the_right(portal: Portal, other_id: int) -> None:
    path, _ = put(poster_id=portal.person_id, standing=Standing.HIDDEN)
    assert portal.ask(path).status == 404
    assert portal.ask(f"{path}/thumb").status == 404
    assert portal.ask(path, Cookie=portal.cookie_of(other_id)).status == 404
    assert portal.ask(path, Cookie="portal_session=made-up").status == 404
    mine = portal.ask(path, Cookie=portal.cookie_of(portal.person_id))
    assert mine.status == 200
    assert mine.headers["cache-control"] == "private, no-cache"


def test_knowing_the_version_opens_nothing(portal: Portal) -> None:
    path, _ = put(poster_id=portal.person_id, standing=Standing.HIDDEN)
    etag = portal.ask(path, Cookie=portal.cookie_of(portal.person_id)).headers["etag"]
    assert portal.ask(path, If_None_Match=etag).status == 404


def test_a_receipt_opens_the_pictures_of_its_case(portal: Portal) -> None:
    path, case_id = put(standing=Standing.HIDDEN)
    other, _ = put(standing=Standing.HIDDEN)
    cookie = portal.cookie_of(case_id=case_id)
    assert portal.ask(path, Cookie=cookie).status == 200
    assert portal.ask(other, Cookie=cookie).status == 404


def test_a_picture_is_gone_when_its_case_is_hidden(portal: Portal) -> None:
    path, case_id = put()
    assert portal.ask(path).status == 200
    with audit.transaction() as session:
        case = session.get(Case, case_id)
        assert case
        case.standing, case.hidden = Standing.HIDDEN, True
    assert portal.ask(path).status == 404


def test_signing_out_closes_the_pictures(portal: Portal) -> None:
    path, _ = put(poster_id=portal.person_id, standing=Standing.HIDDEN)
    cookie = portal.cookie_of(portal.person_id)
    portal.ask("/account/signout", "POST", Origin=portal.origin, Cookie=cookie)
    assert portal.ask(path, Cookie=cookie).status == 404


@pytest.mark.parametrize(
    "name", ["0" * 32, "x", "..%2f..%2fportal.db", "../portal.db", "%00", "A" * 32, "0" * 31 + "%0a", "٠" * 32]
)
def test_names_that_are_none(portal: Portal, name: str) -> None:
    answer = portal.ask(f"/files/{quote(name, safe='%/.')}")
    assert answer.status in (400, 404)
    assert b"SQLite" not in answer.body
