"""Posting a wish: new, from a draft, or mended after it was returned. Also without an account."""

import streamlit as st

from pages.parts import frame, receipts, wish, wishform
from pages.parts.actforms import completed
from pages.parts.drawn import Node, draw, el, link
from pages.parts.links import open_page
from pages.parts.notes import href
from portal.cases import post
from portal.cases.contents import Voice
from portal.cases.post import Posted
from portal.cases.reading import Case
from portal.inputs import row_id
from portal.words import t


def begun() -> tuple[Case | None, int, str]:
    """The draft or returned wish that the address names, how many photos it has, and what the desk asked for."""
    wanted = row_id(st.query_params.get("case"))
    if not wanted:
        return None, 0, ""
    shown = frame.read(wish.load, wanted)
    if shown.case.state not in ("draft", "returned"):
        open_page(href(wanted))
    return shown.case, len(shown.note.photos), wish.asked_of_resident(shown)


def hints(asked: str) -> list[Node]:
    """What happens with it, what an account adds, and what the desk wants mended."""
    nodes: list[Node] = [el("p", "lead narrow", t("post.lead"))]
    if frame.who().person_id is None:
        onward = link("/signin?next=/post", t("post.sign_in"))
        nodes.append(el("p", "panel small", t("post.anonymous"), " ", onward))
    if asked:
        nodes.append(el("div", "panel expect", el("strong", "", t("post.returned")), el("p", "pre", asked)))
    return nodes


def send(written: Voice, start: Case | None) -> None:
    """Post it or send it in again; on success on to the wish or, without an account, to the slip with its code."""
    if start is None:
        posted = frame.act(post.post, written, done="act.case.post.done")
    else:
        act = "mend" if start.state == "returned" else "submit"
        sent = frame.act(completed(post.submit), start.id, written, done=f"act.case.{act}.done")
        posted = Posted(start.id or 0) if sent else None
    if posted is None:
        return
    wishform.begin_anew()
    if posted.receipt is not None:
        receipts.hand_over(posted.receipt)
    open_page(href(posted.case_id))


me = frame.enter("post.title")
receipts.show_or_enter()
start, photos_there, asked = begun()
returned = start is not None and start.state == "returned"
draw(hints(asked), key="hints")
written = wishform.wish_fields(wishform.key_for(start), me, start=start, photos_there=photos_there)
label = t("post.mend_send" if returned else "post.send")
sent = st.button(label, type="primary", icon=":material/push_pin:", width="stretch", key="send")
with st.container(horizontal=True):
    kept = me.person_id is not None and not returned and st.button(t("post.keep"), icon=":material/save:")
    dropped = start is not None and not returned and st.button(t("post.discard"), icon=":material/delete:")
if sent:
    send(written, start)
elif kept and (draft := frame.act(post.draft, written, start.id if start else None, done="act.case.draft.done")):
    wishform.keep_for(draft)
elif dropped and start and frame.act(completed(post.discard), start.id, done="act.case.discard.done"):
    open_page("/mine?part=drafts")
