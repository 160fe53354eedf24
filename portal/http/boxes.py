"""The published ballot box of a round and the list of receipts, byte for byte as their hashes say."""

from collections.abc import Callable

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from db.engine import reading
from portal.acts import VISITOR, Who
from portal.errors import NotFound
from portal.fund import box
from portal.http.visitor import language_of, refusal
from portal.inputs import row_id


def ballots(request: Request) -> Response:
    """`GET /fund/<round>/box.pb`: the ballot box in Pabulib's format; 404 before the result is published."""
    return _answer(request, box.box_file, "box.pb")


def receipts(request: Request) -> Response:
    """`GET /fund/<round>/receipts.txt`: the hashes of all receipts, sorted, one a line; 404 before."""
    return _answer(request, box.receipts_file, "receipts.txt")


def _answer(request: Request, read: Callable[[Session, Who, int], box.File], name: str) -> Response:
    language_of(request)
    round_id = row_id(request.path_params["round_id"])
    try:
        with reading() as session:
            found = read(session, VISITOR, round_id)
    except NotFound:
        return refusal(404, "http.no_box")
    etag = f'"{found.sha256}"'
    headers = {"Cache-Control": "public, no-cache", "ETag": etag}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    headers["Content-Disposition"] = f'attachment; filename="round-{round_id}-{name}"'
    return Response(found.data, media_type="text/plain; charset=utf-8", headers=headers)
