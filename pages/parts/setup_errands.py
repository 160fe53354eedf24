"""Editing the catalogue of errands: what is done, what to bring, how long it takes, and where."""

from collections.abc import Mapping

import streamlit as st

from pages.parts import frame
from pages.parts.drawn import Node, button, draw, el, icon, number
from pages.parts.facts import empty
from portal import limits, words
from portal.acts import Who
from portal.cases import errand_setup, setting_up
from portal.cases.errand_setup import Entry
from portal.cases.setup import categories, category_name
from portal.cases.stations import Line, plan
from portal.settings import settings
from portal.words import t, tn


def lines(who: Who) -> None:
    """All lines with the stations that do them, and a dialog to add or change one."""
    st.markdown(t("setup.errands_lead"))
    mine = frozenset(
        place.id for place in plan().venues.values() if setting_up.may(who, errand_setup.ERRAND, place.area_path)
    )
    if not mine:
        draw([empty("setup.stations", symbol="storefront", way=("/setup?part=stations", "station.setup"))], key="lines")
        return
    new = st.button(t("setup.errand_new"), icon=":material/add:")
    event = draw([el("div", "stack", *[_one(line) for line in plan().lines.values()])], key="lines")
    picked = plan().lines.get(number(event)) if event is not None and event["do"] == "edit" else None
    if new or picked is not None:
        st.dialog(t("setup.errand"), width="large", icon=":material/assignment_turned_in:")(_edit)(picked, mine)


def _one(line: Line) -> Node:
    where = t("setup.comma").join(plan().venues[n].label for n in line.station_ids) or t("setup.nowhere")
    return el(
        "section",
        "panel visit",
        el("p", "row", el("strong", "", line.label), el("span", "small quiet", category_name(line.category)),
           None if line.active else el("span", "chip plain", t("setup.put_away"))),
        el("p", "small", icon("timer"), tn("errands.minutes", line.minutes), " · ", words.pick(line.by)),
        el("p", "small", icon("location_on"), " ", where),
        el("p", "", button("edit", line.id, t("setup.edit"), symbol="edit")),
    )  # fmt: skip


def _edit(line: Line | None, mine: frozenset[int]) -> None:
    with frame.body():
        key, codes = f"errand_{line.id if line else 'new'}", [c.code for c in categories("errand")]
        names = _in_each("setup.name_in", key, "name", line.names if line else {})
        category = st.selectbox(
            t("wall.category"), codes, codes.index(line.category) if line and line.category in codes else 0,
            format_func=category_name, key=f"{key}_category",
        )  # fmt: skip
        bring = _in_each("setup.bring_in", key, "bring", line.bring if line else {}, lines=True)
        by = _in_each("setup.by_in", key, "by", line.by if line else {})
        minutes = st.number_input(
            t("setup.minutes"), 1, limits.ERRAND_MINUTES, line.minutes if line else 30, 5, key=f"{key}_min"
        )
        at_home = st.checkbox(t("setup.at_home"), line.at_home if line else False, key=f"{key}_home")
        had = frozenset(line.station_ids) if line else frozenset()
        chosen = st.multiselect(
            t("setup.done_at"), sorted(mine), sorted(had & mine), key=f"{key}_stations",
            format_func=lambda n: plan().venues[n].label,
        )  # fmt: skip
        if had - mine:
            st.caption(t("setup.others_too", names=t("setup.comma").join(plan().venues[n].label for n in had - mine)))
        position = st.number_input(t("setup.position"), 0, 999, line.position if line else 1, 1, key=f"{key}_position")
        active = st.checkbox(t("setup.active"), line.active if line else True, key=f"{key}_active")
        stations = frozenset(chosen) | (had - mine)
        typed = Entry(names, category, bring, by, int(minutes), at_home, int(position), active, stations)
        pressed = st.button(t("setup.save"), type="primary", width="stretch", key=f"{key}_save")
        if (
            pressed
            and frame.act(errand_setup.save_errand, typed, line.id if line else None, done="setup.saved") is not None
        ):
            st.rerun()


def _in_each(label: str, key: str, part: str, was: Mapping[str, str], *, lines: bool = False) -> dict[str, str]:
    """A field in every language of the portal."""
    typed = {}
    for lang in settings().language_codes:
        told, name = t(label, language=t(f"language.{lang}")), f"{key}_{part}_{lang}"
        if lines:
            typed[lang] = st.text_area(told, was.get(lang, ""), 110, limits.COMMENT_CHARS, key=name)
        else:
            typed[lang] = st.text_input(told, was.get(lang, ""), limits.NAME_CHARS, key=name)
    return typed
