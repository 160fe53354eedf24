"""What a person at the counter has brought so far: the list, and one case to be read out and printed."""

from collections.abc import Sequence

import streamlit as st

from pages.parts import counter, counter_slip, frame, wish
from pages.parts.drawn import Event, Node, button, draw, el, icon, link, number
from pages.parts.facts import empty
from pages.parts.links import pager
from pages.parts.notes import href, state_chip
from pages.parts.timeline import timeline
from portal import areas, clock, words
from portal.cases import counter as window
from portal.cases.kinds import ERRAND, KINDS
from portal.cases.wall import Note
from portal.http.shell import town
from portal.words import t


def cases(person_id: int) -> None:
    """The person's cases, those under way first; or the one that was chosen."""
    shown = frame.read(wish.find, counter.looked_at()) if counter.looked_at() else None
    if shown is not None:
        draw(_sheet(shown), key="counter_sheet", clicked=_clicked)
        return
    running = frame.read(window.cases_of, person_id)
    ended = frame.read(window.cases_of, person_id, st.query_params.get("after"), ended=True)
    nodes = [el("h2", "", t("counter.cases")), *_running(running.rows)]
    if ended.rows or "after" in st.query_params:
        older = pager("/counter", ended.next, words=(t("counter.older"), t("counter.newest")))
        opened = {"open": ""} if "after" in st.query_params else {}
        nodes.append(["details", opened, el("summary", "", t("counter.ended")), _rows(ended.rows), older or ""])
    draw(nodes, key="counter_cases", clicked=_clicked)


def _running(rows: Sequence[Note]) -> list[Node]:
    return [_rows(rows)] if rows else [empty("counter.cases", symbol="inventory_2")]


def _rows(rows: Sequence[Note]) -> Node:
    return ["ul", {"class": "desk-rows", "role": "list"}, *map(_row, rows)]


def _row(note: Note) -> Node:
    kind = KINDS[note.kind]
    about: list[Node] = [
        el("span", "", icon(kind.icon), t(f"kind.{kind.name}")),
        el("span", "", t("case.no", id=note.id)),
        el("span", "", areas.tree().label(note.area_path)),
        el("span", "", words.day(note.created_at)),
    ]
    if note.overdue:
        about.append(el("span", "late", icon("schedule"), t("note.overdue")))
    elif note.due_at:
        told_as = "counter.appointment" if note.kind == ERRAND.name and note.state == "open" else "counter.due"
        about.append(el("span", "", t(told_as, moment=words.moment(note.due_at))))
    title = el("p", "desk-title", link(href(note.id), note.title))
    told = el("div", "", title, ["p", {"class": "desk-parts"}, *about])
    look = button("look", note.id, t("counter.look"), "plain", "print")
    return el("li", f"desk-row counter-row {note.colour}", told, el("div", "row", state_chip(note), look))


def _sheet(shown: wish.Shown) -> list[Node]:
    """All of the case on one sheet, and nothing else where it is printed."""
    number_of = shown.case.id or 0
    buttons = el(
        "p",
        "row",
        button("back", "", t("counter.back"), symbol="arrow_back"),
        button("print", "", t("post.print"), "main", "print"),
        link(href(number_of), t("counter.page"), css="button"),
    )
    steps = [el("h2", "", t("case.timeline")), timeline(shown.steps, shown.case.kind)]
    printed = el("p", "small quiet paper", t("counter.printed", town=town(), moment=words.moment(clock.now())))
    return [
        buttons,
        el("article", "sheet stack", printed, *wish.story(shown), *counter_slip.appointment(shown.case), *steps),
    ]


def _clicked(event: Event) -> None:
    if event["do"] == "look":
        counter.look_at(number(event))
    elif event["do"] == "back":
        counter.look_at(0)
