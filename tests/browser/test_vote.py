"""Voting in a browser with one thumb: choosing, the meter, a reload, casting, the code, changing one's mind."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from portal.settings import ROOT
from tests.browser.looking import WIDE, barriers
from tests.browser.test_keyboard import ELDER_TARGET, PT_18, SMALL, TARGET, TINY
from tests.browser.walk import NEIGHBOUR, RESIDENT, Come, Walker
from tests.fixtures.browsers import settled
from tests.fixtures.servers import Server

SCRIPT = Path(__file__).with_name("opens_vote.py")
Opens = Callable[[str], int]


@pytest.fixture
def opens(server: Server) -> Opens:
    """`opens("approval")` begins a vote of that kind; its round's number."""

    def begun(kind: str) -> int:
        done = subprocess.run(
            [sys.executable, SCRIPT, kind], cwd=ROOT, capture_output=True, text=True, check=True,
            env=server.environment | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        return int(done.stdout.split()[-1])

    return begun


class Booth:
    """A voter with the ballot before them."""

    def __init__(self, walker: Walker, round_id: int) -> None:
        self.walker, self.round_id = walker, round_id
        walker.go(f"/vote?round={round_id}")
        expect(self.cards.first).to_be_visible()

    @property
    def cards(self) -> Locator:
        return self.walker.main.locator(".ballot-card")

    def tap(self, *numbers: int) -> None:
        for number in numbers:
            self.cards.nth(number - 1).locator("label").tap()

    def meter(self, text: str) -> None:
        expect(self.walker.main.locator(".ballot-told")).to_contain_text(text)

    def chosen(self, *numbers: int) -> None:
        expect(self.walker.main.locator(".ballot-card.chosen")).to_have_count(len(numbers))
        for number in numbers:
            expect(self.cards.nth(number - 1)).to_have_class(re.compile("chosen"))

    def kept(self) -> None:
        """The draft is with the server."""
        expect(self.walker.main.locator(".ballot-kept")).to_have_text(self.walker.say("ballot.saved"))

    def press(self, message_id: str) -> None:
        self.walker.main.get_by_role("button", name=re.compile(self.walker.say(message_id))).first.tap()

    def cast(self) -> str:
        """Through the check to the code."""
        self.press("ballot.review")
        self.walker.sees("ballot.check")
        self.press("ballot.cast")
        code = self.walker.main.locator(".slip .code")
        expect(code).to_have_text(re.compile(r"^(\w{4}-){6}\w{4}$"))
        return code.inner_text()


def test_a_resident_votes_with_one_thumb_and_changes_their_mind(opens: Opens, come: Come) -> None:
    resident = come(RESIDENT, "phone")
    booth = Booth(resident, opens("approval"))
    booth.meter("已选 0 个，最多 5 个")
    booth.tap(2, 5, 3)
    booth.tap(3)
    booth.chosen(2, 5)
    booth.meter("已选 2 个，最多 5 个")
    booth.meter("所选合计 77,000 元，预算 100,000 元")
    resident.snap("vote-ballot", full=False)
    booth.kept()
    resident.page.reload()
    settled(resident.page)
    booth.chosen(2, 5)
    assert not list(barriers(resident.page)) and resident.page.evaluate(WIDE) <= 0
    assert resident.page.evaluate(SMALL, TARGET) == []
    first = booth.cast()
    assert not list(barriers(resident.page))
    resident.snap("vote-voted", full=False)
    resident.page.reload()
    settled(resident.page)
    expect(resident.main.locator(".slip .code")).to_have_text(first)
    resident.link("vote.change").tap()
    booth.chosen(2, 5)
    booth.tap(5, 1)
    assert booth.cast() != first
    assert "change" not in resident.page.url


def test_details_and_back_keep_the_draft(opens: Opens, come: Come) -> None:
    resident = come(RESIDENT, "phone")
    booth = Booth(resident, opens("approval"))
    booth.tap(1, 4)
    booth.cards.nth(6).get_by_role("link").tap()
    resident.page.wait_for_url(re.compile(r"/project\?id="))
    settled(resident.page)
    resident.page.go_back()
    settled(resident.page)
    booth.chosen(1, 4)


def test_no_more_than_the_most_and_a_double_click_is_one_ballot(opens: Opens, come: Come) -> None:
    resident = come(NEIGHBOUR, "phone")
    booth = Booth(resident, opens("approval"))
    booth.tap(1, 2, 3, 4, 5, 6)
    booth.chosen(1, 2, 3, 4, 5)
    expect(resident.main.get_by_role("alert").first).to_have_text(resident.say("ballot.full", most=5))
    resident.main.get_by_label(resident.say("ballot.any_kind")).select_option("文化活动")
    expect(resident.main.locator(".ballot-card:visible")).to_have_count(5)
    booth.press("ballot.review")
    resident.main.locator(".ballot-cast").dblclick()
    expect(resident.main.locator(".slip .code")).to_be_visible()
    resident.page.reload()
    settled(resident.page)
    expect(resident.main.locator(".slip .code")).to_be_visible()


def test_a_lost_connection_loses_no_choice(opens: Opens, come: Come) -> None:
    resident = come(RESIDENT, "phone")
    booth = Booth(resident, opens("one"))
    resident.page.evaluate(
        "() => { window.there = window.fetch; window.fetch = async () => { throw new TypeError() } }"
    )
    booth.tap(3)
    expect(resident.main.locator(".ballot-kept")).to_have_text(resident.say("ballot.offline"))
    resident.page.evaluate("() => { window.fetch = window.there }")
    booth.kept()
    booth.tap(2)
    booth.chosen(2)
    booth.kept()


def test_a_ranking_and_points_need_no_dragging(opens: Opens, come: Come) -> None:
    resident = come(RESIDENT, "phone")
    ranking = Booth(resident, opens("ranking"))
    ranking.tap(3, 1, 2)
    ranking.cards.nth(1).get_by_role("button", name=re.compile(resident.say("ballot.up"))).tap()
    expect(ranking.cards.nth(1).locator(".ballot-rank")).to_have_text("2")
    ranking.press("ballot.review")
    expect(resident.main.locator(".ballot-list li")).to_have_text(
        [re.compile("大字版图书"), re.compile("沙坑"), re.compile("坡道")]
    )
    points = Booth(resident, opens("points"))
    for _ in range(3):
        points.cards.nth(0).get_by_role("button").nth(1).tap()
    points.cards.nth(1).locator("input").fill("9")
    points.cards.nth(1).locator("input").blur()
    points.meter("还剩 0 分，共 10 分")
    points.cast()


def test_the_large_view_and_the_keyboard(opens: Opens, come: Come) -> None:
    elder = come(RESIDENT, "phone")
    elder.keep_cookie("portal_view", "elder")
    booth = Booth(elder, opens("approval"))
    assert elder.page.evaluate(TINY, PT_18) == [] and elder.page.evaluate(SMALL, ELDER_TARGET) == []
    assert elder.page.evaluate(WIDE) <= 0 and not list(barriers(elder.page))
    booth.cards.nth(0).locator("input").focus()
    elder.page.keyboard.press("Space")
    booth.chosen(1)
    elder.main.get_by_role("button", name=re.compile(elder.say("ballot.review"))).focus()
    elder.page.keyboard.press("Enter")
    expect(elder.page.locator(":focus")).to_have_text(elder.say("ballot.check"))
    elder.snap("vote-elder", full=False)
    elder.main.locator(".ballot-cast").focus()
    elder.page.keyboard.press("Enter")
    expect(elder.main.locator(".slip .code")).to_be_visible()
