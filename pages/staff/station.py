"""Today at the station: who is expected when, and serving them one by one."""

from datetime import date

import streamlit as st

from pages.parts import filters, frame
from pages.parts.drawn import draw
from pages.parts.facts import empty
from pages.parts.stationlist import day_switch, visits
from portal import clock
from portal.cases import stations
from portal.words import t


def chosen_day() -> date:
    """The day that the address names, else today."""
    named, today = st.query_params.get("day", ""), clock.day_of(clock.now())
    near = {(today.fromordinal(today.toordinal() + n)).isoformat() for n in range(-60, 61)}
    return date.fromisoformat(named) if named in near else today


frame.enter("page.station", needs=("staff", "grid_worker"))
mine = {str(place.id): place for place in frame.read(stations.my_stations)}
if not mine:
    draw([empty("station.none", symbol="storefront", way=("/setup?part=stations", "station.setup"))], key="none")
    st.stop()
chosen = next(iter(mine))
if len(mine) > 1:
    chosen = filters.select("station", t("errands.station"), list(mine), lambda n: mine[n].label)
place, day = mine[chosen], chosen_day()
draw([day_switch(place, day)], key="days")
visits(frame.read(stations.today, place.id, day), place, day)
