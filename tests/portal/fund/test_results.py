"""The result as anybody reads it: its figures, its order, and that there is none before its time."""

import pytest
from sqlmodel import Session, select

from db.engine import reading
from db.models.ballots import Outcome
from db.models.fund import Project, Round
from portal import areas
from portal.acts import VISITOR
from portal.errors import NotFound
from portal.fund import results
from portal.fund.counting import Rule
from portal.memo import for_all
from tests.fixtures.fund import FundPeople
from tests.fixtures.town import NEXT_CELL, People
from tests.portal.cases.steps import do, look
from tests.portal.fund import counted

W = 1_000_000
COSTS = (6 * W, 4 * W, 4 * W)
VOTES = [[1, 2]] * 5 + [[1]] + [[3]] * 4


def kinds_and_cells(session: Session, row: Round) -> None:
    """1 and 2 are green and in cell 03, 3 is for the elderly in cell 04."""
    third = session.exec(select(Project).where(Project.round_id == row.id, Project.number == 3)).one()
    third.kind, third.cell_id = "elderly", areas.tree().by_path(NEXT_CELL).id
    session.add(third)
    session.flush()


def finished(funders: FundPeople, **more: object) -> int:
    round_id = counted.closed(funders, VOTES, COSTS, change=kinds_and_cells, **more)  # type: ignore[arg-type]
    counted.finish(round_id)
    return round_id


def test_winners_come_in_order_then_the_others_by_votes(funders: FundPeople) -> None:
    found = look(results.of, VISITOR, finished(funders)).decided
    assert found and [(entry.number, entry.rank) for entry in found.entries] == [(1, 1), (3, 2), (2, None)]
    assert found.cost_fen == 10 * W and found.voters == 10 and found.title(2) == "项目 2"


def test_the_shares_of_votes_and_money_by_kind_and_cell(funders: FundPeople) -> None:
    found = look(results.of, VISITOR, finished(funders)).decided
    assert found
    kinds = {share.name: (share.votes, share.money_fen, share.votes_share, share.money_share) for share in found.kinds}
    assert kinds == {"green": (11, 6 * W, 11 / 15, 0.6), "elderly": (4, 4 * W, 4 / 15, 0.4)}
    assert [(share.name[-3:], share.money_fen) for share in found.cells] == [("03/", 6 * W), ("04/", 4 * W)]


def test_a_result_stays_what_it_was_whatever_becomes_of_its_projects(funders: FundPeople) -> None:
    round_id = finished(funders)
    before = look(results.of, VISITOR, round_id)
    counted.alter("UPDATE project SET state = 'cancelled', cost_fen = 1 WHERE round_id = :id", id=round_id)
    assert look(results.of, VISITOR, round_id).decided == before.decided


def test_both_shares_and_the_link_of_the_chain_are_told(funders: FundPeople) -> None:
    found = look(results.of, VISITOR, finished(funders)).decided
    assert found and found.first_share_fen == W and found.share_fen and found.share_fen >= W and found.seq
    greedy = look(results.of, VISITOR, finished(funders, rule=Rule(name="greedy"))).decided
    assert greedy and greedy.share_fen is None and not greedy.by_shares


def test_before_the_result_there_are_only_dates(funders: FundPeople) -> None:
    round_id = counted.closed(funders, VOTES, COSTS)
    for state in ("informing", "publishing", "balloting", "reviewing_ballots", "cancelled"):
        counted.alter("UPDATE round SET state = :state WHERE id = :id", state=state, id=round_id)
        found = look(results.of, VISITOR, round_id)
        assert found.decided is None and {*found.plan} == {"balloting", "reviewing_ballots", "finished"}
    with reading() as session:
        assert session.exec(select(Outcome)).all() == []
    assert look(results.newest, VISITOR) == 0


def test_a_draft_and_what_does_not_exist_are_not_there(funders: FundPeople, people: People) -> None:
    round_id = counted.closed(funders, VOTES, COSTS)
    counted.alter("UPDATE round SET state = 'drafting' WHERE id = :id", id=round_id)
    for who in (VISITOR, people.staff):
        for wanted in (round_id, 999):
            with pytest.raises(NotFound):
                look(results.of, who, wanted)


def test_the_shared_read_shows_the_result_as_soon_as_it_is_there(funders: FundPeople) -> None:
    round_id, read = counted.closed(funders, VOTES, COSTS), for_all(results.of)
    assert look(read, VISITOR, round_id).decided is None
    counted.finish(round_id)
    found = look(read, VISITOR, round_id)
    assert found.decided and found.row.name == found.name  # usable after its session
    assert look(for_all(results.newest), VISITOR) == round_id


def test_an_area_that_was_redrawn_leaves_the_result_readable(funders: FundPeople) -> None:
    round_id = finished(funders)
    counted.alter("UPDATE project SET cell_id = NULL WHERE round_id = :id AND number = 3", id=round_id)
    found = do(results.of, VISITOR, round_id).decided
    assert found and found.cells[-1].name == ""
