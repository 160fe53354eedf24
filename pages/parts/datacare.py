"""One's own data: taking all of it along, and leaving for good."""

import streamlit as st

from pages.parts import frame
from pages.parts.actforms import completed
from pages.parts.drawn import Node, draw, el, icon, link
from portal import limits
from portal.mydata import leaving
from portal.settings import settings
from portal.words import t

_SHOWN = "leaving_code"
"""In the session state, in demo mode: the code that would have been sent."""


def my_data() -> None:
    """What can be taken along, what can be erased where, and the way out."""
    draw([_take(), _erase()], key="my_data")
    st.subheader(t("leaving.title"), anchor=False)
    st.markdown(t("leaving.lead"))
    if st.button(t("leaving.open"), icon=":material/person_remove:"):
        st.dialog(t("leaving.title"), icon=":material/person_remove:")(_leave)()


def _take() -> Node:
    file = {"class": "button main", "href": "/account/data", "download": ""}
    hint = el("p", "small quiet", t("mydata.take_hint", limit=limits.EXPORTS_PER_DAY))
    way = el("p", "row", ["a", file, icon("download"), t("mydata.take")])
    return el("section", "part stack", el("h2", "", t("mydata.title")), el("p", "", t("mydata.lead")), way, hint)


def _erase() -> Node:
    ways = [link("/mine", t("mydata.to_mine"), css="button"), link("/privacy", t("page.privacy"), css="button")]
    told = el("p", "", t("mydata.erase_hint"))
    return el("section", "part stack", el("h2", "", t("mydata.erase")), told, el("p", "row", *ways))


def _leave() -> None:
    with frame.body():
        st.warning(t("leaving.sure"), icon=":material/warning:")
        keep = st.radio(
            t("leaving.words"), [True, False], key="leaving_keep",
            format_func=lambda kept: t("leaving.words_kept" if kept else "leaving.words_gone"),
        )  # fmt: skip
        proof = _proof(frame.read(leaving.proof_asked))
        label = t("leaving.type", word=t("leaving.word"))
        typed = st.text_input(label, max_chars=limits.NAME_CHARS, key="leaving_word")
        pressed = st.button(t("leaving.go"), type="primary", width="stretch")
        left = frame.act(completed(leaving.leave), typed, proof, bool(keep)) if pressed else None
        if left:
            frame.go("/")


def _proof(asked: str) -> str:
    """The password or the code, where one is asked for."""
    if not asked:
        return ""
    if asked == "password":
        return st.text_input(
            t("field.password"), type="password", max_chars=limits.PASSWORD_MAX_CHARS, key="leaving_password",
            autocomplete="current-password",
        )  # fmt: skip
    if st.button(t("signin.send"), icon=":material/sms:", key="leaving_send"):
        sent = frame.act(leaving.send_code)
        if sent is not None:
            st.session_state[_SHOWN] = sent if settings().demo else ""
            st.info(t("signin.sent", minutes=limits.CODE_MINUTES), icon=":material/sms:")
    if st.session_state.get(_SHOWN):
        st.success(t("signin.demo_code", code=st.session_state[_SHOWN]), icon=":material/key:")
    return st.text_input(t("signin.code"), max_chars=10, key="leaving_code_typed", autocomplete="one-time-code")
