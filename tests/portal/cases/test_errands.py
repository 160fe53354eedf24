"""Booking an errand: who, when, and what becomes of the place in every way out of it; also with many at once."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, func, select

from db.engine import is_sqlite, reading, writing
from db.models.accounts import Person, Quota
from db.models.audit import AuditRow
from db.models.cases import Case, State
from db.models.errands import Seat, Slot
from db.models.notices import Notice
from portal import areas, audit, clock, limits, snapshots
from portal.acts import VISITOR, Who
from portal.cases import (
    acts,
    clockwork,
    echo,
    errand_setup,
    errands,
    post,
    screening,
    slots,
    staffing,
    stations,
    wall,
    work,
)
from portal.cases import reading as cases
from portal.cases.lifecycle import clock_of, move, replay
from portal.cases.setup import setup
from portal.cases.timeline import clock_steps
from portal.errors import Forbidden, NotFound, Refused
from tests.fixtures.errands import Desk, at, booking, furnish, hours, opening
from tests.fixtures.town import CELL, COMMUNITY, NEXT_CELL, STREET, People
from tests.portal.cases.steps import MONDAY, case, deeds, do, look, refused, rows
from tests.portal.cases.test_races import at_once, tally, volunteers

pytestmark = pytest.mark.usefixtures("monday")
FOR_OTHERS: dict[str, Any] = {"channel": "counter", "consent": "spoken"}


@pytest.fixture
def desk(people: People, monday: None) -> Iterator[Desk]:
    yield furnish(people)
    snapshots.forget_all()


def booked(who: Who, desk: Desk, slot_at: datetime, **changes: Any) -> int:
    return int(do(errands.book, who, booking(desk, slot_at, **changes)).case_id)


def taken(station_id: int) -> dict[datetime, int]:
    """What is taken at a station now, by time; empty slots are left out."""
    with reading() as session:
        found = slots.taken(session, station_id, MONDAY - timedelta(days=1), MONDAY + timedelta(days=60))
    return {when: n for when, n in found.items() if n}


def messages(who: Who) -> list[Notice]:
    with reading() as session:
        query = select(Notice).where(Notice.person_id == who.person_id).order_by(col(Notice.id))
        return list(session.exec(query).all())


# Booking


def test_a_member_books_a_time_and_nobody_else_knows(people: People, desk: Desk) -> None:
    case_id = booked(people.resident, desk, at(1, 9), note="带着老伴来", contact="")
    found = case(case_id)
    assert (found.kind, found.state, found.private, found.standing) == ("errand", "open", True, "")
    assert (found.title, found.body, found.category) == ("居民证明咨询", "带着老伴来", "errand_documents")
    assert (found.area_path, found.desk_path, found.station_id) == (CELL, COMMUNITY, desk.station)
    assert (found.poster_id, found.contact_mask, found.slot_at) == (people.resident.person_id, "139****0001", at(1, 9))
    assert (found.target_class, found.recorded_by, found.receipt_hash) == ("complex", None, None)
    assert taken(desk.station) == {at(1, 9): 1}
    (row,) = rows(case_id)
    assert (row.act, row.role, row.public, row.to_state) == ("case.book", "member", False, "open")
    assert [notice.message for notice in messages(people.resident)] == ["errand_booked"]
    for who in (people.neighbour, people.stranger, people.volunteer, people.far_staff, people.mediator, VISITOR):
        with pytest.raises(NotFound):
            look(cases.one, who, case_id)
    for who in (people.resident, people.staff, people.street_staff, people.grid_worker):
        assert look(cases.one, who, case_id).id == case_id


def test_a_booking_is_on_no_list_of_others_and_in_no_search(people: People, desk: Desk) -> None:
    booked(people.resident, desk, at(1, 9), note="轮椅出行")
    for text in ("居民证明", "轮椅出行"):
        assert look(wall.wall, people.stranger, wall.Filters(text=text)).rows == []
    for kind in ("wish", "errand"):
        assert look(wall.wall, people.stranger, wall.Filters(kind=kind)).rows == []
    assert look(echo.echoes, people.stranger).rows == []
    with reading() as session:
        assert not any(
            audit.public_part(row) for row in session.exec(select(AuditRow)) if row.thing.startswith("cases:")
        )


def test_without_an_account_nobody_books_online(people: People, desk: Desk) -> None:
    with pytest.raises(Forbidden):
        do(errands.book, replace(VISITOR, client="c"), booking(desk, at(1, 9)))
    assert taken(desk.station) == {}


def test_where_somebody_lives_decides_who_serves(people: People, desk: Desk) -> None:
    assert case(booked(people.stranger, desk, at(1, 9))).area_path == COMMUNITY
    assert case(booked(people.resident, desk, at(1, 9), station_id=desk.street)).area_path == CELL
    assert case(booked(people.stranger, desk, at(2, 9), station_id=desk.street)).area_path == STREET


@pytest.mark.parametrize(
    ("days", "hour", "minute", "why"),
    [
        (0, 9, 0, "slot_past"),
        (0, 10, 0, "slot_past"),
        (-7, 9, 0, "slot_past"),
        (1, 8, 30, "slot_not_offered"),
        (1, 9, 10, "slot_not_offered"),
        (1, 12, 0, "slot_not_offered"),
        (1, 17, 30, "slot_not_offered"),
        (5, 9, 0, "station_closed"),
        (limits.BOOKING_DAYS + 1, 9, 0, "slot_not_offered"),
    ],
)
def test_a_time_that_is_not_offered_is_refused(
    people: People, desk: Desk, days: int, hour: int, minute: int, why: str
) -> None:
    with refused(why):
        do(errands.book, people.resident, booking(desk, at(days, hour, minute)))
    assert taken(desk.station) == {}


def test_something_has_to_be_chosen(people: People, desk: Desk) -> None:
    wrong: dict[str, tuple[Any, str]] = {
        "slot": (booking(desk, None), "missing"),
        "naive": (booking(desk, datetime(2026, 7, 7, 9, 0)), "missing"),  # noqa: DTZ001
        "errand": (booking(desk, at(1, 9), errand_id=99), "not_offered"),
        "station": (booking(desk, at(1, 9), errand_id=desk.lamp, station_id=desk.street), "not_offered"),
        "words": (booking(desk, at(1, 9), note="长" * (limits.COMMENT_CHARS + 1)), "too_long"),
        "phone": (booking(desk, at(1, 9), contact="12"), "phone"),
        "channel": (booking(desk, at(1, 9), channel="radio"), "not_offered"),
    }
    for typed, why in wrong.values():
        with refused(why):
            do(errands.book, people.staff, typed)
    assert taken(desk.station) == {}


def test_a_full_time_names_the_next_one(people: People, desk: Desk) -> None:
    for who in (people.resident, people.neighbour):
        booked(who, desk, at(1, 9))
    booked(people.volunteer, desk, at(0, 10, 30))
    with refused("slot_full", next="7月6日周一 10:30"):
        do(errands.book, people.stranger, booking(desk, at(1, 9)))
    assert taken(desk.station) == {at(1, 9): 2, at(0, 10, 30): 1}


def test_where_all_is_full_that_is_said(people: People, desk: Desk) -> None:
    with audit.transaction() as session:
        for days in stations.free_slots(session, VISITOR, desk.papers, desk.station).values():
            session.add_all(Slot(station_id=desk.station, starts_at=when, places=2, taken=2) for when, _ in days)
    with refused("slots_all_full"):
        do(errands.book, people.stranger, booking(desk, at(1, 9)))


def test_nobody_books_twice_for_one_time_or_more_than_a_few(people: People, desk: Desk) -> None:
    booked(people.resident, desk, at(1, 9))
    for station in (desk.station, desk.street):
        with refused("already_booked"):
            do(errands.book, people.resident, booking(desk, at(1, 9), station_id=station))
    for n in range(1, limits.BOOKINGS_OPEN):
        booked(people.resident, desk, at(1, 9 + n // 2, 30 * (n % 2)))
    with refused("too_many_bookings", limit=limits.BOOKINGS_OPEN):
        do(errands.book, people.resident, booking(desk, at(2, 9)))
    assert sum(taken(desk.station).values()) == limits.BOOKINGS_OPEN


def test_booking_and_cancelling_over_and_over_comes_to_an_end(people: People, desk: Desk) -> None:
    for _ in range(limits.BOOKINGS_PER_DAY):
        do(post.withdraw, people.resident, booked(people.resident, desk, at(1, 9)))
    with refused("too_often"):
        do(errands.book, people.resident, booking(desk, at(1, 9)))


def test_a_long_errand_takes_a_place_in_each_of_its_slots_or_none(people: People, desk: Desk) -> None:
    booked(people.resident, desk, at(1, 9), errand_id=desk.long)
    three = {at(1, 9): 1, at(1, 9, 30): 1, at(1, 10): 1}
    assert taken(desk.station) == three
    booked(people.neighbour, desk, at(1, 10))
    with refused("slot_full"):
        do(errands.book, people.stranger, booking(desk, at(1, 9, 30), errand_id=desk.long))
    assert taken(desk.station) == three | {at(1, 10): 2}, "a half-taken row is given back"
    with refused("slot_not_offered"):
        do(errands.book, people.stranger, booking(desk, at(1, 11), errand_id=desk.long))


# At home


def test_what_is_done_at_home_needs_the_address_in_the_stations_area(people: People, desk: Desk) -> None:
    home: dict[str, Any] = {"errand_id": desk.lamp, "place": "3栋2单元501"}
    found = case(booked(people.resident, desk, at(1, 9), **home))
    assert (found.place, found.area_path) == ("3栋2单元501", CELL)
    with refused("missing", field="address"):
        do(errands.book, people.neighbour, booking(desk, at(1, 9), errand_id=desk.lamp))
    with refused("missing", field="place"):
        do(errands.book, people.stranger, booking(desk, at(1, 9), **home))
    there = areas.tree().by_path(NEXT_CELL)
    spot = {"lon": there.lon, "lat": there.lat}
    assert case(booked(people.stranger, desk, at(1, 9), **home, **spot)).area_path == NEXT_CELL
    far = areas.tree().by_code("luobai").id
    with refused("station_too_far"):
        do(errands.book, people.volunteer, booking(desk, at(2, 9), **home, area_id=far))
    with refused("outside_town"):
        do(errands.book, people.volunteer, booking(desk, at(2, 9), **home, lon=0.0, lat=0.0))


def test_an_address_is_not_in_what_is_sent_out(people: People, desk: Desk) -> None:
    booked(people.resident, desk, at(1, 9), errand_id=desk.lamp, place="3栋2单元501")
    (notice,) = messages(people.resident)
    assert "501" not in str(notice.facts)


# For somebody else


def test_those_who_serve_book_for_others_with_consent(people: People, desk: Desk) -> None:
    done = do(errands.book, people.staff, booking(desk, at(1, 9), contact="13800001234", **FOR_OTHERS))
    found = case(done.case_id)
    assert (found.recorded_by, found.poster_id, found.channel) == (people.staff.person_id, None, "counter")
    assert (found.consent, found.contact_mask, found.area_path) == ("spoken", "138****1234", COMMUNITY)
    assert done.receipt and do(post.open_receipt, VISITOR, done.receipt) == done.case_id
    with reading() as session:
        (sent,) = session.exec(select(Notice).where(Notice.case_id == done.case_id)).all()
    assert sent.message == "errand_receipt" and sent.sealed and done.receipt not in str(sent.facts)
    holder = replace(VISITOR, receipts=frozenset({done.case_id}))
    do(errands.rebook, holder, done.case_id, desk.station, at(1, 10))
    do(post.withdraw, holder, done.case_id)
    assert taken(desk.station) == {}


def test_for_somebody_with_an_account_it_is_theirs(people: People, desk: Desk) -> None:
    mine: dict[str, Any] = {"person_id": people.resident.person_id}
    done = do(errands.book, people.staff, booking(desk, at(1, 9), **mine, **FOR_OTHERS))
    found = case(done.case_id)
    assert (found.poster_id, found.area_path, found.contact_mask) == (people.resident.person_id, CELL, "139****0001")
    assert [notice.message for notice in messages(people.resident)] == ["errand_booked"]
    with refused("already_booked"):
        do(errands.book, people.staff, booking(desk, at(1, 9), **mine, **FOR_OTHERS))


def test_a_grid_worker_books_for_their_own_cell(people: People, desk: Desk) -> None:
    assert case(booked(people.grid_worker, desk, at(1, 9), **FOR_OTHERS)).area_path == CELL
    mine: dict[str, Any] = {"person_id": people.resident.person_id}
    with pytest.raises(Forbidden):
        do(errands.book, people.next_worker, booking(desk, at(1, 9), **mine, **FOR_OTHERS))


def test_for_others_it_takes_a_duty_there_and_consent(people: People, desk: Desk) -> None:
    for who in (people.resident, people.volunteer, people.far_staff, people.mediator, VISITOR):
        with pytest.raises(Forbidden):
            do(errands.book, who, booking(desk, at(1, 9), **FOR_OTHERS))
    for consent in ("", "guessed"):
        with pytest.raises(Refused):
            do(errands.book, people.staff, booking(desk, at(1, 9), channel="phone", consent=consent))
    with pytest.raises(NotFound):
        do(errands.book, people.staff, booking(desk, at(1, 9), person_id=9_999, **FOR_OTHERS))
    assert taken(desk.station) == {}


def test_nobody_books_in_anothers_name_as_their_own(people: People, desk: Desk) -> None:
    mine = booking(desk, at(1, 9), person_id=people.neighbour.person_id)
    assert case(do(errands.book, people.resident, mine).case_id).poster_id == people.resident.person_id


# Moving and leaving


def test_moving_frees_the_old_time_and_takes_the_new(people: People, desk: Desk) -> None:
    case_id = booked(people.resident, desk, at(1, 9), errand_id=desk.long)
    do(errands.rebook, people.resident, case_id, desk.station, at(1, 9, 30))
    assert taken(desk.station) == {at(1, 9, 30): 1, at(1, 10): 1, at(1, 10, 30): 1}
    assert (case(case_id).slot_at, case(case_id).state) == (at(1, 9, 30), "open")
    assert [notice.message for notice in messages(people.resident)] == ["errand_booked", "errand_moved"]


def test_moving_into_a_full_time_changes_nothing(people: People, desk: Desk) -> None:
    for who in (people.neighbour, people.stranger):
        booked(who, desk, at(1, 10))
    case_id = booked(people.resident, desk, at(1, 9))
    with refused("slot_full"):
        do(errands.rebook, people.resident, case_id, desk.station, at(1, 10))
    assert taken(desk.station) == {at(1, 9): 1, at(1, 10): 2} and case(case_id).slot_at == at(1, 9)


def test_moving_to_another_station_brings_it_under_its_people(people: People, desk: Desk) -> None:
    case_id = booked(people.stranger, desk, at(1, 9), station_id=desk.street)
    do(errands.rebook, people.stranger, case_id, desk.station, at(1, 9))
    found = case(case_id)
    assert (found.area_path, found.desk_path, found.station_id) == (STREET, COMMUNITY, desk.station) or (
        found.area_path, found.desk_path, found.station_id
    ) == (COMMUNITY, COMMUNITY, desk.station)  # fmt: skip
    assert (taken(desk.street), taken(desk.station)) == ({}, {at(1, 9): 1})
    assert look(stations.today, people.staff, desk.station, clock.day_of(at(1, 9)))[0].case_id == case_id
    own = booked(people.resident, desk, at(2, 9))
    do(errands.rebook, people.resident, own, desk.street, at(2, 9))
    assert (case(own).area_path, case(own).desk_path) == (CELL, STREET)
    lamp = booked(people.resident, desk, at(3, 9), errand_id=desk.lamp, place="3栋")
    with refused("not_offered"):
        do(errands.rebook, people.resident, lamp, desk.street, at(3, 9))


def test_moving_has_the_rules_of_booking(people: People, desk: Desk) -> None:
    case_id = booked(people.resident, desk, at(1, 9))
    booked(people.resident, desk, at(2, 9))
    wrong = {
        "slot_past": at(0, 9),
        "station_closed": at(5, 9),
        "slot_not_offered": at(1, 8),
        "already_booked": at(2, 9),
    }
    for why, when in (*wrong.items(), ("already_booked", at(1, 9))):
        with refused(why):
            do(errands.rebook, people.resident, case_id, desk.station, when)
    for who in (people.neighbour, people.far_staff, VISITOR):
        with pytest.raises(NotFound):
            do(errands.rebook, who, case_id, desk.station, at(1, 10))
    do(errands.rebook, people.staff, case_id, desk.station, at(1, 10))


def test_it_cannot_be_put_off_beyond_its_target(people: People, desk: Desk) -> None:
    case_id = booked(people.resident, desk, at(14, 9))
    due, inside = case(case_id).due_at, at(18, 9)
    assert due is not None and at(20, 9) < due < at(22, 9)
    with clock.at(at(13, 9)):
        with refused("rebook_too_late"):
            do(errands.rebook, people.resident, case_id, desk.station, at(9, 9))
        do(errands.rebook, people.resident, case_id, desk.station, inside)
    with clock.at(inside):
        clockwork.tick()
        assert case(case_id).missed == 0, "whenever it is booked, it does not climb before its time has come"


@pytest.mark.parametrize("way", ["withdraw", "decline", "absent"])
def test_every_way_out_gives_the_place_back(people: People, desk: Desk, way: str) -> None:
    case_id = booked(people.resident, desk, at(1, 9), errand_id=desk.long)
    with clock.at(at(1, 9)):
        if way == "withdraw":
            do(post.withdraw, people.resident, case_id)
        elif way == "decline":
            do(screening.decline, people.staff, case_id, "请先到派出所办理")
        else:
            do(errands.absent, people.staff, case_id)
    assert taken(desk.station) == {} and case(case_id).slot_at is None
    assert case(case_id).state == ("declined" if way == "decline" else "withdrawn")
    with reading() as session:
        assert session.exec(select(func.count()).select_from(Seat)).one() == 0


def test_what_is_given_back_is_what_was_taken_whatever_changed_since(people: People, desk: Desk) -> None:
    case_id = booked(people.resident, desk, at(1, 9), errand_id=desk.long)
    do(errand_setup.save_station, people.staff, opening(hours=hours(2, slot_minutes=15)), desk.station)
    do(post.withdraw, people.resident, case_id)
    assert taken(desk.station) == {}


def test_a_declined_booking_that_is_restored_waits_for_a_new_time(people: People, desk: Desk) -> None:
    case_id = booked(people.resident, desk, at(1, 9))
    do(screening.decline, people.staff, case_id, "材料不全")
    with audit.transaction() as session:
        move(session, people.street_staff, acts.RESTORE, session.get_one(Case, case_id))
    assert (case(case_id).state, case(case_id).slot_at) == ("open", None)
    late = at(28, 9)  # its target is long gone by then, through no fault of whoever booked
    with clock.at(at(28, 8)):
        do(errands.rebook, people.resident, case_id, desk.station, late)
    assert taken(desk.station) == {late: 1}


# At the station


def test_served_finished_and_rated(people: People, desk: Desk) -> None:
    when = at(1, 9)
    case_id = booked(people.resident, desk, when)
    with clock.at(when):
        do(errands.serve, people.staff, case_id)
        found = case(case_id)
        assert (found.state, found.holder_id, found.held_as) == ("in_progress", people.staff.person_id, "staff")
        assert taken(desk.station) == {when: 1}
        do(work.finish, people.staff, case_id, "证明已开好")
        do(echo.rate, people.resident, case_id, "solved", 5, "")
    assert (case(case_id).state, case(case_id).outcome, case(case_id).standing) == ("closed", "solved", "")
    assert deeds(case_id) == ["book", "serve", "finish", "rate"]


def test_only_those_of_the_area_serve_and_never_themselves(people: People, desk: Desk) -> None:
    case_id = booked(people.resident, desk, at(1, 9))
    for who in (people.neighbour, people.far_staff, people.next_worker, people.volunteer, VISITOR):
        for deed in (errands.serve, errands.absent):
            with pytest.raises((NotFound, Forbidden)):
                do(deed, who, case_id)
    with pytest.raises(Forbidden):
        do(errands.serve, people.resident, case_id)
    own = booked(people.staff, desk, at(1, 10))
    with refused("own_case"):
        do(errands.serve, people.staff, own)
    do(errands.serve, people.grid_worker, case_id)
    with refused("too_late"):
        do(errands.serve, people.staff, case_id)


def test_who_did_not_come_is_marked_only_once_the_time_has_begun(people: People, desk: Desk) -> None:
    case_id = booked(people.resident, desk, at(1, 9))
    with clock.at(at(1, 9) - timedelta(microseconds=1)), refused("too_early"):
        do(errands.absent, people.staff, case_id)
    with clock.at(at(1, 9)):
        do(errands.absent, people.staff, case_id)
    assert [notice.message for notice in messages(people.resident)][-1] == "errand_absent"


def test_who_loses_the_duty_loses_the_errand_in_hand(people: People, desk: Desk) -> None:
    case_id = booked(people.resident, desk, at(1, 9))
    do(errands.serve, people.staff, case_id)
    with writing() as session:
        staffing._free(session, people.staff.person_id or 0, frozenset({("staff", COMMUNITY)}))
        assert session.get_one(Case, case_id).state == State.IN_PROGRESS, "still staff there"
        staffing._free(session, people.staff.person_id or 0, frozenset({("grid_worker", COMMUNITY)}))
        assert session.get_one(Case, case_id).state == State.OPEN


# The clockwork


def test_the_clockwork_gives_it_to_nobody_and_lifts_it_only_when_it_is_late(people: People, desk: Desk) -> None:
    case_id = booked(people.resident, desk, at(1, 9))
    half, due = case(case_id).half_at, case(case_id).due_at
    assert half and due and case(case_id).next_at == due
    with clock.at(half + timedelta(hours=1)):
        clockwork.tick()
    assert (case(case_id).state, case(case_id).holder_id) == ("open", None)
    with clock.at(due + timedelta(minutes=1)):
        clockwork.tick()
    assert (case(case_id).desk_path, case(case_id).missed) == (STREET, 1)
    assert deeds(case_id) == ["book", "climb"]


def test_a_day_ahead_people_are_reminded_once(people: People, desk: Desk) -> None:
    soon, later = booked(people.resident, desk, at(1, 9)), booked(people.neighbour, desk, at(2, 9))
    gone = booked(people.stranger, desk, at(2, 9))
    with clock.at(at(1, 8, 59)):
        assert errands.remind() == 0, "nobody is woken up"
    with clock.at(at(1, 9)):
        do(post.withdraw, people.stranger, gone)
        booked(people.volunteer, desk, at(1, 9), station_id=desk.street)
        assert errands.remind() == 1
        assert errands.remind() == 0
    assert [notice.message for notice in messages(people.neighbour)] == ["errand_booked", "errand_tomorrow"]
    assert soon and later and [n.message for n in messages(people.resident)] == ["errand_booked"], "today, not tomorrow"


def test_who_is_gone_or_shut_out_books_nothing_from_an_open_tab(people: People, desk: Desk) -> None:
    typed = booking(desk, at(1, 9), contact="13912345678")
    with audit.transaction() as session:
        session.get_one(Person, people.resident.person_id).blocked_at = clock.now()
    with pytest.raises(Forbidden):
        do(errands.book, people.resident, typed)
    with reading() as session:
        assert session.exec(select(Case.contact_sealed).where(Case.kind == "errand")).all() == []


def test_a_note_of_the_same_day_takes_no_reminder_away(people: People, desk: Desk) -> None:
    noted, moved = booked(people.resident, desk, at(2, 9)), booked(people.neighbour, desk, at(2, 9))
    with clock.at(at(1, 8)):
        do(work.note, people.staff, noted, "请带原件")
        do(errands.rebook, people.neighbour, moved, desk.station, at(2, 10))
    with clock.at(at(1, 9)):
        assert errands.remind() == 1
    assert "errand_tomorrow" in [n.message for n in messages(people.resident)]
    assert "errand_tomorrow" not in [n.message for n in messages(people.neighbour)], "chosen only today"


def test_of_many_processes_one_reminds(people: People, desk: Desk) -> None:
    booked(people.resident, desk, at(2, 9))

    ends = [threading.Thread(target=_reminding) for _ in range(6)]
    for thread in ends:
        thread.start()
    for thread in ends:
        thread.join(30)
    assert [n.message for n in messages(people.resident)].count("errand_tomorrow") == 1


def _reminding() -> None:
    with clock.at(MONDAY + timedelta(days=1)):
        errands.remind()


# Many at once


def rush(people: People, desk: Desk, count: int, station: int) -> Counter[str]:
    crowd = volunteers(count, people.stranger)
    typed = booking(desk, at(1, 9), station_id=station)
    return tally(at_once([(timed(errands.book), who, (typed,)) for who in crowd]))


def timed(fn: Callable[..., Any]) -> Callable[..., Any]:
    """`fn` on the tests' Monday: a thread starts with the real time."""

    def on_monday(session: Session, who: Who, *args: Any) -> Any:
        with clock.at(MONDAY):
            return fn(session, who, *args)

    return on_monday


