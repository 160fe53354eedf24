"""The inbox of each level: what stands where, what is mine, late and new, for whom, and back down from above."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from db.engine import reading
from db.models.cases import State
from db.models.notices import Notice
from portal import areas, audit, clock, limits
from portal.acts import VISITOR, Who
from portal.cases import clockwork, dispatch, echo, inbox, levels, screening, work
from portal.cases.inbox import Wanted
from portal.cases.setup import categories
from portal.errors import Forbidden
from tests.fixtures.town import CELL, CITY, COMMUNITY, NEXT_CELL, OTHER_COMMUNITY, STREET, People
from tests.portal.cases.steps import MONDAY, WAYS, case, deeds, do, in_hall, look, posted, refused, staged, steps
from tests.portal.cases.test_wall import stick

CELLS = {"here": CELL, "next": NEXT_CELL, "far": f"{OTHER_COMMUNITY}01/"}


def queued(who: Who, tab: str, **wanted: str) -> list[int]:
    return [n.id for n in look(inbox.queue, who, tab, None, Wanted(**wanted)).rows]


def at(cell: str) -> int:
    return areas.tree().by_path(CELLS[cell]).id


def heard(who: Who, message: str) -> int:
    """How often somebody was told this."""
    with reading() as session:
        query = select(Notice).where(Notice.person_id == who.person_id, Notice.message == message)
        return len(session.exec(query.order_by(col(Notice.id))).all())


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


def test_each_state_stands_in_its_tab(people: People, one_of_each: dict[str, int]) -> None:
    with clock.at(MONDAY + timedelta(days=2)):
        tabs = {tab: queued(people.staff, tab) for tab in inbox.TABS}
        counts = look(inbox.counts, people.staff)
    at = one_of_each
    assert tabs["screening"] == [at["screening"]]
    assert tabs["in_hall"] == [at["in_hall"]]
    assert set(tabs["running"]) == {at[s] for s in ("dispatched", "claimed", "in_progress", "awaiting_resident")}
    assert tabs["returned"] == [at["returned"]]
    assert tabs["done"] == [at["done"]]
    assert at["open"] in tabs["to_send"] and at["in_hall"] not in tabs["to_send"]
    assert tabs["late"] == tabs["asked"] == []
    assert tabs["mine"] == sorted({at["screening"], at["open"], *tabs["to_send"]})
    assert counts == {tab: len(ids) for tab, ids in tabs.items()}
    assert at["draft"] not in [i for ids in tabs.values() for i in ids]


def test_what_is_late(people: People, one_of_each: dict[str, int]) -> None:
    with clock.at(MONDAY + timedelta(days=60)):
        late = queued(people.staff, "late")
    ticking = ("screening", "open", "dispatched", "claimed", "in_progress", "in_hall")
    assert {one_of_each[s] for s in ticking} <= set(late)
    assert not {one_of_each[s] for s in ("returned", "awaiting_resident", "done", "closed")} & set(late)


def test_the_queue_is_oldest_first_and_paged_without_gap(people: People) -> None:
    with audit.transaction() as session:
        ids = [stick(session, n, state="screening", standing="").id for n in range(23)]
    seen, key = [], None
    while True:
        part = look(inbox.queue, people.staff, "screening", key, None, 5)
        seen += [n.id for n in part.rows]
        key = part.next
        if key is None:
            break
        with audit.transaction() as session:  # what was on the page is done meanwhile
            screening.accept(session, people.staff, part.rows[0].id)
    assert seen == ids


def test_pages_of_several_states_have_no_gap_either(people: People) -> None:
    with audit.transaction() as session:
        states = [State.DISPATCHED, State.IN_PROGRESS, State.CLAIMED, State.AWAITING_RESIDENT]
        ids = [stick(session, n, state=states[n % 4]).id for n in range(17)]
    seen, key = [], None
    while True:
        part = look(inbox.queue, people.staff, "running", key, None, 4)
        seen += [n.id for n in part.rows]
        key = part.next
        if key is None:
            break
    assert seen == ids


def test_counts_stop(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    with audit.transaction() as session:
        for n in range(9):
            stick(session, n, state=[State.DISPATCHED, State.IN_PROGRESS][n % 2])
    monkeypatch.setattr(inbox, "COUNT_UP_TO", 4)
    assert look(inbox.counts, people.staff)["running"] == 4


# Whose inbox


def test_a_case_stands_in_the_inbox_of_its_desk(people: People) -> None:
    here, far = posted(people), posted(people, area_id=at("far"))
    assert queued(people.staff, "screening") == [here]
    assert queued(people.far_staff, "screening") == [far]
    assert queued(people.street_staff, "screening") == []
    assert queued(people.street_staff, "screening", desk="below") == [here, far]
    both = replace(people.staff, duties=people.staff.duties | people.far_staff.duties)
    assert queued(both, "screening") == [here, far]
    for other in (people.resident, people.volunteer, people.mediator, people.admin, VISITOR):
        with pytest.raises(Forbidden, match="desk_only"):
            look(inbox.queue, other, "screening")
        with pytest.raises(Forbidden, match="desk_only"):
            look(inbox.counts, other)


def test_a_cell_has_an_inbox_of_all_its_cases(people: People) -> None:
    here, beside = posted(people), posted(people, area_id=at("next"))
    assert queued(people.grid_worker, "screening") == [here]
    assert queued(people.next_worker, "screening") == [beside]
    do(screening.accept, people.staff, here)
    do(levels.escalate, people.staff, here, "难办")
    assert queued(people.grid_worker, "to_send") == [here], "wherever its desk is"


def test_who_works_at_several_levels_chooses_one(people: People) -> None:
    duties = people.staff.duties | people.street_staff.duties | people.grid_worker.duties
    everywhere = replace(people.staff, duties=frozenset(duties))
    assert [box.level for box in inbox.inboxes(everywhere)] == ["community", "street", "cell"]
    assert [box.desks for box in inbox.inboxes(everywhere)] == [("own", "above"), ("own", "below", "above"), ()]
    here, beside = posted(people), posted(people, area_id=at("next"))
    assert queued(everywhere, "screening") == queued(everywhere, "screening", level="nonsense") == [here, beside]
    assert queued(everywhere, "screening", level="cell") == [here]
    assert queued(everywhere, "screening", level="street") == []
    assert queued(everywhere, "screening", level="street", desk="below") == [here, beside]


def test_a_dispute_is_in_no_inbox(people: People) -> None:
    with audit.transaction() as session:
        kind: dict[str, Any] = {
            "kind": "dispute",
            "category": categories("dispute")[0].code,
            "private": True,
            "standing": "",
        }
        for n, state in enumerate(("screening", "open", "in_progress", "done")):
            stick(session, n, state=state, holder_id=people.staff.person_id, **kind)
    for who in (people.staff, people.street_staff, people.grid_worker):
        for desk in ("", "below", "above"):
            for kinds in ("", "dispute"):
                assert not any(look(inbox.counts, who, Wanted(desk=desk, kind=kinds)).values())


def test_the_queue_is_narrowed(people: People) -> None:
    road, noise = posted(people), posted(people, category="noise", area_id=at("next"))
    opinion = posted(people, kind="opinion", private=True)
    assert queued(people.staff, "screening", category="noise") == [noise]
    assert queued(people.staff, "screening", area_path=NEXT_CELL) == [noise]
    assert queued(people.staff, "screening", kind="opinion") == [opinion]
    assert queued(people.staff, "screening", kind="wish") == [road, noise]
    assert look(inbox.counts, people.staff, Wanted(category="noise"))["screening"] == 1
    for elsewhere in (OTHER_COMMUNITY, STREET, "/nowhere/"):
        with refused("desk_only"):
            look(inbox.queue, people.staff, "screening", None, Wanted(area_path=elsewhere))


# Mine, late, new


def test_mine_is_what_i_hold_and_what_waits_for_my_desk(people: People, monday: None) -> None:
    waits, held, sent = posted(people), staged(people, "in_progress"), staged(people, "open")
    assert queued(people.staff, "mine") == [waits, sent]
    assert queued(people.grid_worker, "mine") == [held], "a wish waits for the desk, not for the cell"
    assert queued(people.next_worker, "mine") == []
    assert queued(people.street_staff, "mine", desk="below") == [], "what waits for the desk below is not mine"
    with audit.transaction() as session:
        kind: dict[str, Any] = {"kind": "help", "category": categories("help")[0].code, "private": True, "standing": ""}
        order = stick(session, 1, state="screening", **kind).id
    assert queued(people.grid_worker, "mine") == [held, order], "which may accept a help order"


def test_new_is_what_came_within_a_day(people: People) -> None:
    with clock.at(MONDAY):
        old, accepted = posted(people), posted(people)
        do(screening.accept, people.staff, accepted)
    with clock.at(MONDAY + timedelta(hours=limits.NEW_HOURS + 1)):
        fresh = posted(people)
        assert queued(people.staff, "new") == queued(people.grid_worker, "new") == [fresh]
        do(levels.escalate, people.staff, accepted, "要街道协调")
        assert queued(people.street_staff, "new") == [accepted], "new is what came to this very desk"
        assert old in queued(people.staff, "screening")
    with clock.at(MONDAY + timedelta(hours=2 * limits.NEW_HOURS + 2)):
        assert queued(people.street_staff, "new") == queued(people.staff, "new") == []


# Up and back


@pytest.fixture
def lifted(people: People, monday: None) -> int:
    case_id = staged(people, "open")
    do(levels.escalate, people.staff, case_id, "需要街道协调")
    return case_id


def test_up_and_back_down(people: People, lifted: int) -> None:
    assert case(lifted).desk_path == STREET and case(lifted).desk_since_at == MONDAY
    assert queued(people.staff, "to_send") == [] and queued(people.staff, "to_send", desk="above") == [lifted]
    assert queued(people.street_staff, "to_send") == [lifted]
    with clock.at(MONDAY + timedelta(hours=3)):
        do(levels.hand_down, people.street_staff, lifted, "社区可以自己办，街道已协调好物业。")
    found = case(lifted)
    assert (found.desk_path, found.state, found.desk_since_at) == (COMMUNITY, "open", MONDAY + timedelta(hours=3))
    assert queued(people.staff, "to_send") == [lifted] and queued(people.street_staff, "to_send") == []
    assert deeds(lifted)[-2:] == ["escalate", "hand_down"]
    told = steps(VISITOR, lifted)[-1]
    assert (told.says, told.facts["level"]) == ("社区可以自己办，街道已协调好物业。", "community")
    assert heard(people.staff, "case_handed_down") == 1 and heard(people.street_staff, "case_handed_down") == 0


def test_only_the_desk_above_hands_down(people: People, lifted: int) -> None:
    for other in (people.staff, people.far_staff, people.grid_worker, people.resident, VISITOR, people.admin):
        with pytest.raises(Forbidden):
            do(levels.hand_down, other, lifted, "还给我")
    with refused("missing", field="says"):
        do(levels.hand_down, people.street_staff, lifted, " ")
    city = replace(people.admin, duties=frozenset({("staff", CITY)}))
    do(levels.hand_down, city, lifted, "请社区办")
    for who in (people.staff, people.street_staff):
        with refused("bottom_level"):
            do(levels.hand_down, who, lifted, "再往下")


def test_each_hop_leads_one_level(people: People, lifted: int) -> None:
    do(levels.escalate, people.street_staff, lifted, "要市里")
    city = replace(people.admin, duties=frozenset({("staff", CITY)}))
    do(levels.hand_down, city, lifted, "街道办")
    assert case(lifted).desk_path == STREET
    do(levels.hand_down, people.street_staff, lifted, "社区办")
    assert case(lifted).desk_path == COMMUNITY


def test_what_was_handed_down_late_has_time_of_its_own(people: People) -> None:
    """Else it would climb again with the next tick of the clock."""
    with clock.at(MONDAY):
        case_id = staged(people, "open", category="danger")
    late = MONDAY + timedelta(days=30)
    with clock.at(late):
        clockwork.tick()
        assert case(case_id).desk_path == STREET
        do(levels.hand_down, people.street_staff, case_id, "请社区马上去看")
        clockwork.tick()
        assert case(case_id).desk_path == COMMUNITY
    half = timedelta(hours=1)  # of the two hours for danger
    with clock.at(late + half - timedelta(minutes=1)):
        clockwork.tick()
        assert case(case_id).desk_path == COMMUNITY
    with clock.at(late + half):
        clockwork.tick()
    assert case(case_id).desk_path == STREET and deeds(case_id).count("climb") == 2


def test_handed_down_in_time_it_climbs_when_it_is_due(people: People, lifted: int) -> None:
    do(levels.hand_down, people.street_staff, lifted, "社区办")
    due = case(lifted).due_at
    assert due is not None
    with clock.at(due - timedelta(minutes=1)):
        clockwork.tick()
        assert case(lifted).desk_path == COMMUNITY
    with clock.at(due):
        clockwork.tick()
    assert case(lifted).desk_path == STREET


def test_a_reopened_case_begins_at_its_first_desk(people: People, lifted: int) -> None:
    do(dispatch.dispatch, people.staff, lifted, people.grid_worker.person_id)
    do(work.take_on, people.grid_worker, lifted)
    do(work.finish, people.grid_worker, lifted, "修好了")
    later = MONDAY + timedelta(days=1)
    with clock.at(later):
        do(echo.reopen, people.resident, lifted, "又坏了")
        assert (case(lifted).desk_path, case(lifted).desk_since_at) == (COMMUNITY, later)
        assert queued(people.staff, "new") == [lifted]
