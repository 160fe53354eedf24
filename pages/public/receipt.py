"""Following a wish without an account: the receipt code opens it in this browser."""

import streamlit as st

from pages.parts import frame, receipts
from pages.parts.drawn import draw, el
from pages.parts.notes import board
from portal import limits
from portal.cases import lists
from portal.words import t

me = frame.enter("receipt.title")
draw([el("p", "lead narrow", t("receipt.lead"))], key="lead")
with st.form("receipt", border=False):
    hint = t("receipt.code_help")
    typed = st.text_input(t("receipt.code"), max_chars=limits.SEARCH_CHARS, help=hint, autocomplete="off")
    sent = st.form_submit_button(t("receipt.open"), type="primary", icon=":material/search:", width="stretch")
if sent:
    opened = frame.act(receipts.open_with, typed)
    if opened:
        frame.sign_in_with(*opened)
followed = frame.read(lists.mine, "posted").rows if me.receipts and not me.person_id else []
known = [el("h2", "", t("receipt.opened")), board(followed, who_can_support=False)] if followed else []
draw([*known, el("p", "small quiet", t("receipt.lost"))], key="receipts")
