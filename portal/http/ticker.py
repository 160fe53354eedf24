"""The server's own clock: does the chores between requests, each line of them in a thread of its own."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from portal.chores import LINES, Chore, attempt
from portal.settings import settings

PATIENCE_SECONDS = 10


@contextmanager
def running() -> Iterator[None]:
    """Do the chores while the block runs; stops within a moment, after those in hand."""
    if not settings().ticker:
        yield
        return
    stop = threading.Event()
    threads = [
        threading.Thread(target=_run, args=(stop, line), name=f"ticker-{name}", daemon=True)
        for name, line in LINES.items()
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        until = time.monotonic() + PATIENCE_SECONDS
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))


def _run(stop: threading.Event, line: Sequence[Chore]) -> None:
    due = dict.fromkeys(line, 0.0)
    while not stop.wait(min(chore.seconds for chore in line)):
        for chore in line:
            if not stop.is_set() and time.monotonic() >= due[chore]:
                due[chore] = time.monotonic() + chore.seconds
                attempt(chore)
