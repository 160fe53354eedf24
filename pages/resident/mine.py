"""What is mine: what waits for me, then what I posted, drafted, supported, took or recorded."""

import streamlit as st

from pages.parts import filters, frame
from pages.parts import mine as own
from pages.parts.drawn import draw
from pages.parts.facts import empty
from pages.parts.links import pager
from pages.parts.notes import board, support
from portal.cases import lists
from portal.words import t

WAYS = {
    "posted": ("/post", "home.way.post"),
    "drafts": ("/post", "home.way.post"),
    "supported": ("/wall", "home.way.wall"),
    "took": ("/hall", "mine.hall"),
    "recorded": ("/field", "mine.field"),
}

me = frame.enter("mine.title", needs="member")
todo = frame.read(lists.waiting_for_me)
if todo:
    draw([own.waiting(todo)], key="todo")
part = filters.segments("part", t("mine.part"), own.parts(me), lambda p: t(f"mine.{p}"))
found = frame.read(lists.mine, part, st.query_params.get("after"))
own_words = part in ("posted", "recorded")
rows = own.drafts(found.rows) if part == "drafts" else board(found.rows, who_can_support=None if own_words else True)
none = empty(f"mine.{part}", symbol="sticky_note_2", way=WAYS[part])
more = pager("/mine", found.next, words=(t("mine.next"), t("mine.first")))
draw([rows if found.rows else none, *([more] if more else [])], key="mine", clicked=support)
