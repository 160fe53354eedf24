"""Making a round, and setting up a fund: their forms, and the list from which staff get there."""

from collections.abc import Sequence
from datetime import timedelta

import streamlit as st

from pages.parts import frame, roundview
from pages.parts.areapick import pick_within
from pages.parts.drawn import Node, draw, el, icon, link
from pages.parts.facts import empty
from pages.parts.links import open_page
from pages.parts.plain import md
from portal import areas, clock, limits
from portal.acts import Who
from portal.fund import acts, funds, rounds
from portal.fund.funds import Fund, Typed
from portal.fund.rounds import New, Round
from portal.words import t

SAVED = "setup.saved"


def desk(who: Who) -> None:
    """The rounds of one's areas, and the ways to what one may set up."""
    found, purses = frame.read(rounds.desk), frame.read(funds.listing)
    ways: list[Node] = []
    if any(rounds.tops(who, fund) for fund in purses):
        ways.append(link("/rounds?new=round", icon("add"), t("rounds.new"), css="button main"))
    if who.is_any(*acts.CREATE_FUND.who):
        ways.append(link("/rounds?new=fund", icon("savings"), t("rounds.new_fund"), css="button"))
    mine = [_purse(fund) for fund in frame.read(funds.editable)]
    top: list[Node] = [el("div", "row", *ways)] if ways else []
    if who.is_any(*acts.EDIT_ROUND.who):
        top.append(_list(found) if purses else empty("rounds.no_fund", symbol="savings"))
    parts = [roundview.part("rounds.funds", el("div", "stack", *mine))] if mine else []
    draw([el("div", "stack", *top), *parts], key="desk_rounds")


def form(what: str, who: Who) -> None:
    """What the address asks to set up: `round`, `fund`, or the number of a fund to change."""
    draw([el("p", "small", link("/rounds", icon("arrow_back"), " ", t("rounds.all")))], key="back")
    fund = next((found for found in frame.read(funds.editable) if str(found.id) == what), None)
    if what == "round":
        _new_round(who)
    elif fund is not None or (what == "fund" and who.is_any(*acts.CREATE_FUND.who)):
        _fund(fund)
    else:
        draw([empty("round.missing", symbol="savings", way=("/rounds", "rounds.all"))], key="none")


def _list(found: Sequence[Round]) -> Node:
    if not found:
        return empty("rounds.none", symbol="event_note")
    return ["ul", {"class": "stack", "role": "list"}, *[_line(row) for row in found]]


def _line(row: Round) -> Node:
    told = el("span", "", el("strong", "", row.name), el("span", "quiet", *roundview.about(row)))
    return el("li", "", link(f"/rounds?id={row.id}", told, roundview.chip(row), css="todo"))


def _purse(fund: Fund) -> Node:
    given = t("fund.charity", charity=fund.charity) if fund.charity else t("fund.no_charity")
    about = el("p", "small quiet", areas.tree().label(fund.area_path), " · ", given)
    return el(
        "section", "panel row spread",
        el("div", "", el("strong", "", fund.name), about),
        link(f"/rounds?new={fund.id}", icon("edit"), t("setup.edit"), css="button"),
    )  # fmt: skip


def _new_round(who: Who) -> None:
    """The few things that a round must have; all the rest comes from where it starts, and can be changed then."""
    usable = [fund for fund in frame.read(funds.listing) if rounds.tops(who, fund)]
    if not usable:
        draw([empty("rounds.no_fund", symbol="savings")], key="none")
        return
    st.subheader(t("rounds.new"), anchor=False)
    fund = st.selectbox(t("rounds.fund"), usable, format_func=lambda one: one.name, key="new_fund")
    name = st.text_input(t("field.round_name"), max_chars=limits.TITLE_CHARS, key="new_name")
    area = pick_within(f"new_area_{fund.id}", rounds.tops(who, fund))
    st.caption(t("rounds.area_now", area=md(areas.tree().label(area.path))))
    budget = st.text_input(t("field.budget"), key="new_budget", help=t("rounds.yuan"))
    today = clock.day_of(clock.now())
    starts_on = st.date_input(
        t("rounds.starts_on"), today + timedelta(days=7), min_value=today, key="new_starts", format="YYYY-MM-DD"
    )
    models = {str(row.id): row.name for row in frame.read(rounds.desk) if row.fund_id == fund.id}
    start = st.selectbox(
        t("rounds.start_from"), [*rounds.TEMPLATES, *models], key="new_start",
        format_func=lambda code: (
            t("rounds.copy", name=models[code]) if code in models else t(f"rounds.template.{code}")
        ),
    )  # fmt: skip
    typed = New(
        fund.id or 0, name, area.id, budget, starts_on, start, int(start) if start in models else None,
        _usual("allowed"), _usual("excluded"),
    )  # fmt: skip
    if st.button(t("rounds.create"), type="primary", icon=":material/add:"):
        made = frame.act(rounds.create, typed, done="act.round.create.done")
        if made is not None:
            open_page(f"/rounds?id={made}")


def _usual(name: str) -> tuple[str, ...]:
    """What most rounds take and do not take, to begin with."""
    return tuple(t(f"rounds.usual.{name}").split("\n"))


def _fund(fund: Fund | None) -> None:
    st.subheader(t("rounds.fund" if fund else "rounds.new_fund"), anchor=False)
    key = f"fund_{fund.id if fund else 'new'}"
    area_id = fund.area_id if fund else pick_within(f"{key}_area", frame.who().paths(*acts.CREATE_FUND.who)).id
    name = st.text_input(t("field.fund_name"), fund.name if fund else "", limits.TITLE_CHARS, key=f"{key}_name")
    about = st.text_area(
        t("field.fund_about"), fund.about if fund else "", max_chars=limits.BODY_CHARS, key=f"{key}_about"
    )
    st.caption(t("rounds.charity_lead"))
    charity = st.text_input(t("rounds.charity"), fund.charity if fund else "", limits.TITLE_CHARS, key=f"{key}_charity")
    code = st.text_input(t("field.charity_code"), fund.charity_code if fund else "", 20, key=f"{key}_code")
    typed = Typed(name, about, charity, code)
    if not st.button(t("setup.save"), type="primary", icon=":material/save:", key=f"{key}_save"):
        return
    if fund is None:
        done = frame.act(funds.create, area_id, typed, done="act.fund.create.done")
    else:
        done = frame.act(funds.edit, fund.id, typed, done=SAVED)
    if done is not None:
        open_page("/rounds")
