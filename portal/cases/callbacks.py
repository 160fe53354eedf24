"""Which closed cases are asked again: a sample of every month, drawn so that anyone can repeat the draw.

Of all cases closed in a month (disputes apart) at least a tenth is drawn among those with somebody to call: the first
ones when they are put in the order of SHA-256 over `seed:number`. The seed is the audit chain's head as published for
the last day of that month, which nobody can choose.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from heapq import nsmallest
from typing import Any

from sqlalchemy import ColumnElement, Row, func, tuple_
from sqlalchemy import insert as insert_rows
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from db.engine import reading, snapshot
from db.models.accounts import Person
from db.models.audit import PublishedHead
from db.models.cases import Case, KindName, State
from db.models.oversight import Callback, CallbackDraw
from db.upsert import insert
from portal import areas, audit, clock, rollups
from portal.acts import SYSTEM, Who, declare, note

SHARE = 0.1
"""How many of the closed cases are drawn, at the least."""
BATCH = 2_000
NUMBERS_SHOWN = 300
DRAW = declare("callback.draw", "system")


@dataclass(frozen=True)
class Draw:
    """A month's draw, for everybody to check, and how far the calls have come."""

    month_on: date
    seed: str
    closed: int
    reachable: int
    drawn: int
    reached: int
    unreached: int
    numbers: tuple[int, ...]
    """The drawn cases by number; in lists of several months no more than `NUMBERS_SHOWN`."""


def draw_due() -> bool:
    """Draw for each month that is over and was not drawn, from the oldest after the newest draw on, so that a portal
    that stood still catches up; whether anything was drawn. Safe in any number of processes."""
    last = _month_before(clock.day_of(clock.now()).replace(day=1))
    with reading() as session:
        newest = session.exec(select(func.max(CallbackDraw.month_on))).one()
    month_on = _after(newest) if newest else last
    if month_on > last:
        return False
    with audit.transaction() as session:  # on the first of a month the seed is the head of yesterday
        audit.close_day(session)
    drawn = False
    while month_on <= last:
        drawn = draw(month_on) or drawn
        month_on = _after(month_on)
    return drawn


