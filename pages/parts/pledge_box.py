"""Things and hours that people give to a fund or a project: what was received, one's own offers, and a new one."""

from collections.abc import Sequence

import streamlit as st

from pages.parts import frame
from pages.parts.actforms import completed
from pages.parts.drawn import Event, Node, button, draw, el, icon, link, number
from pages.parts.facts import empty
from portal import limits, words
from portal.acts import Who
from portal.fund import pledges
from portal.fund.pledges import Given, Offer, Shown
from portal.memo import for_all
from portal.words import t, tn


def box(fund_id: int, project_id: int, who: Who, *, takes: bool = True) -> None:
    """Draw it. `takes` False: nothing new is taken any more, and nothing is drawn where nothing was given."""
    given = frame.read(for_all(pledges.received), fund_id, project_id, st.query_params.get("given"))
    own = frame.read(pledges.mine, fund_id, project_id)
    if not (takes or given.rows or own):
        return
    key = f"pledges_{fund_id}_{project_id}"
    draw([el("h2", "", icon("redeem"), " ", t("pledge.title")), _totals(given), _list(given), *_own(own)], key=key,
         clicked=_clicked)  # fmt: skip
    if not takes:
        return
    if who.person_id is None:
        back = f"%2Fproject%3Fid%3D{project_id}" if project_id else f"%2Fmoney%3Ffund%3D{fund_id}"
        draw([el("p", "row", link(f"/signin?next={back}", t("pledge.sign_in"), css="button"))], key=f"{key}_in")
        return
    opened = st.expander(
        t("act.pledge.offer"), icon=":material/volunteer_activism:", key=f"{key}_box", on_change="rerun"
    )
    if opened.open:
        with opened:
            _form(fund_id, project_id, key, len(own))


def line(pledge: Shown) -> list[Node]:
    """What is offered, in words."""
    amount = tn("pledge.hours", pledge.hours) if pledge.kind == "hours" else t("pledge.kind.things")
    return [el("strong", "", pledge.what), el("span", "small quiet", f" · {amount}")]


def _totals(given: Given) -> Node:
    told = [tn("pledge.total_hours", given.hours)] if given.hours else []
    told += [tn("pledge.total_things", given.things)] if given.things else []
    return el("p", "", " · ".join(told)) if told else el("p", "small quiet", t("pledge.lead"))


def _list(given: Given) -> Node:
    if not given.rows:
        return empty("pledge.none", symbol="volunteer_activism")
    rows = [
        el("li", "", el("p", "", *line(row)),
           el("p", "small quiet", f"{row.name or t('pledge.unnamed')} · {words.day(row.at)}"))
        for row in given.rows
    ]  # fmt: skip
    return ["ul", {"class": "stack", "role": "list"}, *rows]


def _own(own: Sequence[Shown]) -> list[Node]:
    rows = [
        el("li", "", el("p", "", *line(row), " ", el("span", "chip plain", t(f"pledge.state.{row.state}"))),
           el("p", "row", button("withdraw", row.id, t("act.pledge.withdraw"))) if row.state == "offered" else None)
        for row in own
    ]  # fmt: skip
    return [el("h3", "", t("pledge.mine")), ["ul", {"class": "stack", "role": "list"}, *rows]] if rows else []


def _clicked(event: Event) -> None:
    if event["do"] == "withdraw":
        frame.act(pledges.withdraw, number(event), done="act.pledge.withdraw.done")


def _form(fund_id: int, project_id: int, key: str, turn: int) -> None:
    """One offer; after it was taken the form is a new one."""
    kind = st.segmented_control(
        t("field.pledge_kind"), pledges.KINDS, default=pledges.KINDS[0], key=f"{key}_kind_{turn}", required=True,
        format_func=lambda code: t(f"pledge.kind.{code}"),
    )  # fmt: skip
    what = st.text_input(t("field.pledge_what"), key=f"{key}_what_{turn}", max_chars=limits.PURPOSE_CHARS,
                         placeholder=t(f"pledge.hint.{kind}"))  # fmt: skip
    hours = 0
    if kind == "hours":
        hours = int(st.number_input(t("field.hours"), 1, limits.PLEDGE_HOURS, 2, key=f"{key}_hours_{turn}"))
    named = st.checkbox(t("pledge.named"), key=f"{key}_named_{turn}")
    st.caption(t("pledge.no_money"))
    if st.button(t("act.pledge.offer"), type="primary", key=f"{key}_go_{turn}"):
        typed = Offer(fund_id, project_id, kind or "", what, hours, named)
        if frame.act(completed(pledges.offer), typed, done="act.pledge.offer.done"):
            st.rerun()
