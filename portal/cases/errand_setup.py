"""Changing the stations and the catalogue: each change asks for its right and leaves a row in the chain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise

from sqlalchemy import delete
from sqlmodel import Session, col, select

from db.models.cases import KindName
from db.models.errands import Errand, ErrandStation, Station, StationDay, StationHours
from portal import areas, clock, limits, snapshots
from portal.accounts import phones
from portal.acts import InArea, Who, declare, demand, note
from portal.cases import stations
from portal.cases.screening import tell_poster
from portal.cases.setup import offered
from portal.cases.stations import Hours
from portal.errors import NotFound, Refused
from portal.inputs import clean
from portal.settings import settings

STATION = declare("setup.station", "staff admin")
ERRAND = declare("setup.errand", "staff admin")


@dataclass(frozen=True)
class Opening:
    """A station as typed. Its area stays what it was when it was opened."""

    names: Mapping[str, str]
    area_path: str
    address: str
    phone: str = ""
    active: bool = True
    hours: tuple[Hours, ...] = ()
    closed: Mapping[date, str] = field(default_factory=dict)
    """Days on which it is closed although week and calendar say otherwise, with the reason."""


@dataclass(frozen=True)
class Entry:
    """A line of the catalogue as typed; `bring` has one thing a line."""

    names: Mapping[str, str]
    category: str
    bring: Mapping[str, str]
    by: Mapping[str, str]
    minutes: int
    at_home: bool = False
    position: int = 0
    active: bool = True
    station_ids: frozenset[int] = frozenset()


def save_station(session: Session, who: Who, typed: Opening, station_id: int | None = None) -> int:
    """Open a station or change one; its id. Bookings at a time that is closed now stay, and their people are told.

    Raises Forbidden outside one's areas, NotFound, Refused `hours_wrong`, `hours_overlap`, `too_many_rows`.
    """
    snapshots.bump(session, "errands")
    row = session.get(Station, station_id) if station_id else None
    if station_id and row is None:
        raise NotFound()
    place = areas.tree().by_path(row.area_path if row else typed.area_path)
    demand(who, STATION, InArea(place.path))
    shut = set(session.exec(select(col(StationDay.day_on)).where(StationDay.station_id == station_id)))
    weekly = select(StationHours).where(StationHours.station_id == station_id)
    was = [stations.hours_of(each) for each in session.exec(weekly)]
    was_active = row is not None and row.active
    row = row or Station(area_id=place.id, area_path=place.path)
    row.names, row.active = _named("name", typed.names), bool(typed.active)
    row.address = clean("address", typed.address, limits.TITLE_CHARS)
    row.phone = clean("phone", typed.phone, phones.TYPED_CHARS, required=False)
    session.add(row)
    session.flush()
    number = row.id or 0
    _write_times(session, number, _checked(typed.hours), typed.closed)
    facts = {"area": place.path, "active": row.active, "hours": len(typed.hours), "closed": len(typed.closed)}
    note(session, who, STATION, InArea(place.path), f"station:{number}", facts=facts)
    if was_active:
        _tell_booked(session, row, set(typed.closed) - shut, was, typed.hours)
    return number


def save_errand(session: Session, who: Who, typed: Entry, errand_id: int | None = None) -> int:
    """Add a line to the catalogue or change one; its id.

    A station is added or taken away by those who answer for it; the words of a line are changed by those who answer
    for all stations that do it. Raises Forbidden, NotFound, Refused `minutes_wrong`, `not_offered`.
    """
    snapshots.bump(session, "errands")
    row = session.get(Errand, errand_id) if errand_id else Errand(category="")
    if row is None:
        raise NotFound()
    wanted = _entry(typed)
    columns = {name: value for name, value in vars(wanted).items() if name not in ("by", "station_ids")}
    columns["who"] = wanted.by
    links = select(ErrandStation.station_id).where(ErrandStation.errand_id == errand_id)
    had = frozenset(session.exec(links))
    asked = had ^ wanted.station_ids
    if any(getattr(row, name) != value for name, value in columns.items()):
        asked |= had | wanted.station_ids
    paths = [_area_of(session, number) for number in sorted(asked)] or [areas.tree().root.path]
    for path in paths:
        demand(who, ERRAND, InArea(path))
    for name, value in columns.items():
        setattr(row, name, value)
    session.add(row)
    session.flush()
    number = row.id or 0
    session.execute(delete(ErrandStation).where(col(ErrandStation.errand_id) == number))
    session.add_all(ErrandStation(errand_id=number, station_id=each) for each in sorted(wanted.station_ids))
    facts = {"category": row.category, "active": row.active, "stations": sorted(wanted.station_ids)}
    note(session, who, ERRAND, InArea(paths[0]), f"errand:{number}", facts=facts)
    return number


def _area_of(session: Session, station_id: int) -> str:
    station = session.get(Station, station_id)
    if station is None:
        raise NotFound()
    return station.area_path


def _named(
    about: str, typed: Mapping[str, str], limit: int = limits.NAME_CHARS, *, lines: bool = False
) -> dict[str, str]:
    """The words in every language of the portal; lists of things may be empty."""
    return {
        lang: clean(about, typed.get(lang, ""), limit, required=not lines, lines=lines)
        for lang in settings().language_codes
    }


def _entry(typed: Entry) -> Entry:
    """The line with every field checked."""
    if not 0 < typed.minutes <= limits.ERRAND_MINUTES:
        raise Refused("minutes_wrong", limit=limits.ERRAND_MINUTES)
    return Entry(
        names=_named("name", typed.names),
        category=offered(typed.category, KindName.ERRAND).code,
        bring=_named("bring", typed.bring, limits.COMMENT_CHARS, lines=True),
        by=_named("by", typed.by),
        minutes=int(typed.minutes),
        at_home=bool(typed.at_home),
        position=int(typed.position),
        active=bool(typed.active),
        station_ids=frozenset(typed.station_ids),
    )


def _checked(hours: Sequence[Hours]) -> list[Hours]:
    """The hours in order. Each must hold a slot at least, and none may overlap with another of its day."""
    for each in hours:
        fits = each.opens_minute >= 0 and each.opens_minute + each.slot_minutes <= each.closes_minute <= 24 * 60
        if not (
            fits and 0 <= each.weekday <= 6 and each.slot_minutes >= 5 and 1 <= each.places <= limits.STATION_PLACES
        ):
            raise Refused("hours_wrong", limit=limits.STATION_PLACES)
    ordered = sorted(hours, key=lambda each: (each.weekday, each.opens_minute))
    if any(a.weekday == b.weekday and b.opens_minute < a.closes_minute for a, b in pairwise(ordered)):
        raise Refused("hours_overlap")
    return ordered


def _write_times(session: Session, station_id: int, hours: Sequence[Hours], closed: Mapping[date, str]) -> None:
    if len(closed) > limits.CLOSED_DAYS:
        raise Refused("too_many_rows", limit=limits.CLOSED_DAYS)
    session.execute(delete(StationHours).where(col(StationHours.station_id) == station_id))
    session.execute(delete(StationDay).where(col(StationDay.station_id) == station_id))
    session.add_all(StationHours(station_id=station_id, **vars(each)) for each in hours)
    notes = {day: clean("note", says, limits.NAME_CHARS, required=False) for day, says in closed.items()}
    session.add_all(StationDay(station_id=station_id, day_on=day, note=says) for day, says in sorted(notes.items()))
    session.flush()


def _tell_booked(
    session: Session, station: Station, shut: set[date], was: Sequence[Hours], now: Sequence[Hours]
) -> None:
    """Ask those to choose another time who booked for a day that is shut, or a time that was open and is not now."""
    today = clock.day_of(clock.now())
    for day in (today + timedelta(days=n) for n in range(limits.BOOKING_DAYS + 1)):
        for case in stations.booked(session, station.id or 0, day):
            when = case.slot_at or case.created_at
            lost = _covers(was, day, when) and not _covers(now, day, when)
            if not station.active or day in shut or lost:
                told = {"slot_at": when.isoformat(), "station": station.names}
                tell_poster(session, case, "errand_day_closed", **told)


def _covers(week: Sequence[Hours], day: date, when: datetime) -> bool:
    """Whether a week's hours hold the moment `when` of `day`."""
    there = when.astimezone(settings().zone)
    minute = there.hour * 60 + there.minute
    return any(each.opens_minute <= minute < each.closes_minute for each in stations.hours_on(week, day))
