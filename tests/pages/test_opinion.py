"""The opinion box, its answers on the echo page and the wall, and the second look, run without a browser."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts import desk_bulk, frame
from portal.acts import VISITOR, Who
from portal.cases import answering, appeals, lists, post, screening, setting_up
from tests.fixtures.screens import Open, links, notes, run, text
from tests.fixtures.town import CELL, COMMUNITY, People
from tests.portal.cases.steps import case, do, look, opinion, staged

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the rules have their own tests

VISITING = Who(client="a visitor")
WORDS = "活动室晚上能不能多开一小时？"


def press(at: AppTest, label: str) -> AppTest:
    next(button for button in at.button if button.label == label).click()
    return run(at)


def fill(at: AppTest, body: str = WORDS, staff_only: bool = False) -> AppTest:
    """Type an opinion; the place is the writer's own cell."""
    at.text_area[0].set_value(body)
    at.button_group[0].set_value("noise")
    at.radio[0].set_value(staff_only)
    return run(at)


def given(people: People, **changes: object) -> int:
    return int(do(post.post, people.resident, opinion(**changes)).case_id)


def answered(people: People, **changes: object) -> int:
    case_id = given(people, **changes)
    do(answering.answer, people.staff, case_id, "下月起开到九点。")
    return case_id


def test_a_resident_needs_a_few_words_and_no_place(people: People, open_screen: Open) -> None:
    at = press(fill(open_screen("opinion", people.resident)), "投进意见箱")
    assert not at.error
    (note,) = look(lists.mine, people.resident, "posted").rows
    row = case(note.id)
    assert (row.kind, row.title, row.area_path, row.private) == ("opinion", WORDS, CELL, False)


def test_for_staff_alone(people: People, open_screen: Open) -> None:
    press(fill(open_screen("opinion", people.resident), staff_only=True), "投进意见箱")
    (note,) = look(lists.mine, people.resident, "posted").rows
    assert case(note.id).private
    number = str(note.id)
    assert "这条意见不公开" in text(open_screen("wish", people.resident, case=number))
    assert WORDS not in text(open_screen("wish", people.neighbour, case=number))


def test_without_an_account_there_is_a_receipt(people: People, open_screen: Open) -> None:
    at = fill(open_screen("opinion", VISITING))
    for depth, path in enumerate(["/530181/jinfang/", COMMUNITY, CELL]):
        next(box for box in at.selectbox if (box.key or "").endswith(f"list{depth}")).set_value(path)
        run(at)
    at = press(at, "投进意见箱")
    code = re.search(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){6}", text(at))
    assert code and "意见已收到" in text(at) and "/opinion" in links(at)
    assert case(do(post.open_receipt, VISITING, code[0])).area_path == CELL


def test_what_is_missing_is_said_and_the_words_stay(people: People, open_screen: Open) -> None:
    at = open_screen("opinion", people.resident)
    at.text_area[0].set_value(WORDS)
    at = press(run(at), "投进意见箱")
    assert at.error and at.text_area[0].value == WORDS


def test_a_draft_and_a_returned_one_are_written_on_here(people: People, open_screen: Open) -> None:
    at = press(fill(open_screen("opinion", people.neighbour), staff_only=True), "存草稿")
    (draft,) = look(lists.mine, people.neighbour, "drafts").rows
    assert f"/opinion?case={draft.id}" in links(open_screen("mine", people.neighbour, part="drafts"))
    again = open_screen("opinion", people.neighbour, case=str(draft.id))
    assert again.text_area[0].value == WORDS and again.radio[0].value is True
    press(again, "投进意见箱")
    do(screening.give_back, people.staff, draft.id, "是哪间活动室？")
    assert "/opinion" in str(links(open_screen("mine", people.neighbour)))
    at = open_screen("opinion", people.neighbour, case=str(draft.id))
    assert "是哪间活动室？" in text(at)
    at.text_area[0].set_value("二楼活动室晚上多开一小时")
    press(at, "补充好了，重新提交")
    assert (case(draft.id).state, case(draft.id).title) == ("screening", "二楼活动室晚上多开一小时")


def test_a_kept_case_opens_on_the_page_of_its_kind(people: People, open_screen: Open) -> None:
    returned = staged(people, "returned")
    at = open_screen("opinion", people.resident, case=str(returned))
    assert at.title[0].value == "我要许愿" and at.text_input


def test_similar_opinions_are_offered(people: People, open_screen: Open) -> None:
    case_id = given(people, body=WORDS)
    do(screening.accept, people.staff, case_id)
    at = fill(open_screen("opinion", people.neighbour), body="活动室晚上多开一小时吧")
    assert f"/wish?case={case_id}" in links(at) and "相近的意见" in text(at)


def test_the_wall_and_the_echo_tell_the_kinds_apart(people: People, open_screen: Open) -> None:
    wish_id, opinion_id, secret = (
        staged(people, "done"),
        answered(people),
        answered(people, private=True, body="悄悄话"),
    )
    assert notes(open_screen("wall")) == [case(wish_id).title]
    assert notes(open_screen("wall", kind="opinion")) == [case(opinion_id).title]
    assert "意见建议" in text(open_screen("wall", kind="opinion"))
    both, alone = open_screen("echo"), open_screen("echo", kind="opinion")
    for at in (both, alone):
        assert "下月起开到九点。" in text(at) and case(opinion_id).body in text(at) and "悄悄话" not in text(at)
        assert f"/wish?case={secret}" not in links(at)
    assert case(wish_id).title in text(both) and case(wish_id).title not in text(alone)
    assert case(opinion_id).title not in text(open_screen("echo", kind="wish"))
    assert "/opinion" in links(open_screen("wall", kind="opinion", category="noise"))


