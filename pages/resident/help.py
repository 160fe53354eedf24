"""One-click help: what, where, when, go; then what happens now."""

import streamlit as st

from pages.parts import frame, helpform, receipts, wish
from pages.parts.drawn import Node, draw, el, icon, link
from pages.parts.links import open_page
from pages.parts.notes import href
from portal import words
from portal.acts import Who
from portal.cases import helping
from portal.cases.contents import Voice
from portal.cases.kinds import EMERGENCY, HELP
from portal.inputs import row_id
from portal.words import t


def hint(who: Who) -> Node:
    """What becomes of the call of somebody who is no confirmed resident."""
    onward = link("/signin?next=/help", t("help.sign_in"))
    told: list[Node] = [t("help.unconfirmed")] if who.person_id is not None else [t("help.visitor"), " ", onward]
    return el("p", "panel small", *told)


def send(written: Voice) -> None:
    """Send it; then what happens now or, without an account, the slip with its code."""
    posted = frame.act(helping.order, written, done="act.case.post.done.help")
    if posted is None:
        return
    helpform.begin_anew()
    if posted.receipt is not None:
        receipts.hand_over(posted.receipt, HELP.name)
    open_page(f"/help?sent={posted.case_id}")


def sent(case_id: int) -> list[Node]:
    """What happens now, by when, under which number, and where to follow it."""
    case = frame.read(wish.load, case_id).case
    now = "waits" if case.state == "screening" else "offered" if case.in_hall else "given"
    first = case.respond_by_at if case.state == "screening" else None
    times = [("help.sent_by", first), ("help.sent_due", case.due_at)]
    return [
        el(
            "div", "answer narrow stack",
            el("h2", "", icon("task_alt"), " ", t("help.sent")),
            el("p", "", t(f"help.sent_{now}")),
            *[el("p", "small", t(said, moment=words.moment(at))) for said, at in times if at],
            el("p", "small", case.title, " · ", t("case.no", id=case_id)),
        ),
        el(
            "div", "row",
            link(href(case_id), t("help.follow"), css="button main big"), link("/", t("help.home"), css="button big"),
        ),
    ]  # fmt: skip


me = frame.enter("help.title")
receipts.show_or_enter()
if number := row_id(st.query_params.get("sent")):
    draw(sent(number), key="sent")
    st.stop()
with st.container(key="help_form"):
    written = helpform.help_fields(helpform.key_now(), me)
    ready = written.category and written.urgency != EMERGENCY
    if ready and st.button(t("help.send"), type="primary", icon=":material/front_hand:", width="stretch", key="send"):
        send(written)
if not me.home_path:
    draw([hint(me)], key="hint")
