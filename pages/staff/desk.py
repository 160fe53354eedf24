"""The inbox of each level: what is mine, late and new, and all else that stands there; one by one or many at once."""

import streamlit as st

from pages.parts import desk_bulk, filters, frame
from pages.parts.desk_item import item, step_on
from pages.parts.desk_table import rows_wanted, table
from pages.parts.desk_top import address, glance, narrowed, where
from pages.parts.drawn import draw
from pages.parts.facts import empty
from pages.parts.links import pager
from portal import limits
from portal.cases import dispatch, inbox
from portal.inputs import row_id
from portal.words import t

_AT = "desk_at"
"""The case that was open, and in the list, when the page was last drawn."""


def following(case_id: int, ids: list[int]) -> int | None:
    """The case after `case_id` in the list, also when it has just left it; from the end back to the start."""
    others = [number for number in ids if number != case_id]
    return next((number for number in others if number > case_id), next(iter(others), None))


def opened(ids: list[int]) -> int:
    """The case to show beside the list, 0 for none. One that was just dealt with gives way to the next."""
    case_id = row_id(st.query_params.get("case"))
    if case_id and case_id not in ids and st.session_state.get(_AT) == case_id:
        step_on(following(case_id, ids))
        case_id = following(case_id, ids) or 0
    st.session_state[_AT] = case_id if case_id in ids else 0
    return case_id


me = frame.enter("page.desk", needs=("staff", "grid_worker"))
tab = filters.chosen("tab", inbox.TABS)
with st.container(key="desk_top"):
    level, desk = where(me)
    top = st.container()
    wanted = narrowed(frame.read(inbox.opened, level), desk)
    with top:
        draw(glance(frame.read(inbox.counts, wanted), tab), key="desk_tabs")
found = frame.read(inbox.queue, tab, st.query_params.get("after"), wanted, rows_wanted())
ids = [note.id for note in found.rows]
open_id, more = opened(ids), bool(found.next) and len(ids) < limits.BULK_ROWS
with st.container(key="desk_columns"):  # two even while nothing is open: a list that moves would forget its marks
    left, right = st.columns([5, 6], gap="large")
with left, st.container(key="desk_list"):
    desk_bulk.account()
    goals = frame.read(dispatch.proposals, ids) if tab in desk_bulk.SENDS else {}
    if ids:
        deeds = desk_bulk.offered(tab, me, found.rows)
        chosen = table(found.rows, goals, deeds, open_id=open_id, address=address(case=""), more=more)
        if chosen is not None:
            desk_bulk.confirm(tab, chosen, found.rows)
    else:
        draw([empty(f"desk.{tab}", symbol="celebration")], key="desk_empty")
    turn = pager("/desk", None if more else found.next, words=(t("desk.older"), t("desk.first")))
    if turn:
        draw([turn], key="desk_pager")
if open_id:
    with right:
        item(open_id, me, back=address(case=""), next_id=following(open_id, ids))
