"""The stations of the demo, their hours, and what they do for residents."""

from typing import Any

from portal import areas, audit
from portal.cases import errand_setup
from portal.cases.errand_setup import Entry, Opening
from portal.cases.stations import Hours
from portal.demo.cast import Cast

WORKDAYS = range(5)


def load(cast: Cast, typed: dict[str, Any]) -> None:
    """Let the staff of each station open it and enter the catalogue; `typed` as in `db/demo/errands.json`."""
    with audit.transaction() as session:
        ids = {
            row["key"]: errand_setup.save_station(session, cast.staff_of(_path(row["area"]), 0), _opening(row, typed))
            for row in typed["stations"]
        }
        above = {row["key"]: _path(row["area"]) for row in typed["stations"]}
        for position, row in enumerate(typed["errands"], start=1):
            # the words of a line are for whoever answers for all of its stations: the one highest up
            top = min((above[key] for key in row["stations"]), key=len)
            errand_setup.save_errand(session, cast.staff_of(top, 0), _entry(row, position, ids))


def _opening(row: dict[str, Any], typed: dict[str, Any]) -> Opening:
    hours = tuple(
        Hours(day, _minute(opens), _minute(closes), typed["slot_minutes"], row["places"])
        for day in WORKDAYS
        for opens, closes in typed["hours"]
    )
    return Opening(row["names"], _path(row["area"]), row["address"], row["phone"], hours=hours)


def _entry(row: dict[str, Any], position: int, ids: dict[str, int]) -> Entry:
    return Entry(
        names=row["names"],
        category=row["category"],
        bring=row["bring"],
        by=row["by"],
        minutes=row["minutes"],
        at_home=row.get("at_home", False),
        position=position,
        station_ids=frozenset(ids[key] for key in row["stations"]),
    )


def _minute(told: str) -> int:
    hour, _, minute = told.partition(":")
    return int(hour) * 60 + int(minute)


def _path(code: str) -> str:
    return areas.tree().by_code(code).path
