"""Editing the wordings from which replies start."""

import streamlit as st

from pages.parts import frame
from pages.parts.drawn import Node, button, draw, el, number
from pages.parts.facts import empty
from portal import limits
from portal.cases import setting_up
from portal.cases.setting_up import REPLIES, ReplyTemplate, Wording
from portal.cases.setup import categories, category_name
from portal.words import t


def templates() -> None:
    """The wordings by what they answer with, and a dialog to write or change one."""
    st.markdown(t("setup.templates_lead"))
    found = {template.id: template for template in frame.read(setting_up.templates)}
    act = st.selectbox(t("setup.for_act"), REPLIES, format_func=lambda name: t(f"act.{name}"), key="template_act")
    new = st.button(t("setup.template_new"), icon=":material/add:")
    shown = [template for template in found.values() if template.act == act]
    event = draw([_list(shown)], key="templates")
    picked = found.get(number(event)) if event is not None and event["do"] == "edit" else None
    if new or picked is not None:
        st.dialog(t("setup.template"), icon=":material/edit_note:")(_edit)(act, picked)


def _list(shown: list[ReplyTemplate]) -> Node:
    if not shown:
        return empty("setup.templates", symbol="edit_note")
    return el("div", "stack", *[_one(template) for template in shown])


def _one(template: ReplyTemplate) -> Node:
    about = category_name(template.category) if template.category else t("setup.any_category")
    away = None if template.active else el("span", "chip plain", t("setup.put_away"))
    return el(
        "section",
        "panel",
        el("p", "row", el("strong", "", template.title), el("span", "small quiet", about), away),
        el("p", "pre", template.body),
        el("p", "", button("edit", template.id, t("setup.edit"), symbol="edit")),
    )


def _edit(act: str, template: ReplyTemplate | None) -> None:
    with frame.body():
        was = template or ReplyTemplate(act=act, title="", body="")
        key = f"template_{was.id or act}"
        codes = ["", *[c.code for c in categories()]]
        typed = Wording(
            act=st.selectbox(
                t("setup.for_act"),
                REPLIES,
                index=REPLIES.index(was.act),
                format_func=lambda name: t(f"act.{name}"),
                key=f"{key}_act",
            ),
            category=st.selectbox(
                t("wall.category"),
                codes,
                index=codes.index(was.category) if was.category in codes else 0,
                format_func=lambda code: category_name(code) if code else t("setup.any_category"),
                key=f"{key}_category",
            ),
            title=st.text_input(t("setup.template_title"), was.title, max_chars=limits.TITLE_CHARS, key=f"{key}_title"),
            body=st.text_area(
                t("setup.template_body"), was.body, height=180, max_chars=limits.BODY_CHARS, key=f"{key}_body"
            ),
            active=st.checkbox(t("setup.template_active"), was.active, key=f"{key}_active"),
        )
        pressed = st.button(t("setup.save"), type="primary", width="stretch")
        if pressed and frame.act(setting_up.save_template, typed, was.id, done="setup.saved") is not None:
            st.rerun()
