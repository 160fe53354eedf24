"""What a new installation starts with is complete, in both languages, and laid only once."""

from datetime import date

import pytest
from sqlmodel import select
from streamlit.material_icon_names import ALL_MATERIAL_ICONS

import portal.cases.acts  # noqa: F401  declares the acts of cases
from db import start
from db.engine import reading
from db.models.setup import Category, DayOverride, OfficialYear, ReplyTemplate, Target
from portal import audit, limits
from portal.acts import ACTS

COLOURS = {"yellow", "pink", "blue", "green", "orange", "purple"}


def test_categories_have_names_icon_colour_and_class(db: str) -> None:
    with reading() as session:
        classes = set(session.exec(select(Target.name)))
        rows = session.exec(select(Category)).all()
    assert len(rows) >= 10
    for row in rows:
        assert all(row.names[lang].strip() for lang in ("zh-CN", "en"))
        assert row.icon in ALL_MATERIAL_ICONS and row.colour in COLOURS and row.target_class in classes
    assert len({row.position for row in rows}) == len(rows)


def test_targets_are_those_of_the_design(db: str) -> None:
    with reading() as session:
        found = {t.name: (t.finish_hours, t.workdays) for t in session.exec(select(Target))}
        assert all(t.respond_hours <= t.finish_hours for t in session.exec(select(Target)))
    day = 24
    assert found == {
        "danger": (2, False),
        "utilities": (24, False),
        "ordinary": (7 * day, True),
        "complex": (15 * day, True),
    }


def test_templates_fit_an_act_that_says_something(db: str) -> None:
    with reading() as session:
        codes = set(session.exec(select(Category.code)))
        for row in session.exec(select(ReplyTemplate)):
            assert ACTS[row.act].says and (row.category == "" or row.category in codes)
            assert row.title.strip() and 0 < len(row.body) <= limits.BODY_CHARS


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2025, 10, 1), False),
        (date(2025, 10, 11), True),
        (date(2026, 2, 17), False),
        (date(2026, 2, 14), True),
        (date(2026, 10, 10), True),
    ],
)
def test_the_official_calendar(day: date, works: bool) -> None:
    days = {row["day_on"]: row["works"] for row in start.overrides()}
    assert days[day] is works


def test_only_days_that_do_not_follow_the_week_are_kept() -> None:
    rows = start.overrides()
    assert all(row["works"] != (row["day_on"].weekday() < 5) and row["note"] for row in rows)
    assert {row["day_on"].year for row in rows} == set(start.OFFICIAL_YEARS)


def test_loading_again_leaves_what_somebody_changed(db: str) -> None:
    tables = (Category, Target, ReplyTemplate, DayOverride, OfficialYear)
    with audit.transaction() as session:
        before = [len(session.exec(select(table)).all()) for table in tables]
        lighting = session.get_one(Category, "lighting")
        lighting.names = {"zh-CN": "照明", "en": "Lights"}
        session.delete(session.get_one(DayOverride, date(2026, 1, 1)))
    with audit.transaction() as session:
        start.load(session)
    with reading() as session:
        after = [len(session.exec(select(table)).all()) for table in tables]
        assert session.get_one(Category, "lighting").names["en"] == "Lights"
    assert after == [n - (i == 3) for i, n in enumerate(before)] and all(before)
