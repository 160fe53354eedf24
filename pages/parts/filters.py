"""Filters of a public list. The address is the one truth: what is chosen is in it, so it can be sent and bookmarked."""

from collections.abc import Callable, Sequence
from functools import lru_cache

import streamlit as st

from pages.parts.drawn import Event
from portal import areas, limits
from portal.cases.setup import categories, category_name
from portal.cases.wall import ORDERS, STANDINGS, Filters
from portal.words import fitting, t, tn

KINDS_SHOWN = ("wish", "opinion")
"""What hangs on the wall; the first is shown where the address says nothing."""
VIEWS = ("list", "map")
_VIEW_ICONS = {"list": ":material/sticky_note_2:", "map": ":material/map:"}
_KEY = "filter_"
_HERE = "wall_here"
"""Where this visit says it is, for "nearest"; never in the address, which people send to others."""


def wall() -> Filters:
    """The wall's filters: a search field, the order and the view in sight, the rest one tap away."""
    with st.container(key="filters"):
        kind = segments("kind", t("wall.kind"), KINDS_SHOWN, lambda k: t(f"wall.kind.{k}"))
        words = text("q", t("wall.text"), t("wall.text_hint"))
        with st.container(horizontal=True, horizontal_alignment="distribute", key="arrange"):
            order = segments("order", t("wall.order"), ORDERS, lambda o: t(fitting(f"wall.order.{o}", kind)))
            segments("view", t("wall.view"), VIEWS, lambda v: f"{_VIEW_ICONS[v]} {t(f'wall.view.{v}')}")
        category, standing, area_path = _narrowed()
    lon, lat = _here(area_path) if order == "nearest" else (None, None)
    return Filters(category, standing, area_path, words, order, lon, lat, kind)


def on_map() -> bool:
    """Whether the address asks for the map."""
    return chosen("view", VIEWS) == "map"


def _narrowed() -> tuple[str, str, str]:
    """Category, standing and area. The boxes are only drawn while they are in sight: the address knows the rest."""
    codes, standings = ["", *[c.code for c in categories()]], ["", *STANDINGS]
    paths = _offered(st.query_params.get("area", ""))
    picked = chosen("category", codes), chosen("standing", standings), chosen("area", paths)
    n = sum(map(bool, picked))
    label = tn("wall.filters_set", n) if n else t("wall.more_filters")
    box = st.expander(label, icon=":material/tune:", key="filter_box", on_change="rerun")
    if box.open:
        with box:
            columns = st.columns(3)
            with columns[0]:
                select("category", t("wall.category"), codes, lambda c: category_name(c) if c else t("wall.any"))
            with columns[1]:
                select("standing", t("wall.standing"), standings, lambda s: t(f"standing.{s}" if s else "wall.any"))
            with columns[2]:
                area()
    return picked


def located(event: Event) -> None:
    """Keep where the browser says it is, rounded to some ten metres, for as long as this visit lasts."""
    try:
        lon, lat = (round(float(part), 4) for part in event["id"].split(","))
    except ValueError:
        st.session_state[_HERE] = None
        return
    st.session_state[_HERE] = (lon, lat) if areas.tree().contains(lon, lat) else None


def not_located() -> bool:
    """Whether the browser was asked where it is and gave nothing that lies in the town."""
    return _HERE in st.session_state and st.session_state[_HERE] is None


def _here(area_path: str) -> tuple[float | None, float | None]:
    """The chosen area's middle, or where the browser is."""
    if area_path:
        place = areas.tree().by_path(area_path)
        return place.lon, place.lat
    return st.session_state.get(_HERE) or (None, None)


def chosen(name: str, offered: Sequence[str]) -> str:
    """What the address says for `name`; the first of `offered` where it says nothing or something else."""
    value = st.query_params.get(name, "")
    return value if value in offered else offered[0]


def select(name: str, label: str, offered: Sequence[str], shown: Callable[[str], str]) -> str:
    """A select box kept in the address; the first of `offered` is left out of it."""
    st.session_state[_KEY + name] = chosen(name, offered)
    return st.selectbox(label, offered, format_func=shown, key=_KEY + name, on_change=_keep, args=(name, offered[0]))


def segments(name: str, label: str, offered: Sequence[str], shown: Callable[[str], str]) -> str:
    """A row of choices kept in the address; the first of `offered` is left out of it."""
    st.session_state[_KEY + name] = chosen(name, offered)
    st.segmented_control(
        label, offered, format_func=shown, key=_KEY + name, on_change=_keep, args=(name, offered[0]),
        label_visibility="collapsed", required=True,
    )  # fmt: skip
    return chosen(name, offered)


def text(name: str, label: str, hint: str) -> str:
    """A search field kept in the address."""
    st.session_state[_KEY + name] = st.query_params.get(name, "")[: limits.SEARCH_CHARS]
    return st.text_input(
        label, key=_KEY + name, max_chars=limits.SEARCH_CHARS, placeholder=hint, on_change=_keep, args=(name, ""),
        label_visibility="collapsed", icon=":material/search:",
    )  # fmt: skip


def area(name: str = "area") -> str:
    """A select box of the larger areas and those within the chosen one; gives the path, empty for the whole town."""
    return select(name, t("wall.area"), _offered(st.query_params.get(name, "")), _area_name)


def _offered(within: str) -> list[str]:
    """The larger areas, and those of the community that `within` lies in: a town may have thousands of cells."""
    tree = areas.tree()
    large = _large(tree)
    community = next(
        (path for path in large if within.startswith(path) and tree.by_path(path).level == "community"), ""
    )
    cells = [place.path for place in tree.below(community)[1:]] if community else []
    return ["", *sorted([*large, *cells])]


@lru_cache(maxsize=1)
def _large(tree: areas.Tree) -> tuple[str, ...]:
    """The streets and communities; asked for in every run, and the same until the areas change."""
    return tuple(p.path for p in tree.below(tree.root.path) if p.level in ("street", "community"))


def _area_name(path: str) -> str:
    if not path:
        return t("wall.any")
    place = areas.tree().by_path(path)
    return "\u3000" * (place.depth - 1) + place.label


def _keep(name: str, normal: str) -> None:
    value = st.session_state[_KEY + name]
    st.query_params.pop("after", None)
    if value and value != normal:
        st.query_params[name] = value
    else:
        st.query_params.pop(name, None)
