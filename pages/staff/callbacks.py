"""Calling back: the drawn cases of one's areas, and what the residents say."""

import streamlit as st

from pages.parts import callform, frame
from pages.parts.drawn import draw, el
from pages.parts.facts import empty
from pages.parts.links import pager
from portal import limits, words
from portal.cases import calling
from portal.inputs import row_id
from portal.words import t

frame.enter("page.callbacks", needs=("staff",))
st.markdown(t("callbacks.lead", tries=limits.CALLBACK_TRIES))
wanted = row_id(st.query_params.get("call"))
if wanted:
    callform.form(frame.read(calling.find, wanted))
found = frame.read(calling.waiting, st.query_params.get("after"))
n = frame.read(calling.waiting_count)
more = pager("/callbacks", found.next, words=(t("callbacks.next"), t("callbacks.first")))
rows = [callform.line(call, chosen=call.id == wanted) for call in found.rows]
blocks = [
    el("h2", "", t("callbacks.waiting", n=words.number(n))),
    ["ul", {"class": "stack", "role": "list"}, *rows] if rows else empty("callbacks", symbol="phone_in_talk"),
    *([more] if more else []),
]
draw(blocks, key="callbacks")
