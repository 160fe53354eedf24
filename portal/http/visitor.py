"""Who asks, on our own routes: the same cookie, the same look-up as on the pages."""

from html import escape

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from portal import words
from portal.accounts import sessions
from portal.acts import Who
from portal.http.client import client_of

SESSION_COOKIE = "portal_session"
LANGUAGE_COOKIE = "portal_lang"
VIEW_COOKIE = "portal_view"


def language_of(request: Request) -> str:
    """Speak the language of the request (`?lang=`, else the cookie) from here on, and return its code."""
    return words.use(request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE))


def client(request: Request) -> str:
    """The keyed hash of the asking address; behind a trusted proxy, of the address the proxy tells."""
    return client_of(request.client.host if request.client else None)


def who_asks(session: Session, request: Request) -> Who:
    """The person behind the cookie, found anew."""
    lang = language_of(request)
    return sessions.who_from(session, request.cookies.get(SESSION_COOKIE), client(request), lang)


def refusal(status: int, message_id: str, **facts: object) -> Response:
    """A short sentence in the language in use, as a page of its own that needs nothing else."""
    sentence, home = escape(words.t(message_id, **facts)), escape(words.t("http.home"))
    return HTMLResponse(
        f'<!DOCTYPE html><html lang="{words.language()}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{sentence}</title>"
        '<body style="font: 1.2rem/1.6 system-ui, sans-serif; max-width: 34rem; margin: 4rem auto; padding: 0 1rem">'
        f'<p>{sentence}</p><p><a href="/">{home}</a></p>',
        status,
        headers={"Cache-Control": "no-store"},
    )
