"""Editing where cases go: the rule table, and who would get them."""

import streamlit as st

from pages.parts import frame
from pages.parts.drawn import Event, Node, button, draw, el, icon, number
from pages.parts.facts import empty
from pages.parts.plain import md
from portal import areas
from portal.acts import Who
from portal.cases import setting_up
from portal.cases.reach import Reach, reach
from portal.cases.setting_up import DESTINATIONS
from portal.cases.setup import categories, category_name, setup
from portal.words import t, tn

SHOWN = 12
"""How many names stand in a sentence."""
_AREA, _CATEGORY, _TO = "rule_area", "rule_category", "rule_to"


def rules(who: Who) -> None:
    """The rules of the areas that `who` answers for, and the form that adds or changes one."""
    mine = who.paths(*setting_up.RULE.who)
    st.markdown(t("setup.rules_lead"))
    event = draw([_list(mine)], key="rules", clicked=_edit)
    if event is not None and event["do"] == "drop":
        st.dialog(t("setup.rule_drop"), icon=":material/delete:")(_drop)(number(event))
    st.subheader(t("setup.rule_form"), anchor=False)
    _form(mine)


def _list(mine: list[str]) -> Node:
    tree = areas.tree()
    seen = sorted((tree.by_id(rule.area_id).path, rule.category, rule.to, rule.id) for rule in setup().rules)
    shown = [row for row in seen if any(row[0].startswith(path) or path.startswith(row[0]) for path in mine)]
    if not shown:
        return empty("setup.rules", symbol="alt_route")
    return ["ul", {"class": "stack"}, *[_row(*row, mine=mine) for row in shown]]


def _row(path: str, code: str, to: str, rule_id: int | None, *, mine: list[str]) -> Node:
    about = category_name(code) if code else t("setup.any_category")
    ours = any(path.startswith(own) for own in mine)
    return el(
        "li",
        "panel row spread",
        el("div", "", el("strong", "", areas.tree().label(path)), f" · {about}"),
        el("span", "chip", icon("arrow_forward"), t(f"setup.to.{to}")),
        el("div", "row", button("edit", rule_id, t("setup.edit")), button("drop", rule_id, t("setup.drop")))
        if ours
        else el("span", "small quiet", t("setup.rule_above")),
    )


def _edit(event: Event) -> None:
    """Put a rule into the form, before the page runs."""
    found = next((rule for rule in setup().rules if rule.id == number(event)), None)
    if event["do"] == "edit" and found is not None:
        st.session_state[_AREA] = areas.tree().by_id(found.area_id).path
        st.session_state[_CATEGORY], st.session_state[_TO] = found.category, found.to


def _form(mine: list[str]) -> None:
    tree = areas.tree()
    paths = list(dict.fromkeys(place.path for path in mine for place in tree.below(path) if place.level != "building"))
    codes = ["", *[c.code for c in categories()]]
    path = st.selectbox(t("setup.area"), paths, key=_AREA, format_func=tree.label)
    code = st.selectbox(
        t("wall.category"),
        codes,
        key=_CATEGORY,
        format_func=lambda c: category_name(c) if c else t("setup.any_category"),
    )
    st.session_state.setdefault(_TO, "worker")
    to: str = st.segmented_control(  # type: ignore[assignment]
        t("setup.to"), list(DESTINATIONS), key=_TO, required=True, format_func=lambda goal: t(f"setup.to.{goal}")
    )
    _say(frame.read(reach, path, to), to)
    pressed = st.button(t("setup.rule_save"), type="primary", icon=":material/save:")
    if pressed and frame.act(setting_up.set_rule, path, code, to, done="setup.saved") is not None:
        st.rerun()


def _say(found: Reach, to: str) -> None:
    """Who would get it, and where there is nobody."""
    names = t("setup.comma").join(found.names[:SHOWN]) + ("…" if len(found.names) > SHOWN else "")
    if found.names:
        st.success(tn(f"setup.reach.{to}", len(found.names), names=md(names)), icon=":material/group:")
    if found.cells_without:
        cells = t("setup.comma").join(areas.tree().label(path) for path in found.cells_without[:SHOWN])
        more = "…" if len(found.cells_without) > SHOWN else ""
        st.warning(
            tn(f"setup.nobody.{to}", len(found.cells_without), cells=md(cells) + more), icon=":material/person_off:"
        )


def _drop(rule_id: int) -> None:
    with frame.body():
        st.markdown(t("setup.rule_drop_sure"))
        pressed = st.button(t("setup.rule_drop"), type="primary", width="stretch")
        if pressed and frame.act(setting_up.drop_rule, rule_id, done="setup.dropped") is not None:
            st.rerun()
