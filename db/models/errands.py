"""Things done for residents, the stations that do them, and their hours."""

from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKeyConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from db.types import PathText


class Station(SQLModel, table=True):
    """A counter or service station; its people are those with a duty in its area."""

    __tablename__ = "station"

    id: int | None = Field(default=None, primary_key=True)
    names: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    area_id: int = Field(foreign_key="area.id")
    area_path: str = Field(index=True, sa_type=PathText)
    address: str = ""
    phone: str = ""
    """A public office number, shown as it is."""
    active: bool = True


class StationHours(SQLModel, table=True):
    """When a station opens on a day of the week, and for how many at a time. No row: closed that day."""

    __tablename__ = "station_hours"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday_real"),
        CheckConstraint("opens_minute >= 0 AND closes_minute <= 1440 AND opens_minute < closes_minute", name="open"),
        CheckConstraint("slot_minutes > 0 AND places > 0", name="places_positive"),
        UniqueConstraint("station_id", "weekday", "opens_minute", name="hours_once"),
    )

    id: int | None = Field(default=None, primary_key=True)
    station_id: int = Field(foreign_key="station.id", index=True)
    weekday: int
    """0 is Monday."""
    opens_minute: int
    """Minutes after midnight in the town's zone."""
    closes_minute: int
    slot_minutes: int = 30
    places: int = 1
    """How many people are served in one slot."""


class StationDay(SQLModel, table=True):
    """A day on which a station is closed although the week and the calendar say otherwise."""

    __tablename__ = "station_day"

    station_id: int = Field(primary_key=True, foreign_key="station.id")
    day_on: date = Field(primary_key=True)
    note: str = ""


class Errand(SQLModel, table=True):
    """One line of the catalogue: something that a station does for residents."""

    __tablename__ = "errand"
    __table_args__ = (CheckConstraint("minutes > 0", name="minutes_positive"),)

    id: int | None = Field(default=None, primary_key=True)
    category: str = Field(foreign_key="category.code")
    names: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    bring: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    """What to bring, by language, one thing a line."""
    who: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    """Who does it, by language, such as "civil affairs window"."""
    minutes: int = 30
    at_home: bool = False
    """Done at the resident's home, so the booking asks for the address."""
    position: int = 0
    active: bool = True


class ErrandStation(SQLModel, table=True):
    """A station that does an errand."""

    __tablename__ = "errand_station"

    errand_id: int = Field(primary_key=True, foreign_key="errand.id")
    station_id: int = Field(primary_key=True, foreign_key="station.id", index=True)


class Slot(SQLModel, table=True):
    """A time at a station for which somebody booked: the CHECK keeps it from being sold twice, also by hand."""

    __tablename__ = "slot"
    __table_args__ = (CheckConstraint("taken >= 0 AND taken <= places", name="not_oversold"),)

    station_id: int = Field(primary_key=True, foreign_key="station.id")
    starts_at: datetime = Field(primary_key=True)
    places: int
    taken: int = 0


class Seat(SQLModel, table=True):
    """One place of a slot that a booking holds; a long errand holds one in each of several slots in a row.

    Kept apart from the case, so that exactly what was taken is given back, whatever hours were changed meanwhile.
    """

    __tablename__ = "seat"
    __table_args__ = (ForeignKeyConstraint(["station_id", "starts_at"], ["slot.station_id", "slot.starts_at"]),)

    case_id: int = Field(primary_key=True, foreign_key="cases.id")
    station_id: int = Field(primary_key=True)
    starts_at: datetime = Field(primary_key=True)
