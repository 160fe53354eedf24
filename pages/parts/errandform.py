"""Booking an errand: which one, at which station, when; shared by residents and the counter.

What is chosen stands in the address, so that it outlives signing in on the way.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import streamlit as st

from pages.parts import filters, frame
from pages.parts.areapick import pick_area
from pages.parts.drawn import Event, Node, draw, el, icon
from pages.parts.facts import empty, facts
from portal import clock, limits, words
from portal.acts import Who
from portal.cases import errands, stations
from portal.cases.errands import Booking
from portal.cases.stations import Line, Venue
from portal.inputs import row_id
from portal.words import t, tn

STAMP = "%Y%m%d%H%M"
"""How a time is written in the address, in UTC."""
Days = Mapping[date, Sequence[tuple[datetime, int]]]


def errand_fields(key: str, who: Who, *, own: bool = True) -> Booking:
    """Draw what a booking needs and give what is chosen and typed now; ids are 0 while nothing is chosen.

    `own` says that it is the errand of who fills it in: then contact and home are known from the account. A visitor
    only chooses.
    """
    offered = {str(line.id): line for line in frame.read(errands.catalogue)}
    if not own or st.query_params.get("errand", "") not in offered:
        filters.select("errand", t("errands.which"), ["", *offered], lambda n: _name(offered.get(n)))
    line = offered.get(st.query_params.get("errand", ""))
    if line is None:
        return Booking(0, 0, None)
    draw([what(line)], key=f"{key}_what_{line.id}")
    place = pick_station(line)
    slot_at = pick_time(key, line, place)
    if own and who.person_id is None:  # what would be typed now would be lost on the way through signing in
        return Booking(line.id, place.id, slot_at)
    address, area_id = _home(key, who, line, place, own) if line.at_home else ("", None)
    note = st.text_area(
        t("errands.note" if own else "errands.note_for"), key=f"{key}_note", max_chars=limits.COMMENT_CHARS, height=100
    )
    label = t("errands.contact" if own else "errands.contact_for")
    contact = st.text_input(label, key=f"{key}_contact", max_chars=limits.NAME_CHARS, autocomplete="tel")
    return Booking(line.id, place.id, slot_at, contact=contact, note=note, place=address, area_id=area_id)


def what(line: Line) -> Node:
    """What the errand is: how long, who does it, and what to bring."""
    where = t("errands.at_home" if line.at_home else "errands.at_station")
    told = facts(
        [("minutes", tn("errands.minutes", line.minutes)), ("done_at", where), ("done_by", words.pick(line.by))]
    )
    return el("section", "panel stack", told, bring(line))


def bring(line: Line) -> Node | None:
    """What to bring, or to have ready at home, as a list; None where nothing is needed."""
    if not line.things:
        return None
    heading = t("errands.ready" if line.at_home else "errands.bring")
    things: list[Node] = [el("li", "", icon("check_box"), " ", thing) for thing in line.things]
    return el("div", "", el("strong", "", heading), ["ul", {"class": "bring", "role": "list"}, *things])


def pick_station(line: Line) -> Venue:
    """The station in the address, or the first that does the errand; a choice where there are several."""
    offered = {str(n): stations.venue(n) for n in line.station_ids if stations.venue(n).active}
    chosen = next(iter(offered))
    if len(offered) > 1:
        chosen = filters.select("station", t("errands.station"), list(offered), lambda n: offered[n].label)
    return offered[chosen]


def pick_time(key: str, line: Line, place: Venue) -> datetime | None:
    """The time in the address, where it is one of those offered. Days in a row, the times of the chosen day below."""
    days = frame.read(stations.free_slots, line.id, place.id)
    if not days:
        draw([empty("errands.times", symbol="event_busy")], key=f"{key}_when")
        return None
    chosen = {f"{when:{STAMP}}": when for times in days.values() for when, _ in times}
    slot_at = chosen.get(st.query_params.get("slot", ""))
    day = _day(days, slot_at)
    blocks = [el("h2", "", t("errands.when")), _days(days, day), _times(days[day], slot_at)]
    draw(blocks, key=f"{key}_when", clicked=_chosen)
    return slot_at


def appointment(line: Line, place: Venue, slot_at: datetime | None, address: str = "") -> Node:
    """When and where, as facts; `address` is a home."""
    where = address if line.at_home else " · ".join(filter(None, (place.label, place.address)))
    when = words.appointment(slot_at) if slot_at else t("errands.no_time")
    return facts(
        [
            ("errand", line.label),
            ("when", el("strong", "", when)),
            ("where", where or None),
            ("visited_by", place.label if line.at_home else None),
            ("phone", place.phone or None),
        ]
    )


def _chosen(event: Event) -> None:
    """Put what was tapped into the address, before the page runs."""
    if event["do"] in ("day", "slot"):
        st.query_params[event["do"]] = event["id"]
    if event["do"] == "day":
        st.query_params.pop("slot", None)


def _name(line: Line | None) -> str:
    return line.label if line else t("errands.choose")


def _day(days: Days, slot_at: datetime | None) -> date:
    """The chosen day: of the chosen time, of the address, or the first with a free time."""
    if slot_at is not None:
        return clock.day_of(slot_at)
    named = {day.isoformat(): day for day in days}.get(st.query_params.get("day", ""))
    return named or next((day for day, times in days.items() if _left(times)), next(iter(days)))


def _left(times: Sequence[tuple[datetime, int]]) -> int:
    return sum(left for _, left in times)


def _days(days: Days, chosen: date) -> Node:
    return ["div", {"class": "slots days", "role": "group", "aria-label": t("errands.days")}, *[
        _choice("day", day.isoformat(), day == chosen, [words.weekday(day), words.month_day(day)], _left(times) > 0,
                t("errands.full"))
        for day, times in days.items()
    ]]  # fmt: skip


def _times(times: Sequence[tuple[datetime, int]], chosen: datetime | None) -> Node:
    return ["div", {"class": "slots", "role": "group", "aria-label": t("errands.times")}, *[
        _choice("slot", f"{when:{STAMP}}", when == chosen, [words.hour(when)], left > 0,
                tn("errands.left", left) if left else t("errands.full"))
        for when, left in times
    ]]  # fmt: skip


def _choice(do: str, thing: str, pressed: bool, lines: list[str], free: bool, note: str) -> Node:
    """One day or time to tap. A full day can still be looked at, a full time cannot be chosen."""
    attributes = {"type": "button", "class": "slot", "data-do": do, "data-id": thing}
    attributes |= {"aria-pressed": "true" if pressed else "false"}
    if not free and do == "slot":
        attributes["disabled"] = ""
    *above, last = lines
    told: list[Node] = [*[el("span", "", line) for line in above], el("strong", "", last)]
    return ["button", attributes, *told, *([el("span", "small", note)] if do == "slot" or not free else [])]


def _home(key: str, who: Who, line: Line, place: Venue, own: bool) -> tuple[str, int | None]:
    """The address, and the cell where it is not known from the account."""
    address = st.text_input(t("errands.address"), key=f"{key}_address", max_chars=limits.TITLE_CHARS,
                            placeholder=t("errands.address_hint"))  # fmt: skip
    if own and who.home_path.startswith(place.area_path):
        return address, None
    found = pick_area(f"{key}_cell_{row_id(str(place.id))}", place.area_path, "cell")
    return address, found.id if found else None
