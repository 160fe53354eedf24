"""The public books: what a fund, a round or a project has, read off the accounts of the ledger in one statement.

A statement sees one moment on both databases, so that appropriated = committed + paid + free holds in whatever it
finds, however much money moves meanwhile. Nothing here adds up transfers: the cost does not grow with their number.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, String, case, cast, func, literal, literal_column, union_all
from sqlmodel import Session, col, select

from db.models.fund import CostLine, Fund, Phase, Project, Round
from db.models.ledger import Account, AccountKind, Order, OrderState, Spending, Transfer, TransferKind
from portal import ledger, limits
from portal.acts import Who
from portal.errors import NotFound
from portal.fund import funded

K = AccountKind
Query = Any
"""A SELECT of (owner, kind, fen)."""
T = TypeVar("T", Fund, Round)
ROUNDS_SHOWN = 50
FUNDS_SHOWN = 100


@dataclass(frozen=True)
class Money:
    """What somebody was given, and where it is now. In fen."""

    committed_fen: int = 0
    """Bound by contracts and not paid yet."""
    paid_fen: int = 0
    free_fen: int = 0

    @property
    def appropriated_fen(self) -> int:
        """What was given, less what went back: the sum of the other three, since money never vanishes."""
        return self.committed_fen + self.paid_fen + self.free_fen


@dataclass(frozen=True)
class Part:
    """The money of a round of a fund, or of a project of a round."""

    id: int
    title: str
    state: str
    money: Money
    number: int | None = None


@dataclass(frozen=True)
class FundBooks:
    """All money of a fund: what came in by source = what no round has been given + what rounds have."""

    id: int
    name: str
    area_path: str
    charity: str
    charity_code: str
    income: tuple[tuple[str, int], ...]
    """(account kind of the source, fen)."""
    free_fen: int
    in_rounds_fen: int
    rounds: tuple[Part, ...]
    """The newest `ROUNDS_SHOWN`."""
    waiting: int
    """Orders that nobody has approved yet."""

    @property
    def income_fen(self) -> int:
        return sum(fen for _, fen in self.income)


@dataclass(frozen=True)
class RoundBooks:
    """All money of a round; what no project was awarded is a part of what is free."""

    id: int
    name: str
    state: str
    fund_id: int
    fund_name: str
    budget_fen: int
    returns_to: str
    money: Money
    unawarded_fen: int
    projects: tuple[Part, ...]
    waiting: int


@dataclass(frozen=True)
class Line:
    """One line of a project's costs: what was to be spent, and what was."""

    id: int
    what: str
    budget_fen: int
    """As the experts see it; as proposed where they did not look."""
    spent_fen: int
    """Paid less refunded."""


@dataclass(frozen=True)
class ProjectBooks:
    """All money of a project."""

    id: int
    title: str
    state: str
    round_id: int
    round_name: str
    fund_id: int
    fund_name: str
    award_fen: int
    """What the vote gave it; the rest of it, if any, went back."""
    money: Money
    lines: tuple[Line, ...]
    waiting: int

    @property
    def returned_fen(self) -> int:
        return self.award_fen - self.money.appropriated_fen


def funds(session: Session, who: Who) -> tuple[tuple[int, str], ...]:
    """(id, name) of the funds, in the order of their areas."""
    rows = session.exec(select(Fund.id, Fund.name).order_by(col(Fund.area_path), col(Fund.id)).limit(FUNDS_SHOWN))
    return tuple((number or 0, name) for number, name in rows)


