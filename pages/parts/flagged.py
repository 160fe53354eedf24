"""Replies that were only copied, as the supervisor reads them."""

from collections.abc import Sequence

from pages.parts import frame
from pages.parts.drawn import Event, Node, button, el, icon, link, number
from pages.parts.echoes import answer
from pages.parts.notes import href
from portal import areas, words
from portal.cases import quality
from portal.cases.quality import Flagged
from portal.words import t, tn


def cards(rows: Sequence[Flagged]) -> Node:
    """The replies with why they are here, and a button to put each away."""
    return el("div", "stack", *[_card(row) for row in rows])


def clicked(event: Event) -> None:
    """Put away the one that was clicked."""
    if event["do"] == "seen":
        frame.act(quality.seen, number(event), done="act.flag.seen.done")


def _card(row: Flagged) -> Node:
    why = t("flag.why.template") if row.why == "template" else tn("flag.why.repeated", row.times)
    where = [areas.tree().label(row.area_path), row.name, words.moment(row.at)]
    return el(
        "section",
        "panel stack",
        el("p", "row", el("span", "chip late", icon("content_copy"), why)),
        el("h3", "", link(href(row.case_id), row.title)),
        el("p", "small quiet", " · ".join(filter(None, where))),
        answer(row.reply),
        el("div", "row", button("seen", row.id, t("act.flag.seen"), symbol="done")),
    )
