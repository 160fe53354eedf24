"""In the field: write a wish down for somebody in under a minute, and see what is open in one's own cells."""

from dataclasses import replace

import streamlit as st

from pages.parts import filters, frame, visits
from pages.parts.drawn import draw
from pages.parts.maps import Spot
from pages.parts.wishform import wish_fields
from portal import areas
from portal.acts import Who
from portal.cases import post
from portal.cases.contents import CHANNELS, CONSENTS, Voice
from portal.words import t

PARTS = ("record", "mine")
_ROUND = "field_round"
"""Counts up with every wish, so that the next one starts from empty fields."""
_SLIP = "field_slip_now"
"""The receipt on its way from the run that recorded the wish to the next, which shows it."""


def own_place(who: Who) -> Spot | None:
    """The cell in which `who` works, as the place to begin with."""
    path = next(iter(who.paths("grid_worker") or who.paths("staff")), "")
    place = areas.tree().by_path(path) if path else None
    return Spot(place.id, place.path) if place and place.level not in ("city", "street") else None


def write(who: Who) -> Voice:
    """How it reached us and that the person agrees, then the wish itself."""
    key = f"field_{st.session_state.setdefault(_ROUND, 0)}"
    channel = st.segmented_control(
        t("visit.channel"), CHANNELS, default=CHANNELS[0], required=True, key=f"{key}_channel",
        format_func=lambda code: t(f"channel.{code}"),
    )  # fmt: skip
    wish = wish_fields(key, who, where=own_place(who), own=False)
    consent = st.segmented_control(
        t("visit.consent"), CONSENTS, key=f"{key}_consent", format_func=lambda code: t(f"consent.{code}")
    )
    return replace(wish, channel=channel, consent=consent or "")


me = frame.enter("page.field", needs=("grid_worker", "staff"))
if _SLIP in st.session_state:  # shown in this run only: the code is kept nowhere
    draw(visits.handed_over(*st.session_state.pop(_SLIP)), key="field_slip")
    st.stop()
part = filters.segments("part", t("visit.part"), PARTS, lambda name: t(f"visit.part.{name}"))
if part == "mine":
    draw(visits.mine(me), key="field_mine", clicked=visits.clicked)
    st.stop()
wish = write(me)
sent = st.button(t("visit.send"), type="primary", icon=":material/how_to_reg:", width="stretch")
posted = frame.act(post.record, wish, done="act.case.record.done") if sent else None
if posted:
    st.session_state[_ROUND] += 1
    st.session_state[_SLIP] = posted.case_id, posted.receipt or "", bool(wish.contact.strip())
    st.rerun()
