"""Photos, to those who may see them."""

import re
from dataclasses import dataclass

from sqlmodel import Session, col, select
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from db.engine import reading
from db.models.cases import Case, Standing
from db.models.files import Photo
from portal import photos
from portal.cases.reading import one
from portal.errors import Forbidden, NotFound
from portal.http.visitor import language_of, refusal, who_asks

PUBLIC = "public, max-age=300"
"""Short: a picture that staff hide must soon be gone everywhere."""
PRIVATE = "private, no-cache"


@dataclass(frozen=True)
class Found:
    """A picture this visitor may see, and whether anybody may."""

    photo: Photo
    public: bool


def full(request: Request) -> Response:
    """`GET /files/<name>`: the picture, at most 2,048 pixels long."""
    return _answer(request, thumb=False)


def thumb(request: Request) -> Response:
    """`GET /files/<name>/thumb`: the picture, at most 480 pixels long."""
    return _answer(request, thumb=True)


def _answer(request: Request, *, thumb: bool) -> Response:
    language_of(request)
    try:
        with reading() as session:
            found = _find(session, request)
        path = photos.path_of(found.photo.name, thumb=thumb)
        if not path.is_file():
            raise NotFound()
    except (NotFound, Forbidden):
        return refusal(404, "http.no_photo")
    etag = f'"{path.stem}"'
    headers = {"Cache-Control": PUBLIC if found.public else PRIVATE, "ETag": etag, "Vary": "Cookie"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return FileResponse(path, media_type="image/jpeg", headers=headers | {"Content-Disposition": "inline"})


def _find(session: Session, request: Request) -> Found:
    """The photo of that name. Raises NotFound as well where it exists and this visitor may not see it."""
    name = request.path_params["name"]
    query = select(Photo, Case).join(Case, col(Case.id) == col(Photo.case_id)).where(col(Photo.name) == name)
    row = session.exec(query).one_or_none() if re.fullmatch("[0-9a-f]{32}", name) else None
    if row is None:
        raise NotFound()
    photo, case = row
    if case.standing != Standing.HIDDEN:
        return Found(photo, True)
    one(session, who_asks(session, request), photo.case_id)
    return Found(photo, False)
