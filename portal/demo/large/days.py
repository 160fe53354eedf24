"""Days and working time over whole columns of moments. A moment is a whole number of seconds since 1970, UTC."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from portal import clock

Ints = NDArray[np.int64]
NEVER = np.int64(2**61)
"""A moment that does not come."""


class Days:
    """The days of the town from `first` to `last`, with working time counted up along them."""

    def __init__(self, first: date, last: date, works: clock.WorkCalendar) -> None:
        self.dates = [first + timedelta(days=i) for i in range((last - first).days + 1)]
        self.starts = np.array([int(clock.start_of(day).timestamp()) for day in self.dates], np.int64)
        self.work = np.array([works.works(day) for day in self.dates], np.int64)
        lengths = np.diff(self.starts, append=self.starts[-1] + 86_400)
        self._until = np.cumsum(self.work * lengths)
        self._before = self._until - self.work * lengths
        working = np.where(self.work == 1, np.arange(len(self.dates)), len(self.dates) - 1)
        self._next_workday = np.minimum.accumulate(working[::-1])[::-1]
        self._iso = [day.isoformat() for day in self.dates]

    def index(self, moments: Ints) -> Ints:
        """The number of the day in the town's zone."""
        return np.searchsorted(self.starts, moments, side="right") - 1

    def worked(self, moments: Ints) -> Ints:
        """Working seconds from the first day until each moment."""
        day = self.index(moments)
        return self._before[day] + self.work[day] * (moments - self.starts[day])

    def later(self, moments: Ints, seconds: Ints, on_workdays: NDArray[np.bool_]) -> Ints:
        """The moments at which `seconds` have passed: of working time, or plainly. As `clock.later`."""
        wanted = self.worked(moments) + seconds
        day = np.searchsorted(self._until, wanted, side="left")
        day = np.minimum(np.maximum(day, self._next_workday[self.index(moments)]), len(self.dates) - 1)
        return np.where(on_workdays, self.starts[day] + wanted - self._before[day], moments + seconds)

    def between(self, since: Ints, until: Ints, on_workdays: NDArray[np.bool_]) -> Ints:
        """Seconds that passed: of working time, or plainly. As `clock.elapsed`."""
        return np.where(on_workdays, self.worked(until) - self.worked(since), until - since)

    def in_office(self, moments: Ints) -> Ints:
        """The same day, but between half past eight and half past six; the order of moments stays."""
        start = self.starts[self.index(moments)]
        return start + 30_600 + (moments - start) * 10 // 24

    def iso(self, day: int) -> str:
        return self._iso[day]


_TIMES = [f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}.000000" for s in range(86_400)]
_NAMES: dict[int, str] = {}


def texts(moments: Ints, joint: str = " ", end: str = "") -> list[str | None]:
    """The moments as both databases take them (UTC); None for those that never come."""
    days, seconds = (part.tolist() for part in np.divmod(moments, 86_400))
    never = int(NEVER // 86_400)
    return [
        None if day >= never else f"{_name(day)}{joint}{_TIMES[second]}{end}"
        for day, second in zip(days, seconds, strict=True)
    ]


def _name(day: int) -> str:
    found = _NAMES.get(day)
    if found is None:
        found = _NAMES[day] = datetime.fromtimestamp(day * 86_400, UTC).date().isoformat()
    return found
