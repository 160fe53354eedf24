"""Bringing a dispute before a mediator: first who will read it, then the form. New, or mended after it was returned."""

import streamlit as st

from pages.parts import frame, posting, wishform
from pages.parts.actforms import completed
from pages.parts.dial import dial
from pages.parts.disputeform import dispute_fields
from pages.parts.drawn import Node, draw, el, icon, link
from pages.parts.links import open_page
from pages.parts.notes import href
from portal.cases.disputes import Grievance, bring, mend
from portal.cases.kinds import DISPUTE
from portal.cases.post import Posted
from portal.cases.reading import Case
from portal.words import t

READERS = {"you": "person", "others": "group", "mediator": "balance", "head": "supervisor_account"}
"""Who reads it, each with its symbol."""


def hints(asked: str, *, member: bool) -> list[Node]:
    """What this is, who reads it, when to call instead, what the head wants mended, and the way in."""
    readers = [el("li", "", icon(symbol), " ", t(f"dispute.reads.{who}")) for who, symbol in READERS.items()]
    come_in = link("/signin?next=/dispute", icon("login"), t("dispute.sign_in"), css="button main")
    call = dial("110", t("dispute.call_110"))
    mend = el("div", "panel expect", el("strong", "", t("post.returned")), el("p", "pre", asked))
    return [
        el(
            "div",
            "stack narrow",
            el("p", "lead", t("dispute.lead")),
            el(
                "section",
                "panel stack",
                el("h2", "", icon("lock"), " ", t("dispute.reads")),
                ["ul", {"class": "stack", "role": "list"}, *readers],
                el("p", "small quiet", t("dispute.reads_not")),
            ),
            el("div", "panel expect stack", el("p", "", t("dispute.danger")), el("p", "", call)),
            mend if asked else None,
            None if member else el("p", "", come_in),
        )
    ]


def send(written: Grievance, start: Case | None) -> None:
    """Bring it, or send it in again, and go on to its page."""
    if start is None:
        posted = frame.act(bring, written, done="act.case.post.done.dispute")
    else:
        sent = frame.act(completed(mend), start.id, written, done="act.case.mend.done.dispute")
        posted = Posted(start.id or 0) if sent else None
    if posted:
        wishform.begin_anew(DISPUTE.name)
        open_page(href(posted.case_id))


me = frame.enter("dispute.heading")
begun = posting.begun(DISPUTE.name, st.query_params.get("case"))
draw(hints(begun.asked, member=me.person_id is not None), key="hints")
if me.person_id is None:
    st.stop()
fields = wishform.key_for(begun.case, DISPUTE.name)
written = dispute_fields(fields, me, start=begun.case, photos_there=begun.photos)
label = t("post.mend_send" if begun.returned else "dispute.send")
if st.button(label, type="primary", icon=":material/handshake:", width="stretch", key="send"):
    send(written, begun.case)
