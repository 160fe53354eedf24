"""A round as everybody sees it: its card on the square, its timeline, what to do now, what happened."""

from collections.abc import Sequence

from pages.parts import frame
from pages.parts.drawn import Node, el, icon, link
from portal import areas, clock, words
from portal.acts import Who
from portal.fund import rounds
from portal.fund.rounds import Event, Round, Stop
from portal.memo import for_all
from portal.words import t

ICONS = {
    "drafting": "edit_note", "informing": "campaign", "accepting": "edit_document", "reviewing": "fact_check",
    "valuating": "request_quote", "deliberating": "forum", "publishing": "preview", "balloting": "how_to_vote",
    "reviewing_ballots": "inventory", "finished": "emoji_events", "cancelled": "cancel",
}  # fmt: skip
CHIPS = {"balloting": "late", "accepting": "", "finished": "solved", "cancelled": "declined"}
STEP = {"was": "step", "now": "step now", "skipped": "step private"}


def course(row: Round) -> list[Stop]:
    """The timeline of a round: the same for all who may read it, so one that is public is kept for all."""
    if row.state == "drafting":
        return frame.read(rounds.course, row.id or 0)
    return frame.read(for_all(rounds.course), row.id or 0)


def chip(row: Round) -> Node:
    """The phase of a round, in words."""
    return el("span", f"chip {CHIPS.get(row.state, '')}", icon(ICONS[row.state]), t(f"phase.{row.state}"))


def card(row: Round, who: Who) -> Node:
    """A round on the square: the phase, until when, what one can do now."""
    return el(
        "article",
        "panel stack",
        el("div", "row spread", el("h3", "", link(f"/round?id={row.id}", row.name)), chip(row)),
        el("p", "small quiet", *about(row)),
        el("p", "", now_sentence(row, course(row))),
        el("div", "row", *ways(row, who), link(f"/round?id={row.id}", t("round.look"), css="button")),
    )


def past(row: Round) -> Node:
    """A round that is over, as one line."""
    target = f"/result?round={row.id}" if row.state == "finished" else f"/round?id={row.id}"
    told = el("span", "", el("strong", "", row.name), el("span", "quiet", *about(row)))
    return el("li", "", link(target, told, chip(row), css="todo"))


def about(row: Round) -> list[Node]:
    """Where a round is and how much there is to decide about, in a line."""
    return [t("round.about", area=areas.tree().label(row.area_path), budget=words.money(row.budget_fen))]


def now_sentence(row: Round, stops: Sequence[Stop]) -> str:
    """What is going on now, and until when by the plan."""
    coming = next((stop for stop in stops if stop.standing in ("next", "late")), None)
    said = t(f"round.now.{row.state}")
    if coming is None or coming.starts_at is None or row.state in rounds.OVER:
        return said
    if coming.standing == "late":
        return f"{said} {t('round.soon', phase=t(f'phase.{coming.phase}'))}"
    return f"{said} {t(f'round.until.{coming.phase}', at=words.moment(coming.starts_at))}"


def ways(row: Round, who: Who) -> list[Node]:
    """What one can do in a round now, as buttons."""
    found: list[tuple[str, str, str]] = []
    if row.state == "accepting":
        found = [(f"/propose?round={row.id}", "edit_document", "round.way.propose")]
    elif row.state == "balloting":
        found = [(f"/vote?round={row.id}", "how_to_vote", "round.way.vote")]
    elif row.state == "finished":
        found = [(f"/result?round={row.id}", "emoji_events", "round.way.result")]
    return [link(href, icon(symbol), t(label), css="button main") for href, symbol, label in found]


def part(heading: str, *body: Node) -> Node:
    """A part of the page under its heading (a message id)."""
    return el("section", "part", el("h2", "", t(heading)), *body)


def timeline(row: Round, stops: Sequence[Stop]) -> Node:
    """What was, is, and comes next, with the dates, as a list that reads well aloud too."""
    return ["ol", {"class": "steps course", "role": "list"}, *[_stop(stop) for stop in stops]]


def _stop(stop: Stop) -> Node:
    name = t(f"phase.{stop.phase}")
    attributes = {"class": STEP.get(stop.standing, "step ahead")}
    if stop.standing == "now":
        attributes["aria-current"] = "step"
    head = el("p", "what", icon(ICONS[stop.phase]), " ", name, " ", el("span", "chip plain", _standing(stop)))
    over = stop.standing in ("was", "skipped")
    more = None if over else el("p", "small", t(f"phase.about.{stop.phase}"))
    return el("li", attributes, head, el("p", "small quiet", _when(stop)), more)


def _standing(stop: Stop) -> str:
    """What is published goes on no longer."""
    return t("stop.was" if (stop.phase, stop.standing) == ("finished", "now") else f"stop.{stop.standing}")


def _when(stop: Stop) -> str:
    """When it began, or is to begin; where both differ by a day, both."""
    if stop.standing == "skipped":
        return t("stop.when.skipped")
    if stop.entered_at is not None:
        planned = stop.starts_at or stop.entered_at
        same = clock.day_of(planned) == clock.day_of(stop.entered_at)
        facts = {"at": words.moment(stop.entered_at), "planned": words.moment(planned)}
        return t("stop.when.began" if same else "stop.when.began_otherwise", **facts)
    return t("stop.when.planned", at=words.moment(stop.starts_at)) if stop.starts_at else t("stop.when.open")


def history(events: Sequence[Event]) -> Node:
    """What happened to a round, newest first, with the reasons that were given."""
    return el(
        "details", "panel", el("summary", "", t("round.history")),
        ["ol", {"class": "steps", "role": "list"}, *[_event(event) for event in events]],
    )  # fmt: skip


def _event(event: Event) -> Node:
    stamp = ["time", {"datetime": event.at.isoformat()}, words.moment(event.at)]
    changed = [t(f"round.field.{name}") for name in _changed(event) if words.known(f"round.field.{name}")]
    return el(
        "li",
        "step",
        el("p", "what", t(f"act.{event.act}")),
        el("p", "small quiet", stamp, f" · {t(f'by.{event.role}')}"),
        el("p", "small", t("round.changed", fields=t("setup.comma").join(changed))) if changed else None,
        el("p", "says", event.says) if event.says else None,
    )


def _changed(event: Event) -> list[str]:
    if event.act != "round.edit":
        return []
    return list(event.facts.get("changed", event.facts))
