"""The forms of judging a proposal: by which rule it is turned down, what each line costs, what was said of it."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.parts import frame
from pages.parts.actforms import completed
from pages.parts.plain import md
from portal import limits, words
from portal.errors import Refused
from portal.fund import costs, criteria, reviewing
from portal.fund.acts import COST, EXCLUDE, GIVE_BACK, NOTE_DELIBERATION, READMIT, REJECT_COST, UNLIST
from portal.fund.projects import Project, Round, Shown
from portal.fund.reviewing import Costed
from portal.fund.terms import yuan
from portal.words import t

Form = Callable[[Shown, Round, str], None]


def _says(do: Callable[..., Any], name: str) -> Form:
    """A form that asks for words alone."""

    def form(shown: Shown, row: Round, opened: str) -> None:
        says = st.text_area(t(f"assess.says.{name}"), max_chars=limits.BODY_CHARS, key=f"{opened}_{name}_says")
        _go(name, opened, do, shown.project.id, says)

    return form


def _exclude(shown: Shown, row: Round, opened: str) -> None:
    """By which rule, one tap; then why."""
    rules = _breakable(row, shown.project)
    chosen = st.radio(
        t("field.rule"), rules, index=None, key=f"{opened}_rule", format_func=lambda r: md(_named(row, r))
    )
    says = st.text_area(t("assess.says.project.exclude"), max_chars=limits.BODY_CHARS, key=f"{opened}_exclude_says")
    _go(EXCLUDE.name, opened, reviewing.exclude, shown.project.id, chosen or "", says)


def _cost(shown: Shown, row: Round, opened: str) -> None:
    """Each line with what was proposed; the sum follows what is typed."""
    given, key = [], f"{opened}_costed"
    for line in shown.lines:
        fen = line.amount_fen if line.costed_fen is None else line.costed_fen
        how = f"{words.money(line.unit_fen)} × {costs.shown_quantity(line.quantity)}{line.unit}"
        st.markdown(f"**{md(line.what)}**  {md(how)}")
        with st.container(horizontal=True):
            amount = st.text_input(
                t("assess.amount", proposed=words.money(line.amount_fen)), yuan(fen), costs.TYPED_CHARS,
                key=f"{key}_{line.id}_amount", width=200,
            )  # fmt: skip
            note = st.text_input(
                t("assess.line_note"), line.costed_note, limits.COMMENT_CHARS, key=f"{key}_{line.id}_note", width=320
            )
        given.append(Costed(line.id or 0, amount, note))
    total_fen, limit = reviewing.costed_sum(given), criteria.cost
    broken = limit(row, shown.project.kind, total_fen)
    st.markdown(f"**{md(t('assess.sum', amount=words.money(total_fen)))}**")
    if broken:
        st.warning(md(words.say(broken)), icon=":material/rule:")
    note = st.text_area(t("assess.says.project.cost"), shown.project.valuation, max_chars=limits.BODY_CHARS,
                        key=f"{key}_note")  # fmt: skip
    _go(COST.name, opened, reviewing.cost, shown.project.id, given, note)


def _talk(shown: Shown, row: Round, opened: str) -> None:
    text = st.text_area(
        t("assess.says.project.note_deliberation"), shown.project.deliberation, max_chars=limits.BODY_CHARS,
        key=f"{opened}_talk",
    )  # fmt: skip
    _go(NOTE_DELIBERATION.name, opened, reviewing.note_deliberation, shown.project.id, text)


def _go(name: str, opened: str, do: Callable[..., Any], *args: Any) -> None:
    named = t(f"act.{name}")
    with st.container(horizontal=True):
        go = st.button(t("form.go", act=named), type="primary", key=f"{opened}_{name}_go")
        if st.button(t("form.cancel"), key=f"{opened}_{name}_cancel"):
            st.session_state.pop(opened, None)
            st.rerun()
    if go and frame.act(completed(do), *args, done=f"act.{name}.done") is not None:
        st.session_state.pop(opened, None)
        st.rerun()


def _breakable(row: Round, project: Project) -> list[str]:
    """The rules that can be named: of those that measure the cost only one that it breaks."""
    found = []
    for rule in criteria.offered(row):
        try:
            criteria.facts(row, project, rule)
        except Refused:
            continue
        found.append(rule)
    return found


def _named(row: Round, rule: str) -> str:
    name, _, number = rule.partition(":")
    return f"{number}. {row.excluded[int(number) - 1]}" if number else t(f"assess.rule.{name}")


FORMS: dict[str, Form] = {
    GIVE_BACK.name: _says(reviewing.give_back, GIVE_BACK.name),
    EXCLUDE.name: _exclude,
    REJECT_COST.name: _says(reviewing.reject_cost, REJECT_COST.name),
    COST.name: _cost,
    NOTE_DELIBERATION.name: _talk,
    READMIT.name: _says(reviewing.readmit, READMIT.name),
    UNLIST.name: _says(reviewing.unlist, UNLIST.name),
}
