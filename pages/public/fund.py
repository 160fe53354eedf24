"""The square of the community fund: what it is, what can be done now, the money in a line, what was decided before."""

import streamlit as st

from pages.parts import filters, frame, roundview
from pages.parts.drawn import Node, draw, el, icon, link
from pages.parts.facts import empty
from pages.parts.links import pager
from portal import areas, limits, words
from portal.acts import Who
from portal.fund import funds, rounds
from portal.fund.funds import Fund
from portal.inputs import row_id
from portal.memo import for_all
from portal.words import t


def chosen(who: Who, found: list[Fund]) -> Fund:
    """The fund that the address names, else that of where `who` lives, else the first."""
    near = sorted(found, key=lambda fund: not (who.home_path and who.home_path.startswith(fund.area_path)))
    by_id = {str(fund.id): fund for fund in near}
    if len(by_id) == 1:
        return near[0]
    return by_id[filters.select("fund", t("fund.which"), list(by_id), lambda number: by_id[number].name)]


def money(fund: Fund) -> Node:
    """What came in and what is left, with the way to the books."""
    purse = frame.read(for_all(funds.purse), fund.id or 0)
    line = t("fund.money", income=words.money(purse.income_fen), left=words.money(purse.left_fen))
    books = link(f"/money?fund={fund.id}", t("fund.books"), " ›", css="button plain")
    given = t("fund.charity", charity=fund.charity) if fund.charity else t("fund.no_charity")
    return el(
        "section", "panel stack",
        el("div", "row spread", el("p", "", icon("savings"), " ", line), books), el("p", "small quiet", given),
    )  # fmt: skip


def square(fund: Fund, who: Who) -> list[Node]:
    """Everything about one fund."""
    now = frame.read(for_all(rounds.current), fund.id or 0)
    before = row_id(st.query_params.get("before")) or None
    over = frame.read(for_all(rounds.past), fund.id or 0, before)
    onward = str(over[-1].id) if len(over) == limits.PAGE_ROWS else None
    more = pager("/fund", onward, words=(t("fund.older"), t("fund.newest")), param="before")
    cards = el("div", "panels", *[roundview.card(row, who) for row in now])
    lines = ["ul", {"class": "stack", "role": "list"}, *map(roundview.past, over)]
    place = el("p", "", el("strong", "", fund.name), " · ", areas.tree().label(fund.area_path))
    return [
        el("div", "stack", place, el("p", "pre", fund.about) if fund.about else None),
        roundview.part("fund.now", cards if now else empty("fund.quiet", symbol="event")),
        money(fund),
        *([roundview.part("fund.past", lines)] if over else []),
        *([more] if more else []),
    ]


me = frame.enter("page.fund")
found = frame.read(for_all(funds.listing))
draw([el("p", "lead", t("fund.lead"))], key="fund_lead")
if not found:
    draw([empty("fund.none", symbol="savings", way=("/wall", "fund.to_wall"))], key="fund_none")
    st.stop()
fund = chosen(me, found)
draw(square(fund, me), key=f"fund_{fund.id}")
