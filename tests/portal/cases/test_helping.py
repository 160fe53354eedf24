"""A help order between two people: ordered, accepted, who sees whose phone, who did not come, both ratings."""

from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from db.engine import reading
from db.models.audit import AuditRow
from db.models.helping import NoShow
from db.models.notices import Notice
from portal import areas, audit, clock, limits, words
from portal.acts import VISITOR
from portal.cases import dispatch, echo, erasing, helping, lists, post, screening, work
from portal.cases import reading as cases
from portal.cases.clockwork import tick
from portal.cases.timeline import timeline
from portal.errors import Forbidden, NotFound, Refused
from tests.fixtures.town import CELL, NEXT_CELL, People
from tests.portal.cases.crowd import ordered, plea, told
from tests.portal.cases.steps import MONDAY, case, deeds, do, look, refused, rows, staged, steps

pytestmark = pytest.mark.usefixtures("monday")
MINUTE = timedelta(minutes=1)
PHONE = "13812345678"
VISITING = replace(VISITOR, client="a visitor")


def at(minutes: float) -> AbstractContextManager[None]:
    return clock.at(MONDAY + minutes * MINUTE)


def taken(people: People, **changes: object) -> int:
    case_id = ordered(people, **changes)
    do(dispatch.grab, people.volunteer, case_id)
    return case_id


def done(people: People) -> int:
    case_id = taken(people)
    do(work.take_on, people.volunteer, case_id)
    do(work.finish, people.volunteer, case_id, "灯换好了")
    return case_id


# Ordering


def test_a_resident_who_is_known_is_served_at_once(people: People) -> None:
    case_id = ordered(people)
    found = case(case_id)
    assert (found.state, found.in_hall, found.private, found.standing) == ("open", True, True, "")
    assert (found.kind, found.title, found.body, found.urgency) == ("help", "停电照明", "", 2)
    assert found.contact_mask == "139****0001" and found.target_class == "utilities"
    assert deeds(case_id) == ["post", "accept", "to_hall"]
    assert [row.role for row in rows(case_id)] == ["anyone", "system", "system"]
    assert found.responded_at == MONDAY


def test_what_others_ask_waits_for_the_desk_and_the_cells_worker(people: People) -> None:
    case_id = do(helping.order, people.stranger, plea()).case_id
    assert (case(case_id).state, case(case_id).in_hall, case(case_id).wave) == ("screening", False, 0)
    assert told("help_waits") == [people.staff.person_id, people.grid_worker.person_id]
    assert told("help_offered") == []
    do(screening.accept, people.grid_worker, case_id)
    do(dispatch.to_hall, people.grid_worker, case_id)
    assert (case(case_id).in_hall, case(case_id).wave) == (True, 3) and len(told("help_offered")) == 2


def test_the_desk_accepts_and_offers_in_one_step_by_the_rule(people: People) -> None:
    case_id = do(helping.order, people.stranger, plea()).case_id
    do(dispatch.by_rule, people.staff, case_id)
    assert case(case_id).in_hall, "help goes to the hall where no rule says anything else"


def test_a_visitor_leaves_a_phone_and_keeps_a_receipt(people: People) -> None:
    with refused("missing", field="contact"):
        do(helping.order, VISITING, plea())
    posted = do(helping.order, VISITING, plea(contact=PHONE))
    assert posted.receipt and case(posted.case_id).contact_mask == "138****5678"
    assert case(posted.case_id).state == "screening"


def test_what_was_typed_wins_over_the_phone_of_the_account(people: People) -> None:
    assert case(ordered(people, contact=PHONE)).contact_mask == "138****5678"
    with refused("phone"):
        ordered(people, contact="12")


def test_a_danger_to_life_makes_no_order(people: People) -> None:
    with refused("call_emergency"):
        ordered(people, urgency=4)
    for wrong in (0, 5, -1):
        with refused("missing", field="urgency"):
            ordered(people, urgency=wrong)


@pytest.mark.parametrize("changes", [{"category": ""}, {"category": "roads"}, {"area_id": None}])
def test_what_and_where_are_needed(people: People, changes: dict[str, object]) -> None:
    with pytest.raises(Refused):
        ordered(people, **changes)


def test_so_many_a_day_and_wishes_beside_them(people: People) -> None:
    for _ in range(limits.HELPS_PER_DAY):
        ordered(people)
    with refused("too_often", limit=limits.HELPS_PER_DAY):
        ordered(people)
    for _ in range(limits.ANONYMOUS_PER_DAY):
        do(helping.order, VISITING, plea(contact=PHONE))
    with refused("too_often", limit=limits.ANONYMOUS_PER_DAY):
        do(helping.order, VISITING, plea(contact=PHONE))


def test_what_staff_write_down_is_offered_at_once(people: People) -> None:
    voice = plea(channel="phone", consent="spoken", contact=PHONE)
    posted = do(helping.record, people.grid_worker, voice)
    assert posted.receipt and deeds(posted.case_id) == ["record", "accept", "to_hall"]
    known = replace(voice, contact="", person_id=people.neighbour.person_id)
    assert case(do(helping.record, people.staff, known).case_id).contact_mask == "139****0002"
    with refused("missing", field="contact"):
        do(helping.record, people.staff, replace(voice, contact=""))
    with pytest.raises(Forbidden):
        do(helping.record, people.stranger, voice)


