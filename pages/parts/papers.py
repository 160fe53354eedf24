"""The clerk's side of ballots on paper: giving them out one by one, and reading them in line by line.

The session state holds ids and counts alone; what is read goes straight into the database.
"""

from collections.abc import Callable

import streamlit as st

from pages.parts import frame
from pages.parts.actforms import completed
from pages.parts.drawn import Node, draw, el, icon
from portal import areas, limits, words
from portal.accounts import phones, reception
from portal.acts import Act
from portal.fund import acts, paper, polling, roster, voting
from portal.fund.paper import Sheet
from portal.fund.polling import AtDesk
from portal.fund.rounds import Round
from portal.words import t, tn

_WHO, _TURN = "paper_who", "paper_turn"
"""The id of the person before the clerk; and a number that goes up, so that each begins with an empty field."""
_LAST = "paper_last"
"""Number and state of the paper that was read last: never what stands on it."""


def figures(row: Round) -> None:
    """How many may vote, how many did, and how far the papers are read."""
    turnout, papers = frame.read(roster.turnout, row.id or 0), frame.read(paper.progress, row.id or 0)
    told = [
        ("roster", turnout.roster), ("voted", turnout.voted), ("given", papers.given), ("entered", papers.entered),
        ("differs", papers.differs), ("agreed", papers.agreed), ("spoiled", papers.spoiled),
    ]  # fmt: skip
    chips = [el("span", f"chip {'plain' if not n else ''}", t(f"papers.{name}", n=words.number(n))) for name, n in told]
    draw([el("p", "row", *chips)], key="paper_figures")


def give(row: Round) -> None:
    """Who is there, by the full phone number; then a paper for them, or a place on the roster first."""
    person_id = st.session_state.get(_WHO, 0)
    found = frame.read(polling.at_desk, row.id or 0, person_id) if person_id else None
    if found is None:
        _ask(row)
        return
    _desk(row, found)


def print_out(row: Round) -> None:
    """Ballots to be printed: how many, then the file."""
    draw([el("p", "", t("papers.print_hint"))], key="paper_print_hint")
    n = st.number_input(t("papers.copies"), 1, limits.PAPERS_PER_BATCH, 20, key="paper_copies")
    address = f"/fund/{row.id}/papers.pdf?n={int(n)}"
    symbol = icon("print")
    node: Node = ["a", {"class": "button main", "href": address, "download": ""}, symbol, tn("papers.print", int(n))]
    draw([el("p", "row", node)], key="paper_print")


def read_in(row: Round) -> None:
    """One line, Enter, the next one: all from the keyboard."""
    turn = st.session_state.setdefault(_TURN, 0)
    draw([_told(), el("p", "", t(f"papers.how.{row.ballot_type}")), _focus(f"paper_line_{turn}")], key="paper_told")
    with st.form(f"paper_form_{turn}", border=True, enter_to_submit=True):
        typed = st.text_input(
            t("field.paper_line"), key=f"paper_line_{turn}", max_chars=limits.COMMENT_CHARS, autocomplete="off",
            placeholder=t(f"papers.hint.{row.ballot_type}"),
        )  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="center"):
            sent = st.form_submit_button(t("papers.enter"), type="primary", icon=":material/keyboard_return:")
            again = st.checkbox(t("papers.again"), key=f"paper_again_{turn}", help=t("papers.again_help"))
    if sent:
        state = frame.act(paper.read_in, row.id, typed, again=again)
        if state:
            _next(typed, state)


def lists(row: Round) -> None:
    """What waits: for a second person, and for a third."""
    for state in paper.WAITING:
        sheets = frame.read(paper.waiting, row.id or 0, state)
        if sheets:
            heading = el("h2", "", t(f"papers.waiting.{state}"))
            draw([el("section", "part", heading, el("ul", "paper-list", *map(_sheet, sheets)))], key=f"paper_{state}")


def _ask(row: Round) -> None:
    turn = st.session_state.setdefault(_TURN, 0)
    draw([el("p", "", t("papers.give_hint")), _focus(f"paper_phone_{turn}")], key="paper_ask")
    with st.form("paper_who_form", border=True, enter_to_submit=True):
        phone = st.text_input(
            t("papers.phone"), key=f"paper_phone_{turn}", max_chars=phones.TYPED_CHARS, autocomplete="off",
            help=t("counter.phone_help"), placeholder=t("counter.phone_hint"),
        )  # fmt: skip
        sent = st.form_submit_button(t("counter.find"), type="primary", icon=":material/search:", width="stretch")
    if not sent:
        return
    answer = frame.act(completed(reception.find), phone)
    if answer and answer[0]:
        _forget()
        st.session_state[_WHO] = answer[0].person_id
        st.rerun()
    elif answer:
        st.info(t("papers.nobody"), icon=":material/person_off:")


def _desk(row: Round, found: AtDesk) -> None:
    draw([_card(found)], key="paper_card")
    deed, act = _deed(row, found)
    with st.container(horizontal=True):
        pressed = act and st.button(t(f"act.{act.name}"), type="primary", key=f"paper_do_{act.name}")
        if act and pressed and frame.act(completed(deed), row.id, found.served.person_id, done=f"act.{act.name}.done"):
            st.rerun()
        st.button(t("counter.next"), icon=":material/skip_next:", shortcut="Alt+N", on_click=_forget)


def _deed(row: Round, found: AtDesk) -> tuple[Callable[..., None], Act | None]:
    """What the clerk can do for the person: put them on the roster, then give them a paper."""
    if found.lives_here and found.voted_how is None:
        return polling.enroll, acts.ENROLL
    may_take = found.lives_here and found.voted_how == "" and row.paper
    return polling.give_paper, acts.GIVE_PAPER if may_take else None


def _card(found: AtDesk) -> Node:
    if not found.lives_here:
        standing, css = "elsewhere", "declined"
    else:
        standing = {None: "unlisted", "": "open", voting.WEB: "web", voting.PAPER: "paper"}[found.voted_how]
        css = "solved" if standing == "open" else "not_solved"
    home = areas.tree().label(found.served.home_path) if found.served.home_path else ""
    about = " · ".join(filter(None, [found.served.phone, home]))
    told = el("span", "", el("strong", "", found.served.name), el("span", "small quiet", about))
    chip = el("span", f"chip {css}", t(f"papers.person.{standing}"))
    hint = el("span", "small", t(f"papers.person.{standing}.hint"))
    return el("div", "panel counter-card", icon("person"), told, chip, hint)


def _sheet(sheet: Sheet) -> Node:
    """One that the reader has read already is not theirs to read again."""
    mine = el("span", "small quiet", t("papers.read_by_you")) if sheet.mine else None
    return el("li", "row", el("span", "code", sheet.number), mine)


def _told() -> Node:
    """What became of the paper before; read out by itself."""
    number, state = st.session_state.get(_LAST, ("", ""))
    symbol = "report" if state == "differs" else "check_circle"
    told = [icon(symbol), " ", t(f"papers.told.{state}", number=number)] if number else []
    return el("p", {"class": f"paper-told {state}", "role": "status"}, *told)


def _next(typed: str, state: str) -> None:
    st.session_state[_LAST] = paper.split(typed).number, state
    st.session_state[_TURN] += 1
    st.rerun()


def _forget() -> None:
    """Whoever was here has gone."""
    st.session_state.pop(_WHO, None)
    st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1


def _focus(field: str) -> Node:
    """Puts the cursor into a field as soon as it is there."""
    return el("span", {"data-focus": field})
