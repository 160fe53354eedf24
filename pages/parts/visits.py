"""What a grid worker sees besides the form: the receipt to hand over, and what is open in their cells."""

from pages.parts import frame, receipts
from pages.parts.drawn import Event, Node, el, icon, link, number
from pages.parts.facts import empty
from pages.parts.notes import board, href, support
from pages.parts.orders import in_hand
from portal import areas
from portal.acts import Who
from portal.cases import lists, wall, work
from portal.settings import settings
from portal.words import t


def handed_over(case_id: int, code: str, phone: bool) -> list[Node]:
    """The receipt for the person who stands there, and whether it also goes to their `phone`."""
    told = el("p", "panel", icon("sms"), " ", t("visit.sent" if settings().sms_url else "visit.not_sent"))
    again = link("/field", t("visit.again"), css="button main")
    onward = el("p", "row", again, link(href(case_id), t("visit.see"), css="button"))
    done = el("p", "lead", t("visit.done"))
    return [el("div", "stack", done, receipts.slip(code), told if phone else None, onward)]


def mine(who: Who) -> list[Node]:
    """What is in the hands of `who`, then what is open in their cells."""
    held = frame.read(lists.in_hand)
    hand = in_hand(held) if held else empty("visit.hand", symbol="task_alt")
    return [_part(t("visit.in_hand"), hand), *[_cell(path) for path in who.paths("grid_worker")]]


def clicked(event: Event) -> None:
    """The handler for blocks that draw `mine`."""
    support(event)
    if event["do"] == "take_on":
        frame.act(work.take_on, number(event), done="act.case.take_on.done")


def _cell(path: str) -> Node:
    found = frame.read(wall.wall, wall.Filters(area_path=path, standing="open")).rows
    notes = board(found, who_can_support=True) if found else empty("visit.cell", symbol="wb_sunny")
    return _part(t("visit.open_in", area=areas.tree().label(path)), notes)


def _part(heading: str, content: Node) -> Node:
    return el("section", "part stack", el("h2", "", heading), content)
