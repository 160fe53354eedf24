"""The mediation room: for the head what is new, to appoint and due; for mediators what is theirs."""

import streamlit as st

from pages.parts import filters, frame
from pages.parts.docketlist import entries
from pages.parts.drawn import draw
from pages.parts.facts import empty
from pages.parts.links import pager
from portal.cases.disputes import docket
from portal.words import number, t

me = frame.enter("page.mediation", needs=("mediation_head", "mediator"))
counted = frame.read(docket.counts)


def label(tab: str) -> str:
    """A list's name, with how many are in it where somebody waits for the reader."""
    n = counted[tab]
    shown = f"{number(n - 1)}+" if n == docket.COUNT_UP_TO else number(n)
    return t("mediation.tab", name=t(f"mediation.{tab}"), n=shown)


tab = filters.segments("tab", t("mediation.tabs"), docket.tabs(me), label)
found = frame.read(docket.docket, tab, st.query_params.get("after"))
more = pager("/mediation", found.next, words=(t("desk.older"), t("desk.first")))
rows = entries(found.rows) if found.rows else empty(f"mediation.{tab}", symbol="handshake")
draw([rows, *([more] if more else [])], key="mediation")
