"""The migrations give what the models say, on both databases."""

import pytest
from sqlalchemy import CheckConstraint, inspect, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel, select

from db import migrations
from db.engine import engine
from db.models.audit import ChainHead
from db.models.cases import Case
from db.models.setup import Category
from portal import audit, schema
from portal.cases.kinds import KINDS

OLD_ROWS = (
    "INSERT INTO area (id, code, path, level, name, name_en, population, valid_from_at) "
    "VALUES (1, 'x', '/x/', 'city', 'x', 'x', 0, :now)",
    "INSERT INTO target (name, finish_hours, respond_hours, workdays, position) VALUES ('danger', 2, 1, :no, 1), "
    "('utilities', 24, 4, :no, 2), ('ordinary', 168, 24, :yes, 3), ('complex', 360, 48, :yes, 4)",
    "INSERT INTO category (code, names, icon, colour, target_class, position, active) "
    "VALUES ('own', '{}', 'label', 'red', 'ordinary', 1, :yes)",
    "INSERT INTO cases (id, kind, title, body, category, state, standing, hidden, area_id, area_path, desk_path, "
    "place, name_shown, channel, consent, contact_mask, in_hall, held_as, target_class, used_seconds, asks, missed, "
    "supporters, answer, outcome, stars, word, reopened, created_at, updated_at, version) "
    "VALUES (7, 'wish', 't', 'b', 'own', 'open', 'open', :no, 1, '/x/', '/x/', '', :no, 'self', '', '', :no, '', "
    "'ordinary', 0, 0, 0, 0, '', '', 0, '', 0, :now, :now, 0)",
)
"""What the first version of the schema could hold: a town, a category of its own, an open wish."""


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


def test_an_upgrade_keeps_what_an_older_version_wrote(empty_db: str) -> None:
    migrations.upgrade(to="0001")
    now = "2026-07-06 02:00:00+00:00"
    with engine().execution_options(portal_write=True).begin() as connection:
        for statement in OLD_ROWS:
            connection.execute(text(statement), {"now": now, "yes": True, "no": False})
    schema.bring_up()
    with audit.transaction() as session:
        wish = session.exec(select(Case)).one()
        assert (wish.kind, wish.private, wish.urgency, wish.party_ids, wish.standing) == ("wish", False, 0, [], "open")
        kinds = set(session.exec(select(Category.kind)).all())
        assert session.get_one(Category, "own").kind == "wish"
    assert kinds == {kind.categories for kind in KINDS.values()}


def test_what_is_private_cannot_be_shown_by_hand(empty_db: str) -> None:
    """The rule stands in the schema, too."""
    migrations.upgrade(to="0001")
    with engine().execution_options(portal_write=True).begin() as connection:
        for statement in OLD_ROWS:
            connection.execute(text(statement), {"now": "2026-07-06 02:00:00+00:00", "yes": True, "no": False})
    schema.bring_up()
    for wrong in ("private = true", "kind = 'dispute'", "kind = 'dispute', private = true", "urgency = 4"):
        with pytest.raises(IntegrityError), engine().execution_options(portal_write=True).begin() as connection:
            connection.execute(text(f"UPDATE cases SET {wrong}"))


def test_bringing_up_twice_changes_nothing(db: str) -> None:
    def head() -> ChainHead | None:
        with audit.transaction() as session:
            return session.get(ChainHead, 1)

    before = head()
    schema.bring_up()
    assert head() == before
    assert schema.is_current()