def test_a_long_opinion_is_quoted_in_the_echo(people: People, open_screen: Open) -> None:
    answered(people, body="长话" * 100)
    assert f"“{'长话' * 30}…”" in text(open_screen("echo"))


def test_the_desk_answers_together(people: People, open_screen: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    two = [given(people, body=f"活动室多开一小时 {n}") for n in range(2)]
    a_wish = staged(people, "screening")

    def script(ids: list[int]) -> None:
        from pages.parts import desk_bulk, frame
        from portal.cases import inbox

        with frame.body():
            desk_bulk.account()
            rows = frame.read(inbox.queue, "screening").rows
            desk_bulk._ask(desk_bulk.ANSWER, [note for note in rows if note.id in ids])

    monkeypatch.setattr(frame, "_identify", lambda session: people.staff)
    monkeypatch.setattr(frame, "cookie", lambda name: None)
    at = run(AppTest.from_function(script, args=([*two, a_wish],)))
    assert "活动室多开一小时 0" in text(at) and at.info[0].value.startswith("选中的里面有 1 件不是意见")
    at.text_area[0].set_value("下月起开到九点。")
    at = press(at, "答复这 2 条意见")
    assert [case(n).state for n in (*two, a_wish)] == ["done", "done", "screening"]
    assert "已一并答复 2 条意见" in text(at) and "只有意见可以一并答复" in text(at)
    assert desk_bulk.ANSWER in desk_bulk.OFFERED["to_send"]
    at = run(AppTest.from_function(script, args=([a_wish],)))
    assert not at.button and at.info


def test_one_answer_takes_like_ones_along(people: People, open_screen: Open) -> None:
    one, like = given(people, body=WORDS), given(people, body="活动室晚上多开一小时吧")
    at = press(open_screen("wish", people.staff, case=str(one)), "直接答复")
    (box,) = at.checkbox
    box.check()
    at.text_area[0].set_value("下月起开到九点。")
    press(run(at), "确定：直接答复")
    assert (case(one).state, case(like).state) == ("done", "done")


def test_whoever_copies_a_template_is_warned(people: People, open_screen: Open) -> None:
    do(setting_up.save_template, people.admin, setting_up.Wording("case.answer", "", "收悉", "您的意见已收悉。"))
    at = press(open_screen("wish", people.staff, case=str(given(people))), "直接答复")
    at.text_area[0].set_value("您的意见已收悉！")
    assert any("一字不差" in info.value for info in run(at).info)
    at.text_area[0].set_value("您的意见已收悉，下月起开到九点。")
    assert not any("一字不差" in info.value for info in run(at).info)


def test_the_poster_appeals_and_sees_what_becomes_of_it(people: People, open_screen: Open) -> None:
    case_id = given(people)
    do(screening.decline, people.staff, case_id, "不采纳")
    number = str(case_id)
    assert "申诉" not in [button.label for button in open_screen("wish", people.neighbour, case=number).button]
    at = press(open_screen("wish", people.resident, case=number), "申诉")
    at.text_area[0].set_value("请再考虑一下")
    press(run(at), "确定：申诉")
    at = open_screen("wish", people.resident, case=number)
    assert "正在由另外的人复核" in text(at) and "申诉" not in [button.label for button in at.button]
    assert "请再考虑一下" not in text(open_screen("wish", people.neighbour, case=number))
    do(appeals.uphold, people.street_staff, 1, "活动室晚上要消防检查")
    at = open_screen("wish", people.resident, case=number)
    assert "维持原决定" in text(at) and "活动室晚上要消防检查" in text(at)


def test_the_second_look_has_its_page(people: People, open_screen: Open) -> None:
    assert "没有等待复核的申诉" in text(open_screen("review", people.street_staff))
    case_id = given(people)
    do(screening.decline, people.staff, case_id, "不采纳")
    do(appeals.appeal, people.resident, case_id, "请再考虑一下")
    told = text(open_screen("review", people.street_staff))
    assert all(words in told for words in ("请再考虑一下", "不采纳", "申诉成立", "维持原决定", case(case_id).title))
    assert "请再考虑一下" not in text(open_screen("review", people.staff))
    assert "没有照抄的答复" in text(open_screen("review", people.street_staff, part="flags"))
    do(setting_up.save_template, people.admin, setting_up.Wording("case.answer", "", "收悉", "您的意见已收悉。"))
    do(answering.answer, people.staff, given(people, body="另一条"), "您的意见已收悉。")
    assert "和模板一字不差" in text(open_screen("review", people.street_staff, part="flags"))
    assert "申诉" in text(open_screen("review", people.mediation_head))
    for other in (people.resident, people.grid_worker, VISITOR):
        assert "没有等待复核的申诉" not in text(open_screen("review", other))
