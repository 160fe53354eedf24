"""Orders: every movement of money but an award is proposed by one person and approved by another.

What was proposed is never edited: it is withdrawn and written anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from db.models.fund import CostLine
from db.models.ledger import Account, Order, Spending, Transfer, TransferKind
from portal import attachments, audit, clock, limits, vault
from portal.acts import InArea, Who, demand
from portal.attachments import NewDocument
from portal.errors import NotFound, Refused
from portal.fund import moves
from portal.fund.acts import PROPOSE_MONEY
from portal.fund.approving import approve as approve
from portal.fund.approving import one as one
from portal.fund.approving import reject as reject
from portal.fund.approving import withdraw as withdraw
from portal.fund.entering import Splits, enter, proofs
from portal.fund.moves import Place
from portal.fund.returning import propose_return as propose_return
from portal.inputs import clean, money, one_of

K = TransferKind
KEY_CHARS = 100
VOUCHED = (K.INCOME, K.CONTRACT)
PAID_TO = (K.CONTRACT, K.INSTALMENT)


@dataclass(frozen=True)
class Typed:
    """What somebody chose and typed. Which fields a kind asks for, `propose` says; the others are not looked at."""

    key: str
    """Made when the form was opened: sending it twice makes one order."""
    kind: str
    amount: str = ""
    purpose: str = ""
    fund_id: int = 0
    round_id: int | None = None
    project_id: int | None = None
    milestone_id: int | None = None
    source: str = ""
    """Income: `allocation`, `donation` or `sponsor`."""
    received_on: date | None = None
    charity: str = ""
    """A donation: the qualified charity that holds the money; empty: the fund's."""
    voucher: str = ""
    payee: str = ""
    payee_is_person: bool = False
    donor: str = ""
    donor_shown: bool = False
    """Whether the donor agreed to be named."""
    splits: Sequence[tuple[int, str]] = ()
    """(cost line, amount) pairs of a payment; an empty amount is none."""
    reverses_id: int | None = None
    """The transfer that a correction makes undone; its amount and accounts are taken from there."""
    documents: Sequence[NewDocument] = ()
    documents_shown: bool = False
    """Whether everybody may have them once the money has moved; never where the order hides a name."""


def propose(session: Session, who: Who, typed: Typed) -> int:
    """Let money wait for another's approval; gives the number of the order. Sent twice it gives the same one.

    Raises NotFound, Forbidden, Refused for every field, `proof_missing`, `splits_differ` (sum_fen, amount_fen),
    `already_sent` (n: the same form was sent with something else), `ordered_already` (another order for this
    milestone, or another correction, exists), and what `moves.check` raises.
    """
    files = attachments.store(session, (), typed.documents)
    order, splits = _draft(session, who, typed)
    if known := _sent(session, order, splits):
        return known
    moves.check(session, order)
    _check_splits(session, order, splits)
    if order.kind == K.INSTALMENT and not files:
        raise Refused("proof_missing")
    try:
        with audit.attempt(session):
            enter(session, who, order, splits, files)
    except IntegrityError:  # somebody was faster, perhaps the same hand with a double click
        session.expire_all()
        known = _sent(session, _draft(session, who, typed)[0], splits)
        if known:
            return known
        raise Refused("ordered_already") from None
    shown = typed.documents_shown and not hides_a_name(typed)
    attachments.keep(session, proofs(order), files, owner_id=who.person_id, shown=shown)
    return order.id or 0


def hides_a_name(typed: Typed) -> bool:
    """Whether the public is not told who was paid, or who gave: then it is not shown the papers that name them."""
    given = typed.kind == K.INCOME and typed.source != "allocation" and not typed.donor_shown
    return given or (typed.kind in moves.OF_PROJECT and typed.payee_is_person)


def _draft(session: Session, who: Who, typed: Typed) -> tuple[Order, Splits]:
    """The order as an unsaved row and the parts of a payment: every field read, nothing looked at but the accounts."""
    kind = K(one_of("money_kind", typed.kind, moves.KINDS))
    if kind is K.CORRECTION:
        return _correction(session, who, typed), {}
    at = _place(session, kind, typed)
    path = at.fund.area_path if kind is K.APPROPRIATION or at.round is None else at.round.area_path
    demand(who, PROPOSE_MONEY, InArea(path))  # before an answer tells anything of the accounts
    source = one_of("source", typed.source, moves.SOURCES) if kind is K.INCOME else ""
    amount_fen = money("amount", typed.amount)
    debit_id, credit_id = moves.sides(session, kind, at, source)
    order = _order(who, typed, kind, at, path)
    order.debit_id, order.credit_id, order.amount_fen = debit_id, credit_id, amount_fen
    if kind in moves.OF_PROJECT:
        _for_project(order, typed)
    if kind is K.INCOME:
        _for_income(order, typed, at, source)
    return order, _splits(typed) if kind in moves.SPLIT else {}


def _place(session: Session, kind: TransferKind, typed: Typed) -> Place:
    if kind in moves.OF_PROJECT:
        if not typed.project_id:
            raise Refused("missing", field="project")
        return moves.place(session, 0, None, typed.project_id)
    if kind in moves.OF_ROUND:
        if not typed.round_id:
            raise Refused("missing", field="round")
        return moves.place(session, 0, typed.round_id)
    return moves.place(session, typed.fund_id)


