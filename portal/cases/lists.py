"""Lists for people with something to do: the hall, and one's own. The desk's are in `portal.cases.inbox`."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam
from sqlmodel import Session, col, select

from db.models.cases import Case, KindName, State, Support
from db.models.disputes import Party
from portal import limits
from portal.acts import Who
from portal.cases import acts
from portal.cases.hall import hall as hall
from portal.cases.wall import SHOWN, Note, Slice, notes
from portal.inputs import one_of, page_number

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
        unreadable = col(Case.kind) == KindName.DISPUTE  # whoever wrote it down is no part of it
        return query.where(col(Case.recorded_by) == who.person_id, ~unreadable)
    if part == "drafts":
        return query.where(col(Case.poster_id) == who.person_id, col(Case.state) == State.DRAFT)
    own: ColumnElement[bool] = col(Case.id).in_(who.receipts)
    if who.person_id is not None:
        own = own | ((col(Case.poster_id) == who.person_id) & col(Case.started_at).is_not(None))
        sides = select(Party.case_id).where(col(Party.person_id) == who.person_id)
        own = own | (col(Case.id).in_(sides) & col(Case.shown_at).is_not(None))
    return query.where(own)


def _public() -> ColumnElement[bool]:
    """The condition for what `reading.is_public` says of one case."""
    merged = (col(Case.state) == State.MERGED) & col(Case.shown_at).is_not(None)
    return SHOWN | (merged & ~col(Case.hidden) & ~col(Case.private))


def _slice(session: Session, who: Who, found: Sequence[Case], limit: int, *, inside: bool = False) -> Slice[Note]:
    rows = notes(session, who, found[:limit], inside=inside)
    return Slice(rows, str(rows[-1].id) if len(found) > limit else None)
