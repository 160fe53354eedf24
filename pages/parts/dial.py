"""Numbers to be dialled: links that a phone calls with one tap."""

from pages.parts.drawn import Node, el, icon
from portal.accounts import phones
from portal.words import t

EMERGENCY_NUMBERS = ("120", "119", "110")


def dial(number: str, *label: Node, css: str = "button main") -> Node:
    """A link that calls `number`."""
    return ["a", {"class": f"{css} dial", "href": f"tel:{number}"}, icon("call"), *label]


def person(e164: str) -> Node:
    """The phone of somebody who is to be called, in full. Shown once, in this very run, and kept nowhere."""
    return el("p", "", dial(e164, t("help.call_link", phone=phones.written(e164))))


def emergency(*, explained: bool) -> Node:
    """The three numbers for a danger to life, side by side; or, `explained`, one below the other with what each is
    for."""
    css = "emergency explained" if explained else "emergency"
    return el("div", css, *[_number(number, explained) for number in EMERGENCY_NUMBERS])


def _number(number: str, explained: bool) -> Node:
    meant = el("span", "small", t(f"help.dial.{number}_for")) if explained else None
    return dial(number, el("strong", "", number), el("span", "", t(f"help.dial.{number}")), *([meant] if meant else []))
