"""A running portal whose database this process writes too, and a client that speaks plain HTTP to it."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
from sqlmodel import Session, select

from db.demo.areas import features
from db.engine import close_engine
from db.models.accounts import Person
from db.models.cases import Case, Standing, State
from db.models.setup import Category
from portal import areas, audit, snapshots, start
from portal.accounts import sessions
from portal.acts import SYSTEM
from portal.http.client import client_of
from portal.settings import settings
from tests.fixtures.databases import point_at
from tests.fixtures.servers import Server

HERE = client_of("127.0.0.1")


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    cookies: SimpleCookie

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Portal:
    """What the tests know of the running server."""

    server: Server
    person_id: int
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server.port}"

    @property
    def origin(self) -> str:
        return f"http://{self.host}"

    def ask(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """One request; `headers` with underscores for hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = HTTPConnection("127.0.0.1", self.server.port, timeout=20)
        connection.request(method, path, headers=named)
        answer = connection.getresponse()
        body, cookies = answer.read(), SimpleCookie()
        for value in answer.headers.get_all("set-cookie", []):
            cookies.load(value)
        connection.close()
        return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, body, cookies)

    def sign_in(self, person_id: int | None = None, *, case_id: int | None = None) -> Answer:
        """Redeem a fresh ticket over the route."""
        with audit.transaction() as session:
            ticket = sessions.issue_ticket(session, person_id=person_id, case_id=case_id)
        return self.ask("/account/session", "POST", Origin=self.origin, Portal_Ticket=ticket)

    def cookie_of(self, person_id: int | None = None, *, case_id: int | None = None) -> str:
        """The session cookie of somebody who has just signed in, as a `Cookie` header."""
        return f"portal_session={self.sign_in(person_id, case_id=case_id).cookies['portal_session'].value}"


@pytest.fixture(scope="module")
def portal(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    folder = tmp_path_factory.mktemp("portal") / "data"
    folder.mkdir()
    shutil.copy(sqlite_template, folder / "portal.db")
    url = f"sqlite:///{folder / 'portal.db'}"
    with pytest.MonkeyPatch.context() as patch:
        point_at(url, folder, patch)
        start.ready()
        snapshots.forget_all()
        with audit.transaction() as session:
            areas.import_geojson(session, SYSTEM, features())
            person = Person(name="王<b>秀英</b>")
            session.add(person)
            session.flush()
        assert person.id is not None
        running = Server(url, folder).start()
        yield Portal(running, person.id)
        running.stop()
        close_engine()
    settings.cache_clear()


@pytest.fixture
def other_id(portal: Portal) -> int:
    """One more person."""
    with audit.transaction() as session:
        person = Person(name="李建国")
        session.add(person)
        session.flush()
    assert person.id is not None
    return person.id


def make_case(
    session: Session, *, poster_id: int | None, standing: Standing = Standing.OPEN, title: str = "路灯"
) -> int:
    """A case in the first cell, put straight into the table: these tests are about who may see it."""
    cell = areas.tree().cells()[0]
    category = session.exec(select(Category)).first()
    assert category
    state = State.OPEN if standing else State.SCREENING
    case = Case(
        title=title,
        body="坏了",
        category=category.code,
        state=state,
        standing=standing,
        area_id=cell.id,
        area_path=cell.path,
        desk_path=cell.path,
        poster_id=poster_id,
    )
    session.add(case)
    session.flush()
    assert case.id is not None
    return case.id
