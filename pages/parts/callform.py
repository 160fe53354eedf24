"""One call-back: what to say on the phone, the number, and what was answered."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.parts import frame
from pages.parts.actforms import completed
from pages.parts.drawn import Node, draw, el, icon, link
from pages.parts.facts import facts
from pages.parts.notes import href
from pages.parts.plain import md
from portal import areas, limits, words
from portal.cases import calling
from portal.cases.calling import Call
from portal.cases.setup import category_name
from portal.cases.work import SAID
from portal.words import t

WORDS_SHOWN = 160


def line(call: Call, *, chosen: bool) -> Node:
    """A call in the list, leading to its form."""
    tried = el("span", "chip", t("callbacks.tried", n=call.tries)) if call.tries else None
    css = "button" if chosen else "button main"
    way = link(f"/callbacks?call={call.id}", icon("call"), t("callbacks.open"), css=css)
    where = [t(f"kind.{call.kind}"), category_name(call.category), areas.tree().label(call.area_path)]
    told = el("div", "", el("strong", "", call.title), el("p", "small quiet", " · ".join(where)))
    return el("li", "panel row spread", told, el("div", "row", tried, way))


def form(call: Call) -> None:
    """Everything for one call: the words to read out, the case, the number, the answer."""
    draw([_case(call)], key=f"call_{call.id}")
    with st.container(border=True, key="call_form"):
        if st.button(t("act.callback.call"), icon=":material/call:", key=f"number_{call.id}"):
            shown = frame.act(calling.number, call.id)
            if shown:  # once, in this very run, and kept nowhere
                st.info(md(t("case.contact_full", phone=shown)), icon=":material/call:")
        outcome, stars, word = _answer(f"callback_{call.id}")
        with st.container(horizontal=True):
            kept = st.button(t("act.callback.reached"), type="primary", icon=":material/save:", key=f"keep_{call.id}")
            nobody = st.button(t("act.callback.missed"), icon=":material/phone_missed:", key=f"missed_{call.id}")
            back = st.button(t("form.cancel"), key=f"back_{call.id}")
    if kept:
        _do(calling.reached, call, outcome, stars, word, done="act.callback.reached.done")
    elif nobody:
        _do(calling.missed, call, done="act.callback.missed.done")
    elif back:
        _leave()


def _answer(key: str) -> tuple[str, int, str]:
    """What the resident said: solved or not, the stars (0: none given), a word."""
    outcome = st.segmented_control(
        t("callbacks.outcome"), list(SAID), format_func=lambda o: t(f"outcome.{o}"), key=f"{key}_outcome",
        width="stretch",
    )  # fmt: skip
    st.markdown(f"**{t('callbacks.stars')}**")
    stars = st.feedback("stars", key=f"{key}_stars")
    word = st.text_area(t("callbacks.word"), max_chars=limits.COMMENT_CHARS, key=f"{key}_word", height=90)
    return outcome or "", 0 if stars is None else stars + 1, word


def _do(record: Callable[..., Any], call: Call, *typed: Any, done: str) -> None:
    if frame.act(completed(record), call.id, *typed, done=done):
        _leave()


def _leave() -> None:
    st.query_params.pop("call", None)
    st.rerun()


def _case(call: Call) -> Node:
    place = areas.tree().label(call.area_path)
    return el(
        "section",
        "panel expect stack",
        el("h2", "", t("callbacks.say")),
        el("blockquote", "says", t("callbacks.script", place=place, kind=t(f"kind.{call.kind}"), title=call.title)),
        facts(
            [
                ("no", link(href(call.case_id), t("case.no", id=call.case_id))),
                ("by", call.name),
                ("contact", call.phone),
                ("words", _short(call.body)),
                ("answer", _short(call.answer)),
                ("claimed", t(f"outcome.{call.claimed}") if call.claimed else None),
                ("said", t(f"outcome.{call.outcome}") if call.outcome else None),
                ("month", words.month(call.month_on)),
            ]
        ),
    )


def _short(text: str) -> str:
    return text if len(text) <= WORDS_SHOWN else text[:WORDS_SHOWN].rstrip() + "…"
