"""The whole way of a dispute, and what is refused on it."""

from datetime import timedelta

import pytest
from sqlmodel import select

from db.engine import reading
from db.models.disputes import Consent
from db.models.notices import Notice
from portal import clock
from portal.acts import VISITOR
from portal.cases import dispatch, echo, levels, lists, post, screening, work
from portal.cases.clockwork import tick
from portal.cases.disputes import agreements, bring, mediators, mend, parties, sittings
from portal.cases.disputes.parties import OtherSide
from portal.cases.reading import one
from portal.errors import Forbidden, NotFound
from tests.fixtures.town import STREET, People
from tests.portal.cases.disputes.conftest import BODY, TITLE, Room, grievance, party_ids, sitting
from tests.portal.cases.steps import MONDAY, case, deeds, do, look, refused, rows, steps

pytestmark = pytest.mark.usefixtures("monday")
DAY = timedelta(days=1)


def told(person_id: int | None) -> list[str]:
    with reading() as session:
        return list(session.exec(select(Notice.message).where(Notice.person_id == person_id)).all())


def test_the_whole_way_to_an_agreement_that_is_kept(room: Room, people: People) -> None:
    case_id = room.begun()
    room.sat(case_id)
    do(agreements.offer, people.neighbour, case_id, "我给桌脚加软垫")
    do(agreements.offer, people.mediator, case_id, "晚十点后请保持安静")
    text = do(agreements.write_agreement, people.mediator, case_id, "晚十点后不拖动家具。")
    do(agreements.consent, people.resident, text)
    do(agreements.consent, people.mediator, text, party_ids(case_id)[1])
    day = clock.day_of(clock.now()) + 30 * DAY
    do(agreements.agree, people.mediator, case_id, day)
    found = case(case_id)
    assert (found.state, found.claimed, found.answer) == ("done", "solved", "晚十点后不拖动家具。")
    assert (found.follow_up_on, found.standing) == (day, "")
    do(echo.rate, people.resident, case_id, "solved", 5, "谢谢调解员")
    with clock.at(clock.start_of(day) - DAY), refused("follow_up_early"):
        do(agreements.follow_up, people.mediator, case_id, "都还安静", "solved")
    with clock.at(clock.start_of(day) + DAY):
        do(agreements.follow_up, people.mediator, case_id, "都还安静", "solved")
        with refused("follow_up_none"):
            do(agreements.follow_up, people.mediator, case_id, "再问一次", "solved")
    assert deeds(case_id) == [
        "post", "accept", "dispatch", "take_on", "sit", "minutes", "offer", "offer", "write_agreement", "consent",
        "consent", "agree", "rate", "follow_up",
    ]  # fmt: skip
    assert not any(row.public for row in rows(case_id))


def test_how_each_consent_was_given_is_kept(room: Room, people: People) -> None:
    case_id, text = room.written()
    do(agreements.consent, people.resident, text)
    do(agreements.consent, people.mediator, text, party_ids(case_id)[1])
    with reading() as session:
        kept = {row.party_id: (row.how, row.recorded_by) for row in session.exec(select(Consent))}
    mine, theirs = party_ids(case_id)
    assert kept == {mine: ("portal", people.resident.person_id), theirs: ("paper", people.mediator.person_id)}
    with refused("consented_already"):
        do(agreements.consent, people.neighbour, text)


def test_a_changed_text_asks_everybody_anew(room: Room, people: People) -> None:
    case_id, first = room.written()
    do(agreements.consent, people.resident, first)
    do(agreements.consent, people.neighbour, first)
    second = do(agreements.write_agreement, people.mediator, case_id, "晚九点后不拖动家具。")
    newest = look(agreements.terms, people.neighbour, case_id)
    assert (newest.id, newest.number, newest.missing) == (second, 2, 2)
    with refused("agreement_outdated"):
        do(agreements.consent, people.resident, first)
    with refused("consents_missing", n=2, of=2):
        do(agreements.agree, people.mediator, case_id, clock.day_of(clock.now()) + DAY)
    do(agreements.consent, people.resident, second)
    with refused("consents_missing", n=1, of=2):
        do(agreements.agree, people.mediator, case_id, clock.day_of(clock.now()) + DAY)
    do(agreements.consent, people.neighbour, second)
    do(agreements.agree, people.mediator, case_id, clock.day_of(clock.now()) + DAY)
    assert case(case_id).state == "done"


