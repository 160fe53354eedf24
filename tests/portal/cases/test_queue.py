"""The hall, and what waits for oneself; keys and tabs that nobody offered."""

from dataclasses import replace
from datetime import timedelta

import pytest

from portal import audit, clock, limits
from portal.acts import VISITOR, Who
from portal.cases import dispatch, echo, inbox, lists, post, screening
from portal.errors import Forbidden
from tests.fixtures.town import COMMUNITY, OTHER_COMMUNITY, People
from tests.portal.cases.steps import MONDAY, WAYS, do, in_hall, look, refused, staged, wish
from tests.portal.cases.test_wall import stick


@pytest.fixture
def one_of_each(people: People) -> dict[str, int]:
    """A case in each state, each with an hour of its own."""
    found = {}
    for number, state in enumerate(WAYS):
        with clock.at(MONDAY + number * timedelta(hours=2)):
            found[state] = staged(people, state)
    with clock.at(MONDAY + timedelta(hours=40)):
        found["in_hall"] = in_hall(people)
    return found


@pytest.mark.parametrize("key", ["x", "-1", "9" * 30, "1:1", "１"])
def test_forged_keys_and_tabs_are_refused(people: People, key: str) -> None:
    with refused("not_offered", field="page"):
        look(inbox.queue, people.staff, "screening", key)
    with refused("not_offered", field="page"):
        look(lists.hall, people.volunteer, key if key != "1:1" else "1:x")  # its keys have two parts
    with refused("not_offered", field="page"):
        look(lists.mine, people.resident, "posted", key)
    with refused("not_offered", field="tab"):
        look(inbox.queue, people.staff, key)
    with refused("not_offered", field="part"):
        look(lists.mine, people.resident, key)


def test_the_queue_tells_who_holds_and_the_hall_does_not(people: People) -> None:
    staged(people, "dispatched"), in_hall(people)
    assert look(inbox.queue, people.staff, "running").rows[0].holder_id == people.grid_worker.person_id
    assert look(lists.hall, people.volunteer).rows[0].holder_id is None


# The hall


def test_the_hall_offers_what_may_be_grabbed(people: People) -> None:
    offered, hidden = in_hall(people), in_hall(people)
    do(screening.hide, people.staff, hidden, "隐私")
    staged(people, "open"), staged(people, "claimed")
    assert [n.id for n in look(lists.hall, people.volunteer).rows] == [offered]
    far = replace(people.volunteer, duties=frozenset({("volunteer", OTHER_COMMUNITY)}))
    assert look(lists.hall, far).rows == []
    for other in (people.resident, people.staff, VISITOR):
        with pytest.raises(Forbidden, match="volunteers_only"):
            look(lists.hall, other)


def test_everything_in_the_hall_can_be_grabbed(people: People) -> None:
    in_hall(people), in_hall(people)
    for note in look(lists.hall, people.volunteer).rows:
        do(dispatch.grab, people.volunteer, note.id)
    assert look(lists.hall, people.volunteer).rows == []


def test_the_hall_is_paged(people: People) -> None:
    with audit.transaction() as session:
        ids = [stick(session, n, in_hall=True).id for n in range(7)]
    first = look(lists.hall, people.volunteer, None, 4)
    second = look(lists.hall, people.volunteer, first.next, 4)
    assert [n.id for n in first.rows + second.rows] == ids and second.next is None


# One's own


def test_mine(people: People, one_of_each: dict[str, int]) -> None:
    def part(who: Who, name: str) -> set[int]:
        return {n.id for n in look(lists.mine, who, name, None, 100).rows}

    everything = set(one_of_each.values())
    assert part(people.resident, "posted") >= everything - {one_of_each["draft"]}
    assert part(people.resident, "drafts") == {one_of_each["draft"]}
    assert part(people.grid_worker, "took") >= {one_of_each["in_progress"], one_of_each["closed"]}
    assert part(people.volunteer, "took") == {one_of_each["claimed"]}
    with clock.at(MONDAY + timedelta(days=3)):
        do(post.support, people.neighbour, one_of_each["open"])
        recorded = do(post.record, people.grid_worker, wish(channel="counter", consent="written")).case_id
    assert part(people.neighbour, "supported") == {one_of_each["open"]}
    assert part(people.grid_worker, "recorded") == {recorded}
    for name in lists.PARTS:
        assert part(people.stranger, name) == part(VISITOR, name) == set()


def test_a_receipt_holds_its_cases_together(people: People) -> None:
    who = replace(VISITOR, client="x")
    ids = [do(post.post, who, wish()).case_id for _ in range(2)]
    holding = replace(who, receipts=frozenset(ids))
    assert {n.id for n in look(lists.mine, holding, "posted").rows} == set(ids)
    assert look(lists.mine, holding, "drafts").rows == []
    do(screening.give_back, people.staff, ids[0], "哪里？")
    assert [n.id for n in look(lists.waiting_for_me, holding)] == [ids[0]]
    assert look(lists.waiting_for_me, who) == []


def test_what_waits_for_whom(people: People, one_of_each: dict[str, int]) -> None:
    def waits(who: Who) -> set[int]:
        return {n.id for n in look(lists.waiting_for_me, who)}

    at = one_of_each
    assert waits(people.resident) == {at["returned"], at["awaiting_resident"], at["done"]}
    assert waits(people.grid_worker) == {at["dispatched"], at["in_progress"]}
    assert waits(people.volunteer) == {at["claimed"]}
    assert waits(people.stranger) == waits(VISITOR) == waits(people.staff) == set()
    with clock.at(MONDAY + timedelta(days=2)):
        do(echo.rate, people.resident, at["done"], "solved", 5)
    assert at["done"] not in waits(people.resident)


def test_what_is_in_hand_is_most_urgent_first(people: People, monday: None) -> None:
    slow = staged(people, "in_progress", category="property")
    quick = staged(people, "in_progress", category="danger")
    resting = staged(people, "awaiting_resident")
    assert [n.id for n in look(lists.in_hand, people.grid_worker)] == [quick, slow, resting]
    assert look(lists.in_hand, VISITOR) == []


def test_lists_of_a_page(people: People) -> None:
    with audit.transaction() as session:
        for n in range(limits.PAGE_ROWS + 3):
            stick(session, n, poster_id=people.stranger.person_id)
    first = look(lists.mine, people.stranger, "posted")
    assert len(first.rows) == limits.PAGE_ROWS and first.next is not None
    assert len(look(lists.mine, people.stranger, "posted", first.next).rows) == 3
    assert COMMUNITY in first.rows[0].area_path
