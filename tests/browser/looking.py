"""Looking a page over: what must not be on it, whoever sees it, on whatever screen."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from babel.messages.pofile import read_po
from playwright.sync_api import Page

from portal.settings import ROOT
from portal.words import LOCALES
from tests.browser.walk import Walker

CATEGORIES = ROOT / "db/start/categories.json"
WORDS = """() => {
  const found = [], skip = 'script, style, textarea, iframe, .portal-announcer'
  const theirs = '.note-main, .echo h3, .asked, .says, .order h3, .note-body, .photos, .wish-title, .wish-body, ' +
    '.todo strong, .me-too'
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement
    if (!node.data.trim() || element.closest(skip) || element.closest(theirs)) continue
    if (element.closest('[lang]') !== document.documentElement) continue
    if (getComputedStyle(element).fontFamily.includes('Symbols')) continue
    if (element.checkVisibility()) found.push(node.data.trim())
  }
  for (const element of document.body.querySelectorAll('[aria-label], [placeholder], [title], [alt]'))
    for (const name of ['aria-label', 'placeholder', 'title', 'alt'])
      if (element.getAttribute(name)?.trim() && element.checkVisibility() && !element.closest(theirs))
        found.push(element.getAttribute(name).trim())
  return found
}"""
WIDE = """() => Math.max(
  document.scrollingElement.scrollWidth - innerWidth,
  ...[...document.querySelectorAll('[data-testid=stMain]')].map((main) => main.scrollWidth - main.clientWidth))"""
LATIN = re.compile(r"[\x20-\x7e…•–—×]*[A-Za-z]{2,}[\x20-\x7e…•–—×]*")
ALLOWED = re.compile(
    r"Linux|Chrome|[0-9a-f]{16,}|[A-Z]{2,5}|(•|JPG|PNG|WEBP|PDF|DOCX|XLSX|[, ])+|[\w.-]+\.(py|jsonl|json)|"
    r"[A-Z0-9]{2,}(-[A-Z0-9]+)+( \d+)*"
)
"""Latin words that stand on Chinese pages too: devices, formats, hashes, files, codes and numbers of papers."""
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
STREAMLITS = {
    "[data-testid=stSidebarNavItems]": "the menu's list holds the headings of its sections, and each section its items",
    "[data-testid=stSidebarNavItems] li": "the items stand in a section inside the list, which is no list of its own",
}
"""CSS that marks what Streamlit itself draws, with the reason why axe's objection to it is not ours to mend."""


def faults(walker: Walker, *, axe: bool) -> Iterator[str]:
    """Everything that is wrong with the page that stands there; `axe` looks for barriers too, which takes a second."""
    page = walker.page
    if page.locator('[data-testid="stException"]').count():
        yield "an exception is shown"
    wide = page.evaluate(WIDE)
    if wide > 0:
        yield f"{wide} px wider than the screen"
    if not page.title().strip() or page.title() == "Streamlit":
        yield "no title"
    yield from foreign_words(page, walker.lang)
    if axe:
        yield from barriers(page)


def foreign_words(page: Page, lang: str) -> Iterator[str]:
    """Words of the interface in the other language. What people wrote may be in any."""
    for text in dict.fromkeys(page.evaluate(WORDS)):
        if lang == "zh-CN":
            if LATIN.fullmatch(text) and not ALLOWED.fullmatch(text):
                yield f"English: {text}"
        elif text in chinese():
            yield f"Chinese: {text}"


def barriers(page: Page) -> Iterator[str]:
    """What axe calls serious or critical."""
    found: dict[str, Any] = Axe().run(page, options=RULES).response
    for violation in found["violations"]:
        if violation["impact"] not in ("serious", "critical"):
            continue
        for node in violation["nodes"]:
            target = " ".join(map(str, node["target"]))
            if not any(page.locator(target).first.evaluate("(e, css) => e.matches(css)", css) for css in STREAMLITS):
                yield f"{violation['id']}: {node['html'][:160]} ({target})"


@cache
def chinese() -> frozenset[str]:
    """Every sentence of the portal in Chinese, and the names of the categories."""
    spoken = {str(category["names"]["zh-CN"]) for category in json.loads(CATEGORIES.read_text())}
    for path in (LOCALES / "zh_CN").glob("*.po"):
        with path.open("rb") as file:
            for message in read_po(file):
                texts = message.string if isinstance(message.string, tuple | list) else (message.string,)
                spoken |= {text for text in texts if message.id and text and re.search("[\u4e00-\u9fff]{2}", text)}
    return frozenset(spoken)
