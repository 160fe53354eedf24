"""Editing the working calendar: holidays and made-up workdays of a year."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from pages.parts import frame
from portal import clock, limits
from portal.cases import setting_up
from portal.cases.setting_up import Day
from portal.cases.setup import setup, unofficial_year
from portal.words import t


def calendar() -> None:
    """A year as a table of the days that do not follow the week, and the announced days at one click."""
    today = clock.day_of(clock.now())
    st.markdown(t("setup.calendar_lead"))
    missing = unofficial_year(today)
    if missing is not None:
        st.warning(t("setup.year_unofficial", year=missing), icon=":material/event_busy:")
    years = [str(year) for year in range(today.year - 1, today.year + 3)]
    year = int(
        st.segmented_control(t("setup.year"), years, default=str(today.year), required=True, key="calendar_year")
        or today.year
    )
    found = frame.read(setting_up.days, year)
    official = year in setup().official_years
    may = setting_up.may(frame.who(), setting_up.CALENDAR)
    free = sum(not day.works for day in found.values())
    st.caption(t("setup.year_sum", free=free, worked=len(found) - free))
    table = _table(year, found, editable=may)
    if not may:
        st.info(t("setup.town_only"), icon=":material/lock:")
        return
    _save(year, table, official)


def _table(year: int, found: dict[date, Day], *, editable: bool) -> pd.DataFrame:
    rows = [{"day": day, "works": "work" if d.works else "free", "note": d.note} for day, d in found.items()]
    columns = {
        "day": st.column_config.DateColumn(
            t("setup.day"), format="localized", required=True, min_value=date(year, 1, 1), max_value=date(year, 12, 31)
        ),
        "works": st.column_config.SelectboxColumn(
            t("setup.day_works"),
            options=["free", "work"],
            required=True,
            default="free",
            format_func=lambda kind: t(f"setup.day.{kind}"),
        ),
        "note": st.column_config.TextColumn(t("setup.day_note"), max_chars=limits.NAME_CHARS, default=""),
    }
    # the key changes with the content, so that what was saved is not added a second time
    return st.data_editor(
        pd.DataFrame(rows, columns=["day", "works", "note"]),
        column_config=columns,
        num_rows="dynamic" if editable else "fixed",
        disabled=not editable,
        hide_index=True,
        height="content",
        key=f"calendar_{year}_{hash(tuple(found.items()))}",
    )


def _save(year: int, table: pd.DataFrame, official: bool) -> None:
    says_official = st.checkbox(t("setup.year_official", year=year), official, key=f"official_{year}_{official}")
    with st.container(horizontal=True):
        if st.button(t("setup.save"), type="primary", icon=":material/save:"):
            _do(setting_up.save_year, year, _typed(table), says_official)
        if setting_up.importable(year) and st.button(
            t("setup.year_import", year=year), icon=":material/event_available:"
        ):
            _do(setting_up.import_year, year)
    st.caption(t("setup.recount_hint"))


def _do(change: Callable[..., int], *typed: Any) -> None:
    if frame.act(change, *typed, done="setup.saved") is not None:
        st.rerun()


def _typed(table: pd.DataFrame) -> dict[date, Day]:
    rows: list[dict[str, Any]] = table.to_dict("records")
    return {row["day"]: Day(row["works"] == "work", str(row["note"] or "")) for row in rows if row["day"]}
