"""Stations: their hours, closed days, free times, the list of a day, and who may set them up."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event
from sqlmodel import select

from db.engine import engine, is_sqlite, reading
from db.models.setup import DayOverride
from portal import audit, clock, limits, snapshots
from portal.acts import VISITOR
from portal.cases import errand_setup, errands, slots, stations
from portal.cases.errand_setup import Entry
from portal.cases.stations import Hours
from portal.errors import Forbidden
from tests.fixtures.errands import Desk, at, booking, entry, furnish, hours, opening
from tests.fixtures.town import COMMUNITY, OTHER_COMMUNITY, People
from tests.portal.cases.steps import do, look, refused

TODAY = date(2026, 7, 6)
pytestmark = pytest.mark.usefixtures("monday")


@pytest.fixture
def desk(people: People, monday: None) -> Iterator[Desk]:
    yield furnish(people)
    snapshots.forget_all()


def free(desk: Desk, errand: int | None = None, since_on: date | None = None) -> dict[date, dict[str, int]]:
    """By day: the town's time as people read it, and the places left."""
    found = look(stations.free_slots, VISITOR, errand or desk.papers, desk.station, since_on)
    return {day: {f"{clock_time(when)}": left for when, left in times} for day, times in found.items()}


def clock_time(moment: datetime) -> str:
    return (moment + timedelta(hours=8)).strftime("%H:%M")


def override(day: date, works: bool) -> None:
    with audit.transaction() as session:
        session.add(DayOverride(day_on=day, works=works))
        snapshots.bump(session, "setup")


# Free times


def test_free_times_follow_the_hours_in_the_towns_zone(desk: Desk) -> None:
    days = free(desk)
    assert list(days)[:6] == [TODAY + timedelta(days=n) for n in (0, 1, 2, 3, 4, 7)]
    assert list(days)[-1] == TODAY + timedelta(days=limits.BOOKING_DAYS)
    tuesday = list(days[TODAY + timedelta(days=1)])
    assert (tuesday[0], tuesday[5], tuesday[6], tuesday[-1]) == ("09:00", "11:30", "14:00", "17:00")
    assert set(days[TODAY + timedelta(days=1)].values()) == {2}


def test_what_has_passed_is_not_offered(desk: Desk) -> None:
    assert next(iter(free(desk)[TODAY])) == "10:30", "it is ten o'clock"
    with clock.at(at(0, 17, 1)):
        assert TODAY not in free(desk)


def test_the_list_may_begin_later_but_never_earlier(desk: Desk) -> None:
    friday = TODAY + timedelta(days=4)
    assert next(iter(free(desk, since_on=friday))) == friday
    assert next(iter(free(desk, since_on=TODAY - timedelta(days=9)))) == TODAY


def test_a_holiday_is_closed_and_a_made_up_workday_has_the_hours_of_its_neighbour(desk: Desk) -> None:
    saturday, sunday = TODAY + timedelta(days=5), TODAY + timedelta(days=6)
    override(TODAY + timedelta(days=1), works=False)
    override(saturday, works=True)
    days = free(desk)
    assert TODAY + timedelta(days=1) not in days and sunday not in days
    assert next(iter(days[saturday])) == "09:00"


def test_own_hours_on_a_weekend_count_before_those_of_the_neighbour(people: People, desk: Desk) -> None:
    own = opening(hours=(*hours(2), Hours(5, 600, 660, 30, 1)))
    do(errand_setup.save_station, people.staff, own, desk.station)
    saturday = TODAY + timedelta(days=5)
    assert free(desk)[saturday] == {"10:00": 1, "10:30": 1}
    override(saturday, works=True)
    assert free(desk)[saturday] == {"10:00": 1, "10:30": 1}


