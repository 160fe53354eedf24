"""Lists of orders: what waits, what was decided, and the kinds of order that can be written."""

from collections.abc import Sequence
from urllib.parse import urlencode

from pages.parts.drawn import Node, el, icon, link
from pages.parts.facts import empty
from portal import words
from portal.fund import moves
from portal.fund.treasury import Line, Waiting
from portal.words import t, tn

TABS = ("waiting", "history", "new")
CHIPS = {"proposed": "partly", "posted": "solved", "rejected": "declined", "withdrawn": "plain", "reversed": "plain"}
SYMBOLS = {
    "income": "savings", "appropriation": "move_down", "contract": "contract", "instalment": "payments",
    "refund": "undo", "release": "link_off", "return": "assignment_return", "carry_over": "redo",
    "correction": "published_with_changes",
}  # fmt: skip
WRITTEN = tuple(kind for kind in moves.KINDS if kind is not moves.K.CORRECTION)
"""A correction is begun at the order that was wrong."""


def order_href(order_id: int) -> str:
    """The address of an order."""
    return f"/treasury?order={order_id}"


def form_href(kind: str, **more: object) -> str:
    """The address of a new form."""
    return f"/treasury?{urlencode({'new': kind, **more})}"


def tabs(chosen: str, waiting: Waiting, offered: Sequence[str]) -> Node:
    """The parts of the page; how many orders wait for the reader stands at the first."""
    links: list[Node] = []
    for tab in offered:
        n = len(waiting.to_decide) or len(waiting.mine) + len(waiting.others)
        count = el("b", "", words.number(n)) if tab == "waiting" and n else ""
        attributes = {"href": f"/treasury?tab={tab}", "data-do": "go"}
        attributes |= {"aria-current": "page"} if tab == chosen else {}
        links.append(["a", attributes, t(f"treasury.tab.{tab}"), " ", count])
    return ["nav", {"class": "tabs", "aria-label": t("treasury.tabs")}, *links]


def waiting_lists(found: Waiting) -> list[Node]:
    """What waits, for the reader first."""
    parts = {"to_decide": found.to_decide, "mine": found.mine, "others": found.others}
    shown = [
        el("section", "part stack", el("h2", "", tn(f"treasury.{name}", len(lines))), rows(lines))
        for name, lines in parts.items()
        if lines
    ]
    return shown or [empty("treasury.waiting", symbol="task_alt")]


def rows(lines: Sequence[Line], *, states: bool = False) -> Node:
    """Orders, one a line; `states` where they are not all waiting."""
    return ["ul", {"class": "desk-rows", "role": "list"}, *[_row(line, states) for line in lines]]


def state_chip(state: str) -> Node:
    """Where an order stands; the colour only repeats the words."""
    return el("span", f"chip {CHIPS[state]}", t(f"treasury.state.{state}"))


def kinds() -> Node:
    """All kinds of order, each with what it is for."""
    return el("div", "ways", *[
        link(
            form_href(kind), icon(SYMBOLS[kind]), el("strong", "", t(f"treasury.kind.{kind}")),
            el("span", "quiet", t(f"treasury.kind.{kind}.hint")), css="way",
        )
        for kind in WRITTEN
    ])  # fmt: skip


def _row(line: Line, states: bool) -> Node:
    title = f"{t(f'treasury.kind.{line.kind}')} · {words.money(line.amount_fen)}"
    told = [f"#{line.id}", line.about, line.payee, line.purpose, line.voucher, f"{line.author} {words.moment(line.at)}"]
    return el(
        "li",
        "desk-row",
        el("p", "desk-title", link(order_href(line.id), title)),
        el("p", "desk-parts", state_chip(line.state) if states else None,
           *[el("span", "", part) for part in told if part]),
    )  # fmt: skip
