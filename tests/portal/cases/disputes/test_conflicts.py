"""Who must not mediate, who must not lead, and what a party may ask for."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from db.engine import reading
from db.models.accounts import Duty, Person
from db.models.notices import Notice
from portal import areas, audit, clock
from portal.accounts import people as accounts
from portal.acts import SYSTEM, Who
from portal.cases import appeals, dispatch, screening, staffing, work
from portal.cases.clockwork import tick
from portal.cases.disputes import OtherSide, agreements, docket, mediators, parties, record, sittings
from portal.cases.disputes.paper import agreement_paper
from portal.cases.reading import one
from portal.errors import Forbidden, NotFound
from tests.fixtures.town import CELL, COMMUNITY, OTHER_COMMUNITY, STREET, People
from tests.portal.cases.disputes.conftest import Room, grievance
from tests.portal.cases.steps import case, deeds, do, look, refused

MEDIATORS_PHONE, HEADS_PHONE = "13900000012", "13900000014"


def phone_of(who: Who) -> str:
    with reading() as session:
        mask = session.get_one(Person, who.person_id).phone_mask
    return f"1390000{mask[-4:]}"


def conflict_of(who: Who, people: People, case_id: int) -> str:
    found = {one.person_id: one for one in look(mediators.candidates, people.mediation_head, case_id)}
    return found[who.person_id or 0].conflict


def test_whoever_has_no_interest_may_be_appointed_the_closest_first(room: Room, people: People) -> None:
    nearer = Who(person_id=people.stranger.person_id)
    with audit.transaction() as session:
        accounts.grant(session, SYSTEM, nearer.person_id or 0, "mediator", areas.tree().by_path(CELL).id)
    found = look(mediators.candidates, people.mediation_head, room.let_in())
    assert [one.person_id for one in found] == [
        nearer.person_id, people.mediator.person_id, people.other_mediator.person_id,
    ]  # fmt: skip
    assert [one.level for one in found] == ["cell", "community", "community"]
    assert not any(one.conflict for one in found)


def test_a_mediator_who_is_the_other_side_is_left_out(room: Room, people: People) -> None:
    case_id = room.let_in(parties=(OtherSide("调解员本人", phone_of(people.mediator)),))
    assert conflict_of(people.mediator, people, case_id) == "party"
    with refused("not_in_charge"):
        do(dispatch.dispatch, people.mediation_head, case_id, people.mediator.person_id)
    do(dispatch.dispatch, people.mediation_head, case_id, people.other_mediator.person_id)


def test_a_mediator_who_brought_it_is_left_out(people: People) -> None:
    case_id = do(record, people.mediation_head, recorded(person_id=people.mediator.person_id)).case_id
    do(screening.accept, people.mediation_head, case_id)
    assert conflict_of(people.mediator, people, case_id) == "party"
    with refused("not_in_charge"):
        do(dispatch.dispatch, people.mediation_head, case_id, people.mediator.person_id)


def recorded(**changes: object):
    return grievance(**({"channel": "counter", "consent": "spoken", "name": "来访人"} | changes))


def test_a_mediator_who_wrote_it_down_is_left_out(people: People) -> None:
    case_id = do(record, people.mediator, recorded()).case_id
    do(screening.accept, people.mediation_head, case_id)
    assert conflict_of(people.mediator, people, case_id) == "recorded"
    with refused("not_in_charge"):
        do(dispatch.dispatch, people.mediation_head, case_id, people.mediator.person_id)


def test_each_party_may_ask_for_another_mediator_once(room: Room, people: People) -> None:
    case_id = room.begun()
    do(mediators.object_to, people.neighbour, case_id, "他是申请人的亲戚")
    assert (case(case_id).state, case(case_id).holder_id) == ("open", None)
    assert conflict_of(people.mediator, people, case_id) == "objected"
    with pytest.raises(NotFound):
        look(one, people.mediator, case_id)
    do(dispatch.dispatch, people.mediation_head, case_id, people.other_mediator.person_id)
    with refused("objected_already"):
        do(mediators.object_to, people.neighbour, case_id, "也不行")
    do(mediators.object_to, people.resident, case_id, "我也不放心")
    assert deeds(case_id).count("object") == 2
    with reading() as session:
        heads = session.exec(select(Notice.message).where(Notice.person_id == people.mediation_head.person_id)).all()
    assert heads.count("dispute_objected") == 2


def test_nobody_else_objects(room: Room, people: People) -> None:
    case_id = room.begun()
    for who in (people.mediator, people.mediation_head):
        with pytest.raises(Forbidden):
            do(mediators.object_to, who, case_id, "换人")
    with pytest.raises(NotFound):
        do(mediators.object_to, people.staff, case_id, "换人")


def test_living_near_one_side_is_told_and_no_bar(room: Room, people: People) -> None:
    with audit.transaction() as session:
        _home(session, people.mediator, CELL)
        _home(session, people.neighbour, f"{COMMUNITY}05/")
    case_id = room.let_in()
    near = {one.person_id: one.lives_near for one in look(mediators.candidates, people.mediation_head, case_id)}
    assert near == {people.mediator.person_id: True, people.other_mediator.person_id: False}
    with audit.transaction() as session:
        _home(session, people.neighbour, CELL)
    near = {one.person_id: one.lives_near for one in look(mediators.candidates, people.mediation_head, case_id)}
    assert not any(near.values()), "near both sides is near neither"


def _home(session: Session, who: Who, path: str) -> None:
    person = session.get_one(Person, who.person_id)
    person.home_area_id, person.area_path, person.resident_at = areas.tree().by_path(path).id, path, clock.now()
    session.add(person)


def test_a_head_does_not_lead_their_own_dispute(room: Room, people: People) -> None:
    case_id = room.brought(parties=(OtherSide("负责人", phone_of(people.mediation_head)),))
    with pytest.raises(NotFound):
        look(one, people.mediation_head, case_id)
    with pytest.raises(NotFound):
        do(screening.decline, people.mediation_head, case_id, "没有的事")
    assert look(docket.docket, people.mediation_head, "new").rows == []
    assert look(docket.counts, people.mediation_head)["new"] == 0
    with reading() as session:
        told = select(Notice.id).where(Notice.person_id == people.mediation_head.person_id, Notice.case_id == case_id)
        assert session.exec(told).first() is None
    above = replace(people.street_staff, duties=frozenset({("mediation_head", "/530181/jinfang/")}))
    do(screening.accept, above, case_id)
    assert look(one, people.mediation_head, case_id).id == case_id, "as a party, like any other"
    with pytest.raises(Forbidden):
        do(dispatch.dispatch, people.mediation_head, case_id, people.mediator.person_id)


def test_names_are_masked_for_the_other_side_and_phones_for_all(room: Room, people: People) -> None:
    case_id = room.begun()
    assert [(s.name, s.mine, s.phone_mask) for s in look(parties.sides, people.resident, case_id)] == [
        ("resident", True, ""), ("王*兴", False, ""),
    ]  # fmt: skip
    assert [(s.name, s.mine) for s in look(parties.sides, people.neighbour, case_id)] == [
        ("r***t", False), ("王德兴", True),
    ]  # fmt: skip
    for inside in (people.mediator, people.mediation_head):
        seen = look(parties.sides, inside, case_id)
        assert [side.name for side in seen] == ["resident", "王德兴"]
        assert [side.phone_mask for side in seen] == ["139****0001", "139****0002"]


@pytest.mark.parametrize(
    ("name", "masked"),
    [("李明", "李*"), ("李小明", "李*明"), ("欧阳小明", "欧**明"), ("金", "金*"), ("A" * 40, "A***A")],
)
def test_the_mask_of_a_name(name: str, masked: str) -> None:
    assert parties.mask(name) == masked


def test_names_and_phones_are_sealed_in_the_database(room: Room) -> None:
    room.brought()
    with reading() as session:
        kept = " ".join(map(str, session.exec(select(parties.Party)).all()))
    assert "王德兴" not in kept and "13900000002" not in kept


def test_a_phone_is_told_for_a_reason_that_is_kept(room: Room, people: People) -> None:
    case_id = room.begun()
    theirs = look(parties.sides, people.mediator, case_id)[1].id
    assert do(parties.reveal_phone, people.mediator, theirs, "约时间") == "+8613900000002"
    assert deeds(case_id)[-1] == "reveal"
    with refused("missing"):
        do(parties.reveal_phone, people.mediator, theirs, " ")
    with pytest.raises(Forbidden):
        do(parties.reveal_phone, people.resident, theirs, "我想知道")
    with pytest.raises(NotFound):
        do(parties.reveal_phone, people.staff, theirs, "看看")


def test_nobody_learns_whether_a_phone_has_an_account(people: People, room: Room) -> None:
    known, unknown = room.let_in(), room.let_in(parties=(OtherSide("王德兴", "13811112222"),))
    for reader in (people.resident, people.mediation_head):
        first, second = (look(parties.sides, reader, number)[1] for number in (known, unknown))
        strip = {"id": 0, "phone_mask": ""}
        assert replace(first, **strip) == replace(second, **strip)
    assert deeds(known) == deeds(unknown)


def test_the_same_person_is_no_party_twice(room: Room, people: People) -> None:
    with refused("party_twice"):
        room.brought(parties=(OtherSide("甲", "13811112222"), OtherSide("乙", "13811112222")))
    with refused("party_twice"):
        room.brought(parties=(OtherSide("我自己", phone_of(people.resident)),))
    case_id = room.begun()
    with refused("party_twice"):
        do(parties.add_party, people.mediator, case_id, OtherSide("又是他", "13900000002"))
    with refused("too_many_parties", limit=10):
        room.brought(parties=tuple(OtherSide(f"甲{n}") for n in range(10)))


def test_who_joins_later_is_found_when_the_next_sitting_is_set(room: Room, people: People) -> None:
    case_id = room.begun(parties=(OtherSide("新来的", "13755556666"),))
    with audit.transaction() as session:
        joined = accounts.join(session, "+8613755556666", "新来的")
    newcomer = Who(person_id=joined.id, name="新来的")
    with pytest.raises(NotFound):
        look(one, newcomer, case_id)
    room.sat(case_id)
    assert look(one, newcomer, case_id).id == case_id


def test_a_party_added_under_way_is_told(room: Room, people: People) -> None:
    case_id = room.begun()
    do(parties.add_party, people.mediator, case_id, OtherSide("陌生人", phone_of(people.stranger)))
    assert look(one, people.stranger, case_id).id == case_id
    with reading() as session:
        told = session.exec(select(Notice.message).where(Notice.person_id == people.stranger.person_id)).all()
    assert told == ["dispute_invited"]
    with pytest.raises(Forbidden):
        do(parties.add_party, people.neighbour, case_id, OtherSide("别人"))


def test_the_mediator_does_not_become_a_side(room: Room, people: People) -> None:
    case_id = room.begun()
    with refused("party_is_mediator"):
        do(parties.add_party, people.resident, case_id, OtherSide("王某", phone_of(people.mediator)))
    assert len(look(parties.sides, people.mediator, case_id)) == 2
    do(parties.add_party, people.resident, case_id, OtherSide("赵六", phone_of(people.stranger)))


@pytest.mark.parametrize("number", [-1, 0, 2**31, 2**63])
def test_a_number_that_is_none_is_not_found(room: Room, people: People, number: int) -> None:
    room.begun()
    for deed, words in (
        (agreements.consent, ()), (sittings.call_off, ()), (sittings.write_minutes, ("字",)),
        (parties.reveal_phone, ("要联系",)),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            do(deed, people.mediator, number, *words)


def test_when_a_mediator_loses_the_duty_the_dispute_is_free(room: Room, people: People) -> None:
    case_id = room.begun()
    with reading() as session:
        duty = session.exec(select(Duty.id).where(Duty.person_id == people.mediator.person_id)).one()
    do(staffing.revoke, people.admin, duty)
    assert (case(case_id).state, case(case_id).holder_id) == ("open", None)
    with pytest.raises(NotFound):
        do(work.take_on, people.mediator, case_id)


def test_a_mediator_whose_duty_ended_reads_nothing_more_of_what_they_settled(room: Room, people: People) -> None:
    case_id = room.agreed(days=3)
    day = case(case_id).follow_up_on
    with reading() as session:
        duty = session.exec(select(Duty.id).where(Duty.person_id == people.mediator.person_id)).one()
    do(staffing.revoke, people.admin, duty)
    for duties in (frozenset[tuple[str, str]](), frozenset({("mediator", OTHER_COMMUNITY)})):
        left = replace(people.mediator, duties=duties)
        with pytest.raises(NotFound):
            look(one, left, case_id)
        with pytest.raises(NotFound):
            look(agreement_paper, left, case_id)
        if duties:
            assert look(docket.docket, left, "mine_ended").rows == []
    assert day is not None
    with clock.at(clock.start_of(day) + timedelta(hours=1)):
        tick()
        assert _told(people.mediation_head, case_id).count("dispute_follow_up") == 1
        assert "dispute_follow_up" not in _told(people.mediator, case_id)
        do(agreements.follow_up, people.mediation_head, case_id, "都还安静", "solved")


def test_a_head_hears_nothing_of_their_own_dispute_before_it_was_let_in(room: Room, people: People) -> None:
    """Neither when it climbs to their own desk, nor when somebody appeals, nor by trying numbers of appeals."""
    with audit.transaction() as session:
        for who, path in ((people.stranger, STREET), (people.street_staff, STREET)):
            accounts.grant(session, SYSTEM, who.person_id or 0, "mediation_head", areas.tree().by_path(path).id)
    duty = frozenset({("mediation_head", STREET)})
    other_side, judge = replace(people.stranger, duties=duty), replace(people.street_staff, duties=duty)
    case_id = room.brought(parties=(OtherSide("负责人", phone_of(people.stranger)),))
    with clock.at(clock.now() + timedelta(days=30)):
        tick()
        assert "case_climbed" in _told(judge, case_id) and _told(other_side, case_id) == []
        do(screening.decline, people.mediation_head, case_id, "不属于调解范围")
        do(appeals.appeal, people.resident, case_id, "请再看一看")
    assert "appeal_made" in _told(judge, case_id) and _told(other_side, case_id) == []
    assert look(appeals.count, judge) == 1 and look(appeals.count, other_side) == 0
    [waiting] = look(appeals.waiting, judge).rows
    with pytest.raises(NotFound):
        do(appeals.uphold, other_side, waiting.id, "没有的事")
    do(appeals.overturn, judge, waiting.id, "应当受理")
    assert look(one, other_side, case_id).shown_at and "dispute_invited" in _told(other_side, case_id)
    with refused("own_case"):
        do(appeals.uphold, other_side, waiting.id, "没有的事")


def _told(who: Who, case_id: int) -> list[str]:
    with reading() as session:
        told = select(Notice.message).where(Notice.person_id == who.person_id, Notice.case_id == case_id)
        return list(session.exec(told))
