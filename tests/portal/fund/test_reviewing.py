"""Reviewing: each refusal names its rule, costs line by line, rivals, and the ballot that is drawn."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from sqlmodel import select

from db.engine import reading
from db.models.audit import AuditRow, ChainHead
from portal import audit, limits
from portal.acts import SYSTEM, VISITOR
from portal.errors import Forbidden, NotFound, TooLate
from portal.fund import docket, projects, proposals, reviewing, rivals, rounds
from portal.fund.costs import TypedLine
from portal.fund.reviewing import Costed
from tests.fixtures.fund import FundPeople
from tests.fixtures.town import CELL, People
from tests.portal.cases.steps import do, look, refused
from tests.portal.fund.drafts import Call, as_proposed, call, lines, picture, project, rows, told


@pytest.fixture
def here(funders: FundPeople) -> Call:
    return call(funders)


def test_admitting_makes_it_public_and_tells_the_proposer(here: Call, funders: FundPeople) -> None:
    project_id = here.proposed()
    assert look(projects.of_round, VISITOR, here.round_id) == []
    do(reviewing.admit, funders.second_staff, project_id)
    assert [card.id for card in look(projects.of_round, VISITOR, here.round_id)] == [project_id]
    assert told(funders.ann) == [("您的提案“楼下装长椅”通过了初审，接下来由专家核价。", f"/project?id={project_id}")]


@pytest.mark.parametrize(
    ("rule", "columns", "said"),
    [
        ("excluded:2", {}, "已有财政资金的项目"),
        ("cap", {"caps": {"green": 100_000}}, "超过这一类项目的上限 1,000 元"),
        ("least", {"least_fen": 200_000}, "低于本轮的最低金额 2,000 元"),
        ("budget", {"budget_fen": 100_000, "caps": {}}, "超过本轮的总预算 1,000 元"),
        ("area", {}, "不在本轮的范围内"),
    ],
)
def test_turning_down_names_the_rule(
    here: Call, funders: FundPeople, rule: str, columns: dict[str, object], said: str
) -> None:
    project_id = here.proposed()
    here.change(**columns)
    do(reviewing.exclude, funders.second_staff, project_id, rule, "请看清单。")
    found = project(project_id)
    assert (found.state, found.broken_rule) == ("ineligible", rule)
    last = rows(project_id)[-1]
    assert last.facts["rule"] == rule and last.says == "请看清单。" and last.says_public
    [(text, href)] = told(funders.ann)
    assert said in text and href == f"/project?id={project_id}"
    assert "was not admitted" in told(funders.ann, "en")[0][0]


def test_only_a_rule_that_is_there_and_is_broken_can_be_named(here: Call, funders: FundPeople) -> None:
    project_id = here.proposed()
    with refused("missing", field="rule"):
        do(reviewing.exclude, funders.second_staff, project_id, "", "不行")
    for rule in ("excluded:0", "excluded:3", "excluded:-1", "taste", "excluded"):
        with refused("not_offered", field="rule"):
            do(reviewing.exclude, funders.second_staff, project_id, rule, "不行")
    for rule in ("cap", "least", "budget"):
        with refused("rule_holds"):
            do(reviewing.exclude, funders.second_staff, project_id, rule, "不行")
    with refused("missing", field="says"):
        do(reviewing.exclude, funders.second_staff, project_id, "excluded:1", " ")
    assert project(project_id).state == "submitted"


def test_of_what_was_turned_down_the_public_reads_title_rule_and_reason(here: Call, funders: FundPeople) -> None:
    project_id = here.proposed(need="不该公开的话")
    do(reviewing.exclude, funders.second_staff, project_id, "excluded:1", "围墙归物业。")
    shown = look(projects.one, VISITOR, project_id)
    assert shown.project.title == "楼下装长椅" and shown.steps[-1].facts["item"] == "小区围墙"
    assert shown.steps[-1].says == "围墙归物业。"
    assert not shown.whole and (shown.project.need, shown.lines, shown.files, shown.home_path) == ("", (), (), "")
    assert look(projects.one, funders.ann, project_id).project.need == "不该公开的话"
    [card] = look(projects.of_round, VISITOR, here.round_id)
    assert (card.whole, card.beneficiaries, card.place) == (False, "", "")


def test_what_was_turned_down_comes_back_at_its_own_cost(here: Call, funders: FundPeople) -> None:
    project_id = here.admitted()
    here.move_to("valuating")
    do(reviewing.cost, funders.reviewer, project_id, as_proposed(project_id, 长椅="1000"), "偏高")
    assert project(project_id).cost_fen == 130_000
    do(reviewing.reject_cost, funders.reviewer, project_id, "地下有管线。")
    do(reviewing.readmit, funders.second_staff, project_id, "管线已改道。")
    found = project(project_id)
    assert (found.state, found.cost_fen, found.broken_rule, found.valuation) == ("submitted", 150_000, "", "")
    assert [line.costed_fen for line in lines(project_id)] == [None, None]


def test_costing_line_by_line_gives_the_cost(here: Call, funders: FundPeople) -> None:
    project_id = here.admitted()
    here.move_to("reviewing")
    first, second = lines(project_id)
    costed = [Costed(first.id or 0, "９００.50", "两张够用"), Costed(second.id or 0, "0", "物业承担")]
    do(reviewing.cost, funders.reviewer, project_id, costed, "价格合理。")
    found = project(project_id)
    assert (found.state, found.cost_fen, found.valuation) == ("feasible", 90_050, "价格合理。")
    assert [(line.costed_fen, line.costed_note, line.amount_fen) for line in lines(project_id)] == [
        (90_050, "两张够用", 120_000), (0, "物业承担", 30_000),
    ]  # fmt: skip
    assert rows(project_id)[-1].facts == {"cost_fen": 90_050, "proposed_fen": 150_000, "lines": [90_050, 0]}
    assert "900.50 元" in told(funders.ann)[0][0]


@pytest.mark.parametrize(
    ("amounts", "message"),
    [
        ({"长椅": "NaN"}, "not_money"), ({"长椅": "1e309"}, "not_money"), ({"长椅": "-1"}, "not_money"),
        ({"长椅": "0.005"}, "money_fraction"), ({"长椅": ""}, "missing"), ({"长椅": "0", "安装": "0"}, "money_zero"),
        ({"长椅": "20000"}, "rule_cap"), ({"长椅": "1", "安装": "1"}, "rule_least"),
    ],
)  # fmt: skip
def test_a_costing_that_does_not_hold_changes_nothing(
    here: Call, funders: FundPeople, amounts: dict[str, str], message: str
) -> None:
    project_id = here.admitted()
    here.move_to("valuating")
    with refused(message):
        do(reviewing.cost, funders.reviewer, project_id, as_proposed(project_id, **amounts))
    assert project(project_id).state == "eligible"
    assert [line.costed_fen for line in lines(project_id)] == [None, None]


def test_every_line_is_costed(here: Call, funders: FundPeople) -> None:
    project_id = here.admitted()
    here.move_to("valuating")
    with refused("line_not_costed", line=2):
        do(reviewing.cost, funders.reviewer, project_id, as_proposed(project_id)[:1])
    here.move_to("accepting")
    foreign = lines(here.admitted(funders.bob))[0].id or 0  # a line of another project does not count
    here.move_to("valuating")
    with refused("line_not_costed", line=1):
        do(reviewing.cost, funders.reviewer, project_id, [Costed(foreign, "1")])


DEEDS: dict[str, tuple[Callable[..., None], tuple[str, ...], Sequence[str]]] = {
    "admit": (reviewing.admit, (), reviewing.SCREENING),
    "exclude": (reviewing.exclude, ("excluded:1", "不行"), reviewing.SCREENING),
    "give_back": (reviewing.give_back, ("补充",), reviewing.SCREENING),
}


@pytest.mark.parametrize("deed", list(DEEDS))
def test_screening_belongs_to_staff_of_the_area_and_to_its_phases(
    here: Call, funders: FundPeople, people: People, deed: str
) -> None:
    do_it, args, phases = DEEDS[deed]
    project_id = here.proposed()
    for who in (people.far_staff, funders.bob, VISITOR, people.grid_worker):
        with pytest.raises(NotFound):  # they may not even know of it
            do(do_it, who, project_id, *args)
    for who in (funders.reviewer, funders.finance, funders.ann):
        with pytest.raises(Forbidden):
            do(do_it, who, project_id, *args)
    for state in ("informing", "deliberating", "publishing", "cancelled"):
        here.move_to(state)
        with refused("round_past_that"):
            do(do_it, funders.second_staff, project_id, *args)
    here.move_to(phases[-1])
    do(do_it, people.street_staff, project_id, *args)


def test_nobody_decides_about_their_own(here: Call, funders: FundPeople) -> None:
    neighbour = replace(funders.second_staff, home_path=CELL)
    project_id = here.proposed(neighbour)
    with refused("own_proposal"):
        do(reviewing.admit, neighbour, project_id)
    do(reviewing.admit, funders.third_staff, project_id)
    here.move_to("valuating")
    with refused("own_proposal"):
        do(reviewing.cost, neighbour, project_id, as_proposed(project_id))


def test_two_decide_at_once_and_one_is_too_late(here: Call, funders: FundPeople) -> None:
    project_id = here.proposed()
    do(reviewing.admit, funders.second_staff, project_id)
    with pytest.raises(TooLate):
        do(reviewing.admit, funders.third_staff, project_id)


def test_the_deliberation_is_noted_for_everybody(here: Call, funders: FundPeople) -> None:
    project_id = here.costed()
    here.move_to("deliberating")
    do(reviewing.note_deliberation, funders.second_staff, project_id, "议事会建议\n放在东侧。")
    assert look(projects.one, VISITOR, project_id).project.deliberation == "议事会建议\n放在东侧。"


def test_rivals_are_declared_shown_on_both_and_dissolved(here: Call, funders: FundPeople) -> None:
    one, two, three = here.admitted(), here.admitted(title="建亭子"), here.admitted(title="不相干")
    group = do(rivals.declare, funders.second_staff, here.round_id, [two, one, one], "同一块空地")
    assert look_groups(here) == [frozenset({one, two})]
    shown = look(projects.one, VISITOR, one)
    assert [(other.project_id, other.title, other.why) for other in shown.rivals] == [(two, "建亭子", "同一块空地")]
    cards = {card.id: card.rivals for card in look(projects.of_round, VISITOR, here.round_id)}
    assert cards == {one: (two,), two: (one,), three: ()}
    do(proposals.withdraw, funders.ann, two)
    assert look_groups(here) == []
    do(rivals.dissolve, funders.second_staff, here.round_id, group)
    with pytest.raises(NotFound):
        do(rivals.dissolve, funders.second_staff, here.round_id, group)


def look_groups(here: Call) -> list[frozenset[int]]:
    with reading() as session:
        return reviewing.rival_groups(session, here.round_id)


def test_who_may_declare_rivals_and_of_what(here: Call, funders: FundPeople, people: People) -> None:
    one, two = here.admitted(), here.admitted()
    elsewhere = call(funders)
    foreign = elsewhere.admitted(funders.bob)
    with refused("rivals_too_few"):
        do(rivals.declare, funders.second_staff, here.round_id, [one, one], "空地")
    for others in ([one, foreign], [one, 99_999], [one, here.proposed(funders.eve) * 1_000]):
        with refused("rivals_elsewhere"):
            do(rivals.declare, funders.second_staff, here.round_id, others, "空地")
    with refused("missing", field="rivals_why"):
        do(rivals.declare, funders.second_staff, here.round_id, [one, two], "")
    for who in (funders.reviewer, people.far_staff, funders.ann):
        with pytest.raises(Forbidden):
            do(rivals.declare, who, here.round_id, [one, two], "空地")
    here.move_to("publishing")
    with refused("round_past_that"):
        do(rivals.declare, funders.second_staff, here.round_id, [one, two], "空地")


def test_a_project_in_several_groups_has_all_its_rivals(here: Call, funders: FundPeople) -> None:
    one, two, three = (here.admitted() for _ in range(3))
    first = do(rivals.declare, funders.second_staff, here.round_id, [one, two], "空地")
    second = do(rivals.declare, funders.second_staff, here.round_id, [one, three], "时间")
    assert (first, second) == (1, 2)
    assert {card.id: card.rivals for card in look(projects.of_round, VISITOR, here.round_id)}[one] == (two, three)


def test_who_dropped_out_is_nobodys_rival_any_more(here: Call, funders: FundPeople) -> None:
    one, two, three = (here.admitted() for _ in range(3))
    do(rivals.declare, funders.second_staff, here.round_id, [one, two], "空地")
    do(rivals.declare, funders.second_staff, here.round_id, [two, three], "时间")
    do(proposals.withdraw, funders.ann, one)
    cards = {card.id: card.rivals for card in look(projects.of_round, VISITOR, here.round_id)}
    assert cards == {one: (), two: (three,), three: (two,)}


def test_the_ballot_is_drawn_and_anybody_can_draw_it_again(here: Call, funders: FundPeople) -> None:
    voters = (funders.ann, funders.bob, funders.eve)
    kept = [here.costed(who, title=f"项目{n}") for who in voters for n in range(2)]
    left_out = here.admitted(funders.joe)
    with reading() as session:
        seed = session.exec(select(ChainHead.hash)).one()
    here.move_to("publishing")
    assert publish(here) == 6
    drawn = sorted(kept, key=lambda n: hashlib.sha256(f"{seed}:{n}".encode()).hexdigest())
    assert [project(n).number for n in drawn] == [1, 2, 3, 4, 5, 6]
    assert project(left_out).state == "eligible"
    listed = [row for row in rows(drawn[0]) if row.act == "project.list"]
    assert listed[0].facts == {"number": 1, "cost_fen": 150_000, "seed": seed}
    assert [card.id for card in look(projects.of_round, VISITOR, here.round_id)] == [*drawn, left_out]
    assert any("上了选票，编号" in text for text, _ in told(funders.ann))


def publish(here: Call) -> int:
    with audit.transaction() as session:
        return reviewing.list_ballot(session, SYSTEM, rounds.one(session, VISITOR, here.round_id))


def test_off_the_ballot_for_a_public_reason_and_back_under_its_number(here: Call, funders: FundPeople) -> None:
    one, two = here.costed(), here.costed()
    here.move_to("publishing")
    publish(here)
    number = project(one).number
    with refused("missing", field="says"):
        do(reviewing.unlist, funders.second_staff, one, "")
    do(reviewing.unlist, funders.second_staff, one, "公示期有异议。")
    assert project(one).state == "feasible" and "移出选票" in told(funders.ann)[0][0]
    do(reviewing.list_one, funders.second_staff, one)
    assert (project(one).state, project(one).number) == ("on_ballot", number)
    assert {project(one).number, project(two).number} == {1, 2}
    here.move_to("deliberating")
    with refused("round_past_that"):
        do(reviewing.unlist, funders.second_staff, one, "太晚")


def test_what_is_withdrawn_after_it_was_taken_off_the_ballot_is_not_told(here: Call, funders: FundPeople) -> None:
    """A number says that it was voted on, and what was stopped after the vote stays for everybody to read."""
    one = here.costed(photos=[picture()])
    here.move_to("publishing")
    publish(here)
    do(reviewing.unlist, funders.second_staff, one, "提案人有异议。")
    do(proposals.withdraw, funders.ann, one)
    shown = look(projects.one, VISITOR, one)
    assert (shown.whole, shown.project.need, shown.files, shown.project.number) == (False, "", (), None)


def test_a_ballot_has_an_end(here: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    here.costed(), here.costed()
    here.move_to("publishing")
    monkeypatch.setattr(limits, "PROPOSALS_ON_BALLOT", 1)
    with refused("ballot_too_long", limit=1):
        publish(here)


def test_the_queues_are_for_those_inside(here: Call, funders: FundPeople, people: People) -> None:
    waiting, out, costed = here.proposed(), here.proposed(), here.costed(funders.bob)
    do(reviewing.exclude, funders.second_staff, out, "excluded:1", "围墙")
    assert look(docket.counts, funders.reviewer, here.round_id) == {
        "screening": 1, "costing": 0, "costed": 1, "ballot": 0, "out": 1,
    }  # fmt: skip
    assert [card.id for card in look(docket.queue, funders.second_staff, here.round_id, "screening")] == [waiting]
    assert look(docket.queue, funders.second_staff, here.round_id, "screening", waiting) == []
    assert [card.beneficiaries for card in look(docket.queue, funders.auditor, here.round_id, "out")] != [""]
    assert [row.id for row in look(docket.rounds, people.street_staff)] == [here.round_id]
    for who in (funders.ann, people.far_staff, VISITOR):
        assert look(docket.rounds, who) == []
        for read, args in ((docket.counts, ()), (docket.queue, ("screening",)), (docket.rival_groups, ())):
            with pytest.raises(Forbidden):
                look(read, who, here.round_id, *args)
    with pytest.raises(NotFound):
        look(docket.counts, funders.second_staff, 99_999)
    assert costed


def test_nothing_that_is_public_names_anybody(here: Call, funders: FundPeople) -> None:
    project_id = here.costed()
    with reading() as session:
        for row in session.exec(select(AuditRow).where(AuditRow.thing == f"project:{project_id}", AuditRow.public)):
            assert not {"person_id", "proposer_id", "name"} & row.facts.keys()
    assert look(projects.one, VISITOR, project_id).home_path == funders.ann.home_path


def test_costing_a_line_sums_in_whole_fen(here: Call, funders: FundPeople) -> None:
    project_id = here.admitted(
        lines=(TypedLine("甲", "", "50.1", "1"), TypedLine("乙", "", "50.2", "1"), TypedLine("丙", "", "0.1", "3"))
    )
    here.move_to("valuating")
    do(reviewing.cost, funders.reviewer, project_id, as_proposed(project_id))
    assert project(project_id).cost_fen == 10_060
