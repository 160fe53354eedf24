"""Cases as work to do: offered in the hall, or in one's own hands. Large cards with one thing to press."""

from collections.abc import Sequence
from datetime import datetime

from pages.parts.drawn import Node, button, el, icon, link
from pages.parts.figures import span
from pages.parts.notes import href, state_chip
from portal import areas, clock, limits, words
from portal.acts import Who
from portal.cases.setup import category_name
from portal.cases.wall import Note
from portal.words import fitting, t


def offered(notes: Sequence[Note], who: Who, *, grab: bool) -> Node:
    """Orders from the hall, each with its button while `who` may take more (`grab`)."""
    now = clock.now()
    return _cards([_card(note, _offer(note, who, now), [_grab(note)] if grab else []) for note in notes])


def in_hand(notes: Sequence[Note]) -> Node:
    """What one holds: how much time is left, take it on, or go and answer it."""
    now = clock.now()
    return _cards([_card(note, _left(note, now), _next(note)) for note in notes])


def _cards(cards: list[Node]) -> Node:
    return ["ul", {"class": "orders", "role": "list"}, *cards]


def _card(note: Note, times: list[Node], buttons: list[Node]) -> Node:
    where = " · ".join(part for part in (areas.tree().label(note.area_path), note.place) if part)
    return el(
        "li",
        f"order {note.colour}",
        el("p", "note-head", el("span", "", icon(note.icon), " ", category_name(note.category)), state_chip(note)),
        *_told(note),
        el("p", "small", icon("location_on"), where),
        el("p", "small row", *times),
        el("div", "row", *buttons) if buttons else None,
    )


def _told(note: Note) -> list[Node]:
    """The words of a case; of a help order that nobody took yet why it is offered to this volunteer."""
    urgent = [el("p", "", urgency(note))] if note.urgency else []
    if not note.why:
        return [*urgent, el("h3", "", link(href(note.id), note.title)), el("p", "note-body", note.body)]
    why = el("strong", "", t(f"hall.why.{note.why}", skill=note.title))
    hold = t("hall.hold_for", hours=words.number(limits.HELP_HOLD_HOURS[note.urgency]))
    return [
        *urgent,
        el("h3", "", note.title),
        el("p", "why", icon("how_to_reg"), el("span", "", t("hall.why_you"), why)),
        el("p", "small quiet", t("hall.veiled"), " · ", hold),
    ]


def urgency(note: Note) -> Node:
    """How urgent a help order is; the colour only repeats the words."""
    return el("span", f"chip urgency-{note.urgency}", icon("bolt"), t(f"urgency.{note.urgency}"))


def _offer(note: Note, who: Who, now: datetime) -> list[Node]:
    times: list[Node] = []
    metres = _metres_from_home(note, who)
    if metres is not None:
        times.append(el("span", "", icon("directions_walk"), distance(metres)))
    if note.half_at is not None:
        times.append(el("span", "", icon("hourglass_top"), t("hall.until", span=_until(note.half_at, now))))
    if note.supporters:
        times.append(el("span", "", icon("favorite"), words.number(note.supporters)))
    return times


def _left(note: Note, now: datetime) -> list[Node]:
    times: list[Node] = []
    if note.hold_until_at is not None:
        times.append(el("span", "", icon("hourglass_top"), t("hall.hold", span=_until(note.hold_until_at, now))))
    if note.due_at is not None:
        left, css = due(note, now)
        times.append(el("span", f"chip {css}" if css else "", icon("timer"), left))
    return times


def _until(moment: datetime, now: datetime) -> str:
    return span(max((moment - now).total_seconds() / 3600, 0))


def _grab(note: Note) -> Node:
    return button("grab", note.id, t(fitting("act.case.grab", note.kind)), "main wide", "volunteer_activism")


def _next(note: Note) -> list[Node]:
    onward = link(href(note.id), t("hall.open"), css="button")
    if note.state in ("claimed", "dispatched"):
        return [button("take_on", note.id, t(fitting("act.case.take_on", note.kind)), "main", "play_arrow"), onward]
    return [link(href(note.id), icon("task_alt"), t("hall.finish"), css="button main")]


def due(note: Note, now: datetime) -> tuple[str, str]:
    """By when it must be answered, in words, and the class of the words."""
    if note.due_at is None:
        return "", ""
    hours = (note.due_at - now).total_seconds() / 3600
    return (t("desk.late", span=span(-hours)), "late") if note.overdue else (t("desk.due", span=span(hours)), "")


def distance(metres: float) -> str:
    """A walk, in words a person would use."""
    if metres < 1_000:
        return t("hall.metres", n=words.number(max(50, round(metres / 50) * 50)))
    return t("hall.kilometres", n=words.number(metres / 1_000, 1))


def _metres_from_home(note: Note, who: Who) -> float | None:
    """How far it is from where `who` lives; None where one of the two is not known."""
    if not who.home_path:
        return None
    home = areas.tree().by_path(who.home_path)
    there = areas.tree().by_path(note.area_path) if note.lon is None else note
    if home.lon is None or home.lat is None or there.lon is None or there.lat is None:
        return None
    return areas.metres((home.lon, home.lat), (there.lon, there.lat))
