"""The ledger: accounts, transfers that only ever grow in number, and the orders that two people must agree to.

Money is in fen everywhere. A transfer is a whole double entry in one row: what its debit account gives up, its credit
account receives, so that the sum over all accounts is zero at every moment.
"""

from datetime import UTC, date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from db.types import PathText


def utc_now() -> datetime:
    return datetime.now(UTC)


class AccountKind(StrEnum):
    """What an account holds. The sources are the world outside and go below zero by what came from them."""

    FROM_ALLOCATION = "from_allocation"
    FROM_DONATION = "from_donation"
    FROM_SPONSOR = "from_sponsor"
    FUND = "fund"
    """A fund's money that no round has been given yet."""
    ROUND = "round"
    """A round's money that no project has been awarded yet."""
    FREE = "free"
    """A project's award that no contract has bound yet."""
    COMMITTED = "committed"
    """Bound by a contract and not paid yet."""
    PAID = "paid"
    """Paid out, less what came back."""


class TransferKind(StrEnum):
    """Why money moved."""

    INCOME = "income"
    APPROPRIATION = "appropriation"
    AWARD = "award"
    CONTRACT = "contract"
    INSTALMENT = "instalment"
    REFUND = "refund"
    """A payee gave money back: from paid to free."""
    RELEASE = "release"
    """A contract ended before all of it was paid: from committed to free."""
    RETURN = "return"
    """What a project does not need any more goes back to its round or fund."""
    CARRY_OVER = "carry_over"
    """What a finished round has left goes back to its fund."""
    CORRECTION = "correction"
    """The mirror image of a transfer that was wrong."""


class OrderState(StrEnum):
    PROPOSED = "proposed"
    POSTED = "posted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    REVERSED = "reversed"
    """Posted, and later made undone by a correction."""


class Account(SQLModel, table=True):
    """Money of one kind that belongs to a fund, a round or a project. Its balance is credits less debits."""

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("owner", "kind", name="account_once"),
        CheckConstraint("overdraws OR balance_fen >= 0", name="not_overdrawn"),
        CheckConstraint(
            "NOT overdraws OR kind IN ('from_allocation', 'from_donation', 'from_sponsor')",
            name="only_sources_overdraw",
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    owner: str
    """`fund:3`, `round:7` or `project:12`."""
    kind: str
    overdraws: bool = False
    balance_fen: int = Field(default=0, sa_type=BigInteger)
    moved_by: int = 0
    """The transfer that moved the balance last. No foreign key: the transfer points here. A trigger asks for it."""


class Transfer(SQLModel, table=True):
    """Money that moved. Never changed and never deleted: triggers on both databases, and the audit chain holds it."""

    __tablename__ = "transfer"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("debit_id <> credit_id", name="two_sides"),
        CheckConstraint("(kind = 'correction') = (reverses_id IS NOT NULL)", name="correction_of_something"),
        CheckConstraint("kind = 'award' OR order_id IS NOT NULL", name="ordered"),
        Index(
            "one_award", "project_id", unique=True,
            sqlite_where=text("kind = 'award'"), postgresql_where=text("kind = 'award'"),
        ),
        Index("transfer_of_fund", "fund_id", "id"),
        Index("transfer_of_round", "round_id", "id"),
        Index("transfer_of_project", "project_id", "id"),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    debit_id: int = Field(foreign_key="account.id", index=True)
    """Gives the money up."""
    credit_id: int = Field(foreign_key="account.id", index=True)
    """Receives it."""
    amount_fen: int = Field(sa_type=BigInteger)
    order_id: int | None = Field(default=None, foreign_key="money_order.id", unique=True)
    """The order that two people agreed to; None for an award, which the vote decided."""
    reverses_id: int | None = Field(default=None, foreign_key="transfer.id", unique=True)
    fund_id: int = Field(foreign_key="fund.id")
    round_id: int | None = Field(default=None, foreign_key="round.id")
    project_id: int | None = Field(default=None, foreign_key="project.id")
    at: datetime = Field(default_factory=utc_now)


class Order(SQLModel, table=True):
    """That money shall move, as one person proposes and another approves. `kind` is that of the transfer."""

    __tablename__ = "money_order"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="order_amount_positive"),
        CheckConstraint("decided_by IS NULL OR decided_by <> author_id", name="two_people"),
        CheckConstraint("state NOT IN ('posted', 'reversed') OR decided_by IS NOT NULL", name="approved_by_somebody"),
        Index(
            "one_instalment", "milestone_id", unique=True,
            sqlite_where=text("kind = 'instalment' AND state IN ('proposed', 'posted')"),
            postgresql_where=text("kind = 'instalment' AND state IN ('proposed', 'posted')"),
        ),
        Index(
            "one_correction", "reverses_id", unique=True,
            sqlite_where=text("reverses_id IS NOT NULL AND state IN ('proposed', 'posted')"),
            postgresql_where=text("reverses_id IS NOT NULL AND state IN ('proposed', 'posted')"),
        ),
        Index(
            "order_waiting", "area_path", "id",
            sqlite_where=text("state = 'proposed'"), postgresql_where=text("state = 'proposed'"),
        ),
        Index("order_of_project", "project_id", "id"),
        Index("order_of_fund", "fund_id", "id"),
        Index("order_of_kind", "fund_id", "kind", "id"),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    """Made when the form was opened: sending the form twice makes one order."""
    kind: str
    state: str = OrderState.PROPOSED
    fund_id: int = Field(foreign_key="fund.id")
    round_id: int | None = Field(default=None, foreign_key="round.id")
    project_id: int | None = Field(default=None, foreign_key="project.id")
    milestone_id: int | None = Field(default=None, foreign_key="milestone.id")
    area_path: str = Field(sa_type=PathText)
    debit_id: int = Field(foreign_key="account.id")
    credit_id: int = Field(foreign_key="account.id")
    amount_fen: int = Field(sa_type=BigInteger)
    reverses_id: int | None = None
    """The transfer that a correction makes undone. No foreign key: the transfer of the correction has it."""
    purpose: str
    """Why, in words that anyone may read; no names."""
    received_on: date | None = None
    """Income: when the money was on the bank account. Payments: when it went out."""
    charity: str = ""
    """Income by donation: the qualified charity that holds the money."""
    voucher: str = ""
    """Receipt, invoice, contract or bank slip number."""
    payee: str = ""
    """The contractor or shop that is paid; an organization, public. A natural person stands in `payee_sealed`."""
    payee_sealed: str | None = None
    donor_sealed: str | None = None
    """The donor's or sponsor's name, encrypted."""
    donor_shown: str = ""
    """The name as the public reads it: only with consent, else empty."""
    author_id: int = Field(foreign_key="person.id")
    proposed_at: datetime = Field(default_factory=utc_now)
    decided_by: int | None = Field(default=None, foreign_key="person.id")
    decided_at: datetime | None = None
    version: int = 0


class Spending(SQLModel, table=True):
    """Which part of an instalment, or of a refund, belongs to which line of the project's costs."""

    __tablename__ = "spending"
    __table_args__ = (CheckConstraint("amount_fen > 0", name="spending_positive"),)

    order_id: int = Field(primary_key=True, foreign_key="money_order.id")
    line_id: int = Field(primary_key=True, foreign_key="cost_line.id", index=True)
    amount_fen: int = Field(sa_type=BigInteger)
