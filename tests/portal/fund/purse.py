"""Money for the tests: a fund with a round and an awarded project, and orders that are quickly written."""

from dataclasses import dataclass, replace
from typing import Any

from sqlmodel import Session, col, select

from db.engine import reading
from db.models.fund import CostLine, Fund, Project, Round
from db.models.ledger import Account, AccountKind, Order, Transfer, TransferKind
from db.models.works import Milestone, MilestoneState
from portal import audit, clock, ledger
from portal.acts import SYSTEM, Who, thing_name
from portal.attachments import NewDocument
from portal.audit import Entry
from portal.fund import milestones, orders
from portal.fund.orders import Typed
from tests.fixtures.fund import FundPeople, add_fund, add_round
from tests.portal.cases.steps import do

PROOF = NewDocument(b"%PDF-1.4\n%%EOF\n", "发票")
_keys = iter(range(1_000_000))


@dataclass
class Purse:
    """A fund with 100,000 yuan, of which a finished round was given 50,000 and its project 20,000."""

    funders: FundPeople
    fund_id: int
    round_id: int
    project_id: int
    line_ids: list[int]

    def typed(self, kind: str, amount: str = "100", **changes: Any) -> Typed:
        """A sound order of that kind."""
        common = Typed(key=f"k{next(_keys)}", kind=kind, amount=amount, purpose="用途")
        own: dict[str, dict[str, Any]] = {
            "income": {"fund_id": self.fund_id, "source": "allocation", "received_on": today(), "voucher": "S-1"},
            "appropriation": {"round_id": self.round_id},
            "carry_over": {"round_id": self.round_id},
            "contract": {"project_id": self.project_id, "payee": "安宁绿化有限公司", "voucher": "HT-1"},
            "instalment": {"project_id": self.project_id, "payee": "安宁绿化有限公司", "documents": [PROOF],
                           "splits": [(self.line_ids[0], amount)]},
            "refund": {"project_id": self.project_id, "splits": [(self.line_ids[0], amount)]},
        }  # fmt: skip
        chosen = own.get(kind, {"project_id": self.project_id})
        return replace(common, **(chosen | changes))

    def propose(self, kind: str, amount: str = "100", who: Who | None = None, **changes: Any) -> int:
        return int(do(orders.propose, who or self.funders.finance, self.typed(kind, amount, **changes)))

    def approve(self, order_id: int, who: Who | None = None) -> None:
        do(orders.approve, who or self.funders.other_finance, order_id)

    def post(self, kind: str, amount: str = "100", **changes: Any) -> int:
        """Proposed by one and approved by the other; the number of the order."""
        order_id = self.propose(kind, amount, **changes)
        self.approve(order_id)
        return order_id

    def correct(self, order_id: int) -> int:
        """The number of a correction of that order, which waits."""
        return self.propose("correction", reverses_id=transfer_of(order_id).id)

    def has(self, owner: str, kind: AccountKind) -> int:
        with reading() as session:
            return ledger.balances(session, owner).get((owner, kind), 0)

    @property
    def standing(self) -> tuple[int, int, int]:
        """What of the project's money is free, committed and paid, in fen."""
        owner = f"project:{self.project_id}"
        return tuple(self.has(owner, kind) for kind in (AccountKind.FREE, AccountKind.COMMITTED, AccountKind.PAID))  # type: ignore[return-value]

    def milestone(self, state: str = MilestoneState.ACCEPTED, planned_fen: int = 0) -> int:
        """One more step of the project."""
        with audit.transaction() as session:
            position = len(session.exec(select(Milestone).where(Milestone.project_id == self.project_id)).all()) + 1
            row = Milestone(
                project_id=self.project_id, area_path=session.get_one(Project, self.project_id).area_path,
                position=position, title=f"第 {position} 步", due_on=today(), state=state, planned_fen=planned_fen,
            )  # fmt: skip
            session.add(row)
            session.flush()
            tell_chain(session, row, milestones.facts(row))
            return row.id or 0

    def set_state(self, model: type[Project] | type[Round], state: str) -> None:
        with audit.transaction() as session:
            row = session.get_one(model, self.project_id if model is Project else self.round_id)
            row.state = state
            session.add(row)
            tell_chain(session, row)


def tell_chain(session: Session, row: Any, facts: dict[str, Any] | None = None) -> None:
    """What the chain would say of a row that is put where a test needs it."""
    audit.leave(
        session, Entry("test.put", thing_name(row), "system", None, True, to_state=row.state, facts=facts or {})
    )


def today() -> Any:
    return clock.day_of(clock.now())


def purse(funders: FundPeople, **columns: Any) -> Purse:
    """The money comes by orders and an award, as in life; the project is in its contracting state."""
    with audit.transaction() as session:
        fund = add_fund(session, charity="安宁市慈善会")
        row, (project,) = add_round(
            session, fund, "finished", costs=[2_000_000], project_state="contracting", **columns
        )
        session.add(
            CostLine(project_id=project.id or 0, position=2, what="树苗", unit="棵", unit_fen=100, quantity=1_000,
                     amount_fen=100)
        )  # fmt: skip
        session.flush()
        lines = session.exec(select(CostLine.id).where(CostLine.project_id == project.id).order_by(col(CostLine.id)))
        found = Purse(funders, fund.id or 0, row.id or 0, project.id or 0, [n or 0 for n in lines])
    found.set_state(Round, "publishing")
    found.post("income", "100000")
    found.post("appropriation", "50000")
    found.set_state(Round, "finished")
    with audit.transaction() as session:
        award(session, session.get_one(Fund, found.fund_id), session.get_one(Round, found.round_id), project)
    return found


def award(session: Session, fund: Fund, row: Round, project: Project) -> None:
    """What the vote gives a project: its cost."""
    pool = ledger.account(session, f"round:{row.id}", AccountKind.ROUND)
    free = ledger.account(session, f"project:{project.id}", AccountKind.FREE)
    ledger.post(
        session, SYSTEM, row, TransferKind.AWARD, ledger.Books(fund.id or 0, row.id, project.id),
        debit=pool.id or 0, credit=free.id or 0, amount_fen=project.cost_fen,
    )  # fmt: skip


def order(order_id: int) -> Order:
    """The row as it stands."""
    with reading() as session:
        return session.get_one(Order, order_id)


def transfer_of(order_id: int) -> Transfer:
    with reading() as session:
        return session.exec(select(Transfer).where(Transfer.order_id == order_id)).one()


def transfers() -> int:
    with reading() as session:
        return len(session.exec(select(Transfer.id)).all())


def every_balance() -> dict[str, int]:
    """All accounts by owner/kind."""
    with reading() as session:
        return {f"{row.owner}/{row.kind}": row.balance_fen for row in session.exec(select(Account))}
