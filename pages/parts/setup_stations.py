"""Editing the stations: their names and hours, how many places a time has, and the days on which they are closed."""

from datetime import date, time, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from pages.parts import frame
from pages.parts.areapick import pick_within
from pages.parts.drawn import Node, button, draw, el, icon, number
from pages.parts.facts import empty
from portal import areas, clock, limits, words
from portal.acts import Who
from portal.cases import errand_setup, setting_up
from portal.cases.errand_setup import Opening
from portal.cases.stations import Hours, Venue, plan
from portal.settings import settings
from portal.words import t

WEEK = range(7)
A_MONDAY = date(2024, 1, 1)
USUAL = tuple(Hours(day, *span, 30, 2) for day in range(5) for span in ((9 * 60, 12 * 60), (14 * 60, 17 * 60 + 30)))
"""What a new station starts from: the office hours of most."""
SLOTS = (10, 15, 20, 30, 45, 60, 90, 120)
"""Lengths of a slot to choose from, in minutes."""


def venues(who: Who) -> None:
    """The stations of the areas that `who` answers for, and a dialog to open or change one."""
    st.markdown(t("setup.stations_lead"))
    mine = [place for place in plan().venues.values() if setting_up.may(who, errand_setup.STATION, place.area_path)]
    new = st.button(t("setup.station_new"), icon=":material/add:")
    event = draw([_list(mine)], key="stations")
    picked = next((place for place in mine if event and event["do"] == "edit" and place.id == number(event)), None)
    if new or picked is not None:
        st.dialog(t("setup.station"), width="large", icon=":material/storefront:")(_edit)(picked)


def _list(mine: list[Venue]) -> Node:
    if not mine:
        return empty("setup.stations", symbol="storefront")
    return el("div", "stack", *[_one(place) for place in mine])


def _one(place: Venue) -> Node:
    today = clock.day_of(clock.now())
    ahead = [words.month_day(day) for day in place.closed if day >= today]
    closed = t("setup.closed_on", days=t("setup.comma").join(ahead)) if ahead else ""
    return el(
        "section",
        "panel visit",
        el("p", "row", el("strong", "", place.label), el("span", "small quiet", areas.tree().label(place.area_path)),
           None if place.active else el("span", "chip plain", t("setup.put_away"))),
        el("p", "small", icon("location_on"), " ", " · ".join(filter(None, (place.address, place.phone)))),
        *[el("p", "small", line) for line in _week(place)],
        el("p", "small", icon("event_busy"), " ", closed) if closed else None,
        el("p", "", button("edit", place.id, t("setup.edit"), symbol="edit")),
    )  # fmt: skip


def _week(place: Venue) -> list[str]:
    """The hours in words, days with the same hours together."""
    by_hours: dict[str, list[str]] = {}
    for day in WEEK:
        spans = [f"{_told(h.opens_minute)}–{_told(h.closes_minute)}" for h in place.hours if h.weekday == day]
        if spans:
            by_hours.setdefault(t("setup.comma").join(spans), []).append(_weekday(day))
    return [f"{t('setup.comma').join(days)}  {spans}" for spans, days in by_hours.items()] or [t("setup.no_hours")]


def _edit(place: Venue | None) -> None:
    with frame.body():
        key = f"station_{place.id if place else 'new'}"
        languages = settings().language_codes
        names = {
            lang: st.text_input(
                t("setup.name_in", language=t(f"language.{lang}")), place.names.get(lang, "") if place else "",
                max_chars=limits.NAME_CHARS, key=f"{key}_{lang}",
            )
            for lang in languages
        }  # fmt: skip
        path = place.area_path if place else pick_within(f"{key}_area", _tops(frame.who())).path
        address = st.text_input(
            t("field.address"), place.address if place else "", limits.TITLE_CHARS, key=f"{key}_address"
        )
        phone = st.text_input(t("setup.station_phone"), place.phone if place else "", 30, key=f"{key}_phone")
        st.markdown(f"**{t('setup.hours')}**")
        hours = _hours(place, key)
        st.markdown(f"**{t('setup.closed_days')}**")
        closed = _closed(place, key)
        active = st.checkbox(t("setup.station_active"), place.active if place else True, key=f"{key}_active")
        typed = Opening(names, path, address, phone, active, hours, closed)
        pressed = st.button(t("setup.save"), type="primary", width="stretch", key=f"{key}_save")
        if (
            pressed
            and frame.act(errand_setup.save_station, typed, place.id if place else None, done="setup.saved") is not None
        ):
            st.rerun()


def _tops(who: Who) -> list[str]:
    return [path for path in who.paths(*errand_setup.STATION.who) if setting_up.may(who, errand_setup.STATION, path)]


def _hours(place: Venue | None, key: str) -> tuple[Hours, ...]:
    rows = [
        {"weekday": h.weekday, "opens": _clock(h.opens_minute), "closes": _clock(h.closes_minute),
         "slot": h.slot_minutes, "places": h.places}
        for h in (place.hours if place else USUAL)
    ]  # fmt: skip
    table = st.data_editor(
        pd.DataFrame(rows, columns=["weekday", "opens", "closes", "slot", "places"]), num_rows="dynamic",
        width="stretch",
        hide_index=True, key=f"{key}_hours", column_config=_hour_columns(),
    )  # fmt: skip
    typed: list[dict[str, Any]] = table.to_dict("records")
    return tuple(
        Hours(
            int(row["weekday"]),
            _minute(row["opens"]),
            _minute(row["closes"]) or 24 * 60,
            int(row["slot"]),
            int(row["places"]),
        )
        for row in typed
        if not any(pd.isna(value) for value in row.values())
    )


def _hour_columns() -> dict[str, Any]:
    return {
        "weekday": st.column_config.SelectboxColumn(
            t("setup.weekday"), options=list(WEEK), required=True, default=0, format_func=_weekday
        ),
        "opens": st.column_config.TimeColumn(t("setup.opens"), format="HH:mm", required=True, step=300),
        "closes": st.column_config.TimeColumn(t("setup.closes"), format="HH:mm", required=True, step=300),
        "slot": st.column_config.SelectboxColumn(
            t("setup.slot_minutes"), options=list(SLOTS), required=True, default=30
        ),
        "places": st.column_config.NumberColumn(
            t("setup.places"), min_value=1, max_value=limits.STATION_PLACES, step=1, required=True, default=1
        ),
    }


def _closed(place: Venue | None, key: str) -> dict[date, str]:
    today = clock.day_of(clock.now())
    rows = [{"day": day, "note": note} for day, note in (place.closed if place else {}).items() if day >= today]
    columns = {
        "day": st.column_config.DateColumn(t("setup.day"), required=True, min_value=today, format="localized"),
        "note": st.column_config.TextColumn(t("setup.closed_why"), max_chars=limits.NAME_CHARS, default=""),
    }
    table = st.data_editor(
        pd.DataFrame(rows, columns=["day", "note"]), num_rows="dynamic", width="stretch", hide_index=True,
        key=f"{key}_closed", column_config=columns,
    )  # fmt: skip
    typed: list[dict[str, Any]] = table.to_dict("records")
    return {row["day"]: str(row["note"] or "") for row in typed if row["day"]}


def _weekday(day: str | float) -> str:
    return words.weekday(A_MONDAY + timedelta(days=int(day)))


def _clock(minute: int) -> time:
    return time(*divmod(minute % (24 * 60), 60))


def _told(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _minute(typed: time) -> int:
    return typed.hour * 60 + typed.minute
