"""At the counter: who stands there, and how one gets there and goes again.

The session state holds ids alone, and what the present forms hold; all of it is wiped before the next person sees the
screen.
"""

import streamlit as st

from pages.parts import frame, recording
from pages.parts.actforms import completed
from pages.parts.drawn import Node, draw, el, icon
from portal import areas, limits
from portal.accounts import phones, reception
from portal.accounts.reception import Served
from portal.words import t

_WHO = "counter_who"
"""Whose turn it is: the id of a person, or `NOBODY`."""
_ROUND = "counter_round"
"""Counts up with every case and person, so that the next one starts from empty fields."""
_LOOKED_AT = "counter_looked_at"
"""The case that is shown to be read out and printed."""
NOBODY = 0
"""Somebody who gives no phone, or wants no account."""


def key() -> str:
    """Under which key the fields in use are kept."""
    return f"counter_{st.session_state.setdefault(_ROUND, 0)}"


def whose_turn() -> int | None:
    """The id of the person at the counter, `NOBODY` for somebody unknown; None before anybody has come."""
    turn: int | None = st.session_state.get(_WHO)
    return turn


def serve(person_id: int) -> None:
    """That person's turn begins."""
    wipe()
    st.session_state[_WHO] = person_id


def next_person() -> None:
    """Whoever was here has gone: nothing of theirs stays."""
    wipe()
    st.session_state.pop(_WHO, None)


def wipe() -> None:
    """Empty all fields, with whatever they keep beside their values and in the address."""
    st.query_params.clear()
    begun = f"{key()}_"
    for name in [name for name in st.session_state if str(name).startswith(begun)]:
        del st.session_state[name]
    st.session_state.pop(_LOOKED_AT, None)
    st.session_state[_ROUND] += 1


def looked_at() -> int:
    """The id of the case that is shown beside the form; 0 for the list."""
    return int(st.session_state.get(_LOOKED_AT, 0))


def look_at(case_id: int) -> None:
    """Show one case in place of the list; 0 goes back to it."""
    st.session_state[_LOOKED_AT] = case_id


def ask_phone() -> None:
    """Who is there? By the full number; a number that nobody has yet asks for the name, and enters them."""
    fields = key()
    new = st.session_state.get(f"{fields}_new", False)
    with st.container(key="counter_door"):
        draw([_focus(f"{fields}_name" if new else f"{fields}_phone")], key="counter_focus")
        with st.form(f"{fields}_who", border=True, enter_to_submit=True):
            phone = st.text_input(
                t("counter.phone"), key=f"{fields}_phone", max_chars=phones.TYPED_CHARS, autocomplete="off",
                help=t("counter.phone_help"), placeholder=t("counter.phone_hint"),
            )  # fmt: skip
            name, agreed = _newcomer(fields) if new else ("", "")
            label, symbol = ("counter.enter", "person_add") if new else ("counter.find", "search")
            sent = st.form_submit_button(t(label), type="primary", icon=f":material/{symbol}:", width="stretch")
        st.button(t("counter.unknown"), icon=":material/no_accounts:", on_click=serve, args=(NOBODY,), type="tertiary")
    if sent:
        _received(phone, name, agreed)


def card(served: Served | None) -> list[Node]:
    """Whose turn it is, in one line that is read out before anything is written down."""
    if served is None:
        return [el("p", "panel counter-card", icon("no_accounts"), el("strong", "", t("counter.nobody")))]
    home = areas.tree().label(served.home_path) if served.home_path else ""
    blocked = el("span", "chip declined", t("counter.blocked")) if served.blocked else None
    about = " · ".join(part for part in (served.phone, home) if part)
    told = el("span", "", el("strong", "", served.name), el("span", "small quiet", about))
    return [el("p", "panel counter-card", icon("person"), told, blocked)]


def _newcomer(fields: str) -> tuple[str, str]:
    st.info(t("counter.new"), icon=":material/person_add:")
    name = st.text_input(t("counter.name"), key=f"{fields}_name", max_chars=limits.NAME_CHARS, autocomplete="off")
    return name, recording.consent(f"{fields}_new")


def _received(phone: str, name: str, agreed: str) -> None:
    if name.strip():
        person_id = frame.act(reception.enter, phone, name, agreed, done="counter.entered")
        if person_id:
            serve(person_id)
            st.rerun()
        return
    answer = frame.act(completed(reception.find), phone)
    if answer is None:  # refused, which is shown already
        return
    if answer[0]:
        serve(answer[0].person_id)
    else:
        st.session_state[f"{key()}_new"] = True
    st.rerun()


def _focus(field: str) -> Node:
    """Puts the cursor into a field as soon as it is there: a queue is served from the keyboard."""
    return el("span", {"data-focus": field})
