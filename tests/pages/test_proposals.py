"""The screens of proposals: writing one step by step, its page as each person sees it, the desk that judges it, and
the way from a wish and back."""

from typing import Any

import pytest
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from db.engine import reading
from db.models.cases import Case, Standing
from db.models.fund import Project, Round
from pages.parts import maps, town
from portal import areas, audit
from portal.acts import VISITOR
from portal.fund import proposals, reviewing, rivals
from portal.fund.costs import TypedLine
from portal.fund.proposals import Written
from tests.fixtures.fund import FundPeople
from tests.fixtures.screens import Open, links, run, text
from tests.fixtures.town import People
from tests.portal.cases.steps import do, posted
from tests.portal.fund.drafts import PDF, Call, call, picture, project, written

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def here(funders: FundPeople) -> Call:
    return call(funders)


def press(at: AppTest, label: str) -> AppTest:
    next(button for button in at.button if button.label == label).click()
    return run(at)


def labels(at: AppTest) -> set[str]:
    return {button.label for button in at.button}


def only_draft() -> Project:
    with reading() as session:
        return session.exec(select(Project)).one()


def typed(at: AppTest, label: str) -> Any:
    return next(field for field in [*at.text_input, *at.text_area] if field.label == label)


def test_the_door_says_who_may_and_where(here: Call, funders: FundPeople, people: People, open_screen: Open) -> None:
    assert "请先登录" in text(open_screen("propose")) or not open_screen("propose").button
    assert "先确认您住在这里" in text(open_screen("propose", people.stranger))
    at = open_screen("propose", funders.ann)
    assert f"/propose?round={here.round_id}" in links(at) and "50,000 元" in text(at)
    here.move_to("reviewing")
    assert "现在没有轮次在征集提案" in text(open_screen("propose", funders.ann))


def test_each_step_is_kept_on_the_way_to_the_next(here: Call, funders: FundPeople, open_screen: Open) -> None:
    at = open_screen("propose", funders.ann, round=str(here.round_id))
    typed(at, "项目名称").set_value("楼下装长椅")
    typed(at, "为什么需要").set_value("老人没有地方坐。")
    press(at, "保存，下一步")
    kept = only_draft()
    assert (kept.state, kept.title, kept.need) == ("draft", "楼下装长椅", "老人没有地方坐。")
    at = open_screen("propose", funders.ann, draft=str(kept.id), step="costs")
    typed(at, "第 1 项：买什么、做什么").set_value("长椅")
    typed(at, "单价（元）").set_value("６００")
    typed(at, "数量").set_value("2.5")
    assert "1,500 元" in text(run(at))
    press(at, "再加一项")
    assert sum(field.label == "单价（元）" for field in at.text_input) == 2
    press(at, "删掉这一项")
    assert sum(field.label == "单价（元）" for field in at.text_input) == 1
    assert project(kept.id or 0).typed_lines == []


def test_a_wrong_amount_is_told_beside_it_and_still_kept(here: Call, funders: FundPeople, open_screen: Open) -> None:
    lines = (TypedLine("长椅", "个", "600", "2"), TypedLine("安装", "次", "0.005", "1"))
    draft = do(proposals.draft, funders.ann, here.round_id, written(lines=lines))
    at = open_screen("propose", funders.ann, draft=str(draft), step="costs")
    assert "最多写到分" in text(at) and "1,200 元" in text(at)
    press(at, "保存草稿")
    assert project(draft).typed_lines[1][2] == "0.005"


def test_the_last_step_names_what_is_missing_and_where_to_mend_it(
    here: Call, funders: FundPeople, open_screen: Open
) -> None:
    draft = do(proposals.draft, funders.ann, here.round_id, written(need="", lines=(TypedLine("树", "棵", "30000"),)))
    at = open_screen("propose", funders.ann, draft=str(draft), step="send")
    assert "还有 2 处" in text(at) and "超过这一类项目的上限 20,000 元" in text(at)
    assert {f"/propose?draft={draft}&step={step}" for step in ("what", "costs")} <= set(links(at))
    assert next(button for button in at.button if button.label == "提交提案").disabled
    do(proposals.edit, funders.ann, draft, written())
    at = open_screen("propose", funders.ann, draft=str(draft), step="send")
    assert "楼下装长椅" in text(at)
    press(at, "提交提案")
    assert project(draft).state == "submitted"


