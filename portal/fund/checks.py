"""Whether the books, the orders behind them and the ballot boxes are what the audit chain says they are."""

import hashlib
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Integer, cast, exists, func
from sqlmodel import Session, col, select

from db.models.audit import AuditRow
from db.models.files import Attachment
from db.models.ledger import Order, OrderState, Spending, Transfer
from portal import attachments, ledger
from portal.fund import box, traces
from portal.fund.acts import APPROVE_MONEY, PROPOSE_MONEY, REJECT_MONEY, REVERSE_MONEY, WITHDRAW_MONEY
from portal.fund.entering import facts, texts
from portal.ledger import Fault

PREFIX = "money_order:"
ENDS = (APPROVE_MONEY, REJECT_MONEY, WITHDRAW_MONEY, REVERSE_MONEY)
DECIDED_BY = {APPROVE_MONEY.name, REJECT_MONEY.name}


def compare(session: Session) -> Iterator[Fault]:
    """All that does not fit, the ledger first: as `ledger`, `orders`, `box` and `traces` say in their `compare`."""
    return chain(ledger.compare(session), orders(session), box.compare(session), traces.compare(session))


def orders(session: Session, *, step: int = 1_000) -> Iterator[Fault]:
    """Hold all orders against the audit chain and against their transfers.

    Reasons: `order_altered`, `order_unknown` (no link of the chain knows it), `order_gone`, `order_state` (it does not
    stand as it was decided, or by whom), `spending_altered`, `proof_altered` (a paper is not the one that was
    attached), `proof_gone`.
    """
    after = 0
    while rows := session.exec(select(Order).where(col(Order.id) > after).order_by(col(Order.id)).limit(step)).all():
        yield from _faults(session, rows)
        after = rows[-1].id or 0
        session.expunge_all()
    yield from _gone(session)


def _faults(session: Session, rows: Sequence[Order]) -> Iterator[Fault]:
    ids = [row.id or 0 for row in rows]
    told, parts, papers = _links(session, ids), _parts(session, ids), _papers(session, ids)
    posted = set(session.exec(select(Transfer.order_id).where(col(Transfer.order_id).in_(ids))))
    for row in rows:
        thing = f"{PREFIX}{row.id}"
        links, attached = told.get(thing, []), papers.get(thing, [])
        reason = _fault(row, links, parts.get(row.id or 0, {}), row.id in posted) or _paper_fault(links[0], attached)
        if reason:
            yield Fault(thing, reason)


def _fault(row: Order, links: list[AuditRow], parts: dict[int, int], posted: bool) -> str:
    """What is wrong with an order, by the links that name it in their order: a message id, empty where it holds."""
    begun = next((link for link in links if link.act == PROPOSE_MONEY.name), None)
    if begun is None:
        return "order_unknown"
    said = {**begun.facts, "splits": []}
    worded = {**begun.private, "proofs": []}
    if said != facts(row, {}) or worded != texts(row) or begun.actor_id != row.author_id:
        return "order_altered"
    if begun.facts["splits"] != facts(row, parts)["splits"]:
        return "spending_altered"
    state = next((link.to_state for link in reversed(links) if link.to_state), "")
    decider = next((link.actor_id for link in links if link.act in DECIDED_BY), None)
    executed = row.state in (OrderState.POSTED, OrderState.REVERSED)
    return "" if (row.state, row.decided_by, executed) == (state, decider, posted) else "order_state"


def _paper_fault(begun: AuditRow, attached: list[Attachment]) -> str:
    """What is wrong with the papers of an order: their list first, then the files themselves."""
    if begun.private["proofs"] != sorted(row.sha256 for row in attached):
        return "proof_altered"
    for row in attached:
        path = attachments.path_of(row)
        if not path.is_file():
            return "proof_gone"
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != row.sha256:
                return "proof_altered"
    return ""


def _papers(session: Session, ids: list[int]) -> dict[str, list[Attachment]]:
    found: dict[str, list[Attachment]] = {}
    for row in session.exec(select(Attachment).where(col(Attachment.thing).in_([f"{PREFIX}{n}" for n in ids]))):
        found.setdefault(row.thing, []).append(row)
    return found


def _links(session: Session, ids: list[int]) -> dict[str, list[AuditRow]]:
    acts = [PROPOSE_MONEY.name, *(act.name for act in ENDS)]
    things = [f"{PREFIX}{number}" for number in ids]
    query = select(AuditRow).where(col(AuditRow.thing).in_(things), col(AuditRow.act).in_(acts))
    found: dict[str, list[AuditRow]] = {}
    for link in session.exec(query.order_by(col(AuditRow.seq))):
        found.setdefault(link.thing, []).append(link)
    return found


def _parts(session: Session, ids: list[int]) -> dict[int, dict[int, int]]:
    found: dict[int, dict[int, int]] = {}
    for part in session.exec(select(Spending).where(col(Spending.order_id).in_(ids))):
        found.setdefault(part.order_id, {})[part.line_id] = part.amount_fen
    return found


def _gone(session: Session) -> Iterator[Fault]:
    """Orders that the chain knows and the table has not."""
    number: Any = cast(func.substr(AuditRow.thing, len(PREFIX) + 1), Integer)
    lost = select(AuditRow.thing).where(AuditRow.act == PROPOSE_MONEY.name, ~exists().where(col(Order.id) == number))
    for thing in session.exec(lost.order_by(col(AuditRow.seq))):
        yield Fault(thing, "order_gone")
