"""The audit chain."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel


class AuditRow(SQLModel, table=True):
    """One act. `hash` covers the row and the hash before it; the private part goes in as a salted digest.

    `says` is what the actor wrote (a reply, a reason, a remark). It is part of the private digest, so it can be
    erased for the sake of a person's rights without breaking the chain, but not altered unseen.
    """

    __tablename__ = "audit"

    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime
    act: str
    thing: str = Field(index=True)
    from_state: str = ""
    to_state: str = ""
    public: bool = True
    role: str = ""
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    actor_id: int | None = Field(default=None, index=True)
    says: str | None = None
    says_public: bool = False
    private: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    salt: str
    digest: str
    hash: str
    erased_at: datetime | None = None


class ChainHead(SQLModel, table=True):
    """The newest link. Its row lock puts the acts of all processes in one order; `mac` is keyed."""

    __tablename__ = "chain_head"

    id: int = Field(default=1, primary_key=True)
    seq: int = 0
    hash: str = ""
    mac: str = ""


class PublishedHead(SQLModel, table=True):
    """The head as it was published at the end of a day."""

    __tablename__ = "published_head"

    day_on: date = Field(primary_key=True)
    seq: int
    hash: str
