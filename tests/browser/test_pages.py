"""Every page opens, on a phone and on a desktop, in both languages, light and dark, without an error."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from portal import words
from portal.http.sitemap import SCREENS
from tests.fixtures.browsers import go, keep
from tests.fixtures.servers import Server

LOOKS = [("phone", "zh-CN", "light"), ("phone", "en", "dark"), ("desktop", "zh-CN", "dark"), ("desktop", "en", "light")]


@pytest.mark.parametrize("size,lang,scheme", LOOKS, ids=["-".join(look) for look in LOOKS])
def test_every_page_opens_for_a_visitor(
    server: Server, visit: Callable[..., Page], size: str, lang: str, scheme: str
) -> None:
    page = visit(size, lang=lang, scheme=scheme)
    page.context.add_cookies([{"name": "portal_lang", "value": lang, "url": server.url}])
    for screen in SCREENS:
        go(page, f"{server.url}/{screen.path}")
        with words.speaking(lang):
            expect(page).to_have_title(words.t(f"page.{screen.name}"))
        expect(page.locator("html")).to_have_attribute("lang", lang)
        expect(page.get_by_role("main").get_by_role("heading", level=1)).to_be_visible()
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{screen.name} is {wide} px wider than the screen"
        keep(page, f"{screen.name}-{size}-{lang}-{scheme}", full=True)


def test_an_address_that_is_not_there_says_so(server: Server, phone: Page) -> None:
    answer = phone.request.get(f"{server.url}/nowhere")
    assert answer.status == 404
