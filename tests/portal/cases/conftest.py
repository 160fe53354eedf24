"""Fixtures of the case tests: the town and its people come ready-made with the database, which is copied per test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from db.engine import close_engine, open_engine
from portal import areas, clock, snapshots
from portal.settings import settings
from tests.fixtures import postgresql
from tests.fixtures.databases import point_at
from tests.fixtures.town import People, draw, settle
from tests.portal.cases.steps import MONDAY

_settled: dict[str, People] = {}


@pytest.fixture(scope="session")
def sqlite_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the town and its people to copy."""
    path = Path(shutil.copy(sqlite_template, tmp_path_factory.mktemp("settled") / "portal.db"))
    _settle(f"sqlite:///{path}", path.parent)
    return path


@pytest.fixture(scope="session")
def postgresql_template(postgresql_template: str, postgresql_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a PostgreSQL database with the town and its people to copy."""
    create = f"CREATE DATABASE template_town TEMPLATE {postgresql_template}"
    postgresql.statement(postgresql_url + "postgres", create)
    _settle(postgresql_url + "template_town", tmp_path_factory.mktemp("settled"))
    return "template_town"


@pytest.fixture
def town(db: str) -> areas.Tree:
    """The areas of the demo town."""
    return areas.tree()


@pytest.fixture
def people(town: areas.Tree, db: str) -> People:
    """One person of each kind."""
    return _settled[db.partition(":")[0]]


@pytest.fixture
def monday() -> Iterator[None]:
    """The clock stands still on a plain Monday."""
    with clock.at(MONDAY):
        yield


def _settle(url: str, folder: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        point_at(url, folder, patch)
        open_engine(url)
        snapshots.forget_all()
        draw()
        _settled[url.partition(":")[0]] = settle()
        close_engine()
    settings.cache_clear()
