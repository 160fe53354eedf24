"""What stands above the clerk's list: which inbox, three figures at a glance, the tabs, and what narrows the list.

All of it is in the address.
"""

from urllib.parse import urlencode

import streamlit as st

from pages.parts import filters
from pages.parts.drawn import Node, el, icon, link
from portal import areas, words
from portal.acts import Who
from portal.cases.inbox import COUNT_UP_TO, FIGURES, TABS, Inbox, Wanted, inboxes
from portal.cases.kinds import AT_DESK
from portal.cases.setup import categories, category_name
from portal.words import t, tn

_SYMBOLS = {"mine": "assignment_ind", "late": "alarm", "new": "inbox"}


def where(who: Who) -> tuple[str, str]:
    """The chosen level and desk; asked for only where there is a choice."""
    offered = inboxes(who)
    levels = [box.level for box in offered]
    with st.container(horizontal=True, horizontal_alignment="right", key="desk_where"):
        if len(levels) > 1:
            level = filters.segments("level", t("inbox.level"), levels, lambda code: t(f"level.{code}"))
        else:
            level = "".join(levels)
        desks = next((box.desks for box in offered if box.level == level), ())
        return level, filters.segments("desk", t("inbox.desk"), desks, lambda d: t(f"inbox.desk.{d}")) if desks else ""


def narrowed(at: Inbox, desk: str) -> Wanted:
    """What the clerk narrows an inbox to. The boxes are drawn only while in sight: the address knows the rest."""
    kinds, paths = ["", *AT_DESK], _places(at)
    kind = filters.chosen("kind", kinds)
    codes = list(dict.fromkeys(["", *(c.code for k in ([kind] if kind else AT_DESK) for c in categories(k))]))
    picked = kind, filters.chosen("category", codes), filters.chosen("area", paths)
    n = sum(map(bool, picked))
    label = tn("wall.filters_set", n) if n else t("wall.more_filters")
    box = st.expander(label, icon=":material/tune:", key="desk_filters", on_change="rerun")
    if box.open:
        with box, st.container(horizontal=True):
            filters.select("kind", t("field.kind"), kinds, lambda k: t(f"kind.{k}") if k else t("wall.any"))
            filters.select("category", t("wall.category"), codes, lambda c: category_name(c) if c else t("wall.any"))
            filters.select("area", t("wall.area"), paths, lambda p: areas.tree().label(p) if p else t("wall.any"))
    return Wanted(at.level, desk, *picked)


def address(**changed: str) -> str:
    """The desk's address with the same filters and something else changed."""
    kept = st.query_params.to_dict() | changed
    return "/desk?" + urlencode({name: value for name, value in kept.items() if value})


def glance(counts: dict[str, int], tab: str) -> list[Node]:
    """The three figures, and the tabs with how many stand in each."""
    figures = [_figure(name, counts[name], tab) for name in FIGURES]
    rest = [_tab(name, counts[name], tab) for name in TABS if name not in FIGURES]
    return [
        ["nav", {"class": "glance", "aria-label": t("inbox.glance")}, *figures],
        ["nav", {"class": "tabs", "aria-label": t("desk.tabs")}, *rest],
    ]


def _figure(name: str, n: int, tab: str) -> Node:
    number = el("b", "", _many(n))
    about = el("span", "", icon(_SYMBOLS[name]), t(f"desk.tab.{name}"), el("small", "", t(f"inbox.{name}.about")))
    return _marked(link(_to(name), number, about, css=f"figure {name}" if n else "figure"), name == tab)


def _tab(name: str, n: int, tab: str) -> Node:
    made = link(_to(name), t(f"desk.tab.{name}"), el("b", "", _many(n)), css=name if n else "")
    return _marked(made, name == tab)


def _to(tab: str) -> str:
    return address(tab=tab, case="", after="", rows="")


def _marked(made: Node, here: bool) -> Node:
    if here and isinstance(made, list):
        made[1]["aria-current"] = "page"
    return made


def _many(n: int) -> str:
    return f"{words.number(COUNT_UP_TO - 1)}+" if n >= COUNT_UP_TO else words.number(n)


def _places(at: Inbox) -> list[str]:
    """The areas to choose from: those of this inbox, down to the communities, and the chosen one's cells."""
    within, tree = st.query_params.get("area", ""), areas.tree()
    mine = [place for path in at.paths for place in tree.below(path)]
    chosen = next((p.path for p in mine if p.level == "community" and within.startswith(p.path)), "-")
    few = len(mine) <= 40
    shown = [p.path for p in mine if few or p.level in ("street", "community") or p.path.startswith(chosen)]
    return ["", *dict.fromkeys(shown)]
