"""Putting an order down, so that it waits for a second person, and telling those who may be that person."""

from collections.abc import Iterable, Sequence
from typing import Any

from cryptography.fernet import InvalidToken
from sqlmodel import Session, col, select

from db.models.files import Attachment
from db.models.ledger import Order, Spending
from db.models.notices import Notice
from portal import audit, notices, vault
from portal.accounts import people
from portal.acts import Who, perform, thing_name
from portal.fund.acts import PROPOSE_MONEY

Splits = dict[int, int]
"""The parts of a payment in fen, by the id of the cost line."""
WAITING = "order_waiting"


def enter(session: Session, who: Who, order: Order, splits: Splits, files: Sequence[Attachment] = ()) -> None:
    """Write the order and its parts; the finance officers of the area are told, once until they have looked.

    `files` are the documents that the caller attaches next.

    Raises Forbidden, and IntegrityError where the key, the milestone or the wrong transfer has an order already.
    """
    perform(session, who, PROPOSE_MONEY, order, facts=facts(order, splits), private=texts(order, files))
    for line_id, fen in sorted(splits.items()):
        session.add(Spending(order_id=order.id or 0, line_id=line_id, amount_fen=fen))
    session.flush()
    for person_id in sorted({found[0] for found in people.workers(session, order.area_path, "finance")}):
        if person_id != order.author_id and not _told(session, person_id):
            notices.tell(session, person_id, WAITING, href="/treasury")


def facts(order: Order, splits: Splits) -> dict[str, Any]:
    """What the public chain says of an order: numbers, days and codes, no words and no names."""
    return {
        "kind": str(order.kind),
        "fund": order.fund_id,
        "round": order.round_id,
        "project": order.project_id,
        "milestone": order.milestone_id,
        "debit": order.debit_id,
        "credit": order.credit_id,
        "amount_fen": order.amount_fen,
        "reverses": order.reverses_id,
        "received_on": order.received_on.isoformat() if order.received_on else None,
        "splits": [[line_id, fen] for line_id, fen in sorted(splits.items())],
    }


def texts(order: Order, files: Iterable[Attachment] = ()) -> dict[str, Any]:
    """What the chain holds of an order without showing it: words, names and papers, none of which change unseen.

    Of names that are nobody's business it holds a keyed hash alone.
    """
    names = [_opened(order.payee_sealed), _opened(order.donor_sealed), order.donor_shown]
    return {
        "purpose": order.purpose,
        "charity": order.charity,
        "voucher": order.voucher,
        "payee": order.payee,
        "names": vault.keyed_hash("order_names", audit.canonical(names).decode()),
        "proofs": sorted(row.sha256 for row in files),
    }


def _opened(sealed: str | None) -> str | None:
    """The name; where it cannot be opened, what stands there: then it is not what was written."""
    try:
        return vault.unseal(sealed) if sealed is not None else None
    except InvalidToken:
        return sealed


def proofs(order: Order) -> str:
    """The thing that the documents of an order are attached to."""
    return thing_name(order)


def _told(session: Session, person_id: int) -> bool:
    """Whether this person has an unread message that something waits: one is enough for sixty orders."""
    unread = select(Notice.id).where(Notice.person_id == person_id, col(Notice.read_at).is_(None))
    return session.exec(unread.where(Notice.message == WAITING).limit(1)).first() is not None