def test_a_closed_day_offers_nothing_and_those_who_booked_are_told(people: People, desk: Desk) -> None:
    do(errands.book, people.resident, booking(desk, at(1, 9)))
    do(errands.book, people.neighbour, booking(desk, at(2, 9)))
    closed = opening(closed={TODAY + timedelta(days=1): "培训"})
    do(errand_setup.save_station, people.staff, closed, desk.station)
    assert TODAY + timedelta(days=1) not in free(desk)
    assert told(people.resident) == ["errand_booked", "errand_day_closed"]
    assert told(people.neighbour) == ["errand_booked"]
    do(errand_setup.save_station, people.staff, closed, desk.station)
    assert told(people.resident) == ["errand_booked", "errand_day_closed"], "once"
    do(errand_setup.save_station, people.staff, replace(closed, active=False), desk.station)
    assert told(people.neighbour) == ["errand_booked", "errand_day_closed"]


def test_those_who_booked_hours_that_are_no_more_are_told(people: People, desk: Desk) -> None:
    do(errands.book, people.resident, booking(desk, at(1, 9)))
    do(errands.book, people.neighbour, booking(desk, at(1, 14)))
    do(errands.book, people.stranger, booking(desk, at(2, 9)))
    mornings = tuple(each for each in hours(2) if each.weekday != 1 or each.opens_minute < 12 * 60)
    do(errand_setup.save_station, people.staff, opening(hours=mornings), desk.station)
    do(errand_setup.save_station, people.staff, opening(hours=mornings), desk.station)
    assert told(people.neighbour) == ["errand_booked", "errand_day_closed"], "once"
    do(errand_setup.save_station, people.staff, opening(hours=hours(2)[2:4]), desk.station)
    assert told(people.stranger) == ["errand_booked", "errand_day_closed"]
    assert told(people.resident) == ["errand_booked"]


def told(who: object) -> list[str]:
    from db.models.notices import Notice

    with reading() as session:
        query = select(Notice).where(Notice.person_id == who.person_id).order_by(Notice.id)  # type: ignore[attr-defined, arg-type]
        return [notice.message for notice in session.exec(query)]


def test_a_long_errand_needs_slots_in_a_row(people: People, desk: Desk) -> None:
    tomorrow = TODAY + timedelta(days=1)
    times = list(free(desk, desk.long)[tomorrow])
    assert (times[-1], "11:00" in times, "10:30" in times) == ("16:00", False, True), "all before it closes"
    for who in (people.resident, people.neighbour):
        do(errands.book, who, booking(desk, at(1, 10), errand_id=desk.papers))
    left = free(desk, desk.long)[tomorrow]
    assert (left["09:00"], left["09:30"], left["10:00"], left["10:30"]) == (0, 0, 0, 2)


