"""The migrations give what the models say, on both databases."""

from sqlalchemy import CheckConstraint, inspect
from sqlmodel import SQLModel

from db import migrations
from db.engine import engine
from db.models.audit import ChainHead
from portal import audit, schema


def test_upgrade_from_empty_gives_every_table_of_the_models(db: str) -> None:
    tables = set(inspect(engine()).get_table_names())
    assert set(SQLModel.metadata.tables) <= tables
    assert {t for t in tables if t.startswith(migrations.SEARCH_TABLES)}


def test_models_and_database_do_not_differ(db: str) -> None:
    with engine().connect() as connection:
        assert migrations.differences(connection) == []


def test_indexes_and_checks_are_those_of_the_models(db: str) -> None:
    found = inspect(engine())
    for name, table in SQLModel.metadata.tables.items():
        assert {i.name for i in table.indexes} == {
            i["name"] for i in found.get_indexes(name) if not i.get("duplicates_constraint")
        }, name
        assert {c.name for c in table.constraints if isinstance(c, CheckConstraint)} == {
            c["name"] for c in found.get_check_constraints(name)
        }, name


def test_bringing_up_twice_changes_nothing(db: str) -> None:
    def head() -> ChainHead | None:
        with audit.transaction() as session:
            return session.get(ChainHead, 1)

    before = head()
    schema.bring_up()
    assert head() == before
    assert schema.is_current()
