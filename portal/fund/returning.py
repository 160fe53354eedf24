"""What a project that has ended does not need goes back, by the rule that its round stated at the start."""

import secrets

from sqlmodel import Session, col, func, select

from db.models.fund import Project
from db.models.ledger import AccountKind, Order, OrderState, TransferKind
from db.models.works import Milestone, MilestoneState
from portal import clock, ledger, words
from portal.acts import Who
from portal.fund import moves
from portal.fund.entering import enter
from portal.fund.moves import Place

K = TransferKind


def propose_return(session: Session, who: Who, project: Project) -> list[int]:
    """Draft the release and the return of what a stopped or closed project has left; the numbers of the orders.

    What is owed for accepted milestones stays committed. Called again it drafts only what is not waiting yet.
    Raises Forbidden, and Refused `project_still_runs`.
    """
    owner = f"project:{project.id}"
    have = ledger.balances(session, owner)
    waiting = _waiting(session, project.id or 0)
    release_fen = have.get((owner, AccountKind.COMMITTED), 0) - _owed(session, project.id or 0) - waiting[K.RELEASE]
    released = max(release_fen, 0) + waiting[K.RELEASE]
    return_fen = have.get((owner, AccountKind.FREE), 0) + released - waiting[K.RETURN]
    at = moves.place(session, 0, None, project.id)
    wanted = {K.RELEASE: release_fen, K.RETURN: return_fen}
    return [_draft(session, who, at, kind, fen) for kind, fen in wanted.items() if fen > 0]


def _draft(session: Session, who: Who, at: Place, kind: TransferKind, fen: int) -> int:
    """One order; whether the money is there is asked when it is approved: a return may wait for a release."""
    assert at.project is not None
    debit_id, credit_id = moves.sides(session, kind, at)
    with words.speaking(None):
        purpose = words.t(f"order.purpose.{kind}", title=at.project.title)
    order = Order(
        key=f"return-{secrets.token_urlsafe(16)}",
        kind=kind,
        fund_id=at.fund.id or 0,
        round_id=at.project.round_id,
        project_id=at.project.id,
        area_path=at.project.area_path,
        debit_id=debit_id,
        credit_id=credit_id,
        amount_fen=fen,
        purpose=purpose,
        author_id=who.person_id or 0,
        proposed_at=clock.now(),
    )
    moves.check(session, order, covered=False)
    enter(session, who, order, {})
    return order.id or 0


def _waiting(session: Session, project_id: int) -> dict[str, int]:
    """What is proposed already, in fen by kind."""
    query = select(Order.kind, func.sum(Order.amount_fen)).where(
        Order.project_id == project_id, Order.state == OrderState.PROPOSED
    )
    found = {kind: int(fen) for kind, fen in session.exec(query.group_by(col(Order.kind)))}
    return {kind: found.get(kind, 0) for kind in (K.INSTALMENT, K.RELEASE, K.RETURN)}


def _owed(session: Session, project_id: int) -> int:
    """What is still to be paid for accepted milestones: as it is ordered, else as it was planned."""
    live = col(Order.state).in_([OrderState.PROPOSED, OrderState.POSTED])
    ordered = select(Order.milestone_id).where(
        Order.project_id == project_id, Order.kind == K.INSTALMENT, live, col(Order.milestone_id).is_not(None)
    )
    unpaid = select(func.coalesce(func.sum(Milestone.planned_fen), 0)).where(
        Milestone.project_id == project_id,
        Milestone.state == MilestoneState.ACCEPTED,
        col(Milestone.id).not_in(ordered),
    )
    return int(session.scalar(unpaid) or 0) + _waiting(session, project_id)[K.INSTALMENT]
