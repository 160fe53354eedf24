"""Photos and documents: what is known of them; the bytes lie in the data folder."""

from datetime import UTC, datetime

from sqlmodel import Field, SQLModel


class Photo(SQLModel, table=True):
    """A picture of a thing, already decoded, stripped and encoded anew. `name` is also its file name."""

    __tablename__ = "photo"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    moment: str = "before"
    """`before` came with the wish, `after` with the answer, `during` with a note."""
    alt: str = ""
    width: int = 0
    height: int = 0
    bytes: int = 0
    owner_id: int | None = None
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
