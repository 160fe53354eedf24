"""`make shots`: the README's two screenshots, taken from the demo in a real browser."""

import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.fixtures.browsers import FLAGS, SIZES, chromium, go
from tests.fixtures.servers import Server

FOLDER = Path(__file__).with_name("readme")
SHOTS = (("wall-on-a-phone", "phone", "/wall"), ("start-page", "desktop", "/"))


def take(browser: Browser, url: str, name: str, size: str) -> None:
    """One screenshot of one page, with its pictures."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        is_mobile=size == "phone",
    )
    page = context.new_page()
    go(page, url)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / f"{name}.png")
    context.close()


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="portal-shots-") as name:
        server = Server(f"sqlite:///{name}/portal.db", Path(name))
        server.command("migrate")
        server.command("demo")
        server.start()
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
                for shot, size, path in SHOTS:
                    take(browser, server.url + path, shot, size)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
