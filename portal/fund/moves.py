"""What each kind of order means: between which accounts money moves, and when that may be."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlmodel import Session, SQLModel, col, select

from db.models.fund import Fund, Phase, Project, ProjectState, Round
from db.models.ledger import Account, AccountKind, Order, OrderState, Transfer, TransferKind
from db.models.works import Milestone, MilestoneState
from portal import ledger
from portal.acts import SYSTEM, perform
from portal.errors import NotFound, Refused
from portal.fund.acts import IMPLEMENT, REVERSE_MONEY

Row = TypeVar("Row", bound=SQLModel)

K = TransferKind
KINDS = tuple(kind for kind in K if kind is not K.AWARD)
"""What can be ordered: an award is decided by the vote."""
OF_PROJECT = (K.CONTRACT, K.INSTALMENT, K.REFUND, K.RELEASE, K.RETURN)
OF_ROUND = (K.APPROPRIATION, K.CARRY_OVER)
SPLIT = (K.INSTALMENT, K.REFUND)
"""Payments, whose parts belong to lines of the project's costs."""
SOURCES = {"allocation": AccountKind.FROM_ALLOCATION, "donation": AccountKind.FROM_DONATION,
           "sponsor": AccountKind.FROM_SPONSOR}  # fmt: skip
AT_WORK = (ProjectState.CONTRACTING, ProjectState.IMPLEMENTING)
ENDED = (ProjectState.CANCELLED, ProjectState.CLOSED)
OVER = (Phase.FINISHED, Phase.CANCELLED)
VOTING = (Phase.BALLOTING, Phase.REVIEWING_BALLOTS)


@dataclass(frozen=True)
class Place:
    """Whose money an order moves: always a fund's; and the round and project that it is about, where there are any."""

    fund: Fund
    round: Round | None = None
    project: Project | None = None

    @property
    def books(self) -> ledger.Books:
        return ledger.Books(
            self.fund.id or 0, self.round.id if self.round else None, self.project.id if self.project else None
        )


def place(session: Session, fund_id: int, round_id: int | None = None, project_id: int | None = None) -> Place:
    """The rows; a project brings its round with it, a round its fund. Raises NotFound."""
    project = _row(session, Project, project_id)
    row = _row(session, Round, project.round_id if project else round_id)
    fund = _row(session, Fund, row.fund_id if row else fund_id)
    if fund is None:
        raise NotFound()
    return Place(fund, row, project)


def sides(session: Session, kind: str, at: Place, source: str = "") -> tuple[int, int]:
    """The ids of the accounts that give and receive; opened where they are new. `source` is asked for income."""
    out, into = _SIDES[K(kind)](at, source)
    return ledger.account(session, *out).id or 0, ledger.account(session, *into).id or 0


Purse = tuple[str, AccountKind]


def _fund(at: Place) -> Purse:
    return f"fund:{at.fund.id}", AccountKind.FUND


def _round(at: Place) -> Purse:
    return f"round:{at.round.id if at.round else 0}", AccountKind.ROUND


def _project(kind: AccountKind) -> Callable[[Place], Purse]:
    return lambda at: (f"project:{at.project.id if at.project else 0}", kind)


def _back(at: Place) -> Purse:
    """Where what a project does not need goes, by the rule that its round stated at the start."""
    return _fund(at) if at.round and at.round.returns_to == "fund" else _round(at)


_free, _committed, _paid = map(_project, (AccountKind.FREE, AccountKind.COMMITTED, AccountKind.PAID))
_SIDES: dict[TransferKind, Callable[[Place, str], tuple[Purse, Purse]]] = {
    K.INCOME: lambda at, source: ((f"fund:{at.fund.id}", SOURCES[source]), _fund(at)),
    K.APPROPRIATION: lambda at, _: (_fund(at), _round(at)),
    K.CONTRACT: lambda at, _: (_free(at), _committed(at)),
    K.INSTALMENT: lambda at, _: (_committed(at), _paid(at)),
    K.REFUND: lambda at, _: (_paid(at), _free(at)),
    K.RELEASE: lambda at, _: (_committed(at), _free(at)),
    K.RETURN: lambda at, _: (_free(at), _back(at)),
    K.CARRY_OVER: lambda at, _: (_round(at), _fund(at)),
}


def hold(session: Session, order: Order) -> None:
    """Keep the project, or else the round, that decides about an order as it is to the end of the transaction."""
    model: Any
    model, number = (Project, order.project_id) if order.project_id else (Round, order.round_id)
    if number:
        row = select(model).where(col(model.id) == number)
        session.exec(row.with_for_update(key_share=True).execution_options(populate_existing=True)).one()


