"""Receipt codes: the slip that shows one once, and the way in for whoever has one."""

from typing import NoReturn
from urllib.parse import urljoin

import segno
import streamlit as st
from sqlmodel import Session

from pages.parts import frame
from pages.parts.drawn import Event, Node, button, draw, el, icon, link
from pages.parts.notes import href, written_at
from portal.accounts import sessions
from portal.acts import Who
from portal.cases import post
from portal.cases.kinds import WISH
from portal.words import fitting, t

_OPENED = "receipt_opened"
"""A ticket and an address on their way from a click to the page of the same run."""
_TO_SHOW = "receipt_to_show"
"""A code on its way from the run that made it to the next, which shows it and forgets it."""


def hand_over(receipt: str, kind: str = WISH.name) -> NoReturn:
    """Start the page anew to show the code of a case of this kind and nothing else, once: no state keeps it."""
    st.session_state[_TO_SHOW] = receipt, kind
    st.rerun()


def show_or_enter() -> None:
    """At the start of a page: show the code just made, or go on to the wish it opened. Ends the run if there is one."""
    if _OPENED in st.session_state:
        frame.sign_in_with(*st.session_state.pop(_OPENED))
    if _TO_SHOW in st.session_state:
        draw(_handed_over(*st.session_state.pop(_TO_SHOW)), key="slip", clicked=_clicked)
        st.stop()


def slip(receipt: str) -> Node:
    """The receipt code, large, to be copied and printed. It is never shown again."""
    copying = {"type": "button", "class": "button", "data-do": "copy", "data-text": receipt}
    return el(
        "section",
        "slip",
        el("h2", "", t("post.slip_heading")),
        *code(receipt),
        el(
            "p",
            "row",
            ["button", copying | {"data-done": t("post.copied")}, icon("content_copy"), t("post.copy")],
            button("print", "", t("post.print"), symbol="print"),
        ),
    )


def code(receipt: str) -> list[Node]:
    """A receipt code to be read off paper, and the way to the page that asks for it; the picture holds no code."""
    way: list[Node] = []
    if st.context.url:
        address = urljoin(st.context.url, "/receipt")
        picture = segno.make(address, error="m").png_data_uri(scale=4, border=2)
        way = [["img", {"src": picture, "class": "qr", "alt": t("post.slip_qr")}], el("p", "small", address)]
    return [
        el("p", "code", receipt),
        el("p", "", t("post.slip_hint")),
        el("p", "small quiet", t("post.slip_where")),
        *way,
    ]


def _handed_over(receipt: str, kind: str) -> list[Node]:
    """The slip and the way on: the button hands the code back, which opens the wish as if it had been typed."""
    done = t(fitting("post.done_heading", kind))
    onward = button("receipt", receipt, t("post.follow"), "main", "arrow_forward")
    return [
        el("div", "answer narrow", el("h2", "", done), el("p", "", t(fitting("post.done_hint", kind)))),
        slip(receipt),
        el("p", "row", onward, link(written_at(kind), t(fitting("post.again", kind)), css="button")),
    ]


def _clicked(event: Event) -> None:
    if event["do"] == "receipt":
        opened = frame.act(open_with, event["id"])
        if opened:
            st.session_state[_OPENED] = opened


def open_with(session: Session, who: Who, code: str) -> tuple[str, str]:
    """A ticket that lets this browser follow the case with this receipt code, and the case's address."""
    case_id = post.open_receipt(session, who, code)
    return sessions.issue_ticket(session, case_id=case_id), href(case_id)
