"""The ballot's page and the clerk's page of papers, run without a browser: what each sees, and what happens."""

from dataclasses import replace
from typing import Any

import orjson
import pytest
from streamlit.testing.v1 import AppTest

from db.models.fund import PhasePlan, Rival
from portal import audit, clock
from portal.acts import VISITOR, Who
from portal.fund import ballots, receipts
from portal.fund.reviewing import rival_groups
from tests.fixtures.fund import FundPeople
from tests.fixtures.screens import Open, links, run, text
from tests.fixtures.town import People
from tests.portal.cases.steps import do
from tests.portal.fund.votes import TWO, Vote, begin, cast, close, given, in_box, number_of, papers, voter

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the rules have their own tests


@pytest.fixture
def vote(funders: FundPeople) -> Vote:
    return begin(funders)


def ballot(at: AppTest) -> dict[str, Any]:
    """What the ballot in the browser is given; empty where there is none."""
    for element in at.get("bidi_component"):
        proto: Any = getattr(element, "proto", None)
        if proto is not None and proto.component_name == "portal.ballot":
            found: dict[str, Any] = orjson.loads(proto.bytes)
            return found
    return {}


def press(at: AppTest, label: str) -> AppTest:
    next(button for button in at.button if label in button.label).click()
    return run(at)


# The ballot


def test_a_voter_gets_the_ballot_with_the_projects_in_order(vote: Vote, open_screen: Open) -> None:
    at = open_screen("vote", vote.people.ann, round=str(vote.id))
    sent = ballot(at)
    assert [project["number"] for project in sent["projects"]] == [1, 2, 3, 4]
    assert (sent["type"], sent["least"], sent["most"], sent["budget"], sent["chosen"]) == (
        "approval", 1, 5, 10_000_000, [],
    )  # fmt: skip
    first = sent["projects"][0]
    assert (first["title"], first["cost"], first["href"], first["photo"]) == ("项目 1", 3_000_000, "/project?id=1", "")
    assert "请选出您支持的项目：至少 1 个，最多 5 个。" in sent["words"]["asked"]
    assert all("ballot." not in word for word in sent["words"].values()), "every word has its sentence"
    assert "投票到" in text(at) and "已有" not in text(at)


def test_the_draft_is_back_after_a_reload(vote: Vote, open_screen: Open) -> None:
    do(ballots.save_draft, vote.people.ann, vote.id, TWO)
    sent = ballot(open_screen("vote", vote.people.ann, round=str(vote.id)))
    assert (sent["chosen"], sent["drafted"]) == ([[1, 1], [3, 1]], True)
    assert ballot(open_screen("vote", vote.people.bob, round=str(vote.id)))["chosen"] == []


def test_rivals_are_named_by_number(vote: Vote, open_screen: Open) -> None:
    with audit.transaction() as session:
        for project_id in (2, 4):
            session.add(Rival(project_id=project_id, group_no=1, round_id=vote.id))
        session.flush()
        assert rival_groups(session, vote.id) == [frozenset({2, 4})]
    sent = ballot(open_screen("vote", vote.people.ann, round=str(vote.id)))
    assert [project["rivals"] for project in sent["projects"]] == [[], [4], [], [2]]


def test_who_voted_sees_the_code_and_not_the_choice(vote: Vote, open_screen: Open) -> None:
    code = cast(vote, vote.people.ann, TWO)
    at = open_screen("vote", vote.people.ann, round=str(vote.id))
    assert code in text(at) and "您已经投票" in text(at) and not ballot(at)
    assert "项目 1" not in text(at)
    assert {f"/vote?round={vote.id}&change=1", f"/box?round={vote.id}", f"/round?id={vote.id}"} <= set(links(at))


def test_a_change_begins_from_what_was_cast(vote: Vote, open_screen: Open) -> None:
    cast(vote, vote.people.ann, TWO)
    at = open_screen("vote", vote.people.ann, round=str(vote.id), change="1")
    assert ballot(at)["chosen"] == [[1, 1], [3, 1]] and not ballot(at)["drafted"]


