"""Nobody keeps a case in hand once they lost the duty for it or were shut out."""

from datetime import timedelta

import pytest
from sqlmodel import col, select

from db.engine import reading
from db.models.accounts import Duty
from portal import areas, clock
from portal.accounts import people as accounts
from portal.acts import Who
from portal.cases import acts, dispatch, lifecycle, staffing
from portal.cases.setup import setup
from portal.cases.timeline import clock_steps
from tests.fixtures.town import CELL, CITY, People
from tests.portal.cases.steps import MONDAY, case, deeds, do, refused, rows, staged, volunteered

pytestmark = pytest.mark.usefixtures("monday")
IN_HAND = ("dispatched", "claimed", "in_progress", "awaiting_resident")


def duty_of(who: Who) -> int:
    with reading() as session:
        live = select(Duty.id).where(Duty.person_id == who.person_id, col(Duty.until_at).is_(None))
        return session.exec(live).one() or 0


@pytest.mark.parametrize("state", IN_HAND)
@pytest.mark.parametrize("way", ["revoke", "block"])
def test_what_was_in_hand_is_free(people: People, state: str, way: str) -> None:
    case_id = staged(people, state)
    holder = people.volunteer if state == "claimed" else people.grid_worker
    if way == "revoke":
        do(staffing.revoke, people.admin, duty_of(holder))
    else:
        do(staffing.block, people.admin, holder.person_id, "冒用他人账号")
    found = case(case_id)
    assert (found.state, found.holder_id, found.held_as, found.hold_until_at) == ("open", None, "", None)
    assert found.in_hall == (state == "claimed")
    row = rows(case_id)[-1]
    assert (row.act, row.role, row.actor_id, row.private) == ("case.free", "system", None, {"holder": holder.person_id})
    assert str(holder.person_id) not in str(row.facts)
    with reading() as session:
        plan = setup()
        again = lifecycle.replay(clock_steps(session, found), plan.target_of(found.category), plan)
    assert again == lifecycle.clock_of(found) and found.next_at is not None


def test_after_half_of_the_time_it_does_not_go_back_to_the_hall(people: People) -> None:
    case_id = volunteered(people)
    half = case(case_id).half_at
    assert half is not None
    with clock.at(half + timedelta(minutes=1)):
        do(staffing.block, people.admin, people.volunteer.person_id, "多次弃单")
    assert (case(case_id).state, case(case_id).in_hall) == ("open", False)


def test_another_fitting_duty_keeps_it(people: People) -> None:
    case_id, town = staged(people, "in_progress"), areas.tree().by_path(CITY).id
    first = duty_of(people.grid_worker)
    do(accounts.grant, people.admin, people.grid_worker.person_id, "grid_worker", town)
    do(accounts.grant, people.admin, people.grid_worker.person_id, "volunteer", areas.tree().by_path(CELL).id)
    do(staffing.revoke, people.admin, first)
    assert case(case_id).holder_id == people.grid_worker.person_id and "free" not in deeds(case_id)
    do(staffing.revoke, people.admin, _duty(people.grid_worker, "grid_worker"))
    assert case(case_id).holder_id is None, "a volunteer's duty does not cover what was dispatched to a worker"


@pytest.mark.parametrize("state", ["done", "closed"])
def test_what_is_answered_stays_with_who_answered_it(people: People, state: str) -> None:
    case_id = staged(people, state)
    do(staffing.block, people.admin, people.grid_worker.person_id, "离职")
    assert case(case_id).state == state and case(case_id).holder_id == people.grid_worker.person_id


def test_without_the_right_nothing_is_freed(people: People) -> None:
    case_id = staged(people, "in_progress")
    with refused("forbidden_act"):
        do(staffing.block, people.staff, people.grid_worker.person_id, "x")
    with refused("forbidden_act"):
        do(staffing.revoke, people.staff, duty_of(people.grid_worker))
    assert case(case_id).state == "in_progress"


def test_what_was_freed_can_be_given_to_somebody_else(people: People) -> None:
    case_id = staged(people, "dispatched")
    do(staffing.block, people.admin, people.grid_worker.person_id, "离职")
    with refused("not_in_charge"):
        do(dispatch.dispatch, people.staff, case_id, people.grid_worker.person_id)
    do(accounts.grant, people.admin, people.next_worker.person_id, "grid_worker", areas.tree().by_path(CELL).id)
    do(dispatch.dispatch, people.staff, case_id, people.next_worker.person_id)
    assert case(case_id).holder_id == people.next_worker.person_id
    assert acts.LET_GO.who == ("system",) and case(case_id).started_at == MONDAY


def _duty(who: Who, role: str) -> int:
    with reading() as session:
        live = select(Duty.id).where(Duty.person_id == who.person_id, Duty.role == role, col(Duty.until_at).is_(None))
        return session.exec(live).one() or 0
