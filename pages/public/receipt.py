"""Following a wish without an account: the receipt code opens it in this browser."""

import streamlit as st
from sqlmodel import Session

from pages.parts import frame
from pages.parts.drawn import draw, el
from pages.parts.links import follow
from pages.parts.notes import board, href
from portal import limits
from portal.accounts import sessions
from portal.acts import Who
from portal.cases import lists, post
from portal.words import t


def open_with(session: Session, who: Who, code: str) -> tuple[str, int]:
    """The ticket and the number of the case whose receipt code this is."""
    case_id = post.open_receipt(session, who, code)
    return sessions.issue_ticket(session, case_id=case_id, client=who.client), case_id


me = frame.enter("receipt.title")
draw([el("p", "lead", t("receipt.lead"))], key="lead")
with st.form("receipt", border=False):
    typed = st.text_input(
        t("receipt.code"), max_chars=limits.SEARCH_CHARS, help=t("receipt.code_help"), autocomplete="off"
    )
    sent = st.form_submit_button(t("receipt.open"), type="primary", icon=":material/search:", width="stretch")
if sent:
    opened = frame.act(open_with, typed)
    if opened:
        frame.sign_in_with(opened[0], href(opened[1]))
followed = frame.read(lists.mine, "posted").rows if me.receipts and not me.person_id else []
known = [el("h2", "", t("receipt.opened")), board(followed, who_can_support=False)] if followed else []
follow(draw([*known, el("p", "small quiet", t("receipt.lost"))], key="receipts"))