def of_fund(session: Session, who: Who, fund_id: int) -> FundBooks:
    """The books of a fund. Raises NotFound."""
    fund = _get(session, Fund, fund_id)
    newest = select(Round.id).where(Round.fund_id == fund_id, *_known()).order_by(col(Round.id).desc())
    shown = [number or 0 for number in session.exec(newest.limit(ROUNDS_SHOWN))]
    own = _own(f"fund:{fund_id}")
    found = _by_owner(session, own, _rounds(shown), _projects_by_round(shown))
    mine = found.get(f"fund:{fund_id}", {})
    income = tuple((str(kind), -mine[kind]) for kind in ledger.SOURCES if mine.get(kind))
    free = mine.get(K.FUND, 0)
    return FundBooks(
        id=fund_id, name=fund.name, area_path=fund.area_path, charity=fund.charity, charity_code=fund.charity_code,
        income=income, free_fen=free, in_rounds_fen=sum(fen for _, fen in income) - free,
        rounds=_parts_of_rounds(session, shown, found), waiting=_waiting(session, col(Order.fund_id) == fund_id),
    )  # fmt: skip


def of_round(session: Session, who: Who, round_id: int) -> RoundBooks:
    """The books of a round. Raises NotFound, also while it is being drafted."""
    row = _get(session, Round, round_id)
    if row.state == Phase.DRAFTING:
        raise NotFound()
    found = _by_owner(session, _own(f"round:{round_id}"), _projects_of(round_id))
    pool = found.pop(f"round:{round_id}", {}).get(K.ROUND, 0)
    projects = _parts_of_projects(session, round_id, found)
    return RoundBooks(
        id=round_id, name=row.name, state=row.state, fund_id=row.fund_id, fund_name=_fund_name(session, row.fund_id),
        budget_fen=row.budget_fen, returns_to=row.returns_to, money=_sum(pool, (part.money for part in projects)),
        unawarded_fen=pool, projects=projects, waiting=_waiting(session, col(Order.round_id) == round_id),
    )  # fmt: skip


def of_project(session: Session, who: Who, project_id: int) -> ProjectBooks:
    """The books of a project that the vote gave money. Raises NotFound."""
    project = funded.one(session, who, project_id)
    row = session.get_one(Round, project.round_id)
    found = _by_owner(session, _own(funded.owner(project_id)), _spent(project_id))
    mine, spent = found.get(funded.owner(project_id), {}), found.get("lines", {})
    query = select(CostLine).where(CostLine.project_id == project_id).order_by(col(CostLine.position))
    award = select(Transfer.amount_fen).where(
        Transfer.project_id == project_id, col(Transfer.kind) == literal_column(f"'{TransferKind.AWARD}'")
    )
    return ProjectBooks(
        id=project_id, title=project.title, state=project.state, round_id=project.round_id, round_name=row.name,
        fund_id=row.fund_id, fund_name=_fund_name(session, row.fund_id), award_fen=session.scalar(award) or 0,
        money=_money(mine), lines=tuple(_line(line, spent) for line in session.exec(query)),
        waiting=_waiting(session, col(Order.project_id) == project_id),
    )  # fmt: skip


def moneys(session: Session, who: Who, project_ids: Iterable[int]) -> dict[int, Money]:
    """The money of each of these projects, for a list of them."""
    owners = {funded.owner(number): number for number in project_ids}
    found: dict[int, dict[str, int]] = {}
    for (owner, kind), fen in ledger.balances(session, *owners).items():
        found.setdefault(owners[owner], {})[kind] = fen
    return {number: _money(found.get(number, {})) for number in owners.values()}


def _by_owner(session: Session, *queries: Query) -> dict[str, dict[str, int]]:
    """What these queries of (owner, kind, fen) find at one moment."""
    found: dict[str, dict[str, int]] = {}
    for owner, kind, fen in session.execute(union_all(*queries)):
        found.setdefault(owner, {})[kind] = int(fen)
    return found


def _own(owner: str) -> Query:
    return _accounts().where(col(Account.owner) == owner)


def _accounts() -> Query:
    return select(
        col(Account.owner).label("owner"), col(Account.kind).label("kind"), col(Account.balance_fen).label("fen")
    )


def _rounds(round_ids: list[int]) -> Query:
    return _accounts().where(col(Account.owner).in_([f"round:{number}" for number in round_ids]))


