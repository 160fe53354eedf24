"""Deciding about an order: a second person approves or rejects it, or its author takes it back."""

from sqlmodel import Session

from db.models.ledger import Order, TransferKind
from portal import clock, ledger, notices
from portal.acts import Who, demand, perform, role_for
from portal.errors import NotFound
from portal.fund import moves
from portal.fund.acts import APPROVE_MONEY, READ_MONEY, REJECT_MONEY, WITHDRAW_MONEY


def one(session: Session, who: Who, order_id: int) -> Order:
    """The order. Raises NotFound where there is none, and just the same where `who` may not know of it."""
    order = session.get(Order, order_id) if 0 < order_id < 2**31 else None
    if order is None or not role_for(who, READ_MONEY, order):
        raise NotFound()
    return order


def approve(session: Session, who: Who, order_id: int) -> None:
    """Approve what somebody else proposed: the money moves, in this very transaction, once and for good.

    Raises NotFound, Forbidden (the author, or no finance officer), TooLate (somebody decided already), and what
    `moves.check` raises as things stand now.
    """
    order = one(session, who, order_id)
    demand(who, APPROVE_MONEY, order)
    moves.hold(session, order)
    perform(
        session, who, APPROVE_MONEY, order, facts={"amount_fen": order.amount_fen},
        decided_by=who.person_id, decided_at=clock.now(),
    )  # fmt: skip
    moves.check(session, order)
    ledger.post(
        session,
        who,
        order,
        TransferKind(order.kind),
        moves.place(session, order.fund_id, order.round_id, order.project_id).books,
        debit=order.debit_id,
        credit=order.credit_id,
        amount_fen=order.amount_fen,
        order_id=order.id,
        reverses_id=order.reverses_id,
    )
    moves.follow(session, order)
    _tell_author(session, order, "order_posted")


def reject(session: Session, who: Who, order_id: int, says: str) -> None:
    """Turn an order down, with a reason for its author. Raises NotFound, Forbidden, TooLate, and Refused `missing`."""
    order = one(session, who, order_id)
    perform(session, who, REJECT_MONEY, order, says=says, decided_by=who.person_id, decided_at=clock.now())
    _tell_author(session, order, "order_rejected")


def withdraw(session: Session, who: Who, order_id: int) -> None:
    """Take one's own order back before anybody has decided. Raises NotFound, Forbidden, TooLate."""
    perform(session, who, WITHDRAW_MONEY, one(session, who, order_id), decided_at=clock.now())


def _tell_author(session: Session, order: Order, message: str) -> None:
    notices.tell(
        session, order.author_id, message, href=f"/treasury?order={order.id}", n=order.id, amount_fen=order.amount_fen
    )
