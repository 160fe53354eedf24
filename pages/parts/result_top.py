"""The first screen of a result: what was decided, in one sentence, and the projects that get the money."""

from pages.parts.drawn import Node, el, icon, link
from pages.parts.facts import empty
from portal import areas, words
from portal.fund import telling
from portal.fund.results import Decided, Entry, Results
from portal.words import t, tn

SOON = ("balloting", "reviewing_ballots", "finished")
"""What people wait for, in its order."""


def front(found: Results) -> list[Node]:
    """What was decided and the winners; or, before that, when it will be known, and nothing of the votes."""
    head = el("p", "lead", el("strong", "", found.name), " · ", areas.tree().label(found.area_path))
    if found.decided is None:
        return [head, _awaited(found)]
    return [head, _decision(found, found.decided), _winners(found.decided)]


def where(entry: Entry) -> str:
    """Where a project is: its cell and what was written about the place."""
    cell = areas.tree().by_path(entry.cell_path).label if entry.cell_path else ""
    return t("result.dot").join(filter(None, (cell, entry.place)))


def href(entry: Entry) -> str:
    """The address of a project."""
    return f"/project?id={entry.project_id}"


def _decision(found: Results, decided: Decided) -> Node:
    return el(
        "section",
        "answer stack",
        el("h2", "", telling.headline(decided, found.budget_fen)),
        el("p", "", icon("how_to_vote"), " ", telling.turnout(decided)),
    )


def _winners(decided: Decided) -> Node:
    if not decided.winners:
        return empty("result.no_winners", symbol="savings")
    cards = [_card(entry) for entry in decided.winners]
    return el("section", "part", el("h2", "", t("result.winners")), ["ol", {"class": "orders", "role": "list"}, *cards])


def _card(entry: Entry) -> Node:
    place = where(entry)
    return el(
        "li",
        "order green",
        el(
            "p",
            "note-head",
            el("span", "", t(f"project_kind.{entry.kind}")),
            el("span", "chip solved", t("result.funded")),
        ),
        _picture(entry),
        el("h3", "", link(href(entry), entry.title)),
        el("p", "", el("strong", "lead", words.money(entry.award_fen))),
        el("p", "small quiet", icon("location_on"), place) if place else None,
        el("p", "small", icon("thumb_up"), tn("result.supporters", entry.votes)),
    )


def _picture(entry: Entry) -> Node | None:
    if not entry.photo:
        return None
    source = f"/attachments/{entry.photo}/thumb"
    return ["img", {"class": "order-photo", "src": source, "alt": "", "loading": "lazy"}]


def _awaited(found: Results) -> Node:
    """What comes when, as far as it is known."""
    if found.state == "cancelled":
        return empty("result.cancelled", symbol="event_busy", way=("/fund", "result.to_fund"))
    steps = [
        el("li", "step", el("p", "what", t(f"result.soon.{phase}")), el("p", "small", words.moment(found.plan[phase])))
        for phase in SOON
        if phase in found.plan
    ]
    return el(
        "section",
        "panel stack",
        el("h2", "", t("result.not_yet")),
        el("p", "", t("result.sealed")),
        ["ol", {"class": "steps", "role": "list"}, *steps] if steps else None,
        el("p", "row", link(f"/round?id={found.round_id}", t("result.to_round"), css="button")),
    )
