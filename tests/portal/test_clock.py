"""Working time: known cases around holidays and made-up workdays, and laws that hold for any moment."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import clock
from portal.clock import WorkCalendar

# Mid-autumn and National Day 2025: eight days off, made up for on 28 September and 11 October
OFF = {date(2025, 10, day): False for day in range(1, 9)}
MADE_UP = {date(2025, 9, 28): True, date(2025, 10, 11): True}
CALENDAR = WorkCalendar(OFF | MADE_UP)

moments = st.timedeltas(timedelta(), timedelta(days=90)).map(lambda passed: datetime(2025, 9, 1, tzinfo=UTC) + passed)
amounts = st.timedeltas(timedelta(), timedelta(days=30))


def local(text: str) -> datetime:
    """A moment written in the town's time."""
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2025-09-02T10:00", 7, "2025-09-11T10:00"),  # an ordinary week: Tuesday to Thursday of the next
        ("2025-09-06T10:00", 1, "2025-09-09T00:00"),  # begins on a Saturday: Monday is the one day
        ("2025-09-26T10:00", 2, "2025-09-29T10:00"),  # the Sunday 28 September is made up for
        ("2025-09-30T10:00", 1, "2025-10-09T10:00"),  # over the eight days off
        ("2025-10-10T18:00", 1, "2025-10-11T18:00"),  # the Saturday 11 October is made up for
        ("2025-10-01T12:00", 1, "2025-10-10T00:00"),  # begins inside the holiday
    ],
)
def test_deadlines_on_the_statutory_calendar(start: str, days: int, end: str) -> None:
    assert CALENDAR.after(local(start), timedelta(days=days)) == local(end)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2025-09-05T23:00", "2025-09-08T01:00", 2),  # over a weekend
        ("2025-09-06T00:00", "2025-09-08T00:00", 0),
        ("2025-09-27T00:00", "2025-09-29T00:00", 24),  # Saturday off, Sunday made up for
        ("2025-09-30T23:00", "2025-10-09T01:00", 2),
        ("2025-09-03T10:00", "2025-09-03T09:00", 0),  # backwards
    ],
)
def test_time_used_between_two_moments(start: str, end: str, hours: int) -> None:
    assert CALENDAR.between(local(start), local(end)) == timedelta(hours=hours)


def test_a_day_begins_at_midnight_in_the_town() -> None:
    assert clock.day_of(datetime(2025, 9, 1, 15, 59, tzinfo=UTC)) == date(2025, 9, 1)
    assert clock.day_of(datetime(2025, 9, 1, 16, 0, tzinfo=UTC)) == date(2025, 9, 2)
    assert clock.start_of(date(2025, 9, 2)) == datetime(2025, 9, 1, 16, 0, tzinfo=UTC)


@given(moments, amounts)
def test_what_was_added_is_what_passed(start: datetime, amount: timedelta) -> None:
    assert CALENDAR.between(start, CALENDAR.after(start, amount)) == amount


@given(moments, amounts, amounts)
def test_two_steps_are_one(start: datetime, first: timedelta, second: timedelta) -> None:
    assert CALENDAR.after(CALENDAR.after(start, first), second) == CALENDAR.after(start, first + second)


@given(moments, moments, moments)
def test_time_used_adds_up(one: datetime, two: datetime, three: datetime) -> None:
    early, middle, late = sorted((one, two, three))
    assert CALENDAR.between(early, late) == CALENDAR.between(early, middle) + CALENDAR.between(middle, late)


@given(moments, amounts)
def test_without_a_calendar_time_is_time(start: datetime, amount: timedelta) -> None:
    end = clock.later(None, start, amount)
    assert end == start + amount
    assert clock.elapsed(None, start, end) == amount
    assert clock.elapsed(None, end + timedelta(seconds=1), start) == timedelta()


def test_time_can_be_told_inside_a_block_only() -> None:
    told = datetime(2025, 5, 1, 12, tzinfo=UTC)
    with clock.at(told):
        assert clock.now() == told
        with clock.at(told + timedelta(days=1)):
            assert clock.now() == told + timedelta(days=1)
        assert clock.now() == told
    assert clock.now() > told
