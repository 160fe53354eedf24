"""Disputes as a list: what each is about, where it stands, who mediates, what comes next."""

from collections.abc import Sequence

from pages.parts.drawn import Node, el, icon, link
from pages.parts.notes import href, state_label
from portal import areas, clock, words
from portal.cases.disputes.docket import Entry
from portal.cases.setup import category_name
from portal.words import t


def entries(rows: Sequence[Entry]) -> Node:
    """The disputes as cards, each a link to its page."""
    return ["ul", {"class": "orders", "role": "list"}, *map(_entry, rows)]


def _entry(entry: Entry) -> Node:
    note = entry.note
    head = el("span", "", icon(note.icon), " ", category_name(note.category), " · ", t("case.no", id=note.id))
    coming = [line for line in (_mediator(entry), _sitting(entry), _follow_up(entry)) if line]
    return el(
        "li",
        "order",
        el("p", "note-head", head, el("span", "chip plain", state_label(note.state, note.outcome, note.kind))),
        el("h3", "", link(href(note.id), note.title)),
        el("p", "small", icon("location_on"), areas.tree().label(note.area_path)),
        el("p", "small row", *_times(entry)),
        el("p", "small stack", *coming) if coming else None,
    )


def _times(entry: Entry) -> list[Node]:
    note, now = entry.note, clock.now()
    times: list[Node] = [el("span", "", icon("schedule"), words.ago(note.created_at, now))]
    if note.overdue:
        times.append(el("span", "chip late", icon("schedule"), t("note.overdue")))
    return times


def _mediator(entry: Entry) -> Node | None:
    return el("span", "", icon("person"), t("mediation.by", name=entry.mediator)) if entry.mediator else None


def _sitting(entry: Entry) -> Node | None:
    if entry.sitting_at is None:
        return None
    return el("span", "", icon("event"), t("mediation.sitting", moment=words.moment(entry.sitting_at)))


def _follow_up(entry: Entry) -> Node | None:
    if entry.follow_up_on is None:
        return None
    due = entry.follow_up_on <= clock.day_of(clock.now())
    told = t("mediation.follow_up_on", day=words.day(entry.follow_up_on))
    return el("div", "", el("span", "chip late" if due else "", icon("event_repeat"), told))
