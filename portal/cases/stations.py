"""Stations: what they do, when they are open, which times are free, and who is expected today.

A station keeps its weekly hours. On days that do not follow the week it follows the working calendar: it is closed on
a statutory holiday, and a made-up workday has the hours of the working day beside it. A day of its own may be closed
besides.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar

from sqlmodel import Session, col, select

from db.models.cases import Case, State
from db.models.errands import Errand, ErrandStation, Station, StationDay, StationHours
from portal import clock, limits, words
from portal.accounts import people
from portal.acts import Who, role_for
from portal.cases import acts, slots
from portal.cases.setup import setup
from portal.errors import Forbidden, NotFound, Refused
from portal.settings import settings
from portal.snapshots import Snapshot

T = TypeVar("T")
FRIDAY, SATURDAY, MONDAY = 4, 5, 0


@dataclass(frozen=True)
class Hours:
    """From when to when a station is open on a day of the week (0 is Monday), in minutes after midnight."""

    weekday: int
    opens_minute: int
    closes_minute: int
    slot_minutes: int
    places: int


@dataclass(frozen=True)
class Venue:
    """A station with its hours and the days on which it is closed out of turn."""

    id: int
    names: Mapping[str, str]
    area_id: int
    area_path: str
    address: str
    phone: str
    active: bool
    hours: tuple[Hours, ...]
    closed: Mapping[date, str]

    @property
    def label(self) -> str:
        """The name in the language in use."""
        return words.pick(self.names)


@dataclass(frozen=True)
class Line:
    """One line of the catalogue."""

    id: int
    category: str
    names: Mapping[str, str]
    bring: Mapping[str, str]
    by: Mapping[str, str]
    minutes: int
    at_home: bool
    position: int
    active: bool
    station_ids: tuple[int, ...]

    @property
    def label(self) -> str:
        """The name in the language in use."""
        return words.pick(self.names)

    @property
    def things(self) -> list[str]:
        """What to bring, in the language in use."""
        return [thing.strip() for thing in words.pick(self.bring).splitlines() if thing.strip()]


@dataclass(frozen=True)
class Plan:
    """One consistent picture of stations and catalogue, also of what is no longer offered."""

    venues: Mapping[int, Venue]
    lines: Mapping[int, Line]


def _load(session: Session) -> Plan:
    hours = session.exec(select(StationHours).order_by(col(StationHours.weekday), col(StationHours.opens_minute))).all()
    closed = session.exec(select(StationDay).order_by(col(StationDay.day_on))).all()
    links = session.exec(select(ErrandStation).order_by(col(ErrandStation.station_id))).all()
    stations = session.exec(select(Station).order_by(col(Station.area_path), col(Station.id))).all()
    lines = session.exec(select(Errand).order_by(col(Errand.position), col(Errand.id))).all()
    return Plan(
        venues={
            s.id: Venue(
                s.id, s.names, s.area_id, s.area_path, s.address, s.phone, s.active,
                tuple(hours_of(row) for row in hours if row.station_id == s.id),
                {row.day_on: row.note for row in closed if row.station_id == s.id},
            )
            for s in stations if s.id is not None
        },
        lines={
            e.id: Line(
                e.id, e.category, e.names, e.bring, e.who, e.minutes, e.at_home, e.position, e.active,
                tuple(link.station_id for link in links if link.errand_id == e.id),
            )
            for e in lines if e.id is not None
        },
    )  # fmt: skip


_plan: Snapshot[Plan] = Snapshot("errands", _load)


def plan() -> Plan:
    """Stations and catalogue as they stand; another process's change is seen within a second."""
    return _plan.get()


def venue(station_id: int) -> Venue:
    """A station, also one that is closed for good. Raises NotFound."""
    return _found(plan().venues, station_id)


def line(errand_id: int) -> Line:
    """A line of the catalogue, also one no longer offered. Raises NotFound."""
    return _found(plan().lines, errand_id)


def offered(errand_id: int, station_id: int) -> tuple[Line, Venue]:
    """An errand and a station that does it now. Raises Refused `not_offered`."""
    wanted, place = plan().lines.get(errand_id), plan().venues.get(station_id)
    if wanted is None or not wanted.active:
        raise Refused("not_offered", field="errand")
    if place is None or not place.active or place.id not in wanted.station_ids:
        raise Refused("not_offered", field="station")
    return wanted, place


def is_open(place: Venue, day: date) -> bool:
    """Whether the station serves anybody on `day` at all."""
    return day not in place.closed and setup().calendar.overrides.get(day, True) and bool(hours_on(place.hours, day))


def hours_on(week: Sequence[Hours], day: date) -> list[Hours]:
    """Those hours of a week that count on `day`: on a made-up workday those of the working day beside it."""
    own = [hours for hours in week if hours.weekday == day.weekday()]
    if own or not setup().calendar.overrides.get(day):
        return own
    beside = FRIDAY if day.weekday() == SATURDAY else MONDAY
    return [hours for hours in week if hours.weekday == beside]


