"""Editing what wishes are about, and how long an answer may take."""

from typing import Any

import pandas as pd
import streamlit as st

from pages.parts import frame
from portal import limits
from portal.cases import setting_up
from portal.cases.kinds import KINDS
from portal.cases.setting_up import COLOURS, Hours, Topic
from portal.cases.setup import setup
from portal.settings import settings
from portal.words import t

ICONS = (
    "add_road", "accessible", "apartment", "chair", "child_care", "cleaning_services", "construction", "delete",
    "directions_bus", "elderly", "electrical_services", "elevator", "fitness_center", "forum", "groups",
    "home_repair_service",
    "label", "library_books", "lightbulb", "local_fire_department", "local_parking", "medical_services", "park", "pets",
    "plumbing", "school", "security", "storefront", "theater_comedy", "traffic", "two_wheeler", "volume_up",
    "volunteer_activism", "warning", "water_drop", "wifi",
)  # fmt: skip
"""Symbols to choose from for a category."""


def kinds() -> None:
    """The categories as a table, and a form for a new one."""
    may = setting_up.may(frame.who(), setting_up.CATEGORY)
    st.markdown(t("setup.categories_lead"))
    rows = [_flat(category.model_dump()) for category in setup().categories.values()]
    table = st.data_editor(
        pd.DataFrame(rows), column_config=_columns(), disabled=not may or ["code"], hide_index=True,
        height="content",
        key=f"kinds_{len(rows)}",
    )  # fmt: skip
    if not may:
        st.info(t("setup.admin_only"), icon=":material/lock:")
        return
    if st.button(t("setup.save"), type="primary", icon=":material/save:"):
        _save(table.to_dict("records"))
    with st.expander(t("setup.category_new"), icon=":material/add:"), st.form("new_kind", border=False):
        code = st.text_input(t("setup.category_code"), max_chars=30, help=t("setup.category_code_help"))
        names = {lang: st.text_input(_name(lang), max_chars=limits.NAME_CHARS) for lang in settings().language_codes}
        if st.form_submit_button(t("setup.category_add")):
            new = {"code": code.strip(), **names, "icon": "label", "colour": "yellow", "target_class": "ordinary"}
            _save([*rows, new | {"position": max(row["position"] for row in rows) + 1, "active": True}])


def targets() -> None:
    """How long each class of matters may take."""
    may = setting_up.may(frame.who(), setting_up.TARGET)
    st.markdown(t("setup.targets_lead"))
    rows = [target.model_dump() for target in setup().targets.values()]
    hours: dict[str, Any] = {"min_value": 1, "max_value": limits.TARGET_HOURS, "step": 1, "required": True}
    table = st.data_editor(
        pd.DataFrame(rows), disabled=not may or ["name"], hide_index=True, key="targets",
        column_order=["name", "respond_hours", "finish_hours", "workdays"],
        column_config={
            "name": st.column_config.SelectboxColumn(
                t("setup.target"), options=[row["name"] for row in rows], format_func=lambda name: t(f"target.{name}")
            ),
            "respond_hours": st.column_config.NumberColumn(t("setup.respond_hours"), **hours),
            "finish_hours": st.column_config.NumberColumn(t("setup.finish_hours"), **hours),
            "workdays": st.column_config.CheckboxColumn(t("setup.workdays"), help=t("setup.workdays_help")),
        },
    )  # fmt: skip
    if not may:
        st.info(t("setup.admin_only"), icon=":material/lock:")
    elif st.button(t("setup.save"), type="primary", icon=":material/save:"):
        typed = [
            Hours(row["name"], int(row["finish_hours"]), int(row["respond_hours"]), bool(row["workdays"]))
            for row in table.to_dict("records")
        ]
        if frame.act(setting_up.save_targets, typed, done="setup.saved") is not None:
            st.rerun()
    st.caption(t("setup.recount_hint"))


def _columns() -> dict[str, Any]:
    used = [category.icon for category in setup().categories.values()]
    names = {
        lang: st.column_config.TextColumn(_name(lang), required=True, max_chars=limits.NAME_CHARS)
        for lang in settings().language_codes
    }
    return names | {
        "code": st.column_config.TextColumn(t("setup.category_code")),
        "icon": st.column_config.SelectboxColumn(
            t("setup.icon"),
            options=sorted({*ICONS, *used}),
            required=True,
            format_func=lambda name: str(name).replace("_", " "),
        ),
        "colour": st.column_config.SelectboxColumn(
            t("setup.colour"), options=COLOURS, required=True, format_func=lambda name: t(f"colour.{name}")
        ),
        "target_class": st.column_config.SelectboxColumn(
            t("setup.target"),
            options=list(setup().targets),
            required=True,
            format_func=lambda name: t(f"target.{name}"),
        ),
        "kind": st.column_config.SelectboxColumn(
            t("field.kind"),
            options=sorted({kind.categories for kind in KINDS.values()}),
            required=True,
            default="wish",
            format_func=lambda name: t(f"kind.{name}"),
        ),
        "position": st.column_config.NumberColumn(
            t("setup.position"), required=True, step=1, min_value=0, max_value=999
        ),
        "active": st.column_config.CheckboxColumn(t("setup.active")),
    }


def _name(lang: str) -> str:
    return t("setup.name_in", language=t(f"language.{lang}"))


def _flat(category: dict[str, Any]) -> dict[str, Any]:
    names = category.pop("names")
    return {"code": category["code"]} | {lang: names.get(lang, "") for lang in settings().language_codes} | category


def _save(rows: list[dict[str, Any]]) -> None:
    typed = [
        Topic(
            code=str(row["code"]),
            names={lang: str(row[lang] or "") for lang in settings().language_codes},
            icon=str(row["icon"]),
            colour=str(row["colour"]),
            target_class=str(row["target_class"]),
            position=int(row["position"]),
            active=bool(row["active"]),
            kind=str(row["kind"]),
        )
        for row in rows
    ]
    if frame.act(setting_up.save_categories, typed, done="setup.saved") is not None:
        st.rerun()
