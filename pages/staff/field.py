"""In the field: write down what somebody says in under a minute, and see what is open in one's own cells."""

import streamlit as st

from pages.parts import filters, frame, recording, visits
from pages.parts.drawn import draw
from portal.acts import Who
from portal.cases import counter
from portal.cases.contents import CHANNELS
from portal.cases.kinds import HELP, OPINION, WISH
from portal.cases.post import Posted
from portal.words import t

PARTS = ("record", "mine")
KINDS = (WISH.name, OPINION.name, HELP.name)
"""What people tell in the street; the rest is for the counter."""
_ROUND = "field_round"
"""Counts up with every case, so that the next one starts from empty fields."""
_SLIP = "field_slip_now"
"""The receipt on its way from the run that recorded the case to the next, which shows it."""


def write(who: Who) -> Posted | None:
    """How it reached us, what it is, and that the person agrees. Gives what was recorded, in the run that sent it."""
    key = f"field_{st.session_state.setdefault(_ROUND, 0)}"
    channel = st.segmented_control(
        t("visit.channel"), CHANNELS, default=CHANNELS[0], required=True, key=f"{key}_channel",
        format_func=lambda code: t(f"channel.{code}"),
    )  # fmt: skip
    kind = recording.pick_kind(key, KINDS, KINDS[0]) or KINDS[0]
    typed = recording.typed_for(kind, f"{key}_{kind}", who, recording.own_place(who))
    agreed = recording.consent(key)
    if not st.button(t("visit.send"), type="primary", icon=":material/how_to_reg:", width="stretch"):
        return None
    done = "act.case.record.done"
    posted = frame.act(counter.take_down, kind, typed, agreed, channel=channel, done=done)
    if posted:
        st.session_state[_SLIP] = posted.case_id, posted.receipt or "", bool(typed.contact.strip())
    return posted


me = frame.enter("page.field", needs=("grid_worker", "staff"))
if _SLIP in st.session_state:  # shown in this run only: the code is kept nowhere
    draw(visits.handed_over(*st.session_state.pop(_SLIP)), key="field_slip")
    st.stop()
part = filters.segments("part", t("visit.part"), PARTS, lambda name: t(f"visit.part.{name}"))
if part == "mine":
    draw(visits.mine(me), key="field_mine", clicked=visits.clicked)
    st.stop()
if write(me):
    st.session_state[_ROUND] += 1
    st.rerun()
