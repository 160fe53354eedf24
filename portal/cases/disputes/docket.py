"""The mediation room's lists: what a head has to let in and to appoint for, what a mediator has to hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, literal_column, or_
from sqlmodel import Session, col, func, select

from db.models.cases import Case, State
from db.models.disputes import Party, Sitting
from db.types import below
from portal import clock, limits
from portal.accounts import people
from portal.acts import Who
from portal.cases.acts import FINAL, HELD
from portal.cases.spans import steered
from portal.cases.wall import Note, Slice, notes
from portal.errors import Forbidden
from portal.inputs import one_of, page_number

HEADS = ("new", "to_appoint", "running", "follow_up", "ended")
"""What a head looks through in their areas."""
MEDIATORS = ("mine", "mine_follow_up", "mine_ended")
"""What a mediator looks through of their own."""
COUNT_UP_TO = 100
_DISPUTES: ColumnElement[bool] = col(Case.kind) == literal_column("'dispute'")
"""With a literal, so that the index of disputes alone is seen to fit."""
_IN_HAND = (State.DISPATCHED, *HELD)
_ENDED = (State.DONE, *FINAL)


@dataclass(frozen=True)
class Entry:
    """A dispute in the list, and what comes next in it."""

    note: Note
    mediator: str
    sitting_at: datetime | None
    """The next sitting."""
    follow_up_on: date | None


def tabs(who: Who) -> tuple[str, ...]:
    """The lists that make sense for `who`; none for people who neither lead nor mediate."""
    heads = HEADS if who.is_any("mediation_head") else ()
    return (*heads, *(MEDIATORS if who.is_any("mediator") else ()))


def docket(
    session: Session, who: Who, tab: str, after: str | None = None, limit: int = limits.PAGE_ROWS
) -> Slice[Entry]:
    """The disputes of a tab, the newest first. Raises Forbidden for people to whom the tab is not offered.

    A head does not see a dispute to which they are a party.
    """
    query = _query(session, who, tab)
    if after:
        query = query.where(col(Case.id) < page_number(after))
    found = session.execute(query.order_by(col(Case.id).desc()).limit(limit + 1)).scalars().all()
    rows = _entries(session, who, found[:limit])
    return Slice(rows, str(rows[-1].note.id) if len(found) > limit else None)


def counts(session: Session, who: Who) -> dict[str, int]:
    """How many wait in each list of `who`; at most `COUNT_UP_TO`."""

    def count(tab: str) -> int:
        some = _query(session, who, tab).with_only_columns(col(Case.id)).limit(COUNT_UP_TO)
        return session.execute(select(func.count()).select_from(some.subquery())).scalar_one()

    return {tab: count(tab) for tab in tabs(who)}


def _query(session: Session, who: Who, tab: str) -> Select[tuple[Case]]:
    """A head's list is read along the index of disputes, which are few, and never along that of all cases."""
    one_of("tab", tab, (*HEADS, *MEDIATORS))
    if tab not in tabs(who):
        raise Forbidden("mediation_only")
    query: Select[tuple[Case]] = select(Case).where(_DISPUTES, _stage(session, tab))  # type: ignore[assignment]
    path, role = steered(session, "area_path"), "mediator" if tab in MEDIATORS else "mediation_head"
    query = query.where(or_(*[(path >= low) & (path < high) for low, high in map(below, who.paths(role))]))
    if tab in MEDIATORS:
        return query.where(col(Case.holder_id) == who.person_id)
    own = select(Party.case_id).where(Party.person_id == who.person_id)
    return query.where(col(Case.id).not_in(own))


def _stage(session: Session, tab: str) -> ColumnElement[bool]:
    state = steered(session, "state")
    answered = state.in_([State.DONE, State.CLOSED])
    return {
        "new": state == State.SCREENING,
        "to_appoint": state == State.OPEN,
        "running": state.in_([*_IN_HAND, State.RETURNED]),
        "follow_up": answered & (col(Case.follow_up_on) <= clock.day_of(clock.now())),
        "ended": state.in_(_ENDED),
        "mine": state.in_(_IN_HAND),
        "mine_follow_up": answered & col(Case.follow_up_on).is_not(None),
        "mine_ended": state.in_(_ENDED),
    }[tab]


def _entries(session: Session, who: Who, cases: Sequence[Case]) -> list[Entry]:
    names = people.name_of(session, {case.holder_id for case in cases if case.holder_id})
    ids = [case.id for case in cases]
    ahead = (
        select(Sitting.case_id, func.min(Sitting.starts_at))
        .where(col(Sitting.case_id).in_(ids), Sitting.starts_at > clock.now(), col(Sitting.called_off_at).is_(None))
        .group_by(col(Sitting.case_id))
    )
    sittings = dict(session.exec(ahead).all()) if ids else {}
    return [
        Entry(note, names.get(case.holder_id or 0, ""), sittings.get(note.id), case.follow_up_on)
        for case, note in zip(cases, notes(session, who, cases, inside=True), strict=True)
    ]
