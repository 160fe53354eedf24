"""Signing in: a code by text message, a password, or one click in the demo."""

import streamlit as st

from pages.parts import frame, signing
from pages.parts.drawn import draw, el, link
from portal.http.paths import local
from portal.settings import settings
from portal.words import t

WAYS = {"code": signing.by_code, "password": signing.by_password}
SECOND_FACTOR = "/me?part=safety"

me = frame.enter("signin.title")
onward = local(st.query_params.get("next"))
if me.person_id is not None:
    known = el("p", "lead narrow", t("signin.already", name=me.name))
    draw([known, el("p", "", link(onward, t("signin.go_on"), css="button main"))], key="known")
    st.stop()
draw([el("p", "lead narrow", t("signin.lead"))], key="lead")
way = st.segmented_control(
    t("signin.way"),
    list(WAYS),
    default="code",
    required=True,
    format_func=lambda name: t(f"signin.way.{name}"),
    label_visibility="collapsed",
    width="stretch",
)
proven = WAYS[way]() if way in WAYS else None
if settings().demo:
    proven = signing.by_click() or proven
if proven:
    frame.sign_in_with(proven[0], SECOND_FACTOR if proven[1] else onward)
