"""What the server does between requests: deadlines, holds, the outbox, files that nobody refers to."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from portal import notices, photos
from portal.cases import clockwork
from portal.http.alarm import report
from portal.settings import settings

SECONDS = 20
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
    swept = time.monotonic()
    while not stop.wait(SECONDS):
        _try(clockwork.tick)
        _try(notices.deliver)
        if time.monotonic() - swept > SWEEP_SECONDS:
            swept = time.monotonic()
            _try(photos.sweep)


def _try(work: Callable[[], object]) -> None:
    try:
        work()
    except Exception as error:  # the next tick tries again; a dead ticker would stop every deadline
        report(error, "ticker")
