"""Lists for people with something to do: the desk's queue, the hall, one's own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, or_
from sqlmodel import Session, col, func, select

from db.models.cases import Case, State, Support
from db.types import below
from portal import clock, limits
from portal.acts import InArea, Who, role_for
from portal.cases import acts
from portal.cases.kinds import AT_DESK
from portal.cases.lifecycle import TICKING
from portal.cases.wall import SHOWN, Note, Slice, notes
from portal.errors import Forbidden
from portal.inputs import one_of, page_number

COUNT_UP_TO = 1_000
"""A tab's count stops here ("999+"), so that it costs the same on a bad day."""


@dataclass(frozen=True)
class QueueFilters:
    """What a clerk narrows the queue to; empty means any."""

    category: str = ""
    area_path: str = ""
    own_desk: bool = False
    """Only what stands at this very desk, not what stands at the desks below it."""


def _tabs() -> dict[str, ColumnElement[bool]]:
    state = col(Case.state)
    return {
        "screening": state == State.SCREENING,
        "to_send": (state == State.OPEN) & ~col(Case.in_hall),
        "in_hall": (state == State.OPEN) & col(Case.in_hall),
        "running": state.in_([State.DISPATCHED, State.CLAIMED, State.IN_PROGRESS, State.AWAITING_RESIDENT]),
        "late": state.in_(sorted(TICKING)) & (col(Case.due_at) < clock.now()),
        "returned": state == State.RETURNED,
        "done": state == State.DONE,
    }


TABS = ("screening", "to_send", "in_hall", "running", "late", "returned", "done")


def queue(
    session: Session,
    who: Who,
    tab: str,
    after: str | None = None,
    filters: QueueFilters | None = None,
    limit: int = limits.PAGE_ROWS,
) -> Slice[Note]:
    """The cases of a tab in the areas where `who` is staff, oldest first. Raises Forbidden without such an area."""
    one_of("tab", tab, TABS)
    query = _at_desk(who, filters or QueueFilters()).where(_tabs()[tab])
    if after:
        query = query.where(col(Case.id) > page_number(after))
    found = session.execute(query.order_by(col(Case.id)).limit(limit + 1)).scalars().all()
    return _slice(session, who, found, limit, inside=True)


def queue_counts(session: Session, who: Who, filters: QueueFilters | None = None) -> dict[str, int]:
    """How many wait in each tab; at most `COUNT_UP_TO`."""
    tabs, base = _tabs(), _at_desk(who, filters or QueueFilters())

    def count(tab: str) -> int:
        some = base.where(tabs[tab]).with_only_columns(col(Case.id)).limit(COUNT_UP_TO)
        return session.execute(select(func.count()).select_from(some.subquery())).scalar_one()

    return {tab: count(tab) for tab in TABS}


def hall(session: Session, who: Who, after: str | None = None, limit: int = limits.PAGE_ROWS) -> Slice[Note]:
    """Orders that `who` may grab, the oldest first. Raises Forbidden for people who volunteer nowhere."""
    paths = who.paths("volunteer")
    if not paths:
        raise Forbidden("volunteers_only")
    offered = (col(Case.state) == State.OPEN) & col(Case.in_hall) & ~col(Case.hidden)
    query = select(Case).where(offered, _within(Case.area_path, paths))
    if after:
        query = query.where(col(Case.id) > page_number(after))
    found = session.execute(query.order_by(col(Case.id)).limit(limit + 1)).scalars().all()
    return _slice(session, who, found, limit)


PARTS = ("posted", "drafts", "supported", "took", "recorded")


def mine(session: Session, who: Who, part: str, after: str | None = None, limit: int = limits.PAGE_ROWS) -> Slice[Note]:
    """What `who` posted, drafted, supported, took or recorded for others, newest first; by receipt without account."""
    one_of("part", part, PARTS)
    if who.person_id is None and part != "posted":
        return Slice([], None)
    query = _mine(who, part)
    if after:
        query = query.where(col(Case.id) < page_number(after))
    found = session.execute(query.order_by(col(Case.id).desc()).limit(limit + 1)).scalars().all()
    return _slice(session, who, found, limit)


