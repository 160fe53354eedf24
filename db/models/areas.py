"""The tree of areas."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from db.types import PathText


class Level(StrEnum):
    CITY = "city"
    STREET = "street"
    COMMUNITY = "community"
    CELL = "cell"
    BUILDING = "building"


class Area(SQLModel, table=True):
    """A node of the tree. `path` is `/code/code/…/`, so that a prefix is a subtree."""

    __tablename__ = "area"

    id: int | None = Field(default=None, primary_key=True)
    code: str
    parent_id: int | None = Field(default=None, foreign_key="area.id", index=True)
    path: str = Field(unique=True, sa_type=PathText)
    level: str
    name: str
    name_en: str = ""
    population: int = 0
    geometry: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    """A GeoJSON Polygon or MultiPolygon in WGS-84, or None."""
    lon: float | None = None
    lat: float | None = None
    """A point inside the area, for labels and for distance."""
    valid_from_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    valid_to_at: datetime | None = None


class Revision(SQLModel, table=True):
    """A counter per kind of slow data (areas, calendar, categories, rules): caches reload when it moved."""

    __tablename__ = "revision"

    name: str = Field(primary_key=True)
    number: int = 0
