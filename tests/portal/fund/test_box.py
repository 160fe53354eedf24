"""The published box: it says all that a count needs, nothing about persons, and whatever is changed in it is found."""

import json
import zlib
from pathlib import Path

import pytest
from sqlmodel import col, select
from typer.testing import CliRunner

from db.engine import reading
from db.models.audit import AuditRow
from db.models.ballots import Ballot, Outcome
from portal.acts import VISITOR
from portal.commands.counting import alone
from portal.errors import NotFound, Refused
from portal.fund import box, counting, receipts, recount, tally
from portal.fund.counting import Rule
from portal.ledger import Fault
from tests.fixtures.fund import FundPeople
from tests.portal.cases.steps import look
from tests.portal.fund import counted

COSTS = (3_000_000, 4_000_000, 2_000_000, 6_000_000)
VOTES = [[1, 2], [1, 3], [2], [], [4], [1, 2], [3, 2, 1]]
RANKING = {"ballot_type": "ranking", "scores": [3, 2, 1], "max_choices": 3}
POINTS = {"ballot_type": "points", "points": 10}
RANKED = [[(2, 3), (1, 2)], [(1, 3), (2, 2), (3, 1)], [(4, 3)], []]
SCORED = [[(1, 4), (3, 6)], [(2, 10)], [(2, 1), (4, 9)], []]


def finished(funders: FundPeople, votes: counted.Ballots = VOTES, **more: object) -> int:
    round_id = counted.closed(funders, votes, COSTS, min_choices=0, **more)  # type: ignore[arg-type]
    counted.finish(round_id)
    return round_id


def faults() -> set[Fault]:
    with reading() as session:
        return set(box.compare(session))


@pytest.mark.parametrize("votes, columns, rule, kind", [
    (VOTES, {}, Rule(), "approval"),
    (VOTES, {}, Rule(name="greedy", threshold=2), "approval"),
    (SCORED, POINTS, Rule(utility="points", completion="greedy"), "cumulative"),
    (RANKED, RANKING, Rule(utility="points"), "ordinal"),
    ([[1], [1], [2], []], {"ballot_type": "one", "max_choices": 1}, Rule(name="greedy"), "choose-1"),
])  # fmt: skip
def test_the_file_alone_gives_the_published_result(
    funders: FundPeople, votes: counted.Ballots, columns: dict[str, object], rule: Rule, kind: str
) -> None:
    round_id = finished(funders, votes, rule=rule, **columns)
    data, outcome = look(box.box_file, VISITOR, round_id).data, counted.outcome(round_id)
    election, stated = box.read(data)
    assert election.vote_type == kind and election.voters == len(votes)
    again = tally.counted(election, stated)
    assert json.loads(json.dumps(again)) == {name: outcome.result[name] for name in again}
    assert again["winners"] and tally.differing(outcome.result, again) == []
    assert box.digest(data) == outcome.box_hash


def test_the_file_speaks_pabulibs_words_and_states_its_rule(funders: FundPeople) -> None:
    round_id = finished(funders, RANKED, rule=Rule(utility="points"), **RANKING)
    election, rule = box.read(look(box.box_file, VISITOR, round_id).data)
    assert dict(election.meta) | {
        "vote_type": "ordinal", "budget": "100000.00", "num_votes": "4", "num_projects": "4", "scores": "3,2,1",
        "min_length": "0", "max_length": "3", "rule": "equalshares/add1", "currency": "CNY", "country": "China",
    } == dict(election.meta)  # fmt: skip
    assert set(election.meta) >= {"unit", "date_begin", "date_end", "portal_seed", "portal_rule"}
    assert rule.ties == f"seed:{election.meta['portal_seed']}" and rule.scores == (3, 2, 1)
    points = box.read(look(box.box_file, VISITOR, finished(funders, SCORED, **POINTS)).data)[0].meta
    assert points["max_sum_points"] == "10"


