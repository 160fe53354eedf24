"""The door: foreign hosts and origins, closed doors, headers, and what a leaked session id is worth."""

from socket import create_connection

import pytest
from starlette.datastructures import Headers
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from portal.http import guard
from portal.settings import settings
from tests.portal.http.conftest import Portal

FINISHED = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)


def socket(
    portal: Portal, *, origin: str | None, host: str = "", cookie: str = "", session: str = ""
) -> ClientConnection:
    return connect(
        f"ws://{host or portal.host}/_stcore/stream",
        sock=create_connection(("127.0.0.1", portal.server.port)),
        origin=origin,  # type: ignore[arg-type]
        additional_headers={"Cookie": cookie} if cookie else {},
        subprotocols=["streamlit", "none", *filter(None, [session])],  # type: ignore[list-item]
        compression=None,
        max_size=None,
    )


def run(connection: ClientConnection, page: str) -> tuple[str, str]:
    """Run a page; returns all that the server said, and Streamlit's session id."""
    message = BackMsg()
    message.rerun_script.page_name = page
    connection.send(message.SerializeToString())
    said, session = b"", ""
    while True:
        data = connection.recv(timeout=30, decode=False)
        answer = ForwardMsg.FromString(data)
        said += data
        if answer.WhichOneof("type") == "new_session":
            session = answer.new_session.initialize.session_id
        if answer.WhichOneof("type") == "script_finished" and answer.script_finished in FINISHED:
            return said.decode(errors="ignore"), session


@pytest.mark.parametrize(
    "origin",
    [None, "", "null", "http://evil.example", "http://127.0.0.1", "http://127.0.0.1.evil.example:{port}",
     "http://localhost:{port}", "file://127.0.0.1:{port}", "http://user@127.0.0.1:{port}"],
)  # fmt: skip
def test_a_socket_of_another_origin_is_refused(portal: Portal, origin: str | None) -> None:
    with pytest.raises(InvalidStatus) as refused:
        socket(portal, origin=origin and origin.format(port=portal.server.port))
    assert refused.value.response.status_code == 403


def test_a_socket_to_another_host_is_refused(portal: Portal) -> None:
    with pytest.raises(InvalidStatus) as refused:
        socket(portal, host="evil.example", origin="http://evil.example")
    assert refused.value.response.status_code == 403


def test_a_socket_of_our_own_pages_is_served(portal: Portal) -> None:
    with socket(portal, origin=portal.origin) as connection:
        drawn, session = run(connection, "trail")
    assert session
    assert "trail" in drawn


def test_the_person_follows_the_cookie_and_not_the_streamlit_session(portal: Portal) -> None:
    with socket(portal, origin=portal.origin, cookie=portal.cookie_of(portal.person_id)) as connection:
        mine, session = run(connection, "me")
    assert "王&lt;b&gt;秀英" in mine
    with socket(portal, origin=portal.origin, session=session) as thief:
        theirs, _ = run(thief, "me")
    assert "秀英" not in theirs


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "127.0.0.1@evil.example", ""]
)
def test_a_request_to_another_host_is_refused(portal: Portal, host: str) -> None:
    for path in ("/", "/_stcore/health", "/healthz", "/assets/frame.css"):
        answer = portal.ask(path, Host=host)
        assert answer.status == 403
        assert "content-security-policy" in answer.headers


@pytest.mark.parametrize("path", ["/_stcore/agent/openapi.json", "/_stcore/metrics", "/auth/login", "/oauth2callback"])
def test_doors_that_nobody_uses_are_closed(portal: Portal, path: str) -> None:
    assert portal.ask(path).status == 404


@pytest.mark.parametrize("path", ["/", "/wall", "/nowhere", "/_stcore/health", "/assets/frame.css", "/healthz"])
def test_every_answer_carries_the_security_headers(portal: Portal, path: str) -> None:
    headers = portal.ask(path).headers
    assert "frame-ancestors 'self'" in headers["content-security-policy"]
    assert "script-src 'self' 'unsafe-eval' blob:;" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "geolocation=(self)" in headers["permissions-policy"]
    assert "server" not in headers
    assert "strict-transport-security" not in headers


def test_https_and_tiles_show_in_the_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_HTTPS", "1")
    monkeypatch.setenv("PORTAL_TILE_URL", "https://t{s}.tiles.example/{z}/{x}/{y}.png")
    settings.cache_clear()
    headers = guard.security_headers()
    monkeypatch.undo()
    settings.cache_clear()
    assert headers["Strict-Transport-Security"].startswith("max-age=")
    assert "img-src 'self' data: blob: *.tiles.example;" in headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("origin", "host", "scheme", "same"),
    [
        ("https://portal.example", "portal.example", "https", True),
        ("https://portal.example", "portal.example:443", "https", True),
        ("https://PORTAL.example", "portal.example", "wss", True),
        ("https://portal.example", "portal.example", "http", True),  # a proxy that ends TLS and does not say so
        ("http://portal.example:8501", "portal.example:8501", "ws", True),
        ("http://portal.example:8501", "portal.example", "http", False),
        ("http://portal.example", "portal.example:8501", "http", False),
        ("https://portal.example.evil", "portal.example", "https", False),
        ("javascript://portal.example", "portal.example", "https", False),
        ("", "portal.example", "https", False),
    ],
)
def test_same_origin(origin: str, host: str, scheme: str, same: bool) -> None:
    assert guard.same_origin(Headers({"origin": origin, "host": host}), scheme) is same


@pytest.mark.parametrize(("origin", "same"), [("https://portal.example", True), ("http://portal.example", False)])
@pytest.mark.parametrize("scheme", ["http", "ws", "https", "wss"])
def test_where_the_portal_is_served_over_https_plain_pages_are_not_ours(
    monkeypatch: pytest.MonkeyPatch, origin: str, same: bool, scheme: str
) -> None:
    monkeypatch.setattr(settings(), "https", True)
    assert guard.same_origin(Headers({"origin": origin, "host": "portal.example"}), scheme) is same
