"""Places at a station, taken and given back. Nothing else writes slots and seats."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from db.models.errands import Seat, Slot
from db.upsert import insert

Time = tuple[int, datetime]
"""A slot: the station and when it begins."""


def sit(session: Session, case_id: int, wanted: Mapping[Time, int]) -> bool:
    """Let a case hold one place in each of the slots `wanted` (with how many places each has) and no others.

    False where one of them is full: the caller must refuse, so that nothing of it stays. Slots are changed in one
    order, so that no two who move between the same slots wait for each other in a circle.
    """
    seats = session.exec(select(Seat).where(Seat.case_id == case_id)).all()
    held = {(seat.station_id, seat.starts_at) for seat in seats}
    for time in sorted(held ^ wanted.keys()):
        if time in held:
            _give(session, case_id, time)
        elif not _take(session, case_id, time, wanted[time]):
            return False
    return True


def taken(session: Session, station_id: int, since: datetime, until: datetime) -> dict[datetime, int]:
    """How many places are taken in the slots that begin from `since` to before `until`; free slots are left out."""
    rows = select(Slot.starts_at, Slot.taken).where(
        Slot.station_id == station_id, col(Slot.starts_at) >= since, col(Slot.starts_at) < until
    )
    return dict(session.exec(rows).all())


def _take(session: Session, case_id: int, time: Time, places: int) -> bool:
    """Take a place by one statement, which takes none where all are gone: so it is right in any race."""
    station_id, starts_at = time
    row = insert(session, Slot).values(station_id=station_id, starts_at=starts_at, places=places, taken=1)
    row = row.on_conflict_do_update(
        index_elements=["station_id", "starts_at"],
        set_={"taken": col(Slot.taken) + 1, "places": row.excluded.places},
        where=col(Slot.taken) < row.excluded.places,
    )
    if session.scalar(row.returning(col(Slot.taken))) is None:
        return False
    session.execute(insert(session, Seat).values(case_id=case_id, station_id=station_id, starts_at=starts_at))
    return True


def _give(session: Session, case_id: int, time: Time) -> None:
    """Give a place back; who did so first, did."""
    seat = (col(Seat.case_id) == case_id, col(Seat.station_id) == time[0], col(Seat.starts_at) == time[1])
    gone = session.execute(delete(Seat).where(*seat).execution_options(synchronize_session=False))
    if gone.rowcount == 1:  # type: ignore[attr-defined]
        slot = (col(Slot.station_id) == time[0], col(Slot.starts_at) == time[1])
        less = update(Slot).where(*slot).values(taken=col(Slot.taken) - 1)
        session.execute(less.execution_options(synchronize_session=False))
