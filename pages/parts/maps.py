"""Maps: picking a place, and showing where cases are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import cos, sin
from typing import Any, Protocol

import streamlit as st

from pages.parts.plain import md
from pages.parts.town import cells_in, corners, draw_map, frame_of, outlines, overview
from portal import areas
from portal.areas import Place, Tree
from portal.errors import NotFound
from portal.words import language, t

SIGNS = {"open": "…", "solved": "✓", "not_solved": "✗", "declined": "–"}
"""What stands in a dot besides its colour, for those who do not tell colours apart."""
PICK_HEIGHT, CASE_HEIGHT = 380, 480


@dataclass(frozen=True)
class Spot:
    """A chosen place: the smallest area that holds it, and the point where one was tapped."""

    area_id: int
    path: str
    lon: float | None = None
    lat: float | None = None


class Dot(Protocol):
    """What a case needs to be shown on a map; a row of a list has it."""

    @property
    def id(self) -> int: ...
    @property
    def lon(self) -> float | None: ...
    @property
    def lat(self) -> float | None: ...
    @property
    def area_path(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def standing(self) -> str: ...


def pick_place(key: str, *, start: Spot | None = None, near: str = "") -> Spot | None:
    """Let somebody tap the map or choose from lists; what was chosen last, or None. Not for use inside a form.

    It is kept under `key` until `forget_place(key)`; `start` is where the choice begins, and `near` the path of the
    area that the map shows before there is one.
    """
    tree, state, spot = areas.tree(), st.session_state, picked(key, start=start)
    if spot is not None and _list(key, 0) not in state:
        _fill_lists(key, tree, tree.by_path(spot.path))
        state[_look(key)] = spot.path
    st.markdown(f"**{t('place.map')}**")
    draw_map(
        tree,
        _around(tree, spot, state.get(_look(key)) or near),
        key=key,
        height=PICK_HEIGHT,
        default={"last_clicked": None},
        on_tap=lambda value: _tapped(key, value),
    )
    if state.get(_outside(key)):
        st.error(t("place.outside", town=md(tree.root.label)))
    st.markdown(f"**{t('place.list')}**")
    _lists(key, tree)
    _say(tree, spot)
    return spot


def picked(key: str, *, start: Spot | None = None) -> Spot | None:
    """What was chosen under `key` so far, without drawing anything; `start` where nobody chose yet."""
    spot: Spot | None = st.session_state.setdefault(_kept(key), start)
    if spot is not None and not _still_there(areas.tree(), spot):
        spot = st.session_state[_kept(key)] = None
    return spot


def forget_place(key: str) -> None:
    """Drop what was chosen under `key`, after it was used."""
    for name in [_kept(key), _look(key), _outside(key), *(_list(key, depth) for depth in range(8))]:
        st.session_state.pop(name, None)


def case_map(dots: Sequence[Dot], *, key: str, height: int = CASE_HEIGHT) -> int | None:
    """Show where cases are; the id of the one that was tapped, in the run after the tap only.

    A case without a point of its own is shown near the middle of its area.
    """
    return dot_map(dots, {name: t(f"standing.{name}") for name in SIGNS}, key=key, height=height)


def dot_map(dots: Sequence[Dot], names: Mapping[str, str], *, key: str, height: int = CASE_HEIGHT) -> int | None:
    """As `case_map`, for anything that has a place: `names` says what each standing (a key of `SIGNS`) means there."""
    tree = areas.tree()
    shown = [(dot, *_where(tree, dot)) for dot in dots if dot.standing in names]
    now: dict[str, Any] = {
        "points": {"type": "FeatureCollection", "features": [_point(*each) for each in shown]},
        "signs": {standing: {"sign": SIGNS[standing], "name": name} for standing, name in names.items()},
        "look": frame_of([(lon, lat) for _, lon, lat in shown]) or overview(tree.version),
    }
    tapped = f"{key}.tapped"

    def keep(value: dict[str, Any]) -> None:
        properties = (value.get("last_active_drawing") or {}).get("properties") or {}
        st.session_state[tapped] = properties.get("id")

    default = {"last_object_clicked_count": 0, "last_active_drawing": None}
    draw_map(tree, now, key=key, height=height, default=default, on_tap=keep)
    found = st.session_state.pop(tapped, None)
    return next((dot.id for dot, _, _ in shown if dot.id == found), None)  # the browser can send anything


def _kept(key: str) -> str:
    return f"{key}.spot"


def _look(key: str) -> str:
    return f"{key}.look"


def _outside(key: str) -> str:
    return f"{key}.outside"


def _list(key: str, depth: int) -> str:
    return f"{key}.list{depth}"


def _still_there(tree: Tree, spot: Spot) -> bool:
    try:
        return tree.by_id(spot.area_id).path == spot.path
    except NotFound:
        return False


def _around(tree: Tree, spot: Spot | None, look: str) -> dict[str, Any]:
    now: dict[str, Any] = {"look": overview(tree.version)}
    near = spot.path if spot else look
    home = next((p for p in tree.ancestors(near) if p.level == "community"), None) if near else None
    if home is not None:
        now["cells"] = cells_in(tree.version, language(), home.path)
    if look:
        now["look"] = corners(tree, [tree.by_path(look)]) or now["look"]
    if spot is not None:
        now["chosen"] = outlines(tree, [tree.by_path(spot.path)])
        now["pin"] = None if spot.lat is None else [spot.lat, spot.lon]
    return now


def _tapped(key: str, value: dict[str, Any]) -> None:
    click = value.get("last_clicked")
    try:
        lon, lat = round(float(click["lng"]), 6), round(float(click["lat"]), 6)  # type: ignore[index]
    except (TypeError, KeyError, ValueError, OverflowError):
        return
    tree = areas.tree()
    place = tree.locate(lon, lat)
    st.session_state[_outside(key)] = place is None
    if place is not None:
        st.session_state[_kept(key)] = Spot(place.id, place.path, lon, lat)
        _fill_lists(key, tree, place)


def _listed(key: str, depth: int) -> None:
    state, tree = st.session_state, areas.tree()
    for deeper in range(depth + 1, 8):
        state.pop(_list(key, deeper), None)
    path = state.get(_list(key, depth)) or (state.get(_list(key, depth - 1)) if depth else None)
    place = tree.by_path(path) if path else None
    # a street alone is too wide for anybody to find the spot
    state[_kept(key)] = Spot(place.id, place.path) if place and place.level != "street" else None
    state[_look(key)] = path
    state[_outside(key)] = False


def _fill_lists(key: str, tree: Tree, place: Place) -> None:
    chain = [p for p in tree.ancestors(place.path)[1:] if p.level != "building"]
    for depth in range(8):
        st.session_state[_list(key, depth)] = chain[depth].path if depth < len(chain) else None


def _lists(key: str, tree: Tree) -> None:
    above, columns = tree.root, st.columns(3)
    for depth in range(8):
        below = [p for p in tree.children(above.path) if p.level != "building"]
        if not below:
            break
        name, paths = _list(key, depth), [p.path for p in below]
        if st.session_state.get(name) not in paths:
            st.session_state[name] = None
        chosen = columns[depth % 3].selectbox(
            t(f"level.{below[0].level}"),
            paths,
            index=None,
            key=name,
            format_func=lambda path: tree.by_path(path).label,
            placeholder=t("place.choose"),
            on_change=_listed,
            args=(key, depth),
        )
        if chosen is None:
            break
        above = tree.by_path(chosen)


def _say(tree: Tree, spot: Spot | None) -> None:
    if spot is None:
        st.info(t("place.none"), icon=":material/location_searching:")
        return
    place = tree.by_path(spot.path)
    message = "place.area" if spot.lat is None else "place.point"
    st.success(t(message, name=md(tree.label(place.path))), icon=":material/location_on:")
    if spot.lat is None and tree.children(place.path):
        st.caption(t("place.closer"))


def _where(tree: Tree, dot: Dot) -> tuple[float, float]:
    if dot.lon is not None and dot.lat is not None:
        return dot.lon, dot.lat
    middle = next(p for p in reversed(tree.ancestors(dot.area_path)) if p.lon is not None and p.lat is not None)
    # several in one area stand round its middle, not on top of each other
    angle, away = dot.id * 2.4, 0.0002 * (1 + dot.id % 3)
    return (middle.lon or 0) + away * cos(angle), (middle.lat or 0) + away * sin(angle)


def _point(dot: Dot, lon: float, lat: float) -> dict[str, Any]:
    properties = {"id": dot.id, "title": dot.title, "standing": dot.standing}
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Point", "coordinates": [lon, lat]}}
