"""One's own account."""

import streamlit as st

from pages.parts import filters, frame, selfcare
from portal.words import t

PARTS = ("news", "profile", "home", "safety")

me = frame.enter("me.title", needs="member")
with st.container(key="narrow"):
    part = filters.segments("part", t("me.part"), PARTS, lambda name: t(f"me.part.{name}"))
    if part == "news":
        selfcare.news()
    elif part == "profile":
        selfcare.profile()
    elif part == "home":
        selfcare.home()
    else:
        selfcare.safety(me)
