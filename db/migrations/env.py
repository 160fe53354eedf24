"""What Alembic runs: on the connection that `db.migrations` hands over, inside that connection's transaction."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from db.migrations import include_name
from db.types import PathText


def _plain_types(kind: str, thing: Any, autogenerate: AutogenContext) -> str | Literal[False]:
    """Write column types as SQLAlchemy's own where that says the same."""
    if kind == "type" and isinstance(thing, AutoString):
        return f"sa.String(length={thing.length})" if thing.length else "sa.String()"
    if kind == "type" and isinstance(thing, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(thing, PathText):
        autogenerate.imports.add("from db.types import PathText")
        return "PathText()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    include_name=include_name,
    render_item=_plain_types,
    compare_type=True,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
