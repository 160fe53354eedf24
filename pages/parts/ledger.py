"""The audit chain in words: its head, its days, its newest links."""

from collections.abc import Sequence

from pages.parts.drawn import Node, el, icon, link
from pages.parts.facts import empty, facts
from pages.parts.notes import href
from portal import words
from portal.books import Head, Link
from portal.ledger import Fault
from portal.words import t


def head_panel(head: Head) -> Node:
    """The newest link, and what it is good for."""
    rows: list[tuple[str, Node | None]] = [("rows", words.number(head.seq)), ("head", el("span", "hash", head.hash))]
    hint = el("p", "small quiet", t("trail.head_hint"))
    return el("section", "panel stack", el("h2", "", t("trail.now")), facts(rows), hint)


def money_line(checked: int, fault: Fault | None) -> Node:
    """Whether the fund's books hold, in a line; nothing where no money has moved yet."""
    if fault is not None:
        reason = t(f"chain.{fault.reason}")
        return el("p", "panel state late", icon("report"), " ", t("trail.money_bad", thing=fault.thing, reason=reason))
    return el("p", "panel", icon("verified"), " ", t("trail.money_good", n=words.number(checked))) if checked else ""


def downloads() -> Node:
    """The chain and the program, for those who trust neither us nor this page."""
    chain = _download("/audit/chain.jsonl", "trail.download_chain")
    script = _download("/audit/verify.py", "trail.download_script")
    hint = el("p", "small quiet", t("trail.download_hint"))
    return el("section", "part stack", el("h2", "", t("trail.download")), el("p", "row", chain, script), hint)


def days(heads: Sequence[Head]) -> Node:
    """The published heads, one line a day."""
    lines = [
        el("li", "", el("span", "seq", words.day(h.day_on)), el("span", "hash", h.hash)) for h in heads if h.day_on
    ]
    body: Node = ["ul", {"class": "ledger"}, *lines] if lines else empty("trail.published", symbol="event_note")
    return el("section", "part", el("h2", "", t("trail.published")), body)


def links(rows: Sequence[Link]) -> Node:
    """Public links in words, newest first."""
    body: Node = ["ul", {"class": "ledger"}, *map(_line, rows)] if rows else empty("trail.none", symbol="menu_book")
    return el("section", "part", el("h2", "", t("trail.newest")), body)


def _download(href: str, label: str) -> Node:
    return ["a", {"class": "button", "href": href, "download": ""}, icon("download"), t(label)]


def _line(row: Link) -> Node:
    what = el("span", "", t(f"act.{row.act}"), " · ", _thing(row.thing))
    told = el("span", "small quiet", f"{words.moment(row.at)} · {t(f'by.{row.role}')}")
    return el("li", "", el("span", "seq", words.number(row.seq)), what, told)


def _thing(thing: str) -> Node:
    """What it was done to, in words, and the way there where it has a page."""
    table, _, number = thing.partition(":")
    said = f"trail.thing.{table}"
    named = t(said, id=number) if words.known(said) else thing
    if table == "cases":
        return link(href(int(number)), named)
    return link(f"/{table}?id={number}", named) if table in ("round", "project") else named
