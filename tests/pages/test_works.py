"""The work on the project page and in the list of those who work with it."""

from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from db.models.fund import Project
from pages.parts import work_panel
from portal import clock
from portal.acts import VISITOR, Who
from portal.fund import following, milestones, pledges, work
from portal.fund.pledges import Offer
from tests.fixtures.fund import FundPeople
from tests.fixtures.screens import Open, links, run, text
from tests.fixtures.screens import _drawn as drawn
from tests.fixtures.town import People
from tests.portal.cases.steps import do, look
from tests.portal.fund.works import SAYS, Works, step, works

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the rules have their own tests


@pytest.fixture
def at(funders: FundPeople) -> Works:
    return works(funders)


def press(at: AppTest, label: str) -> AppTest:
    next(button for button in at.button if button.label == label).click()
    return run(at)


def go(at: AppTest) -> AppTest:
    """Send the form that is open."""
    next(button for button in at.button if (button.key or "").startswith("go_")).click()
    return run(at)


def labels(at: AppTest) -> list[str]:
    return [button.label for button in at.button]


def clicks(at: AppTest) -> set[str]:
    """What the drawn buttons do."""
    return {node[1]["data-do"] for node in drawn(at) if node[0] == "button" and "data-do" in node[1]}


def page(at: Works, open_screen: Open, who: Who = VISITOR) -> AppTest:
    return open_screen("project", who, id=str(at.id))


def opened(screen: AppTest, at: Works, act: str, number: int) -> AppTest:
    """As if the drawn button had been pressed: nothing inside a component can be clicked here."""
    screen.session_state[f"work_act_{at.id}"] = (act, number)
    return run(screen)


def test_staff_start_a_project_and_may_name_another_lead(at: Works, open_screen: Open) -> None:
    screen = page(at, open_screen, at.staff)
    assert "启动项目" in labels(screen) and "终止项目" in labels(screen)
    assert "启动项目" not in labels(page(at, open_screen)) + labels(page(at, open_screen, at.lead))
    screen = press(page(at, open_screen, at.staff), "启动项目")
    screen.radio[0].set_value("phone")
    screen = run(screen)
    screen.text_input[-1].set_value("13712345678")
    screen = go(screen)
    assert "没有找到这个手机号" in screen.error[0].value and screen.text_input[-1].value == "13712345678"
    screen.text_input[-1].set_value("13900000109")
    go(screen)
    assert (at.row.state, at.row.lead_id) == ("contracting", at.people.bob.person_id)


