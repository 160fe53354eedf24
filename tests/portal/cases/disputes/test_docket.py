"""The mediation room's lists: what is in which, page by page, and that they are read along their own index."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlmodel import col

from db.engine import is_sqlite, reading
from db.models.cases import Case
from portal import clock
from portal.cases import post, screening
from portal.cases.disputes import agreements, docket, sittings
from portal.errors import Forbidden
from tests.fixtures.town import People
from tests.portal.cases.disputes.conftest import Room
from tests.portal.cases.steps import MONDAY, case, do, look, wish

pytestmark = pytest.mark.usefixtures("monday")


def numbers(people: People, tab: str) -> list[int]:
    who = people.mediator if tab in docket.MEDIATORS else people.mediation_head
    return [entry.note.id for entry in look(docket.docket, who, tab).rows]


def test_each_stands_where_it_belongs(room: Room, people: People) -> None:
    do(post.post, people.neighbour, wish())
    new, open_, begun, done = room.brought(), room.let_in(), room.begun(), room.agreed(days=3)
    declined = room.brought()
    do(screening.decline, people.mediation_head, declined, "不属于调解范围")
    assert [numbers(people, tab) for tab in docket.HEADS] == [[new], [open_], [begun], [], [declined, done]]
    assert [numbers(people, tab) for tab in docket.MEDIATORS] == [[begun], [done], [done]]
    assert look(docket.counts, people.mediation_head) == {
        "new": 1, "to_appoint": 1, "running": 1, "follow_up": 0, "ended": 2,
    }  # fmt: skip
    with clock.at(MONDAY + timedelta(days=3)):
        assert numbers(people, "follow_up") == [done]
        do(agreements.follow_up, people.mediator, done, "做到了", "solved")
        assert numbers(people, "follow_up") == []


def test_it_says_who_mediates_and_what_comes_next(room: Room, people: People) -> None:
    case_id = room.begun()
    later, sooner = (clock.now() + timedelta(days=n) for n in (5, 2))
    for at in (later, sooner):
        do(sittings.sit, people.mediator, case_id, at, "调解室")
    [entry] = look(docket.docket, people.mediation_head, "running").rows
    assert (entry.mediator, entry.sitting_at) == ("mediator", sooner)


def test_it_goes_on_by_key(room: Room, people: People) -> None:
    brought = [room.brought() for _ in range(5)][::-1]
    seen, after = [], None
    while True:
        found = look(docket.docket, people.mediation_head, "new", after, 2)
        seen += [entry.note.id for entry in found.rows]
        after = found.next
        if after is None:
            break
    assert seen == brought


def test_it_is_for_heads_and_mediators_alone(room: Room, people: People) -> None:
    for who in (people.staff, people.admin, people.resident, people.mediator):
        with pytest.raises(Forbidden):
            look(docket.docket, who, "new")
    with pytest.raises(Forbidden):
        look(docket.docket, people.mediation_head, "mine")
    assert docket.tabs(people.staff) == ()


@pytest.mark.parametrize("tab", docket.HEADS)
def test_a_heads_list_does_not_grow_with_all_other_cases(people: People, tab: str) -> None:
    if not is_sqlite():
        pytest.skip("what PostgreSQL chooses depends on its statistics")
    with reading() as session:
        query = docket._query(session, people.mediation_head, tab).order_by(col(Case.id).desc()).limit(21)
        told = str(query.compile(session.connection(), compile_kwargs={"literal_binds": True}))
        plan = " ".join(str(row[3]) for row in session.execute(text(f"EXPLAIN QUERY PLAN {told}")))
    assert "USING INDEX disputes" in plan and "TEMP B-TREE" not in plan


def test_a_declined_dispute_was_never_shown_to_the_other_side(room: Room, people: People) -> None:
    case_id = room.brought()
    do(screening.decline, people.mediation_head, case_id, "不属于调解范围")
    assert case(case_id).shown_at is None
