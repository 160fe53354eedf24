"""What people type is shown as they typed it, wherever it stands, and never becomes markup."""

import re

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.browser.test_loop import answered
from tests.browser.walk import NEIGHBOUR, RESIDENT, STAFF, VOLUNTEER, Come, Walker, photo
from tests.fixtures.servers import Server

TITLE = "<img src=x onerror=alert(1)> **b** $x^2$ :red[r] [a](//e.cn)"
BODY = (
    "<script>alert(2)</script> **bold** __u__ $x^2$ `c` :material/verified: :blue-badge[ok] &lt;b&gt;\n"
    "[a](javascript:alert(1)) ![p](https://example.com/p.png)\n# no heading\n>>>> no quote"
)
PLACE = "<b>三栋</b> **楼下** :green-badge[认证]"
ALT = "\"><img src=x onerror=alert(3)> **alt** '"
ANSWER = "已办 <u>好</u> **粗体** $y$ :material/verified: [点](javascript:alert(4))"
FAKES = (
    "img[src='x'], main strong:text-is('bold'), main strong:text-is('b'), .katex, main b:text-is('三栋'),"
    " main u, main a[href^='javascript'], main a[href*='e.cn'], main img[src*='example.com'], .stMarkdownBadge"
)


@pytest.fixture
def marked(come: Come) -> tuple[int, Walker]:
    """A wish full of markup on the wall, and who posted it."""
    resident, staff = come(RESIDENT), come(STAFF)
    resident.go("/post")
    resident.write(TITLE, BODY, "环境卫生")
    resident.choose_cell()
    resident.fill("post.place_label", PLACE)
    resident.add_photo(photo(), ALT)
    literal(resident, "the form")
    resident.press("post.send")
    case_id = resident.case_id()
    staff.go("/desk")
    literal(staff, "the desk's list", TITLE)
    staff.go(f"/desk?case={case_id}")
    literal(staff, "the desk", TITLE, "**bold**")
    staff.press("act.case.accept")
    staff.sees("act.case.accept.done")
    staff.go(f"/wish?case={case_id}")
    staff.press("act.case.to_hall")
    staff.sees("act.case.to_hall.done")
    return case_id, resident


def literal(walker: Walker, where: str, *texts: str) -> None:
    """These texts stand there letter by letter, and nothing was made of what is in them."""
    for text in texts:
        expect(walker.main.get_by_text(text).first, where).to_be_visible()
    assert walker.page.locator(FAKES).count() == 0, f"{where}: {walker.page.locator(FAKES).first.inner_html()}"


def armed(page: Page) -> list[str]:
    """Collects what no page may do: open a dialog of the browser."""
    heard: list[str] = []

    def hear(dialog: Dialog) -> None:
        heard.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", hear)
    return heard


def test_markup_stays_text_everywhere(server: Server, come: Come, marked: tuple[int, Walker]) -> None:
    case_id, resident = marked
    visitor, neighbour, volunteer = come("", "phone"), come(NEIGHBOUR, "phone"), come(VOLUNTEER, "phone")
    heard = [armed(walker.page) for walker in (visitor, neighbour, volunteer, resident)]

    visitor.go("/wall")
    literal(visitor, "the wall", TITLE)
    visitor.go("/")
    literal(visitor, "the start page", TITLE)
    visitor.go(f"/wish?case={case_id}")
    literal(visitor, "the wish", TITLE, ":blue-badge[ok]", "javascript:alert(1)", PLACE)
    expect(visitor.main.locator("img[src*='/files/']").first).to_have_attribute("alt", ALT)
    shell = visitor.page.request.get(f"{server.url}/wish?case={case_id}").text()
    assert "<img src=x" not in shell
    assert "&lt;img src=x onerror=alert(1)&gt;" in shell
    visitor.go("/wall?view=map")
    dot = visitor.map.locator(f".leaflet-marker-icon[title='{TITLE}'][aria-label^='{TITLE} · ']").first
    expect(dot).to_be_visible()
    dot.dispatch_event("mouseover")  # others may lie on top of it
    expect(visitor.map.locator(".leaflet-tooltip .title").first).to_have_text(TITLE)
    assert visitor.map.locator("img[src='x']").count() == 0

    neighbour.go("/post")
    neighbour.fill("post.title_label", TITLE)
    neighbour.fill("post.body_label", BODY)
    literal(neighbour, "similar wishes", TITLE)
    neighbour.main.locator(".similar .note").filter(has_text=TITLE).locator("[data-do=support]").first.click()
    neighbour.sees("act.case.support.done")
    neighbour.go("/mine?part=supported")
    literal(neighbour, "mine", TITLE)

    volunteer.go("/hall")
    literal(volunteer, "the hall", TITLE)
    volunteer.main.locator(".order").filter(has_text=TITLE).get_by_role("button").first.click()
    expect(volunteer.main.locator("[data-do=take_on]").first).to_be_visible()
    answered(volunteer, case_id, ANSWER)
    literal(volunteer, "the answer", ANSWER)
    visitor.go("/echo")
    literal(visitor, "the echo", ANSWER, TITLE)
    resident.go("/me")
    literal(resident, "the news", TITLE)
    assert heard == [[], [], [], []]


def test_a_name_stays_text(come: Come) -> None:
    neighbour = come(NEIGHBOUR)
    heard = armed(neighbour.page)
    neighbour.go("/me?part=profile")
    neighbour.fill("me.name", "<b>王</b>**德**:red[兴]")
    neighbour.press("me.name_save")
    expect(neighbour.page.locator(".portal-topbar .name")).to_have_text("<b>王</b>**德**:red[兴]")
    neighbour.reads(re.compile(re.escape("<b>王</b>**德**:red[兴]")))
    neighbour.fill("me.name", "王\u202e德兴")
    neighbour.press("me.name_save")
    neighbour.sees("refused.direction_characters", field=neighbour.say("field.name"))
    neighbour.fill("me.name", NEIGHBOUR)
    neighbour.press("me.name_save")
    expect(neighbour.page.locator(".portal-topbar .name")).to_have_text(NEIGHBOUR)
    assert not heard