def in_hand(session: Session, who: Who) -> list[Note]:
    """What `who` holds and has not finished, the most urgent first. At most one page."""
    held = [State.DISPATCHED, State.CLAIMED, State.IN_PROGRESS, State.AWAITING_RESIDENT]
    query = select(Case).where(Case.holder_id == who.person_id, col(Case.state).in_(held))
    urgent = query.order_by(col(Case.due_at).is_(None), col(Case.due_at), col(Case.id)).limit(limits.PAGE_ROWS)
    return notes(session, who, session.exec(urgent).all() if who.person_id is not None else [], inside=True)


def waiting_for_me(session: Session, who: Who) -> list[Note]:
    """What needs an answer from `who` now: mend, answer, rate, take on, finish. At most one page, oldest first."""
    mine_to_answer = col(Case.state).in_([State.RETURNED, State.AWAITING_RESIDENT, State.DONE])
    posted: ColumnElement[bool] = col(Case.id).in_(who.receipts)
    if who.person_id is not None:
        posted = posted | (col(Case.poster_id) == who.person_id)
    either = posted & mine_to_answer
    if who.person_id is not None:
        to_do = col(Case.state).in_([State.DISPATCHED, State.CLAIMED, State.IN_PROGRESS])
        either = either | ((col(Case.holder_id) == who.person_id) & to_do)
    found = session.execute(select(Case).where(either).order_by(col(Case.id)).limit(limits.PAGE_ROWS)).scalars().all()
    return notes(session, who, found)


_OWN_SUPPORT = select(Support.case_id).where(
    Support.person_id == bindparam("person_id"), col(Support.case_id).in_(bindparam("ids", expanding=True))
)


def with_own_support(session: Session, who: Who, rows: list[Note]) -> list[Note]:
    """The notes that all people share, marked where `who` supports them too."""
    if who.person_id is None or not rows:
        return rows
    asked = {"person_id": who.person_id, "ids": [note.id for note in rows]}
    mine = set(session.execute(_OWN_SUPPORT, asked).scalars())
    return [replace(note, mine_too=True) if note.id in mine else note for note in rows]


def _mine(who: Who, part: str) -> Select[Any]:
    query: Select[Any] = select(Case)
    if part == "supported":  # what was hidden or taken back since is no longer theirs to read
        mine = col(Support.person_id) == who.person_id
        return query.join(Support, col(Support.case_id) == Case.id).where(mine, _public())
    if part == "took":  # in hand, or for everybody to read
        in_hand = col(Case.state).in_([State.DISPATCHED, *acts.HELD])
        return query.where(col(Case.holder_id) == who.person_id, in_hand | _public())
    if part == "recorded":
        return query.where(col(Case.recorded_by) == who.person_id)
    if part == "drafts":
        return query.where(col(Case.poster_id) == who.person_id, col(Case.state) == State.DRAFT)
    own: ColumnElement[bool] = col(Case.id).in_(who.receipts)
    if who.person_id is not None:
        own = own | ((col(Case.poster_id) == who.person_id) & col(Case.started_at).is_not(None))
    return query.where(own)


def _public() -> ColumnElement[bool]:
    """The condition for what `reading.is_public` says of one case."""
    merged = (col(Case.state) == State.MERGED) & col(Case.shown_at).is_not(None)
    return SHOWN | (merged & ~col(Case.hidden) & ~col(Case.private))


def _at_desk(who: Who, filters: QueueFilters) -> Select[Any]:
    paths = who.paths("staff")
    if not paths:
        raise Forbidden("staff_only")
    query = select(Case).where(_within(Case.area_path, paths), col(Case.kind).in_(AT_DESK))
    if filters.own_desk:
        query = query.where(col(Case.desk_path).in_(paths))
    if filters.area_path:
        if not role_for(who, acts.ACCEPT, InArea(filters.area_path)):
            raise Forbidden("staff_only")
        query = query.where(_within(Case.area_path, [filters.area_path]))
    if filters.category:
        query = query.where(col(Case.category) == filters.category)
    return query


def _within(column: Any, paths: Sequence[str]) -> ColumnElement[bool]:
    return or_(*[(col(column) >= low) & (col(column) < high) for low, high in map(below, paths)])


def _slice(session: Session, who: Who, found: Sequence[Case], limit: int, *, inside: bool = False) -> Slice[Note]:
    rows = notes(session, who, found[:limit], inside=inside)
    return Slice(rows, str(rows[-1].id) if len(found) > limit else None)
