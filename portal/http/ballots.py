"""A ballot that is being filled in, kept for its voter; and ballots to be printed, for those who give them out."""

import json

from starlette.requests import Request
from starlette.responses import Response

from db.engine import reading
from portal import audit, limits
from portal.errors import Forbidden, NotFound, Refused
from portal.fund import ballots, printing
from portal.http.guard import own_form
from portal.http.visitor import language_of, refusal, who_asks
from portal.inputs import row_id
from portal.words import say

_QUIET = {"Cache-Control": "no-store", "Vary": "Cookie"}


def draft(request: Request) -> Response:
    """`POST /fund/<id>/draft` with the choices in the header `Portal-Draft`. The answer tells nothing of them.

    The page sends it by itself, also while it is being left, when nobody waits for an answer any more.
    """
    language_of(request)
    if not own_form(request):
        return refusal(403, "http.foreign")
    try:
        with audit.transaction() as session:
            chosen = _read(request.headers.get("portal-draft", ""))
            ballots.save_draft(session, who_asks(session, request), row_id(request.path_params["round_id"]), chosen)
    except Refused as refused:
        return Response(status_code=403 if isinstance(refused, Forbidden) else 409, headers=_QUIET)
    return Response(status_code=204, headers=_QUIET)


def papers(request: Request) -> Response:
    """`GET /fund/<id>/papers.pdf?n=50`: so many numbered ballots, new ones each time, for those who give them out."""
    round_id, copies = row_id(request.path_params["round_id"]), row_id(request.query_params.get("n"))
    try:
        with reading() as session:
            file = printing.ballots(session, who_asks(session, request), round_id, copies)
    except (NotFound, Forbidden):
        return refusal(404, "http.no_paper")
    except Refused as refused:
        return refusal(409, "http.refused", reason=say(refused))
    name = f"ballots-{round_id}.pdf"
    headers = _QUIET | {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(file, media_type="application/pdf", headers=headers)


def _read(sent: str) -> object:
    """What came in the header. Raises Refused `ballot_malformed`."""
    if len(sent) > limits.BALLOT_CHARS:
        raise Refused("ballot_malformed")
    try:
        return json.loads(sent)
    except (ValueError, RecursionError):
        raise Refused("ballot_malformed") from None
