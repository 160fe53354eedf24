"""The outbox: what people are told, written in the transaction of the act that causes it."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Index, text
from sqlmodel import Field, SQLModel


class Notice(SQLModel, table=True):
    """One message to one person (or to one sealed phone number). Words are made when it is shown or sent."""

    __tablename__ = "notice"
    __table_args__ = (
        Index("notice_of_person", "person_id", "id"),
        Index(
            "notice_unread",
            "person_id",
            sqlite_where=text("read_at IS NULL"),
            postgresql_where=text("read_at IS NULL"),
        ),
        Index("notice_to_send", "due_at"),
        Index("notice_of_case", "case_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    person_id: int | None = Field(default=None, foreign_key="person.id")
    phone_sealed: str | None = None
    """Kept until the message is sent or given up."""
    channel: str = "portal"
    """`portal` is only shown inside; `sms` and `chat` are delivered too."""
    message: str
    """Message id in the catalogues, `notice.<message>`."""
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    sealed: str | None = None
    """Encrypted facts that must not lie open in the database, such as a one-time code."""
    case_id: int | None = Field(default=None, foreign_key="cases.id")
    href: str = ""
    """Where in the portal one reads on, for what is no case."""
    lang: str = "zh-CN"
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    read_at: datetime | None = None
    due_at: datetime | None = None
    """When delivery is next tried; None: nothing (more) to deliver."""
    tries: int = 0
    sent_at: datetime | None = None
    failed_at: datetime | None = None
