"""Everything that keeps an area's path follows it when it moves in the tree, wherever it is kept."""

from copy import deepcopy
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlmodel import Session, SQLModel, select

from db.engine import reading
from db.models.accounts import Duty, Person
from db.models.ballots import Ballot, Paper
from db.models.cases import Case
from db.models.errands import Station
from db.models.fund import Fund, Project, Round
from db.models.ledger import AccountKind, Order, TransferKind
from db.models.oversight import Appeal, Callback, CallbackDraw, ReplyFlag, SubOrder
from db.models.works import Milestone, Pledge
from portal import areas, audit, ledger
from portal.acts import SYSTEM, perform
from portal.cases import acts
from portal.errors import TooLate
from tests.portal.test_area_import import bring, feature, small, square

OLD, NEW, STREET = "/town/east/01/", "/town/west/east-01/", "/town/east/"
OF_THE_FUND: tuple[type[SQLModel], ...] = (Fund, Round, Project, Ballot, Paper, Milestone, Pledge, Order)
KEEPERS: tuple[type[SQLModel], ...] = (
    Case, Duty, Person, SubOrder, Appeal, ReplyFlag, Callback, Station, *OF_THE_FUND,
)  # fmt: skip
NOW = datetime(2026, 7, 6, 2, 0, tzinfo=UTC)


def move() -> None:
    """The cell comes to the other street."""
    moved = deepcopy(small())
    moved["features"][3] = feature("east-01", "cell", "west", square(105, 21, 1))
    assert bring(moved).changed == 1


def large(session: Session) -> Case:
    """A large matter of another cell, in which this one does a part."""
    cell, other = (areas.tree().by_code(code) for code in ("east-01", "east-02"))
    case = Case(
        title="积水", body="排不出去", category="roads", area_id=other.id, area_path=other.path, desk_path=STREET,
        state="open", scope="large", unit_paths=[OLD, STREET], started_at=NOW,
    )  # fmt: skip
    session.add(case)
    session.flush()
    session.add(SubOrder(case_id=case.id or 0, area_id=cell.id, area_path=OLD, words="清运"))
    session.flush()
    return case


def fill(session: Session) -> None:
    """One row of each further kind in the cell."""
    cell, case_id = areas.tree().by_path(OLD).id, large(session).id or 0
    person = Person(name="网格员", home_area_id=cell, area_path=OLD)
    session.add_all([person, CallbackDraw(month_on=date(2026, 6, 1), seed="s", closed=1, reachable=1, drawn=1)])
    session.flush()
    session.add_all(
        [
            Duty(person_id=person.id or 0, role="grid_worker", area_id=cell, area_path=OLD),
            Appeal(case_id=case_id, area_path=OLD, act="case.decline", decided_at=NOW, says="请再看"),
            ReplyFlag(case_id=case_id, area_path=OLD, why="template", reply="已办"),
            Callback(case_id=case_id, month_on=date(2026, 6, 1), area_path=OLD),
            Station(names={"zh": "站"}, area_id=cell, area_path=OLD),
        ]
    )
    session.flush()
    fund(session, cell, person.id or 0)


def fund(session: Session, area_id: int, person_id: int) -> None:
    """A fund of the cell, with one row of all that a round comes to have."""
    here: dict[str, Any] = {"area_id": area_id, "area_path": OLD}
    purse = Fund(name="基金", **here)
    session.add(purse)
    session.flush()
    row = Round(fund_id=purse.id or 0, name="第一轮", **here)
    session.add(row)
    session.flush()
    project = Project(round_id=row.id or 0, area_path=OLD, title="长椅")
    session.add(project)
    session.flush()
    owner, project_id = f"fund:{purse.id}", project.id or 0
    given = ledger.account(session, owner, AccountKind.FROM_ALLOCATION).id or 0
    held = ledger.account(session, owner, AccountKind.FUND).id or 0
    session.add_all(
        [
            Ballot(round_id=row.id or 0, area_path=OLD, person_id=person_id, receipt_hash="r"),
            Paper(round_id=row.id or 0, area_path=OLD, number="1", first_by=person_id),
            Milestone(project_id=project_id, area_path=OLD, position=1, title="进场", due_on=NOW.date()),
            Pledge(fund_id=purse.id or 0, area_path=OLD, person_id=person_id, kind="things", what="木板"),
            Order(
                key="1", kind=TransferKind.INCOME, fund_id=purse.id or 0, area_path=OLD, debit_id=given, credit_id=held,
                amount_fen=1, purpose="拨款", author_id=person_id,
            ),
        ]
    )  # fmt: skip
    session.flush()


def test_no_table_is_forgotten() -> None:
    keeping = {table.name for table in SQLModel.metadata.tables.values() if "area_path" in table.columns}
    assert keeping == {keeper.__tablename__ for keeper in KEEPERS}


def test_all_that_keeps_a_path_follows(db: str) -> None:
    bring(small())
    with audit.transaction() as session:
        fill(session)
    move()
    with reading() as session:
        for keeper in KEEPERS:
            paths = set(session.exec(select(keeper.__table__.c.area_path)))  # type: ignore[attr-defined]
            assert paths == {"/town/east/02/" if keeper is Case else NEW}, keeper
        assert session.exec(select(Case)).one().unit_paths == [NEW, STREET]


def test_what_was_read_before_the_move_does_not_put_the_old_path_back(db: str) -> None:
    bring(small())
    with audit.transaction() as session:
        case = large(session)
    move()
    with audit.transaction() as session, pytest.raises(TooLate):
        session.add(case)  # as whoever invites one more unit had read it
        perform(session, SYSTEM, acts.CLIMB, case, unit_paths=[*case.unit_paths, "/town/west/"])
    with reading() as session:
        assert session.exec(select(Case)).one().unit_paths == [NEW, STREET]