def test_anybody_sees_money_milestones_and_what_is_late(
    at: Works, open_screen: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    at.begin()
    at.accepted("4000", title="采购座椅")
    at.plan("2000", days=1, title="安装座椅")
    later = clock.now() + timedelta(days=3)
    monkeypatch.setattr(clock, "now", lambda: later)
    told = text(page(at, open_screen))
    for said in (
        "2 个节点，已验收 1 个",
        "1 个节点逾期",
        "采购座椅",
        SAYS,
        "已逾期",
        "10,000 元",
        "预算和实际支出",
        "20,000 元",
    ):
        assert said in told, said
    assert f"负责人：{at.lead.name}" not in told, "who leads it is told to those who work with it"
    assert f"/money?project={at.id}" in links(page(at, open_screen))
    assert f"负责人：{at.lead.name}" in text(page(at, open_screen, at.staff))


def test_the_lead_plans_and_reports_and_does_not_accept(at: Works, open_screen: Open) -> None:
    at.begin()
    screen = press(page(at, open_screen, at.lead), "添加节点")
    screen.text_input[0].set_value("安装座椅")
    next(field for field in screen.text_input if field.label == "计划支付（元）").set_value("99999")
    screen = go(screen)
    assert "最多还能填" in screen.error[0].value and screen.text_input[0].value == "安装座椅"
    next(field for field in screen.text_input if field.label == "计划支付（元）").set_value("2000")
    go(screen)
    (shown,) = look(milestones.of_project, VISITOR, at.id)
    screen = page(at, open_screen, at.lead)
    assert "milestone.report" in clicks(screen) and "milestone.accept" not in clicks(screen)
    screen = opened(screen, at, "milestone.report", shown.id)
    screen.text_area[0].set_value(SAYS)
    go(screen)
    assert step(shown.id).state == "reported"
    assert "milestone.accept" not in clicks(page(at, open_screen, at.lead))
    assert {"milestone.accept", "milestone.return"} <= clicks(page(at, open_screen, at.staff))


def test_accepting_and_stopping_ask_once_more(at: Works, open_screen: Open) -> None:
    at.begin()
    number = at.reported()
    screen = opened(page(at, open_screen, at.staff), at, "milestone.accept", number)
    assert "验收后不能撤回" in screen.warning[0].value and step(number).state == "reported"
    go(screen)
    assert step(number).state == "accepted"
    screen = press(page(at, open_screen, at.staff), "终止项目")
    assert "终止后不能恢复" in screen.warning[0].value and at.row.state == "implementing"
    screen = go(screen)
    assert screen.error and at.row.state == "implementing"
    screen.text_area[0].set_value("场地被占用")
    go(screen)
    assert at.row.state == "cancelled"
    assert "场地被占用" in text(page(at, open_screen))


def test_news_stands_on_the_page(at: Works, open_screen: Open) -> None:
    at.start()
    screen = press(page(at, open_screen, at.lead), "发布进展")
    screen.text_area[0].set_value("样品到了 **请看** <b>")
    go(screen)
    assert "样品到了 **请看** <b>" in text(page(at, open_screen))


def test_following_is_one_button(at: Works, open_screen: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = page(at, open_screen, at.people.bob)
    assert "follow" in clicks(screen)
    work_panel._follow({"do": "follow", "id": str(at.id)})
    assert look(following.follows, at.people.bob, at.id)
    screen = page(at, open_screen, at.people.bob)
    assert "unfollow" in clicks(screen) and "1 人关注" in text(screen)
    work_panel._follow({"do": "unfollow", "id": str(at.id)})
    assert not look(following.follows, at.people.bob, at.id)
    work_panel._follow({"do": "other", "id": "x"})
    assert any(link.startswith("/signin?next=%2Fproject") for link in links(page(at, open_screen)))


def test_before_the_vote_there_is_no_work(at: Works, open_screen: Open) -> None:
    at.money.set_state(Project, "on_ballot")
    screen = page(at, open_screen, at.staff)
    assert "项目实施" not in text(screen) and "启动项目" not in labels(screen)
    assert "捐物和出力" in text(screen), "things and hours can be offered already"


def test_late_is_shown_in_the_list_of_the_round(at: Works, open_screen: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    at.begin()
    at.plan(days=1)
    where = {"id": str(at.money.round_id)}
    assert "已逾期" not in text(open_screen("round", VISITOR, **where))
    later = clock.now() + timedelta(days=3)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert "已逾期" in text(open_screen("round", VISITOR, **where))


# the list


def test_the_list_is_for_those_who_work_with_projects(at: Works, people: People, open_screen: Open) -> None:
    for who in (VISITOR, at.people.bob, people.volunteer):
        assert at.row.title not in text(open_screen("works", who))
    assert "没有正在实施的项目" in text(open_screen("works", people.far_staff))
    told = text(open_screen("works", at.staff))
    assert at.row.title in told and "还没有负责人" in told
    for who in (at.people.finance, at.people.auditor, people.street_staff):
        assert at.row.title in text(open_screen("works", who))


def test_what_presses_most_comes_first(at: Works, open_screen: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    at.begin()
    at.plan(days=1)
    at.reported()
    screen = open_screen("works", at.staff)
    assert "1 个待验收" in text(screen)
    later = clock.now() + timedelta(days=3)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert "1 个节点逾期" in text(open_screen("works", at.staff))
    assert "没有等待办结的项目" in text(open_screen("works", at.staff, tab="close"))
    assert f"/project?id={at.id}" in links(open_screen("works", at.staff, tab="all"))


def test_offers_are_answered_from_the_list(at: Works, open_screen: Open) -> None:
    typed = Offer(at.money.fund_id, at.id, "hours", "周末帮忙刷漆", 4)
    first, second = (do(pledges.offer, at.people.bob, typed) for _ in range(2))
    screen = open_screen("works", at.staff, tab="pledges")
    assert text(screen).count("周末帮忙刷漆") == 2 and {"receive", "decline"} <= clicks(screen)
    screen.session_state["works_declining"] = second
    screen = run(screen)
    screen.text_area[0].set_value("谢谢")
    press(screen, "婉谢")
    do(pledges.receive, at.staff, first)
    assert [r.state for r in look(pledges.mine, at.people.bob, at.money.fund_id)] == ["declined", "received"]
    assert "没有等待答复" in text(open_screen("works", at.staff, tab="pledges"))
    assert do(work.lead_of, at.staff, at.id) == ""
