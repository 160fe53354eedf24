"""Papers of one case, to those who may read it."""

from starlette.requests import Request
from starlette.responses import Response

from db.engine import reading
from portal.cases.disputes.paper import agreement_paper
from portal.errors import Forbidden, NotFound
from portal.http.visitor import refusal, who_asks
from portal.inputs import row_id


def agreement(request: Request) -> Response:
    """`GET /cases/<id>/agreement.pdf`: the same 404 where there is none and where this visitor may not read it."""
    case_id = row_id(request.path_params["case_id"])
    try:
        with reading() as session:
            paper = agreement_paper(session, who_asks(session, request), case_id)
    except (NotFound, Forbidden):
        return refusal(404, "http.no_paper")
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'attachment; filename="agreement-{case_id}.pdf"',
        "Vary": "Cookie",
    }
    return Response(paper, media_type="application/pdf", headers=headers)