def test_after_the_close_the_code_stays_and_nothing_can_be_changed(vote: Vote, open_screen: Open) -> None:
    code = cast(vote, vote.people.ann)
    close(vote)
    at = open_screen("vote", vote.people.ann, round=str(vote.id), change="1")
    assert code in text(at) and "不能再更改" in text(at) and not ballot(at)
    assert not [link for link in links(at) if "change" in link]


def late(funders: FundPeople) -> Who:
    return replace(funders.organization, home_path=funders.ann.home_path)


@pytest.mark.parametrize(
    ("name", "says", "way"),
    [
        ("visitor", "请先登录再投票", "/signin?next=/vote%3Fround%3D"),
        ("stranger", "您的居住地还没有确认在本轮范围内", "/me?part=home"),
        ("late", "您还不在本轮的选民名册上", "/round?id="),
        ("paper", "您已领取纸质选票", "/round?id="),
    ],
)
def test_who_cannot_vote_is_told_why_and_what_to_do(
    vote: Vote, people: People, open_screen: Open, name: str, says: str, way: str
) -> None:
    given(vote, vote.people.second_staff, 109)
    who = {"visitor": VISITOR, "stranger": people.stranger, "late": late(vote.people), "paper": vote.people.bob}[name]
    at = open_screen("vote", who, round=str(vote.id))
    assert says in text(at) and not ballot(at)
    assert any(link.startswith(way) for link in links(at))


@pytest.mark.parametrize(("state", "says"), [("publishing", "投票还没有开始"), ("reviewing_ballots", "投票已经截止")])
def test_before_and_after_there_is_a_sentence(funders: FundPeople, open_screen: Open, state: str, says: str) -> None:
    for who in (VISITOR, funders.ann):
        at = open_screen("vote", who, round=str(begin(funders, state=state).id))
        assert says in text(at) and not ballot(at)
        assert any(link.startswith("/round" if state == "publishing" else "/result") for link in links(at)[1:])


def test_without_a_round_the_open_ones_are_offered(vote: Vote, open_screen: Open) -> None:
    at = open_screen("vote", vote.people.ann)
    assert f"/vote?round={vote.id}" in links(at)
    close(vote)
    at = open_screen("vote", vote.people.ann)
    assert "现在没有投票" in text(at) and "/fund" in links(at)


@pytest.mark.parametrize("round_id", ["999999", "x", "-1", "99999999999999"])
def test_a_round_that_is_none_fails_kindly(vote: Vote, open_screen: Open, round_id: str) -> None:
    assert not ballot(open_screen("vote", vote.people.ann, round=round_id))


@pytest.mark.parametrize("kind", ["points", "ranking", "one"])
def test_every_kind_of_ballot_has_its_words(funders: FundPeople, open_screen: Open, kind: str) -> None:
    vote = begin(funders, ballot_type=kind, points=10, scores=[3, 2, 1])
    for lang in ("zh-CN", "en"):
        sent = ballot(open_screen("vote", funders.ann, lang, round=str(vote.id)))
        assert sent["type"] == kind and "ballot." not in sent["words"]["asked"]


# Papers


@pytest.mark.parametrize("name", ["visitor", "resident", "volunteer", "grid_worker"])
def test_the_papers_are_for_staff(people: People, open_screen: Open, name: str) -> None:
    at = open_screen("paper", VISITOR if name == "visitor" else getattr(people, name))
    assert not at.text_input and (at.info or at.warning)


def test_staff_elsewhere_see_no_round(vote: Vote, people: People, open_screen: Open) -> None:
    at = open_screen("paper", people.far_staff)
    assert "现在没有要办的纸质选票" in text(at) and not at.text_input


def found(at: AppTest, phone: str) -> AppTest:
    at.text_input[0].set_value(phone)
    return press(at, "查找")


