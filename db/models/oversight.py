"""Several units on one case, appeals, flagged replies, call-backs, and how long contacts are kept."""

from datetime import UTC, date, datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from db.types import PathText


def utc_now() -> datetime:
    return datetime.now(UTC)


class SubOrder(SQLModel, table=True):
    """A part of a large matter, given to one unit. States: waiting, taken, done, dropped."""

    __tablename__ = "sub_order"
    __table_args__ = (Index("sub_orders_of_unit", "state", "area_path", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    area_id: int = Field(foreign_key="area.id")
    area_path: str = Field(sa_type=PathText)
    """The unit that does it."""
    words: str
    """What it is asked to do."""
    state: str = "waiting"
    holder_id: int | None = Field(default=None, foreign_key="person.id")
    recorded_by: int | None = Field(default=None, foreign_key="person.id")
    """The lead who asked for it."""
    reply: str = ""
    due_at: datetime | None = None
    created_at: datetime = Field(default_factory=utc_now)
    updated_at: datetime = Field(default_factory=utc_now)
    version: int = 0


class Appeal(SQLModel, table=True):
    """A person asks for a second look at a decision. States: waiting, upheld, overturned."""

    __tablename__ = "appeal"
    __table_args__ = (
        UniqueConstraint("case_id", "decided_at", name="appeal_once"),
        Index("appeals_of_area", "state", "area_path", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    kind: str = "wish"
    private: bool = True
    area_path: str = Field(sa_type=PathText)
    act: str
    """The decision: name of the act."""
    decided_by: int | None = Field(default=None, foreign_key="person.id")
    """Who made it, and therefore cannot judge the appeal."""
    decided_at: datetime
    says: str
    state: str = "waiting"
    answer: str = ""
    created_at: datetime = Field(default_factory=utc_now)
    updated_at: datetime = Field(default_factory=utc_now)
    version: int = 0


class ReplyFlag(SQLModel, table=True):
    """A public reply that a supervisor should look at. States: waiting, seen."""

    __tablename__ = "reply_flag"
    __table_args__ = (
        CheckConstraint("why IN ('template', 'repeated')", name="flag_reason"),
        Index("flags_of_area", "state", "area_path", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    area_path: str = Field(sa_type=PathText)
    """The area one level above the desk that replied: who is staff there is the supervisor."""
    person_id: int | None = Field(default=None, foreign_key="person.id")
    """Who wrote the reply."""
    why: str
    times: int = 1
    """In how many cases the same words stood."""
    reply: str
    state: str = "waiting"
    seen_by: int | None = Field(default=None, foreign_key="person.id")
    created_at: datetime = Field(default_factory=utc_now)
    updated_at: datetime = Field(default_factory=utc_now)
    version: int = 0


class CallbackDraw(SQLModel, table=True):
    """The sample of a month's closed cases that are asked again; anyone can repeat the draw with the seed."""

    __tablename__ = "callback_draw"
    __table_args__ = (CheckConstraint("drawn >= 0 AND drawn <= reachable AND reachable <= closed", name="draw_whole"),)

    month_on: date = Field(primary_key=True)
    """The first day of the month."""
    seed: str
    closed: int
    reachable: int
    """Of those closed, the ones with somebody who can be called."""
    drawn: int
    drawn_at: datetime = Field(default_factory=utc_now)


class Callback(SQLModel, table=True):
    """One drawn case. States: waiting, reached, unreached."""

    __tablename__ = "callback"
    __table_args__ = (
        CheckConstraint("stars BETWEEN 0 AND 5", name="callback_stars"),
        UniqueConstraint("case_id", name="callback_once"),
        Index("callbacks_of_area", "state", "area_path", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id")
    month_on: date = Field(foreign_key="callback_draw.month_on", index=True)
    area_path: str = Field(sa_type=PathText)
    person_id: int | None = Field(default=None, foreign_key="person.id")
    """Who handled the case, and therefore does not call."""
    private: bool = True
    state: str = "waiting"
    tries: int = 0
    outcome: str = ""
    stars: int = 0
    word: str = ""
    created_at: datetime = Field(default_factory=utc_now)
    updated_at: datetime = Field(default_factory=utc_now)
    version: int = 0


class Retention(SQLModel, table=True):
    """For how many months after closing the contacts of a kind of case are kept."""

    __tablename__ = "retention"
    __table_args__ = (CheckConstraint("months BETWEEN 1 AND 120", name="months_sane"),)

    kind: str = Field(primary_key=True)
    months: int


class RetentionRun(SQLModel, table=True):
    """What one day's run made anonymous, for all to read."""

    __tablename__ = "retention_run"

    day_on: date = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    cases: int = 0
