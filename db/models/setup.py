"""What a community sets up for its cases: categories, targets, the calendar, dispatch rules, reply templates."""

from datetime import date

from sqlalchemy import JSON, CheckConstraint
from sqlmodel import Field, SQLModel

from db.models.cases import KindName


class Category(SQLModel, table=True):
    """What a case is about: names by language, note colour, target class."""

    __tablename__ = "category"

    code: str = Field(primary_key=True)
    kind: str = KindName.WISH
    """The kind of case it is offered for; opinions use those of wishes."""
    names: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    icon: str = "label"
    """A Material Symbols name."""
    colour: str = "yellow"
    target_class: str = Field(default="ordinary", foreign_key="target.name")
    position: int = 0
    active: bool = True


class Target(SQLModel, table=True):
    """How long an answer may take. `workdays` decides whether only working days count."""

    __tablename__ = "target"
    __table_args__ = (CheckConstraint("finish_hours > 0 AND respond_hours > 0", name="target_positive"),)

    name: str = Field(primary_key=True)
    finish_hours: int
    respond_hours: int
    workdays: bool
    position: int = 0


class DayOverride(SQLModel, table=True):
    """A day that does not follow the week: a statutory holiday (works False) or a made-up workday (True)."""

    __tablename__ = "day_override"

    day_on: date = Field(primary_key=True)
    works: bool
    note: str = ""


class OfficialYear(SQLModel, table=True):
    """A year whose holidays the State Council has announced and somebody entered; other years are guesses."""

    __tablename__ = "official_year"

    year: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})


class DispatchRule(SQLModel, table=True):
    """Where a screened case goes: the closest area and the exact category win; `category` '' is any."""

    __tablename__ = "dispatch_rule"

    id: int | None = Field(default=None, primary_key=True)
    area_id: int = Field(foreign_key="area.id")
    category: str = ""
    to: str = "worker"
    """`worker`: the cell's grid worker; `hall`: the volunteers' hall."""


class ReplyTemplate(SQLModel, table=True):
    """Wording that staff start from; it is copied into the reply, so later edits change no past reply."""

    __tablename__ = "reply_template"

    id: int | None = Field(default=None, primary_key=True)
    act: str
    category: str = ""
    title: str
    body: str
    active: bool = True
