"""Time: now, days in the town's zone, and working time on the statutory calendar."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from portal.settings import settings

_frozen: ContextVar[datetime | None] = ContextVar("frozen_now", default=None)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _frozen.get() or datetime.now(UTC)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Let `now()` say `moment` (aware) inside the block: for demo history and for tests."""
    token = _frozen.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.reset(token)


def day_of(moment: datetime) -> date:
    """The day in the town's zone on which `moment` falls."""
    return moment.astimezone(settings().zone).date()


def start_of(day: date) -> datetime:
    """Midnight at the start of `day` in the town's zone, as UTC."""
    return datetime.combine(day, time(), settings().zone).astimezone(UTC)


@dataclass(frozen=True)
class WorkCalendar:
    """Which days count as working time.

    `overrides` maps a day to True (made-up workday) or False (statutory holiday); every other day follows the
    week: Monday to Friday. A working day counts with all its 24 hours, so that seven working days from Tuesday
    10:00 end at 10:00 seven working days later, as the street offices count.
    """

    overrides: Mapping[date, bool]

    def works(self, day: date) -> bool:
        return self.overrides.get(day, day.weekday() < 5)

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Working time from `start` to `end` (aware); zero when `end` is not after `start`."""
        total, cursor = timedelta(), start
        while cursor < end:
            day = day_of(cursor)
            midnight = start_of(day + timedelta(days=1))
            if self.works(day):
                total += min(midnight, end) - cursor
            cursor = midnight
        return total

    def after(self, start: datetime, amount: timedelta) -> datetime:
        """The moment at which `amount` of working time has passed since `start`, in UTC."""
        left, cursor = amount, start.astimezone(UTC)
        while True:
            day = day_of(cursor)
            midnight = start_of(day + timedelta(days=1))
            if self.works(day):
                if midnight - cursor >= left:
                    return cursor + left
                left -= midnight - cursor
            cursor = midnight


def elapsed(calendar: WorkCalendar | None, start: datetime, end: datetime) -> timedelta:
    """Time from `start` to `end` on `calendar`, or plainly where a class runs round the clock (None)."""
    if calendar is None:
        return max(end - start, timedelta())
    return calendar.between(start, end)


def later(calendar: WorkCalendar | None, start: datetime, amount: timedelta) -> datetime:
    """`start` plus `amount` on `calendar`, or plainly where a class runs round the clock (None)."""
    return start + amount if calendar is None else calendar.after(start, amount)
