"""What a volunteer says they can do."""

import streamlit as st

from pages.parts import frame
from pages.parts.plain import md
from portal.cases import matching
from portal.cases.kinds import HELP
from portal.cases.setup import categories, category_name
from portal.words import t


def skills() -> None:
    """A box with all kinds of help, to be marked and saved."""
    kept = frame.read(matching.skills)
    offered = {about.code: about for about in categories(HELP.name)}
    with st.expander(t("hall.skills"), icon=":material/handyman:", expanded=not kept):
        st.caption(t("hall.skills_hint"))
        chosen = st.pills(
            t("hall.skills"), list(offered), selection_mode="multi", default=[c for c in kept if c in offered],
            format_func=lambda code: f":material/{offered[code].icon}: {md(category_name(code))}", key="skills",
            label_visibility="collapsed",
        )  # fmt: skip
        if st.button(t("hall.skills_save"), key="skills_save"):
            frame.act(matching.set_skills, chosen, done="act.volunteer.skills.done")
