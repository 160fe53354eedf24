"""The door: whatever comes from a wrong host or another site is refused before Streamlit sees it."""

import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portal.settings import settings

CLOSED = ("/_stcore/agent", "/_stcore/metrics", "/auth/", "/oauth2callback")
"""Streamlit's doors that this portal does not use."""


class Guard:
    """ASGI middleware: checks Host on everything and Origin on every socket, and adds the security headers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.headers = security_headers()
        self.component_headers = security_headers(inline_scripts=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            if host_known(Headers(scope=scope)) and same_origin(Headers(scope=scope), scope["scheme"]):
                await self.app(scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        # Components of others draw in frames of their own and start with a script in their page.
        headers = self.component_headers if path.startswith("/component/") else self.headers

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                found = MutableHeaders(scope=message)
                for name, value in headers.items():
                    found.setdefault(name, value)
            await send(message)

        if not host_known(Headers(scope=scope)):
            await PlainTextResponse("Unknown host", 403)(scope, receive, send_guarded)
        elif path.startswith(CLOSED):
            await PlainTextResponse("Not found", 404)(scope, receive, send_guarded)
        else:
            await self.app(scope, receive, send_guarded)


def host_known(headers: Headers) -> bool:
    """Whether the request names exactly one host, and one of ours."""
    hosts = headers.getlist("host")
    found = re.fullmatch(r"(\[[0-9a-f:]+\]|[^:/?#@\[\]\s]+)(:\d{1,5})?", hosts[0].lower()) if len(hosts) == 1 else None
    return found is not None and found[1].rstrip(".") in settings().host_names


def same_origin(headers: Headers, scheme: str) -> bool:
    """Whether the browser says that the page which asks was served by the very host it asks."""
    origins = headers.getlist("origin")
    if len(origins) != 1:
        return False
    origin = urlsplit(origins[0])
    return origin.scheme in _schemes() and _with_port(origin.netloc, origin.scheme) == _with_port(
        headers.get("host", ""), "https" if scheme in ("https", "wss") else origin.scheme
    )


def _schemes() -> tuple[str, ...]:
    """How our own pages may have been served: where the settings say HTTPS, a page over plain HTTP is not ours."""
    return ("https",) if settings().https else ("http", "https")


def own_form(connection: HTTPConnection) -> bool:
    """Whether a request that changes something was made by a page of ours and not by another site."""
    site = connection.headers.get("sec-fetch-site")
    return site in (None, "same-origin") and same_origin(connection.headers, connection.scope["scheme"])


def _with_port(netloc: str, scheme: str) -> str:
    default = {"http": ":80", "https": ":443"}[scheme]
    return netloc.lower().removesuffix(default)


def security_headers(*, inline_scripts: bool = False) -> dict[str, str]:
    """The headers that every answer carries."""
    inline = " 'unsafe-inline'" if inline_scripts else ""
    policy = {
        "default-src": "'self'",
        # blob: and eval: Streamlit's components and charts are loaded and compiled in the browser
        "script-src": f"'self' 'unsafe-eval' blob:{inline}",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": " ".join(["'self'", "data:", "blob:", *_tile_hosts()]),
        "media-src": "'self' blob:",
        "font-src": "'self' data:",
        "connect-src": "'self' ws: wss: blob: data:",
        "worker-src": "'self' blob:",
        "frame-src": "'self'",
        "frame-ancestors": "'self'",
        "form-action": "'self'",
        "base-uri": "'self'",
        "object-src": "'none'",
    }
    headers = {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "geolocation=(self), camera=(self), microphone=(), payment=(), usb=()",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if settings().https:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return headers


def _tile_hosts() -> list[str]:
    """The one host from which an operator chose to load map tiles; none unless they did."""
    host = urlsplit(settings().tile_url).netloc
    if "{" in host:  # t{s}.example.org: the policy knows only whole labels
        host = "*." + host.partition(".")[2]
    return [host] if host else []
