"""The volunteers' hall as one volunteer sees it: what is offered to them, the most urgent first, then the oldest."""

from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_
from sqlmodel import Session, col, select

from db.models.cases import Case, KindName, State
from portal import limits
from portal.acts import Who
from portal.cases import matching
from portal.cases.kinds import URGENCY_CLASSES
from portal.cases.setup import category_name
from portal.cases.spans import page, within
from portal.cases.wall import Note, Slice, notes
from portal.errors import Forbidden
from portal.inputs import page_number

URGENCIES = (*sorted(URGENCY_CLASSES, reverse=True), 0)
"""The most urgent first; what is no help order has none and comes last."""


def hall(session: Session, who: Who, after: str | None = None, limit: int = limits.PAGE_ROWS) -> Slice[Note]:
    """Orders that `who` may grab. Raises Forbidden for people who volunteer nowhere.

    A help order stands there from the wave on in which it comes to `who`, with the reason and without anything that
    tells who asked for it, where exactly, or in which words. `after` is the `next` of the slice before.
    """
    paths = who.paths("volunteer")
    if not paths:
        raise Forbidden("volunteers_only")
    able = matching.skills(session, who)
    offered = _offered(session, who, able, paths)
    urgency, number = _place(after)
    found: list[Case] = []
    for level in (each for each in URGENCIES if each <= urgency):  # each along its own stretch of the index
        beyond = col(Case.id) > (number if level == urgency else 0)
        stretch = offered.where(col(Case.urgency) == level, beyond).order_by(col(Case.id))
        found += page(session, stretch, limit + 1 - len(found))
        if len(found) > limit:
            break
    rows = [_veiled(note, case, who, able) for note, case in zip(notes(session, who, found), found, strict=True)]
    last = rows[:limit][-1:]
    return Slice(rows[:limit], f"{last[0].urgency}:{last[0].id}" if len(rows) > limit else None)


def _offered(session: Session, who: Who, able: list[str], paths: list[str]) -> Select[Any]:
    """The query of the ids of everything that is offered to `who`, help only while they are not paused."""
    matter: ColumnElement[bool] = col(Case.kind) != KindName.HELP
    if matching.paused_until(session, who) is None:
        matter = or_(matter, and_(col(Case.kind) == KindName.HELP, matching.shown_to(who, able)))
    in_hall = and_(col(Case.in_hall), col(Case.state) == State.OPEN, ~col(Case.hidden))
    return select(Case.id).where(in_hall, within(Case.area_path, paths), matter)


def _place(after: str | None) -> tuple[int, int]:
    """Urgency and id of the last row of the slice before; before the first where there is none."""
    if not after:
        return URGENCIES[0], 0
    urgency, _, number = after.partition(":")
    return page_number(urgency), page_number(number or "-")


def _veiled(note: Note, case: Case, who: Who, able: list[str]) -> Note:
    """What may be known of an order before it is taken: of a help order what it is about, how urgent, and the cell."""
    if case.kind != KindName.HELP:
        return note
    return replace(
        note, why=matching.reason(who, able, case), title=category_name(case.category), body="", place="", name="",
        lon=None, lat=None, photos=(),
    )  # fmt: skip
