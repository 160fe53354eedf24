"""What belongs to a dispute alone: parties, sittings, proposals, the agreement and who agreed to it.

Names and phones of parties are encrypted. Nothing here is ever public.
"""

from datetime import UTC, datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel


def utc_now() -> datetime:
    return datetime.now(UTC)


class Party(SQLModel, table=True):
    """One side of a dispute: with an account, or known only by the name that was given."""

    __tablename__ = "party"
    __table_args__ = (
        Index(
            "party_once",
            "case_id",
            "person_id",
            unique=True,
            sqlite_where=text("person_id IS NOT NULL"),
            postgresql_where=text("person_id IS NOT NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    person_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    name_sealed: str | None = None
    name_mask: str = ""
    """The name as others see it, such as 张*兰."""
    phone_sealed: str | None = None
    phone_mask: str = ""
    brought_it: bool = False
    added_at: datetime = Field(default_factory=utc_now)


class Recusal(SQLModel, table=True):
    """A mediator who must not have this dispute: stepped back, or was objected to by a party."""

    __tablename__ = "recusal"

    case_id: int = Field(primary_key=True, foreign_key="cases.id")
    person_id: int = Field(primary_key=True, foreign_key="person.id")
    why: str = "recused"
    """`recused` or `objected`."""
    party_id: int | None = Field(default=None, foreign_key="party.id")
    at: datetime = Field(default_factory=utc_now)


class Sitting(SQLModel, table=True):
    """A meeting of the parties with the mediator: first its date, afterwards its minutes."""

    __tablename__ = "sitting"

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    starts_at: datetime
    place: str = ""
    minutes: str = ""
    minutes_at: datetime | None = None
    called_off_at: datetime | None = None


class Offer(SQLModel, table=True):
    """A proposal to settle: from a party (`party_id`) or from the mediator."""

    __tablename__ = "offer"

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    party_id: int | None = Field(default=None, foreign_key="party.id")
    words: str
    at: datetime = Field(default_factory=utc_now)


class Agreement(SQLModel, table=True):
    """The text to which all parties must agree. A changed text is a new row, to which nobody has agreed yet."""

    __tablename__ = "agreement"
    __table_args__ = (UniqueConstraint("case_id", "number", name="agreement_number"),)

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    number: int = 1
    words: str
    written_by: int | None = Field(default=None, foreign_key="person.id")
    written_at: datetime = Field(default_factory=utc_now)


class Consent(SQLModel, table=True):
    """That a party agreed to a text: in the portal, or on paper before the mediator."""

    __tablename__ = "consent"

    agreement_id: int = Field(primary_key=True, foreign_key="agreement.id")
    party_id: int = Field(primary_key=True, foreign_key="party.id")
    how: str = "portal"
    """`portal` by the party's own account, `paper` as the mediator recorded it."""
    recorded_by: int | None = Field(default=None, foreign_key="person.id")
    at: datetime = Field(default_factory=utc_now)