def test_what_was_given_back_shows_what_to_add(here: Call, funders: FundPeople, open_screen: Open) -> None:
    project_id = here.proposed()
    do(reviewing.give_back, funders.second_staff, project_id, "请附上报价单。")
    assert "请附上报价单。" in text(open_screen("propose", funders.ann, draft=str(project_id)))
    assert "请附上报价单。" not in text(open_screen("propose", funders.bob, draft=str(project_id)))


def test_the_page_of_a_project_tells_all_that_is_public(here: Call, funders: FundPeople, open_screen: Open) -> None:
    project_id = here.costed(photos=[picture()], documents=[PDF])
    rival = here.admitted(title="建亭子")
    do(rivals.declare, funders.second_staff, here.round_id, [project_id, rival], "同一块空地")
    at = open_screen("project", id=str(project_id))
    told = text(at)
    for part in (
        "楼下装长椅",
        "老人没有地方坐。",
        "1,500 元",
        "第03网格的一位居民",
        "建亭子",
        "同一块空地",
        "专家核价",
        "报价单.pdf",
    ):
        assert part in told, part
    assert "ann" not in told and "撤回提案" not in labels(at)
    assert "撤回提案" in labels(open_screen("project", funders.ann, id=str(project_id)))
    with_staff = open_screen("project", funders.second_staff, id=str(project_id))
    assert f"/assess?round={here.round_id}&project={project_id}" in links(with_staff)


def test_what_is_not_public_looks_like_nothing_at_all(here: Call, funders: FundPeople, open_screen: Open) -> None:
    waiting = here.proposed()
    for who in (VISITOR, funders.bob):
        assert text(open_screen("project", who, id=str(waiting))) == text(open_screen("project", who, id="99999"))
    assert "待初审" in text(open_screen("project", funders.ann, id=str(waiting)))


def test_of_what_was_turned_down_the_rule_is_read_in_both_languages(
    here: Call, funders: FundPeople, open_screen: Open
) -> None:
    project_id = here.proposed(need="不该公开的话")
    do(reviewing.exclude, funders.second_staff, project_id, "excluded:2", "街道已安排。")
    chinese = text(open_screen("project", id=str(project_id)))
    assert "不支持清单第 2 条“已有财政资金的项目”" in chinese and "街道已安排。" in chinese
    assert "不该公开的话" not in chinese
    assert "list of what is excluded" in text(open_screen("project", lang="en", id=str(project_id)))


def test_what_people_typed_is_never_markup(here: Call, funders: FundPeople, open_screen: Open) -> None:
    nasty = "<b>粗</b> **粗** [x](javascript:alert(1)) $x$ :material/delete:"
    lines = (TypedLine(nasty[:60], "个", "600", "2"),)
    project_id = here.admitted(title=nasty[:60], need=nasty, lines=lines)
    at = open_screen("project", id=str(project_id))
    assert nasty in text(at) and not any(nasty in element.value for element in at.markdown)
    here.move_to("reviewing")
    at = open_screen("assess", funders.second_staff, step="costing", project=str(project_id))
    press(at, "核价")
    assert not any("<b>粗</b> **粗**" in element.value for element in at.markdown)


def test_the_desk_clears_one_after_the_other(
    here: Call, funders: FundPeople, people: People, open_screen: Open
) -> None:
    first, second = here.proposed(title="第一个"), here.proposed(title="第二个")
    at = open_screen("assess", funders.second_staff, step="screening", project=str(first))
    assert {"初审通过", "退回补充", "不予通过"} <= labels(at) and "核价" not in labels(at)
    press(at, "初审通过")
    assert project(first).state == "eligible" and str(second) in at.query_params["project"]
    press(at, "不予通过")
    assert list(at.radio[0].options)[:2] == ["1\\. 小区围墙", "2\\. 已有财政资金的项目"]
    at.radio[0].set_value("excluded:1")
    typed(at, "理由（会公开）").set_value("围墙归物业。")
    press(at, "确定：不予通过")
    assert project(second).broken_rule == "excluded:1"
    assert "没有待初审的提案" in text(run(at))
    for who in (funders.ann, people.grid_worker):
        assert not open_screen("assess", who).tabs and "第一个" not in text(open_screen("assess", who))


def test_an_expert_costs_line_by_line(here: Call, funders: FundPeople, open_screen: Open) -> None:
    project_id = here.admitted()
    here.move_to("valuating")
    at = open_screen("assess", funders.reviewer, step="costing", project=str(project_id))
    assert {"核价", "不可行"} <= labels(at) and not {"初审通过", "不予通过"} & labels(at)
    press(at, "核价")
    amounts = [field for field in at.text_input if field.label.startswith("核定金额")]
    assert [field.value for field in amounts] == ["1200", "300"]
    amounts[0].set_value("30000")
    assert "超过这一类项目的上限" in text(run(at))
    next(field for field in at.text_input if field.label.startswith("核定金额")).set_value("1000.5")
    press(at, "确定：核价")
    assert (project(project_id).state, project(project_id).cost_fen) == ("feasible", 130_050)