def test_the_times_are_right_across_the_change_of_the_clocks(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The town's zone has none; another town's may."""
    from portal.settings import settings

    monkeypatch.setenv("PORTAL_TOWN_ZONE", "Europe/Berlin")
    settings.cache_clear()
    place = stations.venue(desk.station)
    hours_all_week = replace(place, hours=(Hours(6, 540, 600, 30, 1),))
    for day, utc in ((date(2026, 3, 22), 8), (date(2026, 3, 29), 7)):
        assert next(iter(stations.stretches(stations.line(desk.papers), hours_all_week, day))) == datetime(
            day.year, day.month, day.day, utc, tzinfo=UTC
        )


def test_asking_for_free_times_costs_one_query_however_many_are_taken(people: People, desk: Desk) -> None:
    stations.plan()
    asked: list[str] = []
    event.listen(engine(), "before_cursor_execute", lambda c, cur, statement, *rest: asked.append(statement))
    free(desk)
    told = [statement for statement in asked if "FROM" in statement and "revision" not in statement]
    assert len(told) == 1 and "FROM slot" in told[0]


# The list of a day


def test_the_list_of_a_day_is_for_those_who_serve_there(people: People, desk: Desk) -> None:
    do(errands.book, people.stranger, booking(desk, at(1, 9, 30), note="轮椅"))
    do(errands.book, people.resident, booking(desk, at(1, 9)))
    day = TODAY + timedelta(days=1)
    for who in (people.staff, people.street_staff):
        seen = look(stations.today, who, desk.station, day)
        assert [(v.name, clock_time(v.slot_at), v.errand) for v in seen] == [
            ("resident", "09:00", "居民证明咨询"), ("stranger", "09:30", "居民证明咨询")
        ]  # fmt: skip
        assert seen[0].phone == "139****0001" and seen[1].note == "轮椅"
    own_cell = look(stations.today, people.grid_worker, desk.station, day)
    assert [visit.name for visit in own_cell] == ["resident"], "who lives in the cell"
    assert look(stations.today, people.next_worker, desk.station, day) == []
    others = [people.resident, people.stranger, people.volunteer, people.far_staff, people.mediator, people.admin]
    for who in (*others, VISITOR):
        with refused("staff_only"):
            look(stations.today, who, desk.station, day)


def test_the_list_leaves_out_what_was_cancelled_and_other_days(people: People, desk: Desk) -> None:
    from portal.cases import post

    case_id = do(errands.book, people.resident, booking(desk, at(1, 9))).case_id
    do(errands.book, people.neighbour, booking(desk, at(1, 9)))
    do(errands.book, people.stranger, booking(desk, at(2, 9)))
    do(errands.book, people.volunteer, booking(desk, at(1, 9), station_id=desk.street))
    do(post.withdraw, people.resident, case_id)
    seen = look(stations.today, people.staff, desk.station, TODAY + timedelta(days=1))
    assert [visit.name for visit in seen] == ["neighbour"]
    assert look(stations.today, people.staff, desk.station) == []


def test_the_list_goes_along_its_index(people: People, desk: Desk) -> None:
    if not is_sqlite():
        pytest.skip("a table this small is always scanned there")
    with engine().connect() as connection:
        plan = connection.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT * FROM cases WHERE station_id = 1 AND slot_at >= '2026' AND slot_at < '2027' "
            "ORDER BY slot_at, id"
        ).fetchall()
    assert "cases_of_station" in str(plan)


def test_everybody_who_serves_has_their_stations(people: People, desk: Desk) -> None:
    def mine(who: object) -> list[int]:
        return [place.id for place in look(stations.my_stations, who)]  # type: ignore[arg-type]

    assert mine(people.staff) == [desk.station, desk.street]
    assert mine(people.street_staff) == [desk.street, desk.station]
    assert mine(people.grid_worker) == [desk.station, desk.street]
    assert mine(people.far_staff) == [desk.street]
    assert mine(people.resident) == mine(people.volunteer) == mine(VISITOR) == []


# Setting up


def test_only_those_of_the_area_set_up_its_station(people: People, desk: Desk) -> None:
    for who in (people.resident, people.grid_worker, people.far_staff, people.mediator, VISITOR):
        with pytest.raises(Forbidden):
            do(errand_setup.save_station, who, opening(), desk.station)
        with pytest.raises(Forbidden):
            do(errand_setup.save_station, who, opening())
    for who in (people.staff, people.street_staff, people.admin):
        do(errand_setup.save_station, who, opening(address="新址"), desk.station)
    with pytest.raises(Forbidden):
        do(errand_setup.save_station, people.staff, opening(), desk.street)
    moved = opening(area_path=OTHER_COMMUNITY)
    do(errand_setup.save_station, people.staff, moved, desk.station)
    assert stations.venue(desk.station).area_path == COMMUNITY, "a station stays where its people are"


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ((Hours(0, 540, 560, 30, 1),), "hours_wrong"),
        ((Hours(7, 540, 600, 30, 1),), "hours_wrong"),
        ((Hours(0, 540, 1_500, 30, 1),), "hours_wrong"),
        ((Hours(0, 540, 600, 0, 1),), "hours_wrong"),
        ((Hours(0, 540, 600, 30, 0),), "hours_wrong"),
        ((Hours(0, 540, 720, 30, 1), Hours(0, 700, 800, 30, 1)), "hours_overlap"),
    ],
)
def test_hours_that_cannot_be_are_refused(people: People, desk: Desk, wrong: tuple[Hours, ...], why: str) -> None:
    with refused(why):
        do(errand_setup.save_station, people.staff, opening(hours=wrong), desk.station)
    assert stations.venue(desk.station).hours == hours(2)


def test_a_line_is_for_those_who_answer_for_all_of_its_stations(people: People, desk: Desk) -> None:
    both = frozenset({desk.station, desk.street})
    with pytest.raises(Forbidden):
        do(errand_setup.save_errand, people.staff, entry(minutes=25, station_ids=both), desk.papers)
    do(errand_setup.save_errand, people.staff, entry(station_ids=frozenset({desk.street})), desk.papers)
    assert stations.line(desk.papers).station_ids == (desk.street,), "its own station, a clerk may take away"
    with pytest.raises(Forbidden):
        do(errand_setup.save_errand, people.staff, entry(station_ids=frozenset()), desk.papers)
    do(errand_setup.save_errand, people.street_staff, entry(minutes=25, station_ids=both), desk.papers)
    assert stations.line(desk.papers).minutes == 25
    with pytest.raises(Forbidden):
        do(errand_setup.save_errand, people.staff, entry())
    for who in (people.resident, people.grid_worker, VISITOR):
        with pytest.raises(Forbidden):
            do(errand_setup.save_errand, who, entry(station_ids=frozenset({desk.station})))


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (entry(minutes=0), "minutes_wrong"),
        (entry(minutes=limits.ERRAND_MINUTES + 1), "minutes_wrong"),
        (entry(category="roads"), "not_offered"),
        (entry(names={"zh-CN": "只有中文"}), "missing"),
    ],
)
def test_a_line_that_cannot_be_is_refused(people: People, desk: Desk, wrong: Entry, why: str) -> None:
    with refused(why):
        do(errand_setup.save_errand, people.staff, replace(wrong, station_ids=frozenset({desk.station})))


def test_the_catalogue_shows_what_is_done_somewhere_in_its_order(people: People, desk: Desk) -> None:
    first = do(errand_setup.save_errand, people.staff, entry(station_ids=frozenset({desk.station}), position=-1))
    listed = [found.id for found in look(errands.catalogue, VISITOR)]
    assert listed == [first, desk.papers, desk.long, desk.lamp]
    do(errand_setup.save_errand, people.staff, entry(station_ids=frozenset({desk.station}), active=False), first)
    do(errand_setup.save_station, people.staff, opening(active=False), desk.station)
    assert [found.id for found in look(errands.catalogue, VISITOR)] == [desk.papers]
    assert stations.line(desk.papers).things == ["身份证", "户口簿"]
    with refused("not_offered", field="station"):
        look(stations.free_slots, VISITOR, desk.papers, desk.station)
    with refused("not_offered", field="errand"):
        look(stations.free_slots, VISITOR, first, desk.station)


def test_fewer_places_than_are_taken_sells_none_and_takes_none_away(people: People, desk: Desk) -> None:
    for who in (people.resident, people.neighbour):
        do(errands.book, who, booking(desk, at(1, 9)))
    do(errand_setup.save_station, people.staff, opening(hours=hours(1)), desk.station)
    assert free(desk)[TODAY + timedelta(days=1)]["09:00"] == 0
    with refused("slot_full"):
        do(errands.book, people.stranger, booking(desk, at(1, 9)))
    do(errand_setup.save_station, people.staff, opening(hours=hours(3)), desk.station)
    do(errands.book, people.stranger, booking(desk, at(1, 9)))
    with reading() as session:
        assert slots.taken(session, desk.station, at(1, 9), at(1, 10)) == {at(1, 9): 3}
