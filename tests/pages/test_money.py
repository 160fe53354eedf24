"""The public books on the screen, and as files."""

import csv
import io

import pytest
from streamlit.testing.v1 import AppTest

from db.models.fund import Project
from portal.acts import VISITOR
from portal.fund import pledges
from portal.http import openbooks
from tests.fixtures.fund import FundPeople
from tests.fixtures.screens import Open, links, run, text
from tests.portal.cases.steps import do, look
from tests.portal.fund.works import Works, works

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the rules have their own tests


@pytest.fixture
def at(funders: FundPeople) -> Works:
    found = works(funders)
    found.begin()
    found.money.post("instalment", "4000", milestone_id=found.accepted("4000"))
    return found


def press(at: AppTest, label: str) -> AppTest:
    next(button for button in at.button if button.label == label).click()
    return run(at)


def test_anybody_reads_the_books_of_the_fund(at: Works, open_screen: Open) -> None:
    screen = open_screen("money", VISITOR)
    told = text(screen)
    for said in ("后山社区基金", "财政拨款", "100,000 元", "50,000 元", "安宁市慈善会", "按节点付款", "第 5 号"):
        assert said in told
    found = links(screen)
    assert f"/money?round={at.money.round_id}" in found and f"/fund/{at.money.fund_id}/transfers.csv" in found
    assert f"/fund/{at.money.fund_id}/awards.json" in found
    assert "Open books" in text(open_screen("money", VISITOR, "en"))


def test_round_and_project_show_the_equation_and_the_way_up(at: Works, open_screen: Open) -> None:
    screen = open_screen("money", VISITOR, round=str(at.money.round_id))
    told = text(screen)
    for said in ("拨入", "50,000 元", "6,000 元", "4,000 元", "40,000 元", "30,000 元 还没有分给项目"):
        assert said in told, said
    assert f"/money?fund={at.money.fund_id}" in links(screen) and f"/money?project={at.id}" in links(screen)
    screen = open_screen("money", VISITOR, project=str(at.id))
    told = text(screen)
    for said in (
        "投票资助 20,000 元",
        "6,000 元",
        "4,000 元",
        "10,000 元",
        "长椅",
        "4,000 元 / 预算 20,000 元",
        "安宁绿化有限公司",
    ):
        assert said in told, said
    assert f"/money?round={at.money.round_id}" in links(screen)


def test_what_waits_is_only_counted(at: Works, open_screen: Open) -> None:
    at.money.propose("contract", "777")
    told = text(open_screen("money", VISITOR, project=str(at.id)))
    assert "另有 1 笔等待第二人复核" in told and "777" not in told


def test_a_correction_is_told_as_a_pair(at: Works, open_screen: Open) -> None:
    at.money.approve(at.money.correct(at.money.post("contract", "1")))
    told = text(open_screen("money", VISITOR, project=str(at.id)))
    assert "更正第 6 号" in told and "已由第 7 号更正" in told


def test_without_a_fund_the_page_says_so(funders: FundPeople, open_screen: Open) -> None:
    assert "还没有社区基金" in text(open_screen("money", VISITOR))


@pytest.mark.parametrize(
    "query", [{"round": "99"}, {"project": "99"}, {"fund": "99"}, {"project": "x"}, {"after": "x"}]
)
def test_other_addresses_are_answered_kindly(at: Works, open_screen: Open, query: dict[str, str]) -> None:
    screen = open_screen("money", VISITOR, **query)
    told = text(screen)
    assert "公开账本" in told
    if {"round", "project"} & query.keys() and "x" not in query.values():
        assert "没有这本账" in told and "/money" in links(screen)


def test_a_project_without_money_has_no_books(at: Works, open_screen: Open) -> None:
    at.money.set_state(Project, "on_ballot")
    assert "20,000" not in text(open_screen("money", VISITOR, project=str(at.id)))


def test_a_member_offers_things_to_the_fund(at: Works, open_screen: Open) -> None:
    key = f"pledges_{at.money.fund_id}_0"
    screen = open_screen("money", at.people.bob)
    screen.session_state[f"{key}_box"] = True
    screen = run(screen)
    screen.text_input[0].set_value("  ")
    screen = press(screen, "我要出力")
    assert screen.error and "具体内容" in screen.error[0].value
    screen.text_input[0].set_value("两张旧长椅")
    screen = press(screen, "我要出力")
    (mine,) = look(pledges.mine, at.people.bob, at.money.fund_id)
    assert (mine.what, mine.kind, mine.state) == ("两张旧长椅", "things", "offered")
    assert "两张旧长椅" not in text(open_screen("money", VISITOR))
    do(pledges.receive, at.staff, mine.id)
    told = text(open_screen("money", VISITOR))
    assert "两张旧长椅" in told and "bob" not in told and "共 1 份物品" in told
    assert any(link.startswith("/signin?next=%2Fmoney") for link in links(open_screen("money", VISITOR)))


# the files


def test_the_dictionary_explains_every_column(at: Works) -> None:
    from starlette.requests import Request

    request = Request({"type": "http", "query_string": b"lang=en", "headers": []})
    answer = openbooks.fields(request)
    assert answer.headers["content-disposition"] == 'attachment; filename="fields.csv"'
    found = list(csv.reader(io.StringIO("".join(openbooks._lines([["a", "b"]])).removeprefix("\ufeff"))))
    assert found == [["a", "b"]]