def test_a_party_added_later_has_to_agree_too(room: Room, people: People) -> None:
    case_id, text = room.written()
    do(agreements.consent, people.resident, text)
    do(agreements.consent, people.neighbour, text)
    do(parties.add_party, people.mediator, case_id, OtherSide("赵六"))
    with refused("consents_missing", n=1, of=3):
        do(agreements.agree, people.mediator, case_id, clock.day_of(clock.now()) + DAY)


def test_reopened_it_needs_a_new_text(room: Room, people: People) -> None:
    case_id = room.agreed()
    with clock.at(MONDAY + DAY):
        do(echo.reopen, people.resident, case_id, "又开始拖了")
        do(dispatch.dispatch, people.mediation_head, case_id, people.other_mediator.person_id)
        do(work.take_on, people.other_mediator, case_id)
        assert look(agreements.terms, people.resident, case_id) is None
        with refused("agreement_none"):
            do(agreements.agree, people.other_mediator, case_id, clock.day_of(clock.now()) + DAY)


@pytest.mark.parametrize("days", [0, -1, 366])
def test_the_day_to_ask_again_lies_ahead_and_within_a_year(room: Room, people: People, days: int) -> None:
    case_id, text = room.written()
    do(agreements.consent, people.resident, text)
    do(agreements.consent, people.neighbour, text)
    with refused("follow_up_range", days=365):
        do(agreements.agree, people.mediator, case_id, clock.day_of(clock.now()) + timedelta(days=days))


def test_not_agreed_closes_it_with_advice_that_all_parties_read(room: Room, people: People) -> None:
    case_id = room.begun()
    do(agreements.not_agreed, people.mediator, case_id, "可以向人民法院起诉，也可以拨打12348咨询。")
    for reader in (people.resident, people.neighbour):
        found = look(one, reader, case_id)
        assert (found.state, found.claimed) == ("closed", "not") and "12348" in found.answer
        assert "dispute_not_agreed" in told(reader.person_id)


def test_the_mediator_is_reminded_once_on_the_day(room: Room, people: People) -> None:
    case_id = room.agreed(days=3)
    day = case(case_id).follow_up_on
    assert day
    for hours in (-1, 1, 2, 30):
        with clock.at(clock.start_of(day) + timedelta(hours=hours)):
            tick()
        assert told(people.mediator.person_id).count("dispute_follow_up") == (hours > 0)
    with clock.at(MONDAY + 16 * DAY):
        tick()
    assert case(case_id).state == "closed", "the reminder must not keep it from closing unrated"


def test_the_reminder_comes_also_after_it_was_closed(room: Room, people: People) -> None:
    case_id = room.agreed(days=20)
    do(echo.rate, people.resident, case_id, "solved", 4)
    with clock.at(MONDAY + 21 * DAY):
        assert tick() == {"case.follow_up": 1}
        assert tick() == {}
    assert told(people.mediator.person_id).count("dispute_follow_up") == 1


def test_given_back_mended_and_let_in(room: Room, people: People) -> None:
    case_id = room.brought()
    do(screening.give_back, people.mediation_head, case_id, "请写明是哪一户")
    do(mend, people.resident, case_id, grievance(body="六楼东户", parties=(OtherSide("赵六"),)))
    assert case(case_id).state == "screening" and case(case_id).body == "六楼东户"
    assert [side.name for side in look(parties.sides, people.resident, case_id)] == ["resident", "王*兴", "赵*"]
    do(screening.accept, people.mediation_head, case_id)
    assert case(case_id).private and case(case_id).kind == "dispute"


def test_the_category_changes_within_disputes(room: Room, people: People) -> None:
    case_id = room.let_in()
    do(screening.recategorise, people.mediation_head, case_id, "dispute_money")
    assert case(case_id).category == "dispute_money"
    with refused("not_offered"):
        do(screening.recategorise, people.mediation_head, case_id, "roads")


