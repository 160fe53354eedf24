"""Editing a round in parts: its words, money, lists, ballot and count. Each part is saved by itself."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from pages.parts import frame
from pages.parts.areapick import pick_within
from pages.parts.roundrules import switch_name, value
from portal import areas, limits
from portal.fund import rounds, terms
from portal.fund.counting import Rule
from portal.fund.rounds import Round
from portal.fund.terms import Terms
from portal.words import t

BALLOTS = ("approval", "points", "ranking", "one")
KINDS = ("green", "facility", "elderly", "children", "culture", "safety", "support", "other")


def words_form(row: Round) -> None:
    """Its name, what it is for, and, while it is a draft, its area."""
    key = _key(row, "words")
    name = st.text_input(t("field.round_name"), row.name, limits.TITLE_CHARS, key=f"{key}_name")
    about = st.text_area(t("field.round_about"), row.about, max_chars=limits.BODY_CHARS, key=f"{key}_about", height=160)
    area_id = row.area_id
    if row.state == "drafting":
        st.caption(t("rounds.area_now", area=areas.tree().label(row.area_path)))
        if st.toggle(t("rounds.other_area"), key=f"{key}_other"):
            area_id = pick_within(f"{key}_area", rounds.tops(frame.who(), frame.read(rounds.fund_of, row.id or 0))).id
    _save(key, lambda seen: frame.act(rounds.describe, row.id, name, about, area_id, seen, done=SAVED))


def money_form(row: Round) -> None:
    """The budget, what a project costs at least and at most, and where money goes back to."""
    key, now = _key(row, "money"), terms.terms_of(row)
    columns = st.columns(2)
    budget = columns[0].text_input(t("field.budget"), now.budget, key=f"{key}_budget", help=t("rounds.yuan"))
    least = columns[1].text_input(t("field.least"), now.least, key=f"{key}_least", help=t("rounds.least_help"))
    st.markdown(f"**{t('rounds.caps')}**")
    st.caption(t("rounds.caps_help"))
    columns, caps = st.columns(2), {}
    for n, kind in enumerate(KINDS):
        typed = columns[n % 2].text_input(t(f"field.cap_{kind}"), now.caps.get(kind, ""), key=f"{key}_{kind}")
        caps[kind] = typed
    returns_to = st.radio(
        t("field.returns_to"), terms.RETURNS_TO, terms.RETURNS_TO.index(now.returns_to), key=f"{key}_returns",
        format_func=lambda name: t(f"rounds.returns.{name}"),
    )  # fmt: skip
    _keep(row, key, replace(now, budget=budget, least=least, caps=caps, returns_to=returns_to))


def lists_form(row: Round) -> None:
    """What may be proposed and what may not: one rule a line."""
    key, now = _key(row, "lists"), terms.terms_of(row)
    st.markdown(t("rounds.lists_lead"))
    allowed = st.text_area(t("field.allowed"), "\n".join(now.allowed), height=220, key=f"{key}_allowed")
    excluded = st.text_area(t("field.excluded"), "\n".join(now.excluded), height=220, key=f"{key}_excluded")
    _keep(row, key, replace(now, allowed=allowed.splitlines(), excluded=excluded.splitlines()))


def ballot_form(row: Round) -> None:
    """How people vote."""
    key, now = _key(row, "ballot"), terms.terms_of(row)
    kind = st.radio(
        t("field.ballot_type"), BALLOTS, BALLOTS.index(now.ballot_type), key=f"{key}_type",
        format_func=lambda name: t(f"rounds.ballot.{name}"),
        captions=[t(f"rounds.ballot.{name}.hint") for name in BALLOTS],
    )  # fmt: skip
    least, most, points, scores = now.min_choices, now.max_choices, now.points, now.scores
    if kind != "one":
        columns = st.columns(2)
        least = int(
            columns[0].number_input(t("field.min_choices"), 0, limits.PROPOSALS_ON_BALLOT, least, key=f"{key}_min")
        )
        if kind != "ranking":
            most = int(
                columns[1].number_input(t("field.max_choices"), 1, limits.PROPOSALS_ON_BALLOT, most, key=f"{key}_max")
            )
    if kind == "points":
        points = int(st.number_input(t("field.points"), 0, limits.BALLOT_POINTS, points or 10, key=f"{key}_points"))
    if kind == "ranking":
        scores = st.text_input(
            t("field.scores"), scores or "5, 4, 3, 2, 1", key=f"{key}_scores", help=t("rounds.scores")
        )
    paper = st.checkbox(t("rounds.paper"), now.paper, key=f"{key}_paper")
    rule = now.rule
    if rule.get("utility") not in terms.utilities(kind):
        rule = {**rule, "utility": "cost"}
        st.info(t("rounds.utility_changes"), icon=":material/info:")
    typed = replace(
        now, ballot_type=kind, min_choices=least, max_choices=most, points=points, scores=scores, paper=paper, rule=rule
    )
    _keep(row, key, typed)


def count_form(row: Round) -> None:
    """How the ballots are counted: only the switches that matter under the chosen rule are shown."""
    key, now = _key(row, "count"), terms.terms_of(row)
    chosen = dict(now.rule)
    st.markdown(t("rounds.count_lead"))
    switch: dict[str, Any] = {"name": _pick("name", ("equal-shares", "greedy"), chosen, key)}
    switch["utility"] = _pick("utility", terms.utilities(row.ballot_type), chosen, key)
    if switch["name"] == "greedy":
        switch["eighty"] = _yes("eighty", chosen, key)
        if not switch["eighty"]:
            switch["skip"] = _yes("skip", chosen, key)
    else:
        switch |= _shares(chosen, key)
    switch["threshold"] = int(
        st.number_input(
            switch_name("threshold"), 0, 10**9, int(chosen.get("threshold", 0)), key=f"{key}_threshold",
            help=t("rounds.threshold_help"),
        )
    )  # fmt: skip
    switch["ties"] = _pick("ties", terms.TIES, chosen, key)
    _keep(row, key, replace(now, rule=switch))


SAVED = "setup.saved"


def _shares(chosen: dict[str, Any], key: str) -> dict[str, Any]:
    switch: dict[str, Any] = {"completion": _pick("completion", ("add1", "greedy", "none"), chosen, key)}
    if switch["completion"] == "add1":
        switch["stop"] = _pick("stop", ("overspend", "exhaustive"), chosen, key)
        switch["step"] = int(st.number_input(
            t("rounds.step"), 1, 10**6, int(chosen.get("step", 1)), key=f"{key}_step", help=t("rounds.step_help")
        ))  # fmt: skip
    switch["start"] = _pick("start", ("exact", "floor"), chosen, key)
    switch["compare"] = _yes("compare", chosen, key)
    return switch


def _pick(switch: str, offered: tuple[str, ...], chosen: dict[str, Any], key: str) -> str:
    now = chosen.get(switch, getattr(Rule(), switch))
    at = offered.index(now) if now in offered else 0
    return str(
        st.radio(switch_name(switch), offered, at, format_func=lambda code: value(switch, code), key=f"{key}_{switch}")
    )


def _yes(switch: str, chosen: dict[str, Any], key: str) -> bool:
    now = bool(chosen.get(switch, getattr(Rule(), switch)))
    return st.checkbox(switch_name(switch), now, key=f"{key}_{switch}", help=t(f"rounds.{switch}_help"))


def _keep(row: Round, key: str, typed: Terms) -> None:
    _save(key, lambda seen: frame.act(rounds.edit, row.id, typed, seen, done=SAVED))


def _save(key: str, do: Callable[[int], int | None]) -> None:
    """The button; `do` is given the version from which the fields were filled."""
    if not st.button(t("setup.save"), type="primary", icon=":material/save:", key=f"{key}_save"):
        return
    opened, _, seen = key.rpartition("_")
    if do(int(seen)) is not None:
        del st.session_state[opened]
        st.rerun()


def _key(row: Round, part: str) -> str:
    """Under which the fields are kept; it ends in the version of the round from which they were filled.

    They are filled anew once the part was saved or left, not while somebody types and somebody else saves.
    """
    opened = f"round_{part}_{row.id}"
    if f"{opened}_{st.session_state.get(opened)}_save" not in st.session_state:
        st.session_state[opened] = row.version
    return f"{opened}_{st.session_state[opened]}"
