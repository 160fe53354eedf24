"""A round goes from phase to phase: what each needs, what it brings, by date, by hand, by many at once."""

import hashlib
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session, col, select

from db import append_only
from db.engine import engine, is_sqlite, reading
from db.models.audit import AuditRow, ChainHead
from db.models.ballots import Paper, Voter
from db.models.fund import Fund, Phase, PhasePlan, Project, Rival, Round
from db.models.notices import Notice
from portal import acts as matrix
from portal import audit, clock, words
from portal.acts import VISITOR, Who
from portal.errors import Forbidden, NotFound, TooLate
from portal.fund import acts, locking, outcome, phases, planning, reviewing, rounds
from portal.notices import text_of
from portal.settings import ROOT
from tests.fixtures.fund import BUDGET_FEN, FundPeople, add_fund, add_round, endow
from tests.fixtures.town import People
from tests.portal.cases.steps import do, look, refused
from tests.portal.cases.test_races import Deed, at_once, tally

NOW = datetime(2026, 7, 6, 2, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with clock.at(NOW):
        yield


@pytest.fixture
def fund(people: People, funders: FundPeople) -> Fund:
    with audit.transaction() as session:
        return add_fund(session)


def stage(
    fund: Fund,
    state: str,
    funders: FundPeople | None = None,
    endowed: int = BUDGET_FEN,
    rule: dict[str, Any] | None = None,
    **how: Any,
) -> Round:
    """A round in `state`, with its budget on its account where people of the fund are given."""
    with audit.transaction() as session:
        row, _ = add_round(session, fund, state, **how)
        row.rule = rule or row.rule
        if state == "drafting":
            row.next_at = NOW + timedelta(days=1) - timedelta(minutes=1)
        if funders is not None and endowed:
            endow(session, fund, endowed, funders.finance, funders.other_finance, row)
    return row


def now(row: Round) -> Round:
    with reading() as session:
        return session.get_one(Round, row.id)


def plan(row: Round) -> dict[str, PhasePlan]:
    with reading() as session:
        return planning.plan_of(session, row.id or 0)


def deeds(row: Round) -> list[AuditRow]:
    with reading() as session:
        query = select(AuditRow).where(AuditRow.thing == f"round:{row.id}").order_by(col(AuditRow.seq))
        return list(session.exec(query))


def lacks(row: Round, phase: str) -> list[str]:
    with reading() as session:
        return [lack.message_id for lack in phases.hindrances(session, session.get_one(Round, row.id), phase)]


# By hand


def test_by_hand_all_the_way(people: People, funders: FundPeople, fund: Fund) -> None:
    row = stage(fund, "drafting", funders, costs=[100_000, 200_000], project_state="feasible")
    with audit.transaction() as session:
        session.execute(update(Project).values(number=None))
    for phase in planning.ORDER:
        do(phases.enter, people.staff, row.id, phase)
        assert now(row).state == phase and plan(row)[phase].entered_at == NOW
    assert [deed.act for deed in deeds(row)] == [acts.BY_PHASE[phase].name for phase in planning.ORDER]
    assert now(row).next_at is None
    with reading() as session:
        assert audit.verify(session).ok


def test_the_plan_stays_visible_where_a_move_is_early(people: People, fund: Fund) -> None:
    row = stage(fund, "informing")
    planned = plan(row)["accepting"].starts_at
    do(phases.enter, people.staff, row.id, "accepting")
    entered = plan(row)["accepting"]
    assert (entered.starts_at, entered.entered_at) == (planned, NOW) and planned > NOW
    assert deeds(row)[-1].facts == {"planned": audit.stamp(planned)}
    assert now(row).next_at == plan(row)["reviewing"].starts_at


def test_a_phase_can_be_skipped_by_hand(people: People, fund: Fund) -> None:
    row = stage(fund, "valuating")
    do(phases.enter, people.staff, row.id, "publishing")
    told = {stop.phase: stop.standing for stop in planning.stops(now(row), plan(row))}
    assert (told["deliberating"], told["publishing"], told["balloting"]) == ("skipped", "now", "next")


@pytest.mark.parametrize("phase", planning.ORDER)
def test_nobody_but_staff_of_the_area_moves_a_round(people: People, fund: Fund, phase: str) -> None:
    before = ("drafting", *planning.ORDER)[planning.ORDER.index(phase)]
    row = stage(fund, before)
    for who in (people.resident, people.far_staff, people.grid_worker, VISITOR):
        with pytest.raises(Forbidden):
            do(phases.enter, who, row.id, phase)


def test_a_round_goes_only_where_its_phase_leads(people: People, fund: Fund) -> None:
    row = stage(fund, "informing")
    for phase in ("informing", "valuating", "balloting", "finished"):
        with pytest.raises(TooLate):
            do(phases.enter, people.staff, row.id, phase)
    with refused("not_offered", field="phase"):
        do(phases.enter, people.staff, row.id, "drafting")
    with pytest.raises(NotFound):
        do(phases.enter, people.staff, 99, "accepting")


# What a phase needs


@pytest.mark.parametrize("phase", ["informing", "accepting"])
def test_a_round_is_announced_with_sound_rules_and_dates(people: People, fund: Fund, phase: str) -> None:
    row = stage(fund, "drafting", budget_fen=0)
    with refused("missing", field="budget"):
        do(phases.enter, people.staff, row.id, phase)
    with audit.transaction() as session:
        session.execute(update(Round).values(budget_fen=100))
        session.delete(session.get_one(PhasePlan, (row.id, "valuating")))
    with refused("phase_needed", field="phase_valuating"):
        do(phases.enter, people.staff, row.id, phase)
    do(planning.plan, people.staff, row.id, {"valuating": plan(row)["reviewing"].starts_at + timedelta(hours=1)})
    do(phases.enter, people.staff, row.id, phase)


@pytest.mark.parametrize("state", ["submitted", "eligible"])
def test_no_proposal_is_left_behind_undecided(people: People, fund: Fund, state: str) -> None:
    row = stage(fund, "valuating", costs=[100], project_state=state)
    with refused("projects_undecided", n=1):
        do(phases.enter, people.staff, row.id, "publishing")
    assert lacks(row, "publishing") == ["projects_undecided"]


def test_publishing_numbers_the_ballot(people: People, fund: Fund) -> None:
    row = stage(fund, "valuating", costs=[100, 200, 300], project_state="feasible")
    with audit.transaction() as session:
        session.execute(update(Project).values(number=None))
    do(phases.enter, people.staff, row.id, "publishing")
    with reading() as session:
        listed = locking.ballot_of(session, row.id or 0)
    assert [project.number for project in listed] == [1, 2, 3]


def test_a_vote_needs_projects_money_and_an_end(people: People, funders: FundPeople, fund: Fund) -> None:
    row = stage(fund, "publishing", funders, 1_000, min_choices=2)
    with audit.transaction() as session:
        session.get_one(PhasePlan, (row.id, "reviewing_ballots")).starts_at = NOW
    assert lacks(row, "balloting") == ["ballot_empty", "round_not_covered", "vote_without_end"]
    with refused("ballot_empty"):
        do(phases.enter, people.staff, row.id, "balloting")


def test_a_ballot_must_have_as_many_projects_as_must_be_chosen(people: People, funders: FundPeople, fund: Fund) -> None:
    row = stage(fund, "publishing", funders, costs=[100], min_choices=2)
    with refused("ballot_too_short", n=1, least=2):
        do(phases.enter, people.staff, row.id, "balloting")


def test_the_money_must_be_there_to_the_fen(people: People, funders: FundPeople, fund: Fund) -> None:
    row = stage(fund, "publishing", funders, BUDGET_FEN - 1, costs=[100])
    with refused("round_not_covered", need_fen=BUDGET_FEN, have_fen=BUDGET_FEN - 1):
        do(phases.enter, people.staff, row.id, "balloting")
    with audit.transaction() as session:
        clock_later = NOW + timedelta(seconds=1)
        with clock.at(clock_later):
            endow(session, fund, 1, funders.finance, funders.other_finance, row)
    do(phases.enter, people.staff, row.id, "balloting")


def test_without_money_no_vote(people: People, funders: FundPeople, fund: Fund) -> None:
    row = stage(fund, "publishing", costs=[100])
    with refused("round_not_covered", have_fen=0):
        do(phases.enter, people.staff, row.id, "balloting")


def test_papers_that_two_have_not_read_alike_hold_the_count_up(people: People, fund: Fund) -> None:
    row = stage(fund, "reviewing_ballots", costs=[100])
    with audit.transaction() as session:
        session.add(
            Paper(round_id=row.id or 0, area_path=row.area_path, number="1", first_by=people.staff.person_id or 0)
        )
    assert lacks(row, "finished") == ["papers_open"]
    with refused("papers_open", n=1):
        do(phases.enter, people.staff, row.id, "finished")


def test_staff_see_what_is_missing_and_nobody_else(people: People, fund: Fund) -> None:
    row = stage(fund, "publishing")
    ((phase, missing),) = look(phases.ahead, people.staff, row.id)
    assert phase == "balloting" and [lack.message_id for lack in missing] == ["ballot_empty", "round_not_covered"]
    for who in (people.resident, people.far_staff, VISITOR):
        with pytest.raises(Forbidden):
            look(phases.ahead, who, row.id)


# The lock


@pytest.fixture
def voting(people: People, funders: FundPeople, fund: Fund) -> Round:
    """A round whose vote has just been opened by hand, with two projects, and one that was taken off."""
    row = stage(fund, "publishing", funders, costs=[100_000, 200_000, 300_000], rule={**SWITCHES})
    with audit.transaction() as session:
        off = session.exec(select(Project).where(Project.number == 3)).one()
        off.state = "feasible"
        session.add(off)
    do(phases.enter, people.staff, row.id, "balloting")
    return now(row)


SWITCHES = {"name": "equal-shares", "ties": "seed:draw", "threshold": 2}


def test_opening_the_vote_locks_rules_and_ballot_and_publishes_the_seed(
    people: People, funders: FundPeople, fund: Fund
) -> None:
    row = stage(fund, "publishing", funders, costs=[100_000, 200_000], rule={**SWITCHES})
    with audit.transaction() as session:
        session.add_all([Rival(project_id=p.id or 0, group_no=1, round_id=row.id or 0) for p in projects(row)])
    with reading() as session:
        head = session.get_one(ChainHead, 1).hash
    do(phases.enter, people.staff, row.id, "balloting")
    locked = now(row)
    assert (locked.seed, locked.locked_at) == (head, NOW)
    assert locked.rule == {**SWITCHES, "ties": f"seed:{head}", "conflicts": [["1", "2"]]}
    text = rounds.lock_text(locked, projects(row))
    assert locked.locked_hash == hashlib.sha256(audit.canonical(text)).hexdigest()
    assert [(line["number"], line["cost_fen"]) for line in text["ballot"]] == [(1, 100_000), (2, 200_000)]
    opened = next(deed for deed in deeds(row) if deed.act == "round.open_vote")
    assert opened.public and opened.facts["seed"] == head and opened.facts["rules_sha256"] == locked.locked_hash


def projects(row: Round) -> list[Project]:
    with reading() as session:
        return list(session.exec(select(Project).where(Project.round_id == row.id).order_by(col(Project.id))))


def test_the_text_holds_every_rule_and_every_project_on_the_ballot(voting: Round) -> None:
    whole = rounds.lock_text(voting, projects(voting))
    for column in ("budget_fen", "min_choices", "caps", "rule", "returns_to"):
        other = Round(**(voting.model_dump() | {column: {"x": 1} if column in ("caps", "rule") else 3}))
        assert rounds.lock_text(other, projects(voting)) != whole
    dearer = projects(voting)
    dearer[0].cost_fen += 1
    assert rounds.lock_text(voting, dearer) != whole
    assert rounds.lock_text(voting, projects(voting)[::-1]) == whole


def test_what_was_taken_off_the_ballot_has_no_number_any_more(voting: Round) -> None:
    assert sorted((p.state, p.number) for p in projects(voting)) == [
        ("feasible", None), ("on_ballot", 1), ("on_ballot", 2),
    ]  # fmt: skip


def test_the_roster_is_made_when_the_vote_opens(voting: Round, funders: FundPeople, people: People) -> None:
    with reading() as session:
        enrolled = set(session.exec(select(Voter.person_id).where(Voter.round_id == voting.id)))
    assert {who.person_id for who in funders.voters} <= enrolled


LOCKED = {
    "budget_fen": 1, "allowed": '["x"]', "excluded": '["x"]', "caps": '{"green": 1}', "least_fen": 1,
    "ballot_type": "one", "min_choices": 0, "max_choices": 9, "points": 9, "scores": "[1]", "paper": False,
    "rule": "{}", "returns_to": "fund", "locked_at": None, "locked_hash": "1" * 64, "seed": "other", "fund_id": 2,
}  # fmt: skip


@pytest.mark.parametrize("column", list(LOCKED))
def test_after_the_lock_nothing_changes_even_by_hand(voting: Round, column: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"):
        by_hand(voting, column)


def test_nor_is_the_round_deleted(voting: Round) -> None:
    with pytest.raises(DatabaseError, match="append-only"), engine().begin() as connection:
        connection.execute(text("DELETE FROM round WHERE id = :id"), {"id": voting.id})


def test_without_the_triggers_it_would_change(voting: Round) -> None:
    """The negative control."""
    with engine().begin() as connection:
        append_only.drop(connection)
    by_hand(voting, "budget_fen")
    assert now(voting).budget_fen == 1
    text = rounds.lock_text(now(voting), projects(voting))
    assert hashlib.sha256(audit.canonical(text)).hexdigest() != now(voting).locked_hash


def by_hand(row: Round, column: str) -> None:
    kind = "" if is_sqlite() or column not in ("allowed", "excluded", "caps", "scores", "rule") else "::json"
    value = f":value{kind}" if not kind else f"CAST(:value AS {kind[2:]})"
    with engine().begin() as connection:
        statement = f"UPDATE round SET {column} = {value} WHERE id = :id"
        connection.execute(text(statement), {"value": LOCKED[column], "id": row.id})


def test_what_is_no_rule_may_still_change(voting: Round, people: People) -> None:
    later = plan(voting)["reviewing_ballots"].starts_at + timedelta(hours=3)
    do(planning.plan, people.staff, voting.id, {"reviewing_ballots": later})
    assert now(voting).next_at == later
    with reading() as session:
        assert phases.voting_ends_at(session, voting.id or 0) == later


# The plan


def test_later_dates_change_and_what_has_begun_stays(people: People, fund: Fund) -> None:
    row = stage(fund, "accepting")
    was = plan(row)
    soon = NOW + timedelta(hours=5)
    do(planning.plan, people.staff, row.id, {"reviewing": soon, "informing": was["informing"].starts_at})
    assert (plan(row)["reviewing"].starts_at, now(row).next_at) == (soon, soon)
    assert deeds(row)[-1].facts == {"dates": {"reviewing": audit.stamp(soon)}}
    for phase in ("informing", "accepting"):
        with refused("phase_begun", field=f"phase_{phase}"):
            do(planning.plan, people.staff, row.id, {phase: soon})


@pytest.mark.parametrize(
    ("dates", "message", "field"),
    [
        ({"reviewing": NOW}, "phase_in_past", "phase_reviewing"),
        ({"reviewing": NOW + timedelta(days=3)}, "phase_out_of_order", "phase_valuating"),
        ({"finished": NOW + timedelta(days=4)}, "phase_out_of_order", "phase_finished"),
        (
            {"balloting": NOW + timedelta(days=6) - timedelta(minutes=1)},
            "phase_out_of_order",
            "phase_reviewing_ballots",
        ),
        ({"finished": NOW + timedelta(days=1_100)}, "phase_too_far", "phase_finished"),
        ({"valuating": None}, "phase_needed", "phase_valuating"),
        ({"drafting": NOW + timedelta(days=1)}, "not_offered", "phase"),
    ],
)
def test_dates_that_cannot_be_are_refused(
    people: People, fund: Fund, dates: planning.Dates, message: str, field: str
) -> None:
    row = stage(fund, "accepting")
    before = {phase: planned.starts_at for phase, planned in plan(row).items()}
    with refused(message, field=field):
        do(planning.plan, people.staff, row.id, dates)
    assert {phase: planned.starts_at for phase, planned in plan(row).items()} == before


def test_a_draft_may_lack_dates(people: People, fund: Fund) -> None:
    row = stage(fund, "drafting")
    do(planning.plan, people.staff, row.id, {"valuating": None, "informing": None})
    assert set(planning.ORDER) - set(plan(row)) == {"valuating", "informing"}
    assert now(row).next_at == plan(row)["accepting"].starts_at


def test_only_staff_plan_and_not_when_it_is_over(people: People, fund: Fund) -> None:
    row, over = stage(fund, "accepting"), stage(fund, "finished")
    for who in (people.resident, people.far_staff):
        with pytest.raises(Forbidden):
            do(planning.plan, who, row.id, {"reviewing": NOW + timedelta(hours=5)})
    with pytest.raises(TooLate):
        do(planning.plan, people.staff, over.id, {})


# Back, and off


def test_one_phase_back_with_a_reason_and_new_dates(people: People, fund: Fund) -> None:
    row = stage(fund, "reviewing")
    again = NOW + timedelta(hours=12)
    assert do(phases.go_back, people.staff, row.id, "还有人没来得及提。", {"reviewing": again}) == "accepting"
    assert (now(row).state, now(row).next_at) == ("accepting", again)
    assert (plan(row)["reviewing"].starts_at, plan(row)["reviewing"].entered_at) == (again, None)
    back = look(rounds.history, VISITOR, row.id)[0]
    assert (back.act, back.says, back.to_state) == ("round.go_back", "还有人没来得及提。", "accepting")
    assert phases.tick() == 0 and now(row).state == "accepting"
    with clock.at(again):
        assert phases.tick() == 1 and now(row).state == "reviewing"


def test_going_back_passes_over_what_was_skipped(people: People, fund: Fund) -> None:
    row = stage(fund, "valuating")
    do(phases.enter, people.staff, row.id, "publishing")
    dates = {"deliberating": None, "publishing": NOW + timedelta(hours=12)}
    assert do(phases.go_back, people.staff, row.id, "造价有误。", dates) == "valuating"


def test_a_published_ballot_is_taken_back_and_drawn_anew(people: People, fund: Fund) -> None:
    row = stage(fund, "publishing", costs=[100, 200])
    do(phases.go_back, people.staff, row.id, "造价有误。", {"publishing": NOW + timedelta(hours=12)})
    assert {(p.state, p.number) for p in projects(row)} == {("feasible", None)}
    do(phases.enter, people.staff, row.id, "publishing")
    assert {(p.state, p.number) for p in projects(row)} == {("on_ballot", 1), ("on_ballot", 2)}


def test_going_back_takes_the_number_of_what_was_taken_off_before(people: People, fund: Fund) -> None:
    row = stage(fund, "publishing", costs=[100, 200])
    first = next(project.id for project in projects(row) if project.number == 1)
    do(reviewing.unlist, people.staff, first, "公示期有异议。")
    do(phases.go_back, people.staff, row.id, "造价有误。", {"publishing": NOW + timedelta(hours=12)})
    assert {(p.state, p.number) for p in projects(row)} == {("feasible", None)}


def test_going_back_needs_a_reason_and_a_date(people: People, fund: Fund) -> None:
    row = stage(fund, "reviewing")
    with refused("missing", field="says"):
        do(phases.go_back, people.staff, row.id, " ", {"reviewing": NOW + timedelta(hours=12)})
    with refused("phase_needed", field="phase_reviewing"):
        do(phases.go_back, people.staff, row.id, "理由", {})
    with refused("phase_in_past", field="phase_reviewing"):
        do(phases.go_back, people.staff, row.id, "理由", {"reviewing": NOW})
    with refused("phase_out_of_order", field="phase_valuating"):
        do(phases.go_back, people.staff, row.id, "理由", {"reviewing": NOW + timedelta(days=2)})
    with pytest.raises(Forbidden):
        do(phases.go_back, people.resident, row.id, "理由", {"reviewing": NOW + timedelta(hours=12)})


@pytest.mark.parametrize("state", ["drafting", "informing", "accepting", "balloting", "reviewing_ballots", "finished"])
def test_there_is_no_way_back_before_the_call_or_once_voting_opened(people: People, fund: Fund, state: str) -> None:
    row = stage(fund, state)
    with pytest.raises(TooLate):
        do(phases.go_back, people.staff, row.id, "理由", {state: NOW + timedelta(hours=12)})


def test_a_round_is_called_off_with_a_reason_and_its_proposers_are_told(
    people: People, funders: FundPeople, fund: Fund
) -> None:
    row = stage(fund, "reviewing", costs=[100, 200], project_state="submitted", proposer=funders.ann)
    with refused("missing", field="says"):
        do(phases.cancel, people.staff, row.id, "")
    do(phases.cancel, people.staff, row.id, "今年没有拨款。")
    assert (now(row).state, now(row).next_at) == ("cancelled", None)
    with reading() as session:
        (told,) = session.exec(select(Notice).where(Notice.message == "round_cancelled"))
    assert (told.person_id, told.href) == (funders.ann.person_id, f"/round?id={row.id}")
    assert row.name in text_of(told)
    with clock.at(NOW + timedelta(days=30)):
        assert phases.tick() == 0


@pytest.mark.parametrize("state", ["balloting", "reviewing_ballots", "finished"])
def test_a_vote_is_not_called_off(people: People, fund: Fund, state: str) -> None:
    row = stage(fund, state)
    with pytest.raises(TooLate):
        do(phases.cancel, people.staff, row.id, "理由")


# By date


def test_phases_that_are_due_follow_one_another(people: People, fund: Fund) -> None:
    row = stage(fund, "drafting")
    with clock.at(NOW + timedelta(days=3)):
        assert phases.tick() == 3
        assert phases.tick() == 0
    assert now(row).state == "reviewing"
    assert [deed.act for deed in deeds(row)] == ["round.inform", "round.call", "round.review"]
    assert {deed.role for deed in deeds(row)} == {"system"}


def test_nothing_moves_before_its_day(people: People, fund: Fund) -> None:
    row = stage(fund, "informing")
    due = plan(row)["accepting"].starts_at
    with clock.at(due - timedelta(microseconds=1)):
        assert phases.tick() == 0
    with clock.at(due):
        assert phases.tick() == 1
    assert now(row).state == "accepting"


def test_a_phase_without_a_date_is_passed_over(people: People, fund: Fund) -> None:
    row = stage(fund, "valuating")
    do(planning.plan, people.staff, row.id, {"deliberating": None})
    with clock.at(NOW + timedelta(days=2)):
        assert phases.tick() == 1
    assert now(row).state == "publishing"
    assert "deliberating" not in [stop.phase for stop in planning.stops(now(row), plan(row))]


def test_dates_do_not_pass_over_a_phase_that_must_be(people: People, fund: Fund) -> None:
    row = stage(fund, "drafting")
    do(planning.plan, people.staff, row.id, {"accepting": None})
    with clock.at(NOW + timedelta(days=9)):
        assert phases.tick() == 0  # it is not even announced: the call has no date
    assert now(row).state == "drafting"


def test_what_is_refused_stays_and_staff_are_told_once(people: People, funders: FundPeople, fund: Fund) -> None:
    row = stage(fund, "publishing", costs=[100])
    with clock.at(NOW + timedelta(days=1)):
        assert phases.tick() == phases.tick() == 0
        assert now(row).state == "publishing"
        assert [stop.standing for stop in planning.stops(now(row), plan(row)) if stop.phase == "balloting"] == ["late"]
    with reading() as session:
        told = list(session.exec(select(Notice).where(Notice.message == "phase_refused")))
    counts = Counter(notice.person_id for notice in told)
    staff = {who.person_id for who in (people.staff, people.street_staff, funders.second_staff, funders.third_staff)}
    assert counts == dict.fromkeys(staff, 1) and {notice.href for notice in told} == {f"/rounds?id={row.id}"}
    with words.speaking("zh-CN"):
        assert "投票" in text_of(told[0]) and row.name in text_of(told[0])


def test_with_another_date_staff_are_told_again(people: People, fund: Fund) -> None:
    row = stage(fund, "publishing", costs=[100])
    with clock.at(NOW + timedelta(hours=24)):
        phases.tick()
        do(planning.plan, people.staff, row.id, {"balloting": NOW + timedelta(hours=30)})
    with clock.at(NOW + timedelta(hours=30)):
        phases.tick()
        phases.tick()
    with reading() as session:
        told = session.exec(
            select(Notice).where(Notice.message == "phase_refused", Notice.person_id == people.staff.person_id)
        )
        assert len(told.all()) == 2


def test_it_goes_on_by_itself_once_the_money_is_there(people: People, funders: FundPeople, fund: Fund) -> None:
    row = stage(fund, "publishing", costs=[100])
    with clock.at(NOW + timedelta(days=1)):
        assert phases.tick() == 0
        with audit.transaction() as session:
            endow(session, fund, BUDGET_FEN, funders.finance, funders.other_finance, row)
        assert phases.tick() == 1
    assert now(row).state == "balloting"


def test_one_broken_round_does_not_stop_the_others(people: People, fund: Fund, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, sound = stage(fund, "valuating"), stage(fund, "informing")

    def fail(*_: Any) -> int:
        raise RuntimeError("broken")

    monkeypatch.setattr(reviewing, "list_ballot", fail)
    do(planning.plan, people.staff, broken.id, {"deliberating": None})
    with clock.at(NOW + timedelta(days=2) - timedelta(minutes=1)):
        assert phases.tick() == 2
    assert (now(broken).state, now(sound).state) == ("valuating", "reviewing")


# Many at once


def ends_of(row: Round, *crowd: Deed) -> Counter[str]:
    return tally(at_once(list(crowd)))


def test_of_two_who_move_it_at_once_one_wins(people: People, funders: FundPeople, fund: Fund) -> None:
    row = stage(fund, "informing")
    crowd = [(phases.enter, who, (row.id, "accepting")) for who in (people.staff, funders.second_staff)] * 5
    assert ends_of(row, *crowd) == {"done": 1, "too_late": 9}
    assert [deed.act for deed in deeds(row)] == ["round.call"]


def test_of_two_who_open_the_vote_at_once_one_locks(people: People, funders: FundPeople, fund: Fund) -> None:
    row = stage(fund, "publishing", funders, costs=[100])
    end = datetime.now(UTC) + timedelta(days=9)
    with audit.transaction() as session:  # the threads' clock shows the real time
        session.execute(update(PhasePlan).where(col(PhasePlan.phase) == "reviewing_ballots").values(starts_at=end))
    crowd = [(phases.enter, who, (row.id, "balloting")) for who in (people.staff, funders.second_staff)] * 4
    assert ends_of(row, *crowd) == {"done": 1, "too_late": 7}
    (opened,) = [deed for deed in deeds(row) if deed.act == "round.open_vote"]
    assert opened.facts["seed"] == now(row).seed


def test_without_its_guards_both_would_win(
    people: People, funders: FundPeople, fund: Fund, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: no lock on the row, no compare-and-set, and a reading from before the winner wrote."""
    row = stage(fund, "informing")
    stale, gate = now(row).model_dump(), threading.Barrier(2)

    def unheld(session: Session, round_id: int) -> Round:
        found = session.get_one(Round, round_id)
        if is_sqlite():  # its write lock lets nobody read in between
            for name, value in stale.items():
                matrix.inspect(found).dict[name] = value
        else:
            with suppress(threading.BrokenBarrierError):
                gate.wait(3)
        return found

    def unguarded(session: Session, act: Any, thing: Any, where: Any, sets: dict[str, Any]) -> None:
        sets["state"] = act.to
        session.execute(update(Round).where(col(Round.id) == thing.id).values(**sets))
        session.refresh(thing)

    monkeypatch.setattr(phases, "held", unheld)
    monkeypatch.setattr(matrix, "_move", unguarded)
    crowd = [(phases.enter, who, (row.id, "accepting")) for who in (people.staff, funders.second_staff)]
    assert ends_of(row, *crowd)["done"] == 2


def ticking(session: Session, who: Who) -> None:
    """A tick as one of a crowd: it opens its own transactions."""
    session.rollback()
    phases.tick()


def test_of_many_clocks_each_phase_is_entered_once(people: People, fund: Fund) -> None:
    rows = [stage(fund, "informing") for _ in range(3)]
    long_ago(rows)
    assert ends_of(rows[0], *[(ticking, people.staff, ())] * 6) == {"done": 6}
    for row in rows:
        assert [deed.act for deed in deeds(row)] == ["round.call", "round.review", "round.valuate"]


def long_ago(rows: list[Round]) -> None:
    """Let the next three phases have been due yesterday, by the real clock that threads and processes have."""
    real = datetime.now(UTC)
    dates = {"accepting": -9, "reviewing": -8, "valuating": -7}
    with audit.transaction() as session:
        session.execute(update(PhasePlan).values(starts_at=real + timedelta(days=9)))
        for phase, days in dates.items():
            session.execute(
                update(PhasePlan).where(col(PhasePlan.phase) == phase).values(starts_at=real + timedelta(days=days))
            )
        ids = [row.id for row in rows]
        session.execute(update(Round).where(col(Round.id).in_(ids)).values(next_at=real - timedelta(days=9)))


def test_clock_against_hand_one_wins(people: People, fund: Fund) -> None:
    row = stage(fund, "informing")
    long_ago([row])
    hand: Deed = (phases.enter, people.staff, (row.id, "accepting"))
    crowd: list[Deed] = [(ticking, people.staff, ()), hand] * 3
    ends = ends_of(row, *crowd)
    assert set(ends) <= {"done", "too_late"} and ends["done"] >= 3
    ends_of(row, (ticking, people.staff, ()))  # a clock that lost to the hand goes on next time
    assert [deed.act for deed in deeds(row)] == ["round.call", "round.review", "round.valuate"]


TICK = """
from db.models import audit
from portal import start
from portal.fund import phases
start.ready()
print(phases.tick())
"""


def test_in_two_processes_at_once_each_phase_is_entered_once(people: People, fund: Fund) -> None:
    rows = [stage(fund, "informing") for _ in range(3)]
    long_ago(rows)
    processes = [
        subprocess.Popen([sys.executable, "-c", TICK], stdout=subprocess.PIPE, text=True, cwd=ROOT) for _ in range(2)
    ]
    said = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert sum(int(line.strip().splitlines()[-1]) for line in said) == 9
    for row in rows:
        assert [deed.act for deed in deeds(row)] == ["round.call", "round.review", "round.valuate"]
    with reading() as session:
        assert audit.verify(session).ok


def test_a_date_that_was_moved_meanwhile_counts(people: People, fund: Fund, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that found a round due finds, once it holds it, that its staff have put the day off."""
    row = stage(fund, "informing")
    enter, later = phases._enter, NOW + timedelta(days=2) - timedelta(hours=1)
    with clock.at(plan(row)["accepting"].starts_at):

        def slow(*args: Any, **named: Any) -> None:
            with audit.transaction() as other:
                other.execute(update(Round).values(next_at=later))
            enter(*args, **named)

        monkeypatch.setattr(phases, "_enter", slow)
        assert phases.tick() == 0
    assert now(row).state == "informing"


def test_the_count_is_prepared_before_the_transaction_begins(
    people: People, funders: FundPeople, fund: Fund, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = stage(fund, "reviewing_ballots", funders, costs=[100])
    begun: list[bool] = []
    prepare = outcome.prepare

    def watched(session: Session, who: Who, round_id: int) -> None:
        begun.append(session.in_transaction())
        prepare(session, who, round_id)

    monkeypatch.setattr(outcome, "prepare", watched)
    do(phases.enter, people.staff, row.id, Phase.FINISHED)
    assert begun == [False] and now(row).state == "finished"
