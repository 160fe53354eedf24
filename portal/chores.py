"""What has to be done between requests, how often, and what must not wait for what: one list for server and cron."""

from collections.abc import Callable
from dataclasses import dataclass

from portal import audit, notices, photos
from portal.accounts import sweep
from portal.alarm import report
from portal.cases import callbacks, clockwork, errands, retention
from portal.fund import phases, work


@dataclass(frozen=True)
class Chore:
    """Something to be done every so many seconds; doing it more often, or in several processes, is harmless."""

    name: str
    seconds: float
    work: Callable[[], object]


def close_day() -> None:
    """Publish the chain's last link of yesterday, once."""
    with audit.transaction() as session:
        audit.close_day(session)


LINES: dict[str, tuple[Chore, ...]] = {
    "clockwork": (
        Chore("deadlines", 20, clockwork.tick),
        Chore("day", 20, close_day),
        Chore("reminders", 600, errands.remind),
        Chore("photos", 600, photos.sweep),
        Chore("accounts", 6 * 3_600, sweep.sweep),
    ),
    # to count a large vote takes a while
    "fund": (Chore("phases", 20, phases.tick), Chore("late works", 600, work.tick)),
    # a long list of old cases must not hold up the deadlines
    "oversight": (Chore("callbacks", 3_600, callbacks.draw_due), Chore("retention", 6 * 3_600, retention.run)),
    # somebody waits with the phone in hand for a code; and a gateway that hangs must not hold up the deadlines
    "outbox": (Chore("notices", 3, notices.deliver),),
}
"""The chores, in lines that do not wait for one another."""
CHORES = tuple(chore for line in LINES.values() for chore in line)


def attempt(chore: Chore) -> tuple[bool, object]:
    """Do it now: whether it worked, and what came of it. A failure is logged; the next time tries again."""
    try:
        return True, chore.work()
    except Exception as error:  # one dead chore must not stop the others
        report(error, f"chore {chore.name}")
        return False, None
