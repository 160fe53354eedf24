"""The screens of oversight: numbers, personal information, call-backs, one's own data."""

from datetime import timedelta

import pytest

from portal import clock, limits
from portal.acts import VISITOR
from portal.cases import callbacks, clockwork, erasing, retention
from tests.fixtures.screens import Open, links, run, text
from tests.fixtures.town import CELL, COMMUNITY, People
from tests.portal.cases.steps import MONDAY, case, staged
from tests.portal.cases.test_callbacks import AUGUST, JULY, the_call
from tests.portal.test_board import count

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the domains have their own tests


@pytest.fixture
def drawn(people: People) -> int:
    """A call-back about a wish that nobody judged."""
    with clock.at(MONDAY):
        staged(people, "done", title="路灯修好了吗", contact="13912345678")
    with clock.at(MONDAY + timedelta(days=limits.RATING_DAYS)):
        clockwork.tick()
    with clock.at(AUGUST):
        assert callbacks.draw(JULY)
    return the_call().id or 0


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
@pytest.mark.parametrize("path", ["numbers", "privacy"])
def test_an_empty_portal_has_something_to_say(people: People, open_screen: Open, path: str, lang: str) -> None:
    assert len(text(open_screen(path, lang=lang))) > 200


def test_the_three_answers_stand_side_by_side_with_their_numbers(people: People, open_screen: Open) -> None:
    count("wish", posted=9, done=9, claimed_solved=9, said_solved=3, said_not=1, callback_solved=1, callback_not=1)
    told = text(open_screen("numbers"))
    for part in ("100% · 9 / 9", "75% · 3 / 4", "50% · 1 / 2", "意见建议，一键求助，便民代办"):
        assert part in told
    assert "100% · 9 / 9" in text(open_screen("numbers", area=CELL, days="365"))
    assert "9 / 9" not in text(open_screen("numbers", area=f"{COMMUNITY}04/"))
    assert "100%" in text(open_screen("numbers", days="x", area="/nowhere/"))


def test_of_help_no_small_number_is_told_and_of_disputes_none_below_a_community(
    people: People, open_screen: Open
) -> None:
    count("help", posted=4, done=3, said_solved=3, declined=2)
    told = text(open_screen("numbers"))
    assert "一键求助" in told and "不足 5 件" in told and "3 / 3" not in told
    assert "社区以下" in text(open_screen("numbers", area=CELL))


def test_the_draw_can_be_repeated_from_the_page(people: People, open_screen: Open, drawn: int) -> None:
    at = open_screen("numbers")
    told = text(at)
    assert "2026年7月" in told and str(the_call().case_id) in told.split() and "0" * 64 in told
    assert "/audit/callbacks/2026-07" in links(at)


def test_the_times_and_the_last_runs_are_public(people: People, open_screen: Open) -> None:
    with clock.at(MONDAY):
        staged(people, "closed", contact="13912345678")
    with clock.at(MONDAY + timedelta(days=400)):
        retention.run()
    told = text(open_screen("privacy"))
    assert "12 个月" in told and "36 个月" in told and "心愿 1 件" in told
    assert "/me?part=data" in links(open_screen("privacy", people.resident))
    assert "/signin?next=/me?part=data" in links(open_screen("privacy"))


def test_a_clerk_calls_back(people: People, open_screen: Open, drawn: int) -> None:
    at = open_screen("callbacks", people.staff)
    assert f"/callbacks?call={drawn}" in links(at) and "139****5678" not in text(at)
    at = open_screen("callbacks", people.staff, call=str(drawn))
    assert "路灯修好了吗" in text(at) and "139****5678" in text(at) and "13912345678" not in text(at)
    at.button(key=f"number_{drawn}").click()
    assert "13912345678" in text(run(at)).replace("+86", "")
    at.button(key=f"keep_{drawn}").click()
    assert run(at).error, "what was said is asked for"
    at.button_group(key=f"callback_{drawn}_outcome").set_value("solved")
    at.button(key=f"keep_{drawn}").click()
    run(at)
    assert (the_call().state, the_call().outcome) == ("reached", "solved") and "没有待回访" in text(at)
    told = text(open_screen("wish", VISITOR, case=str(the_call().case_id)))
    assert "电话回访时的评价" in told and "抽样电话回访" in told and "承办人认为" in told


def test_nobody_answered(people: People, open_screen: Open, drawn: int) -> None:
    at = open_screen("callbacks", people.staff, call=str(drawn))
    at.button(key=f"missed_{drawn}").click()
    assert "已打 1 次" in text(run(at))


def test_the_page_is_for_staff(people: People, open_screen: Open, drawn: int) -> None:
    for who in (VISITOR, people.resident, people.grid_worker):
        assert "路灯修好了吗" not in text(open_screen("callbacks", who, call=str(drawn)))
    assert open_screen("callbacks", people.far_staff, call=str(drawn)).error
    for nonsense in ("0", "x", "99999999999", "9999"):
        open_screen("callbacks", people.staff, call=nonsense)


def test_what_can_be_erased_is_offered_on_the_page_of_the_case(people: People, open_screen: Open) -> None:
    case_id = staged(people, "closed", contact="13912345678")
    key = f"press_{case_id}_case."

    def offered(who: object) -> set[str]:
        return {b.key.removeprefix(key) for b in open_screen("wish", who, case=str(case_id)).button if b.key} & {
            "erase",
            "drop_contact",
        }

    assert offered(people.resident) == {"erase", "drop_contact"} and offered(people.staff) == set()
    at = open_screen("wish", people.resident, case=str(case_id))
    at.button(key=f"{key}erase").click()
    run(at)
    assert "不能恢复" in text(at) and case(case_id).body
    next(b for b in at.button if (b.key or "").startswith("go_case.erase")).click()
    run(at)
    assert erasing.is_erased(case(case_id)) and "内容已由本人删除" in text(at) and offered(people.resident) == set()


def test_ones_own_data(people: People, open_screen: Open) -> None:
    at = open_screen("me", people.resident, part="data")
    assert "/account/data" in links(at) and "注销账号" in {b.label for b in at.button}


def test_an_admin_sets_how_long_is_kept_and_staff_read_it(people: People, open_screen: Open) -> None:
    at = open_screen("setup", people.admin, part="retention")
    at.number_input(key="retention_wish_12").set_value(3)
    next(b for b in at.button if b.label == "保存").click()
    run(at)
    assert "3 个月" in text(open_screen("privacy"))
    at = open_screen("setup", people.staff, part="retention")
    assert all(field.disabled for field in at.number_input)


def test_the_start_page_tells_what_the_handlers_say(people: People, open_screen: Open) -> None:
    with clock.at(clock.now()):
        staged(people, "done")
    assert "承办人说解决：100%" in text(open_screen(""))