def test_sittings_are_set_called_off_and_minuted(room: Room, people: People) -> None:
    case_id = room.begun()
    with refused("sitting_past"):
        do(sittings.sit, people.mediator, case_id, clock.now(), "调解室")
    first = do(sittings.sit, people.mediator, case_id, clock.now() + DAY, "调解室")
    with refused("sitting_ahead"):
        do(sittings.write_minutes, people.mediator, first, "还没开")
    do(sittings.call_off, people.mediator, first, "一方生病")
    with refused("sitting_over"):
        do(sittings.call_off, people.mediator, first)
    with clock.at(MONDAY + 2 * DAY), refused("sitting_over"):
        do(sittings.write_minutes, people.mediator, first, "没有开")
    second = room.sat(case_id)
    assert sitting(second).minutes == "双方说明了情况。"
    assert [row.id for row in look(sittings.sittings, people.neighbour, case_id)] == [second, first]
    assert {"dispute_sitting", "dispute_called_off", "dispute_minutes"} <= set(told(people.neighbour.person_id))


def test_it_climbs_to_the_head_of_the_street(room: Room, people: People) -> None:
    case_id = room.begun()
    do(levels.escalate, people.mediator, case_id, "涉及两个社区")
    assert case(case_id).desk_path == STREET
    assert "case_climbed" not in told(people.street_staff.person_id)


def test_the_one_who_brought_it_may_take_it_back_and_all_hear_of_it(room: Room, people: People) -> None:
    case_id = room.begun()
    do(post.withdraw, people.resident, case_id)
    assert "case_withdrawn" in told(people.neighbour.person_id)
    assert "case_withdrawn" in told(people.mediator.person_id)


def test_only_members_bring_and_another_side_is_needed(room: Room, people: People) -> None:
    with pytest.raises(Forbidden):
        do(bring, VISITOR, grievance())
    with refused("missing", field="party_name"):
        do(bring, people.resident, grievance(parties=()))


def test_nobody_speaks_for_another(room: Room, people: People) -> None:
    case_id, text = room.written()
    mine, theirs = party_ids(case_id)
    with pytest.raises(Forbidden):
        do(agreements.consent, people.resident, text, theirs)
    with pytest.raises(Forbidden):
        do(agreements.offer, people.resident, case_id, "我替他说", theirs)
    with refused("missing", field="party_name"):
        do(agreements.consent, people.mediator, text)
    for nobody in (people.mediation_head, people.other_mediator, people.staff, people.stranger):
        with pytest.raises((Forbidden, NotFound)):
            do(agreements.consent, nobody, text, mine)


def test_the_timeline_is_read_by_the_parties_without_what_stays_inside(room: Room, people: People) -> None:
    case_id = room.begun()
    do(screening.remark, people.mediator, case_id, "内部：双方情绪大")
    inside = [step.act for step in steps(people.mediator, case_id)]
    for party in (people.resident, people.neighbour):
        seen = steps(party, case_id)
        assert "case.take_on" in [step.act for step in seen] and "case.remark" not in [step.act for step in seen]
        assert not any("情绪" in (step.says or "") for step in seen)
        assert {step.actor_id for step in seen} == {None}
    assert "case.remark" in inside


def test_the_other_side_finds_it_once_it_was_let_in(room: Room, people: People) -> None:
    case_id = room.brought()
    assert look(lists.mine, people.neighbour, "posted").rows == []
    with pytest.raises(NotFound):
        look(one, people.neighbour, case_id)
    assert told(people.neighbour.person_id) == []
    do(screening.accept, people.mediation_head, case_id)
    assert [note.id for note in look(lists.mine, people.neighbour, "posted").rows] == [case_id]
    assert look(one, people.neighbour, case_id).body == BODY
    assert told(people.neighbour.person_id) == ["dispute_invited"]


def test_messages_name_the_number_alone(room: Room, people: People) -> None:
    case_id = room.agreed()
    with reading() as session:
        room_notices = session.exec(select(Notice).where(Notice.case_id == case_id)).all()
    assert len(room_notices) > 8
    for notice in room_notices:
        said = f"{notice.facts}"
        assert TITLE not in said and "拖" not in said and "王" not in said


def test_a_mediator_steps_back(room: Room, people: People) -> None:
    case_id = room.begun()
    do(mediators.recuse, people.mediator, case_id, "我和一方是亲戚")
    assert (case(case_id).state, case(case_id).holder_id) == ("open", None)
    with refused("not_in_charge"):
        do(dispatch.dispatch, people.mediation_head, case_id, people.mediator.person_id)
