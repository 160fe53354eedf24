"""On the page of a help order: how far it is, who comes to whom, and what volunteers said of it."""

from datetime import datetime, timedelta

from pages.parts import dial, frame
from pages.parts.drawn import Node, draw, el, icon
from pages.parts.facts import stars
from pages.parts.wish import Shown
from portal import words
from portal.acts import Who
from portal.cases import helping
from portal.cases.helping import Match
from portal.cases.kinds import HELP
from portal.cases.lifecycle import widen_at
from portal.cases.reading import Case
from portal.words import t

STEPS = ("ordered", "accepted", "published", "grabbed", "served", "rated")
REACHED = {
    "screening": 0, "open": 1, "dispatched": 1, "claimed": 3, "in_progress": 3, "awaiting_resident": 3, "done": 4,
    "closed": 5,
}  # fmt: skip
"""Which of the steps is behind a case in each state; of what ended in another way none is shown."""
WAITS = ("screening", "open", "dispatched")


def panel(shown: Shown, who: Who) -> None:
    """Draw it for a help order, and nothing for all other kinds."""
    case = shown.case
    if case.kind != HELP.name:
        return
    pair = frame.read(helping.match, case.id or 0)
    mine = case.holder_id is not None and case.holder_id == who.person_id
    people = _for(case, pair) if mine else _comes(shown, pair)
    blocks = [_steps(case), _offered(case), people, _asked(shown, pair, mine), _back(shown)]
    drawn = [block for block in blocks if block is not None]
    if drawn:
        draw(drawn, key=f"help_{case.id}")


def _steps(case: Case) -> Node | None:
    reached = REACHED.get(case.state)
    if reached is None:
        return None
    reached += case.state == "open" and case.in_hall
    return [
        "ol",
        {"class": "help-steps", "aria-label": t("help.steps")},
        *[_step(n, reached) for n in range(len(STEPS))],
    ]


def _step(number: int, reached: int) -> Node:
    css = "done" if number < reached else "now" if number == reached else ""
    attributes = {"class": css} | ({"aria-current": "step"} if number == reached else {})
    sign = icon("check") if number <= reached else str(number + 1)
    read = el("span", "clip", t("help.step_done")) if number < reached else None
    return el("li", attributes, el("span", "dot", sign), el("span", "", t(f"help.step.{STEPS[number]}")), read)


def _offered(case: Case) -> Node | None:
    """While it waits: who has been asked, when more will be, and whom to call when it gets worse."""
    if case.state not in WAITS:
        return None
    asked = el("p", "", t(f"help.wave.{case.wave}")) if case.in_hall and case.wave else None
    widens = widen_at(case, {})
    more = el("p", "small quiet", t("help.widens", moment=_time(widens))) if widens else None
    urgent = el("p", "small", t("help.emergency"))
    return el("div", "panel stack", asked, more, urgent, dial.emergency(explained=False))


def _comes(shown: Shown, pair: Match) -> Node | None:
    case = shown.case
    careful = not shown.inside and case.state in ("claimed", "in_progress")
    if not pair.comes or case.state not in REACHED:
        return None
    since = t("help.comes_since", moment=words.moment(pair.since)) if pair.since else None
    return el(
        "div", "panel comes stack",
        el("p", "small quiet", t("help.comes")),
        el("p", "", el("strong", "name", pair.comes), " · ", t("help.comes_phone", phone=pair.phone)),
        el("p", "small quiet", since) if since else None,
        el("p", "small", t("help.comes_safety")) if careful else None,
    )  # fmt: skip


def _for(case: Case, pair: Match) -> Node | None:
    """For whoever has it in hand: whom they help."""
    if case.state not in ("dispatched", "claimed", "in_progress", "awaiting_resident"):
        return None
    return el(
        "div", "panel comes stack",
        el("p", "small quiet", t("help.for")),
        el("p", "", el("strong", "name", pair.orders or t("help.orders")), " · ", case.contact_mask),
        el("p", "small", t("help.for_call")),
    )  # fmt: skip


def _asked(shown: Shown, pair: Match, mine: bool) -> Node | None:
    """For those who watch over it: who asked."""
    if mine or not shown.inside or not pair.orders:
        return None
    return el("p", "", el("span", "quiet", t("help.orders")), " ", el("strong", "", pair.orders))


def _back(shown: Shown) -> Node | None:
    case = shown.case
    if not shown.inside or not case.back_stars:
        return None
    word = el("p", "pre", case.back_word) if case.back_word else None
    note = el("span", "small quiet", t("help.back_staff"))
    return el("section", "panel", el("p", "name", t("help.back"), " ", note), el("p", "", stars(case.back_stars)), word)


def _time(moment: datetime) -> str:
    """Rounded up to the minute, since nobody waits for the second."""
    return words.moment(moment + timedelta(seconds=59))