def stretches(wanted: Line, place: Venue, day: date) -> dict[datetime, dict[slots.Time, int]]:
    """By the moment (UTC) at which the errand may begin on `day`: the slots in a row that it takes, with their places.

    An errand that is longer than a slot needs one place in each of as many slots as it takes, all before the station
    closes; what does not fit is not offered.
    """
    found: dict[datetime, dict[slots.Time, int]] = {}
    for hours in hours_on(place.hours, day) if is_open(place, day) else ():
        last = hours.closes_minute - hours.slot_minutes
        times = [(place.id, _moment(day, m)) for m in range(hours.opens_minute, last + 1, hours.slot_minutes)]
        needed = math.ceil(wanted.minutes / hours.slot_minutes)
        for first in range(len(times) - needed + 1):
            found[times[first][1]] = dict.fromkeys(times[first : first + needed], hours.places)
    return dict(sorted(found.items()))


def free_slots(
    session: Session, who: Who, errand_id: int, station_id: int, since_on: date | None = None
) -> dict[date, list[tuple[datetime, int]]]:
    """By day: when the errand may begin (UTC) and how many places are left then, 0 where all are gone.

    From `since_on` (today at the earliest) to `limits.BOOKING_DAYS` from now; days without any time and moments that
    have passed are left out. Anybody may ask. Raises Refused `not_offered`.
    """
    wanted, place = offered(errand_id, station_id)
    now = clock.now()
    today = clock.day_of(now)
    last = today + timedelta(days=limits.BOOKING_DAYS)
    first = max(today, since_on or today)
    gone = slots.taken(session, place.id, clock.start_of(first), clock.start_of(last + timedelta(days=1)))
    days: dict[date, list[tuple[datetime, int]]] = {}
    for day in (first + timedelta(days=n) for n in range((last - first).days + 1)):
        for starts_at, row in stretches(wanted, place, day).items():
            if starts_at > now:
                left = min(max(places - gone.get(at, 0), 0) for (_, at), places in row.items())
                days.setdefault(day, []).append((starts_at, left))
    return days


@dataclass(frozen=True)
class Visit:
    """Somebody who is expected at a station, as its people see it."""

    case_id: int
    slot_at: datetime
    errand: str
    name: str
    """Of the account; empty for somebody without one."""
    phone: str
    """Masked."""
    note: str
    place: str
    at_home: bool
    state: str


def my_stations(session: Session, who: Who) -> list[Venue]:
    """The stations whose list `who` may open, the one of their own area first, then those nearest to its level."""
    near = who.paths(*acts.SERVE.who)

    def steps(place: Venue) -> int:
        return min(abs(len(place.area_path) - len(path)) for path in near if _related(place.area_path, path))

    return sorted((place for place in plan().venues.values() if place.active and _serves(who, place)), key=steps)


def today(session: Session, who: Who, station_id: int, day_on: date | None = None) -> list[Visit]:
    """Who is expected at the station on a day (by default today), by time; what was cancelled is left out.

    Somebody in charge of a part of the station's area sees those who live there. Raises Forbidden for people without
    a duty in its area, NotFound.
    """
    place, day = venue(station_id), day_on or clock.day_of(clock.now())
    if not _serves(who, place):
        raise Forbidden("staff_only")
    until = clock.start_of(day + timedelta(days=1))
    expected = (col(Case.slot_at) >= clock.start_of(day), col(Case.slot_at) < until)
    query = select(Case).where(Case.station_id == station_id, *expected).order_by(col(Case.slot_at), col(Case.id))
    rows = [case for case in session.exec(query.limit(limits.BULK_ROWS)) if role_for(who, acts.SERVE, case)]
    names = people.name_of(session, [case.poster_id for case in rows if case.poster_id])
    return [_visit(case, names) for case in rows]


def booked(session: Session, station_id: int, day: date) -> Sequence[Case]:
    """The bookings of a day that still wait to be served."""
    until = clock.start_of(day + timedelta(days=1))
    waiting = (Case.station_id == station_id, col(Case.slot_at) >= clock.start_of(day), col(Case.slot_at) < until)
    return session.exec(select(Case).where(*waiting, Case.state == State.OPEN).order_by(col(Case.id))).all()


def _serves(who: Who, place: Venue) -> bool:
    """Whether `who` has a duty of those who serve, over the station's area, in a part of it or above it."""
    return any(_related(place.area_path, path) for path in who.paths(*acts.SERVE.who))


def _related(one: str, other: str) -> bool:
    """Whether one of two areas lies in the other."""
    return one.startswith(other) or other.startswith(one)


def _visit(case: Case, names: Mapping[int, str]) -> Visit:
    known = plan().lines.get(case.errand_id or 0)
    return Visit(
        case_id=case.id or 0,
        slot_at=case.slot_at or case.created_at,
        errand=known.label if known else case.title,
        name=names.get(case.poster_id or 0, ""),
        phone=case.contact_mask,
        note=case.body,
        place=case.place,
        at_home=known is not None and known.at_home,
        state=case.state,
    )


def hours_of(row: StationHours) -> Hours:
    """A row as what it says."""
    return Hours(row.weekday, row.opens_minute, row.closes_minute, row.slot_minutes, row.places)


def _moment(day: date, minute: int) -> datetime:
    return datetime.combine(day, time(*divmod(minute, 60)), settings().zone).astimezone(UTC)


def _found(rows: Mapping[int, T], number: int) -> T:
    if number not in rows:
        raise NotFound()
    return rows[number]
