"""Large matters: several units under one lead, each with its part; and two at once."""

import threading
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from db.engine import is_sqlite, reading
from db.models.audit import AuditRow
from db.models.oversight import SubOrder
from portal import acts as matrix
from portal import areas, audit, clock, limits
from portal.accounts import people as accounts
from portal.acts import SYSTEM, VISITOR, Who
from portal.cases import inbox, network, post, screening, staffing, work
from portal.cases import reading as cases
from portal.errors import Forbidden, NotFound, Refused
from tests.fixtures.town import CELL, CITY, COMMUNITY, NEXT_CELL, OTHER_COMMUNITY, STREET, People
from tests.portal.cases.steps import MONDAY, case, deeds, do, look, refused, staged, steps
from tests.portal.cases.test_inbox import heard, queued
from tests.portal.cases.test_races import at_once, tally

ASKED = "请安排两个人一起清运"


def area(path: str) -> int:
    return areas.tree().by_path(path).id


def part(part_id: int) -> SubOrder:
    with reading() as session:
        return session.get_one(SubOrder, part_id)


@pytest.fixture
def large(people: People, monday: None) -> tuple[int, int]:
    """A wish in the grid worker's hands, to which another community was invited: its id and that of the part."""
    case_id = staged(people, "in_progress")
    return case_id, do(network.invite, people.staff, case_id, area(OTHER_COMMUNITY), ASKED)


def test_an_invited_unit_is_told_and_may_read_what_others_may_not(people: People, monday: None) -> None:
    case_id = staged(people, "in_progress", kind="opinion", private=True)
    with pytest.raises(NotFound):
        look(cases.one, people.far_staff, case_id)
    part_id = do(network.invite, people.grid_worker, case_id, area(OTHER_COMMUNITY), ASKED)
    found, asked = case(case_id), part(part_id)
    assert (found.scope, found.unit_paths) == ("large", [OTHER_COMMUNITY])
    assert (found.desk_path, found.holder_id) == (COMMUNITY, people.grid_worker.person_id), "the lead stays"
    assert (asked.state, asked.words, asked.due_at) == ("waiting", ASKED, found.due_at)
    assert heard(people.far_staff, "unit_asked") == 1
    assert look(cases.one, people.far_staff, case_id).id == case_id
    assert deeds(case_id)[-1] == "invite"
    assert queued(people.far_staff, "asked") == [case_id] and queued(people.staff, "asked") == []


def test_a_part_is_taken_and_done_under_the_lead(people: People, large: tuple[int, int]) -> None:
    case_id, part_id = large
    with refused("suborders_open", n=1):
        do(work.finish, people.grid_worker, case_id, "办好了")
    do(network.take, people.far_staff, part_id)
    assert part(part_id).holder_id == people.far_staff.person_id
    assert queued(people.far_staff, "mine") == queued(people.far_staff, "asked") == [case_id]
    with refused("suborders_open", n=1):
        do(work.finish, people.grid_worker, case_id, "办好了")
    do(network.done, people.far_staff, part_id, "渣土已清运两车")
    assert queued(people.far_staff, "mine") == queued(people.far_staff, "asked") == []
    told = steps(VISITOR, case_id)[-1]
    assert (told.act, told.says, told.facts) == ("case.unit_done", "渣土已清运两车", {"unit": OTHER_COMMUNITY})
    assert heard(people.staff, "unit_done") == heard(people.grid_worker, "unit_done") == 1
    do(work.finish, people.grid_worker, case_id, "办好了")
    assert case(case_id).state == "done"


def test_what_was_asked_is_for_those_inside_and_the_reply_for_all(people: People, large: tuple[int, int]) -> None:
    case_id, part_id = large
    do(network.take, people.far_staff, part_id)
    do(network.done, people.far_staff, part_id, "清运完了")
    (seen,) = look(network.parts, VISITOR, case(case_id))
    assert (seen.words, seen.holder, seen.reply, seen.area_path) == ("", "", "清运完了", OTHER_COMMUNITY)
    for who in (people.staff, people.far_staff, people.grid_worker):
        (inside,) = look(network.parts, who, case(case_id))
        assert (inside.words, inside.holder) == (ASKED, "far_staff")


