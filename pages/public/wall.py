"""The wall of wishes: filters in the address, notes or a map, "me too"."""

from urllib.parse import quote

import streamlit as st

from pages.parts import filters, frame, maps
from pages.parts.drawn import Event, Node, button, draw, el, icon, link
from pages.parts.facts import empty
from pages.parts.links import open_page, pager
from pages.parts.notes import board, href, support, written_at
from portal.acts import Who
from portal.cases.lists import with_own_support
from portal.cases.wall import Filters, wall
from portal.memo import for_all
from portal.words import fitting, t


def clicked(event: Event) -> None:
    """Before the page runs: note where the browser is, or support a wish."""
    if event["do"] == "located":
        filters.located(event)
    support(event)


def where() -> Node:
    """The question where this is, without which nothing is near."""
    failed = el("p", {"role": "alert"}, t("wall.near_failed")) if filters.not_located() else None
    use = button("locate", "", t("wall.near_use"), "main", "my_location")
    return el("div", "panel stack", el("p", "", t("wall.near_ask")), el("p", "", use), failed)


def nothing(filtered: bool, kind: str) -> Node:
    """Nothing found: a way on."""
    if "after" in st.query_params:
        return empty("wall.past_end", symbol="done_all", way=("/wall", "wall.first"))
    way = (written_at(kind), fitting("wall.post", kind))
    if filtered:
        return empty("wall.none", symbol="search_off", way=way)
    none = "home.notes" if kind == filters.KINDS_SHOWN[0] else "wall.opinions"
    return empty(none, symbol="sticky_note_2", way=way)


def notes(who: Who, wanted: Filters) -> list[Node]:
    """The wall itself, or what to do where there is nothing to show."""
    found = frame.read(for_all(wall), wanted, st.query_params.get("after"))
    rows = frame.read(with_own_support, found.rows)
    if filters.on_map() and rows:
        tapped = maps.case_map(rows, key="wall_map")
        if tapped:
            open_page(href(tapped))
    start = "/wall" if wanted.kind == filters.KINDS_SHOWN[0] else f"/wall?kind={wanted.kind}"
    way_in = link(f"/signin?next={quote(start)}", t("wall.sign_in_link"))
    hint = el("p", "small quiet", t(fitting("wall.sign_in", wanted.kind)), " ", way_in)
    clear = el("p", "", link(start, icon("filter_alt_off"), t("wall.clear"), css="button plain"))
    filtered = bool(st.query_params.to_dict().keys() - {"after", "view", "order", "kind"})
    more = pager("/wall", found.next, words=(t("wall.next"), t("wall.first")))
    return [
        *([] if who.person_id else [hint]),
        board(rows, who_can_support=who.person_id is not None) if rows else nothing(filtered, wanted.kind),
        *([clear] if filtered else []),
        *([more] if more else []),
    ]


me = frame.enter("wall.title")
wanted = filters.wall()
asking = wanted.order == "nearest" and wanted.lon is None
draw([where()] if asking else notes(me, wanted), key="wall", clicked=clicked)
