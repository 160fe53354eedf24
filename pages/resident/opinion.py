"""The opinion box: a few words for everybody or for staff alone; new, from a draft, or mended. Also anonymous."""

import streamlit as st

from pages.parts import frame, posting, receipts, wishform
from pages.parts.actforms import completed
from pages.parts.drawn import draw
from pages.parts.links import open_page
from pages.parts.opinionform import opinion_fields
from portal.cases import post
from portal.cases.kinds import OPINION
from portal.words import t

me = frame.enter("opinion.title")
receipts.show_or_enter()
begun = posting.begun(OPINION.name, st.query_params.get("case"))
start = begun.case
draw(posting.hints(OPINION.name, "/opinion", begun.asked), key="hints")
written = opinion_fields(wishform.key_for(start, OPINION.name), me, start=start)
label = t("post.mend_send" if begun.returned else "opinion.send")
sent = st.button(label, type="primary", icon=":material/mail:", width="stretch", key="send")
with st.container(horizontal=True):
    kept = me.person_id is not None and not begun.returned and st.button(t("post.keep"), icon=":material/save:")
    dropped = start is not None and not begun.returned and st.button(t("post.discard"), icon=":material/delete:")
if sent:
    posting.send(written, start)
elif kept and (draft := frame.act(post.draft, written, start.id if start else None, done="act.case.draft.done")):
    wishform.keep_for(draft, OPINION.name)
elif dropped and start and frame.act(completed(post.discard), start.id, done="act.case.discard.done"):
    open_page("/mine?part=drafts")
