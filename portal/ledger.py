"""The ledger: double entry in whole fen, append-only.

A balance is what an account was credited less what it was debited. It is moved in the transaction that writes the
transfer, by a statement that finds no row where it would fall below zero; a CHECK says the same once more. Every
transfer stands whole in the public audit chain, with the names of its accounts, so that whoever reads the chain can
add up the books without us; `compare` holds the chain against the rows.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from sqlalchemy import Integer, cast, exists, func, or_, union_all, update
from sqlmodel import Session, col, select

from db.models.audit import AuditRow
from db.models.ledger import Account, AccountKind, Transfer, TransferKind
from db.upsert import insert
from portal import audit, clock
from portal.acts import Who, declare, note
from portal.errors import Refused

SOURCES = (AccountKind.FROM_ALLOCATION, AccountKind.FROM_DONATION, AccountKind.FROM_SPONSOR)
POST = declare("ledger.post", "system other_finance")
PREFIX = "transfer:"
CHECKED = 500
"""So many of the newest transfers are looked at where somebody waits for the answer."""


@dataclass(frozen=True)
class Books:
    """Whose money a transfer is: always a fund's, and a round's or a project's where it has got so far."""

    fund_id: int
    round_id: int | None = None
    project_id: int | None = None


def account(session: Session, owner: str, kind: AccountKind) -> Account:
    """The account of that owner (`fund:3`, `round:7`, `project:12`); opened where there is none yet."""
    found = session.exec(select(Account).where(Account.owner == owner, Account.kind == kind)).one_or_none()
    if found is None:
        row = insert(session, Account).values(
            owner=owner, kind=kind, overdraws=kind in SOURCES, balance_fen=0, moved_by=0
        )
        session.execute(row.on_conflict_do_nothing())  # somebody else may open it at this moment
        found = session.exec(select(Account).where(Account.owner == owner, Account.kind == kind)).one()
    return found


def balances(session: Session, *owners: str) -> dict[tuple[str, str], int]:
    """What is on the accounts of these owners, in fen, by (owner, kind). An account never used is missing."""
    rows = session.exec(select(Account).where(col(Account.owner).in_(owners)).execution_options(populate_existing=True))
    return {(row.owner, row.kind): row.balance_fen for row in rows}


def post(
    session: Session,
    who: Who,
    about: Any,
    kind: TransferKind,
    books: Books,
    *,
    debit: int,
    credit: int,
    amount_fen: int,
    order_id: int | None = None,
    reverses_id: int | None = None,
) -> Transfer:
    """Move money from the account `debit` to the account `credit`, once and for good.

    `about` is what the right is asked for (an order, or the round whose vote decided). Raises Forbidden, and Refused
    `not_enough_money` (need_fen, have_fen) where the debit account has less and must not go below zero. A second
    transfer for the same order, or a second award for the same project, breaks a UNIQUE constraint; one that is not
    the execution of an approved order is refused by a trigger.
    """
    names = _held(session, debit, credit)
    transfer = Transfer(
        kind=kind,
        debit_id=debit,
        credit_id=credit,
        amount_fen=amount_fen,
        order_id=order_id,
        reverses_id=reverses_id,
        fund_id=books.fund_id,
        round_id=books.round_id,
        project_id=books.project_id,
        at=clock.now(),
    )
    session.add(transfer)
    session.flush()
    _move(session, debit, -amount_fen, transfer)
    _move(session, credit, amount_fen, transfer)
    note(session, who, POST, about, f"{PREFIX}{transfer.id}", facts=facts(transfer, names))
    return transfer


def facts(transfer: Transfer, names: Mapping[int, str]) -> dict[str, Any]:
    """A transfer as it stands in the audit chain: every column, so that no change of a row goes unseen.

    `names` are its accounts as (owner)/(kind), by id.
    """
    return {
        "kind": str(transfer.kind),
        "debit": transfer.debit_id,
        "credit": transfer.credit_id,
        "from": names.get(transfer.debit_id, ""),
        "to": names.get(transfer.credit_id, ""),
        "amount_fen": transfer.amount_fen,
        "order": transfer.order_id,
        "reverses": transfer.reverses_id,
        "fund": transfer.fund_id,
        "round": transfer.round_id,
        "project": transfer.project_id,
        "at": audit.stamp(transfer.at),
    }


@dataclass(frozen=True)
class Fault:
    """What does not fit: the table and the number of the row, and a message id below `chain.`."""

    thing: str
    reason: str


