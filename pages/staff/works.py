"""All projects under way in one's areas: late ones, what waits for acceptance, contract or payment, and offers."""

import streamlit as st

from pages.parts import filters, frame, workrows
from pages.parts.actforms import completed
from pages.parts.drawn import Event, draw, number
from pages.parts.facts import empty
from pages.parts.links import pager
from portal import limits
from portal.fund import pledges, underway
from portal.words import t

PLEDGES = "pledges"
_DECLINING = "works_declining"


def answered(event: Event) -> None:
    """Receive at once; for a refusal a word of thanks is asked for first."""
    if event["do"] == "receive":
        frame.act(pledges.receive, number(event), done="act.pledge.receive.done")
    elif event["do"] == "decline":
        st.session_state[_DECLINING] = number(event)


def decline(pledge_id: int) -> None:
    """The form with which an offer is declined."""
    with st.container(border=True, key="act_form"):
        says = st.text_area(t("work.says.pledge.decline"), key=f"decline_{pledge_id}", max_chars=limits.COMMENT_CHARS)
        with st.container(horizontal=True):
            go = st.button(t("act.pledge.decline"), type="primary", key=f"go_decline_{pledge_id}")
            back = st.button(t("form.cancel"), key=f"cancel_decline_{pledge_id}")
        done = frame.act(completed(pledges.decline), pledge_id, says, done="act.pledge.decline.done") if go else None
        if back or done:
            st.session_state.pop(_DECLINING, None)
            st.rerun()


frame.enter("page.works", needs=("staff", "finance", "auditor"))
counts = frame.read(underway.counts)
waiting = next((tab for tab in underway.TABS if counts[tab]), "all")
tabs = [waiting, *(tab for tab in (*underway.TABS, PLEDGES) if tab != waiting)]
tab = filters.chosen("tab", tabs)
named = {name: f"{t(f'works.tab.{name}')} {counts.get(name) or ''}".strip() for name in tabs}
filters.segments("tab", t("page.works"), tabs, named.__getitem__)
after = st.query_params.get("after")
if tab == PLEDGES:
    offers, key = frame.read(pledges.waiting, after)
    lines = [workrows.pledge(offer) for offer in offers]
    if any(offer.id == st.session_state.get(_DECLINING) for offer in offers):
        decline(st.session_state[_DECLINING])
else:
    rows, key = frame.read(underway.listing, tab, after)
    lines = [workrows.row(row) for row in rows]
more = pager("/works", key, words=(t("works.next_page"), t("works.first_page")))
found = ["ul", {"class": "panels", "role": "list"}, *lines] if lines else empty(f"works.{tab}", symbol="celebration")
draw([found, *([more] if more else [])], key="works", clicked=answered)