# The phone


def test_the_phone_is_for_whoever_has_it_in_hand(people: People) -> None:
    case_id = ordered(people, contact=PHONE)
    for who in (people.volunteer, people.stranger, people.neighbour):
        with refused("case_not_found"):
            do(helping.call, who, case_id)
    do(dispatch.grab, people.volunteer, case_id)
    assert do(helping.call, people.volunteer, case_id) == "+8613812345678"
    row = rows(case_id)[-1]
    assert (row.act, row.actor_id, row.public) == ("case.call", people.volunteer.person_id, False)
    for who in (people.resident, people.staff, people.grid_worker):
        with pytest.raises(Forbidden):
            do(helping.call, who, case_id)
    do(dispatch.release, people.volunteer, case_id)
    with refused("case_not_found"):
        do(helping.call, people.volunteer, case_id)


def test_the_phone_stays_while_somebody_may_have_to_call(people: People) -> None:
    case_id = ordered(people, contact=PHONE)
    with refused("contact_needed"):
        do(erasing.drop_contact, people.resident, case_id)
    ended = done(people)
    do(erasing.drop_contact, people.resident, ended)
    assert case(ended).contact_sealed is None


def test_it_is_named_in_the_language_of_whoever_reads(people: People) -> None:
    ordered(people)
    with words.speaking("en"):
        assert [note.title for note in look(lists.mine, people.resident, "posted").rows] == ["No power or light"]


def test_once_it_is_done_nobody_calls_any_more(people: People) -> None:
    case_id = done(people)
    with pytest.raises(Forbidden):
        do(helping.call, people.volunteer, case_id)


def test_of_a_public_wish_nobody_is_named(people: People) -> None:
    case_id = staged(people, "in_progress")
    for who in (VISITOR, people.resident, people.staff):
        with pytest.raises(NotFound):
            look(helping.match, who, case_id)


def test_who_orders_learns_who_comes(people: People) -> None:
    case_id = ordered(people)
    assert look(helping.match, people.resident, case_id) == helping.Match("", "", "", None)
    with at(5):
        do(dispatch.grab, people.volunteer, case_id)
    seen = look(helping.match, people.resident, case_id)
    assert (seen.comes, seen.phone, seen.since) == ("volunteer", "139****0004", MONDAY + 5 * MINUTE)
    assert look(helping.match, people.volunteer, case_id).orders == "resident"
    with refused("case_not_found"):
        look(helping.match, people.other_volunteer, case_id)


def test_neither_phone_nor_name_is_written_anywhere_for_others(people: People) -> None:
    """In the messages, in the books, in the public lists: after a whole life of an order."""
    case_id = taken(people, contact=PHONE, body="灯不亮", place="3栋501")
    do(helping.call, people.volunteer, case_id)
    with at(31):
        do(helping.no_show, people.resident, case_id, "没来")
        do(dispatch.grab, people.other_volunteer, case_id)
        do(work.take_on, people.other_volunteer, case_id)
        do(work.finish, people.other_volunteer, case_id, "换好了")
        do(echo.rate, people.resident, case_id, "solved", 5, "谢谢")
        do(helping.rate_back, people.other_volunteer, case_id, 4, "好找")
    with reading() as session:
        written = [str(row.facts) for row in session.exec(select(Notice))]
        rows_of = session.exec(select(AuditRow).where(AuditRow.thing == f"cases:{case_id}")).all()
        written += [str(row.facts) for row in rows_of]
        assert not any(row.public for row in rows_of)
        others = [timeline(session, who, case(case_id)) for who in (VISITING, people.resident)]
    for private in ("12345678", "5678", "3栋501", "灯不亮", "好找"):
        assert not any(private in line for line in [*written, str(others)]), private
    for who in (VISITING, people.stranger, people.neighbour, people.volunteer, people.far_staff):
        with refused("case_not_found"):
            look(cases.one, who, case_id)
        assert case_id not in [note.id for note in look(lists.mine, who, "posted").rows]


# Who did not come


def test_after_half_an_hour_it_can_be_said_that_nobody_came(people: People) -> None:
    case_id = taken(people)
    with at(29.9), refused("no_show_too_early", minutes=limits.NO_SHOW_MINUTES):
        do(helping.no_show, people.resident, case_id)
    with at(30):
        do(helping.no_show, people.resident, case_id, "等了半小时")
    found = case(case_id)
    assert (found.state, found.in_hall, found.wave, found.holder_id) == ("open", True, 3, None)
    assert told("help_no_show") == [people.volunteer.person_id]
    assert rows(case_id)[-1].private == {"holder": people.volunteer.person_id}
    with reading() as session:
        assert session.get(NoShow, (case_id, people.volunteer.person_id))
    with at(40), refused("no_show_here"):
        do(dispatch.grab, people.volunteer, case_id)
    assert look(lists.hall, people.volunteer).rows == []
    with at(40):
        do(dispatch.grab, people.other_volunteer, case_id)


