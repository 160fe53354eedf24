"""Reading orders: what waits, what was decided, one with all that belongs to it. For those who see the money inside."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from db.models.audit import AuditRow
from db.models.fund import CostLine, Fund, Project, Round
from db.models.ledger import Account, Order, OrderState, Spending, Transfer
from db.models.works import Milestone
from portal import attachments, limits, vault
from portal.accounts import people
from portal.acts import Who, role_for, thing_name
from portal.attachments import File
from portal.errors import Forbidden
from portal.fund import moves
from portal.fund.acts import APPROVE_MONEY, READ_MONEY
from portal.fund.approving import one
from portal.fund.entering import proofs
from portal.fund.funded import in_areas
from portal.inputs import one_of, page_number

READERS = READ_MONEY.who


@dataclass(frozen=True)
class Line:
    """An order in a list."""

    id: int
    kind: str
    state: str
    amount_fen: int
    purpose: str
    about: str
    """What it is about: the project, else the round, else the fund."""
    payee: str
    voucher: str
    author: str
    at: datetime
    mine: bool
    decidable: bool
    """Whether the reader may approve or reject it now."""


@dataclass(frozen=True)
class Side:
    """An account that an order moves: whose, what it holds, and how it stands before and after."""

    owner: str
    """`fund:3`, `round:7` or `project:12`."""
    name: str
    kind: str
    before_fen: int
    after_fen: int


@dataclass(frozen=True)
class Part:
    """What of a payment belongs to one line of the costs, and what that line was planned to cost."""

    what: str
    amount_fen: int
    planned_fen: int


@dataclass(frozen=True)
class Step:
    """What was done to an order, by whom, and what was said."""

    act: str
    at: datetime
    name: str
    says: str


@dataclass(frozen=True)
class Detail:
    """One order as those who decide need it."""

    line: Line
    order: Order
    gives: Side
    gets: Side
    fund: str
    round: str
    project: str
    milestone: Milestone | None
    payee: str
    donor: str
    parts: Sequence[Part] = ()
    files: Sequence[File] = ()
    steps: Sequence[Step] = ()
    transfer_id: int | None = None
    """The transfer that executed it."""
    corrects_id: int | None = None
    """The order that this one makes undone."""
    corrected_by_id: int | None = None
    """The newest order that makes, or is to make, this one undone."""
    correctable: bool = False


@dataclass(frozen=True)
class Waiting:
    """What waits for a second person: for the reader first, then what the reader proposed, then the rest."""

    to_decide: list[Line] = field(default_factory=list)
    mine: list[Line] = field(default_factory=list)
    others: list[Line] = field(default_factory=list)


def waiting(session: Session, who: Who) -> Waiting:
    """What waits in one's areas, the oldest first, `BULK_ROWS` at most. Raises Forbidden without such an area."""
    query = select(Order).where(_in_areas(who), Order.state == OrderState.PROPOSED).order_by(col(Order.id))
    found = lines(session, who, session.exec(query.limit(limits.BULK_ROWS)).all())
    return Waiting(
        [line for line in found if line.decidable],
        [line for line in found if line.mine],
        [line for line in found if not line.decidable and not line.mine],
    )


def funds(session: Session, who: Who) -> dict[int, str]:
    """The funds of one's areas, or with a round there, by number, with their names. Raises Forbidden as `waiting`."""
    rows = session.exec(select(Fund).where(_seen(who)).order_by(col(Fund.id)).limit(limits.BULK_ROWS))
    return {row.id or 0: row.name for row in rows}


def history(
    session: Session, who: Who, fund_id: int, kind: str = "", before: str | None = None, limit: int = limits.DESK_ROWS
) -> tuple[list[Line], str | None]:
    """The orders of a fund in one's areas, the newest first, and the key that continues them.

    Raises Forbidden, NotFound.
    """
    _right(session, who, fund_id)
    query = select(Order).where(Order.fund_id == fund_id, _in_areas(who))
    if kind:
        query = query.where(Order.kind == one_of("money_kind", kind, moves.KINDS))
    if before:
        query = query.where(col(Order.id) < page_number(before))
    rows = session.exec(query.order_by(col(Order.id).desc()).limit(limit + 1)).all()
    found = lines(session, who, rows[:limit])
    return found, str(found[-1].id) if len(rows) > limit else None


def detail(session: Session, who: Who, order_id: int) -> Detail:
    """One order with all that belongs to it. Raises NotFound as `orders.one`."""
    order = one(session, who, order_id)
    at = moves.place(session, order.fund_id, order.round_id, order.project_id)
    gives, gets = _sides(session, order)
    (line,) = lines(session, who, [order])
    milestone = session.get(Milestone, order.milestone_id) if order.milestone_id else None
    transfer_id = session.scalar(select(Transfer.id).where(Transfer.order_id == order_id))
    corrected_by = _correction_of(session, transfer_id)
    return Detail(
        line,
        order,
        gives,
        gets,
        at.fund.name,
        at.round.name if at.round else "",
        at.project.title if at.project else "",
        milestone,
        _unsealed(order.payee_sealed) or order.payee,
        _unsealed(order.donor_sealed),
        _parts(session, order_id),
        attachments.of(session, [proofs(order)], hidden=True).get(proofs(order), []),
        _steps(session, order),
        transfer_id,
        moves.wrong_one(session, order.reverses_id).id if order.reverses_id else None,
        corrected_by.id if corrected_by else None,
        _correctable(order, corrected_by),
    )