def test_from_a_public_wish_to_a_proposal_and_back(
    here: Call, funders: FundPeople, people: People, open_screen: Open
) -> None:
    wish = posted(people)
    show(wish, Standing.OPEN)
    way = f"/propose?round={here.round_id}&wish={wish}"
    assert way in links(open_screen("wish", funders.ann, case=str(wish)))
    for who in (VISITOR, people.stranger):
        assert way not in links(open_screen("wish", who, case=str(wish)))
    at = open_screen("propose", funders.ann, round=str(here.round_id), wish=str(wish))
    assert typed(at, "项目名称").value == "三栋门口的路灯坏了"
    press(at, "保存，下一步")
    kept = only_draft()
    assert kept.case_id == wish and kept.cell_id is not None
    assert f"/project?id={kept.id}" not in links(open_screen("wish", case=str(wish)))
    do(proposals.edit, funders.ann, kept.id, written())
    do(proposals.submit, funders.ann, kept.id)
    do(reviewing.admit, funders.second_staff, kept.id)
    assert f"/project?id={kept.id}" in links(open_screen("wish", case=str(wish)))
    assert f"/wish?case={wish}" in links(open_screen("project", id=str(kept.id)))
    show(wish, Standing.HIDDEN)
    hidden = open_screen("project", funders.ann, id=str(kept.id))
    assert f"/wish?case={wish}" not in links(hidden) and "路灯" not in text(hidden)


@pytest.mark.parametrize("kind", ["hidden", "opinion"])
def test_what_is_not_a_public_wish_is_never_taken_over(
    here: Call, funders: FundPeople, people: People, open_screen: Open, kind: str
) -> None:
    wish = posted(people)
    if kind == "opinion":
        with audit.transaction() as session:
            row = session.get_one(Case, wish)
            row.kind, row.standing = "opinion", Standing.OPEN
    at = open_screen("propose", funders.ann, round=str(here.round_id), wish=str(wish))
    assert "路灯" not in text(at) and typed(at, "项目名称").value == ""
    press(at, "保存，下一步")
    assert only_draft().case_id is None


def test_a_wish_that_is_hidden_while_one_writes_is_not_linked(
    here: Call, funders: FundPeople, people: People, open_screen: Open
) -> None:
    wish = posted(people)
    show(wish, Standing.OPEN)
    at = open_screen("propose", funders.ann, round=str(here.round_id), wish=str(wish))
    show(wish, Standing.HIDDEN)
    press(at, "保存，下一步")
    assert only_draft().case_id is None


def show(case_id: int, standing: Standing) -> None:
    with audit.transaction() as session:
        session.get_one(Case, case_id).standing = standing


def test_the_map_begins_with_the_area_of_the_round(
    here: Call, funders: FundPeople, open_screen: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[dict[str, Any]] = []
    monkeypatch.setattr(maps, "draw_map", lambda tree, now, **kwargs: drawn.append(now))
    draft = do(proposals.draft, funders.ann, here.round_id, Written(title="长椅"))
    open_screen("propose", funders.ann, draft=str(draft), step="where")
    with reading() as session:
        area_path = session.get_one(Round, here.round_id).area_path
    assert drawn[-1]["look"] == town.corners(areas.tree(), [areas.tree().by_path(area_path)])


def test_experts_begin_with_what_waits_for_them(here: Call, funders: FundPeople, open_screen: Open) -> None:
    here.admitted(title="已通过的")
    here.proposed(title="还没初审的")
    here.move_to("reviewing")
    for who, title in ((funders.reviewer, "已通过的"), (funders.second_staff, "还没初审的")):
        told = text(open_screen("assess", who))
        assert [name for name in ("已通过的", "还没初审的") if name in told] == [title]


def test_turning_down_without_a_rule_asks_for_one(here: Call, funders: FundPeople, open_screen: Open) -> None:
    project_id = here.proposed()
    at = open_screen("assess", funders.second_staff, project=str(project_id))
    press(at, "不予通过")
    press(at, "确定：不予通过")
    assert "请填写“依据哪一条”" in text(at) and project(project_id).state == "submitted"
