"""Where it is, in one line: the own cell unless somebody says otherwise; map and lists are one tap away."""

import streamlit as st

from pages.parts.maps import Spot, pick_place, picked
from pages.parts.plain import md
from portal import areas
from portal.acts import Who
from portal.words import t


def place_field(key: str, who: Who, *, start: Spot | None = None, own: bool = True) -> Spot | None:
    """The chosen place. It begins with `start`, else with the cell where `who` lives where it is their own matter.

    It is kept under `key` as `pick_place` does.
    """
    begins = start or (_home(who) if own else None)
    spot = picked(key, start=begins)
    label = t("place.here", area=md(areas.tree().label(spot.path))) if spot else t("place.nowhere")
    box = st.expander(
        label, icon=":material/location_on:", expanded=begins is None, key=f"{key}_box", on_change="rerun"
    )
    if not box.open:
        return spot
    with box:
        return pick_place(key, start=begins)


def _home(who: Who) -> Spot | None:
    tree = areas.tree()
    return Spot(tree.by_path(who.home_path).id, who.home_path) if who.home_path else None