def test_the_command_counts_the_file_without_being_told_how(funders: FundPeople, tmp_path: Path) -> None:
    round_id = finished(funders)
    file = tmp_path / "box.pb"
    file.write_bytes(look(box.box_file, VISITOR, round_id).data)
    done = CliRunner().invoke(alone, ["count", str(file), "--json"])
    assert done.exit_code == 0, done.output
    told, result = json.loads(done.stdout), counted.outcome(round_id).result
    assert told["winners"] == result["winners"] and told["rule"] == result["rule"]
    assert told["cost"] * 100 == result["cost_fen"]


def test_nothing_in_the_file_tells_who_or_in_which_order(funders: FundPeople) -> None:
    one, other = (look(box.box_file, VISITOR, finished(funders, votes)).data for votes in (VOTES, VOTES[::-1]))
    lines = [data.decode().partition("VOTES\n")[2].splitlines() for data in (one, other)]
    assert lines[0] == lines[1]
    assert [row.split(";")[0] for row in lines[0][1:]] == [str(n) for n in range(1, len(VOTES) + 1)]


def test_a_file_of_others_has_no_rule_of_ours(funders: FundPeople) -> None:
    data = look(box.box_file, VISITOR, finished(funders)).data
    bare = "\n".join(line for line in data.decode().splitlines() if not line.startswith("portal_rule"))
    with pytest.raises(Refused, match="pb_without_rule"):
        box.read(bare.encode())


def test_there_is_nothing_to_download_before_the_result(funders: FundPeople) -> None:
    round_id = counted.closed(funders, VOTES, COSTS, min_choices=0)
    for read in (box.box_file, box.receipts_file, recount.recount):
        for wanted in (round_id, 999):
            with pytest.raises(NotFound):
                look(read, VISITOR, wanted)


def test_as_many_receipts_as_ballots_and_each_is_found(funders: FundPeople) -> None:
    round_id = finished(funders)
    file = look(box.receipts_file, VISITOR, round_id)
    lines = file.data.decode().splitlines()
    with reading() as session:
        hashes = session.exec(select(Ballot.receipt_hash).where(Ballot.round_id == round_id)).all()
        emptied = session.exec(select(Ballot.id).where(col(Ballot.choices_sealed).is_not(None))).all()
    assert lines == sorted(hashes) and len(lines) == len(VOTES) == counted.outcome(round_id).voters
    assert emptied == [] and box.digest(file.data) == file.sha256
    assert list(receipts.published(counted.outcome(round_id))) == lines


def test_the_chain_holds_box_receipts_result_and_turnout(funders: FundPeople) -> None:
    round_id = finished(funders, idle=3)
    with reading() as session:
        said = session.exec(select(AuditRow.facts).where(AuditRow.act == "round.finish")).one()
    outcome = counted.outcome(round_id)
    assert box.chain_facts(outcome).items() <= said.items()
    assert (said["voters"], said["paper"], said["roster"]) == (len(VOTES), 0, len(VOTES) + 3)


def test_counting_again_agrees_is_remembered_and_sees_what_was_changed(funders: FundPeople) -> None:
    round_id = finished(funders)
    first = look(recount.recount, VISITOR, round_id)
    assert first.ok and first.voters == len(VOTES) and first.cost_fen == counted.outcome(round_id).result["cost_fen"]
    assert look(recount.recount, VISITOR, round_id) == first
    data = look(box.box_file, VISITOR, round_id).data
    changed = data.replace(b"\n7;", b"\n7;4,") if b"\n7;3" in data else data.replace(b"\n1;", b"\n1;4", 1)
    counted.alter("UPDATE outcome SET box = :box", box=zlib.compress(changed))
    other = look(recount.recount, VISITOR, round_id)
    assert not other.ok and not other.as_published and "projects" in other.differing


def test_one_counts_at_a_time(funders: FundPeople) -> None:
    round_id = finished(funders)
    recount._recounts.clear()
    with recount._counting, pytest.raises(Refused, match="recount_busy"):
        look(recount.recount, VISITOR, round_id)
    assert look(recount.recount, VISITOR, round_id).ok


# What was changed by hand


