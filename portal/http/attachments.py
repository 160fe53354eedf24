"""Pictures and documents of projects, milestones and payments, to those who may see them."""

import re
from dataclasses import dataclass
from urllib.parse import quote

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from db.engine import reading
from db.models.files import Attachment
from db.models.fund import Project
from db.models.ledger import Order, OrderState
from db.models.works import Milestone
from portal import attachments
from portal.acts import Who, role_for
from portal.errors import NotFound
from portal.fund.acts import READ_INSIDE, READ_MONEY
from portal.fund.projects import is_open, reads_whole
from portal.http.visitor import language_of, refusal, who_asks
from portal.inputs import row_id

PUBLIC = "public, max-age=300"
"""Short: what staff take down must soon be gone everywhere."""
PRIVATE = "private, no-cache"
NO_NAME = re.compile(r"[^\w.-]+")
"""What a name on somebody's disk does without; letters of any script stay."""


@dataclass(frozen=True)
class Found:
    """An attachment this visitor may have, and whether anybody may."""

    row: Attachment
    public: bool


def full(request: Request) -> Response:
    """`GET /attachments/<name>`: a picture to be seen, a document to be saved and never opened in the page."""
    return _answer(request, thumb=False)


def thumb(request: Request) -> Response:
    """`GET /attachments/<name>/thumb`: a picture, at most 480 pixels long."""
    return _answer(request, thumb=True)


def _answer(request: Request, *, thumb: bool) -> Response:
    language_of(request)
    try:
        with reading() as session:
            found = _find(session, request)
        path = attachments.path_of(found.row, thumb=thumb)
        if not path.is_file() or (thumb and found.row.kind != attachments.PHOTO):
            raise NotFound()
    except NotFound:
        return refusal(404, "http.no_attachment")
    etag = f'"{path.stem}"'
    headers = {"Cache-Control": PUBLIC if found.public else PRIVATE, "ETag": etag, "Vary": "Cookie"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return FileResponse(path, media_type=attachments.MEDIA[found.row.ending], headers=headers | _handed(found.row))


def _handed(row: Attachment) -> dict[str, str]:
    """How the browser takes it: documents only ever as a download, and without any right of this site."""
    if row.kind == attachments.PHOTO:
        return {"Content-Disposition": "inline", "X-Content-Type-Options": "nosniff"}
    name = NO_NAME.sub("_", row.title).strip("._") or "document"
    return {
        "Content-Disposition": f"attachment; filename=\"document.{row.ending}\"; filename*=UTF-8''"
        + quote(f"{name}.{row.ending}", safe=""),
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }


def _find(session: Session, request: Request) -> Found:
    """The attachment of that name. Raises NotFound as well where it exists and this visitor may not see it."""
    name = request.path_params["name"]
    if not re.fullmatch("[0-9a-f]{32}", name):
        raise NotFound()
    row = attachments.one(session, name)
    if _public(session, row):
        return Found(row, True)
    if not _inside(session, who_asks(session, request), row):
        raise NotFound()
    return Found(row, False)


def _public(session: Session, row: Attachment) -> bool:
    """Whether anybody may have it: it is meant for all, and so is its thing. Of money only what was really moved."""
    thing = _thing(session, row)
    if isinstance(thing, Order):
        return row.shown and thing.state in (OrderState.POSTED, OrderState.REVERSED)
    return row.shown and is_open(_project(session, thing))


def _inside(session: Session, who: Who, row: Attachment) -> bool:
    thing = _thing(session, row)
    if isinstance(thing, Order):
        return bool(role_for(who, READ_MONEY, thing))
    if isinstance(thing, Milestone):
        return bool(role_for(who, READ_INSIDE, _project(session, thing)))
    return reads_whole(who, thing) and (row.shown or bool(role_for(who, READ_INSIDE, thing)))


def _thing(session: Session, row: Attachment) -> Project | Milestone | Order:
    """What it belongs to. Raises NotFound for a kind of thing that nobody asks for here."""
    table, _, number = row.thing.partition(":")
    kinds: dict[str, type[Project] | type[Milestone] | type[Order]] = {
        "project": Project, "milestone": Milestone, "money_order": Order,
    }  # fmt: skip
    thing = session.get(kinds[table], row_id(number)) if table in kinds else None
    if not isinstance(thing, Project | Milestone | Order):
        raise NotFound()
    return thing


def _project(session: Session, thing: Project | Milestone) -> Project:
    return thing if isinstance(thing, Project) else session.get_one(Project, thing.project_id)
