"""One-click help in a browser: three taps on a phone, somebody comes, and both say how it was."""

import re

import pysqlite3
import pytest
from playwright.sync_api import expect

from tests.browser.walk import OTHER_VOLUNTEER, RESIDENT, Come, Walker
from tests.fixtures.browsers import settled
from tests.fixtures.servers import Server

TILE, BIG = "停电照明", 60


@pytest.fixture(autouse=True)
def able(server: Server) -> None:
    """The volunteer can put in a bulb."""
    database = pysqlite3.connect(server.database_url.removeprefix("sqlite:///"), timeout=20)
    with database:
        database.execute(
            "INSERT OR IGNORE INTO skill (person_id, category) SELECT id, 'help_light' FROM person WHERE name = ?",
            (OTHER_VOLUNTEER,),
        )
    database.close()


class Taps:
    """Taps on things large enough for an unsteady finger, and counts them."""

    def __init__(self, walker: Walker) -> None:
        self.walker, self.count = walker, 0

    def tap(self, role: str, name: str) -> None:
        target = self.walker.main.get_by_role(role, name=re.compile(re.escape(name))).first  # type: ignore[arg-type]
        expect(target).to_be_visible()
        box = target.bounding_box()
        assert box and min(box["height"], box["width"]) >= BIG, f"{name}: {box}"
        screen = self.walker.page.viewport_size
        assert screen and box["y"] + box["height"] <= screen["height"], f"{name} is out of sight: {box}"
        target.tap()
        self.count += 1
        settled(self.walker.page)


def test_help_is_ordered_in_under_four_taps_and_comes(server: Server, come: Come) -> None:
    resident, volunteer = come(RESIDENT, "phone"), come(OTHER_VOLUNTEER, "phone")
    resident.go("/")
    finger = Taps(resident)
    finger.tap("link", resident.say("home.way.help"))
    finger.tap("button", TILE)
    finger.tap("button", resident.say("help.send"))
    resident.sees("help.sent_offered")
    assert finger.count < 4
    resident.snap("help-sent")
    case_id = int(resident.page.url.rsplit("sent=", 1)[1])
    resident.link("help.follow").click()
    assert resident.case_id() == case_id
    expect(resident.main.locator(".help-steps [aria-current]")).to_contain_text(resident.say("help.step.published"))

    grabbed(volunteer)
    volunteer.go(f"/wish?case={case_id}")
    expect(volunteer.main.locator(".comes .name")).to_have_text(RESIDENT)
    volunteer.press("act.case.call")
    expect(volunteer.main.locator("a.dial[href^='tel:+86']").last).to_be_visible()
    volunteer.snap("help-called")

    resident.go(f"/wish?case={case_id}")
    expect(resident.main.locator(".comes .name")).to_have_text(OTHER_VOLUNTEER)
    resident.snap("help-comes")
    served(volunteer, case_id)
    rated(resident, volunteer, case_id)


def grabbed(volunteer: Walker) -> None:
    """The order stands in the hall with its reason and without a name; taken with one tap."""
    volunteer.go("/hall")
    order = volunteer.main.locator(".order").filter(has_text=TILE).filter(has=volunteer.page.locator(".why")).first
    expect(order).to_contain_text(volunteer.say("hall.why.community_skill", skill=TILE))
    expect(order).not_to_contain_text(RESIDENT)
    volunteer.snap("help-hall")
    order.get_by_role("button").first.click()
    volunteer.sees("act.case.grab.done")


def served(volunteer: Walker, case_id: int) -> None:
    """Arrived, done, and a word for the staff."""
    volunteer.go(f"/wish?case={case_id}")
    volunteer.press("act.case.take_on.help")
    volunteer.state("state.in_progress.help")
    volunteer.act("case.finish.help", "换了一只灯泡，亮了。")
    volunteer.state("state.done")
    volunteer.press("act.case.rate_back")
    volunteer.main.locator(".stFeedback button").nth(4).click()
    volunteer.press("form.go", act=volunteer.say("act.case.rate_back"))
    volunteer.sees("act.case.rate_back.done")


def rated(resident: Walker, volunteer: Walker, case_id: int) -> None:
    """Solved, five stars; and then the phone is nobody's any more."""
    resident.go(f"/wish?case={case_id}")
    resident.press("act.case.rate")
    resident.option(resident.say("outcome.solved"))
    resident.main.locator(".stFeedback button").nth(4).click()
    resident.press("form.go", act=resident.say("act.case.rate"))
    resident.state("outcome.solved")
    expect(resident.main.locator(".help-steps [aria-current]")).to_contain_text(resident.say("help.step.rated"))
    volunteer.go(f"/wish?case={case_id}")
    expect(volunteer.button("act.case.call")).to_have_count(0)


def test_a_danger_to_life_is_a_call_and_no_order(server: Server, come: Come) -> None:
    resident = come(RESIDENT, "phone").go("/help")
    finger = Taps(resident)
    finger.tap("button", TILE)
    resident.option(resident.say("urgency.4"))
    for number in ("120", "119", "110"):
        link = resident.main.locator(f"a.dial[href='tel:{number}']")
        expect(link).to_be_visible()
        box = link.bounding_box()
        assert box and box["height"] >= BIG
    expect(resident.button("help.send")).to_have_count(0)
    resident.snap("help-emergency")
