"""Signing in and out over HTTP, and the two preferences that live in cookies."""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal import audit
from portal.accounts import sessions
from portal.errors import Refused
from portal.http.guard import own_form
from portal.http.paths import local
from portal.http.visitor import LANGUAGE_COOKIE, SESSION_COOKIE, VIEW_COOKIE, language_of, refusal
from portal.settings import settings

YEAR_SECONDS = 365 * 86_400
VIEWS = ("normal", "elder")


def redeem(request: Request) -> Response:
    """`POST /account/session` with the one-use ticket in the header `Portal-Ticket`: it becomes the session cookie.

    A header of our own is something that a form of another site cannot send at all.
    """
    language_of(request)
    if not own_form(request):
        return refusal(403, "http.foreign")
    try:
        with audit.transaction() as session:
            token, max_age = sessions.redeem(
                session,
                request.headers.get("portal-ticket", ""),
                current_token=request.cookies.get(SESSION_COOKIE),
                agent=request.headers.get("user-agent", "")[:200],
            )
    except Refused:
        return refusal(403, "http.ticket")
    answer = Response(status_code=204, headers={"Cache-Control": "no-store"})
    answer.set_cookie(SESSION_COOKIE, token, max_age=max_age, httponly=True, **_cookie())
    return answer


def sign_out(request: Request) -> Response:
    """`POST /account/signout`: the session ends in every tab; back to the start page."""
    language_of(request)
    if not own_form(request):
        return refusal(403, "http.foreign")
    token = request.cookies.get(SESSION_COOKIE)
    if token:
        with audit.transaction() as session:
            sessions.end(session, token)
    answer = RedirectResponse("/", 303, headers={"Cache-Control": "no-store"})
    answer.delete_cookie(SESSION_COOKIE, httponly=True, **_cookie())
    return answer


def prefer(request: Request) -> Response:
    """`GET /account/prefs?lang=&view=&next=`: keep the language or the large view, and go back."""
    answer = RedirectResponse(local(request.query_params.get("next")), 303, headers={"Cache-Control": "no-store"})
    lang, view = request.query_params.get("lang"), request.query_params.get("view")
    if lang in settings().language_codes:
        answer.set_cookie(LANGUAGE_COOKIE, lang, max_age=YEAR_SECONDS, **_cookie())
    if view in VIEWS:
        answer.set_cookie(VIEW_COOKIE, view, max_age=YEAR_SECONDS, **_cookie())
    return answer


def _cookie() -> dict[str, Any]:
    return {"path": "/", "samesite": "lax", "secure": settings().https}