def test_what_is_as_it_was_has_no_fault(funders: FundPeople) -> None:
    finished(funders)
    counted.closed(funders, VOTES, COSTS, min_choices=0)
    assert faults() == set()


def one_byte(data: bytes) -> bytes:
    at = data.rindex(b"6")
    return data[:at] + b"5" + data[at + 1 :]


def one_ballot(data: bytes) -> bytes:
    return data[: data.rindex(b"\n", 0, -1) + 1]


@pytest.mark.parametrize("change", [one_byte, one_ballot])
def test_a_box_that_was_changed_is_found_by_its_number(funders: FundPeople, change: object) -> None:
    kept, round_id = finished(funders), finished(funders)
    data = change(look(box.box_file, VISITOR, round_id).data)  # type: ignore[operator]
    statement = "UPDATE outcome SET box = :box, box_hash = :hash WHERE round_id = :id"
    counted.alter(statement, box=zlib.compress(data), hash=box.digest(data), id=round_id)
    assert faults() == {Fault(f"outcome:{round_id}", "box_altered")} and kept != round_id


def test_a_box_that_does_not_unpack_is_found(funders: FundPeople) -> None:
    round_id = finished(funders)
    counted.alter("UPDATE outcome SET box = :box", box=b"nothing")
    assert faults() == {Fault(f"outcome:{round_id}", "box_altered")}


def test_changed_receipts_figures_and_a_lost_or_forged_box_are_found(funders: FundPeople) -> None:
    ids = [finished(funders) for _ in range(4)]
    result = counted.outcome(ids[1]).result | {"winners": ["4"]}
    counted.alter("UPDATE outcome SET receipts = :r WHERE round_id = :id", r=zlib.compress(b"0\n"), id=ids[0])
    counted.alter("UPDATE outcome SET result = :r WHERE round_id = :id", r=json.dumps(result), id=ids[1])
    counted.alter("UPDATE outcome SET voters = voters + 1 WHERE round_id = :id", id=ids[2])
    counted.alter("DELETE FROM outcome WHERE round_id = :id", id=ids[3])
    assert faults() == {
        Fault(f"outcome:{ids[0]}", "receipts_altered"), Fault(f"outcome:{ids[1]}", "result_altered"),
        Fault(f"outcome:{ids[2]}", "result_altered"), Fault(f"outcome:{ids[3]}", "box_gone"),
    }  # fmt: skip


def test_a_box_that_nobody_published_is_found(funders: FundPeople) -> None:
    source, target = finished(funders), counted.closed(funders, VOTES, COSTS, min_choices=0)
    columns = ", ".join(name for name in Outcome.model_fields if name != "round_id")
    counted.alter(
        f"INSERT INTO outcome (round_id, {columns}) SELECT :to, {columns} FROM outcome WHERE round_id = :frm",
        to=target, frm=source,
    )  # fmt: skip
    assert faults() == {Fault(f"outcome:{target}", "box_unknown")}


@pytest.mark.parametrize("change", [
    "UPDATE round SET budget_fen = budget_fen + 1 WHERE id = :id",
    "UPDATE round SET seed = 'other' WHERE id = :id",
    "UPDATE round SET locked_hash = 'other' WHERE id = :id",
    "UPDATE project SET cost_fen = cost_fen + 1 WHERE round_id = :id AND number = 1",
    "UPDATE project SET number = NULL, state = 'feasible' WHERE round_id = :id AND number = 4",
])  # fmt: skip
def test_rules_or_a_ballot_that_were_changed_after_the_opening_are_found(funders: FundPeople, change: str) -> None:
    kept, round_id = (counted.closed(funders, VOTES, COSTS, min_choices=0) for _ in range(2))
    counted.alter(change, id=round_id)
    assert faults() == {Fault(f"round:{round_id}", "rules_altered")} and kept != round_id


def test_the_parser_of_the_engine_reads_the_file_too(funders: FundPeople) -> None:
    data = look(box.box_file, VISITOR, finished(funders)).data
    election = counting.parse(data.decode().splitlines(keepends=True))
    assert election.votes == [4, 4, 2, 1] and election.unit == 100 and election.budget == 10_000_000
