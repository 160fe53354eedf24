"""A second look: appeals against decisions of others, and replies that were only copied."""

from urllib.parse import urlencode

import streamlit as st

from pages.parts import appealing, filters, flagged, frame
from pages.parts.drawn import Node, draw, el
from pages.parts.facts import empty
from pages.parts.links import pager
from portal import limits, words
from portal.cases import appeals, quality
from portal.words import t


def tab(name: str, n: int, part: str) -> Node:
    """A tab with how many wait in it."""
    shown = f"{words.number(limits.COUNT_ROWS - 1)}+" if n >= limits.COUNT_ROWS else words.number(n)
    current = {"aria-current": "page"} if name == part else {}
    attributes = {"href": f"/review?{urlencode({'part': name})}", "data-do": "go"} | current
    return ["a", attributes, t(f"review.{name}"), el("b", "", shown)]


me = frame.enter("page.review", needs=("staff", "mediation_head"))
counts = {"appeals": frame.read(appeals.count)}
if me.is_any("staff"):
    counts["flags"] = frame.read(quality.count)
part = filters.chosen("part", list(counts))
tabs: Node = ["nav", {"class": "tabs", "aria-label": t("review.parts")}, *[tab(k, n, part) for k, n in counts.items()]]
draw([tabs, el("p", "small quiet", t(f"review.{part}_hint"))], key="review_tabs")
after = st.query_params.get("after")
none = empty(f"review.{part}", symbol="task_alt")
if part == "appeals":
    waiting = frame.read(appeals.waiting, after)
    more = pager("/review", waiting.next, words=(t("review.next"), t("review.first")))
    shown = appealing.cards(waiting.rows) if waiting.rows else none
    appealing.judged(draw([shown, *([more] if more else [])], key="appeals"), waiting.rows)
else:
    found = frame.read(quality.flags, after)
    more = pager("/review", found.next, words=(t("review.next"), t("review.first")))
    shown = flagged.cards(found.rows) if found.rows else none
    draw([shown, *([more] if more else [])], key="flags", clicked=flagged.clicked)
