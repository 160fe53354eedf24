"""The page on which help is asked for, the page of an order, and the hall with its reasons."""

from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from portal import clock, limits
from portal.acts import VISITOR, Who
from portal.cases import dispatch, helping, lists, matching, work
from tests.fixtures.screens import Open, links, run, text
from tests.fixtures.town import CELL, People
from tests.portal.cases.crowd import SKILL, ordered, plea
from tests.portal.cases.steps import MONDAY, case, do, look

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the rules have their own tests

VISITING = Who(client="a visitor")
PHONE = "13812345678"
FRESH = "help_0"


@pytest.fixture
def monday() -> Iterator[None]:
    with clock.at(MONDAY):
        yield


def tapped(at: AppTest, code: str = SKILL) -> AppTest:
    """After a tile was tapped; the tiles are no widget that a test could press."""
    at.session_state[f"{FRESH}_what"] = code
    return run(at)


def press(at: AppTest, label: str) -> AppTest:
    next(button for button in at.button if button.label == label).click()
    return run(at)


def field(at: AppTest, name: str) -> Any:
    return next(box for box in [*at.text_input, *at.text_area] if box.key == f"{FRESH}_{name}")


def mine(who: Who) -> list[int]:
    return [note.id for note in look(lists.mine, who, "posted").rows]


def test_six_tiles_and_whom_to_call_when_life_is_in_danger(people: People, open_screen: Open) -> None:
    at = open_screen("help", people.resident)
    for name in ("电梯故障", "停水漏水", "停电照明", "陪伴陪护", "买药送药", "其他帮忙"):
        assert name in text(at)
    assert [link for link in links(at) if link.startswith("tel:")] == ["tel:120", "tel:119", "tel:110"]
    assert not any(button.label == "请人来帮忙" for button in at.button)


def test_a_resident_taps_what_and_go(people: People, open_screen: Open) -> None:
    at = press(tapped(open_screen("help", people.resident)), "请人来帮忙")
    (case_id,) = mine(people.resident)
    found = case(case_id)
    assert (found.category, found.area_path, found.urgency, found.in_hall) == (SKILL, CELL, 2, True)
    assert str(case_id) in at.query_params["sent"]
    assert "求助已发出" in text(at) and f"{case_id}" in text(at) and f"/wish?case={case_id}" in links(at)
    assert "139****" not in text(at)


def test_what_is_optional_goes_along(people: People, open_screen: Open) -> None:
    at = tapped(open_screen("help", people.resident))
    field(at, "body").set_value("厨房没电")
    field(at, "spot").set_value("3栋501")
    field(at, "contact").set_value(PHONE)
    at.button_group[0].set_value(3)
    press(run(at), "请人来帮忙")
    found = case(mine(people.resident)[0])
    assert (found.body, found.place, found.contact_mask, found.urgency) == ("厨房没电", "3栋501", "138****5678", 3)


def test_a_danger_to_life_shows_numbers_and_no_way_to_send(people: People, open_screen: Open) -> None:
    at = tapped(open_screen("help", people.resident))
    at.button_group[0].set_value(4)
    at = run(at)
    assert {"tel:120", "tel:119", "tel:110"} <= set(links(at))
    assert not any(button.label == "请人来帮忙" for button in at.button)
    assert mine(people.resident) == []


def test_a_visitor_says_where_and_leaves_a_phone(people: People, open_screen: Open) -> None:
    at = tapped(open_screen("help", VISITING))
    assert "登录" in text(at)
    at = press(at, "请人来帮忙")
    assert at.error, "no place"
    codes = CELL.strip("/").split("/")
    for depth in range(len(codes) - 1):
        box = next(box for box in at.selectbox if (box.key or "").endswith(f"list{depth}"))
        box.set_value(f"/{'/'.join(codes[: depth + 2])}/")
        run(at)
    at = press(at, "请人来帮忙")
    assert at.error and "联系电话" in at.error[0].value
    field(at, "contact").set_value(PHONE)
    at = press(run(at), "请人来帮忙")
    assert "回执码" in text(at) and not at.error
    assert PHONE not in text(at)


def test_what_was_typed_stays_when_it_is_refused(people: People, open_screen: Open) -> None:
    for _ in range(limits.HELPS_PER_DAY):
        ordered(people)
    at = tapped(open_screen("help", people.resident))
    field(at, "body").set_value("厨房没电")
    at = press(run(at), "请人来帮忙")
    assert at.error and field(at, "body").value == "厨房没电"


