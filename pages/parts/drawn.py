"""A block of the page drawn in the browser from plain data: many things for the price of one element.

A node is a text or `[tag, attributes, *children]`. The browser side makes text nodes out of texts, knows a short list
of tags and attributes, and only links within this site, so what people typed can never become markup.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypedDict

import orjson
import streamlit as st

from portal.inputs import row_id

Node = str | list[Any]


class Event(TypedDict):
    """A click on an element with `do=`: what and on which thing. Comes from outside: `id` may be anything."""

    do: str
    id: str


_block = st.components.v2.component(
    "portal.drawn",
    js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
    isolate_styles=False,  # the look is in the portal's one style sheet
)


def el(tag: str, attributes: dict[str, str] | str = "", *children: Node | None) -> Node:
    """An element; `attributes` may be just the class. A child that is None is left out."""
    kept = {"class": attributes} if isinstance(attributes, str) and attributes else attributes or {}
    return [tag, kept, *[child for child in children if child is not None]]


def icon(name: str) -> Node:
    """A Material symbol, invisible to screen readers."""
    return ["span", {"class": "icon", "aria-hidden": "true", "translate": "no"}, name]


def button(do: str, thing: object, label: str, css: str = "", symbol: str = "") -> Node:
    """A button whose click comes back as an event."""
    attributes = {"type": "button", "class": f"button {css}", "data-do": do, "data-id": str(thing)}
    return ["button", attributes, *([icon(symbol)] if symbol else []), label]


def link(href: str, *children: Node, css: str = "") -> Node:
    """A link within the portal: a plain click opens the page without loading everything anew, and without an event."""
    return ["a", {"class": css, "href": href, "data-do": "go"}, *children]


def bar(percent: int) -> Node:
    """A bar filled so far, for the eye alone: what it says stands beside it in words."""
    return ["div", {"class": "bar", "aria-hidden": "true", "style": f"--part: {percent}%"}]


def draw(nodes: list[Node], *, key: str, clicked: Callable[[Event], None] | None = None) -> Event | None:
    """Draw `nodes` as one block; returns the click that caused this run, if it happened here.

    `clicked` is called with it before the page runs, so that what it changes is seen in the same run.
    """

    def heard() -> None:
        event = st.session_state[key].get("did")
        if clicked and event:
            clicked(_event(event))

    did = _block(data=orjson.dumps(nodes), key=key, on_did_change=heard).did
    return _event(did) if did else None


def number(event: Event) -> int:
    """The id of an event as a number; 0, which is no thing's id, where it is none."""
    return row_id(event["id"])


def _event(sent: Any) -> Event:
    parts = sent if isinstance(sent, dict) else {}
    return {"do": str(parts.get("do", "")), "id": str(parts.get("id", ""))}
