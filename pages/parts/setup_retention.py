"""Editing how long contacts are kept."""

import streamlit as st

from pages.parts import frame
from portal import limits
from portal.cases import retention, setting_up
from portal.words import t


def keeping() -> None:
    """One number of months a kind, for admins; for others to read."""
    st.markdown(t("setup.retention_lead"))
    found = frame.read(retention.months)
    may = setting_up.may(frame.who(), retention.SET)
    with st.form("retention"):
        typed = {kind: _months(kind, months, may) for kind, months in found.items()}
        pressed = st.form_submit_button(t("setup.save"), type="primary", icon=":material/save:", disabled=not may)
    if not may:
        st.info(t("setup.admin_only"), icon=":material/lock:")
    elif pressed and frame.act(retention.set_months, typed, done="setup.saved") is not None:
        st.rerun()


def _months(kind: str, months: int, may: bool) -> int:
    label, most = t("setup.retention_months", kind=t(f"kind.{kind}")), limits.RETENTION_MONTHS
    key = f"retention_{kind}_{months}"
    return int(st.number_input(label, min_value=1, max_value=most, step=1, value=months, key=key, disabled=not may))