def compare(session: Session, *, step: int = 2_000) -> Iterator[Fault]:
    """Hold all transfers against the audit chain, and all balances against the transfers.

    Reasons: `transfer_altered`, `transfer_unknown` (no link of the chain knows it), `transfer_gone`,
    `account_altered`, `account_gone`, `balance_wrong`. Memory does not grow with the number of transfers.
    """
    after, told = 0, set[Fault]()
    while rows := session.exec(
        select(Transfer).where(col(Transfer.id) > after).order_by(col(Transfer.id)).limit(step)
    ).all():
        for fault in _faults(session, rows):
            if fault not in told:  # an account that was altered shows in all its transfers
                told |= {fault} if fault.reason.startswith("account") else set()
                yield fault
        after = rows[-1].id or 0
        session.expunge_all()
    yield from _gone(session)
    yield from _wrong_balances(session)


def compare_newest(session: Session) -> tuple[int, Fault | None]:
    """As `compare`, for the newest `CHECKED` transfers alone: how many they are, and the first fault."""
    rows = session.exec(select(Transfer).order_by(col(Transfer.id).desc()).limit(CHECKED)).all()
    return len(rows), next(_faults(session, rows[::-1]), None)


def _faults(session: Session, rows: Sequence[Transfer]) -> Iterator[Fault]:
    """What the chain and the accounts say against these transfers."""
    links = _links(session, [row.id or 0 for row in rows])
    names = _names(session, chain.from_iterable((row.debit_id, row.credit_id) for row in rows))
    for row in rows:
        known, found = links.get(f"{PREFIX}{row.id}"), facts(row, names)
        if known is None:
            yield Fault(f"{PREFIX}{row.id}", "transfer_unknown")
        elif {**known, "from": "", "to": ""} != {**found, "from": "", "to": ""}:
            yield Fault(f"{PREFIX}{row.id}", "transfer_altered")
        else:
            for side, number in (("from", row.debit_id), ("to", row.credit_id)):
                if known[side] != found[side]:
                    yield Fault(f"account:{number}", "account_altered" if found[side] else "account_gone")


def _names(session: Session, ids: Iterable[int]) -> dict[int, str]:
    rows = session.exec(select(Account.id, Account.owner, Account.kind).where(col(Account.id).in_(set(ids))))
    return {number or 0: f"{owner}/{kind}" for number, owner, kind in rows}


def _links(session: Session, ids: list[int]) -> dict[str, dict[str, Any]]:
    """What the chain says of these transfers."""
    things = [f"{PREFIX}{number}" for number in ids]
    query = select(AuditRow.thing, AuditRow.facts).where(AuditRow.act == POST.name, col(AuditRow.thing).in_(things))
    return {thing: dict(said) for thing, said in session.exec(query)}


def _gone(session: Session) -> Iterator[Fault]:
    """Transfers that the chain knows and the table has not."""
    number = cast(func.substr(AuditRow.thing, len(PREFIX) + 1), Integer)
    lost = select(AuditRow.thing).where(AuditRow.act == POST.name, ~exists().where(col(Transfer.id) == number))
    for thing in session.exec(lost.order_by(col(AuditRow.seq))):
        yield Fault(thing, "transfer_gone")


def _wrong_balances(session: Session) -> Iterator[Fault]:
    sides = union_all(
        select(col(Transfer.credit_id).label("account_id"), col(Transfer.amount_fen).label("fen")),
        select(col(Transfer.debit_id).label("account_id"), (-col(Transfer.amount_fen)).label("fen")),
    ).subquery()
    sums = select(sides.c.account_id, func.sum(sides.c.fen).label("fen")).group_by(sides.c.account_id).subquery()
    wrong = (
        select(Account.id)
        .outerjoin(sums, sums.c.account_id == Account.id)
        .where(col(Account.balance_fen) != func.coalesce(sums.c.fen, 0))
        .order_by(col(Account.id))
    )
    for account_id in session.exec(wrong):
        yield Fault(f"account:{account_id}", "balance_wrong")


def _held(session: Session, *ids: int) -> dict[int, str]:
    """The names of these accounts, which nobody else moves to the end of the transaction.

    Locked in the order of their ids, so that two transfers never wait for each other in a circle; and before the
    transfer gets its number, so that the numbers of an account's transfers only rise.
    """
    rows = select(Account).where(col(Account.id).in_(ids)).order_by(col(Account.id))
    held = session.exec(rows.with_for_update(key_share=True).execution_options(populate_existing=True))
    return {row.id or 0: f"{row.owner}/{row.kind}" for row in held}


def _move(session: Session, account_id: int, fen: int, transfer: Transfer) -> None:
    enough = or_(col(Account.overdraws), col(Account.balance_fen) + fen >= 0)
    moved = session.execute(
        update(Account)
        .where(col(Account.id) == account_id, enough)
        .values(balance_fen=Account.balance_fen + fen, moved_by=transfer.id)
        .execution_options(synchronize_session=False)
    )
    if moved.rowcount != 1:  # type: ignore[attr-defined]
        have = session.scalar(select(Account.balance_fen).where(Account.id == account_id))
        raise Refused("not_enough_money", need_fen=-fen, have_fen=have or 0)
