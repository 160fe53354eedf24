"""The screens of disputes: the form, the room, and the page of one as each person sees it."""

import pytest

from portal.acts import VISITOR
from portal.cases.disputes import agreements
from tests.fixtures.screens import Open, links, run, text
from tests.fixtures.town import People
from tests.portal.cases.disputes.conftest import TITLE, Room
from tests.portal.cases.steps import do

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def room(people: People) -> Room:
    return Room(people)


def buttons(at: object) -> set[str]:
    return {button.label for button in at.button}  # type: ignore[attr-defined]


def test_it_says_first_who_will_read_it_and_a_visitor_signs_in(people: People, open_screen: Open) -> None:
    at = open_screen("dispute", VISITOR)
    assert text(at).index("谁能看到") < text(at).index("拨打110") and not at.text_area
    assert "/signin?next=/dispute" in links(at)


def test_what_was_typed_stays_when_something_is_missing(people: People, open_screen: Open) -> None:
    at = open_screen("dispute", people.resident)
    at.text_area[0].set_value("每晚十一点以后拖桌椅")
    next(button for button in at.button if button.label == "提交，请人调解").click()
    run(at)
    assert at.error and at.text_area[0].value == "每晚十一点以后拖桌椅"
    next(button for button in at.button if button.label == "再加一方").click()
    run(at)
    assert sum("对方姓名" in field.label for field in at.text_input) == 2


def test_each_is_offered_what_is_theirs(room: Room, people: People, open_screen: Open) -> None:
    case_id, text_id = room.written()
    party = open_screen("wish", people.neighbour, case=str(case_id))
    assert {"同意协议", "提出方案", "要求换调解员"} <= buttons(party) and "写调解记录" not in buttons(party)
    assert "王德兴" in text(party) and "r***t" in text(party) and "resident" not in text(party)
    mediator = open_screen("wish", people.mediator, case=str(case_id))
    assert {"登记纸上签字", "约定调解会", "写协议", "未达成协议", "我要回避"} <= buttons(mediator)
    assert "确认达成协议" not in buttons(mediator)
    for who in (people.resident, people.neighbour):
        do(agreements.consent, who, text_id)
    assert "确认达成协议" in buttons(open_screen("wish", people.mediator, case=str(case_id)))
    assert "同意协议" not in buttons(open_screen("wish", people.neighbour, case=str(case_id)))


def test_the_head_appoints_and_reads_why_somebody_is_barred(room: Room, people: People, open_screen: Open) -> None:
    case_id = room.let_in()
    at = open_screen("wish", people.mediation_head, case=str(case_id))
    next(button for button in at.button if button.label == "指派调解员").click()
    run(at)
    assert len(at.radio[0].options) == 2
    at.radio[0].set_value(people.other_mediator.person_id)
    next(button for button in at.button if button.label == "确定：指派调解员").click()
    run(at)
    assert "other_mediator" in text(at) and "已指派调解员" in text(at)


def test_to_everybody_else_it_is_a_number_that_is_none(room: Room, people: People, open_screen: Open) -> None:
    case_id = room.begun()
    for who in (VISITOR, people.staff, people.admin, people.stranger, people.other_mediator):
        assert text(open_screen("wish", who, case=str(case_id))) == text(open_screen("wish", who, case="99999"))


def test_the_room_is_for_those_who_mediate(room: Room, people: People, open_screen: Open) -> None:
    case_id = room.let_in()
    at = open_screen("mediation", people.mediation_head, tab="to_appoint")
    assert TITLE in text(at) and f"/wish?case={case_id}" in links(at)
    assert TITLE not in text(open_screen("mediation", people.staff))
    assert "您手上没有纠纷" in text(open_screen("mediation", people.mediator))
