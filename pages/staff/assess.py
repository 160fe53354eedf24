"""Screening, costing and talking over proposals: the queue of each step, and one proposal after the other."""

import streamlit as st

from pages.parts import assess_item, assess_list, filters, frame, rivals_box
from pages.parts.drawn import draw
from pages.parts.facts import empty
from portal.fund import docket
from portal.fund.acts import ADMIT
from portal.inputs import row_id

me = frame.enter("page.assess", needs=("staff", "reviewer"))
mine = {str(row.id): row for row in frame.read(docket.rounds)}
if not mine:
    draw([empty("assess.no_round", symbol="event_busy", way=("/fund", "propose.to_fund"))], key="none")
    st.stop()
row = mine[assess_list.pick_round(list(mine.values()))]
first = "screening" if me.is_any(*ADMIT.who) else "costing"  # experts begin with what waits for them
name = filters.chosen("step", sorted(docket.QUEUES, key=lambda step: step != first))
with st.container(key="desk_top"):
    draw([assess_list.steps(frame.read(docket.counts, row.id or 0), name)], key="assess_steps")
cards = frame.read(docket.queue, row.id or 0, name, row_id(st.query_params.get("after")))
open_id = assess_list.opened([card.id for card in cards])
with st.container(key="desk_columns"):
    left, right = st.columns([4, 7], gap="large")
with left, st.container(key="desk_list"):
    draw(assess_list.rows(cards, row, name, open_id), key="assess_list")
    rivals_box.box(row, me)
if open_id:
    with right:
        assess_item.item(open_id, row, me, next_id=assess_list.following(open_id, [card.id for card in cards]))
