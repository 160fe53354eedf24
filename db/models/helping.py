"""What volunteers can do, and when one did not come."""

from datetime import UTC, datetime

from sqlmodel import Field, SQLModel


class Skill(SQLModel, table=True):
    """A kind of help order (a category of kind help) that a volunteer says they can do."""

    __tablename__ = "skill"

    person_id: int = Field(primary_key=True, foreign_key="person.id")
    category: str = Field(primary_key=True, foreign_key="category.code")


class NoShow(SQLModel, table=True):
    """A volunteer who took an order and did not come; they are not offered this order again."""

    __tablename__ = "no_show"

    case_id: int = Field(primary_key=True, foreign_key="cases.id")
    person_id: int = Field(primary_key=True, foreign_key="person.id", index=True)
    at: datetime = Field(default_factory=lambda: datetime.now(UTC))
