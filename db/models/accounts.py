"""People, what they may do where, and how they are recognised."""

from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from db.types import PathText


def utc_now() -> datetime:
    return datetime.now(UTC)


class DutyRole(StrEnum):
    """What a person can be in an area; each covers everything below that area."""

    VOLUNTEER = "volunteer"
    GRID_WORKER = "grid_worker"
    STAFF = "staff"
    MEDIATOR = "mediator"
    MEDIATION_HEAD = "mediation_head"
    FINANCE = "finance"
    REVIEWER = "reviewer"
    AUDITOR = "auditor"
    ADMIN = "admin"
    ORGANIZATION = "organization"
    """Speaks for a social organization."""


class Person(SQLModel, table=True):
    """Somebody with an account. The phone is kept encrypted, with a keyed hash to look it up."""

    __tablename__ = "person"
    __table_args__ = (
        CheckConstraint("home_area_id IS NULL OR area_path <> ''", name="home_has_path"),
        Index(
            "home_requests",
            "area_path",
            "id",
            sqlite_where=text("home_asked_at IS NOT NULL"),
            postgresql_where=text("home_asked_at IS NOT NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=40)
    phone_hash: str | None = Field(default=None, unique=True)
    phone_sealed: str | None = None
    phone_mask: str = ""
    password_hash: str | None = None
    totp_sealed: str | None = None
    lang: str = "zh-CN"
    home_area_id: int | None = Field(default=None, foreign_key="area.id")
    area_path: str = Field(default="", index=True, sa_type=PathText)
    """Whose desk answers for this person: the path of the home area, or of the town where none is known."""
    home_asked_at: datetime | None = None
    """Since when the home waits for confirmation; None: nothing waits."""
    resident_at: datetime | None = None
    resident_by: int | None = None
    blocked_at: datetime | None = None
    created_at: datetime = Field(default_factory=utc_now)

    @property
    def person_id(self) -> int | None:
        """A person is their own thing: the roles `self` and `…_for_others` read it like any other row's."""
        return self.id


class Duty(SQLModel, table=True):
    """A role that a person holds in an area from `since_at` until `until_at` (None: still)."""

    __tablename__ = "duty"
    __table_args__ = (
        Index(
            "one_live_duty",
            "person_id",
            "role",
            "area_id",
            unique=True,
            sqlite_where=text("until_at IS NULL"),
            postgresql_where=text("until_at IS NULL"),
        ),
        Index(
            "duty_above",
            "area_path",
            "role",
            sqlite_where=text("until_at IS NULL"),
            postgresql_where=text("until_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    role: str
    area_id: int = Field(foreign_key="area.id", index=True)
    area_path: str = Field(sa_type=PathText)
    since_at: datetime = Field(default_factory=utc_now)
    until_at: datetime | None = None
    granted_by: int | None = None


class WebSession(SQLModel, table=True):
    """A browser that is known: the cookie holds a token, this row holds only its keyed hash.

    `person_id` is None for somebody without an account who opened a case with its receipt code.
    """

    __tablename__ = "web_session"

    id: int | None = Field(default=None, primary_key=True)
    token_hash: str = Field(unique=True)
    person_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    staff: bool = False
    """The second factor was proven, so the duties of staff count where the settings ask for it."""
    agent: str = ""
    created_at: datetime = Field(default_factory=utc_now)
    seen_at: datetime = Field(default_factory=utc_now)
    expires_at: datetime
    ended_at: datetime | None = None


class SessionReceipt(SQLModel, table=True):
    """A case that a browser session may follow because its receipt code was shown."""

    __tablename__ = "session_receipt"

    session_id: int = Field(primary_key=True, foreign_key="web_session.id")
    case_id: int = Field(primary_key=True, foreign_key="cases.id")


class Ticket(SQLModel, table=True):
    """One use, one minute: carries a proven identity from the page to the route that sets the cookie."""

    __tablename__ = "ticket"

    token_hash: str = Field(primary_key=True)
    person_id: int | None = Field(default=None, foreign_key="person.id")
    case_id: int | None = Field(default=None, foreign_key="cases.id")
    staff: bool = False
    """The second factor was proven."""
    expires_at: datetime = Field(index=True)


class OneTimeCode(SQLModel, table=True):
    """The code last sent to a phone; kept as a keyed hash."""

    __tablename__ = "one_time_code"

    phone_hash: str = Field(primary_key=True)
    code_hash: str
    expires_at: datetime
    tries: int = 0


class Quota(SQLModel, table=True):
    """How often something was done in a window of time; one row per subject, deed and window."""

    __tablename__ = "quota"

    subject: str = Field(primary_key=True)
    window_at: datetime = Field(primary_key=True)
    used: int = 0
