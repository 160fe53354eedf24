"""Errands: the catalogue, and booking a time at a station (or for the station's people to come home)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from db.models.accounts import Person
from db.models.audit import AuditRow
from db.models.cases import Case, Channel, KindName, State
from portal import areas, audit, clock, limits, notices, words
from portal.accounts import people, quotas
from portal.acts import Who, demand, perform, thing_name
from portal.cases import acts, post, slots, stations
from portal.cases.contents import CHANNELS, CONSENTS, Voice, case_of
from portal.cases.lifecycle import clock_columns, move, next_at, replay, tally
from portal.cases.post import Posted
from portal.cases.reading import one
from portal.cases.screening import tell_poster
from portal.cases.setup import setup
from portal.cases.stations import Line, Venue
from portal.errors import NotFound, Refused
from portal.inputs import clean, one_of

REMIND_HOUR = 9
"""From which hour on people are reminded of the next day."""


@dataclass(frozen=True)
class Booking:
    """What somebody chose and typed. `place` and the area or point are asked for what is done at home."""

    errand_id: int
    station_id: int
    slot_at: datetime | None
    contact: str = ""
    """Empty: the phone of the account."""
    note: str = ""
    place: str = ""
    area_id: int | None = None
    lon: float | None = None
    lat: float | None = None
    channel: str = Channel.SELF
    consent: str = ""
    person_id: int | None = None
    """For whom it is booked, where that person has an account; not asked for one's own."""


def catalogue(session: Session, who: Who) -> list[Line]:
    """What may be booked now, in its order. Anybody may read it; it costs no query."""
    plan = stations.plan()
    open_ids = {place.id for place in plan.venues.values() if place.active}
    return [found for found in plan.lines.values() if found.active and open_ids & set(found.station_ids)]


def book(session: Session, who: Who, booking: Booking) -> Posted:
    """Book a time: for oneself, or, by those who serve there, for somebody else, who gets a receipt code.

    Raises Refused `not_offered`, `slot_past`, `station_closed`, `slot_not_offered`, `slot_full`, `already_booked`,
    `too_many_bookings`, `too_often`, `station_too_far` (a home outside the station's area), and for missing fields.
    """
    wanted, place = stations.offered(booking.errand_id, booking.station_id)
    starts_at, row = _slots(wanted, place, booking.slot_at)
    recorded = booking.channel != Channel.SELF
    case = _case(session, who, booking, wanted, place)
    if recorded:
        one_of("channel", booking.channel, CHANNELS)
        one_of("consent", clean("consent", booking.consent, limits.NAME_CHARS), CONSENTS)
        demand(who, acts.SERVE, case)
        case.recorded_by = who.person_id
    receipt = post.give_receipt(case) if recorded else None
    _allow(session, case.poster_id, starts_at)
    if not recorded:
        people.stay(session, who)  # after the lock above, which is the stronger one: no two wait for each other
    _enter(session, who, case, starts_at)
    _sit(session, who, case, row)
    _confirm(session, case, receipt)
    return Posted(case.id or 0, receipt)


def booking(session: Session, who: Who, case_id: int) -> Case:
    """One booking. Raises NotFound as `one` does, and for cases of other kinds, which have no appointment."""
    case = one(session, who, case_id)
    if case.kind != KindName.ERRAND:
        raise NotFound("case_not_found")
    return case


def rebook(session: Session, who: Who, case_id: int, station_id: int, slot_at: datetime | None) -> None:
    """Move a booking to another time or station: the old place is freed as the new one is taken, or nothing happens.

    It stays the same matter with the same target, so it cannot be put off beyond that: Refused `rebook_too_late`; one
    whose place was lost while it was declined may take any time. Else raises as `book` does.
    """
    case = one(session, who, case_id)
    demand(who, acts.REBOOK, case)
    wanted, place = stations.offered(case.errand_id or 0, station_id)
    starts_at, row = _slots(wanted, place, slot_at)
    if case.slot_at is not None and case.due_at is not None and starts_at >= case.due_at:
        raise Refused("rebook_too_late", day=words.day(case.due_at))
    if (place.id, starts_at) == (case.station_id, case.slot_at):
        raise Refused("already_booked", slot=words.appointment(starts_at))
    _allow(session, case.poster_id, starts_at, case.id)
    facts = {"station": place.id, "slot": starts_at.isoformat()}
    moved = _moved(case, wanted, place)
    move(session, who, acts.REBOOK, case, facts=facts, station_id=place.id, slot_at=starts_at, **moved)
    if moved:
        post.place_in_tree(session, case)
    _sit(session, who, case, row)
    tell_poster(session, case, "errand_moved", **_when_where(case))


