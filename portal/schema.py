"""Bringing a database up: tables, start data, the first link of the chain."""

from db import migrations
from db import start as start_data
from db.engine import engine
from portal import audit


def bring_up() -> None:
    """Migrate the open database to this code's schema and lay what every installation needs; safe to repeat."""
    migrations.upgrade()
    with audit.transaction() as session:
        start_data.load(session)
        audit.begin_chain(session)


def is_current() -> bool:
    """Whether the open database has the schema this code needs."""
    with engine().connect() as connection:
        return migrations.revision(connection) == migrations.newest()
