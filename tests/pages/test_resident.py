"""The screens on which people write their wishes and follow them."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from portal import limits
from portal.acts import VISITOR, Who
from portal.cases import helping, lists, post
from tests.fixtures.screens import Open, links, notes, run, text
from tests.fixtures.town import CELL, People
from tests.portal.cases.crowd import plea
from tests.portal.cases.steps import case, do, look, staged, wish

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the rules have their own tests

VISITING = Who(client="a visitor")


def fill(at: AppTest, title: str = "路灯坏了", body: str = "晚上看不清台阶", place: bool = True) -> AppTest:
    """Type a wish; the place comes from the lists."""
    at.text_input[0].set_value(title)
    at.text_area[0].set_value(body)
    at.button_group[0].set_value("lighting")
    run(at)
    codes = CELL.strip("/").split("/")[1:] if place else []
    for depth in range(len(codes)):
        path = "/530181/" + "/".join(codes[: depth + 1]) + "/"
        next(box for box in at.selectbox if (box.key or "").endswith(f"list{depth}")).set_value(path)
        run(at)
    return at


def press(at: AppTest, label: str) -> AppTest:
    next(button for button in at.button if button.label == label).click()
    return run(at)


def test_without_an_account_the_receipt_is_shown_once_and_opens_the_wish(people: People, open_screen: Open) -> None:
    at = press(fill(open_screen("post", VISITING)), "贴上墙")
    code = re.search(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){6}", text(at))
    assert code and not at.text_area
    case_id = do(post.open_receipt, VISITING, code[0])
    assert (case(case_id).title, case(case_id).area_path, case(case_id).poster_id) == ("路灯坏了", CELL, None)
    assert code[0] not in text(run(at))
    assert "receipt_to_show" not in at.session_state


def test_what_was_typed_stays_when_something_is_missing(people: People, open_screen: Open) -> None:
    at = press(fill(open_screen("post", VISITING), place=False), "贴上墙")
    assert at.error and at.text_input[0].value == "路灯坏了" and at.text_area[0].value == "晚上看不清台阶"
    at = press(fill(open_screen("post", VISITING), body=" "), "贴上墙")
    assert at.error and at.text_input[0].value == "路灯坏了"


def test_a_visitor_who_posted_enough_for_today_is_told(people: People, open_screen: Open) -> None:
    for _ in range(limits.ANONYMOUS_PER_DAY):
        do(post.post, VISITING, wish())
    at = press(fill(open_screen("post", VISITING)), "贴上墙")
    assert at.error and at.text_area[0].value


def test_a_member_is_led_to_the_wish_and_may_keep_a_draft(people: People, open_screen: Open) -> None:
    at = press(fill(open_screen("post", people.neighbour)), "存草稿")
    assert not at.error
    drafts = look(lists.mine, people.neighbour, "drafts").rows
    assert [note.title for note in drafts] == ["路灯坏了"] and f"{drafts[0].id}" in at.query_params["case"]
    again = open_screen("post", people.neighbour, case=str(drafts[0].id))
    assert again.text_input[0].value == "路灯坏了" and again.text_area[0].value == "晚上看不清台阶"
    press(again, "贴上墙")
    assert case(drafts[0].id).state == "screening"


def test_a_draft_can_be_thrown_away_and_is_nobody_elses(people: People, open_screen: Open) -> None:
    case_id = str(staged(people, "draft"))
    assert "三栋" not in text(open_screen("post", people.neighbour, case=case_id))
    press(open_screen("post", people.resident, case=case_id), "丢弃草稿")
    assert case(int(case_id)).state == "withdrawn"


def test_a_returned_wish_is_mended_with_the_question_in_sight(people: People, open_screen: Open) -> None:
    case_id = staged(people, "returned")
    at = open_screen("post", people.resident, case=str(case_id))
    assert "请写清楚在几栋" in text(at) and "存草稿" not in [button.label for button in at.button]
    at.text_area[0].set_value("在三栋二单元门口")
    press(at, "补充好了，重新提交")
    assert (case(case_id).state, case(case_id).body) == ("screening", "在三栋二单元门口")


def test_a_similar_open_wish_is_offered_while_typing(people: People, open_screen: Open) -> None:
    case_id = staged(people, "open", category="lighting")
    at = fill(open_screen("post", people.neighbour), title="三栋门口路灯坏了", body="晚上看不清台阶，老人容易摔跤")
    assert f"/wish?case={case_id}" in links(at)
    assert f"/wish?case={case_id}" not in links(
        fill(open_screen("post", people.neighbour), title="想看露天电影", body="大家带小板凳来")
    )


def test_mine_is_for_those_who_signed_in(people: People, open_screen: Open) -> None:
    at = open_screen("mine", VISITOR)
    assert at.info and not notes(at)


def test_what_waits_for_me_stands_on_top(people: People, open_screen: Open) -> None:
    done, returned = staged(people, "done"), staged(people, "returned")
    assert {f"/wish?case={done}", f"/post?case={returned}"} <= set(links(open_screen("mine", people.resident)))
    held = staged(people, "dispatched")
    assert f"/wish?case={held}" in links(open_screen("mine", people.grid_worker))
    assert f"/wish?case={held}" not in links(open_screen("mine", people.neighbour))


@pytest.mark.parametrize("part", ["posted", "drafts", "supported", "took", "nonsense"])
def test_each_part_of_mine_has_its_list_or_says_that_it_is_empty(people: People, open_screen: Open, part: str) -> None:
    assert text(open_screen("mine", people.neighbour, part=part))
    supported = staged(people, "open", title="邻居也想")
    do(post.support, people.neighbour, supported)
    shown = notes(open_screen("mine", people.neighbour, part=part))
    assert shown == (["邻居也想"] if part == "supported" else [])


def test_nobody_is_asked_to_support_what_is_their_own_or_private(people: People, open_screen: Open) -> None:
    staged(people, "open", title="路灯坏了")
    do(helping.order, people.resident, plea())
    at = open_screen("mine", people.resident)
    assert {"路灯坏了", "停电照明"} <= set(notes(at))
    assert "我也想" not in text(at)
