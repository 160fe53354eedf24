"""Every page, for everybody to whom it differs, on a phone and on a desktop, in both languages, light and dark."""

import pytest

from portal.http.sitemap import SCREENS
from tests.browser.looking import faults
from tests.browser.walk import (
    ADMIN,
    AUDITOR,
    FINANCE,
    ORGANIZATION,
    RESIDENT,
    STAFF,
    VILLAGE_STAFF,
    VILLAGER,
    VOLUNTEER,
    WORKER,
    Come,
    Walker,
)
from tests.fixtures.servers import Server

LOOKS = [("phone", "zh-CN", "light"), ("phone", "en", "dark"), ("desktop", "zh-CN", "dark"), ("desktop", "en", "light")]
CLOSED = {"mine", "hall", "field", "counter", "people", "setup", "me", "rounds", "assess", "treasury", "paper", "works"}
"""Pages whose closed door looks like that of the desk."""
FUND = ["/round?id=1", "/round?id=2", "/round?id=3", "/project?id=5", "/project?id=11", "/project?id=13",
        "/result?round=1", "/result?round=2", "/box?round=2", "/money?round=1", "/money?project=5"]  # fmt: skip
"""The demo's rounds, one of each standing, and some of their projects."""
ROUND = [f"/rounds?id=2&part={part}" for part in ("phases", "plan", "money", "ballot", "preview")]
SETUP = [f"/setup?part={part}" for part in ("rules", "templates", "calendar", "categories", "targets")]
ROUNDS = {
    "": [f"/{screen.path}" for screen in SCREENS if screen.path not in CLOSED] + ["/wall?view=map", *FUND],
    RESIDENT: [
        "/",
        "/wall",
        "/post",
        "/mine",
        "/me",
        "/me?part=profile",
        "/me?part=home",
        "/me?part=safety",
        "/vote",
        "/vote?round=2",
        "/propose",
        "/project?id=1",
    ],
    VILLAGER: ["/fund", "/propose?round=3"],
    VOLUNTEER: ["/hall", "/mine?part=took"],
    WORKER: ["/field", "/field?part=mine"],
    STAFF: [
        "/counter",
        "/desk",
        "/desk?tab=late",
        "/people",
        *SETUP,
        "/rounds",
        "/rounds?new=round",
        *ROUND,
        "/paper?round=2",
        "/works",
        "/works?tab=all",
        "/project?id=5",
    ],
    VILLAGE_STAFF: ["/assess", "/assess?project=22"],
    FINANCE: ["/treasury", "/treasury?tab=history", "/treasury?tab=new", "/treasury?new=income", "/treasury?order=3"],
    ORGANIZATION: ["/propose", "/project?id=13"],
    ADMIN: ["/people", "/setup?part=categories", "/rounds?new=fund"],
    AUDITOR: ["/treasury", "/works"],
}
"""Who looks at which pages."""


@pytest.mark.parametrize("size,lang,scheme", LOOKS, ids=["-".join(look) for look in LOOKS])
def test_every_page_is_in_order(server: Server, come: Come, size: str, lang: str, scheme: str) -> None:
    wrong = []
    for name, paths in ROUNDS.items():
        walker = come(name, size, lang=lang, scheme=scheme)
        for path in [*paths, *_one_case(walker, name)]:
            shot = f"{name or 'visitor'}{path}".replace("/", "-").replace("?", "-")
            walker.go(path)
            walker.snap(f"{size}-{lang}-{scheme}-{shot}")
            wrong += [f"{name or 'visitor'} {path}: {fault}" for fault in faults(walker, axe=lang == "zh-CN")]
    assert not wrong, "\n".join(wrong)


def test_an_address_that_is_not_there_says_so(server: Server, come: Come) -> None:
    visitor = come("", "phone")
    assert visitor.page.request.get(f"{server.url}/nowhere").status == 404


def _one_case(walker: Walker, name: str) -> list[str]:
    """The newest wish on the wall, and at the desk the first that waits."""
    if name == STAFF:
        walker.go("/desk?tab=screening")
        return [str(walker.main.locator(".desk-title a").first.get_attribute("href"))]
    if name in ("", RESIDENT):
        walker.go("/wall?standing=solved")
        return [str(walker.main.locator(".note-title a").first.get_attribute("href"))]
    return []
