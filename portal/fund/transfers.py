"""Money that moved, one transfer a row, for everybody: in slices for the page, in one go for the file.

What only waits for its second signature did not move and is not here. Natural persons are nobody by name: a payee is
"a person", a donor is named only with consent.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from db.engine import reading
from db.models.fund import Project
from db.models.ledger import Account, Order, Transfer, TransferKind
from db.models.works import Milestone
from portal import clock, limits
from portal.acts import Who
from portal.inputs import page_number

STEP = 500
FIELDS = (
    "transfer", "date", "kind", "amount_yuan", "from", "to", "fund_id", "round_id", "project_id", "project",
    "milestone", "purpose", "received_on", "voucher", "payee", "payee_is_person", "donor", "charity", "reverses",
    "reversed_by", "order",
)  # fmt: skip
"""The columns of the file, in order; `field.transfers.<name>` says what each is."""


@dataclass(frozen=True)
class Move:
    """One transfer as everybody reads it."""

    id: int
    at: datetime
    kind: str
    amount_fen: int
    gave: str
    """The kind of the account that it left."""
    got: str
    """The kind of the account that it came to."""
    fund_id: int
    round_id: int | None
    project_id: int | None
    project: str
    milestone: str
    purpose: str
    received_on: date | None
    voucher: str
    payee: str
    """An organization; empty for a natural person."""
    payee_is_person: bool
    donor: str
    """Only with consent."""
    charity: str
    reverses_id: int | None
    """The transfer that this one makes undone."""
    reversed_by_id: int | None
    """The transfer that made this one undone."""
    order_id: int | None


@dataclass(frozen=True)
class Scope:
    """Whose transfers: those of a project, else of a round, else of a fund."""

    fund_id: int = 0
    round_id: int = 0
    project_id: int = 0


def newest(
    session: Session, who: Who, scope: Scope, after: str | None = None, limit: int = limits.PAGE_ROWS
) -> tuple[tuple[Move, ...], str | None]:
    """The transfers of `scope`, newest first, and the key that continues them (None: that was all)."""
    query = select(Transfer).where(_of(scope))
    if after:
        query = query.where(col(Transfer.id) < page_number(after))
    rows = session.exec(query.order_by(col(Transfer.id).desc()).limit(limit + 1)).all()
    moves = _moves(session, rows[:limit])
    return moves, str(moves[-1].id) if len(rows) > limit else None


def table(scope: Scope) -> Iterator[list[str]]:
    """The file: its header, then all transfers of `scope`, oldest first, in short reads of their own."""
    yield list(FIELDS)
    after = 0
    while True:
        with reading() as session:
            query = select(Transfer).where(_of(scope), col(Transfer.id) > after).order_by(col(Transfer.id)).limit(STEP)
            moves = _moves(session, session.exec(query).all())
        yield from map(_cells, moves)
        if len(moves) < STEP:
            return
        after = moves[-1].id


def of_kind(session: Session, who: Who, fund_id: int, kind: TransferKind, after: int, limit: int) -> list[Transfer]:
    """The transfers of one kind of a fund beyond the id `after`, oldest first."""
    query = select(Transfer).where(Transfer.fund_id == fund_id, Transfer.kind == kind, col(Transfer.id) > after)
    return list(session.exec(query.order_by(col(Transfer.id)).limit(limit)).all())


def yuan(fen: int) -> str:
    """An amount for a file: yuan with two decimals, a point, no sign of thousands."""
    return f"{fen // 100}.{fen % 100:02}"


_NOBODYS = Order(
    key="", kind="", fund_id=0, area_path="", debit_id=0, credit_id=0, amount_fen=0, purpose="", author_id=0,
)  # fmt: skip


def _of(scope: Scope) -> ColumnElement[bool]:
    if scope.project_id:
        return col(Transfer.project_id) == scope.project_id
    return col(Transfer.round_id) == scope.round_id if scope.round_id else col(Transfer.fund_id) == scope.fund_id


def _moves(session: Session, rows: Sequence[Transfer]) -> tuple[Move, ...]:
    """What belongs to these transfers, in one query a table whatever their number."""
    kinds = dict(session.exec(select(Account.id, Account.kind).where(
        col(Account.id).in_({number for row in rows for number in (row.debit_id, row.credit_id)})
    )).all())  # fmt: skip
    orders = {row.id: row for row in session.exec(
        select(Order).where(col(Order.id).in_({row.order_id for row in rows})))}  # fmt: skip
    titles = dict(session.exec(select(Project.id, Project.title).where(
        col(Project.id).in_({row.project_id for row in rows})
    )).all())  # fmt: skip
    steps = dict(session.exec(select(Milestone.id, Milestone.title).where(
        col(Milestone.id).in_({order.milestone_id for order in orders.values()})
    )).all())  # fmt: skip
    undone = dict(session.exec(select(Transfer.reverses_id, Transfer.id).where(
        col(Transfer.reverses_id).in_({row.id for row in rows})
    )).all())  # fmt: skip
    return tuple(
        _move(row, orders.get(row.order_id), kinds[row.debit_id], kinds[row.credit_id],
              titles.get(row.project_id, ""), steps, undone.get(row.id))
        for row in rows
    )  # fmt: skip


def _move(
    row: Transfer, order: Order | None, gave: str, got: str, title: str, steps: dict[int | None, str],
    reversed_by_id: int | None,
) -> Move:  # fmt: skip
    if order is None:  # an award: the vote decided, nobody ordered it
        order = _NOBODYS
    return Move(
        id=row.id or 0, at=row.at, kind=row.kind, amount_fen=row.amount_fen, gave=gave, got=got, fund_id=row.fund_id,
        round_id=row.round_id, project_id=row.project_id, project=title, milestone=steps.get(order.milestone_id, ""),
        purpose=order.purpose, received_on=order.received_on, voucher=order.voucher, payee=order.payee,
        payee_is_person=order.payee_sealed is not None, donor=order.donor_shown, charity=order.charity,
        reverses_id=row.reverses_id, reversed_by_id=reversed_by_id, order_id=row.order_id,
    )  # fmt: skip


def _cells(move: Move) -> list[str]:
    numbers = (move.reverses_id, move.reversed_by_id, move.order_id)
    return [
        str(move.id), clock.day_of(move.at).isoformat(), move.kind, yuan(move.amount_fen), move.gave, move.got,
        str(move.fund_id), _text(move.round_id), _text(move.project_id), move.project, move.milestone, move.purpose,
        move.received_on.isoformat() if move.received_on else "", move.voucher, move.payee,
        "yes" if move.payee_is_person else "", move.donor, move.charity, *map(_text, numbers),
    ]  # fmt: skip


def _text(number: int | None) -> str:
    return "" if number is None else str(number)
