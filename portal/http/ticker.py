"""What the server does between requests: deadlines, holds, the outbox, the day's head, files that nobody refers to."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from portal import audit, notices, photos
from portal.accounts import sweep
from portal.alarm import report
from portal.cases import clockwork
from portal.settings import settings

SECONDS = 20
OUTBOX_SECONDS = 3  # somebody waits with the phone in hand for a code
SWEEP_SECONDS = 6 * 3_600


@contextmanager
def running() -> Iterator[None]:
    """Tick in a thread of its own while the block runs; stops within a moment, after the tick in hand."""
    if not settings().ticker:
        yield
        return
    stop = threading.Event()
    thread = threading.Thread(target=_run, args=(stop,), name="ticker", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=10)


def _run(stop: threading.Event) -> None:
    ticked, swept = 0.0, time.monotonic()
    while not stop.wait(OUTBOX_SECONDS):
        _try(notices.deliver)
        if time.monotonic() - ticked > SECONDS:
            ticked = time.monotonic()
            _try(clockwork.tick)
            _try(_close_day)
        if time.monotonic() - swept > SWEEP_SECONDS:
            swept = time.monotonic()
            _try(photos.sweep)
            _try(sweep.sweep)


def _close_day() -> None:
    with audit.transaction() as session:
        audit.close_day(session)


def _try(work: Callable[[], object]) -> None:
    try:
        work()
    except Exception as error:  # the next tick tries again; a dead ticker would stop every deadline
        report(error, "ticker")
