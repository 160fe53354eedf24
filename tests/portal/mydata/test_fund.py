"""One's part in the fund: what can be taken along, and what is left when the account goes."""

import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from db.engine import reading
from db.models.accounts import Person
from db.models.ballots import BallotDraft, Voter
from db.models.fund import CostLine, Project
from db.models.works import Milestone, Pledge, ProjectFollow
from portal import attachments, audit, clock, vault
from portal.acts import Who
from portal.fund import following, milestones, pledges, proposals, work
from portal.fund.pledges import Offer
from portal.mydata import export, leaving
from tests.fixtures.fund import FundPeople
from tests.portal.cases.steps import do, picture
from tests.portal.fund.works import SAYS, Works, step, told, works

WORD = "注销"


@pytest.fixture
def at(funders: FundPeople) -> Works:
    return works(funders)


def taken(who: Who) -> dict[str, Any]:
    """What stands in the file."""
    with reading() as session, export.archive(session, who) as file, zipfile.ZipFile(file) as packed:
        return {**json.loads(packed.read("data.json"))["fund"], "files": packed.namelist()}


def leave(who: Who, *, keep_words: bool = True) -> None:
    do(leaving.leave, who, WORD, do(leaving.send_code, who), keep_words)


def proposal(at: Works, state: str, title: str = "只属于我的题", **columns: Any) -> int:
    """One more proposal of ann's, in that state, with a cost line and a picture."""
    seen = {"submitted_at": None if state == "draft" else clock.now()}
    with audit.transaction() as session:
        files = attachments.store(session, [picture(alt="我的照片")])
        row = Project(round_id=at.money.round_id, area_path=at.row.area_path, state=state, title=title, need="我的需要",
                      proposer_id=at.lead.person_id, **(seen | columns))  # fmt: skip
        session.add(row)
        session.flush()
        session.add(
            CostLine(project_id=row.id or 0, position=1, what="我的明细", unit_fen=1, quantity=1000, amount_fen=1)
        )
        attachments.keep(session, f"project:{row.id}", files, owner_id=at.lead.person_id)
        return row.id or 0


def project(number: int) -> Project:
    with reading() as session:
        return session.get_one(Project, number)


def given(at: Works, who: Who, *, named: bool = True) -> int:
    return int(do(pledges.offer, who, Offer(at.money.fund_id, at.id, "things", "我的旧椅子", named=named)))


def vote(at: Works, who: Who) -> None:
    """On the roster, voted, with a draft that is sealed."""
    with audit.transaction() as session:
        session.add(
            Voter(round_id=at.money.round_id, person_id=who.person_id or 0, voted_how="web", voted_at=clock.now())
        )
        session.add(BallotDraft(round_id=at.money.round_id, person_id=who.person_id or 0,
                                choices_sealed=vault.seal("[[7, 1]]")))  # fmt: skip


def test_ones_part_in_the_fund_is_in_the_file(at: Works) -> None:
    at.begin()
    number = at.plan()
    do(milestones.report, at.lead, number, SAYS, [picture()])
    draft = proposal(at, "draft")
    do(following.toggle, at.lead, at.id)
    pledge = given(at, at.lead)
    vote(at, at.lead)
    found = taken(at.lead)
    assert [row["number"] for row in found["proposals"]] == [at.id, draft]
    assert found["proposals"][1]["lines"][0]["what"] == "我的明细"
    assert [(row["round_id"], row["voted_how"]) for row in found["votes"]] == [(at.money.round_id, "web")]
    assert [row["number"] for row in found["pledges"]] == [pledge] and found["follows"] == [at.id]
    assert [(row["number"], row["report"]) for row in found["milestones"]] == [(number, SAYS)]
    assert found["orders"] == [] and "choices" not in json.dumps(found) and "[[7, 1]]" not in json.dumps(found)
    assert sum(name.startswith("attachments/") for name in found["files"]) == 2
    finance = taken(at.people.finance)
    assert [row["kind"] for row in finance["orders"]] == ["income", "appropriation", "contract"]
    assert finance["proposals"] == [] and taken(at.people.bob)["milestones"] == []


@pytest.mark.parametrize("keep_words", [True, False])
def test_what_is_open_ends_and_drafts_go(at: Works, keep_words: bool) -> None:
    draft, waits, seen = (proposal(at, state) for state in ("draft", "submitted", "eligible"))
    refused, ballot = proposal(at, "ineligible"), proposal(at, "on_ballot", number=9)
    with audit.transaction() as session:
        thrown = session.get_one(Project, proposal_thrown(at))
    leave(at.lead, keep_words=keep_words)
    states = [project(n).state for n in (draft, waits, seen, refused, ballot)]
    assert states == ["cancelled", "cancelled", "cancelled", "ineligible", "on_ballot"]
    for number in (draft, waits, thrown.id or 0):
        assert_erased(number)
    for number in (seen, refused):
        assert (project(number).title == "只属于我的题") == keep_words
        if not keep_words:
            assert_erased(number)
    assert project(ballot).title == "只属于我的题", "what stood on a ballot is everybody's record"


def proposal_thrown(at: Works) -> int:
    number = proposal(at, "draft")
    do(proposals.discard, at.lead, number)
    return number


def assert_erased(number: int) -> None:
    row = project(number)
    assert (row.title, row.need, row.lon, row.typed_lines) == ("（内容已由本人删除）", "", None, [])
    with reading() as session:
        assert session.exec(select(CostLine).where(CostLine.project_id == number)).all() == []
        assert attachments.of(session, [f"project:{number}"], hidden=True) == {}


@pytest.mark.parametrize("keep_words", [True, False])
def test_pledges_are_withdrawn_and_unnamed(at: Works, keep_words: bool) -> None:
    received, offered = given(at, at.people.bob), given(at, at.people.bob)
    do(pledges.receive, at.staff, received)
    do(following.toggle, at.people.bob, at.id)
    vote(at, at.people.bob)
    leave(at.people.bob, keep_words=keep_words)
    with reading() as session:
        rows = session.exec(select(Pledge).order_by(col(Pledge.id))).all()
        assert [(row.id, row.state, row.named) for row in rows] == [
            (received, "received", False),
            (offered, "withdrawn", False),
        ]
        assert [row.what == "我的旧椅子" for row in rows] == [keep_words, False]
        assert session.exec(select(ProjectFollow)).all() == [] and session.exec(select(BallotDraft)).all() == []
        assert session.exec(select(Voter.voted_how)).all() == ["web"], "that somebody voted stays, without a name"
        assert session.get_one(Person, at.people.bob.person_id).name == "已注销用户"
        assert audit.verify(session).ok


def test_work_that_loses_its_lead_is_told_to_staff(at: Works) -> None:
    at.begin()
    done, waits = at.accepted(), at.plan()
    leave(at.lead)
    assert (at.row.lead_id, step(waits).lead_id, step(done).lead_id) == (None, None, None)
    assert told(at.staff, "lead_left")[0].href == f"/project?id={at.id}"
    assert step(done).report == SAYS, "what was reported of paid work stays"
    with clock.at(clock.now() + timedelta(days=60)):
        assert work.tick() == 1, "late is still told to staff"
    do(work.name_lead, at.staff, at.id, "me")
    with reading() as session:
        assert session.get_one(Milestone, waits).lead_id == at.staff.person_id
