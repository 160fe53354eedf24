"""INSERT … ON CONFLICT: the same on both databases, but each dialect has its own construct."""

from typing import cast

from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import Insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel import Session, SQLModel


def insert(session: Session, model: type[SQLModel]) -> Insert:
    """An INSERT into the model's table that knows `on_conflict_do_update` and `on_conflict_do_nothing`."""
    if session.get_bind().dialect.name == "sqlite":
        return sqlite_insert(model)
    return cast(Insert, postgres_insert(model))  # another class of the same shape
