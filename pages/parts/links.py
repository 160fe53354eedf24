"""Going to another page, and through the slices of a list."""

from typing import NoReturn
from urllib.parse import parse_qs, urlencode

import streamlit as st

from pages.parts import frame
from pages.parts.drawn import Node, link
from portal.http import sitemap
from portal.http.paths import local


def open_page(address: str) -> NoReturn:
    """Go to an address of this portal without loading everything anew. Ends the run."""
    path, _, query = local(address).partition("?")
    screen = sitemap.BY_PATH.get(path.strip("/"))
    if screen is None:
        frame.go(address)
    st.switch_page(screen.file, query_params=parse_qs(query))


def pager(path: str, key: str | None, *, words: tuple[str, str], param: str = "after") -> Node | None:
    """Links to the next slice of a list and back to its start, keeping the rest of the address; None for one slice.

    `words` are the labels of the two.
    """
    kept = {name: value for name, value in st.query_params.to_dict().items() if name != param}
    links: list[Node] = []
    if param in st.query_params:
        links.append(link(_address(path, kept), words[1], css="button"))
    if key:
        links.append(link(_address(path, kept | {param: key}), words[0], css="button main"))
    return ["nav", {"class": "row pager"}, *links] if links else None


def _address(path: str, query: dict[str, str]) -> str:
    return f"{path}?{urlencode(query)}" if query else path
