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


class Attachment(SQLModel, table=True):
    """A picture or a document of anything that is no case. `name` is also its file name; its rights are its thing's."""

    __tablename__ = "attachment"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    thing: str = Field(index=True)
    """`project:12`, `milestone:3`, `money_order:5`."""
    kind: str = "photo"
    """`photo` or `document`."""
    shown: bool = True
    """Whether anybody may see it once its thing is public."""
    title: str = ""
    """What it shows (a photo's alternative text) or is (a document's title)."""
    ending: str = "jpg"
    """How the file's name ends, without the dot: found from its bytes."""
    width: int = 0
    height: int = 0
    bytes: int = 0
    sha256: str = ""
    owner_id: int | None = None
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
