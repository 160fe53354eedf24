"""The square of the fund, a round for everybody, and the page on which staff make and move rounds."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select
from streamlit.testing.v1 import AppTest

from db.engine import reading
from db.models.fund import Fund, Project, Round
from pages.parts import roundrules
from portal import areas, audit, clock, words
from portal.acts import VISITOR
from portal.fund import funds, phases, rounds, terms
from portal.fund.rounds import New
from tests.fixtures.fund import BUDGET_FEN, FundPeople, add_fund, add_round, endow
from tests.fixtures.screens import Open, links, run, text
from tests.fixtures.screens import _drawn as drawn
from tests.fixtures.town import COMMUNITY, OTHER_COMMUNITY, People
from tests.portal.cases.steps import do, look


@pytest.fixture
def fund(people: People, funders: FundPeople) -> Fund:
    with audit.transaction() as session:
        return add_fund(session)


def stage(fund: Fund, state: str, funders: FundPeople | None = None, **how: Any) -> Round:
    with audit.transaction() as session:
        row, _ = add_round(session, fund, state, **how)
        if funders is not None:
            endow(session, fund, BUDGET_FEN, funders.finance, funders.other_finance, row)
    return row


def draft(people: People, fund: Fund) -> Round:
    day = clock.day_of(clock.now()) + timedelta(days=7)
    new = New(fund.id or 0, "2027 年第一轮", fund.area_id, "100000", day, allowed=("绿化",), excluded=("车辆",))
    return look(rounds.one, people.staff, do(rounds.create, people.staff, new))


def now(row: Round) -> Round:
    with reading() as session:
        return session.get_one(Round, row.id)


def press(at: AppTest, label: str) -> AppTest:
    next(button for button in at.button if button.label == label).click()
    return run(at)


def labels(at: AppTest) -> list[str]:
    return [button.label for button in at.button]


def field(at: AppTest, kind: str, label: str) -> Any:
    return next(widget for widget in getattr(at, kind) if widget.label == label)


# The square


def test_where_there_is_no_fund_the_square_says_so(people: People, open_screen: Open) -> None:
    at = open_screen("fund")
    assert "这里还没有社区基金" in text(at) and "/wall" in links(at)
    assert "savings" not in text(open_screen(""))  # and no door leads there


def test_the_square_shows_what_can_be_done_now(
    people: People, funders: FundPeople, fund: Fund, open_screen: Open
) -> None:
    voting, calling, over = stage(fund, "balloting", funders), stage(fund, "accepting"), stage(fund, "finished")
    seen = open_screen("fund")
    assert {f"/vote?round={voting.id}", f"/propose?round={calling.id}", f"/result?round={over.id}"} <= {*links(seen)}
    assert {f"/round?id={voting.id}", f"/money?fund={fund.id}"} <= {*links(seen)}
    told = text(seen)
    assert all(
        said in told for said in ("社区有一笔大家的钱", "累计收到 100,000 元", "目前不接受捐款", "正在投票", "往期")
    )
    assert "Voting is open" in text(open_screen("fund", lang="en"))


def test_a_quiet_square_says_so(people: People, fund: Fund, open_screen: Open) -> None:
    draft(people, fund)
    seen = text(open_screen("fund"))
    assert "现在没有正在进行的评选" in seen and "2027 年第一轮" not in seen


def test_of_several_funds_that_of_ones_home_comes_first(people: People, fund: Fund, open_screen: Open) -> None:
    other = areas.tree().by_path(OTHER_COMMUNITY).id
    do(funds.create, people.admin, other, funds.Typed("螺白社区基金"))
    assert open_screen("fund", people.resident).selectbox[0].value == str(fund.id)
    there = open_screen("fund", fund=str(fund.id + 1 if fund.id else 0))
    assert "螺白社区基金" in text(there)


def test_older_rounds_are_a_page_further(
    people: People, fund: Fund, open_screen: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds.limits, "PAGE_ROWS", 2)
    first, second, third = (stage(fund, "finished") for _ in range(3))
    at = open_screen("fund")
    assert f"/fund?before={second.id}" in links(at) and f"/result?round={first.id}" not in links(at)
    older = links(open_screen("fund", before=str(second.id)))
    assert f"/result?round={first.id}" in older and f"/result?round={third.id}" not in older


@pytest.mark.parametrize(
    ("state", "said"), [("drafting", "钱怎么花，大家定"), ("accepting", "正在征集项目"), ("balloting", "正在投票")]
)
def test_the_start_page_leads_to_the_fund_once_there_is_one(
    people: People, fund: Fund, open_screen: Open, state: str, said: str
) -> None:
    stage(fund, state)
    at = open_screen("")
    assert "/fund" in links(at) and said in text(at)


# A round for everybody


def test_a_draft_is_nobodys_but_the_staffs(people: People, fund: Fund, open_screen: Open) -> None:
    row = draft(people, fund)
    for who in (VISITOR, people.resident, people.far_staff):
        assert "没有找到这一轮" in text(open_screen("round", who, id=str(row.id)))
    assert "2027 年第一轮" in text(open_screen("round", people.staff, id=str(row.id)))
    for number in ("", "0", "x", "99999999999"):
        assert "没有找到这一轮" in text(open_screen("round", id=number))


def test_the_timeline_tells_what_was_is_and_comes(people: People, fund: Fund, open_screen: Open) -> None:
    row = stage(fund, "valuating")
    do(phases.enter, people.staff, row.id, "publishing")
    at = open_screen("round", id=str(row.id))
    stops = [node for node in drawn(at) if node[0] == "li" and "step" in node[1].get("class", "").split()]
    course = [node for node in stops if "aria-current" in node[1]]
    assert len(course) == 1 and "公示选票" in str(course[0])
    told = text(at)
    assert all(said in told for said in ("已完成", "跳过", "进行中", "下一步", "原定"))


def test_what_is_published_goes_on_no_longer(people: People, fund: Fund, open_screen: Open) -> None:
    told = text(open_screen("round", id=str(stage(fund, "finished").id)))
    assert "已完成" in told and "进行中" not in told


def test_a_running_vote_tells_until_when_and_the_turnout(
    people: People, funders: FundPeople, fund: Fund, open_screen: Open
) -> None:
    row = stage(fund, "publishing", funders, costs=[100, 200])
    do(phases.enter, people.staff, row.id, "balloting")
    at = open_screen("round", id=str(row.id))
    told = text(at)
    assert "投票到" in told and "已有 0 人投票" in told and f"/vote?round={row.id}" in links(at)
    assert now(row).locked_hash in told and now(row).seed in told


def test_projects_are_cards_and_can_be_narrowed_down(people: People, fund: Fund, open_screen: Open) -> None:
    row = stage(fund, "balloting", costs=[100, 200, 300])
    kinds = iter(("green", "culture", "green"))
    with audit.transaction() as session:
        for project in session.exec(select(Project).order_by(col(Project.id))):
            project.kind = next(kinds)
    whole = open_screen("round", id=str(row.id))
    assert all(f"项目 {n}" in text(whole) for n in (1, 2, 3)) and "3 个项目" in text(whole)
    culture = text(open_screen("round", id=str(row.id), kind="culture"))
    assert "项目 2" in culture and "项目 1" not in culture
    mapped = open_screen("round", id=str(row.id), view="map")
    assert "项目 2" in text(mapped)  # the list says the same as the map


def test_what_anybody_typed_is_no_markup(people: People, fund: Fund, open_screen: Open) -> None:
    row = stage(fund, "accepting", allowed=["**粗体** <b>x</b>"])
    assert "**粗体** <b>x</b>" in text(open_screen("round", id=str(row.id)))


def test_staff_see_what_is_missing_and_others_do_not(people: People, fund: Fund, open_screen: Open) -> None:
    row = stage(fund, "publishing")
    told = text(open_screen("round", people.staff, id=str(row.id)))
    assert "选票上还没有项目" in told and "这一轮的钱还没有到账：需要 100,000 元，现有 0 元" in told
    for who in (VISITOR, people.resident, people.far_staff):
        assert "选票上还没有项目" not in text(open_screen("round", who, id=str(row.id)))


RULES: tuple[dict[str, Any], ...] = (
    {},
    {"ballot_type": "points", "points": 10, "rule": {"utility": "points", "completion": "greedy", "ties": "cost"}},
    {"ballot_type": "ranking", "scores": "3, 2", "min_choices": 2, "rule": {"completion": "none", "ties": "file"}},
    {"ballot_type": "one", "paper": False, "rule": {"name": "greedy", "eighty": True, "utility": "cardinality"}},
    {"min_choices": 0, "caps": {"green": "500"}, "least": "10", "returns_to": "fund",
     "rule": {"name": "greedy", "skip": False, "threshold": 7}},
    {"rule": {"stop": "exhaustive", "start": "floor", "compare": True, "threshold": 1}},
)  # fmt: skip


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
@pytest.mark.parametrize("changes", RULES)
def test_every_rule_has_its_sentences(changes: dict[str, Any], lang: str, sqlite_db: str, monkeypatch: Any) -> None:
    """Nothing is left as a message id, whatever the switches are."""

    class Tree:
        def label(self, path: str) -> str:
            return "后山"

    monkeypatch.setattr(areas, "tree", Tree)
    typed = terms.Terms(budget="1000", allowed=("绿化",), excluded=("车辆",), **changes)
    row = Round(fund_id=1, area_id=1, area_path=COMMUNITY, name="x", **terms.columns(typed))
    with words.speaking(lang):
        told = "\n".join(said(roundrules.rules(row)))
    assert not [line for line in told.split("\n") if line.startswith(("round.", "project_kind.", "field."))]
    assert "{" not in told


def said(node: Any) -> list[str]:
    if isinstance(node, str):
        return [node]
    return [line for child in node[2:] for line in said(child)]


# Making and changing rounds


@pytest.mark.parametrize("who", ["resident", "volunteer", "grid_worker"])
def test_the_page_is_for_those_who_run_rounds(people: People, fund: Fund, open_screen: Open, who: str) -> None:
    at = open_screen("rounds", getattr(people, who))
    assert "/rounds?new=round" not in links(at) and any(warning.value for warning in at.warning)


def test_staff_of_elsewhere_cannot_open_a_round(people: People, fund: Fund, open_screen: Open) -> None:
    row = draft(people, fund)
    at = open_screen("rounds", people.far_staff, id=str(row.id))
    assert "没有找到这一轮" in text(at) and not labels(at)
    assert "/rounds?new=round" not in links(open_screen("rounds", people.far_staff))
    assert not labels(open_screen("rounds", people.far_staff, new="round"))


def test_staff_make_a_round_from_a_template(people: People, fund: Fund, open_screen: Open) -> None:
    assert "/rounds?new=round" in links(open_screen("rounds", people.staff))
    at = open_screen("rounds", people.staff, new="round")
    field(at, "text_input", "这一轮的名称").set_value("2027 年第一轮")
    at = press(at, "新建")
    assert "总金额" in at.error[0].value  # no budget typed
    field(at, "text_input", "总金额（元）").set_value("80000")
    press(at, "新建")
    (row,) = look(rounds.desk, people.staff)
    assert (row.name, row.budget_fen, row.state) == ("2027 年第一轮", 8_000_000, "drafting")
    assert row.allowed and row.excluded and row.rule["ties"] == terms.DRAW


def test_an_admin_sets_up_a_fund(people: People, open_screen: Open) -> None:
    at = open_screen("rounds", people.admin, new="fund")
    field(at, "text_input", "基金名称").set_value("安宁社区基金")
    press(at, "保存")
    assert [found.name for found in look(funds.listing, VISITOR)] == ["安宁社区基金"]
    assert "/rounds?new=fund" in links(open_screen("rounds", people.admin))
    assert "/rounds?new=fund" not in links(open_screen("rounds", people.staff))
    assert not labels(open_screen("rounds", people.staff, new="fund"))


def test_a_refusal_keeps_what_was_typed(people: People, fund: Fund, open_screen: Open) -> None:
    row = draft(people, fund)
    at = open_screen("rounds", people.staff, id=str(row.id), part="money")
    field(at, "text_input", "总金额（元）").set_value("9000")
    field(at, "text_input", "单个项目最低金额（元）").set_value("9001")
    at = press(at, "保存")
    assert "单个项目最低金额" in at.error[0].value and "9\\,000 元" in at.error[0].value
    assert field(at, "text_input", "总金额（元）").value == "9000" and now(row).budget_fen == 10_000_000
    field(at, "text_input", "单个项目最低金额（元）").set_value("1000")
    at = press(at, "保存")
    assert not at.error and (now(row).budget_fen, now(row).least_fen) == (900_000, 100_000)


def test_what_somebody_else_saved_meanwhile_is_not_lost_nor_what_was_typed(
    people: People, fund: Fund, open_screen: Open
) -> None:
    row = draft(people, fund)
    at = open_screen("rounds", people.staff, id=str(row.id), part="words")
    do(rounds.describe, people.staff, row.id, "别人起的名", "", row.area_id, row.version)
    field(at, "text_input", "这一轮的名称").set_value("我起的名")
    at = press(at, "保存")
    assert "有别人改过" in at.error[0].value and now(row).name == "别人起的名"
    assert field(at, "text_input", "这一轮的名称").value == "我起的名"
    for name in ("我起的名", "再改一次"):
        at = open_screen("rounds", people.staff, id=str(row.id), part="words")
        field(at, "text_input", "这一轮的名称").set_value(name)
        at = press(at, "保存")
        assert not at.error and now(row).name == name


def test_a_part_that_is_opened_again_shows_what_is_there_now(people: People, fund: Fund, open_screen: Open) -> None:
    row = draft(people, fund)
    at = open_screen("rounds", people.staff, id=str(row.id), part="words")
    at.query_params["part"] = "money"
    field(run(at), "text_input", "总金额（元）").set_value("9000")
    press(at, "保存")
    at.query_params["part"] = "words"
    field(run(at), "text_input", "这一轮的名称").set_value("改了金额再改名")
    at = press(at, "保存")
    assert not at.error and (now(row).name, now(row).budget_fen) == ("改了金额再改名", 900_000)


def test_each_part_is_saved_by_itself(people: People, fund: Fund, open_screen: Open) -> None:
    row = draft(people, fund)

    def part(name: str, change: Callable[[AppTest], object]) -> Round:
        at = open_screen("rounds", people.staff, id=str(row.id), part=name)
        change(at)
        at = press(at, "保存")
        assert not at.error
        return now(row)

    assert part("words", lambda at: field(at, "text_input", "这一轮的名称").set_value("春天")).name == "春天"
    lists = part("lists", lambda at: field(at, "text_area", "可以提的项目").set_value("绿化\n长椅\n"))
    assert (lists.allowed, lists.excluded) == (["绿化", "长椅"], ["车辆"])
    assert part("ballot", lambda at: field(at, "number_input", "最多选几个").set_value(3)).max_choices == 3
    ranked = part("ballot", lambda at: run(field(at, "radio", "选票形式").set_value("ranking") and at))
    assert (ranked.ballot_type, ranked.scores) == ("ranking", [5, 4, 3, 2, 1])
    counted = part("count", lambda at: run(field(at, "radio", "计票方法").set_value("greedy") and at))
    assert (counted.rule["name"], counted.budget_fen, counted.allowed) == ("greedy", 10_000_000, ["绿化", "长椅"])


def test_the_preview_reads_like_the_public_page(people: People, fund: Fund, open_screen: Open) -> None:
    row = draft(people, fund)
    told = text(open_screen("rounds", people.staff, id=str(row.id), part="preview"))
    assert "平等份额" in told and "选出您赞成的项目：最少 1 个，最多 5 个。" in told and "绿化" in told


def test_a_button_moves_the_round_on(people: People, fund: Fund, open_screen: Open) -> None:
    row = draft(people, fund)
    at = open_screen("rounds", people.staff, id=str(row.id))
    press(at, "进入“告知”")
    assert now(row).state == "informing"


def test_what_is_missing_keeps_the_button_shut(people: People, fund: Fund, open_screen: Open) -> None:
    row = stage(fund, "publishing")
    at = open_screen("rounds", people.staff, id=str(row.id))
    assert "进入“投票”还缺 2 项" in text(at) and "选票上还没有项目" in text(at)
    (popover,) = at.get("popover")
    assert popover.proto.popover.disabled


def test_dates_are_changed_on_the_page(people: People, fund: Fund, open_screen: Open) -> None:
    row = draft(people, fund)
    at = open_screen("rounds", people.staff, id=str(row.id), part="plan")
    was = look(rounds.course, people.staff, row.id)
    day = clock.day_of(was[-1].starts_at or clock.now()) + timedelta(days=2)
    field(at, "date_input", "结果公布").set_value(day)
    press(at, "保存日期")
    stops = look(rounds.course, people.staff, row.id)
    assert clock.day_of(stops[-1].starts_at or clock.now()) == day
    assert [stop.starts_at for stop in stops[:-1]] == [stop.starts_at for stop in was[:-1]]


def test_dates_out_of_order_are_refused_on_the_page(people: People, fund: Fund, open_screen: Open) -> None:
    row = draft(people, fund)
    at = open_screen("rounds", people.staff, id=str(row.id), part="plan")
    field(at, "date_input", "投票").set_value(clock.day_of(clock.now()) + timedelta(days=8))
    at = press(at, "保存日期")
    assert "要晚于前一步" in at.error[0].value


def test_one_step_back_on_the_page(people: People, fund: Fund, open_screen: Open) -> None:
    row = stage(fund, "reviewing")
    at = open_screen("rounds", people.staff, id=str(row.id))
    at = press(at, "退回到“征集项目”")
    assert at.error and now(row).state == "reviewing"  # neither a reason nor a date ahead
    field(at, "text_area", "为什么要退回（会公开）").set_value("还有人没来得及提。")
    field(at, "date_input", "初审").set_value(clock.day_of(clock.now()) + timedelta(days=5))
    for phase, days in (
        ("核价", 6),
        ("议事", 7),
        ("公示选票", 8),
        ("投票", 9),
        ("核票（投票截止）", 10),
        ("结果公布", 11),
    ):
        field(at, "date_input", phase).set_value(clock.day_of(clock.now()) + timedelta(days=days))
    press(at, "退回到“征集项目”")
    assert now(row).state == "accepting"
    assert "还有人没来得及提。" in text(open_screen("round", id=str(row.id)))


def test_a_round_is_called_off_on_the_page(people: People, fund: Fund, open_screen: Open) -> None:
    row = stage(fund, "accepting")
    at = open_screen("rounds", people.staff, id=str(row.id))
    field(at, "text_area", "为什么取消（会公开）").set_value("今年没有拨款。")
    press(at, "取消这一轮")
    assert now(row).state == "cancelled"
    assert "今年没有拨款。" in text(open_screen("round", id=str(row.id)))


def test_once_voting_opened_the_page_shows_the_rules_and_no_form(people: People, fund: Fund, open_screen: Open) -> None:
    row = stage(fund, "balloting")
    at = open_screen("rounds", people.staff, id=str(row.id), part="money")
    assert "规则已经锁定" in text(at) and "保存" not in labels(at)