def test_a_paper_is_given_to_the_person_found_by_phone(vote: Vote, open_screen: Open) -> None:
    at = found(open_screen("paper", vote.people.second_staff, part="give"), "13900000108")
    assert "ann" in text(at) and "139****0108" in text(at) and "可以发票" in text(at)
    at = press(at, "发给一张纸质选票")
    assert voter(vote.id, vote.people.ann).voted_how == "paper"
    assert "已领纸质选票" in text(at) and not [b for b in at.button if "发给" in b.label]
    at = press(at, "下一位")
    assert "ann" not in text(at) and at.text_input[0].value == ""


def test_somebody_who_voted_or_is_not_there_is_told_so(vote: Vote, open_screen: Open) -> None:
    cast(vote, vote.people.bob)
    at = found(open_screen("paper", vote.people.second_staff, part="give"), "13900000109")
    assert "已在网上投票" in text(at) and not [b for b in at.button if "发给" in b.label]
    at = found(open_screen("paper", vote.people.second_staff, part="give"), "13712345678")
    assert "没有人用这个号码登记过" in text(at)
    at = found(open_screen("paper", vote.people.second_staff, part="give"), "13900000104")
    assert "居住地未确认在本轮范围内" in text(at)


def typed(at: AppTest, line: str) -> AppTest:
    at.text_input[0].set_value(line)
    return press(at, "录入，下一张")


def test_papers_are_typed_line_by_line_and_checked_by_a_second(vote: Vote, people: People, open_screen: Open) -> None:
    given(vote, vote.people.second_staff, 108, 109)
    numbers = [number_of(vote), number_of(vote)]
    at = open_screen("paper", people.staff)
    for number in numbers:
        at = typed(at, f"{number} 1 3")
        assert "等另一位同事录入" in text(at) and at.text_input[0].value == "", "empty for the next one"
    assert "1 3" not in repr(vars(at.session_state)), "what was read stays nowhere"
    at = typed(open_screen("paper", vote.people.second_staff), f"{numbers[0]} 3 1")
    assert "两人一致，已计入" in text(at) and in_box(vote.id) == [((1, 1), (3, 1))]
    at = typed(at, f"{numbers[1]} 2")
    assert "两人不一致" in text(at) and receipts.grouped(numbers[1]) in text(at)


def test_a_refused_line_stays_to_be_mended(vote: Vote, people: People, open_screen: Open) -> None:
    given(vote, vote.people.second_staff, 108)
    line = f"{number_of(vote)} 1 9"
    at = typed(open_screen("paper", people.staff), line)
    assert "没有 9 号项目" in text(at) and at.text_input[0].value == line and not papers(vote.id)


def test_ones_own_slip_is_mended_with_a_tick(vote: Vote, people: People, open_screen: Open) -> None:
    given(vote, vote.people.second_staff, 108)
    number = number_of(vote)
    at = typed(open_screen("paper", people.staff), f"{number} 1")
    at = typed(at, f"{number} 2")
    assert "是您录入过的" in text(at)
    at.checkbox[0].check()
    at = typed(at, f"{number} 2")
    at = typed(open_screen("paper", vote.people.second_staff), f"{number} 2")
    assert in_box(vote.id) == [((2, 1),)]


def test_papers_are_printed_only_while_people_vote(vote: Vote, people: People, open_screen: Open) -> None:
    at = open_screen("paper", people.staff, part="print")
    assert f"/fund/{vote.id}/papers.pdf?n=20" in links(at)
    close(vote)
    at = open_screen("paper", people.staff, part="print")
    assert not [link for link in links(at) if "papers.pdf" in link] and at.text_input


def test_the_planned_end_closes_the_page_too(vote: Vote, open_screen: Open) -> None:
    with audit.transaction() as session:
        session.get_one(PhasePlan, (vote.id, "reviewing_ballots")).starts_at = clock.now()
    at = open_screen("vote", vote.people.ann, round=str(vote.id))
    assert "投票已经截止" in text(at) and not ballot(at)
