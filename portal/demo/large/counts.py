"""The counters of the large demo: what the acts would have counted, added up by day, area, category and measure."""

from collections.abc import Iterator

import numpy as np

from portal.demo.large.days import NEVER, Days, Ints
from portal.demo.large.events import Support
from portal.demo.large.lives import DECLINED, ORDINARY, OUTCOMES, REFERRED, WITHDRAWN, Bools, Lives
from portal.demo.large.town import Town
from portal.rollups import DURATION_BUCKETS_HOURS

COLUMNS = ("day_on", "area_id", "kind", "category", "measure", "bucket", "n")
MEASURES = sorted([
    "posted", "accepted", "responded_in_time", "responded_late", "declined", "withdrawn", "referred", "dispatched",
    "grabbed", "done", "claimed_solved", "asked", "done_in_time", "done_late", "hours_to_done", "said_solved",
    "said_partly", "said_not", "said_unanswered", "stars", "supported", "climbed",
])  # fmt: skip
BUCKETS = 32
Counted = tuple[str, Ints, Ints, Ints | int]
"""A measure, the cases counted, the moments, and the buckets."""


def counted(lives: Lives, joined: Support) -> Iterator[Counted]:
    """Everything that was counted."""
    normal = lives.fate == ORDINARY
    looked = lives.fate != WITHDRAWN
    in_time = lives.looked <= lives.respond_by
    rated = lives.outcome >= 0
    hours = (lives.finished - lives.posted) / 3_600
    bucket = np.searchsorted(np.array(DURATION_BUCKETS_HOURS), hours, side="left")
    everyone = np.ones(len(lives), bool)
    punctual = lives.finished <= lives.due
    parts: list[tuple[str, Bools, Ints, Ints | int]] = [
        ("posted", everyone, lives.posted, 0),
        ("accepted", normal | (lives.fate == REFERRED), lives.looked, 0),
        ("responded_in_time", looked & in_time, lives.looked, 0),
        ("responded_late", looked & ~in_time, lives.looked, 0),
        ("declined", lives.fate == DECLINED, lives.looked, 0),
        ("withdrawn", lives.fate == WITHDRAWN, lives.looked, 0),
        ("referred", lives.fate == REFERRED, lives.sent, 0),
        ("dispatched", normal & ~lives.hall, lives.sent, 0),
        ("grabbed", normal, lives.grabbed, 0),
        ("done", normal, lives.finished, 0),
        ("claimed_solved", normal, lives.finished, 0),
        ("asked", normal, lives.finished, 0),
        ("done_in_time", normal & punctual, lives.finished, 0),
        ("done_late", normal & ~punctual, lives.finished, 0),
        ("hours_to_done", normal, lives.finished, bucket),
        *((f"said_{name}", lives.outcome == i, lives.closed, 0) for i, name in enumerate(OUTCOMES)),
        ("said_unanswered", ~rated, lives.closed, 0),
        ("stars", rated, lives.closed, lives.stars),
        ("climbed", everyone, lives.climbed, 0),
        ("climbed", everyone, lives.climbed_again, 0),
    ]
    for measure, which, moments, buckets in parts:
        case = np.flatnonzero(which & (moments != NEVER))
        yield measure, case, moments[case], buckets[case] if isinstance(buckets, np.ndarray) else buckets
    yield "supported", joined.case, joined.at, 0


def add_up(lives: Lives, joined: Support, town: Town, days: Days) -> tuple[Ints, Ints]:
    """The sorted keys of all counters and their numbers, for each cell and everything above it."""
    base, areas = [], []
    for measure, case, moments, bucket in counted(lives, joined):
        key = days.index(moments) << 32
        base.append(key + (lives.category[case] * len(MEASURES) + MEASURES.index(measure)) * BUCKETS + bucket)
        areas.append(lives.cell[case])
    keys, cells = np.concatenate(base), np.concatenate(areas)
    found = [np.unique(keys + (town.up[cells, level] << 18), return_counts=True) for level in range(town.up.shape[1])]
    merged, numbers = (np.concatenate(column) for column in zip(*found, strict=True))
    order = np.argsort(merged)
    return merged[order], numbers[order]


def rows(keys: Ints, numbers: Ints, days: Days, codes: list[str]) -> Iterator[tuple[str, int, str, str, str, int, int]]:
    """Some counters as rows; `codes` are the categories in the order of their numbers."""
    what, bucket = np.divmod(keys & 0x3FFFF, BUCKETS)
    category, measure = np.divmod(what, len(MEASURES))
    area, day = (keys >> 18) & 0x3FFF, keys >> 32
    columns = (day, area, category, measure, bucket, numbers)
    for d, a, c, m, b, n in zip(*(column.tolist() for column in columns), strict=True):
        yield days.iso(d), a, "wish", codes[c], MEASURES[m], b, n
