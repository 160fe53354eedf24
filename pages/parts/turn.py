"""One script body at a time per process.

Python runs one thread at a time anyway; a queue in front of the bodies keeps dozens of them from
fighting for it, which at 400 people is the difference between 150 ms and several seconds.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_mine = threading.local()


@contextmanager
def turn() -> Iterator[None]:
    """Wait for this thread's turn and keep it to the end of the block; inside a turn it is already there."""
    if getattr(_mine, "held", False):
        yield
        return
    with _lock:
        _mine.held = True
        try:
            yield
        finally:
            _mine.held = False


@contextmanager
def aside() -> Iterator[None]:
    """Let the others go on during the block (a disk write, a picture to decode), then queue up again."""
    if not getattr(_mine, "held", False):
        yield
        return
    _mine.held = False
    _lock.release()
    try:
        yield
    finally:
        _lock.acquire()
        _mine.held = True