def test_who_invites_takes_answers_and_takes_back(people: People, large: tuple[int, int]) -> None:
    case_id, part_id = large
    outsiders = (people.resident, people.volunteer, people.next_worker, people.admin, VISITOR)
    for other in (*outsiders, people.far_staff):
        with pytest.raises(Forbidden):
            do(network.invite, other, case_id, area(NEXT_CELL), ASKED)
        with pytest.raises(Forbidden):
            do(network.drop, other, part_id, "不用了")
    for other in (*outsiders, people.staff, people.grid_worker):
        with pytest.raises(Forbidden):
            do(network.take, other, part_id)
    do(network.take, people.far_staff, part_id)
    for other in (*outsiders, people.staff, people.grid_worker, people.street_staff):
        with pytest.raises(Forbidden):
            do(network.done, other, part_id, "好了")
    for forged in (0, -1, 10**12, part_id + 1):
        with pytest.raises(NotFound):
            do(network.take, people.far_staff, forged)


def test_what_cannot_be_asked(people: People, large: tuple[int, int]) -> None:
    case_id, _ = large
    empty = area(CELL.replace("03", "09"))
    for wrong, area_id, said in (
        ("unit_asked", area(OTHER_COMMUNITY), ASKED), ("unit_is_lead", area(COMMUNITY), ASKED),
        ("missing", area(NEXT_CELL), "  "), ("too_long", area(NEXT_CELL), "长" * (limits.COMMENT_CHARS + 1)),
        ("no_such_area", 10**6, ASKED),
    ):  # fmt: skip
        with refused(wrong):
            do(network.invite, people.staff, case_id, area_id, said)
    with refused("due_past"):
        do(network.invite, people.staff, case_id, area(NEXT_CELL), ASKED, MONDAY)
    with refused("missing", field="unit"):
        do(network.invite_each, people.staff, case_id, [], ASKED)
    do(network.invite, people.staff, case_id, empty, ASKED)  # its community's staff do it
    assert heard(people.staff, "unit_asked") == 1
    alone = staged(people, "done")
    with refused("too_late"):
        do(network.invite, people.staff, alone, area(NEXT_CELL), ASKED)


def test_a_place_for_which_nobody_is_there_cannot_be_asked(people: People, large: tuple[int, int]) -> None:
    with refused("unit_empty"):
        do(network.invite, people.staff, large[0], area(f"{CITY}lianran/"), ASKED)


def test_there_is_a_limit(people: People, large: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "UNITS_PER_CASE", 2)
    with refused("too_many_units", limit=2):
        do(network.invite_each, people.staff, large[0], [area(NEXT_CELL), area(STREET)], ASKED)
    assert case(large[0]).unit_paths == [OTHER_COMMUNITY], "all or none"


def test_the_lead_takes_a_part_back(people: People, large: tuple[int, int]) -> None:
    case_id, part_id = large
    do(network.take, people.far_staff, part_id)
    with refused("missing", field="says"):
        do(network.drop, people.grid_worker, part_id, "")
    do(network.drop, people.grid_worker, part_id, "物业已经清走了")
    assert part(part_id).state == "dropped" and case(case_id).unit_paths == []
    assert heard(people.far_staff, "unit_dropped") == 1
    with refused("too_late"):
        do(network.drop, people.staff, part_id, "再来一次")
    do(work.finish, people.grid_worker, case_id, "办好了")


def test_a_part_that_is_done_is_not_taken_back(people: People, large: tuple[int, int]) -> None:
    case_id, part_id = large
    do(network.take, people.far_staff, part_id)
    do(network.done, people.far_staff, part_id, "清了")
    with refused("too_late"):
        do(network.drop, people.staff, part_id, "不用了")
    assert case(case_id).unit_paths == [OTHER_COMMUNITY] and part(part_id).reply == "清了"


def test_a_colleague_goes_on_with_what_was_given_back(people: People, large: tuple[int, int]) -> None:
    case_id, part_id = large
    colleague = replace(people.stranger, duties=people.far_staff.duties)
    do(network.take, people.far_staff, part_id)
    do(network.give_back, people.far_staff, part_id, "我下周休假")
    assert (part(part_id).state, part(part_id).holder_id) == ("waiting", None)
    do(network.take, colleague, part_id)
    assert "我下周休假" not in [step.says for step in steps(VISITOR, case_id)]


