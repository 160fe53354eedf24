"""What becomes of a funded project: milestones, those who follow it, and what people pledge beside the money."""

from datetime import UTC, date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from db.types import PathText


def utc_now() -> datetime:
    return datetime.now(UTC)


class MilestoneState(StrEnum):
    PLANNED = "planned"
    REPORTED = "reported"
    ACCEPTED = "accepted"
    CANCELLED = "cancelled"


class Milestone(SQLModel, table=True):
    """A step of a funded project: what shall be done by when, and the money that is paid once it is accepted."""

    __tablename__ = "milestone"
    __table_args__ = (
        UniqueConstraint("project_id", "position", name="milestone_position"),
        CheckConstraint("planned_fen >= 0", name="planned_not_negative"),
        Index(
            "milestone_due", "due_on", sqlite_where=text("state = 'planned'"),
            postgresql_where=text("state = 'planned'"),
        ),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id")
    area_path: str = Field(sa_type=PathText)
    position: int
    title: str
    due_on: date
    planned_fen: int = Field(default=0, sa_type=BigInteger)
    state: str = MilestoneState.PLANNED
    lead_id: int | None = Field(default=None, foreign_key="person.id")
    report: str = ""
    reported_by: int | None = Field(default=None, foreign_key="person.id")
    reported_at: datetime | None = None
    accepted_by: int | None = Field(default=None, foreign_key="person.id")
    accepted_at: datetime | None = None
    version: int = 0

    @property
    def person_id(self) -> int | None:
        """Who reported it, and therefore cannot accept it."""
        return self.reported_by


class ProjectFollow(SQLModel, table=True):
    """Somebody who wants to be told how a project goes on."""

    __tablename__ = "project_follow"

    project_id: int = Field(primary_key=True, foreign_key="project.id")
    person_id: int = Field(primary_key=True, foreign_key="person.id", index=True)


class Pledge(SQLModel, table=True):
    """Things or hours that somebody offers. Money is never pledged here: it needs a qualified charity."""

    __tablename__ = "pledge"
    __table_args__ = (
        CheckConstraint("kind IN ('things', 'hours')", name="no_money"),
        CheckConstraint("kind <> 'hours' OR hours > 0", name="hours_positive"),
        Index("pledge_of_fund", "fund_id", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    fund_id: int = Field(foreign_key="fund.id")
    project_id: int | None = Field(default=None, foreign_key="project.id", index=True)
    area_path: str = Field(sa_type=PathText)
    person_id: int = Field(foreign_key="person.id", index=True)
    kind: str
    what: str
    hours: int = 0
    state: str = "offered"
    """`offered`, `received`, `declined` or `withdrawn`."""
    named: bool = False
    """Whether the name may be shown."""
    at: datetime = Field(default_factory=utc_now)
    version: int = 0