def serve(session: Session, who: Who, case_id: int) -> None:
    """Begin: whoever calls the person up has the errand in hand from here. Raises Refused `own_case`."""
    case = one(session, who, case_id)
    role = demand(who, acts.SERVE, case)
    if case.poster_id is not None and case.poster_id == who.person_id:
        raise Refused("own_case")  # nobody serves themselves before those who wait
    move(session, who, acts.SERVE, case, holder_id=who.person_id, held_as=role, hold_until_at=None)


def absent(session: Session, who: Who, case_id: int) -> None:
    """The person did not come, which ends the booking. Raises Refused `too_early` before the time has begun."""
    case = one(session, who, case_id)
    demand(who, acts.ABSENT, case)
    if case.slot_at is None or clock.now() < case.slot_at:
        raise Refused("too_early")
    move(session, who, acts.ABSENT, case, facts={"slot": case.slot_at.isoformat()})
    tally(session, case, "absent")
    tell_poster(session, case, "errand_absent")


def remind() -> int:
    """Tell those who are expected tomorrow, once, and say how many; for the chores, in any number of processes.

    Whoever booked or moved it only today needs no reminder.
    """
    today = clock.start_of(clock.day_of(clock.now()))
    tomorrow, after = (clock.start_of(clock.day_of(clock.now()) + timedelta(days=n)) for n in (1, 2))
    if clock.now() < today + timedelta(hours=REMIND_HOUR):
        return 0
    with audit.transaction() as session:
        if not quotas.once(session, "errand-reminders", tomorrow):
            return 0
        expected = [col(Case.slot_at) >= tomorrow, col(Case.slot_at) < after, col(Case.state) == State.OPEN]
        expected += [col(Case.station_id).in_(list(stations.plan().venues))]
        rows = {thing_name(case): case for case in session.exec(select(Case).where(*expected).order_by(col(Case.id)))}
        chosen_today = _chosen(session, rows, today)
        told = [case for thing, case in rows.items() if thing not in chosen_today]
        for case in told:
            tell_poster(session, case, "errand_tomorrow", **_when_where(case))
    return len(told)


def _chosen(session: Session, things: Collection[str], since: datetime) -> set[str]:
    """Those of `things` whose time was chosen since then; whatever else was done to them does not count."""
    deeds = col(AuditRow.act).in_([acts.BOOK.name, acts.REBOOK.name])
    return set(session.exec(select(AuditRow.thing).where(col(AuditRow.thing).in_(things), deeds, AuditRow.at >= since)))


def _slots(wanted: Line, place: Venue, slot_at: datetime | None) -> tuple[datetime, dict[slots.Time, int]]:
    """The moment, and the slots in a row that the errand takes then. Refused where nobody can be served then."""
    if not isinstance(slot_at, datetime) or slot_at.tzinfo is None:
        raise Refused("missing", field="slot")
    now, day = clock.now(), clock.day_of(slot_at)
    if slot_at <= now:
        raise Refused("slot_past")
    if not stations.is_open(place, day):
        raise Refused("station_closed", day=words.day(day))
    row = stations.stretches(wanted, place, day).get(slot_at)
    if row is None or day > clock.day_of(now) + timedelta(days=limits.BOOKING_DAYS):
        raise Refused("slot_not_offered")
    return slot_at, row


def _case(session: Session, who: Who, booking: Booking, wanted: Line, place: Venue) -> Case:
    """The booking as an unsaved case, every field checked."""
    recorded = booking.channel != Channel.SELF
    person_id = booking.person_id if recorded else who.person_id
    person = session.get(Person, person_id) if person_id else None
    if person_id and person is None:
        raise NotFound()
    home = person.area_path if person and person.resident_at else ""
    spot: dict[str, Any] = {"area_id": booking.area_id, "lon": booking.lon, "lat": booking.lat}
    if not wanted.at_home:
        spot = {"area_id": _area_id(place, home, who if recorded else None)}
    elif home and booking.area_id is None and booking.lon is None:
        spot = {"area_id": areas.tree().by_path(home).id}
    case = case_of(
        Voice(
            title=wanted.label,
            body=clean("note", booking.note, limits.COMMENT_CHARS, required=False, lines=True),
            category=wanted.category,
            kind=KindName.ERRAND,
            place=clean("address", booking.place, limits.TITLE_CHARS) if wanted.at_home else "",
            contact=booking.contact,
            channel=booking.channel if recorded else Channel.SELF,
            consent=booking.consent if recorded else "",
            **spot,
        )
    )
    if not case.area_path.startswith(place.area_path):
        raise Refused("station_too_far", area=areas.tree().label(place.area_path))
    if person and not case.contact_sealed:
        case.contact_sealed, case.contact_mask = person.phone_sealed, person.phone_mask
    case.poster_id, case.desk_path = person_id, place.area_path
    case.errand_id, case.station_id = wanted.id, place.id
    return case


