"""Choosing an area step by step, from the top down."""

from collections.abc import Sequence

import streamlit as st

from portal import areas
from portal.areas import Place
from portal.words import t


def pick_area(key: str, top: str, wanted: str) -> Place | None:
    """The area of level `wanted` below `top`, chosen level by level; None until it is reached."""
    place: Place | None = areas.tree().by_path(top)
    while place and place.level != wanted:
        place = _step(f"{key}_{place.id}", areas.tree().children(place.path))
    return place


def pick_within(key: str, tops: Sequence[str]) -> Place:
    """Any area at or below one of `tops`, with every level open: the last one chosen counts."""
    tree = areas.tree()
    place = tree.by_path(tops[0])
    if len(tops) > 1:
        place = tree.by_path(st.selectbox(t("people.area"), tops, format_func=tree.label, key=f"{key}_top"))
    while below := tree.children(place.path):
        chosen = _step(f"{key}_{place.id}", below, t("people.whole_area", area=place.label))
        if chosen is None:
            break
        place = chosen
    return place


def _step(key: str, places: list[Place], none: str | None = None) -> Place | None:
    """One select box; nothing is chosen at first."""
    if not places:
        return None
    label = t("me.home_level", level=t(f"level.{places[0].level}"))
    return st.selectbox(label, places, index=None, format_func=lambda p: p.label, placeholder=none or label, key=key)
