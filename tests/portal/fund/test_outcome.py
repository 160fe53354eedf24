"""The count: it happens once, all of it or nothing, and moves exactly the money that the vote decided."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from db.engine import engine, reading
from db.models.audit import AuditRow
from db.models.ballots import Ballot, BallotDraft, Outcome, Paper
from db.models.fund import Project, Rival, Round
from db.models.ledger import Transfer
from db.models.notices import Notice
from portal import audit, clock, ledger
from portal.acts import SYSTEM, VISITOR
from portal.errors import Forbidden, NotFound, TooLate
from portal.fund import ballots, outcome, phases, results
from portal.fund.counting import Rule
from portal.settings import ROOT
from tests.fixtures.fund import FundPeople
from tests.fixtures.town import People
from tests.portal.cases.steps import do, look, refused
from tests.portal.fund import counted

COSTS = (3_000_000, 4_000_000, 2_000_000, 6_000_000)
VOTES = [[1, 2], [1, 3], [2], [], [4], [1, 2], [3, 2, 1]]
BUDGET = 10_000_000
SCRIPT = Path(__file__).with_name("finishes.py")


def closed(funders: FundPeople, votes: counted.Ballots = VOTES, costs: Sequence[int] = COSTS, **more: Any) -> int:
    return counted.closed(funders, votes, costs, min_choices=0, **more)


def balances(round_id: int) -> tuple[int, dict[int, int]]:
    """What is on the round's account, and free on each project's, by number."""
    with reading() as session:
        projects = session.exec(select(Project).where(Project.round_id == round_id)).all()
        owners = {f"project:{p.id}": p.number or 0 for p in projects}
        found = ledger.balances(session, f"round:{round_id}", *owners)
    free = {owners[owner]: fen for (owner, _), fen in found.items() if owner in owners}
    return found[f"round:{round_id}", "round"], free


def check(round_id: int) -> None:
    """One result; one award for each winner and no other; every sum agrees."""
    found = counted.outcome(round_id).result
    awards = {int(number): fen for number, fen in found["awards_fen"].items()}
    assert sum(awards.values()) == found["cost_fen"] <= BUDGET and awards
    assert balances(round_id) == (BUDGET - found["cost_fen"], awards)
    funded = {number for number, state in counted.states(round_id).items() if state == "funded"}
    assert funded == set(awards) and set(counted.states(round_id).values()) <= {"funded", "not_funded"}
    with reading() as session:
        transfers = session.exec(select(Transfer).where(Transfer.kind == "award", Transfer.round_id == round_id)).all()
        assert sorted(row.amount_fen for row in transfers) == sorted(awards.values())
        deeds = session.exec(select(AuditRow.act).where(AuditRow.thing == f"round:{round_id}")).all()
        assert deeds.count("round.finish") == 1
        assert audit.verify(session).ok and list(ledger.compare(session)) == []


# What it does


@pytest.mark.parametrize(
    "rule", [Rule(), Rule(name="greedy"), Rule(completion="none"), Rule(name="greedy", eighty=True)]
)
def test_winners_get_their_cost_and_the_round_gives_exactly_that(funders: FundPeople, rule: Rule) -> None:
    round_id = closed(funders, rule=rule)
    assert balances(round_id) == (BUDGET, {})
    counted.finish(round_id)
    check(round_id)


def test_under_the_80_percent_rule_the_last_one_gets_what_is_left(funders: FundPeople) -> None:
    round_id = closed(funders, [[1], [1], [2]], (6_000_000, 5_000_000), rule=Rule(name="greedy", eighty=True))
    counted.finish(round_id)
    assert counted.outcome(round_id).result["awards_fen"] == {"1": 6_000_000, "2": 4_000_000}
    check(round_id)


def test_a_vote_without_ballots_funds_nothing(funders: FundPeople) -> None:
    round_id = closed(funders, [], idle=2)
    counted.finish(round_id)
    assert counted.outcome(round_id).voters == 0 and set(counted.states(round_id).values()) == {"not_funded"}
    assert balances(round_id) == (BUDGET, {})
    found = look(results.of, VISITOR, round_id)
    assert found.decided and found.decided.winners == () and found.decided.turnout == 0


def test_blank_ballots_count_as_voters_and_fund_nothing(funders: FundPeople) -> None:
    round_id = closed(funders, [[], [], []])
    counted.finish(round_id)
    result = counted.outcome(round_id).result
    assert (result["voters"], result["blank"], result["winners"]) == (3, 3, [])


def test_ballots_on_paper_are_counted_with_the_rest(funders: FundPeople) -> None:
    round_id = closed(funders)
    add_paper(round_id, funders, "agreed")
    counted.finish(round_id)
    found = counted.outcome(round_id)
    assert (found.voters, found.paper) == (len(VOTES) + 1, 1) and found.result["projects"]["4"]["votes"] == 2


def test_the_rivals_and_the_draw_of_the_round_decide(funders: FundPeople) -> None:
    def rivals(session: Session, row: Round) -> None:
        for project in session.exec(select(Project).where(Project.round_id == row.id, Project.number != 3)):
            session.add(Rival(project_id=project.id or 0, group_no=1, round_id=row.id or 0))
        session.flush()

    round_id = closed(funders, [[1, 2, 4]] * 3, (100, 100, 100, 100), rule=Rule(name="greedy"), change=rivals)
    counted.finish(round_id)
    result = counted.outcome(round_id).result
    assert len(result["winners"]) == 1 and result["rule"]["conflicts"] == [["1", "2", "4"]]
    assert result["ties"][0]["by"].startswith("seed:") and sorted(result["ties"][0]["tied"]) == ["1", "2", "4"]


def test_those_who_proposed_are_told_and_choices_are_forgotten(funders: FundPeople) -> None:
    round_id = closed(funders)
    with audit.transaction() as session:
        draft = BallotDraft(round_id=round_id, person_id=funders.bob.person_id or 0, choices_sealed="x")
        session.add(draft)
    counted.finish(round_id)
    with reading() as session:
        told = session.exec(select(Notice).where(Notice.person_id == funders.ann.person_id)).all()
        assert sorted(notice.message for notice in told) == ["project_funded"] * 3 + ["project_not_funded"]
        assert {notice.href for notice in told} == {f"/result?round={round_id}"}
        assert {*session.exec(select(Ballot.choices_sealed))} == {None}
        assert session.exec(select(BallotDraft)).all() == []


# What it waits for


def add_paper(round_id: int, funders: FundPeople, state: str) -> None:
    with audit.transaction() as session:
        row = session.get_one(Round, round_id)
        second = funders.third_staff.person_id if state == "agreed" else None
        paper = Paper(
            round_id=round_id, area_path=row.area_path, number=f"A{state}", state=state,
            first_by=funders.second_staff.person_id or 0, first_sealed=counted.sealed([4]), second_by=second,
        )  # fmt: skip
        session.add(paper)
        session.flush()
        if state == "agreed":
            session.add(Ballot(
                round_id=round_id, area_path=row.area_path, paper_id=paper.id, choices_sealed=counted.sealed([4]),
                receipt_hash="f" * 64, cast_at=clock.now(),
            ))  # fmt: skip


@pytest.mark.parametrize("state", ["entered", "differs"])
def test_papers_that_two_have_not_read_hold_it_up(funders: FundPeople, state: str) -> None:
    round_id = closed(funders)
    add_paper(round_id, funders, state)
    with refused("papers_open", n=1):
        counted.finish(round_id)
    assert set(counted.states(round_id).values()) == {"on_ballot"}


def test_a_spoiled_paper_does_not(funders: FundPeople) -> None:
    round_id = closed(funders)
    add_paper(round_id, funders, "spoiled")
    counted.finish(round_id)
    check(round_id)


def test_without_the_money_nothing_at_all_happens(funders: FundPeople) -> None:
    round_id = closed(funders)
    counted.alter("UPDATE account SET balance_fen = 1 WHERE owner = :owner", owner=f"round:{round_id}")
    with refused("not_enough_money", have_fen=1):
        counted.finish(round_id)
    with reading() as session:
        assert session.get(Outcome, round_id) is None and session.get_one(Round, round_id).state == "reviewing_ballots"
    assert set(counted.states(round_id).values()) == {"on_ballot"}


def test_a_ballot_that_cannot_be_read_stops_the_count(funders: FundPeople) -> None:
    round_id = closed(funders)
    counted.alter("UPDATE ballot SET choices_sealed = NULL WHERE id = (SELECT min(id) FROM ballot)")
    with refused("ballots_incomplete", n=len(VOTES) - 1, of=len(VOTES)):
        counted.finish(round_id)


def test_only_staff_of_the_place_and_the_clock_finish_a_round(funders: FundPeople, people: People) -> None:
    round_id = closed(funders)
    for who in (VISITOR, funders.ann, funders.finance, people.far_staff):
        with pytest.raises(Forbidden):
            do(phases.enter, who, round_id, "finished")
    with pytest.raises(NotFound):
        do(phases.enter, SYSTEM, 999, "finished")
    do(phases.enter, people.staff, round_id, "finished")
    check(round_id)


@pytest.mark.parametrize("state", ["publishing", "balloting"])
def test_nothing_is_counted_while_people_can_vote(
    funders: FundPeople, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    round_id = closed(funders)
    counted.alter("UPDATE round SET state = :state WHERE id = :id", state=state, id=round_id)
    monkeypatch.setattr(ballots, "opened", lambda *args: pytest.fail("the ballots were opened"))
    with pytest.raises(TooLate):
        counted.finish(round_id)
    assert look(results.of, VISITOR, round_id).decided is None


# Once, whatever happens


def test_what_changes_between_the_count_and_its_writing_makes_it_void(
    funders: FundPeople, monkeypatch: pytest.MonkeyPatch
) -> None:
    round_id, plain = closed(funders), outcome.prepare

    def late(*args: Any) -> None:
        plain(*args)
        add_paper(round_id, funders, "agreed")

    monkeypatch.setattr(outcome, "prepare", late)
    with pytest.raises(TooLate):
        counted.finish(round_id)
    monkeypatch.setattr(outcome, "prepare", plain)
    counted.finish(round_id)
    assert counted.outcome(round_id).voters == len(VOTES) + 1
    check(round_id)


def test_without_that_guard_a_ballot_would_be_lost(funders: FundPeople, monkeypatch: pytest.MonkeyPatch) -> None:
    round_id, plain = closed(funders), outcome.prepare

    def late(*args: Any) -> None:
        plain(*args)
        add_paper(round_id, funders, "agreed")

    monkeypatch.setattr(outcome, "prepare", late)
    monkeypatch.setattr(outcome, "_state_of", lambda *args: (len(VOTES), 0))
    counted.finish(round_id)
    with reading() as session:
        cast = session.exec(select(Ballot.id).where(Ballot.round_id == round_id)).all()
    assert counted.outcome(round_id).voters < len(cast)


def test_the_slow_part_is_over_before_the_first_statement(funders: FundPeople, monkeypatch: pytest.MonkeyPatch) -> None:
    round_id, plain = closed(funders), ballots.opened
    seen: list[bool] = []

    def looking(session: Session, wanted: int) -> Any:
        with audit.transaction() as other:  # on SQLite there is one who writes at a time
            other.execute(text("UPDATE area SET name = name"))
        seen.append(True)
        return plain(session, wanted)

    monkeypatch.setattr(ballots, "opened", looking)
    counted.finish(round_id)
    assert seen == [True]


def process(round_id: int, *more: str) -> "subprocess.Popen[str]":
    """A process about to finish the round; returns when it is ready."""
    started = subprocess.Popen(
        [sys.executable, SCRIPT, str(round_id), *more], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert started.stdout is not None and started.stdout.readline() == "ready\n"
    return started


def test_two_processes_at_once_give_one_result(funders: FundPeople, tmp_path: Path) -> None:
    round_id, go = closed(funders), tmp_path / "go"
    both = [process(round_id, "--go", str(go)) for _ in range(2)]
    go.touch()
    ends = sorted(one.communicate(timeout=60)[0].strip() for one in both)
    assert ends == ["done", "too_late"]
    check(round_id)


def test_each_guard_against_a_second_count_holds_by_itself(funders: FundPeople) -> None:
    """Taken off one after the other, the next one holds; with all of them off, the money would be paid twice."""
    round_id = closed(funders, [[1], [1], [1]], (2_000_000,))
    counted.finish(round_id)
    with pytest.raises(TooLate):
        counted.finish(round_id)
    counted.alter("UPDATE round SET state = 'reviewing_ballots' WHERE id = :id", id=round_id)
    with refused("ballots_incomplete"):
        counted.finish(round_id)
    counted.alter("UPDATE ballot SET choices_sealed = :sealed", sealed=counted.sealed([1]))
    counted.alter("UPDATE project SET state = 'on_ballot' WHERE round_id = :id", id=round_id)
    with pytest.raises(IntegrityError):
        counted.finish(round_id)
    counted.alter("DELETE FROM outcome WHERE round_id = :id", id=round_id)
    with pytest.raises(IntegrityError):
        counted.finish(round_id)
    assert balances(round_id) == (8_000_000, {1: 2_000_000})
    with engine().begin() as connection:
        connection.exec_driver_sql("DROP INDEX one_award")
    counted.finish(round_id)
    assert balances(round_id) == (6_000_000, {1: 4_000_000})


@pytest.mark.parametrize("step", ["opened", "awarded", "emptied", "sealed"])
def test_killed_on_the_way_and_done_again_it_is_done_once(funders: FundPeople, step: str) -> None:
    round_id = closed(funders)
    doomed = process(round_id, "--stop", step)
    assert doomed.stdout is not None and doomed.stdout.readline() == "here\n"
    doomed.send_signal(signal.SIGKILL)
    doomed.wait(10)
    with reading() as session:
        assert session.get(Outcome, round_id) is None and session.get_one(Round, round_id).state == "reviewing_ballots"
    counted.finish(round_id)
    check(round_id)
    with pytest.raises(TooLate):
        counted.finish(round_id)
