"""The whole loop: posted, screened, sent, taken, answered, rated; seen on the wall, in the echo and in the rates."""

import re
from io import BytesIO
from urllib.request import urlopen

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.walk import RESIDENT, STAFF, VOLUNTEER, WORKER, Come, Walker, photo
from tests.fixtures.servers import Server

LOOKS = [("phone", "zh-CN"), ("phone", "en"), ("desktop", "zh-CN"), ("desktop", "en")]
IDS = ["-".join(look) for look in LOOKS]
CATEGORY = {"zh-CN": "环境卫生", "en": "Clean"}


def rates(walker: Walker) -> list[str]:
    """How many cases stand behind each of the three rates on the start page."""
    walker.go("/")
    figures = walker.main.locator(".figure").filter(has=walker.page.locator(".bar"))
    expect(figures).to_have_count(3)
    return [re.sub(r"\s+", " ", text) for text in figures.all_text_contents()]


def post(resident: Walker, title: str) -> int:
    """A wish with a point on the map and a photo that has a description."""
    resident.go("/post")
    resident.write(title, "晚上看不清路，老人走路要扶着墙。", CATEGORY[resident.lang])
    resident.choose_cell()
    resident.tap_map()
    resident.add_photo(photo(), f"{title} 现场")
    resident.press("post.send")
    case_id = resident.case_id()
    resident.state("state.screening")
    return case_id


def screened(staff: Walker, case_id: int) -> None:
    """Found at the desk among what waits, and accepted."""
    staff.go(f"/desk?case={case_id}")
    staff.press("act.case.accept")
    staff.sees("act.case.accept.done")


def answered(worker: Walker, case_id: int, answer: str) -> None:
    """Begun, done, answered in public with a photo."""
    worker.go(f"/wish?case={case_id}")
    worker.press("act.case.take_on")
    worker.state("state.in_progress")
    worker.press("act.case.finish")
    worker.add_photo(photo("#d9b44a"), "修好以后")
    worker.main.locator(".st-key-act_form textarea").first.fill(answer)
    worker.press("form.go", act=worker.say("act.case.finish"))
    worker.state("state.done")


def rated(resident: Walker, case_id: int) -> None:
    """Solved, five stars, a word."""
    resident.go(f"/wish?case={case_id}")
    resident.press("act.case.rate")
    resident.option(resident.say("outcome.solved"))
    resident.main.locator(".stFeedback button").nth(4).click()
    resident.main.locator(".st-key-act_form textarea").first.fill("谢谢，很快")
    resident.press("form.go", act=resident.say("act.case.rate"))
    resident.state("outcome.solved")


def shown(visitor: Walker, case_id: int, title: str, answer: str) -> None:
    """What everybody sees afterwards: the echo, the wall, the photos without the place of the shot."""
    visitor.go("/echo")
    visitor.reads(answer)
    visitor.snap(f"loop-echo-{visitor.lang}-{visitor.page.viewport_size['width']}")  # type: ignore[index]
    visitor.go(f"/wall?q={title}")
    note = visitor.main.locator(".note").filter(has_text=title)
    expect(note.locator(".chip").first).to_have_text(visitor.say("outcome.solved"))
    visitor.go(f"/wish?case={case_id}")
    pictures = visitor.main.locator("img[src*='/files/']")
    expect(pictures).to_have_count(4)  # before and after, each small and, once opened, large
    for picture in pictures.all():
        kept = Image.open(BytesIO(urlopen(visitor.url + (picture.get_attribute("src") or "")).read()))
        assert not kept.getexif().get_ifd(0x8825) and not kept.getexif()


@pytest.mark.parametrize("size,lang", LOOKS, ids=IDS)
def test_a_wish_goes_round_by_way_of_the_grid_worker(server: Server, come: Come, size: str, lang: str) -> None:
    title, answer = f"网格路灯 {size} {lang}", f"已换好灯泡 {size} {lang}"
    visitor = come("", size, lang=lang)
    before = rates(visitor)
    resident, staff, worker = (come(name, size, lang=lang) for name in (RESIDENT, STAFF, WORKER))
    case_id = post(resident, title)
    screened(staff, case_id)
    staff.go(f"/wish?case={case_id}")
    staff.press("act.case.dispatch")
    staff.press("form.go", act=staff.say("act.case.dispatch"))
    staff.state("state.dispatched")
    expect(staff.main.locator(".facts").first).to_contain_text(WORKER)
    answered(worker, case_id, answer)
    rated(resident, case_id)
    shown(visitor, case_id, title, answer)
    after = rates(visitor)
    assert all(a != b for a, b in zip(after, before, strict=True)), (before, after)


@pytest.mark.parametrize("size,lang", LOOKS[::3], ids=IDS[::3])
def test_a_wish_goes_round_by_way_of_the_hall(server: Server, come: Come, size: str, lang: str) -> None:
    title, answer = f"大厅长椅 {size} {lang}", f"长椅修好了 {size} {lang}"
    resident, staff, volunteer = (come(name, size, lang=lang) for name in (RESIDENT, STAFF, VOLUNTEER))
    case_id = post(resident, title)
    screened(staff, case_id)
    staff.go(f"/wish?case={case_id}")
    staff.press("act.case.to_hall")
    staff.sees("act.case.to_hall.done")
    volunteer.go("/hall")
    order = volunteer.main.locator(".order").filter(has_text=title)
    order.get_by_role("button").first.click()
    volunteer.sees("act.case.grab.done")
    answered(volunteer, case_id, answer)
    rated(resident, case_id)
    shown(come("", size, lang=lang), case_id, title, answer)
