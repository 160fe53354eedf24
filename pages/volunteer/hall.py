"""The volunteers' hall: what somebody may take on, and what they hold."""

import streamlit as st

from pages.parts import frame
from pages.parts.drawn import Event, Node, draw, el, number
from pages.parts.facts import empty
from pages.parts.links import pager
from pages.parts.orders import in_hand, offered
from pages.parts.skills import skills
from portal import limits, words
from portal.cases import dispatch, lists, matching, work
from portal.words import t

WAY = ("/wall", "hall.wall")


def clicked(event: Event) -> None:
    """Before the page runs: take an order, or begin with one."""
    if event["do"] == "grab":
        frame.act(dispatch.grab, number(event), done="act.case.grab.done")
    elif event["do"] == "take_on":
        frame.act(work.take_on, number(event), done="act.case.take_on.done")


me = frame.enter("page.hall", needs=("volunteer",))
held = frame.read(lists.in_hand)
n = frame.read(dispatch.holds)
free = n < limits.HOLDS_PER_VOLUNTEER
found = frame.read(lists.hall, st.query_params.get("after"))
lead = t("hall.lead" if free else "hall.full", hours=limits.HOLD_HOURS, limit=limits.HOLDS_PER_VOLUNTEER)
blocks: list[Node] = [el("p", "lead", lead)]
if until := frame.read(matching.paused_until):
    blocks.append(el("p", "panel expect", t("hall.paused", day=words.day(until))))
if held:
    count = t("hall.mine", n=n, limit=limits.HOLDS_PER_VOLUNTEER)
    blocks += [el("section", "part stack", el("h2", "", count), in_hand(held))]
waiting = offered(found.rows, me, grab=free) if found.rows else empty("hall", symbol="potted_plant", way=WAY)
blocks.append(el("section", "part stack", el("h2", "", t("hall.offered")), waiting))
more = pager("/hall", found.next, words=(t("desk.older"), t("desk.first")))
draw([*blocks, *([more] if more else [])], key="hall", clicked=clicked)
skills()
