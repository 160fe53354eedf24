"""Alembic, configured here: no ini file, the same migrations for SQLite and PostgreSQL.

`python -m db.migrations "what changes"` writes the next revision from what the models have and the database
at `DATABASE_URL` has not.
"""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlmodel import SQLModel

import db.models  # noqa: F401  fills the metadata
from db.engine import engine

HERE = Path(__file__).parent
SEARCH_TABLES = "case_words"
"""Prefix of the tables that `db.search` makes itself; they are not in the models."""


def upgrade(connection: Connection | None = None, to: str = "head") -> None:
    """Bring the schema up to the revision `to`, by default the newest, in one transaction: the caller's where a
    connection is given, else an own one."""
    if connection is not None:
        command.upgrade(_config(connection), to)
        return
    with engine().execution_options(portal_write=True).begin() as own:
        command.upgrade(_config(own), to)


def revision(connection: Connection) -> str:
    """The revision the database is at; empty for a database without tables."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def newest() -> str:
    """The revision this code needs."""
    return ScriptDirectory(str(HERE)).get_current_head() or ""


def differences(connection: Connection) -> list[Any]:
    """What the models have and the database has not, or the other way round; empty when they agree."""
    options = {"compare_type": True, "include_name": include_name}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), SQLModel.metadata))


def write(message: str) -> None:
    """Write the next revision file from the differences between models and database."""
    with engine().execution_options(portal_write=True).begin() as connection:
        command.revision(_config(connection), message, autogenerate=True)


def include_name(name: str | None, kind: str, _parents: object) -> bool:
    """Whether autogenerate looks at this thing: not at the search index."""
    return not (kind == "table" and name is not None and name.startswith(SEARCH_TABLES))


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config