@pytest.mark.parametrize("end", ["withdraw", "refer"])
def test_a_case_that_ends_otherwise_calls_its_units_off(people: People, large: tuple[int, int], end: str) -> None:
    case_id, part_id = large
    do(network.take, people.far_staff, part_id)
    if end == "withdraw":
        do(post.withdraw, people.resident, case_id, "不用了")
    else:
        do(screening.refer, people.staff, case_id, "已转城管，电话 12319。")
    assert part(part_id).state == "dropped" and heard(people.far_staff, "unit_dropped") == 1
    assert queued(people.far_staff, "asked") == queued(people.far_staff, "mine") == []
    for deed in (network.done, network.give_back):
        with pytest.raises((Forbidden, NotFound, matrix.TooLate)):
            do(deed, people.far_staff, part_id, "好了")


def test_what_somebody_took_is_free_when_their_duty_ends(people: People, large: tuple[int, int]) -> None:
    from db.models.accounts import Duty

    _, part_id = large
    do(network.take, people.far_staff, part_id)
    with reading() as session:
        duty = session.exec(select(Duty).where(Duty.person_id == people.far_staff.person_id)).one()
    do(staffing.revoke, people.admin, duty.id)
    assert (part(part_id).state, part(part_id).holder_id) == ("waiting", None)


def test_only_a_salted_digest_of_a_part_is_public(people: People, large: tuple[int, int]) -> None:
    """What a unit was asked stands in the chain, and is nobody's business outside."""
    case_id, part_id = large
    do(network.take, people.far_staff, part_id)
    with reading() as session:
        rows = session.exec(select(AuditRow).where(AuditRow.thing == f"sub_order:{part_id}")).all()
        assert {row.act for row in rows} == {"suborder.ask", "suborder.take"}
        assert not any(row.public for row in rows)
        invited = session.exec(select(AuditRow).where(AuditRow.act == "case.invite")).all()
    assert ASKED not in str([(row.facts, row.says) for row in invited])
    assert deeds(case_id)[-2:] == ["invite", "unit_take"]


def test_the_inbox_of_a_street_shows_what_its_communities_were_asked(people: People, large: tuple[int, int]) -> None:
    assert queued(people.street_staff, "asked") == [large[0]]
    assert look(inbox.counts, people.far_staff)["asked"] == 1
    with clock.at(MONDAY + timedelta(hours=1)):
        do(network.invite, people.staff, large[0], area(NEXT_CELL), "请帮忙看路")
    assert queued(people.next_worker, "asked") == [large[0]]
    assert queued(people.street_staff, "asked") == [large[0]], "once, however many were asked"


# Two at once


def colleagues(count: int) -> list[Who]:
    with audit.transaction() as session:
        made = [accounts.join(session, f"+86138{n:08}", f"同事{n}") for n in range(count)]
        for person in made:
            accounts.grant(session, SYSTEM, person.id or 0, "staff", area(OTHER_COMMUNITY))
    duty = frozenset({("staff", OTHER_COMMUNITY)})
    return [Who(person_id=person.id, name=person.name, duties=duty) for person in made]


def test_of_ten_who_take_one_part_one_wins(people: People, large: tuple[int, int]) -> None:
    case_id, part_id = large
    ends = tally(at_once([(network.take, who, (part_id,)) for who in colleagues(10)]))
    assert ends == {"done": 1, "too_late": 9}
    assert deeds(case_id).count("unit_take") == 1


