"""Asking for help: what, where, when, each with one tap; everything else may be left out."""

import streamlit as st

from pages.parts import dial
from pages.parts.drawn import Event, Node, button, draw, el, icon
from pages.parts.maps import Spot, forget_place, pick_place, picked
from portal import areas, limits
from portal.acts import Who
from portal.cases.contents import Voice
from portal.cases.kinds import EMERGENCY, HELP, URGENCY_CLASSES
from portal.cases.setup import categories, category, category_name
from portal.words import t

URGENCIES = (*sorted(URGENCY_CLASSES, reverse=True), EMERGENCY)
TODAY = 2
_ROUND = "help_round"
"""How many times help was asked for in this visit: each begins with fresh fields."""


def key_now() -> str:
    """Under which key the fields of the present call are kept."""
    return f"help_{st.session_state.setdefault(_ROUND, 0)}"


def begin_anew() -> None:
    """Leave the fields behind: the call in them was sent."""
    forget_place(f"{key_now()}_place")
    st.session_state[_ROUND] += 1


def help_fields(key: str, who: Who, *, own: bool = True) -> Voice:
    """Draw the fields of a call for help and give what is in them now.

    Until it is said what is needed there is no category, and nothing else is asked for. A danger to life gives the
    urgency `EMERGENCY`, which makes no order, and shows whom to call. `own` is False where somebody else writes it
    down. Everything is kept under `key`.
    """
    what = _what(key)
    if not what:
        return Voice("", "", "", kind=HELP.name)
    urgency: int = st.segmented_control(
        t("help.urgency"), URGENCIES, default=TODAY, required=True, key=f"{key}_urgency", width="stretch",
        format_func=lambda level: t(f"urgency.{level}"),
    )  # fmt: skip
    if urgency == EMERGENCY:
        draw([el("p", "", t("help.emergency_lead")), dial.emergency(explained=True)], key=f"{key}_emergency")
        return Voice("", "", what, kind=HELP.name, urgency=urgency)
    spot = _where(f"{key}_place", who, own)
    contact = "" if who.person_id is not None and own else _contact(key)
    with st.expander(t("help.more"), icon=":material/edit_note:"):
        st.caption(t("help.private"))
        place = st.text_input(
            t("help.place"), key=f"{key}_spot", max_chars=limits.TITLE_CHARS, placeholder=t("help.place_hint")
        )
        body = st.text_area(
            t("help.body"), key=f"{key}_body", max_chars=limits.BODY_CHARS, placeholder=t("help.body_hint"), height=90
        )
        if who.person_id is not None and own:
            contact = _contact(key, t("help.contact_own"))
    return Voice(
        title="", body=body, category=what, kind=HELP.name, urgency=urgency, place=place, contact=contact,
        area_id=spot.area_id if spot else None, lon=spot.lon if spot else None, lat=spot.lat if spot else None,
    )  # fmt: skip


def _what(key: str) -> str:
    """Six large tiles; the one that was tapped takes their place, with a way back to them."""
    kept, offered = f"{key}_what", [c.code for c in categories(HELP.name)]

    def tapped(event: Event) -> None:
        if event["do"] == "what":
            st.session_state[kept] = event["id"] if event["id"] in offered else ""

    chosen: str = st.session_state.get(kept, "")
    if chosen:
        tile = el("div", f"tile chosen {category(chosen).colour}", icon(category(chosen).icon), category_name(chosen))
        other = button("what", "", t("help.change"), symbol="undo")
        draw([el("div", "row narrow", tile, other)], key=kept, clicked=tapped)
        return chosen
    heading = el("h2", "narrow", t("help.what"))
    tiles = [_tile(code) for code in offered]
    urgent = el("div", "panel stack", el("p", "", t("help.emergency")), dial.emergency(explained=False))
    draw([heading, ["div", {"class": "tiles"}, *tiles], urgent], key=f"{kept}_tiles", clicked=tapped)
    return ""


def _tile(code: str) -> Node:
    about = category(code)
    attributes = {"type": "button", "class": f"tile {about.colour}", "data-do": "what", "data-id": code}
    return ["button", attributes, icon(about.icon), category_name(code)]


def _where(key: str, who: Who, own: bool) -> Spot | None:
    """The cell in which it is: one's own where it is known, any other one tap further away."""
    home = areas.tree().by_path(who.home_path) if own and who.home_path else None
    start = Spot(home.id, home.path) if home else None
    spot = picked(key, start=start)
    if start is None:
        st.subheader(t("help.where"), anchor=False)
        return pick_place(key)
    said = areas.tree().label(spot.path) if spot else ""
    draw([el("p", "where-now", icon("location_on"), el("span", "", t("help.where")), el("strong", "", said))], key=key)
    box = st.expander(t("help.where_change"), icon=":material/edit_location_alt:", key=f"{key}_box", on_change="rerun")
    if box.open:
        with box:
            return pick_place(key, start=start)
    return spot


def _contact(key: str, hint: str | None = None) -> str:
    return st.text_input(
        t("help.contact"), key=f"{key}_contact", help=hint, max_chars=limits.NAME_CHARS, autocomplete="tel"
    )
