"""Counting a published box once more, as anybody can do with the file."""

import threading
import zlib
from collections import OrderedDict
from dataclasses import dataclass, replace

from sqlmodel import Session

from portal import audit
from portal.acts import Who
from portal.errors import Refused
from portal.fund import box, tally

KEPT = 8


@dataclass(frozen=True)
class Recount:
    """What counting the published file again gave."""

    sha256: str
    as_published: bool
    """The file is the one whose hash was published."""
    differing: tuple[str, ...]
    """What came out otherwise than published, by its name in `tally.decided`; empty: all is equal."""
    voters: int
    winners: tuple[int, ...]
    cost_fen: int

    @property
    def ok(self) -> bool:
        """Whether the file is the published one and gives the published result."""
        return self.as_published and not self.differing


_recounts: "OrderedDict[tuple[str, str], Recount]" = OrderedDict()
_counting = threading.Lock()


def recount(session: Session, who: Who, round_id: int) -> Recount:
    """Count the published file of a round again, as anybody can, and hold it against the published result.

    One at a time in a process, and what was counted is remembered by its hash. Raises Refused `recount_busy`, and
    NotFound before the result is published.
    """
    found = box.outcome_of(session, round_id)
    data = zlib.decompress(found.box)
    key = box.digest(data), box.digest(audit.canonical(found.result))
    if known := _recounts.get(key):
        return replace(known, as_published=key[0] == found.box_hash)
    published, box_hash = found.result, found.box_hash
    if not _counting.acquire(blocking=False):
        raise Refused("recount_busy")
    try:
        again = tally.counted(*box.read(data))
    finally:
        _counting.release()
    _recounts[key] = Recount(
        sha256=key[0],
        as_published=key[0] == box_hash,
        differing=tuple(tally.differing(published, again)),
        voters=again["voters"],
        winners=tuple(map(int, again["winners"])),
        cost_fen=again["cost_fen"],
    )
    while len(_recounts) > KEPT:
        _recounts.popitem(last=False)
    return _recounts[key]