def test_after_sending_the_fields_are_fresh(people: People, open_screen: Open) -> None:
    at = press(tapped(open_screen("help", people.resident)), "请人来帮忙")
    del at.query_params["sent"]
    assert "需要什么帮助" in text(run(at))


def test_a_stranger_does_not_see_what_was_sent(people: People, open_screen: Open) -> None:
    case_id = ordered(people, body="厨房没电")
    for path, query in (("help", {"sent": str(case_id)}), ("wish", {"case": str(case_id)})):
        for who in (VISITOR, people.neighbour, people.volunteer):
            shown = text(open_screen(path, who, **query))
            assert "厨房" not in shown and "停电照明" not in shown.split("需要什么帮助")[0]


def test_the_page_of_an_order_shows_its_step_and_who_comes(people: People, open_screen: Open, monday: None) -> None:
    case_id = str(ordered(people, urgency=1))
    at = open_screen("wish", people.resident, case=case_id)
    assert "发布" in text(at) and "已请附近所有志愿者" in text(at) and "tel:120" in links(at)
    do(dispatch.grab, people.volunteer, int(case_id))
    at = open_screen("wish", people.resident, case=case_id)
    assert "139****0004" in text(at) and people.volunteer.name in text(at)
    assert "志愿者没有来" in [button.label for button in at.button]
    assert "打电话" not in [button.label for button in at.button]


def test_whoever_has_it_in_hand_calls_and_others_never_read_the_phone(people: People, open_screen: Open) -> None:
    case_id = ordered(people, contact=PHONE)
    do(dispatch.grab, people.volunteer, case_id)
    at = open_screen("wish", people.volunteer, case=str(case_id))
    assert "138****5678" in text(at) and "138 1234 5678" not in text(at)
    at = press(at, "打电话")
    assert "tel:+8613812345678" in links(at) and "138 1234 5678" in text(at)
    assert "138 1234 5678" not in text(run(at)), "it is shown in one run and kept nowhere"
    assert "12345678" not in str(at.session_state)
    for who in (people.resident, people.staff, people.neighbour, VISITOR):
        at = open_screen("wish", who, case=str(case_id))
        assert "12345678" not in text(at) and "1234 5678" not in text(at)


def test_both_rate_on_the_page(people: People, open_screen: Open) -> None:
    case_id = ordered(people)
    do(dispatch.grab, people.volunteer, case_id)
    do(work.take_on, people.volunteer, case_id)
    do(work.finish, people.volunteer, case_id, "换好了")
    assert "评价这次服务" in [b.label for b in open_screen("wish", people.volunteer, case=str(case_id)).button]
    do(helping.rate_back, people.volunteer, case_id, 4, "好找")
    assert "评价这次服务" not in [b.label for b in open_screen("wish", people.volunteer, case=str(case_id)).button]
    assert "好找" in text(open_screen("wish", people.staff, case=str(case_id)))
    for who in (people.resident, people.volunteer):
        assert "好找" not in text(open_screen("wish", who, case=str(case_id)))


def test_the_hall_says_why_and_hides_who(people: People, open_screen: Open) -> None:
    case_id = ordered(people, body="厨房没电", place="3栋501", contact=PHONE)
    do(matching.set_skills, people.volunteer, [SKILL])
    at = open_screen("hall", people.volunteer)
    assert "您在本社区 · 会停电照明" in text(at) and "今天" in text(at)
    for private in ("厨房", "501", "5678", people.resident.name):
        assert private not in text(at)
    assert f"/wish?case={case_id}" not in links(at), "it cannot be read before it is taken"
    do(dispatch.grab, people.volunteer, case_id)
    assert "3栋501" in text(open_screen("hall", people.volunteer))


def test_a_volunteer_says_what_they_can_do(people: People, open_screen: Open) -> None:
    at = open_screen("hall", people.volunteer)
    at.button_group[0].set_value([SKILL, "help_water"])
    press(run(at), "记下")
    assert look(matching.skills, people.volunteer) == [SKILL, "help_water"]


def test_the_start_page_leads_there_first(people: People, open_screen: Open) -> None:
    assert links(open_screen("", people.resident))[0] == "/help"


def test_a_call_that_waits_says_so(people: People, open_screen: Open) -> None:
    case_id = do(helping.order, people.stranger, plea()).case_id
    at = open_screen("help", people.stranger, sent=str(case_id))
    assert "核实后马上请志愿者来" in text(at) and "前受理" in text(at)
