"""One's own data as a file, to the person signed in and to nobody else."""

from collections.abc import Iterator
from typing import IO

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from db.engine import reading
from portal import audit, clock
from portal.errors import Forbidden, Refused
from portal.http.visitor import language_of, refusal, who_asks
from portal.mydata import export
from portal.words import say

BLOCK = 256 * 1024


def data(request: Request) -> Response:
    """`GET /account/data`: everything that is the asking person's own, as a zip file that nobody keeps."""
    language_of(request)
    if request.headers.get("sec-fetch-site") not in (None, "none", "same-origin"):
        return refusal(403, "http.foreign")
    try:
        with audit.transaction() as session:
            who = who_asks(session, request)
            export.begin(session, who)
    except Forbidden:
        return refusal(403, "http.sign_in")
    except Refused as refused:
        return refusal(429, "http.refused", reason=say(refused))
    with reading() as session:
        file = export.archive(session, who)
    name = f"my-data-{clock.day_of(clock.now())}.zip"
    headers = {"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(_blocks(file), media_type="application/zip", headers=headers)


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while block := file.read(BLOCK):
            yield block
