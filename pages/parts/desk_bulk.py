"""Doing one thing to many cases at the desk: what is offered, the question before, the account after."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import streamlit as st
from sqlmodel import Session

from pages.parts import frame
from pages.parts.desk_table import Asked, Deed, goal
from pages.parts.drawn import Event, button, draw, el, icon, link
from pages.parts.notes import href, quote
from pages.parts.reply import reply
from portal import words
from portal.acts import Who, role_for
from portal.cases import acts, answering, dispatch, screening
from portal.cases.bulk import Sent, each
from portal.cases.kinds import OPINION
from portal.cases.reading import one
from portal.cases.wall import Note
from portal.errors import NotFound, Refused
from portal.words import t, tn

BY_RULE = Deed("by_rule", "send", acts.DISPATCH, main=True)
ACCEPT, HALL = Deed("accept", "check", acts.ACCEPT), Deed("hall", "volunteer_activism", acts.TO_HALL)
RETURN, DECLINE = Deed("return", "undo", acts.RETURN), Deed("decline", "block", acts.DECLINE)
ANSWER = Deed("answer", "forum", acts.ANSWER)
OFFERED = {
    "mine": (BY_RULE, ACCEPT, HALL, ANSWER, RETURN, DECLINE),
    "new": (BY_RULE, ACCEPT, HALL, ANSWER, RETURN, DECLINE),
    "screening": (BY_RULE, ACCEPT, HALL, ANSWER, RETURN, DECLINE),
    "to_send": (BY_RULE, HALL, ANSWER, DECLINE),
    "in_hall": (DECLINE,),
    "returned": (DECLINE,),
}
"""What can be done to all marked rows of a tab."""
SENDS = ("mine", "new", "screening", "to_send")
"""Tabs in which the rule table's destination is of interest."""
_EACH: dict[str, Callable[..., Any]] = {
    "accept": screening.accept,
    "hall": dispatch.publish,
    "return": screening.give_back,
    "decline": screening.decline,
}
_ALL: dict[str, Callable[..., Sent]] = {"by_rule": dispatch.send_by_rule, "answer": answering.answer_together}
_WRITES = {"return": acts.RETURN.name, "decline": acts.DECLINE.name, "answer": acts.ANSWER.name}
_SENT = "desk_sent"
"""In the session state: what was done, to how many, and the message id and facts for each case that was skipped."""


def offered(tab: str, who: Who, notes: Sequence[Note]) -> list[Deed]:
    """What can be done to marked rows of a tab, and `who` has the right to do to at least one of `notes`."""
    fitting = {ANSWER: _opinions(notes)}
    return [
        deed for deed in OFFERED.get(tab, ()) if any(role_for(who, deed.act, note) for note in fitting.get(deed, notes))
    ]


def confirm(tab: str, asked: Asked, notes: Sequence[Note]) -> None:
    """Ask before doing `asked` to those of `notes` that were marked, and do it on yes."""
    deed = next((d for d in OFFERED.get(tab, ()) if d.name == asked.do), None)
    chosen = [note for note in notes if note.id in asked.ids]
    if deed is not None and chosen:
        st.dialog(t(f"desk.do.{deed.name}"), icon=f":material/{deed.symbol}:")(_ask)(deed, chosen)


def account() -> None:
    """Show what the last bulk act did, with every case that was skipped and why, until it is put away."""
    if _SENT not in st.session_state:
        return
    deed, done, refusals = st.session_state[_SENT]
    titles = frame.read(_titles, list(refusals))
    skipped = [
        el("li", "", link(href(case_id), titles.get(case_id, str(case_id))), f" · {words.say(Refused(said, **facts))}")
        for case_id, (said, facts) in refusals.items()
    ]
    missed = tn("desk.skipped", len(skipped)) if skipped else ""
    panel = el(
        "div",
        {"class": "panel stack", "role": "status"},
        el("strong", "", icon("task_alt"), f" {tn(f'desk.did.{deed}', done)} {missed}"),
        ["ul", {}, *skipped] if skipped else None,
        el("div", "row", button("seen", "", t("desk.seen"))),
    )
    with st.container(key="desk_account"):
        draw([panel], key="desk_account_panel", clicked=_put_away)


def _titles(session: Session, who: Who, case_ids: Sequence[int]) -> dict[int, str]:
    """The titles of those that are still to be read."""
    titles = {}
    for case_id in case_ids:
        with suppress(NotFound):
            titles[case_id] = one(session, who, case_id).title
    return titles


def _put_away(event: Event) -> None:
    if event["do"] == "seen":
        st.session_state.pop(_SENT, None)


def _ask(deed: Deed, chosen: Sequence[Note]) -> None:
    with frame.body():
        fitting = _opinions(chosen) if deed == ANSWER else chosen
        if others := len(chosen) - len(fitting):
            st.info(tn("desk.not_opinions", others), icon=":material/info:")
        if not fitting:
            return
        st.markdown(tn(f"desk.sure.{deed.name}", len(fitting)))
        if deed == ANSWER:
            st.text("\n".join(t("echo.quoted", text=quote(note.body)) for note in fitting))
        if deed == BY_RULE:
            _goals(chosen)
        says = []
        if deed.name in _WRITES:
            categories = {note.category for note in chosen}
            says = [reply(_WRITES[deed.name], categories.pop() if len(categories) == 1 else "", key="desk_bulk")]
        if st.button(tn(f"desk.go.{deed.name}", len(fitting)), type="primary", width="stretch"):
            _do(deed.name, chosen, says)


def _opinions(notes: Sequence[Note]) -> list[Note]:
    """Those that can be answered together."""
    return [note for note in notes if note.kind == OPINION.name]


def _goals(chosen: Sequence[Note]) -> None:
    found = frame.read(dispatch.proposals, [note.id for note in chosen])
    lines = [tn("desk.goal", n, where=where) for where, n in Counter(map(goal, found.values())).most_common()]
    st.text("\n".join(lines))


def _do(deed: str, chosen: Sequence[Note], says: Sequence[str]) -> None:
    ids = [note.id for note in chosen]
    sent = frame.act(_ALL[deed], ids, *says) if deed in _ALL else frame.act(each, _EACH[deed], ids, *says)
    if sent is not None:
        refusals = {case_id: (refusal.message_id, refusal.facts) for case_id, refusal in sent.skipped.items()}
        st.session_state[_SENT] = (deed, len(sent.done), refusals)
        st.rerun()
