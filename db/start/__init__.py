"""What every new installation starts with: categories, targets, templates, how long contacts are kept, the calendar."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import chinese_calendar
from sqlmodel import Session, SQLModel, select

from db.models.oversight import Retention
from db.models.setup import Category, DayOverride, OfficialYear, ReplyTemplate, Target

OFFICIAL_YEARS = (2025, 2026)
"""Years whose holidays the State Council has announced and the calendar package knows."""


def load(session: Session) -> None:
    """Fill those of these tables that are empty; what somebody has set up already stays as it is."""
    _fill(session, Target, _numbered("targets"))
    session.flush()  # categories point at targets
    _fill_by_kind(session, _numbered("categories"))
    _fill(session, ReplyTemplate, _read("templates"))
    _fill(session, Retention, _read("retention"))
    _fill(session, DayOverride, overrides())
    _fill(session, OfficialYear, [{"year": year} for year in OFFICIAL_YEARS])
    session.flush()


def _fill(session: Session, table: type[SQLModel], rows: list[dict[str, Any]]) -> None:
    """Add `rows` to `table` unless it holds some already."""
    if session.exec(select(table).limit(1)).first() is None:
        session.add_all(table(**row) for row in rows)


def _fill_by_kind(session: Session, rows: list[dict[str, Any]]) -> None:
    """Add the categories of every kind that has none yet: a kind may be younger than the installation."""
    known = set(session.exec(select(Category.kind)).all())
    session.add_all(Category(**row) for row in rows if row["kind"] not in known)


def overrides() -> list[dict[str, Any]]:
    """The days of the official years that do not follow the week, named in Chinese after their holiday."""
    return [day for year in OFFICIAL_YEARS for day in days_of(year)]


def days_of(year: int) -> list[dict[str, Any]]:
    """The announced days of `year` that do not follow the week; empty for a year the calendar package lacks."""
    rows: list[dict[str, Any]] = []
    announced = any(holiday.year == year for holiday in chinese_calendar.holidays)
    day = date(year, 1, 1)
    while day.year == year and announced:
        works = not chinese_calendar.is_holiday(day)
        if works != (day.weekday() < 5):
            rows.append({"day_on": day, "works": works, "note": _note(day, works)})
        day += timedelta(days=1)
    return rows


def _note(day: date, works: bool) -> str:
    holiday = (chinese_calendar.workdays if works else chinese_calendar.holidays)[day]
    name = chinese_calendar.Holiday(holiday).chinese
    return f"{name}调休上班" if works else name


def _read(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(Path(__file__).with_name(f"{name}.json").read_text("utf-8"))
    return rows


def _numbered(name: str) -> list[dict[str, Any]]:
    return [{**row, "position": position} for position, row in enumerate(_read(name), start=1)]
