"""Voting: the roster, ballots on the web and on paper, and the published box with what counting it gave."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from db.types import PathText


def utc_now() -> datetime:
    return datetime.now(UTC)


class PaperState(StrEnum):
    ENTERED = "entered"
    """By one person."""
    AGREED = "agreed"
    """Two people read the same on it."""
    DIFFERS = "differs"
    SPOILED = "spoiled"


class Voter(SQLModel, table=True):
    """The roster: who may vote in a round, and whether they did. How, but never what."""

    __tablename__ = "voter"
    __table_args__ = (
        CheckConstraint("(voted_how = '') = (voted_at IS NULL)", name="voted_somehow"),
        CheckConstraint("voted_how IN ('', 'web', 'paper')", name="voted_how_known"),
    )

    round_id: int = Field(primary_key=True, foreign_key="round.id")
    person_id: int = Field(primary_key=True, foreign_key="person.id", index=True)
    cell_id: int | None = Field(default=None, foreign_key="area.id")
    entered_by: int | None = None
    """Who put them on the roster by hand; None: they were confirmed residents when voting opened."""
    voted_how: str = ""
    voted_at: datetime | None = None


class BallotDraft(SQLModel, table=True):
    """A ballot that is being filled in, encrypted."""

    __tablename__ = "ballot_draft"

    round_id: int = Field(primary_key=True, foreign_key="round.id")
    person_id: int = Field(primary_key=True, foreign_key="person.id")
    choices_sealed: str
    at: datetime = Field(default_factory=utc_now)


class Paper(SQLModel, table=True):
    """A ballot on paper, read by two people independently."""

    __tablename__ = "paper"
    __table_args__ = (
        UniqueConstraint("round_id", "number", name="paper_number"),
        CheckConstraint("second_by IS NULL OR second_by <> first_by", name="two_readers"),
        CheckConstraint("state <> 'agreed' OR second_by IS NOT NULL", name="agreed_by_two"),
        Index("paper_by_state", "round_id", "state", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    round_id: int = Field(foreign_key="round.id")
    area_path: str = Field(sa_type=PathText)
    number: str
    """Printed on it; its receipt code is made of it."""
    state: str = PaperState.ENTERED
    first_sealed: str | None = None
    first_by: int = Field(foreign_key="person.id")
    second_sealed: str | None = None
    second_by: int | None = Field(default=None, foreign_key="person.id")
    at: datetime = Field(default_factory=utc_now)
    version: int = 0


class Ballot(SQLModel, table=True):
    """One ballot. Until the count its choices are encrypted; the count empties them and publishes them unlinked."""

    __tablename__ = "ballot"
    __table_args__ = (
        UniqueConstraint("round_id", "person_id", name="one_ballot"),
        CheckConstraint("(person_id IS NULL) = (paper_id IS NOT NULL)", name="somebody_or_paper"),
    )

    id: int | None = Field(default=None, primary_key=True)
    round_id: int = Field(foreign_key="round.id")
    area_path: str = Field(sa_type=PathText)
    person_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    paper_id: int | None = Field(default=None, foreign_key="paper.id", unique=True)
    choices_sealed: str | None = None
    """JSON [[number, score], …] in the order of a ranking; None after the count."""
    receipt_hash: str = Field(unique=True)
    """SHA-256 (hex) of the receipt code; these are published, sorted, without the choices."""
    cast_at: datetime = Field(default_factory=utc_now)
    version: int = 0


class Outcome(SQLModel, table=True):
    """The published ballot box of a round and what counting it gave. Never changed: triggers, and the audit chain."""

    __tablename__ = "outcome"

    round_id: int = Field(primary_key=True, foreign_key="round.id")
    box: bytes = Field(sa_type=LargeBinary)
    """The `.pb` file, UTF-8, compressed by zlib."""
    box_hash: str
    """SHA-256 of the file as it is downloaded."""
    receipts: bytes = Field(sa_type=LargeBinary)
    """The receipt hashes, sorted, one a line, compressed by zlib."""
    receipts_hash: str
    voters: int
    """Ballots in the box, blank ones included."""
    paper: int = 0
    """How many of them were on paper."""
    roster: int
    """How many people could have voted."""
    result: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    """Everything that the result page tells, by ballot number."""
    counted_at: datetime = Field(default_factory=utc_now)