def draw(month_on: date) -> bool:
    """Draw for the month that begins on `month_on`; whether this call did it, and there was something to draw from.

    Memory holds the sample alone, and the one transaction writes it in one go: what was drawn is drawn together with
    the row that says so, or not at all.
    """
    if month_on.day != 1 or _after(month_on) > clock.day_of(clock.now()):
        raise ValueError("a draw is for a whole month that is over")
    with snapshot() as session:
        seed, closed = seed_of(session, month_on), _count(session, month_on)
        wanted = -(-closed // round(1 / SHARE))
        candidates = _Candidates(session, month_on)
        chosen = nsmallest(wanted, candidates, key=lambda row: rank(seed, row.id))
    if not closed:
        return False
    rows = _rows(month_on, chosen)
    found = CallbackDraw(
        month_on=month_on, seed=seed, closed=closed, reachable=candidates.seen, drawn=len(chosen), drawn_at=clock.now()
    )
    with audit.transaction() as session:
        if not _first(session, found):
            return False
        if rows:
            session.execute(insert_rows(Callback), rows)
        _tally(session, chosen)
        note(session, SYSTEM, DRAW, None, f"callback_draw:{month_on}", facts=_facts(found, chosen))
    return True


def rank(seed: str, case_id: int) -> str:
    """The place of a case in a draw: the smaller, the sooner it is drawn."""
    return hashlib.sha256(f"{seed}:{case_id}".encode()).hexdigest()


def seed_of(session: Session, month_on: date) -> str:
    """The head published for the month's last day, or the newest before it; that of an empty chain where none is."""
    before = select(PublishedHead.hash).where(col(PublishedHead.day_on) < _after(month_on))
    return session.exec(before.order_by(col(PublishedHead.day_on).desc()).limit(1)).first() or audit.GENESIS


def draws(session: Session, _who: Who, limit: int = 6) -> list[Draw]:
    """The last draws, newest first, with the first of their numbers. Anybody may know them."""
    rows = session.exec(select(CallbackDraw).order_by(col(CallbackDraw.month_on).desc()).limit(limit)).all()
    return [_told(session, row, NUMBERS_SHOWN) for row in rows]


def proof(session: Session, _who: Who, month_on: date) -> Draw | None:
    """One month's draw with all its numbers; None where there was none. Anybody may know it."""
    row = session.get(CallbackDraw, month_on)
    return _told(session, row, row.drawn) if row else None


class _Candidates:
    """Those closed in a month who can be called and were not drawn before, in batches; `seen` counts them."""

    def __init__(self, session: Session, month_on: date) -> None:
        self.session, self.month_on, self.seen = session, month_on, 0

    def __iter__(self) -> Iterator[Row[Any]]:
        after: tuple[datetime, int] | None = None
        while True:
            rows = self.session.execute(_reachable(self.month_on, after)).all()
            found = [row for row in rows if row.state == State.CLOSED]
            self.seen += len(found)
            yield from found
            if len(rows) < BATCH:
                return
            after = (rows[-1].closed_at, rows[-1].id)


def _reachable(month_on: date, after: tuple[datetime, int] | None) -> Any:
    key = (col(Case.closed_at), col(Case.id))
    columns = (
        Case.id,
        Case.state,
        Case.closed_at,
        Case.area_id,
        Case.area_path,
        Case.kind,
        Case.category,
        Case.private,
    )
    query = (
        select_columns(*columns, func.coalesce(Case.answered_by, Case.holder_id).label("handler"))  # type: ignore[call-overload]
        .outerjoin(Person, col(Person.id) == col(Case.poster_id))
        .outerjoin(Callback, col(Callback.case_id) == col(Case.id))
        .where(*_closed_in(month_on), col(Callback.id).is_(None))
        .where(col(Case.contact_sealed).is_not(None) | col(Person.phone_sealed).is_not(None))
    )
    if after is not None:  # the moment alone is where the index begins to be read
        query = query.where(col(Case.closed_at) >= after[0], tuple_(*key) > tuple_(*after))
    return query.order_by(*key).limit(BATCH)


def _closed_in(month_on: date) -> list[ColumnElement[bool]]:
    """Along the index of what was closed when. Asked for the state as well, SQLite would go along that of the states,
    over all that was ever closed."""
    begin, end = clock.start_of(month_on), clock.start_of(_after(month_on))
    return [col(Case.closed_at) >= begin, col(Case.closed_at) < end, col(Case.kind) != KindName.DISPUTE]


def _count(session: Session, month_on: date) -> int:
    states = select(Case.state, func.count()).where(*_closed_in(month_on)).group_by(Case.state)
    return dict(session.exec(states).all()).get(State.CLOSED, 0)


def _first(session: Session, found: CallbackDraw) -> bool:
    """Write the draw's row; False where another process was faster, for which this one waits here."""
    row = insert(session, CallbackDraw).values(**found.model_dump()).on_conflict_do_nothing()
    return session.scalar(row.returning(col(CallbackDraw.month_on))) is not None


def _rows(month_on: date, chosen: list[Row[Any]]) -> list[dict[str, Any]]:
    """The calls to make; put together before anything is locked."""
    now = clock.now()
    return [
        Callback(
            case_id=row.id, month_on=month_on, area_path=row.area_path, person_id=row.handler, private=row.private,
            created_at=now, updated_at=now,
        ).model_dump(exclude={"id"})
        for row in chosen
    ]  # fmt: skip


def _tally(session: Session, chosen: list[Row[Any]]) -> None:
    tree = areas.tree()
    counts = Counter((row.area_id, row.kind, row.category) for row in chosen)
    for (area_id, kind, category), n in counts.items():
        rollups.count(session, "callback_drawn", area_ids=tree.ids_up(area_id), kind=kind, category=category, n=n)


def _facts(found: CallbackDraw, chosen: list[Row[Any]]) -> dict[str, Any]:
    """What the chain holds on to: the seed, how many, and a digest of the numbers, so that none is changed later."""
    numbers = ",".join(str(number) for number in sorted(row.id for row in chosen))
    counts = {"closed": found.closed, "reachable": found.reachable, "drawn": found.drawn}
    return {"seed": found.seed, **counts, "numbers_sha256": hashlib.sha256(numbers.encode()).hexdigest()}


def _told(session: Session, row: CallbackDraw, limit: int) -> Draw:
    of_month = col(Callback.month_on) == row.month_on
    states = session.exec(select(Callback.state, func.count()).where(of_month).group_by(Callback.state)).all()
    numbers = session.exec(select(Callback.case_id).where(of_month).order_by(col(Callback.case_id)).limit(limit)).all()
    done = dict(states)
    return Draw(
        row.month_on, row.seed, row.closed, row.reachable, row.drawn,
        done.get("reached", 0), done.get("unreached", 0), tuple(numbers),
    )  # fmt: skip


def _after(month_on: date) -> date:
    return (month_on + timedelta(days=31)).replace(day=1)


def _month_before(month_on: date) -> date:
    return (month_on - timedelta(days=1)).replace(day=1)
