"""When things happen in the demo: how long people take, in which hours of the day, and never after now."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from random import Random

from portal import clock
from portal.settings import settings

Span = tuple[float, float]

_ANY: dict[str, Span] = {
    "accept": (0.5, 7), "return": (1, 6), "mend": (4, 20), "decline": (2, 10), "merge": (1, 5), "refer": (10, 40),
    "hide": (0.5, 3), "remark": (0.3, 2), "recategorise": (0.3, 1), "withdraw": (1, 4), "escalate": (8, 30),
    "dispatch": (0.1, 2), "hall": (0.1, 2), "grab": (0.5, 8), "release": (3, 10), "send_back": (1, 5),
    "take": (0.5, 5), "note": (4, 24), "ask": (3, 12), "answer": (3, 20), "finish": (14, 60),
    "rate": (3, 50), "reopen": (6, 40), "answer_it": (6, 40), "appeal": (5, 30), "overturn": (10, 40),
    "invite": (1, 3), "appoint": (1, 8), "sit": (2, 10), "minutes": (22, 30), "offer_mediator": (1, 3),
    "write": (2, 20),
    "consent": (1, 10), "consent_other": (1, 10), "agree": (0.2, 1), "not_agreed": (1, 20), "no_show": (1, 2),
    "rate_back": (0.5, 5), "finish_desk": (0.5, 2),
}  # fmt: skip
_BY_CLASS: dict[str, dict[str, Span]] = {
    "danger": {"accept": (0.1, 0.5), "dispatch": (0.03, 0.1), "take": (0.1, 0.25), "finish": (0.4, 0.8)},
    "utilities": {"accept": (0.3, 2.2), "dispatch": (0.1, 0.5), "take": (0.2, 1), "note": (1, 3), "finish": (2, 9)},
    "complex": {"note": (20, 60), "finish": (50, 170)},
}
"""Hours from one step to the next."""
URGENT = ("danger", "utilities")
AT_HOME = frozenset(
    {"mend", "withdraw", "answer", "rate", "reopen", "grab", "release", "appeal", "consent", "rate_back"}
)
"""Steps that people take in their own time."""
OFFICE = (8.5, 18.5)
AWAKE = (7.0, 22.0)


def posted(days_ago: float, now: datetime, rng: Random) -> datetime:
    """When something was posted `days_ago`: at an hour at which people post, except on the last day."""
    moment = now - timedelta(days=days_ago)
    if days_ago < 1:
        return moment
    return clock.start_of(clock.day_of(moment)) + timedelta(hours=rng.triangular(7.2, 21.5, 10.5))


def steps(start: datetime, acts: Sequence[str], target_class: str, now: datetime, rng: Random) -> list[datetime]:
    """The moments of `acts` after `start`. An entry such as `+34h` makes the next one wait that long."""
    moments: list[datetime] = []
    at, wait = start, None
    for act in acts:
        if act.startswith("+"):
            wait = float(act[1:-1])
            continue
        span = (_ANY | _BY_CLASS.get(target_class, {}))[act]
        at += timedelta(hours=wait if wait is not None else rng.uniform(*span))
        if target_class not in URGENT and wait is None:
            at = _in_hours(at, AWAKE if act in AT_HOME else OFFICE, rng)
        moments.append(at)
        wait = None
    return _before(now, start, moments)


def _in_hours(at: datetime, hours: Span, rng: Random) -> datetime:
    """`at`, or soon after the next opening where it falls outside `hours` of the town's day."""
    day = clock.day_of(at)
    opens, closes = (clock.start_of(day) + timedelta(hours=h) for h in hours)
    if at < opens:
        return opens + timedelta(hours=rng.uniform(0, 1.5))
    return at if at < closes else opens + timedelta(days=1, hours=rng.uniform(0, 1.5))


def _before(now: datetime, start: datetime, moments: list[datetime]) -> list[datetime]:
    """What would lie in the future is spread between the last step that does not, and now."""
    fit = [m for m in moments if m < now]
    last, late = (fit[-1] if fit else start), len(moments) - len(fit)
    return fit + [last + (now - last) * (i + 1) / (late + 1) for i in range(late)]


def midnights(since: datetime, until: datetime) -> list[datetime]:
    """The last minute of every whole day between, in the town's zone."""
    found, day = [], clock.day_of(since)
    while (last := datetime.combine(day, time(23, 59), settings().zone)) < until:
        found.append(last)
        day += timedelta(days=1)
    return found
