"""Making a round, and setting up a fund: the dialogs of the staff page, and the list they start from."""

from collections.abc import Sequence
from datetime import timedelta

import streamlit as st

from pages.parts import frame, roundview
from pages.parts.areapick import pick_within
from pages.parts.drawn import Node, button, draw, el, link, number
from pages.parts.facts import empty
from pages.parts.links import open_page
from portal import areas, clock, limits
from portal.acts import Who
from portal.fund import acts, funds, rounds
from portal.fund.funds import Fund, Typed
from portal.fund.rounds import New, Round
from portal.words import t

SAVED = "setup.saved"


def desk(who: Who) -> None:
    """The rounds of one's areas, and what one may set up."""
    found, purses = frame.read(rounds.desk), frame.read(funds.listing)
    usable = [fund for fund in purses if rounds.tops(who, fund)]
    mine = frame.read(funds.editable)
    with st.container(horizontal=True):
        if usable and st.button(t("rounds.new"), type="primary", icon=":material/add:"):
            st.dialog(t("rounds.new"), width="large", icon=":material/event_note:")(_new_round)(usable, found)
        if who.is_any(*acts.CREATE_FUND.who) and st.button(t("rounds.new_fund"), icon=":material/savings:"):
            st.dialog(t("rounds.new_fund"), width="large", icon=":material/savings:")(_fund)(None)
    draw([_list(found) if purses else empty("rounds.no_fund", symbol="savings")], key="desk_rounds")
    if mine:
        event = draw([el("h2", "", t("rounds.funds")), *[_purse(fund) for fund in mine]], key="desk_funds")
        picked = next((fund for fund in mine if event and fund.id == number(event)), None)
        if picked is not None:
            st.dialog(t("rounds.fund"), width="large", icon=":material/savings:")(_fund)(picked)


def _list(found: Sequence[Round]) -> Node:
    if not found:
        return empty("rounds.none", symbol="event_note")
    return ["ul", {"class": "stack", "role": "list"}, *[_line(row) for row in found]]


def _line(row: Round) -> Node:
    told = el("span", "", el("strong", "", row.name), el("span", "small", " · ".join(map(str, roundview.about(row)))))
    return el("li", "", link(f"/rounds?id={row.id}", told, roundview.chip(row), css="todo"))


def _purse(fund: Fund) -> Node:
    given = t("fund.charity", charity=fund.charity) if fund.charity else t("fund.no_charity")
    about = el("p", "small quiet", areas.tree().label(fund.area_path), " · ", given)
    return el(
        "section", "panel row spread",
        el("div", "", el("strong", "", fund.name), about),
        button("edit", fund.id, t("setup.edit"), symbol="edit"),
    )  # fmt: skip


def _new_round(usable: Sequence[Fund], found: Sequence[Round]) -> None:
    with frame.body():
        fund = st.selectbox(t("rounds.fund"), usable, format_func=lambda one: one.name, key="new_fund")
        name = st.text_input(t("field.round_name"), max_chars=limits.TITLE_CHARS, key="new_name")
        area = pick_within(f"new_area_{fund.id}", rounds.tops(frame.who(), fund))
        budget = st.text_input(t("field.budget"), key="new_budget", help=t("rounds.yuan"))
        today = clock.day_of(clock.now())
        starts_on = st.date_input(
            t("rounds.starts_on"), today + timedelta(days=7), min_value=today, key="new_starts", format="YYYY-MM-DD"
        )
        models = {str(row.id): row.name for row in found if row.fund_id == fund.id}
        start = st.selectbox(
            t("rounds.start_from"), [*rounds.TEMPLATES, *models], key="new_start",
            format_func=lambda code: (
                t("rounds.copy", name=models[code]) if code in models else t(f"rounds.template.{code}")
            ),
        )  # fmt: skip
        typed = New(
            fund.id or 0, name, area.id, budget, starts_on, "" if start in models else start,
            int(start) if start in models else None, _usual("allowed"), _usual("excluded"),
        )  # fmt: skip
        if st.button(t("rounds.create"), type="primary", width="stretch"):
            made = frame.act(rounds.create, typed, done="act.round.create.done")
            if made is not None:
                open_page(f"/rounds?id={made}")


def _usual(name: str) -> tuple[str, ...]:
    """What most rounds take and do not take, to begin with."""
    return tuple(t(f"rounds.usual.{name}").split("\n"))


def _fund(fund: Fund | None) -> None:
    with frame.body():
        key = f"fund_{fund.id if fund else 'new'}"
        area_id = fund.area_id if fund else pick_within(f"{key}_area", frame.who().paths(*acts.CREATE_FUND.who)).id
        name = st.text_input(t("field.fund_name"), fund.name if fund else "", limits.TITLE_CHARS, key=f"{key}_name")
        about = st.text_area(
            t("field.fund_about"), fund.about if fund else "", max_chars=limits.BODY_CHARS, key=f"{key}_about"
        )
        st.caption(t("rounds.charity_lead"))
        charity = st.text_input(
            t("field.charity"), fund.charity if fund else "", limits.TITLE_CHARS, key=f"{key}_charity"
        )
        code = st.text_input(t("field.charity_code"), fund.charity_code if fund else "", 20, key=f"{key}_code")
        typed = Typed(name, about, charity, code)
        if not st.button(t("setup.save"), type="primary", width="stretch", key=f"{key}_save"):
            return
        if fund is None:
            done = frame.act(funds.create, area_id, typed, done="act.fund.create.done")
        else:
            done = frame.act(funds.edit, fund.id, typed, done=SAVED)
        if done is not None:
            st.rerun()
