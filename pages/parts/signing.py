"""The forms with which somebody proves who they are."""

import streamlit as st
from sqlmodel import Session

from pages.parts import frame
from pages.parts.plain import md
from portal import areas, limits, words
from portal.accounts import signin, totp
from portal.accounts.signin import DemoPerson
from portal.acts import Who
from portal.settings import settings
from portal.words import t

SENT, SHOWN = "signin_sent", "signin_shown"
"""In the session state: whether a code is under way, and in demo mode the code itself."""
COLUMNS = 2

Proven = tuple[str, bool]
"""The ticket for the cookie, and whether the second factor is still owed."""


def by_code() -> Proven | None:
    """First the phone, then the code that came. Both ways share one form, so that the phone typed in one stays."""
    with st.form("signin"):
        phone = _phone()
        if not st.session_state.get(SENT):
            if st.form_submit_button(t("signin.send"), type="primary", width="stretch", icon=":material/sms:"):
                _send(phone)
            return None
        st.info(t("signin.sent", minutes=limits.CODE_MINUTES), icon=":material/sms:")
        if st.session_state.get(SHOWN):
            st.success(t("signin.demo_code", code=st.session_state[SHOWN]), icon=":material/key:")
        code = st.text_input(t("signin.code"), max_chars=10, autocomplete="one-time-code")
        # the button that Enter presses comes first
        if st.form_submit_button(t("signin.enter"), type="primary", width="stretch", icon=":material/login:"):
            return frame.act(_with_code, phone, code)
        if st.form_submit_button(t("signin.again"), type="tertiary", width="stretch"):
            _send(phone)
    return None


def by_password() -> Proven | None:
    """Phone and password, and for staff the digits of the authenticator."""
    with st.form("signin"):
        phone = _phone()
        password = st.text_input(
            t("signin.password"),
            type="password",
            max_chars=limits.PASSWORD_MAX_CHARS,
            autocomplete="current-password",
        )
        st.caption(t("signin.no_password"))
        digits = ""
        if settings().staff_totp:
            digits = st.text_input(
                t("signin.totp"), max_chars=10, help=t("signin.totp_hint"), autocomplete="one-time-code"
            )
        if st.form_submit_button(t("signin.enter"), type="primary", width="stretch", icon=":material/login:"):
            return frame.act(_with_password, phone, password, digits)
    return None


def by_click() -> Proven | None:
    """The people of the demo."""
    with st.container(border=True):
        st.subheader(t("signin.demo"), anchor=False)
        st.caption(t("signin.demo_hint"))
        columns = st.columns(COLUMNS)
        for n, person in enumerate(frame.read(lambda session, _: signin.demo_people(session))):
            label, symbol = _called(person), ROLE_ICONS.get(person.role, "person")
            with columns[n % COLUMNS]:
                if st.button(label, key=f"demo_{n}", width="stretch", wrap=True, icon=f":material/{symbol}:"):
                    return frame.act(_with_click, person.person_id)
    return None


ROLE_ICONS = {
    "resident": "home",
    "volunteer": "volunteer_activism",
    "grid_worker": "grid_view",
    "staff": "badge",
    "mediator": "handshake",
    "finance": "account_balance",
    "reviewer": "rate_review",
    "organization": "groups",
    "auditor": "fact_check",
    "admin": "admin_panel_settings",
}


def _called(person: DemoPerson) -> str:
    role = t(f"role.{person.role}")
    if not person.area_path:
        return md(t("signin.demo_person", name=person.name, role=role))
    return md(t("signin.demo_person_of", name=person.name, role=role, area=areas.tree().label(person.area_path)))


def _phone() -> str:
    return st.text_input(
        t("signin.phone"), key="signin_phone", max_chars=30, placeholder=t("signin.phone_hint"), autocomplete="tel"
    )


def _send(phone: str) -> None:
    sent = frame.act(_send_code, phone)
    if sent is not None:
        st.session_state[SENT], st.session_state[SHOWN] = True, sent
        st.rerun()


def _send_code(session: Session, who: Who, phone: str) -> str:
    return signin.send_code(session, phone, who.client, words.language()) or ""


def _with_code(session: Session, who: Who, phone: str, code: str) -> Proven:
    ticket = signin.by_code(session, phone, code, who.client)
    return ticket, totp.is_owed(session, ticket)


def _with_password(session: Session, who: Who, phone: str, password: str, digits: str) -> Proven:
    ticket = signin.by_password(session, phone, password, digits, who.client)
    return ticket, totp.is_owed(session, ticket)


def _with_click(session: Session, who: Who, person_id: int) -> Proven:
    return signin.demo(session, person_id), False
