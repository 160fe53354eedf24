"""Writing to residents: a box for the words, filled from a template on request."""

import streamlit as st

from pages.parts import frame
from portal import limits
from portal.cases import acts, quality, screening
from portal.words import fitting, known, t

CHECKED = tuple(act.name for act in (acts.ANSWER, acts.FINISH, acts.DECLINE, acts.REFER))
"""The acts whose words end a case: those that only copy a template are pointed out, here and to the supervisor."""


def reply(act: str, category: str, *, key: str, kind: str = "") -> str:
    """A box for the words of `act` to residents, and the templates for it; a chosen one is copied into the box."""
    box, picked, special = f"{key}_says", f"{key}_template", fitting(f"form.says.{act.removeprefix('case.')}", kind)
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
    label = t(special if known(special) else fitting("form.says.public", kind))
    says = st.text_area(label, key=box, max_chars=limits.BODY_CHARS)
    if act in CHECKED and frame.read(quality.is_template, says):
        st.info(t("form.only_template"), icon=":material/edit_note:")
    return says
