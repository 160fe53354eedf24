"""What was changed by hand beside the ledger: milestones, costs, states, funds, proofs, rosters and ballots."""

from typing import Any

import pytest
from sqlmodel import func, select

from db.engine import reading
from db.models.ballots import Voter
from db.models.files import Attachment
from db.models.fund import Fund, Project
from portal import attachments, audit, vault
from portal.acts import SYSTEM, perform
from portal.audit import Entry
from portal.fund import acts, checks, funds, milestones, phases, traces
from portal.fund.milestones import Plan
from portal.ledger import Fault
from tests.fixtures.fund import FundPeople, add_fund, add_round
from tests.fixtures.town import People
from tests.portal.cases.steps import do
from tests.portal.fund.counted import alter
from tests.portal.fund.purse import PROOF, today
from tests.portal.fund.votes import TWO, Vote, begin, cast, given, number_of, read_in
from tests.portal.fund.works import Works, works


@pytest.fixture
def at(funders: FundPeople) -> Works:
    """A project at work: one milestone accepted and paid, one reported, one changed and still planned."""
    made = works(funders)
    made.begin()
    made.money.post("instalment", "4000", milestone_id=made.accepted("4000"), payee="李木匠", payee_is_person=True)
    made.reported("1000")
    planned = made.plan("500")
    do(milestones.edit, made.staff, planned, Plan("刷漆", today(), "700"))
    return made


def found() -> list[Fault]:
    with reading() as session:
        return list(checks.compare(session))


def test_what_is_as_it_was_has_no_fault(at: Works) -> None:
    returned = at.reported("1")
    do(milestones.send_back, at.staff, returned, "照片不清楚。")
    do(milestones.cancel, at.staff, returned)
    assert found() == []


@pytest.mark.parametrize(("statement", "thing", "reason"), [
    ("UPDATE milestone SET state = 'accepted' WHERE id = 2", "milestone:2", "state_altered"),
    ("UPDATE milestone SET state = 'accepted', accepted_by = reported_by WHERE id = 2", "milestone:2",
     "milestone_altered"),
    ("UPDATE milestone SET accepted_by = reported_by WHERE id = 1", "milestone:1", "milestone_altered"),
    ("UPDATE milestone SET reported_by = NULL WHERE id = 2", "milestone:2", "milestone_altered"),
    ("UPDATE milestone SET planned_fen = planned_fen + 1 WHERE id = 3", "milestone:3", "milestone_altered"),
    ("UPDATE milestone SET title = '别的' WHERE id = 3", "milestone:3", "milestone_altered"),
    ("INSERT INTO milestone (id, project_id, area_path, position, title, due_on, planned_fen, state, report, version) "
     "SELECT 90, project_id, area_path, 90, title, due_on, planned_fen, state, '', 0 FROM milestone WHERE id = 1",
     "milestone:90", "milestone_unknown"),
    ("UPDATE project SET state = 'closed'", "project:1", "state_altered"),
    ("UPDATE round SET state = 'cancelled'", "round:1", "state_altered"),
    ("UPDATE money_order SET donor_shown = '王秀英' WHERE id = 1", "money_order:1", "order_altered"),
    ("UPDATE money_order SET payee_sealed = :sealed WHERE kind = 'instalment'", "money_order:4", "order_altered"),
    ("UPDATE money_order SET payee_sealed = 'x' WHERE kind = 'instalment'", "money_order:4", "order_altered"),
    ("UPDATE attachment SET sha256 = 'x'", "money_order:4", "proof_altered"),
    ("DELETE FROM attachment", "money_order:4", "proof_altered"),
])  # fmt: skip
def test_what_money_hangs_on_is_found(at: Works, statement: str, thing: str, reason: str) -> None:
    alter(statement, **({"sealed": vault.seal("王木匠")} if ":sealed" in statement else {}))
    assert found() == [Fault(thing, reason)]


def test_a_proof_that_was_exchanged_on_the_disk_is_found(at: Works) -> None:
    with reading() as session:
        path = attachments.path_of(session.exec(select(Attachment)).one())
    path.write_bytes(PROOF.data.replace(b"1.4", b"1.5"))
    assert found() == [Fault("money_order:4", "proof_altered")]
    path.unlink()
    assert found() == [Fault("money_order:4", "proof_gone")]


