"""Pulling the plug in the midst of a vote: whatever was acknowledged is in the box, as it was cast last."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func
from sqlmodel import col, select

from db.engine import close_engine, open_engine, reading
from db.models.audit import AuditRow
from db.models.ballots import Voter
from portal import audit, limits
from portal.acts import VISITOR
from portal.fund import choices, receipts, roster
from portal.settings import ROOT, settings
from tests.fixtures.fund import FundPeople
from tests.fixtures.town import CELL
from tests.portal.cases.steps import look
from tests.portal.fund.votes import begin, held, residents

SCRIPT = Path(__file__).with_name("keeps_voting.py")
PEOPLE, KILLS, EACH = 120, 3, 90
Said = tuple[int, str, list[list[int]]]


def acknowledged(*arguments: object) -> list[Said]:
    """Let a process vote until so many are acknowledged, kill it in the midst, and collect all it could still say."""
    with subprocess.Popen(
        [sys.executable, SCRIPT, *map(str, arguments)], stdout=subprocess.PIPE, text=True, cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        found = [process.stdout.readline() for _ in range(EACH)]
        process.kill()
        found += [line for line in process.stdout if line.endswith("\n")]
    return [tuple(json.loads(line)) for line in found]


def test_no_acknowledged_ballot_is_lost_when_the_server_is_killed(
    funders: FundPeople, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert limits.BALLOTS_PER_HOUR > KILLS * 4
    vote = begin(funders)
    voters = [who.person_id or 0 for who in residents(vote, PEOPLE)]
    promised: dict[int, list[tuple[str, list[list[int]]]]] = {}
    for _ in range(KILLS):
        for person_id, code, chosen in acknowledged(vote.id, voters[0], PEOPLE, CELL):
            promised.setdefault(person_id, []).append((code, chosen))
    close_engine()
    open_engine(settings().database_url)
    kept = {ballot.person_id: ballot for ballot in held(vote.id)}
    assert promised.keys() <= kept.keys() and len(kept) <= len(promised) + KILLS * 4
    for person_id, told in promised.items():
        (code, chosen), ballot = told[-1], kept[person_id]
        if ballot.receipt_hash == receipts.digest(code):
            assert [list(pair) for pair in choices.unseal(ballot.choices_sealed or "") or ()] == chosen
        else:  # one more was written and could not be said any more
            later = {receipts.code_of(vote.id, person_id, ballot.version)}
            assert ballot.receipt_hash in map(receipts.digest, later) and later.isdisjoint({c for c, _ in told})
    assert whole(vote.id) == len(kept)


def whole(round_id: int) -> int:
    """How many ballots there are, where roster, counters and chain agree on it."""
    with reading() as session:
        on_roster = session.scalar(select(func.count()).where(Voter.round_id == round_id, Voter.voted_how == "web"))
        told = session.scalar(select(func.count()).where(col(AuditRow.act) == "ballot.cast"))
        changes = session.scalar(select(func.count()).where(col(AuditRow.act) == "ballot.change"))
        assert audit.verify(session).ok
    ballots = held(round_id)
    assert sum(ballot.version for ballot in ballots) == changes
    assert on_roster == told == look(roster.turnout, VISITOR, round_id).voted == len(ballots)
    return len(ballots)
