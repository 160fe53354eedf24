"""The town on a Leaflet map of our own: nothing in it comes from another host.

It runs on streamlit-folium. The outlines are drawn by folium once per state of the areas and kept; what changes from
run to run (the pin, the points) is handed over as data, so a rerun renders nothing anew.
"""

import json
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import folium
import streamlit as st
import streamlit_folium
from branca.element import MacroElement
from folium.template import Template
from folium.utilities import JsCode
from shapely.geometry import mapping, shape

from portal import areas
from portal.areas import Place, Tree
from portal.settings import settings
from portal.words import language, t

STATIC = "/app/static"
JS = [f"{STATIC}/leaflet/leaflet.js", f"{STATIC}/map/map.js"]
CSS = [f"{STATIC}/leaflet/leaflet.css", f"{STATIC}/map/map.css"]
Corners = list[list[float]]
"""South-west and north-east, each latitude before longitude, as Leaflet wants them."""
ON_BASE = ("city", "street", "community")
"""Levels drawn at once; cells are drawn for the community in view only, so that a large town stays light."""
SIMPLIFY = 2e-5
"""Degrees, about 2 m: finer than a line on the screen."""


def draw_map(
    tree: Tree,
    now: dict[str, Any],
    *,
    key: str,
    height: int,
    default: dict[str, Any],
    on_tap: Callable[[dict[str, Any]], None],
) -> None:
    """The outlines with what is there `now` on top. `default` names what the browser reports, and its first value."""
    made = _drawing(tree.version, language(), settings().tile_url, settings().tile_attribution)
    component = f"{key}.map.{tree.version}.{language()}"

    def changed() -> None:
        value = st.session_state.get(component)
        on_tap(value if isinstance(value, dict) else {})

    # st_folium() renders and compares everything on every run; its frame is the same one.
    streamlit_folium._component_func(
        script=made,
        header="",
        html="",
        id="map",
        key=component,
        height=height,
        width=None,
        returned_objects=list(default),
        default=default,
        zoom=None,
        center=None,
        feature_group=f"portalMap.show(map_div, {json.dumps(now, ensure_ascii=True)});",
        return_on_hover=False,
        layer_control=None,
        pixelated=False,
        css_links=CSS,
        js_links=JS,
        on_change=changed,
        wrap_longitude=False,
    )


def outlines(tree: Tree, places: Sequence[Place]) -> dict[str, Any]:
    """The given areas as GeoJSON with level and name in the language in use, fit for drawing."""
    features = []
    for place in places:
        geometry = tree.feature(place.path)["geometry"]
        if geometry is not None:
            thin = mapping(shape(geometry).simplify(SIMPLIFY))
            properties = {"level": place.level, "name": place.label}
            features.append({"type": "Feature", "properties": properties, "geometry": thin})
    return {"type": "FeatureCollection", "features": features}


@st.cache_data(show_spinner=False, max_entries=256)
def cells_in(version: str, lang: str, path: str) -> dict[str, Any]:
    """The cells below the area at `path`, for the tree of that version and in that language."""
    tree = areas.tree()
    return outlines(tree, [p for p in tree.below(path) if p.level == "cell"])


@st.cache_data(show_spinner=False, max_entries=8)
def overview(version: str) -> Corners | None:
    """The corners of the part of the town where people live: all communities, or else all of it."""
    tree = areas.tree()
    return corners(tree, [p for p in tree.below(tree.root.path) if p.level == "community"] or [tree.root])


def corners(tree: Tree, places: Sequence[Place]) -> Corners | None:
    """The corners round the given areas."""
    boxes = [shape(g).bounds for p in places if (g := tree.feature(p.path)["geometry"])]
    return frame_of([(box[i], box[i + 1]) for box in boxes for i in (0, 2)])


def frame_of(points: Sequence[tuple[float, float]]) -> Corners | None:
    """The corners round some points (longitude, latitude)."""
    if not points:
        return None
    lons, lats = [lon for lon, _ in points], [lat for _, lat in points]
    return [[min(lats), min(lons)], [max(lats), max(lons)]]


class _Prepared(MacroElement):
    _template = Template(
        "{% macro script(this, kwargs) %}portalMap.prepare(map_div, {{ this.say|tojson }});{% endmacro %}"
    )

    def __init__(self, say: dict[str, str]) -> None:
        super().__init__()
        self.say = say


@st.cache_data(show_spinner=False, max_entries=8)
def _drawing(version: str, lang: str, tile_url: str, attribution: str) -> str:
    """Leaflet's script for the outlines. Public data only; `version` and `lang` are part of the key."""
    tree = areas.tree()
    town = folium.Map(tiles=None, zoom_control=False, world_copy_jump=False, min_zoom=8, max_zoom=19, zoom_snap=0.25)
    _Prepared({"lang": lang, "zoomIn": t("map.zoom_in"), "zoomOut": t("map.zoom_out")}).add_to(town)
    if tile_url:
        folium.TileLayer(tiles=tile_url, attr=escape(attribution), max_zoom=19).add_to(town)
    places = [p for p in tree.below(tree.root.path) if p.level in ON_BASE]
    folium.GeoJson(
        outlines(tree, places),
        style_function=lambda f: {"className": f"area area-{f['properties']['level']}"},
        on_each_feature=JsCode("portalMap.nameArea"),
        interactive=False,
    ).add_to(town)
    town.get_root().render()
    return str(streamlit_folium._get_map_string(town))