@pytest.mark.parametrize("statement", [
    "UPDATE cost_line SET costed_fen = costed_fen + (CASE position WHEN 1 THEN 1 ELSE -1 END)",
    "UPDATE project SET cost_fen = cost_fen + 1",
    "DELETE FROM cost_line WHERE position = 2",
])  # fmt: skip
def test_costs_stay_as_the_experts_left_them(at: Works, statement: str) -> None:
    alter("UPDATE cost_line SET costed_fen = 100 WHERE position = 2")
    with audit.transaction() as session:
        project = session.get_one(Project, at.id)
        lines = {"cost_fen": project.cost_fen, "lines": [project.cost_fen, 100]}
        audit.leave(session, Entry(acts.COST.name, f"project:{at.id}", "reviewer", None, True, facts=lines))
    assert found() == []
    alter(statement)
    assert found() == [Fault(f"project:{at.id}", "costs_altered")]


def test_a_charity_that_nobody_entered_is_found(at: Works, people: People) -> None:
    with reading() as session:
        area_id = session.get_one(Fund, at.money.fund_id).area_id
    number = do(funds.create, people.admin, area_id, funds.Typed("春风基金"))
    do(funds.edit, people.admin, number, funds.Typed("春风社区基金"))
    assert found() == []
    alter("UPDATE fund SET charity = '某某会' WHERE id = :id", id=number)
    assert found() == [Fault(f"fund:{number}", "fund_altered")]


# Votes


@pytest.fixture
def vote(funders: FundPeople) -> Vote:
    """ann and bob voted on the web, eve on a paper that two people read."""
    made = begin(funders)
    with audit.transaction() as session:
        opened = Entry(acts.OPEN_VOTE.name, f"round:{made.id}", "system", None, True, facts={"roster": 4})
        audit.leave(session, opened)
    cast(made, funders.ann)
    cast(made, funders.bob)
    cast(made, funders.bob, TWO)
    given(made, funders.second_staff, 110)
    number = number_of(made)
    read_in(made, funders.second_staff, number, "1")
    read_in(made, funders.third_staff, number, "1")
    return made


def traced() -> set[Fault]:
    with reading() as session:
        return set(traces.compare(session))


def test_an_honest_vote_has_no_fault(vote: Vote) -> None:
    assert traced() == set()


@pytest.mark.parametrize(("statements", "things"), [
    (("INSERT INTO voter (round_id, person_id, voted_how) SELECT round_id, 1, '' FROM voter WHERE person_id = :joe",),
     {"round:1 roster_altered"}),
    (("DELETE FROM voter WHERE person_id = :joe",), {"round:1 roster_altered"}),
    (("UPDATE voter SET voted_how = 'web', voted_at = :now WHERE person_id = :joe",), {"round:1 roster_altered"}),
    (("DELETE FROM ballot WHERE id = 1",), {"round:1 roster_altered", "ballot:1 ballot_gone"}),
    (("UPDATE voter SET voted_how = 'web', voted_at = :now WHERE person_id = :joe",
      "INSERT INTO ballot (id, round_id, area_path, person_id, receipt_hash, cast_at, version) "
      "SELECT 90, round_id, area_path, :joe, 'x', cast_at, 0 FROM ballot WHERE id = 1"),
     {"ballot:90 ballot_unknown"}),
    (("DELETE FROM ballot WHERE paper_id IS NOT NULL",), {"paper:1 ballot_gone"}),
    (("UPDATE paper SET state = 'spoiled'",), {"paper:1 state_altered"}),
])  # fmt: skip
def test_a_roster_or_ballots_changed_by_hand_are_found(
    vote: Vote, statements: tuple[str, ...], things: set[str]
) -> None:
    known: dict[str, Any] = {"joe": vote.people.joe.person_id, "now": "2026-07-01 00:00:00"}
    for statement in statements:
        alter(statement, **{name: value for name, value in known.items() if f":{name}" in statement})
    assert {f"{fault.thing} {fault.reason}" for fault in traced()} == things


def test_the_opening_says_how_many_are_on_the_roster(funders: FundPeople) -> None:
    with audit.transaction() as session:
        row, _ = add_round(session, add_fund(session), "publishing")
        perform(session, SYSTEM, acts.OPEN_VOTE, row, locked_at=row.created_at, seed="s")
        phases._bring(session, SYSTEM, row)
        entered = session.scalar(select(func.count()).select_from(Voter).where(Voter.round_id == row.id))
        assert audit.queued(session, f"round:{row.id}")[-1].facts["roster"] == entered
