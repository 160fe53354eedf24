"""The line on top of every page: the town, the language, the large view, the person."""

from html import escape
from urllib.parse import quote

import streamlit as st

from pages.parts import frame
from portal import notices, words
from portal.acts import Who
from portal.http.shell import town
from portal.settings import settings
from portal.words import t, tn


def draw() -> None:
    """Draw the line: one element, so that it costs a page next to nothing."""
    me, back = frame.who(), quote(frame.here(), safe="")
    st.html(f'<div class="portal-topbar">{_town()}<nav aria-label="{_t("frame.settings")}">{_switches(back)}'
            f"{_person(me, back)}</nav></div>")  # fmt: skip


def _town() -> str:
    return f'<a class="town" href="/" target="_self">{escape(town())}</a>'


def _switches(back: str) -> str:
    links = [
        _link(f"/account/prefs?lang={code}&next={back}", t(f"language.{code}"), lang=code)
        for code in settings().language_codes
        if code != words.language()
    ]
    elder = frame.cookie("portal_view") == "elder"
    view, label = ("normal", "frame.normal_view") if elder else ("elder", "frame.elder_view")
    links.append(_link(f"/account/prefs?view={view}&next={back}", t(label)))
    return "".join(links)


def _person(me: Who, back: str) -> str:
    if me.person_id is None:
        return _link(f"/signin?next={back}", t("frame.sign_in"))
    unread = frame.read(notices.unread)
    news = _link("/me", tn("frame.unread", unread), kind="news") if unread else ""
    name = _link("/me", me.name, kind="name")
    return (
        f'{news}{name}<form method="post" action="/account/signout">'
        f'<button type="submit">{_t("frame.sign_out")}</button></form>'
    )


def _link(url: str, label: str, *, lang: str = "", kind: str = "") -> str:
    extra = (f' lang="{escape(lang)}"' if lang else "") + (f' class="{kind}"' if kind else "")
    return f'<a href="{escape(url)}" target="_self"{extra}>{escape(label)}</a>'


def _t(message_id: str) -> str:
    return escape(t(message_id))