def _projects_of(round_id: int) -> Query:
    return _accounts().join(Project, col(Account.owner) == _owner_of_project()).where(*_funded([round_id]))


def _projects_by_round(round_ids: list[int]) -> Query:
    """The accounts of all projects of each round, added up by kind, under the owner `projects:<round>`."""
    owner = literal("projects:") + cast(Project.round_id, String)
    joined = select(owner, Account.kind, func.sum(Account.balance_fen)).join(
        Project, col(Account.owner) == _owner_of_project()
    )
    return joined.where(*_funded(round_ids)).group_by(col(Project.round_id), col(Account.kind))


def _spent(project_id: int) -> Query:
    """What was paid less what came back, by cost line, under the owner `lines`."""
    signed = case((col(Order.kind) == TransferKind.REFUND, -col(Spending.amount_fen)), else_=col(Spending.amount_fen))
    joined = select(literal("lines"), cast(Spending.line_id, String), func.sum(signed)).join(
        Order, col(Order.id) == col(Spending.order_id)
    )
    of = (col(Order.project_id) == project_id, col(Order.state) == OrderState.POSTED)
    return joined.where(*of).group_by(col(Spending.line_id))


def _owner_of_project() -> ColumnElement[str]:
    return literal("project:") + cast(Project.id, String)


def _funded(round_ids: list[int]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(Project.round_id).in_(round_ids), col(Project.state).in_(funded.AWARDED)


def _parts_of_rounds(session: Session, ids: list[int], found: dict[str, dict[str, int]]) -> tuple[Part, ...]:
    rows = session.exec(select(Round).where(col(Round.id).in_(ids)).order_by(col(Round.id).desc()))
    return tuple(
        Part(
            row.id or 0, row.name, row.state,
            _sum(found.get(f"round:{row.id}", {}).get(K.ROUND, 0), [_money(found.get(f"projects:{row.id}", {}))]),
        )
        for row in rows
    )  # fmt: skip


def _parts_of_projects(session: Session, round_id: int, found: dict[str, dict[str, int]]) -> tuple[Part, ...]:
    """The projects of a round that have accounts, by ballot number."""
    columns = select(Project.id, Project.title, Project.state, Project.number)
    rows = session.exec(columns.where(*_funded([round_id])).order_by(col(Project.number), col(Project.id)))
    return tuple(
        Part(number or 0, title, state, _money(found[funded.owner(number or 0)]), on_ballot)
        for number, title, state, on_ballot in rows
        if funded.owner(number or 0) in found
    )


def _money(balances: dict[str, int]) -> Money:
    return Money(balances.get(K.COMMITTED, 0), balances.get(K.PAID, 0), balances.get(K.FREE, 0))


def _sum(pool: int, moneys: Iterable[Money]) -> Money:
    found = list(moneys)
    return Money(
        sum(money.committed_fen for money in found), sum(money.paid_fen for money in found),
        pool + sum(money.free_fen for money in found),
    )  # fmt: skip


def _line(line: CostLine, spent: dict[str, int]) -> Line:
    budget = line.amount_fen if line.costed_fen is None else line.costed_fen
    return Line(line.id or 0, line.what, budget, spent.get(str(line.id), 0))


def _waiting(session: Session, of: ColumnElement[bool]) -> int:
    """How many orders wait for their second signature; written out, so that the partial index is used."""
    some = select(Order.id).where(col(Order.state) == literal_column("'proposed'"), of).limit(limits.COUNT_ROWS)
    return session.scalar(select(func.count()).select_from(some.subquery())) or 0


def _known() -> tuple[ColumnElement[bool]]:
    return (col(Round.state) != Phase.DRAFTING,)


def _fund_name(session: Session, fund_id: int) -> str:
    return session.get_one(Fund, fund_id).name


def _get(session: Session, model: type[T], number: int) -> T:
    row = session.get(model, number) if 0 < number < 2**31 else None
    if row is None:
        raise NotFound()
    return row
