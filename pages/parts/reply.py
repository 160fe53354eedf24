"""Writing to residents: a box for the words, filled from a template on request."""

import streamlit as st

from pages.parts import frame
from portal import limits
from portal.cases import screening
from portal.words import t


def reply(act: str, category: str, *, key: str) -> str:
    """A box for the public words of `act`, and the templates for it; a chosen one is copied into the box."""
    box, picked = f"{key}_says", f"{key}_template"
    found = {template.id: template for template in frame.read(screening.templates, act, category)}

    def copy() -> None:
        template = found.get(st.session_state[picked])
        if template is not None:
            st.session_state[box] = template.body

    if found:
        st.selectbox(
            t("form.template"),
            list(found),
            index=None,
            key=picked,
            on_change=copy,
            placeholder=t("form.template_none"),
            format_func=lambda number: found[number].title,
        )
    return st.text_area(t("form.says.public"), key=box, max_chars=limits.BODY_CHARS)
