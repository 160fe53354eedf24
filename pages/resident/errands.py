"""Errands: what is done for residents, and booking a time for it in a few taps."""

from itertools import groupby
from urllib.parse import quote

import streamlit as st

from pages.parts import frame
from pages.parts.drawn import Node, draw, el, icon, link
from pages.parts.errand_panel import slip
from pages.parts.errandform import appointment, errand_fields
from pages.parts.facts import empty
from pages.parts.links import open_page
from portal import words
from portal.acts import Who
from portal.cases import errands, stations
from portal.cases.errands import Booking
from portal.cases.setup import category_name, setup
from portal.cases.stations import Line
from portal.inputs import row_id
from portal.words import t, tn


def catalogue(lines: list[Line]) -> list[Node]:
    """The errands as cards, by category."""
    if not lines:
        return [empty("errands", symbol="assignment_turned_in", way=("/wall", "errands.wall"))]
    order = list(setup().categories)
    found = sorted(lines, key=lambda line: order.index(line.category))
    nodes: list[Node] = [el("p", "lead", t("errands.lead"))]
    for code, group in groupby(found, key=lambda line: line.category):
        cards = [card(line) for line in group]
        heading = el("h2", "", icon(setup().categories[code].icon), " ", category_name(code))
        nodes.append(el("section", "part stack", heading, ["ul", {"class": "orders", "role": "list"}, *cards]))
    return nodes


def card(line: Line) -> Node:
    """One errand: what, how long, where, by whom."""
    where = t("errands.at_home") if line.at_home else " / ".join(stations.venue(n).label for n in line.station_ids)
    return el(
        "li",
        f"order {setup().categories[line.category].colour}",
        el("h3", "", link(f"/errands?errand={line.id}", line.label)),
        el("p", "small", icon("home_pin" if line.at_home else "location_on"), where),
        el(
            "p", "small", icon("person"), words.pick(line.by), " · ", icon("timer"), tn("errands.minutes", line.minutes)
        ),
        el("p", "small quiet", t("errands.bring_short", things=t("setup.comma").join(line.things)))
        if line.things
        else None,
        el("div", "row", link(f"/errands?errand={line.id}", icon("event"), t("errands.book"), css="button main")),
    )


def confirm(me: Who, booking: Booking) -> None:
    """The summary and the button; without an account the way to sign in, with the choice kept in the address."""
    if booking.slot_at is None:
        st.caption(t("errands.choose_time"))
        return
    line, place = stations.line(booking.errand_id), stations.venue(booking.station_id)
    draw([el("section", "panel stack", el("h2", "", t("errands.check")),
             appointment(line, place, booking.slot_at, booking.place))], key="summary")  # fmt: skip
    if me.person_id is None:
        onward = link(
            f"/signin?next={quote(frame.here(), safe='')}", icon("login"), t("errands.sign_in"), css="button main"
        )
        draw([el("div", "panel stack", el("p", "", t("errands.sign_in_hint")), el("p", "", onward))], key="sign_in")
    elif st.button(t("errands.confirm"), type="primary", icon=":material/event_available:", width="stretch"):
        posted = frame.act(errands.book, booking, done="act.case.book.done")
        if posted:
            open_page(f"/errands?booked={posted.case_id}")


me = frame.enter("page.errands")
booked, chosen = row_id(st.query_params.get("booked")), row_id(st.query_params.get("errand"))
lines = frame.read(errands.catalogue)
if booked:
    draw(slip(frame.read(errands.booking, booked)), key="slip")
elif any(line.id == chosen for line in lines):
    name = next(line.label for line in lines if line.id == chosen)
    draw(
        [link("/errands", icon("arrow_back"), t("errands.back"), css="button plain"), el("h2", "narrow", name)],
        key="top",
    )
    confirm(me, errand_fields(f"errand_{chosen}", me))
else:
    draw(catalogue(lines), key="catalogue")
