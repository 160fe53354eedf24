"""Asking over HTTP as somebody who signed in, without a server: status, headers and body as text."""

import asyncio
from collections.abc import Iterator
from typing import Any

from starlette.applications import Starlette

from portal import audit
from portal.accounts import sessions
from portal.acts import Who
from portal.http.routes import ROUTES

APP = Starlette(routes=ROUTES)


def cookie(who: Who | None) -> list[tuple[bytes, bytes]]:
    """The header of somebody who signed in."""
    if who is None or who.person_id is None:
        return []
    with audit.transaction() as session:
        ticket = sessions.issue_ticket(session, person_id=who.person_id)
        token, _ = sessions.redeem(session, ticket, current_token=None, agent="test")
    return [(b"cookie", f"portal_session={token}".encode())]


def send(address: str, headers: list[tuple[bytes, bytes]], method: str = "GET") -> tuple[int, str]:
    """What a route answers: its status, and its headers and body as text."""
    path, _, query = address.partition("?")
    scope = {
        "type": "http", "method": method, "path": path, "query_string": query.encode(), "scheme": "http",
        "headers": [(b"host", b"testserver"), *headers], "server": ("testserver", 80), "client": ("127.0.0.1", 1),
    }  # fmt: skip
    answers: list[Any] = []

    asked: Iterator[dict[str, object]] = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> dict[str, object]:
        for message in asked:
            return message
        return await asyncio.Future()  # nobody hangs up

    async def heard(message: Any) -> None:
        answers.append(message)

    asyncio.run(APP(scope, receive, heard))
    parts = [answers[0]["headers"], *(message.get("body", b"") for message in answers[1:])]
    return answers[0]["status"], b"".join(map(bytes, parts[1:])).decode("latin-1") + repr(parts[0])
