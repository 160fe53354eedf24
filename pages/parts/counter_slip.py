"""What the person takes home from the counter: a slip with the number, the code, what comes next and by when."""

import streamlit as st

from pages.parts import counter, frame, receipts, wish
from pages.parts.drawn import Event, Node, button, draw, el, icon, link
from pages.parts.facts import facts
from pages.parts.notes import href
from portal import words
from portal.cases.post import Posted
from portal.http.shell import town
from portal.settings import settings
from portal.words import fitting, t

_SLIP = "counter_slip"
"""What was just recorded, on its way to the next run, which shows it and forgets it: the code is kept nowhere."""


def hand_over(posted: Posted, kind: str, *, texted: bool) -> None:
    """Let the next run show the slip and nothing else. `texted` says that the code also goes to a phone."""
    st.session_state[_SLIP] = posted, kind, texted


def show() -> None:
    """At the start of the page: the slip of what was just recorded. Ends the run if there is one."""
    if _SLIP not in st.session_state:
        return
    posted, kind, texted = st.session_state.pop(_SLIP)
    shown = frame.read(wish.find, posted.case_id)
    draw([_slip(posted, kind, shown), *_beside(texted), _onward(shown)], key="counter_slip_drawn", clicked=_clicked)
    st.stop()


def _slip(posted: Posted, kind: str, shown: wish.Shown | None) -> Node:
    """`shown` is None for what the clerk may not read, such as a dispute."""
    case = shown.case if shown else None
    head = el("h2", "", t("counter.slip", town=town(), kind=t(f"kind.{kind}")))
    state = case.state if case else "screening"
    told = facts(
        [
            ("number", t("case.no", id=posted.case_id)),
            ("about", case.title if case else None),
            ("recorded", words.moment(case.created_at) if case else None),
            ("next", t(fitting(f"case.next.{state}", kind))),
            ("due", words.moment(case.due_at) if case and case.due_at else None),
        ]
    )
    code = receipts.code(posted.receipt) if posted.receipt else []
    return el("section", "slip sheet", head, told, *code)


def _beside(texted: bool) -> list[Node]:
    """For the clerk alone: whether the code also reaches a phone."""
    if not texted:
        return []
    return [el("p", "panel", icon("sms"), " ", t("visit.sent" if settings().sms_url else "visit.not_sent"))]


def _onward(shown: wish.Shown | None) -> Node:
    page = link(href(shown.case.id or 0), t("counter.page"), css="button") if shown else None
    return el(
        "p",
        "row",
        button("print", "", t("post.print"), "main", "print"),
        button("same", "", t("counter.same"), symbol="add"),
        button("next", "", t("counter.next"), symbol="skip_next"),
        page,
    )


def _clicked(event: Event) -> None:
    if event["do"] == "next":
        counter.next_person()
