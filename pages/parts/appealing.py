"""Appeals: what the person who appealed sees of it, and what whoever judges it reads and decides."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from pages.parts import frame
from pages.parts.actforms import completed
from pages.parts.drawn import Event, Node, button, draw, el, icon, link, number
from pages.parts.facts import facts
from pages.parts.notes import href
from pages.parts.wish import Shown
from portal import areas, limits, words
from portal.cases import appeals
from portal.cases.appeals import Heard, Waiting
from portal.words import t

_JUDGE: dict[str, Callable[..., Any]] = {"uphold": appeals.uphold, "overturn": appeals.overturn}


def panel(shown: Shown) -> None:
    """On the page of a case: the appeals about it and what became of them, for whom they concern."""
    found = frame.read(appeals.of_case, shown.case)
    if found:
        judge = link("/review", t("appeal.judge"), css="button") if shown.inside and _waits(found) else None
        draw(
            [*[_heard(appeal) for appeal in found], *([el("p", "", judge)] if judge else [])],
            key=f"appeals_{shown.case.id}",
        )


def cards(rows: Sequence[Waiting]) -> Node:
    """Appeals as whoever judges them reads them."""
    return el("div", "stack", *[_card(row) for row in rows])


def judged(event: Event | None, rows: Sequence[Waiting]) -> None:
    """Open the question that goes with a click on a card."""
    chosen = next((row for row in rows if event and row.id == number(event)), None)
    if event and chosen and event["do"] in _JUDGE:
        st.dialog(t(f"act.appeal.{event['do']}"), icon=":material/gavel:")(_judge)(event["do"], chosen)


def _waits(found: Sequence[Heard]) -> bool:
    return any(appeal.state == "waiting" for appeal in found)


def _heard(appeal: Heard) -> Node:
    return el(
        "section",
        "panel stack",
        el("p", "", icon("gavel"), " ", el("strong", "", t(f"appeal.state.{appeal.state}"))),
        el("p", "small quiet", t("appeal.made", moment=words.moment(appeal.at))),
        el("p", "pre", appeal.says),
        el("div", "panel expect", el("strong", "", t("appeal.answer")), el("p", "pre", appeal.answer))
        if appeal.answer
        else None,
    )


def _card(row: Waiting) -> Node:
    return el(
        "section",
        "panel stack",
        el("h3", "", link(href(row.case_id), row.title)),
        el("p", "wish-body", row.body) if row.body != row.title else None,
        facts(
            [
                ("area", areas.tree().label(row.area_path)),
                ("decision", f"{t(f'act.{row.act}')} · {words.moment(row.decided_at)}"),
                ("decided_by", row.decided_by),
                ("reason", row.reason),
                ("appealed", words.moment(row.at)),
            ]
        ),
        el("div", "panel expect", el("strong", "", t("appeal.says")), el("p", "pre", row.says)),
        el(
            "div",
            "row",
            button("overturn", row.id, t("act.appeal.overturn"), symbol="undo"),
            button("uphold", row.id, t("act.appeal.uphold"), symbol="check"),
        ),
    )


def _judge(deed: str, row: Waiting) -> None:
    with frame.body():
        st.text(row.title)
        st.markdown(t(f"appeal.{deed}_sure"))
        says = st.text_area(t("appeal.reply"), key=f"appeal_says_{row.id}", max_chars=limits.BODY_CHARS, height=140)
        if not st.button(t(f"act.appeal.{deed}"), type="primary", width="stretch"):
            return
        if frame.act(completed(_JUDGE[deed]), row.id, says, done=f"act.appeal.{deed}.done"):
            st.rerun()
