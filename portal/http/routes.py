"""All addresses beside Streamlit's own, in one table. Plain functions: they run in threads, off the event loop."""

from starlette.convertors import Convertor, register_url_convertor
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from portal.http import account, chain, files, health, shell, static
from portal.http.guard import Guard
from portal.http.sitemap import SCREENS
from portal.settings import settings


class Elsewhere(Convertor[str]):
    """Any path that is not Streamlit's own."""

    regex = r"(?!(?:_stcore|static|media|component|app)(?:/|$)|favicon\.png$|manifest\.json$).+"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("elsewhere", Elsewhere())

ROUTES: list[BaseRoute] = [
    Route("/account/session", account.redeem, methods=["POST"]),
    Route("/account/signout", account.sign_out, methods=["POST"]),
    Route("/account/prefs", account.prefer),
    Route("/files/{name}", files.full),
    Route("/files/{name}/thumb", files.thumb),
    Route("/assets/{name}", static.ours),
    Route("/healthz", health.alive),
    Route("/readyz", health.ready),
    Route("/audit/chain.jsonl", chain.links),
    Route("/audit/head", chain.head),
    Route("/audit/verify.py", chain.verifier),
    *(Route(f"/{screen.path}", shell.page) for screen in SCREENS),
    Route("/{path:elsewhere}", shell.missing),
]

MIDDLEWARE = [
    Middleware(ProxyHeadersMiddleware, trusted_hosts=settings().trusted_proxies),
    Middleware(Guard),
    Middleware(static.HashedFiles),
]
