"""Fixtures of the case tests: the town and its people come ready-made with the database, which is copied per test."""

import itertools
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from db.engine import close_engine, engine, open_engine
from portal import areas, clock, snapshots, start
from portal.settings import settings
from tests.fixtures import postgresql
from tests.fixtures.databases import KINDS, point_at
from tests.fixtures.town import People, draw, settle
from tests.portal.cases.steps import MONDAY

_numbers = itertools.count()
_settled: dict[str, People] = {}


@pytest.fixture(scope="session")
def sqlite_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the town and its people to copy."""
    path = Path(shutil.copy(sqlite_template, tmp_path_factory.mktemp("settled") / "portal.db"))
    _settle(f"sqlite:///{path}", path.parent)
    return path


@pytest.fixture(scope="session")
def postgresql_template(postgresql_template: str, postgresql_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a PostgreSQL database with the town and its people to copy: one for each folder that asks."""
    name = f"template_town_{next(_numbers)}"
    postgresql.statement(postgresql_url + "postgres", f"CREATE DATABASE {name} TEMPLATE {postgresql_template}")
    _settle(postgresql_url + name, tmp_path_factory.mktemp("settled"))
    return name


@pytest.fixture
def town(db: str) -> areas.Tree:
    """The areas of the demo town."""
    return areas.tree()


@pytest.fixture
def people(town: areas.Tree, db: str) -> People:
    """One person of each kind."""
    return _settled[db.partition(":")[0]]


@dataclass
class Standing:
    """A database that stands for a whole module, and what its tests keep of it."""

    url: str
    people: People
    kept: dict[str, Any] = field(default_factory=dict)


@pytest.fixture(scope="module", params=KINDS)
def standing(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    """The town and its people for a whole module, once per kind of database."""
    folder = tmp_path_factory.mktemp("standing")
    if request.param == "sqlite":
        url = f"sqlite:///{shutil.copy(request.getfixturevalue('sqlite_template'), folder / 'portal.db')}"
    else:
        server, name = request.getfixturevalue("postgresql_url"), f"standing_{next(_numbers)}"
        template = request.getfixturevalue("postgresql_template")
        postgresql.statement(server + "postgres", f"CREATE DATABASE {name} TEMPLATE {template}")
        url = server + name
    with pytest.MonkeyPatch.context() as patch:
        point_at(url, folder / "data", patch)
        yield Standing(url, _settled[request.param])
        close_engine()
    settings.cache_clear()


@pytest.fixture
def standing_town(standing: Standing) -> Standing:
    """The module's database, open: for tests that roll back or only read."""
    if not _is_open(standing.url):  # another test had its own open meanwhile
        settings.cache_clear()
        start._started = ""
        start.ready()
        snapshots.forget_all()
    return standing


def _is_open(url: str) -> bool:
    try:
        return engine().url.database == make_url(url).database
    except RuntimeError:
        return False


@pytest.fixture(params=KINDS)
def afresh(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], AbstractContextManager[People]]:
    """Opens a fresh database with the town and its people, as often as it is called: for generated examples."""
    kind = request.param
    template = request.getfixturevalue(f"{kind}_template")
    server = request.getfixturevalue("postgresql_url") if kind == "postgresql" else ""

    @contextmanager
    def opened() -> Iterator[People]:
        folder, name = tmp_path_factory.mktemp("afresh"), f"afresh_{next(_numbers)}"
        if kind == "sqlite":
            url = f"sqlite:///{shutil.copy(template, folder / 'portal.db')}"
        else:
            postgresql.statement(server + "postgres", f"CREATE DATABASE {name} TEMPLATE {template}")
            url = server + name
        with pytest.MonkeyPatch.context() as patch:
            point_at(url, folder, patch)
            start.ready()
            snapshots.forget_all()
            yield _settled[kind]
            close_engine()
        settings.cache_clear()
        if kind == "postgresql":
            postgresql.statement(server + "postgres", f"DROP DATABASE {name} WITH (FORCE)")
        shutil.rmtree(folder)

    return opened


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
