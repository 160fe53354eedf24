"""The matrix of rights, and `perform`: right, state and audit row in one step."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import update
from sqlmodel import Session, col, select

from db.engine import reading, writing
from db.models.audit import AuditRow
from db.models.cases import Case, State
from portal import acts, audit, limits
from portal.acts import SYSTEM, VISITOR, Who, declare, perform
from portal.areas import Tree
from portal.cases import acts as case_acts
from portal.commands.books import declared, matrix
from portal.errors import Forbidden, Refused, TooLate
from tests.fixtures.town import CELL, CITY, COMMUNITY, OTHER_COMMUNITY, STREET, People

PINNED = Path(__file__).with_name("rights.txt")


def a_case(session: Session, town: Tree, **sets: object) -> Case:
    """A posted wish in cell 03."""
    columns = {"title": "路灯", "body": "坏了", "category": "lighting", "area_path": CELL, "desk_path": CELL} | sets
    case = Case(area_id=town.by_path(CELL).id, **columns)  # type: ignore[arg-type]
    perform(session, VISITOR, case_acts.POST, case)
    return case


@pytest.fixture
def case(people: People, town: Tree) -> Case:
    """A wish that waits at the desk of Houshan."""
    from db.models.setup import Category

    with audit.transaction() as session:
        code = session.exec(select(Category.code).limit(1)).one()
        return a_case(session, town, category=code)


def rows() -> list[AuditRow]:
    with reading() as session:
        return list(session.exec(select(AuditRow).order_by(col(AuditRow.seq))))


def state_of(case: Case) -> str:
    with reading() as session:
        return session.get_one(Case, case.id).state


def do(who: Who, act: acts.Act, case: Case, **more: object) -> None:
    with audit.transaction() as session:
        perform(session, who, act, session.get_one(Case, case.id), **more)  # type: ignore[arg-type]


def test_the_matrix_is_the_pinned_one() -> None:
    """After a change on purpose: `python -m portal rights > tests/portal/rights.txt`, and look at the difference."""
    assert matrix() == PINNED.read_text("utf-8")


def test_every_act_says_who_and_leads_from_states_that_something_leads_to() -> None:
    of_cases = [act for act in declared() if act.name.startswith("case.")]
    reached = {act.to for act in of_cases if act.to}
    assert reached == set(State)
    for act in declared():
        assert act.who or any(act.kinds.values()), act.name
    for act in of_cases:
        assert act.frm <= reached, act.name


def test_an_act_is_declared_once_and_with_known_roles() -> None:
    with pytest.raises(ValueError, match=r"case\.grab"):
        declare("case.grab", "volunteer")
    with pytest.raises(ValueError, match=r"case\.fly"):
        declare("case.fly", "pilot")


@pytest.mark.parametrize(
    ("held_in", "path", "holds"),
    [
        (COMMUNITY, COMMUNITY, True),
        (COMMUNITY, CELL, True),
        (CITY, CELL, True),
        (CELL, COMMUNITY, False),
        (OTHER_COMMUNITY, CELL, False),
        ("/530181/jin/", STREET, False),
    ],
)
def test_a_duty_covers_its_area_and_everything_below(held_in: str, path: str, holds: bool) -> None:
    assert Who(duties=frozenset({("staff", held_in)})).holds("staff", path) is holds
    assert not Who(duties=frozenset({("volunteer", held_in)})).holds("staff", path)


def test_nobody_acts_on_oneself_where_others_are_meant() -> None:
    admin = Who(person_id=1, duties=frozenset({("admin", CITY)}))
    about = acts.ROLES["admin_for_others"]
    assert about(admin, SimpleNamespace(area_path=CELL, person_id=2))
    assert not about(admin, SimpleNamespace(area_path=CELL, person_id=1))


def test_a_visitor_is_nobody() -> None:
    """No role must hold because two things are both empty."""
    thing = SimpleNamespace(
        id=None, person_id=None, poster_id=None, holder_id=None, recorded_by=None, area_path="", party_ids=[],
        unit_paths=[], decided_by=None, desk_path="", shown_at=None, state="",
    )  # fmt: skip
    held = {name for name, role in acts.ROLES.items() if role(VISITOR, thing)}
    assert held == {"anyone"}


def test_an_act_moves_the_state_and_leaves_one_row(case: Case, people: People) -> None:
    do(people.staff, case_acts.ACCEPT, case)
    assert state_of(case) == State.OPEN
    row = rows()[-1]
    assert (row.act, row.thing, row.role) == ("case.accept", f"cases:{case.id}", "staff")
    assert (row.from_state, row.to_state, row.actor_id) == ("screening", "open", people.staff.person_id)


@pytest.mark.parametrize("name", ["resident", "stranger", "volunteer", "grid_worker", "far_staff", "admin"])
def test_without_the_right_nothing_happens(case: Case, people: People, name: str) -> None:
    before = len(rows())
    for who in (getattr(people, name), VISITOR, SYSTEM):
        with pytest.raises(Forbidden):
            do(who, case_acts.ACCEPT, case)
    assert state_of(case) == State.SCREENING
    assert len(rows()) == before


def test_from_another_state_it_is_too_late(case: Case, people: People) -> None:
    do(people.staff, case_acts.ACCEPT, case)
    before = len(rows())
    with pytest.raises(TooLate):
        do(people.staff, case_acts.ACCEPT, case)
    assert len(rows()) == before


def test_a_row_that_moved_on_since_it_was_read_is_not_acted_on(case: Case, people: People) -> None:
    with reading() as session:
        read = session.get_one(Case, case.id)
    with writing() as session:
        session.execute(update(Case).values(version=Case.version + 1, title="其他"))
        session.commit()
    with pytest.raises(TooLate), audit.transaction() as session:
        perform(session, people.staff, case_acts.ACCEPT, session.merge(read, load=False))
    assert state_of(case) == State.SCREENING


def test_a_condition_that_no_longer_holds_is_too_late(case: Case, people: People) -> None:
    with pytest.raises(TooLate):
        do(people.staff, case_acts.ACCEPT, case, where=[col(Case.supporters) > 0])
    assert state_of(case) == State.SCREENING


@pytest.mark.parametrize(
    ("says", "message_id"),
    [
        (None, "missing"),
        ("  ", "missing"),
        ("长" * (limits.BODY_CHARS + 1), "too_long"),
        ("\u202e反", "direction_characters"),
        ("\x00", "control_characters"),
    ],
)
def test_words_that_cannot_be_are_refused(case: Case, people: People, says: str | None, message_id: str) -> None:
    with pytest.raises(Refused) as refused:
        do(people.staff, case_acts.DECLINE, case, says=says)
    assert refused.value.message_id == message_id
    assert state_of(case) == State.SCREENING


def test_words_and_private_facts_stay_out_of_the_public_part(case: Case, people: People) -> None:
    do(people.staff, case_acts.DECLINE, case, says="  不在范围  ", facts={"n": 1}, private={"phone": "139"})
    row = rows()[-1]
    assert (row.says, row.says_public, row.private) == ("不在范围", True, {"phone": "139"})
    assert audit.public_part(row) == {
        "act": "case.decline",
        "thing": f"cases:{case.id}",
        "from": "screening",
        "to": "declined",
        "role": "staff",
        "facts": {"n": 1},
    }


def test_choices_are_what_would_succeed(case: Case, people: People) -> None:
    offered = acts.choices(people.staff, case, case_acts.ON_PAGE)
    assert case_acts.ACCEPT in offered and case_acts.FINISH not in offered
    assert acts.choices(VISITOR, case, case_acts.ON_PAGE) == []
