"""The menu: which pages are registered and which of them this person is offered."""

from functools import lru_cache

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from portal import words
from portal.acts import Who
from portal.http import sitemap
from portal.words import t


def choose(who: Who) -> StreamlitPage:
    """Register all pages, show those for `who` on top, and give back the one to run.

    All are registered for everybody, because an address that is not registered would say "not found" to somebody
    who only has to sign in; the page itself keeps the door.
    """
    return st.navigation(_sections(words.language(), sitemap.offered(who)), position="top")


@lru_cache(maxsize=64)
def _sections(lang: str, offered: frozenset[str]) -> dict[str, list[StreamlitPage]]:
    """Kept, because checking fifteen files costs more than an empty page. Bodies take turns, so they may share it."""
    sections: dict[str, list[StreamlitPage]] = {}
    for screen in sitemap.SCREENS:
        header = t(f"section.{screen.section}") if screen.section else ""
        sections.setdefault(header, []).append(
            st.Page(
                screen.file,
                title=t(f"page.{screen.name}"),
                icon=f":material/{screen.icon}:",
                url_path=screen.path or None,
                default=not screen.path,
                visibility="visible" if screen.name in offered else "hidden",
            )
        )
    return sections