def _order(who: Who, typed: Typed, kind: TransferKind, at: Place, path: str) -> Order:
    """What all kinds have."""
    required = kind in VOUCHED
    books = at.books
    return Order(
        key=f"{who.person_id}-{clean('key', typed.key, KEY_CHARS)}",  # a form's address may be passed on to others
        kind=kind,
        fund_id=books.fund_id,
        round_id=books.round_id,
        project_id=books.project_id,
        area_path=path,
        purpose=clean("purpose", typed.purpose, limits.PURPOSE_CHARS),
        received_on=_day(typed.received_on, required=kind is K.INCOME),
        voucher=clean(_voucher(kind), typed.voucher, limits.VOUCHER_CHARS, required=required),
        author_id=who.person_id or 0,
        proposed_at=clock.now(),
        debit_id=0,
        credit_id=0,
        amount_fen=0,
    )


def _voucher(kind: TransferKind) -> str:
    """What the number of the paper is called: a message id below `field.`."""
    return f"voucher_{kind}" if kind in (K.INCOME, K.CONTRACT, K.INSTALMENT) else "voucher"


def _day(day: date | None, *, required: bool) -> date | None:
    if day is None and required:
        raise Refused("missing", field="received_on")
    if day is not None and day > clock.day_of(clock.now()):
        raise Refused("in_future", field="received_on")
    return day


def _for_project(order: Order, typed: Typed) -> None:
    payee = clean("payee", typed.payee, limits.PAYEE_CHARS, required=order.kind in PAID_TO)
    if typed.payee_is_person and payee:
        order.payee_sealed = vault.seal(payee)
    else:
        order.payee = payee
    if order.kind == K.INSTALMENT:
        order.milestone_id = typed.milestone_id or None


def _for_income(order: Order, typed: Typed, at: Place, source: str) -> None:
    if source == "allocation":
        return
    if source == "donation" and not at.fund.charity:
        raise Refused("no_charity")
    if source == "donation":
        order.charity = one_of("charity", typed.charity or at.fund.charity, (at.fund.charity,))
    donor = clean(source, typed.donor, limits.PAYEE_CHARS, required=source == "sponsor" or typed.donor_shown)
    order.donor_sealed = vault.seal(donor) if donor else None
    order.donor_shown = donor if typed.donor_shown else ""


def _correction(session: Session, who: Who, typed: Typed) -> Order:
    wrong = moves.wrong_one(session, typed.reverses_id)
    demand(who, PROPOSE_MONEY, wrong)
    transfer = session.get_one(Transfer, typed.reverses_id)
    at = moves.place(session, transfer.fund_id, transfer.round_id, transfer.project_id)
    order = _order(who, typed, K.CORRECTION, at, wrong.area_path)
    order.debit_id, order.credit_id = transfer.credit_id, transfer.debit_id
    order.amount_fen, order.reverses_id = transfer.amount_fen, transfer.id
    return order


def _splits(typed: Typed) -> Splits:
    """The parts of a payment by cost line, in fen; each line once."""
    parts = [(line_id, money("split", text)) for line_id, text in typed.splits if str(text).strip()]
    if len({line_id for line_id, _ in parts}) < len(parts):
        raise Refused("not_offered", field="split")
    return dict(parts)


def _check_splits(session: Session, order: Order, splits: Splits) -> None:
    if order.kind not in moves.SPLIT:
        return
    lines = set(session.exec(select(CostLine.id).where(CostLine.project_id == order.project_id)))
    if not splits.keys() <= lines:
        raise NotFound()
    if sum(splits.values()) != order.amount_fen:
        raise Refused("splits_differ", sum_fen=sum(splits.values()), amount_fen=order.amount_fen)


SAME = (
    "kind", "fund_id", "round_id", "project_id", "milestone_id", "debit_id", "credit_id", "amount_fen", "reverses_id",
    "purpose", "received_on", "charity", "voucher", "payee", "donor_shown",
)  # fmt: skip
SAME_SEALED = ("payee_sealed", "donor_sealed")


def _sent(session: Session, order: Order, splits: Splits) -> int:
    """The number of the order that this form made already, 0 where it made none. Raises Refused `already_sent`."""
    known = session.exec(select(Order).where(Order.key == order.key)).one_or_none()
    if known is None:
        return 0
    parts = session.exec(select(Spending.line_id, Spending.amount_fen).where(Spending.order_id == known.id))
    same = all(getattr(known, name) == getattr(order, name) for name in SAME) and dict(parts.all()) == splits
    sealed = all(_open(getattr(known, name)) == _open(getattr(order, name)) for name in SAME_SEALED)
    if not (same and sealed):
        raise Refused("already_sent", n=known.id)
    return known.id or 0


def _open(sealed: str | None) -> str:
    return vault.unseal(sealed) if sealed else ""


def copy(session: Session, who: Who, order_id: int) -> Typed:
    """What to begin a new form with that shall be like this order; the key, and documents, are its own.

    Raises NotFound.
    """
    order = one(session, who, order_id)
    debit = session.get_one(Account, order.debit_id)
    source = next((name for name, kind in moves.SOURCES.items() if kind == debit.kind), "")
    parts = session.exec(select(Spending).where(Spending.order_id == order_id).order_by(col(Spending.line_id)))
    return Typed(
        key="",
        kind=order.kind,
        amount=f"{order.amount_fen // 100}.{order.amount_fen % 100:02}",
        purpose=order.purpose,
        fund_id=order.fund_id,
        round_id=order.round_id,
        project_id=order.project_id,
        milestone_id=order.milestone_id,
        source=source,
        received_on=order.received_on,
        charity=order.charity,
        voucher=order.voucher,
        payee=order.payee or _open(order.payee_sealed),
        payee_is_person=bool(order.payee_sealed),
        donor=_open(order.donor_sealed),
        donor_shown=bool(order.donor_shown),
        splits=[(part.line_id, f"{part.amount_fen // 100}.{part.amount_fen % 100:02}") for part in parts],
        reverses_id=order.reverses_id,
    )
