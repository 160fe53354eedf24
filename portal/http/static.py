"""Files that are the same for everybody: Streamlit's own, hashed by name, and ours; packed once, kept in memory."""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import anyio.to_thread
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from portal.settings import ROOT

STREAMLIT = Path(find_spec("streamlit").origin or "").with_name("static")  # type: ignore[union-attr]
HASHED = STREAMLIT / "static"
ASSETS = Path(__file__).with_name("assets")
OURS = {path.name: path for kind in ("css", "js", "svg") for path in ASSETS.glob(f"*.{kind}")}
OURS["portal.css"] = ROOT / "portal" / "static" / "portal.css"
PACKED = {".js", ".css", ".svg", ".json", ".wasm", ".map", ".txt"}
FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Packed:
    """A file as it goes over the wire."""

    body: bytes
    media_type: str
    gzipped: bool
    digest: str


class HashedFiles:
    """ASGI middleware: answers `/static/…` from memory, packed, which Streamlit sends unpacked."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/static/") and scope["method"] in ("GET", "HEAD"):
            file = _hashed(scope["path"])
            if file is not None and "gzip" in Headers(scope=scope).get("accept-encoding", ""):
                packed = await anyio.to_thread.run_sync(pack, file)
                await _answer(packed, FOREVER)(scope, receive, send)
                return
        await self.app(scope, receive, send)


def ours(request: Request) -> Response:
    """`/assets/<name>`: one of our files. With the right `?v=` it may be kept for a year."""
    path = OURS.get(request.path_params["name"])
    if path is None or not path.is_file():
        return PlainTextResponse("Not found", 404)
    packed = _pack(path, path.stat().st_mtime_ns)
    etag = f'"{packed.digest}"'
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers={"ETag": etag})
    if packed.gzipped and "gzip" not in request.headers.get("accept-encoding", ""):
        packed = Packed(gzip.decompress(packed.body), packed.media_type, False, packed.digest)
    keep = FOREVER if request.query_params.get("v") == packed.digest else "no-cache"
    answer = _answer(packed, keep)
    answer.headers["ETag"] = etag
    return answer


def versioned(name: str) -> str:
    """The address of one of our files, changing with its content."""
    path = OURS[name]
    return f"/assets/{name}?v={pack(path).digest}" if path.is_file() else f"/assets/{name}"


def pack(path: Path) -> Packed:
    """The file, packed where that helps."""
    return _pack(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=1_024)
def _pack(path: Path, _changed: int) -> Packed:
    data = path.read_bytes()
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if media_type.startswith("text/") and path.suffix != ".js":
        media_type += "; charset=utf-8"
    packed = path.suffix in PACKED and len(data) > 500
    return Packed(
        gzip.compress(data, 9, mtime=0) if packed else data, media_type, packed, hashlib.sha256(data).hexdigest()[:16]
    )


@lru_cache(maxsize=4_096)
def _hashed(path: str) -> Path | None:
    """The file behind a `/static/…` path, or None where there is no such file inside Streamlit's folder."""
    file = (STREAMLIT / path.lstrip("/")).resolve()
    return file if file.is_relative_to(HASHED.resolve()) and file.suffix in PACKED and file.is_file() else None


def _answer(packed: Packed, keep: str) -> Response:
    headers = {"Cache-Control": keep, "Vary": "Accept-Encoding"}
    if packed.gzipped:
        headers["Content-Encoding"] = "gzip"
    return Response(packed.body, media_type=packed.media_type, headers=headers)