def seats(station: int) -> int:
    with reading() as session:
        return session.exec(select(func.count()).where(Seat.station_id == station)).one()


def test_of_fifty_for_three_places_three_get_one(people: People, desk: Desk) -> None:
    ends = rush(people, desk, 50, desk.street)
    assert ends == {"done": 3, "slot_full": 47}, ends
    assert taken(desk.street) == {at(1, 9): 3} and seats(desk.street) == 3


def test_without_the_one_statement_more_would_be_sold(
    people: People, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: read, decide, write. SQLite's write lock lets nobody in between: there it reads stale."""
    gate = threading.Barrier(8)

    def read_then_write(session: Session, case_id: int, time: slots.Time, places: int) -> bool:
        with reading() if is_sqlite() else _same(session) as earlier:
            used = earlier.scalar(select(Slot.taken).where(Slot.station_id == time[0], Slot.starts_at == time[1])) or 0
        if is_sqlite():
            used = 0  # as all who read before the first wrote
        else:
            with suppress(threading.BrokenBarrierError):
                gate.wait(3)
        if used >= places:
            return False
        slot = (col(Slot.station_id) == time[0], col(Slot.starts_at) == time[1])
        session.execute(update(Slot).where(*slot).values(taken=used + 1).execution_options(synchronize_session=False))
        session.add(Seat(case_id=case_id, station_id=time[0], starts_at=time[1]))
        session.flush()
        return True

    with audit.transaction() as session:
        session.add(Slot(station_id=desk.street, starts_at=at(1, 9), places=3, taken=0))
    monkeypatch.setattr(slots, "_take", read_then_write)
    ends = rush(people, desk, 8, desk.street)
    assert ends["done"] > 3 and seats(desk.street) > 3, ends


def _same(session: Session) -> AbstractContextManager[Session]:
    return nullcontext(session)


def test_the_schema_itself_sells_no_place_twice(people: People, desk: Desk) -> None:
    booked(people.resident, desk, at(1, 9))
    for wrong in (3, -1):
        with pytest.raises(IntegrityError), writing() as session:
            session.execute(update(Slot).values(taken=wrong))


def test_two_who_change_places_do_not_wait_for_each_other_for_ever(people: People, desk: Desk) -> None:
    """Everybody moves between two full times at once: nobody hangs, nothing is lost or sold twice."""
    crowd = [people.resident, people.neighbour, people.stranger, people.volunteer]
    for turn in range(3):
        early, late = at(1, 9 + turn), at(1, 14 + turn)
        cases_ = [booked(who, desk, (early, late)[n % 2]) for n, who in enumerate(crowd)]
        deeds_ = [
            (timed(errands.rebook), who, (case_id, desk.station, (late, early)[n % 2]))
            for n, (who, case_id) in enumerate(zip(crowd, cases_, strict=True))
        ]
        ends = tally(at_once(deeds_))
        assert set(ends) <= {"done", "slot_full"}, ends
        assert sum(taken(desk.station).get(when, 0) for when in (early, late)) == 4
        for who, case_id in zip(crowd, cases_, strict=True):
            do(post.withdraw, who, case_id)
    assert taken(desk.station) == {} and seats(desk.station) == 0


def test_the_last_place_goes_to_one_of_many_who_move_to_it(people: People, desk: Desk) -> None:
    crowd = volunteers(6, people.stranger)
    booked(people.resident, desk, at(1, 9))
    ids = [booked(who, desk, at(2, 9 + n // 2, 30 * (n % 2))) for n, who in enumerate(crowd)]
    ends = tally(
        at_once([(timed(errands.rebook), w, (i, desk.station, at(1, 9))) for w, i in zip(crowd, ids, strict=True)])
    )
    assert ends == {"done": 1, "slot_full": 5}
    assert taken(desk.station)[at(1, 9)] == 2 and seats(desk.station) == 7


def test_one_who_moves_and_cancels_at_once_leaves_nothing_behind(people: People, desk: Desk) -> None:
    for turn in range(4):
        case_id = booked(people.resident, desk, at(1, 9))
        ends = at_once(
            [
                (timed(errands.rebook), people.resident, (case_id, desk.station, at(1, 10, 30 * (turn % 2)))),
                (timed(post.withdraw), people.resident, (case_id,)),
            ]
        )
        if case(case_id).state == "open":  # the move was first, and the other came too late
            do(post.withdraw, people.resident, case_id)
        assert set(tally(ends)) <= {"done", "too_late", "case_not_found"} and taken(desk.station) == {}


def test_one_person_books_no_more_than_allowed_at_once(people: People, desk: Desk) -> None:
    times = [at(1, 9 + n // 2, 30 * (n % 2)) for n in range(6)] + [at(2, 9), at(2, 9)]
    ends = tally(at_once([(timed(errands.book), people.stranger, (booking(desk, when),)) for when in times]))
    assert ends["done"] == limits.BOOKINGS_OPEN, ends
    assert sum(taken(desk.station).values()) == limits.BOOKINGS_OPEN


# Whatever people do


DEEDS = ("book", "book", "book", "rebook", "rebook", "withdraw", "serve", "finish", "rate", "absent", "decline", "tick")


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32 - 1))
def test_places_states_and_clocks_agree_after_any_history(
    afresh: Callable[[], AbstractContextManager[People]], seed: int
) -> None:
    chance, now = Random(seed), MONDAY
    with afresh() as people:
        with clock.at(now):
            desk = furnish(people)
        made: list[int] = []
        for _ in range(45):
            now += chance.choice([timedelta(), timedelta(minutes=25), timedelta(hours=5), timedelta(days=1)])
            with clock.at(now):
                with suppress(Refused):
                    _deed(chance, people, desk, made)
                _check(made)
                with audit.transaction() as session:
                    for row in session.exec(select(Quota)):
                        session.delete(row)
        with reading() as session:
            assert audit.verify(session).ok
        assert any(case(number).state != "open" for number in made)


def _deed(chance: Random, people: People, desk: Desk, made: list[int]) -> None:
    deed, who = chance.choice(DEEDS), chance.choice([people.resident, people.neighbour, people.stranger])
    when = at(chance.randrange(3), chance.choice([9, 10, 14]), chance.choice([0, 30]))
    if deed == "tick":
        clockwork.tick()
        return
    if deed == "book" or not made:
        errand, station = chance.choice(
            [(desk.papers, desk.station), (desk.papers, desk.street), (desk.long, desk.station)]
        )
        made.append(booked(who, desk, when, errand_id=errand, station_id=station))
        return
    number = chance.choice(made)
    found = case(number)
    poster = next(p for p in (people.resident, people.neighbour, people.stranger) if p.person_id == found.poster_id)
    if deed == "rebook":
        do(errands.rebook, poster, number, chance.choice([desk.station, desk.street]), when)
    elif deed == "withdraw":
        do(post.withdraw, poster, number)
    elif deed == "rate":
        do(echo.rate, poster, number, "solved", 4, "")
    elif deed == "finish":
        do(work.finish, people.street_staff, number, "办好了")
    elif deed == "decline":
        do(screening.decline, people.street_staff, number, "不办")
    else:
        do({"serve": errands.serve, "absent": errands.absent}[deed], people.street_staff, number)


def _check(made: list[int]) -> None:
    with reading() as session:
        held: Counter[tuple[int, datetime]] = Counter()
        owners = set()
        for seat in session.exec(select(Seat)):
            held[seat.station_id, seat.starts_at] += 1
            owners.add(seat.case_id)
        for slot in session.exec(select(Slot)):
            assert slot.taken == held.pop((slot.station_id, slot.starts_at), 0) <= slot.places
        assert not held
        for number in made:
            found = session.get_one(Case, number)
            plan = setup()
            target = plan.target_for(found)
            assert target.name == "complex" == found.target_class
            assert clock_of(found) == replay(clock_steps(session, found), target, plan)
            assert (number in owners) == (found.slot_at is not None) == (found.state not in ("withdrawn", "declined"))
            assert found.area_path.startswith(stations.venue(found.station_id or 0).area_path)
            assert found.standing == "" and (found.state == "open") <= (found.holder_id is None)