def lines(session: Session, who: Who, rows: Sequence[Order]) -> list[Line]:
    """Orders as lines of a list, in the order given."""
    names = people.name_of(session, {row.author_id for row in rows})
    about = _about(session, rows)
    return [
        Line(
            row.id or 0,
            row.kind,
            row.state,
            row.amount_fen,
            row.purpose,
            about[row.id or 0],
            row.payee or _unsealed(row.payee_sealed),
            row.voucher,
            names.get(row.author_id, ""),
            row.proposed_at,
            row.author_id == who.person_id,
            row.state == OrderState.PROPOSED and bool(role_for(who, APPROVE_MONEY, row)),
        )
        for row in rows
    ]


def _paths(who: Who) -> tuple[str, ...]:
    if not who.is_any(*READERS):
        raise Forbidden()
    return READERS


def _in_areas(who: Who) -> ColumnElement[bool]:
    return in_areas(who, col(Order.area_path), *_paths(who))


def _right(session: Session, who: Who, fund_id: int) -> None:
    fund = moves.place(session, fund_id).fund
    if session.scalar(select(Fund.id).where(Fund.id == fund.id, _seen(who))) is None:
        raise Forbidden()


def _seen(who: Who) -> ColumnElement[bool]:
    """Whether a fund is of one's areas, or has a round there: that round's money is theirs to decide."""
    paths = _paths(who)
    rounds = select(Round.fund_id).where(in_areas(who, col(Round.area_path), *paths))
    return in_areas(who, col(Fund.area_path), *paths) | col(Fund.id).in_(rounds)


def _about(session: Session, rows: Iterable[Order]) -> dict[int, str]:
    """What each order is about, in three queries for any number of them."""
    found = list(rows)
    projects = _named(session, Project.id, Project.title, {row.project_id for row in found})
    rounds = _named(session, Round.id, Round.name, {row.round_id for row in found if not row.project_id})
    named = _named(session, Fund.id, Fund.name, {row.fund_id for row in found if not row.round_id})
    return {
        row.id or 0: projects.get(row.project_id or 0) or rounds.get(row.round_id or 0) or named.get(row.fund_id, "")
        for row in found
    }


def _named(session: Session, number: Any, name: Any, ids: set[int | None]) -> dict[int, str]:
    if not ids - {None}:
        return {}
    return dict(session.exec(select(number, name).where(col(number).in_(ids))).all())


def _sides(session: Session, order: Order) -> tuple[Side, Side]:
    """What the accounts hold now, and what they would hold afterwards; of a decided order both are the same."""
    fen = order.amount_fen if order.state == OrderState.PROPOSED else 0
    rows = [session.get_one(Account, number) for number in (order.debit_id, order.credit_id)]
    gives, gets = (
        Side(row.owner, _owner_name(session, row.owner), row.kind, row.balance_fen, row.balance_fen + moved)
        for row, moved in zip(rows, (-fen, fen), strict=True)
    )
    return gives, gets


def _owner_name(session: Session, owner: str) -> str:
    table, _, number = owner.partition(":")
    if table == "project":
        return session.get_one(Project, int(number)).title
    return (session.get_one(Round, int(number)) if table == "round" else session.get_one(Fund, int(number))).name


def _parts(session: Session, order_id: int) -> list[Part]:
    query = select(Spending, CostLine).join(CostLine, col(CostLine.id) == col(Spending.line_id))
    rows = session.exec(query.where(Spending.order_id == order_id).order_by(col(CostLine.position)))
    return [
        Part(line.what, part.amount_fen, line.amount_fen if line.costed_fen is None else line.costed_fen)
        for part, line in rows
    ]


def _steps(session: Session, order: Order) -> list[Step]:
    query = select(AuditRow).where(AuditRow.thing == thing_name(order)).order_by(col(AuditRow.seq))
    rows = session.exec(query).all()
    names = people.name_of(session, {row.actor_id for row in rows if row.actor_id})
    return [Step(row.act, row.at, names.get(row.actor_id or 0, ""), row.says or "") for row in rows]


def _correction_of(session: Session, transfer_id: int | None) -> Order | None:
    if transfer_id is None:
        return None
    live = col(Order.state).in_([OrderState.PROPOSED, OrderState.POSTED])
    return session.exec(select(Order).where(Order.reverses_id == transfer_id, live)).one_or_none()


def _correctable(order: Order, corrected_by: Order | None) -> bool:
    return order.state == OrderState.POSTED and order.kind != moves.K.CORRECTION and corrected_by is None


def _unsealed(sealed: str | None) -> str:
    return vault.unseal(sealed) if sealed else ""