def check(session: Session, order: Order, *, covered: bool = True) -> None:
    """Whether money may move as ordered, as things stand now; asked when it is proposed and when it is approved.

    Raises Refused `no_charity`, `round_over`, `round_not_over`, `project_not_at_work`, `project_still_runs`,
    `milestone_not_accepted`, `not_correctable`, `round_needs_money`, and, where `covered` is asked for,
    `not_enough_money` (need_fen, have_fen).
    """
    at = place(session, order.fund_id, order.round_id, order.project_id)
    for rule in _RULES.get(K(order.kind), ()):
        rule(session, order, at)
    debit = session.get_one(Account, order.debit_id, populate_existing=True)
    if covered and not debit.overdraws and debit.balance_fen < order.amount_fen:
        raise Refused("not_enough_money", need_fen=order.amount_fen, have_fen=debit.balance_fen)
    if order.kind == K.CORRECTION and debit.kind == AccountKind.ROUND and at.round and at.round.state in VOTING:
        left = debit.balance_fen - order.amount_fen
        if left < at.round.budget_fen:  # what is being voted on is promised
            raise Refused("round_needs_money", need_fen=at.round.budget_fen, have_fen=left)


def follow(session: Session, order: Order) -> None:
    """What comes of an order by itself once it is posted: the work begins, or what was wrong counts as reversed."""
    if order.kind == K.CONTRACT:
        project = session.get_one(Project, order.project_id)
        if project.state == ProjectState.CONTRACTING:
            perform(session, SYSTEM, IMPLEMENT, project)
    if order.kind == K.CORRECTION:
        perform(session, SYSTEM, REVERSE_MONEY, wrong_one(session, order.reverses_id), facts={"by": order.id})


def wrong_one(session: Session, transfer_id: int | None) -> Order:
    """The order whose transfer a correction makes undone. Raises Refused `not_correctable`, as for an award."""
    transfer = session.get(Transfer, transfer_id) if transfer_id else None
    if transfer is None or transfer.order_id is None:
        raise Refused("not_correctable")
    return session.get_one(Order, transfer.order_id, populate_existing=True)


def _charity(session: Session, order: Order, at: Place) -> None:
    source = session.get_one(Account, order.debit_id).kind
    if source == AccountKind.FROM_DONATION and not at.fund.charity:
        raise Refused("no_charity")


def _round_runs(session: Session, order: Order, at: Place) -> None:
    if at.round is None or at.round.state in OVER:
        raise Refused("round_over")


def _round_is_over(session: Session, order: Order, at: Place) -> None:
    if at.round is None or at.round.state not in OVER:
        raise Refused("round_not_over")


def _at_work(session: Session, order: Order, at: Place) -> None:
    if at.project is None or at.project.state not in AT_WORK:
        raise Refused("project_not_at_work")


def _ended(session: Session, order: Order, at: Place) -> None:
    if at.project is None or at.project.state not in ENDED:
        raise Refused("project_still_runs")


def _accepted(session: Session, order: Order, at: Place) -> None:
    milestone = _row(session, Milestone, order.milestone_id)
    if at.project is None or milestone is None or milestone.project_id != at.project.id:
        raise Refused("missing", field="milestone")
    if milestone.state != MilestoneState.ACCEPTED:
        raise Refused("milestone_not_accepted")


def _correctable(session: Session, order: Order, at: Place) -> None:
    wrong = wrong_one(session, order.reverses_id)
    if wrong.kind == K.CORRECTION or wrong.state != OrderState.POSTED:
        raise Refused("not_correctable")


_RULES: dict[TransferKind, tuple[Callable[[Session, Order, Place], None], ...]] = {
    K.INCOME: (_charity,),
    K.APPROPRIATION: (_round_runs,),
    K.CONTRACT: (_at_work,),
    K.INSTALMENT: (_accepted,),
    K.RETURN: (_ended,),
    K.CARRY_OVER: (_round_is_over,),
    K.CORRECTION: (_correctable,),
}


def _row(session: Session, model: type[Row], number: int | None) -> Row | None:
    """The row of that number, None where none is asked for. Raises NotFound for a number that is nobody's."""
    if not number:
        return None
    found = session.get(model, number) if 0 < number < 2**31 else None
    if found is None:
        raise NotFound()
    return found
