"""When an area moves in the tree, everything that keeps its path or the ids above it moves along."""

from sqlalchemy import delete, insert, literal, update
from sqlmodel import Session, col, select

from db.models.accounts import Duty, Person
from db.models.areas import Area
from db.models.ballots import Ballot, Paper
from db.models.cases import Case, CaseArea
from db.models.errands import Station
from db.models.fund import Fund, Project, Round
from db.models.ledger import Order
from db.models.oversight import Appeal, Callback, ReplyFlag, SubOrder
from db.models.works import Milestone, Pledge


def follow(session: Session, area: Area, old_path: str, old_above: set[int], new_above: set[int]) -> None:
    """Rewrite what was kept at `old_path` for `area`, whose row has its new path already.

    Counters of past days stay with the areas in which they were counted.
    """
    asked = select(SubOrder.case_id).where(SubOrder.area_path == old_path)
    for case in session.exec(select(Case).where(col(Case.id).in_(asked))).all():
        case.unit_paths = [area.path if path == old_path else path for path in case.unit_paths]
        case.version += 1  # or who just invites another unit would put the old path back
        session.add(case)
    session.flush()
    fund = (Fund, Round, Project, Ballot, Paper, Milestone, Pledge, Order)
    for keeper in (Duty, Person, SubOrder, Appeal, ReplyFlag, Callback, Station, *fund):
        session.execute(update(keeper).where(col(keeper.area_path) == old_path).values(area_path=area.path))
    for name in ("area_path", "desk_path"):
        moved = {name: area.path, "version": Case.version + 1}
        session.execute(update(Case).where(getattr(Case, name) == old_path).values(moved))
    here = select(Case.id).where(Case.area_id == area.id)
    session.execute(
        delete(CaseArea)
        .where(col(CaseArea.case_id).in_(here), col(CaseArea.area_id).in_(old_above - new_above))
        .execution_options(synchronize_session=False)
    )
    listed = select(CaseArea.case_id).where(CaseArea.area_id == area.id, col(CaseArea.case_id).in_(here))
    for above in sorted(new_above - old_above):
        rows = listed.add_columns(literal(above))
        session.execute(insert(CaseArea).from_select(["case_id", "area_id"], rows))
