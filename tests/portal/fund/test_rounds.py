"""Rounds: making them, each field that is refused, who sees which, and changing the rules before voting opens."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from db.engine import reading
from db.models.audit import AuditRow
from db.models.fund import Fund, Round
from portal import areas, audit, clock
from portal.acts import VISITOR, Who
from portal.errors import Forbidden, NotFound, TooLate
from portal.fund import phases, planning, rounds, terms
from portal.fund.rounds import New
from portal.fund.terms import DRAW
from tests.fixtures.fund import PHASES, add_fund, add_round
from tests.fixtures.town import CELL, COMMUNITY, STREET, People
from tests.portal.cases.steps import do, look, refused

NOW = datetime(2026, 7, 6, 2, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def monday() -> Any:
    with clock.at(NOW):
        yield


@pytest.fixture
def fund(people: People) -> Fund:
    with audit.transaction() as session:
        return add_fund(session)


def new(fund: Fund, **changes: Any) -> New:
    typed: dict[str, Any] = {
        "fund_id": fund.id, "name": "2026 年第一轮", "area_id": areas.tree().by_path(COMMUNITY).id, "budget": "100,000",
        "starts_on": date(2026, 7, 10),
    }  # fmt: skip
    return New(**(typed | changes))


def made(people: People, fund: Fund, **changes: Any) -> Round:
    round_id = do(rounds.create, people.staff, new(fund, **changes))
    return look(rounds.one, people.staff, round_id)


def changed(people: People, row: Round, **changes: Any) -> Round:
    do(rounds.edit, people.staff, row.id, replace(terms.terms_of(row), **changes), row.version)
    return look(rounds.one, people.staff, row.id)


# Making one


@pytest.mark.parametrize("template", list(rounds.TEMPLATES))
def test_every_template_gives_a_round_with_all_its_rules_and_dates(people: People, fund: Fund, template: str) -> None:
    row = made(people, fund, template=template)
    assert (row.state, row.budget_fen, row.area_path) == ("drafting", 10_000_000, COMMUNITY)
    assert terms.columns(terms.terms_of(row)).items() <= row.model_dump().items()
    assert row.rule["ties"] == DRAW
    with reading() as session:
        plan = rounds.plan_of(session, row.id or 0)
    assert tuple(plan) == PHASES
    assert plan["informing"].starts_at == row.next_at == datetime(2026, 7, 10, 1, 0, tzinfo=UTC)  # nine in the town


def test_the_default_is_equal_shares_with_a_draw(people: People, fund: Fund) -> None:
    row = made(people, fund)
    wanted = {"name": "equal-shares", "utility": "cost", "completion": "add1", "stop": "overspend", "step": 1,
              "start": "exact", "compare": False, "threshold": 0, "ties": DRAW}  # fmt: skip
    assert row.ballot_type == "approval" and wanted.items() <= row.rule.items()


def test_a_copy_takes_the_rules_and_the_distances_of_the_dates(people: People, fund: Fund) -> None:
    first = changed(people, made(people, fund, template="points"), points=7, max_choices=4, excluded=("车辆",))
    do(planning.plan, people.staff, first.id, {"deliberating": None})
    with audit.transaction() as session:  # as when its vote has opened
        row = session.get_one(Round, first.id)
        row.rule = {**row.rule, "ties": "seed:abc", "conflicts": [["1", "2"]]}
    copy = made(people, fund, name="第二轮", copy_of=first.id, budget="50000", starts_on=date(2027, 1, 4))
    assert (copy.points, copy.max_choices, copy.excluded, copy.budget_fen) == (7, 4, ["车辆"], 5_000_000)
    assert (copy.rule["ties"], copy.rule["conflicts"], copy.locked_at) == (DRAW, [], None)
    with reading() as session:
        was, now = rounds.plan_of(session, first.id or 0), rounds.plan_of(session, copy.id or 0)
    assert set(now) == set(was) and "deliberating" not in now
    assert {now[p].starts_at - was[p].starts_at for p in now} == {timedelta(days=178)}


def test_only_staff_of_the_area_make_rounds(people: People, fund: Fund) -> None:
    for who in (people.resident, people.far_staff, people.grid_worker, VISITOR):
        with pytest.raises(Forbidden):
            do(rounds.create, who, new(fund))
    assert do(rounds.create, people.street_staff, new(fund))


def test_a_round_stays_inside_its_fund(people: People, fund: Fund) -> None:
    with refused("outside_fund"):
        do(rounds.create, people.street_staff, new(fund, area_id=areas.tree().by_path(STREET).id))
    assert made(people, fund, area_id=areas.tree().by_path(CELL).id).area_path == CELL


def test_a_round_needs_a_fund_a_name_and_a_template(people: People, fund: Fund) -> None:
    with pytest.raises(NotFound):
        do(rounds.create, people.staff, new(fund, fund_id=99))
    with refused("missing", field="round_name"):
        do(rounds.create, people.staff, new(fund, name=" "))
    with refused("not_offered", field="template"):
        do(rounds.create, people.staff, new(fund, template="none"))
    with refused("phase_in_past", field="phase_informing"):
        do(rounds.create, people.staff, new(fund, starts_on=date(2026, 7, 1)))
    with pytest.raises(NotFound):
        do(rounds.create, people.staff, new(fund, copy_of=99))


# Each field


@pytest.mark.parametrize(
    ("changes", "message", "facts"),
    [
        ({"budget": "0"}, "money_zero", {"field": "budget"}),
        ({"budget": ""}, "missing", {"field": "budget"}),
        ({"budget": "-5"}, "not_money", {"field": "budget"}),
        ({"budget": "NaN"}, "not_money", {"field": "budget"}),
        ({"budget": "0.005"}, "money_fraction", {"field": "budget"}),
        ({"budget": "1e309"}, "not_money", {"field": "budget"}),
        ({"least": "100001"}, "over_budget", {"field": "least"}),
        ({"caps": {"green": "100000.01"}}, "over_budget", {"field": "cap_green"}),
        ({"caps": {"green": "500"}, "least": "501"}, "cap_below_least", {"field": "cap_green"}),
        ({"caps": {"moon": "500"}}, "not_offered", {"field": "kind"}),
        ({"allowed": ("x" * 121,)}, "too_long", {"field": "allowed"}),
        ({"excluded": tuple(f"第 {n} 条" for n in range(31))}, "list_too_long", {"field": "excluded"}),
        ({"ballot_type": "show of hands"}, "not_offered", {"field": "ballot_type"}),
        ({"min_choices": 6, "max_choices": 5}, "min_over_max", {"least": 6, "most": 5}),
        ({"min_choices": -1}, "not_between", {"field": "min_choices"}),
        ({"max_choices": 0}, "not_between", {"field": "max_choices"}),
        ({"max_choices": 301}, "not_between", {"field": "max_choices"}),
        ({"max_choices": True}, "not_between", {"field": "max_choices"}),
        ({"ballot_type": "points", "points": 0}, "not_between", {"field": "points"}),
        ({"ballot_type": "points", "points": 1001}, "not_between", {"field": "points"}),
        ({"ballot_type": "points", "points": 3, "max_choices": 5}, "choices_over_points", {"points": 3}),
        ({"ballot_type": "ranking", "scores": ""}, "missing", {"field": "scores"}),
        ({"ballot_type": "ranking", "scores": "3, two"}, "scores_not_numbers", {}),
        ({"ballot_type": "ranking", "scores": "1, 2"}, "scores_rise", {}),
        ({"ballot_type": "ranking", "scores": "3, 0"}, "not_between", {"field": "scores"}),
        ({"ballot_type": "ranking", "scores": "3, 2", "min_choices": 3}, "min_over_max", {"most": 2}),
        ({"ballot_type": "ranking", "scores": ",".join("9" * 31)}, "list_too_long", {"field": "scores"}),
        ({"returns_to": "nobody"}, "not_offered", {"field": "returns_to"}),
        ({"rule": {"name": "dice"}}, "not_offered", {"field": "count_name"}),
        ({"rule": {"step": 0}}, "not_offered", {"field": "count_step"}),
        ({"rule": {"threshold": -1}}, "not_offered", {"field": "count_threshold"}),
        ({"rule": {"threshold": True}}, "not_offered", {"field": "count_threshold"}),
        ({"rule": {"ties": "as we like"}}, "not_offered", {"field": "count_ties"}),
        ({"rule": {"conflicts": [["1", "2"]]}}, "not_offered", {"field": "count_switch"}),
        ({"rule": {"utility": "points"}}, "utility_without_points", {}),
        ({"ballot_type": "one", "rule": {"utility": "points"}}, "utility_without_points", {}),
        ({"rule": {"name": "greedy", "compare": True}}, "switch_without_use", {"field": "count_compare"}),
        ({"rule": {"name": "greedy", "completion": "none"}}, "switch_without_use", {"field": "count_completion"}),
        ({"rule": {"eighty": True}}, "switch_without_use", {"field": "count_eighty"}),
        ({"rule": {"skip": False}}, "switch_without_use", {"field": "count_skip"}),
        ({"rule": {"completion": "none", "step": 10}}, "switch_without_use", {"field": "count_step"}),
        ({"rule": {"completion": "greedy", "stop": "exhaustive"}}, "switch_without_use", {"field": "count_stop"}),
    ],
)  # fmt: skip
def test_a_field_that_cannot_be_is_refused(
    people: People, fund: Fund, changes: dict[str, Any], message: str, facts: dict[str, Any]
) -> None:
    row = made(people, fund)
    with refused(message, **facts):
        changed(people, row, **changes)
    assert look(rounds.one, people.staff, row.id).version == row.version


@pytest.mark.parametrize(
    ("changes", "columns"),
    [
        ({"budget": "１２３４.５０"}, {"budget_fen": 123_450}),
        ({"caps": {"green": "500", "culture": ""}}, {"caps": {"green": 50_000}}),
        ({"allowed": ("绿化", " ", "绿化", "长椅")}, {"allowed": ["绿化", "长椅"]}),
        ({"min_choices": 0}, {"min_choices": 0}),
        ({"ballot_type": "one", "min_choices": 3, "points": 9}, {"min_choices": 1, "max_choices": 1, "points": 0}),
        ({"ballot_type": "ranking", "scores": "５，3、1"}, {"scores": [5, 3, 1], "max_choices": 3}),
        ({"ballot_type": "approval", "scores": "3, 2, 1"}, {"scores": []}),
        ({"paper": False, "returns_to": "fund"}, {"paper": False, "returns_to": "fund"}),
    ],
)
def test_what_was_meant_is_kept(people: People, fund: Fund, changes: dict[str, Any], columns: dict[str, Any]) -> None:
    row = changed(people, made(people, fund), **changes)
    assert {name: getattr(row, name) for name in columns} == columns


@pytest.mark.parametrize(
    "rule",
    [
        {"name": "greedy", "utility": "cardinality", "eighty": True, "ties": DRAW},
        {"name": "greedy", "utility": "cost", "skip": False, "threshold": 10, "ties": "cost"},
        {"completion": "add1", "stop": "exhaustive", "start": "floor", "step": 5, "compare": True, "ties": "file"},
        {"completion": "greedy", "utility": "cardinality", "ties": DRAW},
        {"completion": "none", "start": "floor", "ties": DRAW},
    ],
)
def test_every_switch_of_the_count_is_kept(people: People, fund: Fund, rule: dict[str, Any]) -> None:
    row = changed(people, made(people, fund), rule=rule)
    assert rule.items() <= row.rule.items()
    assert terms.columns(terms.terms_of(row))["rule"] == row.rule


def test_points_count_where_a_ballot_gives_some(people: People, fund: Fund) -> None:
    row = changed(people, made(people, fund, template="points"), rule={"utility": "points", "ties": DRAW})
    assert row.rule["utility"] == "points"
    ranked = made(people, fund, template="ranking")
    assert (ranked.rule["utility"], ranked.rule["scores"]) == ("points", [5, 4, 3, 2, 1])


# Changing one


def test_a_change_stands_in_the_public_history_with_its_values(people: People, fund: Fund) -> None:
    row = changed(people, made(people, fund), budget="80000", paper=False)
    with reading() as session:
        found = session.exec(select(AuditRow).where(AuditRow.act == "round.edit")).one()
    assert found.public and found.facts == {"budget_fen": 8_000_000, "paper": False}
    assert look(rounds.history, people.staff, row.id)[0].act == "round.edit"


def test_who_filled_the_form_before_somebody_else_changed_it_is_told(people: People, fund: Fund) -> None:
    row = made(people, fund)
    changed(people, row, budget="80000")
    with pytest.raises(TooLate), audit.transaction() as session:
        rounds.edit(session, people.staff, row.id or 0, replace(terms.terms_of(row), budget="70000"), row.version)
    assert look(rounds.one, people.staff, row.id).budget_fen == 8_000_000


def test_words_and_area_change_too_but_the_area_only_in_a_draft(people: People, fund: Fund) -> None:
    row, cell = made(people, fund), areas.tree().by_path(CELL).id
    do(rounds.describe, people.staff, row.id, "新名字", "为什么有这一轮", cell, row.version)
    row = look(rounds.one, people.staff, row.id)
    assert (row.name, row.about, row.area_path) == ("新名字", "为什么有这一轮", CELL)
    with refused("outside_fund"):
        do(rounds.describe, people.staff, row.id, "名字", "", areas.tree().by_path(STREET).id, row.version)
    do(phases.enter, people.staff, row.id, "informing")
    row = look(rounds.one, people.staff, row.id)
    with refused("area_stays"):
        do(rounds.describe, people.staff, row.id, "名字", "", areas.tree().by_path(COMMUNITY).id, row.version)
    do(rounds.describe, people.staff, row.id, "名字", "", cell, row.version)


def test_only_staff_of_the_area_change_the_rules(people: People, fund: Fund) -> None:
    row = made(people, fund)
    for who in (people.resident, people.far_staff, VISITOR):
        with pytest.raises(Forbidden):
            do(rounds.edit, who, row.id, terms.terms_of(row), row.version)


@pytest.mark.parametrize("state", ["balloting", "reviewing_ballots", "finished", "cancelled"])
def test_once_voting_opened_no_rule_changes(people: People, fund: Fund, state: str) -> None:
    with audit.transaction() as session:
        row, _ = add_round(session, fund, state)
        session.flush()
    with pytest.raises(TooLate):
        do(rounds.edit, people.staff, row.id, replace(terms.terms_of(row), budget="5"), row.version)
    with pytest.raises(TooLate):
        do(rounds.describe, people.staff, row.id, "名字", "", row.area_id, row.version)
    assert not rounds.editable(people.staff, row)


# Who sees which


def stands(session: Session, fund: Fund, state: str) -> Round:
    return add_round(session, fund, state)[0]


def test_a_draft_is_for_staff_of_its_area_alone(people: People, fund: Fund) -> None:
    with audit.transaction() as session:
        draft, shown = stands(session, fund, "drafting"), stands(session, fund, "accepting")
        gone = stands(session, fund, "cancelled")
    for who in (VISITOR, people.resident, people.far_staff):
        for hidden in (draft, gone):
            with pytest.raises(NotFound):
                look(rounds.one, who, hidden.id)
        assert [row.id for row in look(rounds.listing, who)] == [shown.id]
    assert look(rounds.one, people.staff, draft.id).name == draft.name
    assert [row.id for row in look(rounds.desk, people.staff)] == [gone.id, shown.id, draft.id]
    assert look(rounds.desk, people.far_staff) == look(rounds.desk, people.resident) == []


def test_lists_go_newest_first_and_a_page_at_a_time(
    people: People, fund: Fund, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds.limits, "PAGE_ROWS", 2)
    with audit.transaction() as session:
        states = ("finished", "finished", "finished", "accepting", "balloting", "drafting")
        ids = [stands(session, fund, state).id for state in states]
    assert [row.id for row in look(rounds.past, VISITOR, fund.id)] == [ids[2], ids[1]]
    assert [row.id for row in look(rounds.past, VISITOR, fund.id, ids[1])] == [ids[0]]
    assert [row.id for row in look(rounds.current, VISITOR, fund.id)] == [ids[4], ids[3]]
    assert [row.id for row in look(rounds.listing, VISITOR, before=ids[2])] == [ids[1], ids[0]]


def test_lists_keep_to_an_area(people: People, fund: Fund) -> None:
    with audit.transaction() as session:
        row = stands(session, fund, "accepting")
    assert [r.id for r in look(rounds.listing, VISITOR, COMMUNITY)] == [row.id]
    assert [r.id for r in look(rounds.listing, VISITOR, STREET)] == [row.id]
    assert look(rounds.listing, VISITOR, CELL) == []


def test_what_presses_is_a_vote_then_a_call(people: People, fund: Fund) -> None:
    assert look(rounds.pressing, VISITOR) is None
    with audit.transaction() as session:
        vote = stands(session, fund, "balloting")
        stands(session, fund, "finished"), stands(session, fund, "accepting")
    assert look(rounds.pressing, VISITOR).id == vote.id


def test_the_history_tells_reasons_that_are_public(people: People, fund: Fund) -> None:
    row = made(people, fund)
    do(phases.enter, people.staff, row.id, "accepting")
    do(phases.cancel, people.staff, row.id, "今年的拨款没有到位。")
    told = look(rounds.history, VISITOR, row.id)
    assert [(event.act, event.says) for event in told] == [
        ("round.cancel", "今年的拨款没有到位。"), ("round.call", None),
    ]  # fmt: skip


def unknown(who: Who, number: int) -> None:
    with pytest.raises(NotFound):
        look(rounds.one, who, number)


def test_there_is_no_such_round(people: People) -> None:
    for number in (0, -1, 99, 2**40):
        unknown(people.staff, number)
