"""What happens by itself: holds lapse, orders are assigned, misses climb; and one broken case stops no other."""

from datetime import date, timedelta

import pytest
from sqlalchemy import update
from sqlmodel import select

from db.engine import reading
from db.models.cases import Case
from db.models.notices import Notice
from db.models.setup import DayOverride
from portal import areas, audit, clock, limits, snapshots
from portal.cases import clockwork, dispatch, lifecycle, post, screening, work
from portal.cases.clockwork import tick
from portal.cases.setup import setup
from portal.cases.timeline import clock_steps
from tests.fixtures.town import CITY, COMMUNITY, STREET, People
from tests.portal.cases.steps import MONDAY, case, deeds, do, in_hall, posted, rows, staged, steps, volunteered

pytestmark = pytest.mark.usefixtures("monday")
HOUR = timedelta(hours=1)


def after(hours: float, limit: int = 500) -> dict[str, int]:
    with clock.at(MONDAY + hours * HOUR):
        return tick(limit)


def elsewhere(people: People, state: str, category: str) -> int:
    """A wish in a cell for which nobody is in charge."""
    return staged(people, state, category=category, area_id=areas.tree().by_path(f"{COMMUNITY}05/").id)


def test_a_miss_climbs_a_level_and_tells_the_desk_there(people: People) -> None:
    case_id = staged(people, "in_progress", category="danger")
    assert after(1.99) == {}
    assert after(2) == {"case.climb": 1}
    found = case(case_id)
    assert (found.desk_path, found.missed, found.state) == (STREET, 1, "in_progress")
    row = rows(case_id)[-1]
    assert (row.role, row.actor_id, row.facts) == ("system", None, {"level": "street", "desk": STREET})
    assert steps(people.resident, case_id)[-1].act == "case.climb", "everybody sees it"
    with reading() as session:
        told = session.exec(select(Notice.person_id).where(Notice.message == "case_climbed")).all()
    assert told == [people.street_staff.person_id]


def test_each_further_half_climbs_once_more_up_to_the_town(people: People) -> None:
    case_id = staged(people, "in_progress", category="danger")
    seen = []
    for quarter in range(60):
        after(quarter / 4)
        seen.append(case(case_id).desk_path)
    assert (seen[7], seen[8], seen[11], seen[12], seen[-1]) == (COMMUNITY, STREET, STREET, CITY, CITY)
    assert deeds(case_id).count("climb") == 2
    assert case(case_id).next_at is None, "nothing more to wait for"


def test_one_tick_climbs_one_level_even_when_very_late(people: People) -> None:
    case_id = staged(people, "in_progress", category="danger")
    assert after(500) == {"case.climb": 1}
    assert case(case_id).desk_path == STREET
    assert after(500) == {"case.climb": 1}
    assert after(500) == {}


def test_what_nobody_screens_climbs_too(people: People) -> None:
    case_id = posted(people, category="danger")
    assert after(2) == {"case.climb": 1}
    assert (case(case_id).state, case(case_id).desk_path, case(case_id).standing) == ("screening", STREET, "")


def test_what_rests_does_not_climb(people: People) -> None:
    staged(people, "returned", category="danger"), staged(people, "awaiting_resident", category="danger")
    assert after(100) == {}


@pytest.mark.parametrize("state", ["closed", "declined", "referred", "merged", "withdrawn", "draft"])
def test_what_is_over_has_no_appointment(people: People, state: str) -> None:
    assert case(staged(people, state)).next_at is None


def test_at_half_time_the_hall_gives_way_to_assignment(people: People) -> None:
    case_id = in_hall(people, category="danger")
    assert after(0.99) == {}
    assert after(1) == {"case.assign": 1}
    found = case(case_id)
    assert (found.state, found.holder_id, found.in_hall) == ("dispatched", people.grid_worker.person_id, False)


def test_what_the_desk_forgot_is_assigned_too(people: People) -> None:
    case_id = staged(people, "open", category="danger")
    assert after(1) == {"case.assign": 1}
    assert case(case_id).holder_id == people.grid_worker.person_id


def test_where_nobody_is_in_charge_it_leaves_the_hall_and_then_climbs(people: People) -> None:
    case_id = elsewhere(people, "open", "danger")
    do(dispatch.to_hall, people.staff, case_id)
    assert after(1) == {"case.leave_hall": 1}
    assert (case(case_id).state, case(case_id).in_hall) == ("open", False)
    assert after(1.5) == {}, "no busy waiting"
    assert after(2) == {"case.climb": 1}


def test_a_hold_lapses_back_into_the_hall(people: People) -> None:
    case_id = staged(people, "claimed", category="property")
    assert after(limits.HOLD_HOURS - 0.01) == {}
    assert after(limits.HOLD_HOURS) == {"case.expire_hold": 1}
    found = case(case_id)
    assert (found.state, found.in_hall, found.holder_id, found.hold_until_at) == ("open", True, None, None)
    do(dispatch.grab, people.other_volunteer, case_id)