def _area_id(place: Venue, home: str, recorder: Who | None) -> int:
    """Where the case belongs: the person's home in the station's area, else the recorder's own part of it, else all
    of it; so those who serve there have the right to it."""
    near = [home] if home else recorder.paths(*acts.SERVE.who) if recorder else []
    inside = next((path for path in near if path.startswith(place.area_path)), place.area_path)
    return areas.tree().by_path(inside).id


def _allow(session: Session, person_id: int | None, starts_at: datetime, moving: int | None = None) -> None:
    """Refuse a second booking for the same time, one too many, and booking over and over.

    The person's own row is locked first, so that their parallel bookings are counted one after the other.
    """
    if person_id is None:
        return
    session.exec(select(Person.id).where(Person.id == person_id).with_for_update(key_share=True)).all()
    waiting = (Case.poster_id == person_id, Case.kind == KindName.ERRAND, Case.state == State.OPEN)
    held = session.exec(select(Case.slot_at).where(*waiting, col(Case.id) != (moving or 0))).all()
    if starts_at in held:
        raise Refused("already_booked", slot=words.appointment(starts_at))
    if moving is None and len(held) >= limits.BOOKINGS_OPEN:
        raise Refused("too_many_bookings", limit=limits.BOOKINGS_OPEN)
    quotas.spend(session, f"booking:{person_id}", limits.BOOKINGS_PER_DAY, timedelta(days=1))


def _enter(session: Session, who: Who, case: Case, starts_at: datetime) -> None:
    plan, target, now = setup(), setup().target_for(case), clock.now()
    ran = replay([(acts.BOOK.name, State.OPEN, now)], target, plan)
    columns: dict[str, Any] = clock_columns(ran, target, plan) | {"slot_at": starts_at, "started_at": now}
    columns |= {"respond_by_at": now, "responded_at": now}  # a confirmed time is the first answer, and given at once
    columns["next_at"] = next_at(case, {**columns, "state": State.OPEN}, plan, target)
    case.created_at = case.updated_at = now
    facts = {"category": case.category, "area": case.area_path, "station": case.station_id}
    with clock.at(now):
        perform(session, who, acts.BOOK, case, facts={**facts, "slot": starts_at.isoformat()}, **columns)
    post.place_in_tree(session, case)
    tally(session, case, "posted")


def _sit(session: Session, who: Who, case: Case, row: Mapping[slots.Time, int]) -> None:
    """Take the places, or refuse with the next time that has one."""
    if slots.sit(session, case.id or 0, row):
        return
    days = stations.free_slots(session, who, case.errand_id or 0, case.station_id or 0)
    free = next((at for times in days.values() for at, left in times if left), None)
    if free is None:
        raise Refused("slots_all_full")
    raise Refused("slot_full", next=words.appointment(free))


def _moved(case: Case, wanted: Line, place: Venue) -> dict[str, Any]:
    """The columns of a case that comes under another station's people."""
    if case.area_path.startswith(place.area_path):
        return {} if case.station_id == place.id else {"desk_path": place.area_path}
    if wanted.at_home:
        raise Refused("station_too_far", area=areas.tree().label(place.area_path))
    return {"area_id": place.area_id, "area_path": place.area_path, "desk_path": place.area_path}


def _confirm(session: Session, case: Case, receipt: str | None) -> None:
    """Tell the person when and where, with the receipt code where somebody else booked."""
    if receipt is None or not case.contact_sealed:
        tell_poster(session, case, "errand_booked", **_when_where(case))
        return
    facts = {"title": case.title, "kind": case.kind, **_when_where(case)}
    phone, code = case.contact_sealed, {"code": receipt}
    notices.tell(session, None, "errand_receipt", case_id=case.id, phone_sealed=phone, sealed=code, **facts)
    if case.poster_id:
        notices.tell(session, case.poster_id, "errand_booked", case_id=case.id, **facts)


def _when_where(case: Case) -> dict[str, Any]:
    """The facts of a message about an appointment; an address is not among them."""
    place = stations.venue(case.station_id or 0)
    return {"slot_at": case.slot_at.isoformat() if case.slot_at else "", "station": dict(place.names)}
