"""Getting hold of one case: finding it is asking for the right to it."""

from sqlmodel import Session, col, select

from db.models.cases import Case, KindName, Standing, State
from portal.acts import Act, Who, role_for
from portal.cases.acts import EDIT_DRAFT, READ, READ_INSIDE
from portal.errors import NotFound


def is_public(case: Case) -> bool:
    """Whether anyone may read it. A case merged after it was shown stays readable and points on."""
    merged = case.state == State.MERGED and case.shown_at is not None and not case.private
    return case.standing != Standing.HIDDEN or (merged and not case.hidden)


def one(session: Session, who: Who, case_id: int) -> Case:
    """The case. Raises NotFound where there is none, and just the same where `who` may not know of it."""
    case = session.get(Case, case_id) if 0 < case_id < 2**31 else None
    if case is None or not may_read(who, case):
        raise NotFound("case_not_found")
    return case


def may_read(who: Who, case: Case) -> bool:
    """Whether `who` may know of the case at all."""
    return is_public(case) or bool(role_for(who, _right(case), case))


def called(case: Case) -> str:
    """How messages name a case: by its title; a dispute only by its number, since others may see the message."""
    return f"#{case.id}" if case.kind == KindName.DISPUTE else case.title


def hold(session: Session, *case_ids: int) -> None:
    """Keep others from changing these cases to the end of the transaction, without keeping rows from pointing at them.

    In id order and before rows that hang on a case, so that no two transactions wait for each other in a circle.
    """
    rows = select(Case.id).where(col(Case.id).in_(case_ids)).order_by(col(Case.id))
    session.exec(rows.with_for_update(key_share=True)).all()


def reads_inside(who: Who, case: Case) -> bool:
    """Whether `who` sees internal remarks and who holds the case."""
    return bool(role_for(who, READ_INSIDE, case))


def _right(case: Case) -> Act:
    """What nobody was shown yet is its writer's alone: a draft, and one that was thrown away."""
    unposted = case.state == State.DRAFT or (case.state == State.WITHDRAWN and case.started_at is None)
    return EDIT_DRAFT if unposted else READ
