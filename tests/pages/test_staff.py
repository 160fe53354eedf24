"""The pages of clerks, grid workers and volunteers, run without a browser."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from streamlit.testing.v1 import AppTest

from pages.parts import desk_bulk, desk_table, frame
from pages.parts.desk_table import Asked
from portal import areas, limits
from portal.acts import VISITOR
from portal.cases import dispatch, lists, post, setting_up
from portal.cases.inbox import TABS
from portal.cases.setup import setup
from tests.fixtures.screens import Open, links, run, text
from tests.fixtures.screens import _drawn as drawn
from tests.fixtures.town import CELL, COMMUNITY, People
from tests.portal.cases.steps import case, do, in_hall, look, posted, staged

BEYOND = CELL.replace("03", "09")
"""A cell of the same community that nobody is in charge of."""


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database is enough here: the lists have their own tests."""
    return sqlite_url


def table(at: AppTest) -> dict[str, Any]:
    """What the clerk's list was given to draw."""
    blocks = [element.proto for element in at.get("bidi_component")]
    (found,) = [proto for proto in blocks if proto.component_name == "portal.desk_table"]
    return dict(orjson.loads(found.bytes))


def opened(at: AppTest) -> list[str]:
    """The case that the address names."""
    value = at.query_params.get("case", [])
    return [value] if isinstance(value, str) else list(value)


def button(at: AppTest, label: str) -> Any:
    (found,) = [b for b in at.button if label in b.label]
    return found


