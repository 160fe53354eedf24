"""The community fund: funds, rounds with their rules and dates, and the projects that are proposed in them."""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from db.types import PathText


def utc_now() -> datetime:
    return datetime.now(UTC)


class Phase(StrEnum):
    """The states of a round, in their order; `cancelled` stands beside them."""

    DRAFTING = "drafting"
    INFORMING = "informing"
    ACCEPTING = "accepting"
    REVIEWING = "reviewing"
    VALUATING = "valuating"
    DELIBERATING = "deliberating"
    PUBLISHING = "publishing"
    BALLOTING = "balloting"
    REVIEWING_BALLOTS = "reviewing_ballots"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class ProjectState(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    ELIGIBLE = "eligible"
    """Within the round's lists; not costed yet."""
    INELIGIBLE = "ineligible"
    FEASIBLE = "feasible"
    UNFEASIBLE = "unfeasible"
    ON_BALLOT = "on_ballot"
    FUNDED = "funded"
    NOT_FUNDED = "not_funded"
    CONTRACTING = "contracting"
    IMPLEMENTING = "implementing"
    SUSPENDED = "suspended"
    ACCEPTED = "accepted"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class ProjectKind(StrEnum):
    """What a project is about; price caps and statistics go by it."""

    GREEN = "green"
    FACILITY = "facility"
    ELDERLY = "elderly"
    CHILDREN = "children"
    CULTURE = "culture"
    SAFETY = "safety"
    SUPPORT = "support"
    OTHER = "other"


class BallotType(StrEnum):
    APPROVAL = "approval"
    POINTS = "points"
    RANKING = "ranking"
    ONE = "one"


class Fund(SQLModel, table=True):
    """A purse of a community. Donations are off where no qualified charity holds them."""

    __tablename__ = "fund"

    id: int | None = Field(default=None, primary_key=True)
    name: str
    about: str = ""
    area_id: int = Field(foreign_key="area.id")
    area_path: str = Field(index=True, sa_type=PathText)
    charity: str = ""
    charity_code: str = ""
    """Its unified social credit code."""
    created_at: datetime = Field(default_factory=utc_now)
    version: int = 0


class Round(SQLModel, table=True):
    """One year's, or one season's, decision of what a fund pays for. Its rules are locked when voting opens."""

    __tablename__ = "round"
    __table_args__ = (
        CheckConstraint("budget_fen >= 0", name="budget_not_negative"),
        CheckConstraint(
            "state NOT IN ('balloting', 'reviewing_ballots', 'finished') OR (locked_at IS NOT NULL AND seed <> '')",
            name="locked_before_voting",
        ),
        Index("round_of_area", "area_path", "id"),
        Index("round_next", "next_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    fund_id: int = Field(foreign_key="fund.id", index=True)
    area_id: int = Field(foreign_key="area.id")
    area_path: str = Field(sa_type=PathText)
    name: str
    about: str = ""
    state: str = Phase.DRAFTING
    budget_fen: int = Field(default=0, sa_type=BigInteger)
    next_at: datetime | None = None
    """When the next phase is due by the plan; None: there is none, or it is not planned."""
    allowed: list[str] = Field(default_factory=list, sa_type=JSON)
    excluded: list[str] = Field(default_factory=list, sa_type=JSON)
    """What a project may be, and what it must not be: one sentence each."""
    caps: dict[str, int] = Field(default_factory=dict, sa_type=JSON)
    """The highest cost in fen by kind of project; a kind that is missing has only the budget as its cap."""
    least_fen: int = Field(default=0, sa_type=BigInteger)
    """A project costs at least so much."""
    ballot_type: str = BallotType.APPROVAL
    min_choices: int = 1
    max_choices: int = 5
    points: int = 0
    """Ballots of points: how many each voter gives away in all."""
    scores: list[int] = Field(default_factory=list, sa_type=JSON)
    """Ranked ballots: what the first, second, … choice is worth."""
    paper: bool = True
    """Whether ballots on paper are taken too."""
    rule: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    """The counting rule, every switch: `portal.fund.counting.Rule.printed()`."""
    returns_to: str = "round"
    """Where the money of a stopped project goes: `round` or `fund`."""
    locked_at: datetime | None = None
    locked_hash: str = ""
    """SHA-256 of the canonical rules and the ballot when voting opened; in the audit chain too."""
    seed: str = ""
    """Breaks ties by lot: the head of the audit chain when voting opened."""
    created_by: int | None = None
    created_at: datetime = Field(default_factory=utc_now)
    updated_at: datetime = Field(default_factory=utc_now)
    version: int = 0


class PhasePlan(SQLModel, table=True):
    """When a phase of a round is to begin, and when it did."""

    __tablename__ = "phase_plan"

    round_id: int = Field(primary_key=True, foreign_key="round.id")
    phase: str = Field(primary_key=True)
    starts_at: datetime
    entered_at: datetime | None = None
    told_at: datetime | None = None
    """When the staff were told that its day had come and something was missing."""


class Project(SQLModel, table=True):
    """A proposal and, once it is funded, what becomes of it. `area_path` is that of its round: rights go by it."""

    __tablename__ = "project"
    __table_args__ = (
        UniqueConstraint("round_id", "number", name="ballot_number"),
        CheckConstraint("cost_fen >= 0", name="cost_not_negative"),
        CheckConstraint(
            "state NOT IN ('on_ballot', 'funded', 'not_funded') OR number IS NOT NULL", name="on_ballot_numbered"
        ),
        Index("project_of_round", "round_id", "state", "id"),
        Index("project_of_case", "case_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    round_id: int = Field(foreign_key="round.id")
    area_path: str = Field(sa_type=PathText)
    state: str = ProjectState.SUBMITTED
    number: int | None = None
    """On the ballot."""
    kind: str = ProjectKind.OTHER
    title: str
    need: str = ""
    beneficiaries: str = ""
    place: str = ""
    cell_id: int | None = Field(default=None, foreign_key="area.id")
    lon: float | None = None
    lat: float | None = None
    proposer_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    organization: str = ""
    """The social organization in whose name it is proposed; empty: a resident proposes."""
    lead_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    """Who reports on the work of a funded project."""
    case_id: int | None = Field(default=None, foreign_key="cases.id")
    """The wish it grew out of."""
    cost_fen: int = Field(default=0, sa_type=BigInteger)
    """The sum of its cost lines: as proposed, then as costed."""
    typed_lines: list[list[str]] = Field(default_factory=list, sa_type=JSON)
    """Its cost lines as the proposer typed them (what, unit, unit price, quantity): a draft may be half done."""
    broken_rule: str = ""
    """Which rule it broke: `excluded:2`, `cap`, `least`, `area`, `budget`."""
    valuation: str = ""
    """What the experts say to its cost."""
    deliberation: str = ""
    """What the deliberation of the residents came to."""
    submitted_at: datetime | None = None
    """When it was last handed in. None for a draft, and for one that was withdrawn before anybody screened it."""
    late_told_on: date | None = None
    version: int = 0
    created_at: datetime = Field(default_factory=utc_now)
    updated_at: datetime = Field(default_factory=utc_now)

    @property
    def person_id(self) -> int | None:
        """Whose it is: the roles `self` and `…_for_others` read it like any other row's."""
        return self.proposer_id


class CostLine(SQLModel, table=True):
    """One line of a project's costs: unit price by quantity, as proposed and as the experts see it."""

    __tablename__ = "cost_line"
    __table_args__ = (
        CheckConstraint("amount_fen > 0 AND unit_fen > 0 AND quantity > 0", name="line_positive"),
        CheckConstraint("costed_fen IS NULL OR costed_fen >= 0", name="costed_not_negative"),
    )

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id", index=True)
    position: int
    what: str
    unit: str = ""
    """Such as 个, 米, 次."""
    unit_fen: int = Field(sa_type=BigInteger)
    quantity: int
    """In thousandths of the unit."""
    amount_fen: int = Field(sa_type=BigInteger)
    """Unit price by quantity, in whole fen (a half is rounded up)."""
    costed_fen: int | None = Field(default=None, sa_type=BigInteger)
    """What the experts think it costs; None: not costed yet."""
    costed_note: str = ""


class Rival(SQLModel, table=True):
    """Projects of one group exclude each other: at most one of them is funded."""

    __tablename__ = "rival"

    project_id: int = Field(primary_key=True, foreign_key="project.id")
    group_no: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    """A number within the round."""
    round_id: int = Field(foreign_key="round.id", index=True)
    why: str = ""
