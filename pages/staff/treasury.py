"""The treasury: what waits for a second person, new orders, and all that was decided."""

import streamlit as st

from pages.parts import filters, frame, treasury_form, treasury_list, treasury_order
from pages.parts.drawn import draw
from pages.parts.facts import empty
from pages.parts.links import pager
from portal.fund import acts, moves, treasury
from portal.inputs import row_id
from portal.words import t


def history(funds: dict[int, str]) -> None:
    """The orders of one fund, narrowed to a kind where one is chosen."""
    ids = [str(number) for number in funds]
    chosen = ids[0]
    if len(ids) > 1:
        chosen = filters.select("fund", t("treasury.fund"), ids, lambda number: funds[int(number)])
    kinds = ["", *map(str, moves.KINDS)]
    kind = filters.select(
        "kind", t("treasury.kind"), kinds, lambda name: t(f"treasury.kind.{name}" if name else "wall.any")
    )
    lines, key = frame.read(treasury.history, int(chosen), kind, st.query_params.get("after"))
    more = pager("/treasury", key, words=(t("treasury.older"), t("treasury.newest")))
    shown = treasury_list.rows(lines, states=True) if lines else empty("treasury.history", symbol="receipt_long")
    draw([shown, *([more] if more else [])], key="history")


me = frame.enter("page.treasury", needs=("finance", "staff", "auditor"))
writes = me.is_any(*acts.PROPOSE_MONEY.who)
order_id, new = row_id(st.query_params.get("order")), st.query_params.get("new", "")
if order_id:
    treasury_order.show(order_id, me)
    st.stop()
if new in treasury_list.WRITTEN and writes:
    treasury_form.form(new)
    st.stop()
waiting, funds = frame.read(treasury.waiting), frame.read(treasury.funds)
offered = [tab for tab in treasury_list.TABS if tab != "new" or writes]
tab = filters.chosen("tab", offered)
draw([treasury_list.tabs(tab, waiting, offered)], key="treasury_tabs")
if not funds:
    draw([empty("treasury.funds", symbol="account_balance")], key="no_funds")
elif tab == "history":
    history(funds)
else:
    draw([treasury_list.kinds()] if tab == "new" else treasury_list.waiting_lists(waiting), key="treasury")
