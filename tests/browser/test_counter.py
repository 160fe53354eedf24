"""A clerk at the counter with a queue: one person after the other, from the keyboard, with paper to take home."""

import re

from playwright.sync_api import Locator, expect

from tests.browser.looking import faults
from tests.browser.walk import RESIDENT, STAFF, Come, Walker
from tests.fixtures.browsers import keep, settled
from tests.fixtures.servers import Server

PHONE, NEW = "199 0000 0029", "13700001234"
"""The number of the resident in the demo, and one that nobody has."""
WORDS = "活动室晚上能不能多开一小时"


def type_in(clerk: Walker, text: str) -> None:
    """Where the cursor is: it waits in the right field."""
    expect(clerk.page.locator("input:focus")).to_have_value("")
    clerk.page.keyboard.type(text)
    clerk.page.keyboard.press("Enter")
    settled(clerk.page)


def printed(clerk: Walker, name: str) -> str:
    """What comes out of the printer."""
    clerk.page.emulate_media(media="print")
    keep(clerk.page, name)
    for hidden in (".portal-topbar", ".st-key-counter_record", ".stButton", "header"):
        for found in clerk.page.locator(hidden).all():
            expect(found).to_be_hidden()
    told = clerk.main.inner_text()
    assert clerk.page.evaluate("getComputedStyle(document.querySelector('.sheet')).color") == "rgb(0, 0, 0)"
    clerk.page.emulate_media(media="screen")
    return told


def send(clerk: Walker) -> None:
    clerk.option(clerk.say("consent.spoken"))
    clerk.press("counter.send")
    expect(clerk.main.locator(".slip .code")).to_be_visible()


def running(clerk: Walker) -> Locator:
    """What is under way for this person."""
    return clerk.main.locator(".drawn > .desk-rows > li")


def test_a_clerk_serves_one_after_the_other(server: Server, come: Come) -> None:
    clerk = come(STAFF, scheme="dark").go("/counter")
    type_in(clerk, PHONE)
    expect(clerk.main.locator(".counter-card")).to_contain_text(RESIDENT)
    expect(running(clerk).first).to_be_visible()
    before = running(clerk).count()
    assert PHONE.replace(" ", "") not in clerk.main.inner_text()

    clerk.option(clerk.say("kind.opinion"))
    clerk.fill("opinion.body_label", WORDS)
    clerk.option("文体活动")
    clerk.snap("counter-opinion")
    send(clerk)
    clerk.snap("counter-slip")
    slip = printed(clerk, "counter-slip-printed")
    assert WORDS in slip and RESIDENT in slip and re.search(r"([0-9A-Z]{4}-){6}[0-9A-Z]{4}", slip)

    clerk.press("counter.same")
    expect(running(clerk)).to_have_count(before + 1)
    expect(running(clerk).first).to_contain_text(WORDS)
    clerk.option(clerk.say("kind.help"))
    clerk.main.locator(".tile").first.click()
    settled(clerk.page)
    send(clerk)
    clerk.press("counter.same")
    expect(running(clerk)).to_have_count(before + 2)

    running(clerk).filter(has_text=WORDS).get_by_role("button").click()
    expect(clerk.main.locator(".sheet .steps")).to_be_visible()
    clerk.snap("counter-sheet")
    sheet = printed(clerk, "counter-sheet-printed")
    assert WORDS in sheet and clerk.say("case.timeline") in sheet and clerk.say("counter.record") not in sheet

    clerk.page.keyboard.press("Alt+n")
    settled(clerk.page)
    expect(clerk.main.locator(".counter-card")).to_have_count(0)
    assert RESIDENT not in clerk.main.inner_text() and WORDS not in clerk.page.content()
    type_in(clerk, NEW)
    type_in(clerk, "李奶奶")  # refused for now: nobody said yes yet
    expect(clerk.main.get_by_role("alert").first).to_be_visible()
    clerk.option(clerk.say("consent.spoken"))
    clerk.press("counter.enter")
    expect(clerk.main.locator(".counter-card")).to_contain_text("李奶奶")
    clerk.option(clerk.say("kind.opinion"))
    expect(clerk.field("opinion.body_label")).to_have_value("")


def test_the_counter_is_in_order_on_every_screen(server: Server, come: Come) -> None:
    wrong = []
    for size, lang, scheme in (("phone", "zh-CN", "light"), ("phone", "en", "dark"), ("desktop", "en", "light")):
        clerk = come(STAFF, size, lang=lang, scheme=scheme).go("/counter")
        if lang == "zh-CN":
            clerk.fill("counter.phone", PHONE)
            clerk.press("counter.find")
            expect(clerk.main.locator(".counter-card")).to_contain_text(RESIDENT)
        else:  # what people wrote is in Chinese
            clerk.press("counter.unknown")
        for kind in ("wish", "opinion", "help", "errand", "dispute"):
            clerk.option(clerk.say(f"kind.{kind}"))
            clerk.snap(f"counter-{kind}-{size}-{lang}")
            wrong += [f"{size} {lang} {kind}: {fault}" for fault in faults(clerk, axe=kind == "opinion")]
    assert not wrong, "\n".join(wrong)
