"""What the browser tests share: people who come in by the door, and a server that does not count how often."""

from collections.abc import Callable, Generator, Iterator

import pysqlite3
import pytest
from playwright.sync_api import Page, expect

from tests.browser.walk import Come, Walker, demo_session
from tests.fixtures.servers import Server

expect.set_options(timeout=20_000)  # on a machine that has other things to do
FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember that a test failed, so that `come` keeps what everybody saw then."""
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture(autouse=True)
def unhurried(server: Server) -> None:
    """Forget how often this machine posted or signed in: all these people share its one address."""
    database = pysqlite3.connect(server.database_url.removeprefix("sqlite:///"), timeout=20)
    with database:
        database.execute("DELETE FROM quota")
    database.close()


@pytest.fixture(scope="session")
def cookies() -> dict[str, str]:
    """The session cookie of everybody who came in by the door once."""
    return {}


@pytest.fixture
def come(
    request: pytest.FixtureRequest, server: Server, visit: Callable[..., Page], cookies: dict[str, str]
) -> Iterator[Come]:
    """`come("张桂兰", "phone", lang="en")` is that person at their own browser; without a name, a visitor.

    The door is walked through once for each of them: the cookie it gave is used again afterwards.
    """
    there: list[Walker] = []

    def opened(name: str = "", size: str = "desktop", *, lang: str = "zh-CN", scheme: str = "light") -> Walker:
        walker = Walker(visit(size, lang=lang, scheme=scheme), server.url, lang)
        there.append(walker)
        if name and name not in cookies:
            cookies[name] = demo_session(walker, name)
        if name:
            walker.keep_cookie("portal_session", cookies[name])
        return walker

    yield opened
    if request.node.stash.get(FAILED, False):
        for number, walker in enumerate(there):
            walker.snap(f"failed-{request.node.name}-{number}")
