"""What each person sees of a case in each state, and what its timeline tells them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import col, select

from db.engine import reading
from db.models.audit import AuditRow
from db.models.cases import State
from portal import clock
from portal.acts import VISITOR, Who
from portal.cases import post, screening
from portal.cases.lifecycle import standing
from portal.cases.reading import one
from portal.errors import NotFound
from tests.fixtures.town import CITY, People
from tests.portal.cases.steps import MONDAY, WAYS, case, do, look, staged, steps

PUBLIC = {"open", "dispatched", "claimed", "in_progress", "awaiting_resident", "done", "closed", "declined", "referred",
          "merged"}  # fmt: skip
INSIDE = {"screening", "returned", "withdrawn"}


def sees(who: Who, case_id: int) -> bool:
    try:
        return bool(look(one, who, case_id).id == case_id)
    except NotFound:
        return False


@pytest.mark.parametrize("state", WAYS)
def test_who_sees_a_case_in_each_state(people: People, state: str) -> None:
    case_id = staged(people, state)
    auditor = replace(people.stranger, duties=frozenset({("auditor", CITY)}))
    receipt = replace(VISITOR, receipts=frozenset({case_id}))
    other_receipt = replace(VISITOR, receipts=frozenset({case_id + 1000}))
    public, posted = state in PUBLIC, state in PUBLIC | INSIDE
    assert sees(people.resident, case_id)
    for handles in (receipt, people.staff, people.street_staff, people.grid_worker, auditor):
        assert sees(handles, case_id) == posted, handles
    for outside in (VISITOR, other_receipt, people.neighbour, people.stranger, people.far_staff, people.next_worker,
                    people.admin, people.other_volunteer):  # fmt: skip
        assert sees(outside, case_id) == public, outside


@pytest.mark.parametrize("case_id", [0, -1, 999_999, 2**31, 2**63, 10**30])
def test_what_is_not_there_is_not_found(people: People, case_id: int) -> None:
    with pytest.raises(NotFound, match="case_not_found"):
        look(one, people.staff, case_id)


@pytest.mark.parametrize("state", [s for s in WAYS if s != "draft"])
def test_the_timeline_leads_to_the_state(people: People, state: str) -> None:
    case_id = staged(people, state)
    told = steps(people.staff, case_id)
    assert [s.from_state for s in told] == ["", *[s.to_state for s in told[:-1]]]
    assert told[-1].to_state == state
    assert [s.at for s in told] == sorted(s.at for s in told)
    assert [s.seq for s in told] == sorted(s.seq for s in told)


def test_me_too_is_counted_and_not_told_one_by_one(people: People) -> None:
    case_id = staged(people, "open")
    do(post.support, people.neighbour, case_id)
    for reader in (VISITOR, people.staff):
        assert "case.support" not in [s.act for s in steps(reader, case_id)]


def test_the_timeline_of_the_public_names_nobody(people: People) -> None:
    case_id = staged(people, "closed", name_shown=False)
    told = steps(VISITOR, case_id)
    assert {s.actor_id for s in told} == {None}
    text = " ".join(f"{s.says} {s.facts}" for s in told)
    assert "resident" not in text and "grid_worker" not in text
    assert {s.actor_id for s in steps(people.staff, case_id)} == {
        people.resident.person_id, people.staff.person_id, people.grid_worker.person_id,
    }  # fmt: skip


def test_a_public_row_of_the_chain_holds_no_words_and_no_person(people: People) -> None:
    """Facts are hashed in the open and downloaded by anyone: nothing typed, nobody named."""
    for state in ("closed", "merged", "declined", "referred"):
        staged(people, state)
    do(screening.remark, people.staff, 1, "内部备注")
    with reading() as session:
        rows = session.exec(select(AuditRow).where(col(AuditRow.thing).startswith("cases:"), AuditRow.public)).all()
    allowed = {"category", "area", "into", "from", "to", "outcome", "stars", "claimed", "level", "desk"}
    assert {name for row in rows for name in row.facts} <= allowed


@pytest.mark.parametrize("state", list(State))
def test_the_standing_of_each_state(state: State) -> None:
    expected = {
        **dict.fromkeys(("open", "dispatched", "claimed", "in_progress", "awaiting_resident", "done"), "open"),
        "closed": "not_solved", "declined": "declined", "referred": "not_solved",
    }  # fmt: skip
    assert standing(state, "", hidden=False) == expected.get(state, "")
    assert standing(state, "solved", hidden=True) == ""


@pytest.mark.parametrize(
    ("outcome", "told"),
    [("solved", "solved"), ("partly", "not_solved"), ("not", "not_solved"), ("unanswered", "not_solved")],
)
def test_closed_is_not_solved_unless_the_resident_says_so(outcome: str, told: str) -> None:
    assert standing("closed", outcome, hidden=False) == told


def test_the_stored_standing_is_that_of_the_state(people: People) -> None:
    for number, state in enumerate(WAYS):
        with clock.at(MONDAY + number * timedelta(hours=2)):
            found = case(staged(people, state))
        assert found.standing == standing(found.state, found.outcome, found.hidden)