def test_past_half_of_its_time_the_worker_gets_it(people: People) -> None:
    case_id = ordered(people, urgency=3)
    with at(31):
        do(dispatch.grab, people.volunteer, case_id)
    with at(61):
        do(helping.no_show, people.resident, case_id)
    assert (case(case_id).state, case(case_id).holder_id) == ("dispatched", people.grid_worker.person_id)
    with at(62):
        do(dispatch.dispatch, people.staff, case_id, people.grid_worker.person_id)


def test_the_desk_may_say_so_and_send_somebody_else(people: People) -> None:
    case_id = taken(people)
    with at(35):
        do(helping.no_show, people.staff, case_id, "电话里说不来了")
        do(dispatch.dispatch, people.staff, case_id, people.grid_worker.person_id)
        do(work.take_on, people.grid_worker, case_id)
        assert do(helping.call, people.grid_worker, case_id)


@pytest.mark.parametrize("name", ["volunteer", "other_volunteer", "neighbour", "far_staff", "next_worker", "stranger"])
def test_nobody_else_says_so(people: People, name: str) -> None:
    case_id = taken(people)
    with at(60), pytest.raises(Refused):
        do(helping.no_show, getattr(people, name), case_id)
    assert case(case_id).state == "claimed"


def test_by_receipt_it_can_be_said_too(people: People) -> None:
    case_id = do(helping.order, VISITING, plea(contact=PHONE)).case_id
    do(dispatch.publish, people.staff, case_id)
    do(dispatch.grab, people.volunteer, case_id)
    holder_of_receipt = replace(VISITING, receipts=frozenset({case_id}))
    with at(31):
        do(helping.no_show, holder_of_receipt, case_id)
    assert case(case_id).state == "open"


@pytest.mark.parametrize("state", ["open", "done"])
def test_only_who_has_taken_it_can_fail_to_come(people: People, state: str) -> None:
    case_id = ordered(people) if state == "open" else done(people)
    with at(60), pytest.raises(Refused):
        do(helping.no_show, people.resident, case_id)


# Both ratings


def test_both_rate_and_the_volunteers_word_is_for_staff(people: People) -> None:
    case_id = done(people)
    do(helping.rate_back, people.volunteer, case_id, 4, "老人家很客气")
    with refused("rated_back"):
        do(helping.rate_back, people.volunteer, case_id, 5)
    do(echo.rate, people.resident, case_id, "solved", 5, "谢谢")
    found = case(case_id)
    assert (found.state, found.stars, found.back_stars, found.back_word) == ("closed", 5, 4, "老人家很客气")
    assert "case.rate_back" not in [step.act for step in steps(people.resident, case_id)]
    assert "老人家很客气" in [step.says for step in steps(people.staff, case_id)]


def test_rating_back_is_possible_after_the_other_side_rated(people: People) -> None:
    case_id = done(people)
    do(echo.rate, people.resident, case_id, "solved", 5)
    do(helping.rate_back, people.volunteer, case_id, 5)
    assert case(case_id).back_stars == 5


@pytest.mark.parametrize("stars", [0, 6, True, "5", 2.5])
def test_stars_are_one_to_five(people: People, stars: object) -> None:
    case_id = done(people)
    with refused("not_offered"):
        do(helping.rate_back, people.volunteer, case_id, stars)


@pytest.mark.parametrize("name", ["resident", "other_volunteer", "staff", "stranger"])
def test_nobody_else_rates_back(people: People, name: str) -> None:
    case_id = done(people)
    with pytest.raises(Refused):
        do(helping.rate_back, getattr(people, name), case_id, 5)


def test_before_it_is_done_there_is_nothing_to_rate(people: People) -> None:
    case_id = taken(people)
    for deed, who in ((helping.rate_back, people.volunteer), (echo.rate, people.resident)):
        with pytest.raises(Refused):
            do(deed, who, case_id, *(["solved"] if deed is echo.rate else []), 5)


# Ending early


def test_a_call_that_is_cancelled_tells_the_volunteer(people: People) -> None:
    case_id = taken(people)
    do(post.withdraw, people.resident, case_id)
    assert told("case_withdrawn") == [people.volunteer.person_id] and case(case_id).state == "withdrawn"


def test_another_cell_can_be_chosen(people: People) -> None:
    case_id = ordered(people, area_id=areas.tree().by_path(NEXT_CELL).id)
    assert case(case_id).area_path == NEXT_CELL and CELL != NEXT_CELL


def test_an_hour_after_it_was_taken_an_urgent_one_goes_on(people: People) -> None:
    case_id = taken(people, urgency=3)
    with at(60):
        assert tick() == {"case.expire_hold": 1}
    assert (case(case_id).state, case(case_id).holder_id) == ("dispatched", people.grid_worker.person_id)


def test_the_books_hold(people: People) -> None:
    done(people)
    with reading() as session:
        assert audit.verify(session).ok
