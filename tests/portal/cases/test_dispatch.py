"""Dispatch: the rule table, workers in charge, the hall, holds, escalation by hand."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from db.engine import reading
from db.models.accounts import Duty
from db.models.notices import Notice
from db.models.setup import DispatchRule
from portal import areas, audit, clock, limits, snapshots
from portal.accounts import people as accounts
from portal.acts import SYSTEM
from portal.cases import dispatch, levels, screening, work
from portal.cases.dispatch import Proposal
from portal.errors import Forbidden, NotFound, TooLate
from tests.fixtures.town import CELL, CITY, COMMUNITY, NEXT_CELL, STREET, People
from tests.portal.cases.steps import MONDAY, case, deeds, do, in_hall, look, posted, refused, rows, staged, steps


def rule(path: str, category: str, to: str) -> None:
    with audit.transaction() as session:
        session.add(DispatchRule(area_id=areas.tree().by_path(path).id, category=category, to=to))
        snapshots.bump(session, "setup")
    snapshots.forget_all()


def proposed(people: People, case_id: int) -> Proposal:
    return look(dispatch.proposal, people.staff, case(case_id))


def messages(person_id: int | None) -> list[str]:
    with reading() as session:
        return list(session.exec(select(Notice.message).where(Notice.person_id == person_id)).all())


# The rule table


def test_without_a_rule_the_nearest_worker(people: People) -> None:
    case_id = staged(people, "open")
    assert proposed(people, case_id) == Proposal("worker", people.grid_worker.person_id, "grid_worker")


def test_the_closest_area_wins_then_the_exact_category(people: People) -> None:
    case_id = staged(people, "open")
    rule(CITY, "roads", "hall")
    assert proposed(people, case_id).to == "hall"
    rule(COMMUNITY, "", "worker")
    assert proposed(people, case_id).to == "worker", "closer beats more exact"
    rule(COMMUNITY, "roads", "hall")
    assert proposed(people, case_id).to == "hall", "more exact wins in one area"
    rule(COMMUNITY, "noise", "worker")
    rule(NEXT_CELL, "roads", "worker")
    assert proposed(people, case_id).to == "hall", "another category or cell does not matter"
    rule(CELL, "", "worker")
    assert proposed(people, case_id).to == "worker"


def test_a_community_worker_stands_in_where_the_cell_has_none(people: People) -> None:
    case_id = staged(people, "open", area_id=areas.tree().by_path(f"{COMMUNITY}05/").id)
    assert proposed(people, case_id) == Proposal("worker")
    with audit.transaction() as session:
        accounts.grant(
            session, SYSTEM, people.stranger.person_id or 0, "grid_worker", areas.tree().by_path(COMMUNITY).id
        )
    assert proposed(people, case_id).person_id == people.stranger.person_id


def test_bulk_follows_the_rules(people: People) -> None:
    rule(COMMUNITY, "noise", "hall")
    road, noise = posted(people), posted(people, category="noise")
    do(dispatch.send_by_rule, people.staff, [noise, road])
    assert (case(road).state, case(road).holder_id) == ("dispatched", people.grid_worker.person_id)
    assert (case(noise).state, case(noise).in_hall) == ("open", True)


def test_a_proposal_is_for_those_who_dispatch(people: People) -> None:
    case_id = staged(people, "open")
    for other in (people.resident, people.volunteer, people.grid_worker, people.far_staff):
        with pytest.raises(Forbidden):
            look(dispatch.proposal, other, case(case_id))
        with pytest.raises(Forbidden):
            look(dispatch.workers, other, case(case_id))


# To a worker


def test_a_worker_gets_it_and_is_told(people: People) -> None:
    case_id = staged(people, "dispatched")
    found = case(case_id)
    assert (found.holder_id, found.held_as, found.hold_until_at) == (people.grid_worker.person_id, "worker", None)
    assert "case_for_you" in messages(people.grid_worker.person_id)
    assert rows(case_id)[-1].private == {"holder": people.grid_worker.person_id}


def test_the_public_is_not_told_who(people: People) -> None:
    case_id = staged(people, "dispatched")
    told = [str(step) for step in steps(people.resident, case_id)]
    assert not any(f"actor_id={people.staff.person_id}" in text or "holder" in text for text in told)


def test_the_worker_must_be_in_charge(people: People) -> None:
    case_id = staged(people, "open")
    for wrong in (people.next_worker, people.volunteer, people.staff, people.stranger):
        with refused("not_in_charge"):
            do(dispatch.dispatch, people.staff, case_id, wrong.person_id)
    with refused("not_in_charge"):
        do(dispatch.dispatch, people.staff, case_id, 999)


def test_a_worker_whose_duty_ended_is_no_longer_in_charge(people: People) -> None:
    case_id = staged(people, "open")
    with audit.transaction() as session:
        duty = session.exec(select(Duty).where(Duty.person_id == people.grid_worker.person_id)).one()
        duty.until_at = clock.now()
    with refused("not_in_charge"):
        do(dispatch.dispatch, people.staff, case_id, people.grid_worker.person_id)


def test_it_is_dispatched_anew_until_somebody_began(people: People) -> None:
    case_id = staged(people, "dispatched")
    do(dispatch.dispatch, people.staff, case_id, people.grid_worker.person_id)
    do(dispatch.to_hall, people.staff, case_id)
    assert (case(case_id).state, case(case_id).holder_id) == ("open", None)
    do(dispatch.dispatch, people.staff, case_id, people.grid_worker.person_id)
    do(work.take_on, people.grid_worker, case_id)
    with pytest.raises(TooLate):
        do(dispatch.dispatch, people.staff, case_id, people.grid_worker.person_id)


def test_a_worker_sends_it_back_with_a_reason(people: People) -> None:
    case_id = staged(people, "dispatched")
    with refused("missing", field="says"):
        do(dispatch.send_back, people.grid_worker, case_id, "")
    do(dispatch.send_back, people.grid_worker, case_id, "不在我的网格")
    found = case(case_id)
    assert (found.state, found.holder_id, found.in_hall) == ("open", None, False)
    assert steps(people.staff, case_id)[-1].says == "不在我的网格"
    assert "case.send_back" not in [step.act for step in steps(people.resident, case_id)]


# The hall


def test_a_volunteer_grabs_it(people: People, monday: None) -> None:
    case_id = staged(people, "claimed")
    found = case(case_id)
    assert (found.holder_id, found.held_as, found.in_hall) == (people.volunteer.person_id, "volunteer", False)
    assert found.hold_until_at == found.next_at == MONDAY + timedelta(hours=limits.HOLD_HOURS)
    assert "case_claimed" in messages(people.resident.person_id)


def test_the_second_comes_too_late_and_is_told_kindly(people: People) -> None:
    case_id = staged(people, "claimed")
    with pytest.raises(TooLate, match="grabbed_already"):
        do(dispatch.grab, people.other_volunteer, case_id)
    assert case(case_id).holder_id == people.volunteer.person_id


def test_what_is_not_in_the_hall_is_not_grabbed(people: People) -> None:
    case_id = staged(people, "open")
    with refused("not_in_hall"):
        do(dispatch.grab, people.volunteer, case_id)
    with pytest.raises(NotFound):
        do(dispatch.grab, people.volunteer, staged(people, "screening"))


def test_nobody_grabs_their_own(people: People) -> None:
    case_id = in_hall(people)
    helper = replace(people.resident, duties=people.volunteer.duties)
    with refused("own_case"):
        do(dispatch.grab, helper, case_id)


def test_a_volunteer_holds_three_at_most(people: People) -> None:
    cases = [in_hall(people) for _ in range(4)]
    for case_id in cases[:3]:
        do(dispatch.grab, people.volunteer, case_id)
    with refused("too_many_holds", limit=3):
        do(dispatch.grab, people.volunteer, cases[3])
    do(work.take_on, people.volunteer, cases[0])
    do(work.ask, people.volunteer, cases[0], "在哪里？")
    with refused("too_many_holds"):
        do(dispatch.grab, people.volunteer, cases[3])
    do(dispatch.grab, people.other_volunteer, cases[3])
    do(dispatch.release, people.volunteer, cases[1])
    do(dispatch.release, people.other_volunteer, cases[3])
    do(dispatch.grab, people.volunteer, cases[3])


def test_a_released_order_returns_to_the_hall(people: People) -> None:
    case_id = staged(people, "claimed")
    do(dispatch.release, people.volunteer, case_id, "临时有事")
    found = case(case_id)
    assert (found.state, found.in_hall, found.holder_id, found.hold_until_at) == ("open", True, None, None)
    assert steps(people.resident, case_id)[-1].says is None
    do(dispatch.grab, people.other_volunteer, case_id)


def test_after_half_of_the_time_it_goes_to_the_desk(people: People, monday: None) -> None:
    case_id = staged(people, "claimed", category="danger")
    with clock.at(MONDAY + timedelta(hours=1)):
        do(dispatch.release, people.volunteer, case_id)
    assert case(case_id).in_hall is False


def test_what_a_worker_releases_goes_to_the_desk(people: People) -> None:
    case_id = staged(people, "in_progress")
    do(dispatch.release, people.grid_worker, case_id)
    assert (case(case_id).state, case(case_id).in_hall) == ("open", False)


def test_after_half_of_the_time_the_hall_is_closed_to_it(people: People, monday: None) -> None:
    case_id = staged(people, "open", category="danger")
    with clock.at(MONDAY + timedelta(minutes=59)):
        do(dispatch.to_hall, people.staff, case_id)
    with clock.at(MONDAY + timedelta(minutes=60)), refused("hall_too_late"):
        do(dispatch.to_hall, people.staff, case_id)


# Escalation by hand


def test_escalating_goes_up_a_level_at_a_time_and_not_beyond(people: People) -> None:
    case_id = staged(people, "dispatched")
    with refused("missing", field="says"):
        do(levels.escalate, people.staff, case_id, "")
    for level, path in (("street", STREET), ("city", CITY)):
        do(levels.escalate, people.staff, case_id, "需要上级协调")
        assert case(case_id).desk_path == path
        step = steps(people.resident, case_id)[-1]
        assert (step.act, step.says, step.facts) == ("case.escalate", "需要上级协调", {"level": level, "desk": path})
    with refused("top_level"):
        do(levels.escalate, people.staff, case_id, "再上")
    assert "case_climbed" in messages(people.street_staff.person_id)
    assert messages(people.far_staff.person_id).count("case_climbed") == 0


def test_escalating_changes_neither_holder_nor_clock(people: People) -> None:
    case_id = staged(people, "in_progress")
    before = case(case_id)
    do(levels.escalate, people.grid_worker, case_id, "需要吊车")
    after = case(case_id)
    assert (after.holder_id, after.due_at, after.missed) == (before.holder_id, before.due_at, 0)
    assert deeds(case_id)[-1] == "escalate"


def test_publishing_accepts_and_offers(people: People) -> None:
    case_id = posted(people)
    do(dispatch.publish, people.staff, case_id)
    assert deeds(case_id) == ["post", "accept", "to_hall"]
    do(screening.remark, people.staff, case_id, "好")