@pytest.fixture
def confirm(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """`confirm(who, tab, deed, ids)` opens the question that the desk asks before it does `deed`."""

    def script(tab: str, deed: str, ids: tuple[int, ...]) -> None:
        from pages.parts import desk_bulk, frame
        from pages.parts.desk_table import Asked
        from portal.cases.inbox import queue

        with frame.body():
            desk_bulk.account()
            desk_bulk.confirm(tab, Asked(deed, ids), frame.read(queue, tab).rows)

    def opened(who: Any, tab: str, deed: str, ids: list[int]) -> AppTest:
        monkeypatch.setattr(frame, "_identify", lambda session: who)
        monkeypatch.setattr(frame, "cookie", lambda name: None)
        return run(AppTest.from_function(script, kwargs={"tab": tab, "deed": deed, "ids": tuple(ids)}))

    return opened


@pytest.mark.parametrize("path", ["desk", "field", "hall", "setup"])
def test_the_door_is_kept(people: People, open_screen: Open, path: str) -> None:
    for who in (VISITOR, people.resident):
        at = open_screen(path, who)
        assert len([b for b in at.button if b.label]) == 0 and not at.text_input
        assert at.info or at.warning


def test_the_desk_lists_what_waits_with_its_destination(people: People, open_screen: Open) -> None:
    do(setting_up.set_rule, people.staff, COMMUNITY, "elderly", "hall")
    ids = [posted(people), posted(people, category="elderly"), posted(people, area_id=areas.tree().by_path(BEYOND).id)]
    at = open_screen("desk", people.staff)
    rows = table(at)["rows"]
    assert [row["id"] for row in rows] == ids
    assert [row["parts"][-1][1] for row in rows] == ["grid_worker", "接单大厅", "无人负责，派不出去"]
    assert rows[0]["where"] == areas.tree().by_path(CELL).label  # one community: its name need not be said
    assert [deed["deed"] for deed in table(at)["deeds"]] == ["by_rule", "accept", "hall", "return", "decline"]
    assert "待审核" in text(at) and "3" in text(at)


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_an_empty_tab_says_something_kind(people: People, open_screen: Open, tab: str, lang: str) -> None:
    at = open_screen("desk", people.staff, lang, tab=tab)
    assert f"desk.{tab}" not in text(at) and any(node[1].get("class") == "empty" for node in drawn(at))


def test_a_clerk_sees_only_their_own_area(people: People, open_screen: Open) -> None:
    posted(people)
    assert any(node[1].get("class") == "empty" for node in drawn(open_screen("desk", people.far_staff)))


@pytest.mark.parametrize("wrong", ["x", "-1", "9" * 30, "0", "１２"])
def test_a_forged_address_shows_the_list(people: People, open_screen: Open, wrong: str) -> None:
    case_id = posted(people)
    at = open_screen("desk", people.staff, case=wrong, tab="nonsense", area="/elsewhere/", category="nonsense")
    assert [row["id"] for row in table(at)["rows"]] == [case_id]


def test_one_case_opens_with_all_that_is_known_and_goes_on_to_the_next(people: People, open_screen: Open) -> None:
    first, second = posted(people, contact="13800001234"), posted(people, title="井盖松动")
    at = open_screen("desk", people.staff, case=str(first))
    assert "138****1234" in text(at) and "老人容易摔跤" in text(at)
    assert [row["open"] for row in table(at)["rows"]] == [True, False]
    button(at, "下一件").click()
    run(at)
    assert "井盖松动" in text(at) and opened(at) == [str(second)]


def test_sending_one_opens_the_next_and_the_last_leaves_an_empty_desk(people: People, open_screen: Open) -> None:
    first, second = posted(people), posted(people, title="井盖松动")
    at = open_screen("desk", people.staff, case=str(first))
    button(at, "通过，派给").click()
    run(at)
    assert case(first).holder_id == people.grid_worker.person_id and opened(at) == [str(second)]
    button(at, "通过，派给").click()
    run(at)
    assert "辛苦了" in text(at) and not opened(at)


def test_after_any_act_the_desk_goes_on_by_itself(people: People, open_screen: Open) -> None:
    first, second = posted(people), posted(people, title="井盖松动")
    at = open_screen("desk", people.staff, tab="screening", case=str(first))
    button(at, "审核通过").click()
    run(at)
    assert case(first).state == "open" and opened(at) == [str(second)]


def test_where_nobody_is_in_charge_nothing_is_offered_to_be_sent(people: People, open_screen: Open) -> None:
    case_id = posted(people, area_id=areas.tree().by_path(BEYOND).id)
    at = open_screen("desk", people.staff, case=str(case_id))
    assert button(at, "还没有网格员").disabled


def test_the_question_says_how_many_go_where_and_the_account_what_was_skipped(
    people: People, confirm: Callable[..., AppTest]
) -> None:
    good, lost = posted(people), posted(people, title="**难**", area_id=areas.tree().by_path(BEYOND).id)
    at = confirm(people.staff, "screening", "by_rule", [good, lost])
    assert "→ grid_worker：1 件" in text(at) and "→ 无人负责，派不出去：1 件" in text(at)
    assert case(good).state == "screening"  # nothing happens before the answer
    button(at, "确定，派出 2 件").click()
    run(at)
    assert case(good).state == "dispatched" and case(lost).state == "screening"
    told = text(at)
    assert "已派出 1 件" in told and "跳过 1 件" in told and "**难**" in told and "网格员" in told
    assert "难" not in repr(at.session_state["desk_sent"]), "titles are read when they are shown"


def test_many_are_returned_with_words_from_a_template(people: People, confirm: Callable[..., AppTest]) -> None:
    ids = [posted(people), posted(people)]
    at = confirm(people.staff, "screening", "return", ids)
    at.selectbox[0].select_index(0)
    run(at)
    assert "请补充具体地点" in str(at.text_area[0].value)
    button(at, "确定，退回 2 件").click()
    run(at)
    assert {case(number).state for number in ids} == {"returned"}


def test_many_are_not_declined_without_a_reason(people: People, confirm: Callable[..., AppTest]) -> None:
    case_id = posted(people)
    at = confirm(people.staff, "screening", "decline", [case_id])
    button(at, "确定，不予办理 1 件").click()
    run(at)
    assert case(case_id).state == "screening" and "已答复不予办理 0 件" in text(at)


@pytest.mark.parametrize(("deed", "state", "hall"), [("accept", "open", False), ("hall", "open", True)])
def test_many_are_accepted(people: People, confirm: Callable[..., AppTest], deed: str, state: str, hall: bool) -> None:
    case_id = posted(people)
    at = confirm(people.staff, "screening", deed, [case_id])
    button(at, "确定").click()
    run(at)
    assert (case(case_id).state, case(case_id).in_hall) == (state, hall)


def test_what_the_tab_does_not_offer_is_not_asked(people: People, confirm: Callable[..., AppTest]) -> None:
    case_id = staged(people, "done")
    assert not confirm(people.staff, "done", "decline", [case_id]).button
    assert not confirm(people.staff, "screening", "decline", [case_id]).button  # not in the list that is shown


@pytest.mark.parametrize(
    ("sent", "asked"),
    [
        ({"do": "open", "ids": "3"}, Asked("open", (3,))),
        ({"do": "x", "ids": "1,zwei,-3,٤,99999999999"}, Asked("x", (1,))),
        ("nonsense", Asked("", ())),
        ({"do": 5, "ids": None}, Asked("5", ())),
    ],
)
def test_what_the_list_sends_is_not_trusted(sent: Any, asked: Asked) -> None:
    assert desk_table._asked(sent) == asked


def test_every_deed_has_its_words_and_its_function() -> None:
    deeds = {deed.name for offered in desk_bulk.OFFERED.values() for deed in offered}
    assert deeds == set(desk_bulk._EACH) | set(desk_bulk._ALL)
    assert set(desk_bulk.OFFERED) <= set(TABS) and set(desk_bulk.SENDS) <= set(TABS)


def test_the_hall_offers_orders_until_the_hands_are_full(people: People, open_screen: Open) -> None:
    offered = [in_hall(people, title=f"单子{n}") for n in range(limits.HOLDS_PER_VOLUNTEER + 1)]
    at = open_screen("hall", people.volunteer)
    grabs = [node[1]["data-id"] for node in drawn(at) if node[1].get("data-do") == "grab"]
    assert grabs == [str(number) for number in offered]
    for number in offered[:-1]:
        do(dispatch.grab, people.volunteer, number)
    at = open_screen("hall", people.volunteer)
    assert not [node for node in drawn(at) if node[1].get("data-do") == "grab"]
    assert "3 / 3 件" in text(at) and "单子3" in text(at)
    assert len([node for node in drawn(at) if node[1].get("data-do") == "take_on"]) == limits.HOLDS_PER_VOLUNTEER


def test_the_hall_without_orders_is_friendly(people: People, open_screen: Open) -> None:
    at = open_screen("hall", people.volunteer)
    assert "没有等人接的单" in text(at) and "/wall" in links(at)


def test_a_wish_is_recorded_in_the_field_and_the_receipt_shown_once(people: People, open_screen: Open) -> None:
    at = open_screen("field", people.grid_worker)
    at.text_input[0].set_value("井盖响")
    at.text_area[0].set_value("电动车压过去咣当响，晚上睡不着。")
    next(group for group in at.button_group if group.label == "哪一类").set_value("roads")
    next(group for group in at.button_group if group.label == "本人是否同意记录").set_value("spoken")
    button(at, "记录并给回执").click()
    run(at)
    assert "您的回执码" in text(at) and "field_slip_now" not in at.session_state
    (note,) = look(lists.mine, people.grid_worker, "recorded").rows
    assert (note.title, note.area_path, case(note.id).channel) == ("井盖响", CELL, "street")
    (code,) = [node[2] for node in drawn(at) if node[1].get("class") == "code"]
    assert do(post.open_receipt, VISITOR, code) == note.id
    run(at)
    assert "您的回执码" not in text(at) and at.text_input[0].value == ""


def test_without_consent_nothing_is_recorded_and_the_words_stay(people: People, open_screen: Open) -> None:
    at = open_screen("field", people.grid_worker)
    at.text_input[0].set_value("井盖响")
    button(at, "记录并给回执").click()
    run(at)
    assert at.error and at.text_input[0].value == "井盖响" and not look(lists.mine, people.grid_worker, "recorded").rows


def test_a_grid_worker_sees_what_is_in_hand_and_what_is_open_in_the_cell(people: People, open_screen: Open) -> None:
    mine, other = staged(people, "dispatched", title="派给我的"), staged(people, "open", title="别人的")
    at = open_screen("field", people.grid_worker, part="mine")
    assert {f"/wish?case={mine}", f"/wish?case={other}"} <= set(links(at))
    assert [node[1]["data-id"] for node in drawn(at) if node[1].get("data-do") == "take_on"] == [str(mine)]
    assert not [
        n for n in drawn(open_screen("field", people.next_worker, part="mine")) if n[1].get("data-do") == "take_on"
    ]


@pytest.mark.parametrize("part", ["rules", "templates", "calendar", "categories", "targets"])
@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_every_part_of_the_settings_opens(people: People, open_screen: Open, part: str, lang: str) -> None:
    for who in (people.admin, people.staff):
        at = open_screen("setup", who, lang, part=part)
        assert "setup." not in text(at)


def test_a_rule_is_saved_and_says_who_gets_it(people: People, open_screen: Open) -> None:
    at = open_screen("setup", people.staff, part="rules")
    assert "共 2 人" in text(at) and "还没有网格员" in text(at)
    at.selectbox(key="rule_category").set_value("noise")
    run(at)
    button(at, "保存规则").click()
    run(at)
    assert [(rule.category, rule.to) for rule in setup().rules] == [("noise", "worker")]
    assert "噪音扰民" in text(at)


def test_the_calendar_is_read_by_staff_and_imported_by_the_town(people: People, open_screen: Open) -> None:
    assert not open_screen("setup", people.staff, part="calendar").button
    do(setting_up.save_year, people.admin, 2026, {}, False)
    at = open_screen("setup", people.admin, part="calendar")
    at.button_group(key="calendar_year").set_value("2026")
    run(at)
    button(at, "导入 2026 年法定安排").click()
    run(at)
    assert 2026 in setup().official_years and len(look(setting_up.days, people.admin, 2026)) > 20
