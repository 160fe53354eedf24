"""A clerk with three hundred items: worked through with the keyboard alone, and many at once."""

import shutil
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import select

from db.engine import close_engine, reading
from db.models.accounts import Person
from portal import areas, audit, clock, snapshots, start
from portal.acts import Who
from portal.cases import inbox, post
from portal.cases.contents import Voice
from portal.settings import settings
from tests.browser.walk import STAFF, WORKER, Walker, demo_session
from tests.fixtures.browsers import settled
from tests.fixtures.databases import point_at
from tests.fixtures.servers import Server
from tests.fixtures.town import CELL

ITEMS = 300
FOCUSED = "() => document.activeElement?.closest('.desk-row')?.dataset.id ?? ''"
OPEN = "() => new URL(location.href).searchParams.get('case') ?? ''"
SHOWN = f"""() => {{
  const row = document.querySelector('.desk-row[aria-current]')
  const title = document.querySelector('.st-key-desk_item h2.wish-title')
  return row?.dataset.id === ({OPEN})() && title?.textContent === row.querySelector('.desk-title').textContent
}}"""
ABOUT = ("路灯不亮", "井盖松动", "垃圾没有清", "路面有坑", "树枝挡窗", "噪音扰民", "电动车乱停", "下水道堵了")


def fill(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Three hundred wishes, recorded in the street by the grid worker of cells 03 and 04."""
    point_at(f"sqlite:///{folder / 'portal.db'}", folder, patch)
    start.ready()
    snapshots.forget_all()
    with reading() as session:
        worker = session.exec(select(Person).where(Person.name == WORKER)).one()
    cells = [place for place in areas.tree().cells() if place.path.endswith(("houshan/03/", "houshan/04/"))]
    who = Who(worker.id, WORKER, duties=frozenset(("grid_worker", cell.path) for cell in cells))
    now = clock.now()
    for n in range(ITEMS):
        cell = cells[n % 2]
        title = f"{ABOUT[n % len(ABOUT)]}，第{n + 1}件"
        voice = Voice(title, f"{title}，请安排人来看一下。", "roads" if n % 3 else "lighting", area_id=cell.id)
        with clock.at(now - timedelta(minutes=5 * (ITEMS - n))), audit.transaction() as session:
            post.record(session, who, Voice(**{**vars(voice), "channel": "street", "consent": "spoken"}))
    close_engine()
    settings.cache_clear()


@pytest.fixture(scope="module")
def busy(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose desk has three hundred items more."""
    folder = tmp_path_factory.mktemp("busy") / "data"
    shutil.copytree(demo_folder, folder)
    with pytest.MonkeyPatch.context() as patch:
        fill(folder, patch)
    running = Server(f"sqlite:///{folder / 'portal.db'}", folder).start()
    yield running
    running.stop()


@pytest.fixture
def clerk(busy: Server, visit: Callable[..., Page]) -> Walker:
    """The clerk of the community, come in by the door."""
    walker = Walker(visit("desktop"), busy.url, "zh-CN")
    demo_session(walker, STAFF)
    return walker


def waiting(walker: Walker) -> int:
    """How many wait for screening, as the tab says."""
    tab = walker.main.get_by_role("link", name=walker.say("desk.tab.screening")).first
    return int(tab.locator("b").inner_text())


def press(page: Page, key: str) -> None:
    page.keyboard.press(key)
    settled(page)


def opened(page: Page) -> None:
    """The case that the address names stands beside the list, with its buttons."""
    page.wait_for_function(SHOWN)
    settled(page)


def into_list(page: Page) -> None:
    """From nowhere into the list, by key."""
    page.evaluate("() => document.activeElement?.blur()")
    page.keyboard.press("ArrowDown")
    page.wait_for_function(f"({FOCUSED})() !== ''")


def test_twenty_are_accepted_and_sent_by_keyboard_alone(clerk: Walker, capsys: pytest.CaptureFixture[str]) -> None:
    page = clerk.go(f"/desk?tab=screening&area={CELL}").page  # where somebody is in charge of every one
    before, times = waiting(clerk), []
    into_list(page)
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    page.wait_for_function(f"({OPEN})() !== ''")
    for _ in range(20):
        opened(page)
        case_id = page.evaluate(OPEN)
        assert page.evaluate(FOCUSED) == case_id, "the focus stands on the open one"
        began = time.perf_counter()
        page.keyboard.press("a")
        page.wait_for_function("(was) => (new URL(location.href)).searchParams.get('case') !== was", arg=case_id)
        expect(page.locator(f".desk-row[data-id='{case_id}']")).to_have_count(0)
        opened(page)
        times.append(time.perf_counter() - began)
    assert waiting(clerk) == before - 20
    with capsys.disabled():
        print(f"\n  {len(times)} items by keyboard: {sum(times) / len(times):.2f} s each, slowest {max(times):.2f} s")


def test_after_words_the_focus_comes_back_to_the_list(clerk: Walker) -> None:
    page = clerk.go("/desk?tab=screening").page
    into_list(page)
    press(page, "Enter")
    page.wait_for_function(f"({OPEN})() !== ''")
    case_id = page.evaluate(OPEN)
    clerk.act("case.decline", "这件事请找物业，电话在小区门口。")
    expect(page.locator(f".desk-row[data-id='{case_id}']")).to_have_count(0)
    page.wait_for_function(f"({FOCUSED})() !== ''")


def test_fifty_are_sent_at_once_and_marks_outlive_loading_on(clerk: Walker) -> None:
    page = clerk.go("/desk?tab=screening").page
    before = waiting(clerk)
    into_list(page)
    page.keyboard.press("Home")
    page.keyboard.press("x")
    page.keyboard.press("End")
    press(page, "j")  # beyond the end: the next fifty
    expect(page.locator(".desk-row")).to_have_count(100)
    page.wait_for_function(f"({FOCUSED})() !== ''")
    assert page.locator(".desk-row.marked").count() == 1
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Shift+X")
    expect(page.locator(".desk-row.marked")).to_have_count(50)
    expect(page.locator(".desk-bar [role=status]")).to_have_text(clerk.say("desk.marked", n=50))
    page.locator(".desk-bar button.main").focus()
    press(page, "Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="50").press("Enter")
    expect(page.locator(".st-key-desk_account")).to_be_visible()
    settled(page)
    assert waiting(clerk) == before - 50


def test_keys_are_told_and_rows_are_found(clerk: Walker) -> None:
    page = clerk.go("/desk?tab=screening").page
    into_list(page)
    page.keyboard.press("?")
    expect(page.locator("dialog.desk-keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog.desk-keys")).to_be_hidden()
    page.wait_for_function(f"({FOCUSED})() !== ''")
    page.keyboard.press("/")
    page.keyboard.type("井盖")
    count = page.locator(".desk-row:visible").count()
    assert 0 < count < 50 and all("井盖" in text for text in page.locator(".desk-row:visible").all_inner_texts())
    page.keyboard.press("Enter")
    page.keyboard.press("x")
    expect(page.locator(".desk-row.marked")).to_have_count(1)


def test_a_grid_worker_has_the_inbox_of_the_cells(busy: Server, visit: Callable[..., Page]) -> None:
    worker = Walker(visit("phone"), busy.url, "zh-CN")
    demo_session(worker, WORKER)
    worker.go("/desk")
    for name in inbox.FIGURES:
        worker.sees(f"desk.tab.{name}")
    worker.main.get_by_role("link", name=worker.say("desk.tab.screening")).first.click()
    settled(worker.page)
    assert worker.page.locator(".desk-row").count() == 50
    assert worker.page.locator(".desk-bar button:has-text('按规则派单')").count() == 0, "the desk's, not theirs"
