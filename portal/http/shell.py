"""The page that a browser loads before Streamlit fills it: language, title, what link previews show, our style."""

import re
from functools import lru_cache
from html import escape

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from db.engine import reading
from portal import areas
from portal.acts import VISITOR
from portal.cases.reading import one
from portal.errors import NotFound
from portal.http.account import YEAR_SECONDS
from portal.http.sitemap import BY_PATH, Screen
from portal.http.static import OURS, STREAMLIT, versioned
from portal.http.visitor import LANGUAGE_COOKIE, VIEW_COOKIE, language_of
from portal.settings import settings
from portal.words import t

HEAD = re.compile(r"<title>.*?</title>|<link\s+rel=\"(?:shortcut icon|service-desc|preload)\".*?/>", re.DOTALL)
CHARSET = '<meta charset="UTF-8" />'
SCRIPT = re.compile(r"<script>.*?</script>|<noscript>.*?</noscript>|<!--.*?-->", re.DOTALL)


def page(request: Request) -> Response:
    """A known address: the shell of its page."""
    lang = language_of(request)
    screen = BY_PATH[request.url.path.strip("/")]
    answer = _answer(request, _title(screen, request), 200)
    if request.query_params.get("lang") == lang:  # so that the pages opened from here speak it too
        answer.set_cookie(LANGUAGE_COOKIE, lang, max_age=YEAR_SECONDS, samesite="lax", secure=settings().https)
    return answer


def missing(request: Request) -> Response:
    """Any other address: the portal with status 404, or the right address where only a slash was too much."""
    language_of(request)
    path = request.url.path
    if path.rstrip("/")[1:] in BY_PATH and not path.startswith("//"):
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(path.rstrip("/") + query, 308)
    return _answer(request, t("page.missing"), 404)


def town() -> str:
    """The name of the place, or of the portal where no areas were brought in yet."""
    try:
        return areas.tree().root.label
    except NotFound:
        return t("http.portal")


def _answer(request: Request, title: str, status: int) -> Response:
    lang = language_of(request)
    elder = request.cookies.get(VIEW_COOKIE) == "elder"
    head = _head(lang, f"{title} · {town()}", _address(request))
    html = _template().replace("<html", f'<html lang="{lang}"{" data-view=elder" if elder else ""}', 1)
    html = html.replace(CHARSET, CHARSET + head, 1)  # before Streamlit's own scripts
    return HTMLResponse(html, status, headers={"Cache-Control": "no-cache", "Vary": "Cookie"})


def _address(request: Request) -> str:
    """The page's own address as others reach it, with nothing but the case in its query."""
    case = request.query_params.get("case", "")
    query = f"case={case}" if re.fullmatch("[0-9]{1,15}", case, re.ASCII) else ""
    scheme = "https" if settings().https else request.url.scheme
    return str(request.url.replace(scheme=scheme, query=query))


def _head(lang: str, title: str, address: str) -> str:
    description = t("http.description")
    tags = [
        f"<title>{escape(title)}</title>",
        f'<meta name="description" content="{escape(description)}">',
        f'<meta property="og:title" content="{escape(title)}">',
        f'<meta property="og:description" content="{escape(description)}">',
        '<meta property="og:type" content="website">',
        f'<meta property="og:url" content="{escape(address)}">',
        f'<meta property="og:locale" content="{lang.replace("-", "_")}">',
        f'<link rel="icon" type="image/svg+xml" href="{versioned("icon.svg")}">',
        f'<link rel="stylesheet" href="{versioned("portal.css")}">',
        f'<link rel="stylesheet" href="{versioned("frame.css")}">',
        f'<script defer src="{versioned("frame.js")}"></script>',
    ]
    words = f"chrome-{lang.partition('-')[0]}.js"
    if words in OURS:
        tags += [f'<script defer src="{versioned(name)}"></script>' for name in (words, "chrome.js")]
    return "".join(tags)


def _title(screen: Screen, request: Request) -> str:
    """The page's title; for one wish that is on the wall, the wish's own."""
    case_id = request.query_params.get("case", "")
    if screen.name == "case" and re.fullmatch("[0-9]{1,15}", case_id, re.ASCII):
        with reading() as session:
            found = _public_title(session, int(case_id))
        if found:
            return found
    return t(f"page.{screen.name}") if screen.path else t("http.portal")


def _public_title(session: Session, case_id: int) -> str:
    try:
        return one(session, VISITOR, case_id).title
    except NotFound:
        return ""


@lru_cache
def _template() -> str:
    """Streamlit's own page without its title, its icon, the font that we do not use, and its inline script."""
    html = (STREAMLIT / "index.html").read_text()
    html = SCRIPT.sub("", HEAD.sub("", html))
    return html.replace('<html lang="en"', "<html").strip()
