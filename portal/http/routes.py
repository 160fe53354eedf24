"""All addresses beside Streamlit's own, in one table. Plain functions: they run in threads, off the event loop."""

from collections.abc import Callable
from functools import wraps

from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from portal.alarm import report
from portal.http import (
    account,
    attachments,
    ballots,
    boxes,
    chain,
    files,
    health,
    openbooks,
    own,
    papers,
    shell,
    static,
)
from portal.http.guard import Guard
from portal.http.sitemap import SCREENS
from portal.http.uploads import Uploads
from portal.http.visitor import language_of, refusal
from portal.settings import settings

Endpoint = Callable[[Request], Response]


def told(endpoint: Endpoint) -> Endpoint:
    """The endpoint, with one sentence and a reference number where something unexpected happens in it."""

    @wraps(endpoint)
    def answer(request: Request) -> Response:
        try:
            return endpoint(request)
        except HTTPException:
            raise
        except Exception as error:
            language_of(request)
            return refusal(500, "http.failed", reference=report(error, "route"))

    return answer


class Elsewhere(Convertor[str]):
    """Any path that is not Streamlit's own."""

    regex = r"(?!(?:_stcore|static|media|component|app)(?:/|$)|favicon\.png$|manifest\.json$).+"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("elsewhere", Elsewhere())

ROUTES: list[BaseRoute] = [
    Route("/account/session", told(account.redeem), methods=["POST"]),
    Route("/account/signout", told(account.sign_out), methods=["POST"]),
    Route("/account/prefs", told(account.prefer)),
    Route("/account/data", told(own.data)),
    Route("/cases/{case_id}/agreement.pdf", told(papers.agreement)),
    Route("/fund/{round_id}/draft", told(ballots.draft), methods=["POST"]),
    Route("/fund/{round_id}/papers.pdf", told(ballots.papers)),
    Route("/files/{name}", told(files.full)),
    Route("/files/{name}/thumb", told(files.thumb)),
    Route("/attachments/{name}", told(attachments.full)),
    Route("/attachments/{name}/thumb", told(attachments.thumb)),
    Route("/assets/{name}", told(static.ours)),
    Route("/healthz", told(health.alive)),
    Route("/readyz", told(health.ready)),
    Route("/audit/chain.jsonl", told(chain.links)),
    Route("/audit/head", told(chain.head)),
    Route("/audit/verify.py", told(chain.verifier)),
    Route("/audit/callbacks/{month}", told(chain.callbacks)),
    Route("/fund/{round_id}/box.pb", told(boxes.ballots)),
    Route("/fund/{round_id}/receipts.txt", told(boxes.receipts)),
    Route("/fund/fields.csv", told(openbooks.fields)),
    Route("/fund/{fund_id}/transfers.csv", told(openbooks.fund_transfers)),
    Route("/fund/{fund_id}/awards.csv", told(openbooks.fund_awards)),
    Route("/fund/{fund_id}/awards.json", told(openbooks.fund_awards_json)),
    Route("/round/{round_id}/transfers.csv", told(openbooks.round_transfers)),
    Route("/project/{project_id}/transfers.csv", told(openbooks.project_transfers)),
    *(Route(f"/{screen.path}", told(shell.page)) for screen in SCREENS),
    Route("/{path:elsewhere}", told(shell.missing)),
]

MIDDLEWARE = [
    Middleware(ProxyHeadersMiddleware, trusted_hosts=settings().trusted_proxies),
    Middleware(Guard),
    Middleware(Uploads),
    Middleware(static.HashedFiles),
]