def test_a_hold_that_lapses_after_half_time_goes_to_the_worker(people: People) -> None:
    case_id = staged(people, "claimed", category="lighting")
    assert after(limits.HOLD_HOURS - 1) == {"case.climb": 1}
    assert after(limits.HOLD_HOURS) == {"case.expire_hold": 1}
    assert (case(case_id).state, case(case_id).holder_id) == ("dispatched", people.grid_worker.person_id)
    assert deeds(case_id)[-2:] == ["expire_hold", "assign"]


def test_work_begun_and_not_finished_by_the_due_time_is_taken_back(people: People) -> None:
    case_id = volunteered(people)
    due = case(case_id).due_at
    assert due is not None
    with clock.at(due):
        assert tick() == {"case.expire_hold": 1}
    assert case(case_id).holder_id == people.grid_worker.person_id


def test_a_worker_keeps_the_case_however_late(people: People) -> None:
    case_id = staged(people, "in_progress", category="danger")
    after(500), after(500), after(500)
    assert case(case_id).holder_id == people.grid_worker.person_id


def test_ordinary_targets_rest_over_the_weekend(people: People) -> None:
    with clock.at(MONDAY + timedelta(days=4)):
        case_id = posted(people)
    assert case(case_id).due_at == MONDAY + timedelta(days=15), "seven working days from Friday over two weekends"


def test_an_edited_calendar_moves_the_deadline_when_it_comes(people: People) -> None:
    case_id = staged(people, "in_progress")
    due = case(case_id).due_at
    assert due == MONDAY + timedelta(days=9)
    with audit.transaction() as session:
        session.add(DayOverride(day_on=date(2026, 7, 10), works=False, note="台风停工"))
        snapshots.bump(session, "setup")
    snapshots.forget_all()
    with clock.at(due):
        assert tick() == {"rescheduled": 1}
        assert tick() == {}
    assert case(case_id).due_at == due + timedelta(days=1)
    assert case(case_id).next_at == due + timedelta(days=1)


@pytest.mark.parametrize("state", ["in_progress", "awaiting_resident", "screening"])
def test_after_an_edited_calendar_the_clock_is_that_of_the_timeline(people: People, state: str) -> None:
    case_id = staged(people, "screening" if state == "screening" else "in_progress")
    if state != "screening":
        with clock.at(MONDAY + 4 * HOUR):
            do(work.ask, people.grid_worker, case_id, "是哪一盏灯？")
    if state == "in_progress":
        with clock.at(MONDAY + timedelta(days=3)):
            do(work.answer_ask, people.resident, case_id, "路口那一盏")
    before = case(case_id)
    assert before.used_seconds == (0 if state == "screening" else 4 * 3600)
    with audit.transaction() as session:
        session.add(DayOverride(day_on=MONDAY.date(), works=False, note="台风停工"))
        session.execute(update(Case).values(next_at=MONDAY + timedelta(days=4)))
        snapshots.bump(session, "setup")
    snapshots.forget_all()
    after(4 * 24)
    with reading() as session:
        found, plan = session.get_one(Case, case_id), setup()
        target = plan.target_of(found.category)
        again = lifecycle.replay(clock_steps(session, found), target, plan)
        assert lifecycle.clock_of(found) == again and again.used == timedelta()
        assert found.due_at == lifecycle.due_at(again, target, plan)
        if state == "screening":
            assert found.respond_by_at == lifecycle.respond_by(MONDAY, target, plan) != before.respond_by_at


def test_a_tick_has_a_limit_and_takes_the_oldest_first(people: People) -> None:
    cases = []
    for minutes in range(4):
        with clock.at(MONDAY + timedelta(minutes=minutes)):
            cases.append(posted(people, category="danger"))
    assert after(5, limit=3) == {"case.climb": 3}
    assert [case(c).missed for c in cases] == [1, 1, 1, 0]


def test_one_broken_case_stops_no_other(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, sound = posted(people, category="danger"), posted(people, category="danger")
    real = clockwork.climb

    def climb(session, who, act, case, **named):
        if case.id == broken:
            raise RuntimeError("the disk is full")
        real(session, who, act, case, **named)

    monkeypatch.setattr(clockwork, "climb", climb)
    assert after(2) == {"case.climb": 1}
    assert (case(broken).missed, case(sound).missed) == (0, 1)


def test_somebody_who_was_faster_leaves_nothing_to_do(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between choosing what is due and taking its lock, the poster withdraws."""
    case_id = posted(people, category="danger")
    real = audit.transaction

    def transaction():
        monkeypatch.setattr(audit, "transaction", real)
        do(post.withdraw, people.resident, case_id)
        return real()

    monkeypatch.setattr(audit, "transaction", transaction)
    assert after(2) == {}
    assert deeds(case_id) == ["post", "withdraw"]


def test_the_clockwork_reads_by_appointment_alone(people: People) -> None:
    """A case without an appointment is not looked at, whatever its state says."""
    case_id = posted(people, category="danger")
    with audit.transaction() as session:
        session.get_one(Case, case_id).next_at = None
    assert after(100) == {}
    do(screening.accept, people.staff, case_id)
