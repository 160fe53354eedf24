"""What stands above the clerk's list: the tabs with their counts, and what narrows the list. All is in the address."""

from urllib.parse import urlencode

import streamlit as st

from pages.parts import filters
from pages.parts.drawn import Node, el, link
from portal import areas, words
from portal.acts import Who
from portal.cases.lists import COUNT_UP_TO, QueueFilters
from portal.cases.setup import categories, category_name
from portal.words import t, tn


def narrowed(who: Who) -> QueueFilters:
    """What the clerk narrows the list to. The boxes are drawn only while in sight: the address knows the rest."""
    codes, paths = ["", *[c.code for c in categories()]], _places(who)
    picked = filters.chosen("category", codes), filters.chosen("area", paths), filters.chosen("own", ("", "1"))
    n = sum(map(bool, picked))
    label = tn("wall.filters_set", n) if n else t("wall.more_filters")
    box = st.expander(label, icon=":material/tune:", key="desk_filters", on_change="rerun")
    if box.open:
        with box, st.container(horizontal=True):
            filters.select("category", t("wall.category"), codes, lambda c: category_name(c) if c else t("wall.any"))
            filters.select("area", t("wall.area"), paths, lambda p: areas.tree().label(p) if p else t("wall.any"))
            filters.select("own", t("desk.own"), ("", "1"), lambda own: t("desk.own_only" if own else "desk.own_all"))
    return QueueFilters(picked[0], picked[1], bool(picked[2]))


def address(**changed: str) -> str:
    """The desk's address with the same filters and something else changed."""
    kept = st.query_params.to_dict() | changed
    return "/desk?" + urlencode({name: value for name, value in kept.items() if value})


def tabs(counts: dict[str, int], tab: str) -> Node:
    """The tabs with how many wait in each."""
    return ["nav", {"class": "tabs", "aria-label": t("desk.tabs")}, *[_tab(name, n, tab) for name, n in counts.items()]]


def _tab(name: str, n: int, tab: str) -> Node:
    shown = f"{words.number(COUNT_UP_TO - 1)}+" if n >= COUNT_UP_TO else words.number(n)
    made = link(address(tab=name, case="", after=""), t(f"desk.tab.{name}"), el("b", "", shown), css=name if n else "")
    if name == tab and isinstance(made, list):
        made[1]["aria-current"] = "page"
    return made


def _places(who: Who) -> list[str]:
    """The areas to choose from: those this clerk answers for, down to the communities, and the chosen one's cells."""
    within, tree = st.query_params.get("area", ""), areas.tree()
    mine = [place for path in who.paths("staff") for place in tree.below(path)]
    chosen = next((p.path for p in mine if p.level == "community" and within.startswith(p.path)), "-")
    few = len(mine) <= 40
    shown = [p.path for p in mine if few or p.level in ("street", "community") or p.path.startswith(chosen)]
    return ["", *dict.fromkeys(shown)]
