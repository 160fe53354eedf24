"""Counters kept in the transaction of the act they count."""

from datetime import date

from sqlalchemy import Index
from sqlmodel import Field, SQLModel


class Tally(SQLModel, table=True):
    """How often `measure` happened on a day in an area (and everything below it). `bucket` splits durations."""

    __tablename__ = "tally"
    # holds all that a sum over days asks for, so that no row is looked up
    __table_args__ = (Index("tally_by_day", "area_id", "kind", "day_on", "measure", "bucket", "n"),)

    day_on: date = Field(primary_key=True)
    area_id: int = Field(primary_key=True, foreign_key="area.id")
    kind: str = Field(primary_key=True)
    category: str = Field(primary_key=True)
    measure: str = Field(primary_key=True)
    bucket: int = Field(default=0, primary_key=True, sa_column_kwargs={"autoincrement": False})
    n: int = 0
