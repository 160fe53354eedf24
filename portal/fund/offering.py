"""What a form for an order offers: only what money can move for now, each with what there is."""

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from db.models.fund import CostLine, Fund, Project, Round
from db.models.ledger import AccountKind, Order, OrderState, TransferKind
from db.models.works import Milestone, MilestoneState
from portal import ledger, limits
from portal.acts import Who, demand
from portal.fund import moves
from portal.fund.acts import PROPOSE_MONEY
from portal.fund.funded import AWARDED, in_areas

K, A = TransferKind, AccountKind
SHOWN = limits.BULK_ROWS
_PURSE = {
    K.CONTRACT: A.FREE, K.INSTALMENT: A.COMMITTED, K.REFUND: A.PAID, K.RELEASE: A.COMMITTED, K.RETURN: A.FREE,
}  # fmt: skip
"""Which account of a project gives."""
_STATES = {K.CONTRACT: moves.AT_WORK, K.RETURN: moves.ENDED}


@dataclass(frozen=True)
class Target:
    """A fund, round, project or milestone that an order can be about."""

    id: int
    name: str
    have_fen: int
    """What is on the account that gives."""
    about: str = ""
    """What it belongs to."""
    suggested_fen: int = 0
    """What is probably meant: as planned, or all of it."""
    project_id: int = 0
    charity: str = ""
    """Of a fund: the qualified charity that may take donations for it."""


@dataclass(frozen=True)
class CostPart:
    """A line of a project's costs to which a payment may belong."""

    id: int
    what: str
    planned_fen: int


def targets(session: Session, who: Who, kind: str) -> list[Target]:
    """What an order of that kind can be about, the newest first, 300 at most; empty where there is nothing.

    Raises Forbidden for whoever proposes no money anywhere.
    """
    if kind in (K.INCOME, K.APPROPRIATION, K.CARRY_OVER):
        return {K.INCOME: _funds, K.APPROPRIATION: _running, K.CARRY_OVER: _over}[K(kind)](session, who)
    if kind == K.INSTALMENT:
        return _milestones(session, who)
    found = _with_money(session, _projects(session, who, K(kind)), _PURSE[K(kind)])
    return [target for target in found if target.have_fen > 0]


def cost_parts(session: Session, who: Who, project_id: int) -> list[CostPart]:
    """The lines of a project's costs, in their order. Raises NotFound, Forbidden."""
    project = moves.place(session, 0, None, project_id).project
    demand(who, PROPOSE_MONEY, project)
    rows = session.exec(select(CostLine).where(CostLine.project_id == project_id).order_by(col(CostLine.position)))
    return [
        CostPart(row.id or 0, row.what, row.amount_fen if row.costed_fen is None else row.costed_fen) for row in rows
    ]


def last_payee(session: Session, who: Who, project_id: int) -> str:
    """The organization that the newest contract or payment of a project names: probably the same again."""
    project = moves.place(session, 0, None, project_id).project
    demand(who, PROPOSE_MONEY, project)
    query = select(Order.payee).where(Order.project_id == project_id, Order.payee != "")
    return session.exec(query.order_by(col(Order.id).desc()).limit(1)).first() or ""


def _mine(who: Who, path: Any) -> Any:
    return in_areas(who, path, *PROPOSE_MONEY.who)


def _funds(session: Session, who: Who) -> list[Target]:
    query = select(Fund).where(_mine(who, col(Fund.area_path))).order_by(col(Fund.id).desc())
    rows = session.exec(query.limit(SHOWN)).all()
    have = ledger.balances(session, *(f"fund:{row.id}" for row in rows))
    return [Target(row.id or 0, row.name, have.get((f"fund:{row.id}", A.FUND), 0), charity=row.charity) for row in rows]


def _running(session: Session, who: Who) -> list[Target]:
    """Rounds that can be given money; what there is, is their fund's. What they still lack is suggested."""
    rows = _rounds(session, who, col(Fund.area_path), col(Round.state).not_in(moves.OVER))
    have = ledger.balances(session, *(f"fund:{fund.id}" for _, fund in rows), *(f"round:{row.id}" for row, _ in rows))
    return [
        Target(
            row.id or 0,
            row.name,
            have.get((f"fund:{fund.id}", A.FUND), 0),
            fund.name,
            max(row.budget_fen - have.get((f"round:{row.id}", A.ROUND), 0), 0),
        )
        for row, fund in rows
    ]


def _over(session: Session, who: Who) -> list[Target]:
    rows = _rounds(session, who, col(Round.area_path), col(Round.state).in_(moves.OVER))
    have = ledger.balances(session, *(f"round:{row.id}" for row, _ in rows))
    left = {row.id: have.get((f"round:{row.id}", A.ROUND), 0) for row, _ in rows}
    return [
        Target(row.id or 0, row.name, left[row.id], fund.name, left[row.id]) for row, fund in rows if left[row.id] > 0
    ]


def _rounds(session: Session, who: Who, path: Any, state: Any) -> list[tuple[Round, Fund]]:
    query = select(Round, Fund).join(Fund, col(Fund.id) == col(Round.fund_id)).where(_mine(who, path), state)
    return list(session.exec(query.order_by(col(Round.id).desc()).limit(SHOWN)).all())


def _projects(session: Session, who: Who, kind: TransferKind) -> list[Project]:
    """Projects in a state in which they may have money, of the newest rounds of one's areas."""
    rounds = select(Round.id).where(_mine(who, col(Round.area_path))).order_by(col(Round.id).desc()).limit(SHOWN)
    states = _STATES.get(kind, AWARDED)
    query = select(Project).where(col(Project.round_id).in_(session.exec(rounds).all()), col(Project.state).in_(states))
    return list(session.exec(query.order_by(col(Project.id).desc()).limit(SHOWN)))


def _with_money(session: Session, projects: list[Project], purse: AccountKind) -> list[Target]:
    have = ledger.balances(session, *(f"project:{project.id}" for project in projects))
    rounds = dict(
        session.exec(select(Round.id, Round.name).where(col(Round.id).in_({p.round_id for p in projects}))).all()
    )
    return [
        Target(
            project.id or 0,
            project.title,
            fen := have.get((f"project:{project.id}", purse), 0),
            rounds.get(project.round_id, ""),
            0 if purse is A.PAID else fen,
            project.id or 0,
        )
        for project in projects
    ]


def _milestones(session: Session, who: Who) -> list[Target]:
    """Accepted milestones that nobody has ordered a payment for, of projects that have money bound."""
    projects = {
        target.id: target for target in _with_money(session, _projects(session, who, K.INSTALMENT), A.COMMITTED)
    }
    wanted = [number for number, target in projects.items() if target.have_fen > 0]
    ordered = select(Order.milestone_id).where(
        Order.kind == K.INSTALMENT,
        col(Order.state).in_([OrderState.PROPOSED, OrderState.POSTED]),
        col(Order.milestone_id) == col(Milestone.id),
    )
    accepted = select(Milestone).where(
        col(Milestone.project_id).in_(wanted), Milestone.state == MilestoneState.ACCEPTED, ~ordered.exists()
    )
    rows = session.exec(accepted.order_by(col(Milestone.project_id).desc(), col(Milestone.position)).limit(SHOWN))
    return [
        Target(
            row.id or 0,
            row.title,
            projects[row.project_id].have_fen,
            projects[row.project_id].name,
            row.planned_fen,
            row.project_id,
        )
        for row in rows
    ]
