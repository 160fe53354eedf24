"""How much may wait in memory before it is sent.

Streamlit keeps what a browser uploads until its page is closed and caps only the single file. This budget caps their
number and sum for each open page, and how many an address sends in an hour.
"""

import threading
from collections import OrderedDict, deque
from datetime import datetime, timedelta
from typing import TypeVar

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portal import clock, limits
from portal.http.client import client_of
from portal.http.visitor import language_of, refusal

V = TypeVar("V")
PREFIX = "/_stcore/upload_file/"
HOUR = timedelta(hours=1)
COUNTED = 10_000
"""Of how many pages and addresses the counts are kept; the one that was quiet longest is forgotten first."""


class Budget:
    """What each page holds, file by file, and when each address sent something. Safe in any thread."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, dict[str, int]] = OrderedDict()
        self._sent: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, client: str, page: str, file: str, size: int) -> str:
        """Count a file of `size` bytes; empty, or the message id of the limit in its way (then nothing is counted)."""
        with self._lock:
            held, sent = self._held.get(page, {}), self._sent.get(client, deque())
            now = clock.now()
            while sent and now - sent[0] >= HOUR:
                sent.popleft()
            others = [n for name, n in held.items() if name != file]
            if len(others) >= limits.UPLOADS_AT_ONCE:
                return "http.uploads_many"
            if sum(others) + size > limits.UPLOAD_BYTES_AT_ONCE:
                return "http.uploads_large"
            if len(sent) >= limits.UPLOADS_PER_HOUR:
                return "http.uploads_often"
            held[file] = size
            sent.append(now)
            _newest(self._held, page, held)
            _newest(self._sent, client, sent)
            return ""

    def give_back(self, page: str, file: str) -> None:
        """The file is gone from memory; a file that was not counted changes nothing."""
        with self._lock:
            held = self._held.get(page, {})
            held.pop(file, None)
            if not held:
                self._held.pop(page, None)


budget = Budget()
"""The budget of this process: so are the files it counts."""
_STATUS = {"http.uploads_large": 413, "http.uploads_many": 429, "http.uploads_often": 429}


class Uploads:
    """ASGI middleware: refuses an upload beyond the budget before a byte of it is read."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        page, _, file = scope.get("path", "").removeprefix(PREFIX).partition("/")
        ours = scope["type"] == "http" and scope["path"].startswith(PREFIX) and page and file
        if ours and scope["method"] == "PUT":
            await self._put(scope, receive, send, page, file)
        elif ours and scope["method"] == "DELETE":
            if await self._done(scope, receive, send):
                budget.give_back(page, file)
        else:
            await self.app(scope, receive, send)

    async def _put(self, scope: Scope, receive: Receive, send: Send, page: str, file: str) -> None:
        client = client_of(scope["client"][0] if scope.get("client") else None)
        problem = budget.take(client, page, file, _announced(Headers(scope=scope)))
        if problem:
            language_of(Request(scope))
            await refusal(_STATUS[problem], problem, **_FACTS)(scope, receive, send)
            return
        kept = False
        try:
            kept = await self._done(scope, receive, send)
        finally:
            if not kept:
                budget.give_back(page, file)

    async def _done(self, scope: Scope, receive: Receive, send: Send) -> bool:
        """Let Streamlit answer; whether it did what it was asked."""
        done = False

        async def watched(message: Message) -> None:
            nonlocal done
            if message["type"] == "http.response.start":
                done = message["status"] < 300
            await send(message)

        await self.app(scope, receive, watched)
        return done


_FACTS = {
    "files": limits.UPLOADS_AT_ONCE,
    "megabytes": limits.UPLOAD_BYTES_AT_ONCE // 1024**2,
    "hourly": limits.UPLOADS_PER_HOUR,
}


def _announced(headers: Headers) -> int:
    """How long the upload says it is, which the server holds it to; one that does not say counts as the longest."""
    length = headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() and len(length) < 16 else limits.PHOTO_BYTES


def _newest(counts: "OrderedDict[str, V]", name: str, value: V) -> None:
    counts[name] = value
    counts.move_to_end(name)
    while len(counts) > COUNTED:
        counts.popitem(last=False)
