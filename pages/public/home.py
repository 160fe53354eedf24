"""The start page: what this is, the ways in, how it goes, what is new."""

from pages.parts import frame
from pages.parts.drawn import Node, draw, el, icon, link
from pages.parts.echoes import echoes
from pages.parts.facts import empty
from pages.parts.figures import rates_block
from pages.parts.notes import board, support
from portal import areas
from portal import board as counters
from portal.acts import Who
from portal.cases import echo, wall
from portal.cases.lists import with_own_support
from portal.fund import rounds
from portal.memo import for_all
from portal.words import t

DAYS = 90
NOTES, ECHOES = 6, 2


def page(who: Who) -> list[Node]:
    """Everything on the page, from the first sentence to the newest answer."""
    newest = frame.read(with_own_support, frame.read(for_all(wall.wall), wall.Filters(), None, NOTES).rows)
    answers = frame.read(for_all(echo.echoes), limit=ECHOES).rows
    rates = frame.read(for_all(counters.rates), areas.tree().root.id, DAYS)
    none = empty("home.notes", symbol="sticky_note_2", way=("/post", "home.way.post"))
    notes = board(newest, who_can_support=who.person_id is not None)
    return [
        el("p", "lead", t("home.lead")),
        _ways(who),
        _section("rates.heading", rates_block(rates), days=DAYS),
        _section("home.newest", notes if newest else none, ("/wall", "home.newest_all") if newest else None),
        *([_section("home.echoes", echoes(answers, two=True), ("/echo", "home.echoes_all"))] if answers else []),
    ]


def _ways(who: Who) -> Node:
    mine = ("/mine", "home.way.mine_hint") if who.person_id else ("/receipt", "home.way.receipt_hint")
    fund = frame.read(for_all(rounds.doorplate))
    return el(
        "nav",
        {"class": "ways", "aria-label": t("home.ways")},
        _way("/help", "sos", "home.way.help", "home.way.help_hint", "way main whole"),
        _way("/post", "edit_square", "home.way.post", "home.way.post_hint"),
        _way("/opinion", "mail", "home.way.opinion", "home.way.opinion_hint"),
        _way("/errands", "assignment_turned_in", "home.way.errands", "home.way.errands_hint"),
        _way("/wall", "sticky_note_2", "home.way.wall", "home.way.wall_hint"),
        _way("/echo", "campaign", "home.way.echo", "home.way.echo_hint"),
        _way(mine[0], "receipt_long", "home.way.mine", mine[1]),
        _way("/fund", "savings", "home.way.fund", f"home.way.fund{fund}", "way pair") if fund is not None else None,
    )


def _way(href: str, symbol: str, name: str, hint: str, css: str = "way") -> Node:
    return link(href, icon(symbol), el("strong", "", t(name)), el("span", "quiet", t(hint)), css=css)


def _section(heading: str, body: Node, more: tuple[str, str] | None = None, **facts: object) -> Node:
    onward = link(more[0], t(more[1]), " ›", css="button plain") if more else None
    return el("section", "part", el("div", "row spread", el("h2", "", t(heading, **facts)), onward), body)


me = frame.enter("home.title")
draw(page(me), key="home", clicked=support)
