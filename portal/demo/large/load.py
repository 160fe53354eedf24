"""Loading the large demo: areas, people, cases, chain and counters, in parts that each are one transaction."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import numpy as np

from db.demo import areas as town_areas
from db.models.audit import ChainHead
from portal import areas, audit, clock
from portal.acts import SYSTEM
from portal.cases.setup import categories as offered
from portal.cases.setup import setup
from portal.demo import mark
from portal.demo.large import counts, sink
from portal.demo.large.chain import Chain, publish
from portal.demo.large.days import Days, texts
from portal.demo.large.events import Events, Support, happen, supports
from portal.demo.large.lives import Lives, live
from portal.demo.large.phrases import Words
from portal.demo.large.rows import CaseRows
from portal.demo.large.town import Town, settle

Progress = Callable[[str, int, int], None]
PEOPLE = 20_000
CELLS = 1_595
PAST, AHEAD = timedelta(days=730), timedelta(days=200)
CASES_AT_ONCE, ACTS_AT_ONCE, COUNTS_AT_ONCE = 20_000, 100_000, 250_000
FULL = 1_000_000
"""With fewer cases the people and the days stay the same, and the wall is less busy."""


def load_large(
    *,
    cases: int = FULL,
    cells: int = CELLS,
    people: int = PEOPLE,
    seed: int = 1,
    progress: Progress = lambda name, done, total: None,
) -> bool:
    """Load a town of `cells` with `cases` over 24 months into an empty database; False where a demo is there already.

    Everything that lists, search, board and chain read fits together as if it had been done act by act: states,
    clocks, counters, supporters, hashes. People and duties are there without the acts that led to them; there are
    no photos and no notices.
    """
    with audit.transaction() as session:
        if not mark.begin(session):
            return False
        areas.import_geojson(session, SYSTEM, town_areas.large_features(cells))
    progress("demo_areas", 1, 1)
    now, rng = int(clock.now().timestamp()), np.random.default_rng(seed)
    with sink.written() as session:
        town = settle(session, people, rng)
    progress("demo_people", 1, 1)
    plan, today = setup(), clock.day_of(clock.now())
    days = Days(today - PAST, today + AHEAD, plan.calendar)
    categories = sorted(offered(), key=lambda c: c.code)
    lives = live(cases, now, days, plan, categories, town, rng)
    joined = supports(lives, now, town.people, rng)
    events = happen(lives, joined, town)
    words = Words(lives.category, categories, rng)
    codes = [c.code for c in categories]
    _write_cases(CaseRows(lives, events, words, town, categories, days, now), joined, cases, progress)
    _write_chain(lives, words, town, codes, events, days, seed, progress)
    _write_counts(lives, joined, town, days, codes, progress)
    with audit.transaction() as session:
        mark.end(session)
    sink.settle()
    return True


def _write_cases(rows: CaseRows, joined: Support, cases: int, progress: Progress) -> None:
    order = np.lexsort((joined.person, joined.case))
    case, person, at = joined.case[order], joined.person[order], joined.at[order]
    for low, high in _parts(cases, CASES_AT_ONCE):
        with sink.written() as session:
            rows.write(session, low, high)
            part = slice(*np.searchsorted(case, (low, high)).tolist())
            columns = ((case[part] + 1).tolist(), person[part].tolist(), texts(at[part]))
            sink.insert(session, "support", ("case_id", "person_id", "created_at"), zip(*columns, strict=True))
            if high == cases:
                sink.catch_up(session, "cases")
        progress("demo_cases", high, cases)


def _write_chain(
    lives: Lives, words: Words, town: Town, codes: list[str], events: Events, days: Days, seed: int, progress: Progress
) -> None:
    with sink.written() as session:
        head = session.get_one(ChainHead, 1)
    chain = Chain(lives, words, town, codes, head.seq, head.hash, seed)
    for low, high in _parts(len(events.at), ACTS_AT_ONCE):
        with sink.written() as session:
            first = chain.seq
            hashes = chain.write(session, events, low, high)
            publish(session, events, days, low, hashes, first)
        progress("demo_chain", high, len(events.at))


def _write_counts(lives: Lives, joined: Support, town: Town, days: Days, codes: list[str], progress: Progress) -> None:
    keys, numbers = counts.add_up(lives, joined, town, days)
    for low, high in _parts(len(keys), COUNTS_AT_ONCE):
        with sink.written() as session:
            found = counts.rows(keys[low:high], numbers[low:high], days, codes)
            sink.insert(session, "tally", counts.COLUMNS, found)
        progress("demo_counts", high, len(keys))


def _parts(total: int, size: int) -> Iterator[tuple[int, int]]:
    for low in range(0, total, size):
        yield low, min(low + size, total)