def test_without_compare_and_set_several_would_take_it(
    people: People, large: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control. SQLite's write lock lets nobody read in between: there the stale reading is given."""
    case_id, part_id = large
    crowd, move = colleagues(4), matrix._move

    def unguarded(session: Session, act: Any, thing: Any, where: Any, sets: dict[str, Any]) -> None:
        if not isinstance(thing, SubOrder):
            return move(session, act, thing, where, sets)
        row = session.get_one(SubOrder, thing.id)
        row.state, row.holder_id = act.to, sets["holder_id"]
        session.flush()

    monkeypatch.setattr(matrix, "_move", unguarded)
    gate, found = threading.Barrier(len(crowd)), network._part

    def together(session: Session, who: Who, wanted: int) -> Any:
        read = found(session, who, wanted)
        if not is_sqlite():
            with suppress(threading.BrokenBarrierError):
                gate.wait(3)
        return read

    monkeypatch.setattr(network, "_part", together)
    assert tally(at_once([(network.take, who, (part_id,)) for who in crowd]))["done"] > 1
    assert deeds(case_id).count("unit_take") > 1


def finish_while_inviting(people: People, patch: pytest.MonkeyPatch) -> tuple[list[str], str, int]:
    """Finish a case, and invite a unit in the very moment after it was seen that there are no parts.

    Gives how both ended, the case's state and how many parts are open.
    """
    case_id, looked, ends = staged(people, "in_progress"), network.demand_done, ["", ""]

    def attempt(number: int, deed: Any, who: Who, *args: Any) -> None:
        try:
            do(deed, who, case_id, *args)
            ends[number] = "done"
        except Refused as refusal:
            ends[number] = refusal.message_id

    inviting = threading.Thread(target=attempt, args=(1, network.invite, people.staff, area(OTHER_COMMUNITY), ASKED))

    def then_invite(session: Session, row: Any) -> None:
        looked(session, row)
        inviting.start()
        inviting.join(0.5 if is_sqlite() else 20)  # whose write lock lets nobody in before the other is done

    patch.setattr(network, "demand_done", then_invite)
    attempt(0, work.finish, people.grid_worker, "办好了")
    inviting.join(20)
    with reading() as session:
        rows = session.exec(select(SubOrder).where(SubOrder.case_id == case_id, col(SubOrder.state).in_(network.OPEN)))
        return ends, case(case_id).state, len(rows.all())


def test_no_case_is_finished_over_a_part_that_was_just_added(
    people: People, monday: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends, state, parts = finish_while_inviting(people, monkeypatch)
    assert sorted(ends) == ["done", "too_late"]
    assert (state, parts) in [("done", 0), ("in_progress", 1)]


def test_without_the_version_it_would_be(people: People, monday: None, monkeypatch: pytest.MonkeyPatch) -> None:
    if is_sqlite():
        pytest.skip("the write lock of SQLite is the guard here; see the engine's tests")
    monkeypatch.setattr(matrix, "_unmoved", lambda thing, commutes, sets: [])
    assert finish_while_inviting(people, monkeypatch) == (["done", "done"], "done", 1)


def test_finish_and_invite_in_a_crowd(people: People, monday: None) -> None:
    for _ in range(3):
        case_id = staged(people, "in_progress")
        finish = (work.finish, people.grid_worker, (case_id, "办好了"))
        invite = (network.invite, people.staff, (case_id, area(OTHER_COMMUNITY), ASKED))
        ends = tally(at_once([finish, invite] * 4))
        assert set(ends) <= {"done", "too_late", "suborders_open", "unit_asked"}, ends
        assert ends["done"] == 1
        assert (case(case_id).state, case(case_id).scope) in [("done", ""), ("in_progress", "large")]


def test_a_case_is_withdrawn_while_its_part_is_taken(
    people: People, large: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both go from the case to its part; the other way round they would wait for each other in a circle."""
    case_id, part_id = large
    gate, moved = threading.Barrier(2), matrix._move

    def slowly(session: Session, act: Any, thing: Any, where: Any, sets: dict[str, Any]) -> None:
        moved(session, act, thing, where, sets)
        if act.name in ("case.withdraw", "suborder.take") and not is_sqlite():
            with suppress(threading.BrokenBarrierError):
                gate.wait(1)

    monkeypatch.setattr(matrix, "_move", slowly)
    ends = tally(at_once([(post.withdraw, people.resident, (case_id,)), (network.take, people.far_staff, (part_id,))]))
    assert ends["done"] >= 1 and set(ends) <= {"done", "too_late", "case_not_found"}
    assert (case(case_id).state, part(part_id).state) == ("withdrawn", "dropped")


def test_once_it_is_answered_a_unit_reads_no_more_than_the_public(people: People, monday: None) -> None:
    case_id = staged(people, "in_progress", kind="opinion", private=True)
    part_id = do(network.invite, people.staff, case_id, area(OTHER_COMMUNITY), ASKED)
    do(network.take, people.far_staff, part_id)
    do(network.done, people.far_staff, part_id, "清了两车")
    assert look(cases.one, people.far_staff, case_id).id == case_id
    do(work.finish, people.grid_worker, case_id, "办好了")
    with pytest.raises(NotFound):
        look(cases.one, people.far_staff, case_id)
