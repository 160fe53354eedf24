"""Signing in and out over HTTP, preferences, and addresses that must not lead elsewhere."""

import pytest

from db.engine import reading
from portal import audit
from portal.accounts import sessions
from portal.acts import Who
from portal.http.client import client_of
from portal.http.paths import local
from portal.limits import RESIDENT_SESSION_DAYS, UPLOADS_PER_HOUR
from tests.portal.http.conftest import HERE, Portal


def who_has(cookie: str) -> Who:
    with reading() as session:
        return sessions.who_from(session, cookie.removeprefix("portal_session="), HERE, "zh-CN")


def ticket_for(person_id: int) -> str:
    with audit.transaction() as session:
        return sessions.issue_ticket(session, person_id=person_id)


def test_a_ticket_becomes_a_cookie_that_scripts_cannot_read(portal: Portal) -> None:
    answer = portal.sign_in(portal.person_id)
    cookie = answer.cookies["portal_session"]
    assert answer.status == 204
    assert answer.headers["cache-control"] == "no-store"
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["secure"]) == (True, "lax", "/", "")
    assert RESIDENT_SESSION_DAYS * 86_400 - 60 <= int(cookie["max-age"]) <= RESIDENT_SESSION_DAYS * 86_400
    assert who_has(cookie.value).person_id == portal.person_id


def test_a_ticket_is_good_once(portal: Portal) -> None:
    ticket = ticket_for(portal.person_id)
    first = portal.ask("/account/session", "POST", Origin=portal.origin, Portal_Ticket=ticket)
    second = portal.ask("/account/session", "POST", Origin=portal.origin, Portal_Ticket=ticket)
    assert (first.status, second.status) == (204, 403)
    assert "portal_session" not in second.cookies


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "{origin}", "Sec_Fetch_Site": "cross-site"},
        {"Origin": "{origin}", "Sec_Fetch_Site": "same-site"},
    ],
)
def test_another_site_can_neither_sign_in_nor_out(portal: Portal, headers: dict[str, str]) -> None:
    headers = {name: value.format(origin=portal.origin) for name, value in headers.items()}
    ticket, cookie = ticket_for(portal.person_id), portal.cookie_of(portal.person_id)
    assert portal.ask("/account/session", "POST", Portal_Ticket=ticket, **headers).status == 403
    assert portal.ask("/account/signout", "POST", Cookie=cookie, **headers).status == 403
    assert who_has(cookie).person_id == portal.person_id


@pytest.mark.parametrize("ticket", ["", "x", "x" * 5_000, "../../x"])
def test_a_made_up_ticket_is_refused(portal: Portal, ticket: str) -> None:
    answer = portal.ask("/account/session", "POST", Origin=portal.origin, Portal_Ticket=ticket)
    assert answer.status == 403
    assert "请重新登录" in answer.text


def test_a_phone_may_ask_for_the_page_and_for_the_cookie_from_two_addresses(portal: Portal) -> None:
    ticket = ticket_for(portal.person_id)
    ask = {"Origin": portal.origin, "Portal_Ticket": ticket, "X_Forwarded_For": "2001:db8::9"}
    assert portal.ask("/account/session", "POST", **ask).status == 204


def test_signing_in_anew_ends_the_session_before(portal: Portal, other_id: int) -> None:
    old = portal.cookie_of(portal.person_id)
    answer = portal.ask(
        "/account/session", "POST", Origin=portal.origin, Portal_Ticket=ticket_for(other_id), Cookie=old
    )
    assert answer.cookies["portal_session"].value not in old
    assert who_has(old).person_id is None


def test_signing_out_ends_the_session_for_good(portal: Portal) -> None:
    cookie = portal.cookie_of(portal.person_id)
    answer = portal.ask("/account/signout", "POST", Origin=portal.origin, Cookie=cookie, Sec_Fetch_Site="same-origin")
    assert (answer.status, answer.headers["location"]) == (303, "/")
    assert answer.cookies["portal_session"]["max-age"] == "0"
    assert who_has(cookie).person_id is None


def test_signing_in_and_out_need_a_post(portal: Portal) -> None:
    assert portal.ask("/account/session").status == 404
    assert portal.ask("/account/signout").status == 404


def test_preferences_are_kept_and_lead_back(portal: Portal) -> None:
    answer = portal.ask("/account/prefs?lang=en&view=elder&next=/wish%3Fcase%3D7")
    assert (answer.status, answer.headers["location"]) == (303, "/wish?case=7")
    assert answer.cookies["portal_lang"].value == "en"
    assert answer.cookies["portal_view"].value == "elder"


def test_unknown_preferences_are_dropped(portal: Portal) -> None:
    answer = portal.ask("/account/prefs?lang=xx&view=%3Cb%3E")
    assert answer.status == 303
    assert not answer.cookies


FOREIGN = [
    "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "http://evil.example", "evil.example",
    "javascript:alert(1)", "/\t/evil.example", "/\n/evil.example", "/%0d%0aSet-Cookie:a=b\r\n", " /wall", "", "/a\\b",
    "/" + "a" * 3_000,
]  # fmt: skip


@pytest.mark.parametrize("wanted", FOREIGN)
def test_nobody_is_sent_elsewhere(wanted: str) -> None:
    assert local(wanted) == "/"


def test_the_route_sends_nobody_elsewhere(portal: Portal) -> None:
    for wanted in ("//evil.example", "/%5Cevil.example", "%2F%2Fevil.example", "/%09/evil.example"):
        assert portal.ask(f"/account/prefs?lang=en&next={wanted}").headers["location"] == "/"


@pytest.mark.parametrize("wanted", ["/", "/wall", "/wish?case=7", "/signin?next=%2Fpost", "/a/b#c", "/检索?q=路灯"])
def test_own_addresses_are_followed(wanted: str) -> None:
    assert local(wanted) == wanted


def test_one_household_is_one_client() -> None:
    assert client_of("2001:db8:1:2::1") == client_of("2001:db8:1:2:ffff::9")
    assert client_of("2001:db8:1:2::1") != client_of("2001:db8:1:3::1")
    assert client_of("::ffff:203.0.113.9") == client_of("203.0.113.9")
    assert client_of("203.0.113.9") != client_of("203.0.113.10")
    assert client_of("not an address") == client_of("unix:")
    assert "203.0.113.9" not in client_of("203.0.113.9")
    assert client_of(None) == client_of("127.0.0.1") == client_of("::1"), "one browser on this very machine"


def test_only_a_trusted_proxy_is_believed(portal: Portal) -> None:
    """The test reaches the server from a trusted address; whom that address forwards for is believed, and no more."""
    far, another = "203.0.113.9", "203.0.113.10"

    def upload(forwarded: str) -> int:
        return portal.ask("/_stcore/upload_file/nobody/f", "PUT", X_Forwarded_For=forwarded).status

    for n in range(UPLOADS_PER_HOUR):
        assert upload(f"198.51.100.{n}, {far}") != 429
    assert (upload(f"198.51.100.99, {far}"), upload(f"{far}, {another}")) == (429, 403)
