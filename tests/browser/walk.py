"""Somebody at a browser: what they look for, press and type, named by the portal's own words."""

import re
from collections.abc import Callable
from io import BytesIO
from re import Pattern

from PIL import Image
from playwright.sync_api import FrameLocator, Locator, Page, TimeoutError, expect

from db.demo.texts import people
from portal import words
from portal.demo.cast import PHONE
from tests.fixtures.browsers import keep, settled

RESIDENT, NEIGHBOUR, MEMBER = "张桂兰", "王德兴", "冯凯"
WORKER, STAFF, STREET_STAFF = "王海燕", "陈志远", "杨丽华"
VOLUNTEER, OTHER_VOLUNTEER, ADMIN, AUDITOR = "钱军", "罗婷", "周雅琴", "高文斌"
VILLAGER, VILLAGE_STAFF, EXPERT, ORGANIZATION = "毕玉兰", "马国栋", "文志强", "苏敏"
FINANCE, OTHER_FINANCE = "何静", "蔡明"
GPS_IFD, GPS = 0x8825, {1: "N", 2: (24.0, 55.0, 12.0), 3: "E", 4: (102.0, 28.0, 30.0)}


class Walker:
    """A person with a browser window of their own, who reads in one language."""

    def __init__(self, page: Page, url: str, lang: str) -> None:
        self.page, self.url, self.lang = page, url, lang
        self.keep_cookie("portal_lang", lang)

    def keep_cookie(self, name: str, value: str) -> None:
        self.page.context.add_cookies([{"name": name, "value": value, "url": self.url}])

    def session_cookie(self) -> str:
        """What the browser keeps of the session; empty for a visitor."""
        kept = {cookie.get("name"): cookie.get("value", "") for cookie in self.page.context.cookies()}
        return kept.get("portal_session", "")

    def say(self, message_id: str, **facts: object) -> str:
        """The portal's sentence in this person's language."""
        with words.speaking(self.lang):
            return words.t(message_id, **facts)

    def go(self, path: str) -> "Walker":
        """Type an address; returns when its page stands."""
        self.page.goto(self.url + path, wait_until="domcontentloaded")
        settled(self.page)
        expect(self.main.get_by_role("heading", level=1).first).to_be_visible()
        return self

    @property
    def main(self) -> Locator:
        return self.page.get_by_role("main")

    def sees(self, message_id: str, **facts: object) -> None:
        self.reads(self.say(message_id, **facts))

    def reads(self, text: str | Pattern[str]) -> None:
        """That text stands somewhere on the page."""
        expect(self.page.get_by_text(text).first).to_be_visible()

    def link(self, message_id: str) -> Locator:
        return self.main.get_by_role("link", name=self.say(message_id)).first

    def button(self, message_id: str, **facts: object) -> Locator:
        """The button with exactly these words, whatever icon stands before them."""
        label = re.escape(self.say(message_id, **facts))
        return self.page.get_by_role("button", name=re.compile(rf"^\W*([a-z_]+\s+)?{label}\s*$")).first

    def press(self, message_id: str, **facts: object) -> None:
        self.button(message_id, **facts).click()
        settled(self.page)

    def field(self, message_id: str, **facts: object) -> Locator:
        return self.page.get_by_role("textbox", name=self.say(message_id, **facts)).first

    def fill(self, message_id: str, text: str, **facts: object) -> None:
        """Type into a field and leave it."""
        field = self.field(message_id, **facts)
        field.fill(text)
        field.blur()
        settled(self.page)

    def option(self, text: str) -> None:
        """Press one of a row of choices."""
        self.main.get_by_role("radio", name=re.compile(re.escape(text))).first.click()
        settled(self.page)

    def choose(self, message_id: str, text: str) -> None:
        """Choose from a drop-down list."""
        box = self.main.get_by_role("combobox", name=re.compile(re.escape(self.say(message_id)))).first
        option = self.page.get_by_role("option", name=re.compile(re.escape(text))).first
        for _ in range(5):  # a run that ends just then shuts the list
            box.click()
            try:
                option.click(timeout=3_000)
                break
            except TimeoutError:
                continue
        settled(self.page)

    @property
    def map(self) -> FrameLocator:
        return self.page.frame_locator("iframe.stCustomComponentV1").first

    def tap_map(self, right: int = 0, down: int = 0) -> None:
        """Tap the map, a few pixels off its middle."""
        town = self.map.locator("#map_div")
        expect(self.map.locator("path.area").first).to_be_visible()
        box = town.bounding_box()
        assert box
        town.click(position={"x": box["width"] / 2 + right, "y": box["height"] / 2 + down})
        expect(self.map.locator(".pin")).to_be_visible()
        settled(self.page)

    def choose_cell(self, street: str = "金方街道", community: str = "朝阳后山社区", cell: str = "第03网格") -> None:
        """The place, from the lists."""
        names = {"street": (street, "Jinfang"), "community": (community, "Houshan"), "cell": (cell, "03")}
        for level, (chinese, english) in names.items():
            self.choose(f"level.{level}", chinese if self.lang == "zh-CN" else english)

    def add_photo(self, data: bytes, alt: str, name: str = "photo.jpg") -> None:
        """Take a photo and say what it shows."""
        files = [{"name": name, "mimeType": "image/jpeg", "buffer": data}]
        self.main.locator("input[type=file]").first.set_input_files(files)  # type: ignore[arg-type]
        self.fill("post.alt_label", alt, n=1)

    def write(self, title: str, body: str, category: str) -> None:
        """The words of a wish, on its page."""
        self.fill("post.title_label", title)
        self.fill("post.body_label", body)
        self.option(category)

    def case_id(self) -> int:
        """The wish whose page this is."""
        self.page.wait_for_url(re.compile(r"/wish\?case=\d+"))
        settled(self.page)
        return int(self.page.url.rsplit("case=", 1)[1].split("&")[0])

    def state(self, message_id: str) -> None:
        """The wish on this page stands there."""
        expect(self.main.locator(".state .chip").first).to_have_text(self.say(message_id))

    def act(self, name: str, says: str = "") -> None:
        """Do something to the wish on this page, with the words it asks for."""
        self.press(f"act.{name}")
        if says:
            form = self.main.locator(".st-key-act_form")
            area = form.locator("textarea").last
            area.fill(says)
            area.blur()
            settled(self.page)
            self.press("form.go", act=self.say(f"act.{name}"))

    def snap(self, name: str, *, full: bool = True) -> None:
        """Keep a screenshot."""
        self.page.wait_for_function("[...document.images].every((image) => image.complete || image.loading === 'lazy')")
        keep(self.page, name, full=full)


Come = Callable[..., Walker]
"""Lets somebody come in: see the fixture `come`."""


def demo_session(walker: Walker, name: str) -> str:
    """Come in by one click of the demo, or with the phone whom it does not offer; the cookie that was given."""
    walker.go("/signin")
    offered = walker.page.get_by_role("button", name=name)
    if offered.count():
        offered.first.click()
    else:
        walker.fill("signin.phone", next(PHONE.format(n) for n, row in enumerate(people(), 1) if row["name"] == name))
        walker.press("signin.send")
        told = walker.page.get_by_text(re.compile(r"\d{6}")).first.inner_text()
        walker.fill("signin.code", re.findall(r"\d{6}", told)[0])
        walker.press("signin.enter")
    expect(walker.page.get_by_role("link", name=name).first).to_be_visible()
    return walker.session_cookie()


def photo(colour: str = "#7a9c59", size: tuple[int, int] = (900, 600)) -> bytes:
    """A JPEG as a phone takes it: with the place of the shot in it."""
    exif = Image.Exif()
    exif[0x0110] = "Telephone"
    exif.get_ifd(GPS_IFD).update(GPS)
    file = BytesIO()
    Image.new("RGB", size, colour).save(file, "JPEG", exif=exif)
    return file.getvalue()
