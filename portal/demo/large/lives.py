"""What happened to each case of the large demo, as columns: one row of every array is one case, in order of posting."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from db.models.setup import Category
from portal import limits
from portal.cases.setup import Setup
from portal.demo.large.days import NEVER, Days, Ints
from portal.demo.large.town import Town

Bools = NDArray[np.bool_]
HOURS = (1, 1, 0.5, 0.5, 0.5, 1, 3, 8, 14, 18, 19, 16, 12, 11, 13, 15, 15, 14, 13, 15, 16, 14, 8, 3)
"""How many people post in each hour of the day."""
MIX = {
    "sanitation": 14, "parking": 13, "facilities": 11, "property": 11, "lighting": 9, "noise": 9, "roads": 8,
    "greening": 7, "utilities": 5, "elderly": 4, "danger": 3, "children": 2, "culture": 2, "renewal": 1, "other": 3,
}  # fmt: skip
UNHEARD = 2
"""Weight of a category that is not in the mix."""
ORDINARY, DECLINED, WITHDRAWN, REFERRED = range(4)
FATES = (0.92, 0.04, 0.015, 0.025)
OUTCOMES = ("solved", "partly", "not")
SAID = (0.78, 0.14, 0.08)
STARS = ((0, 0, 0.04, 0.26, 0.7), (0.02, 0.1, 0.48, 0.34, 0.06), (0.45, 0.35, 0.15, 0.05, 0))
HOLD = int(timedelta(hours=limits.HOLD_HOURS).total_seconds())
SILENCE = int(timedelta(days=limits.RATING_DAYS).total_seconds())


@dataclass
class Lives:
    """Columns. Moments that did not come before now are NEVER."""

    cell: Ints
    category: Ints
    """The number of the category among the sorted codes."""
    poster: Ints
    """A person's id; 0 for somebody without an account."""
    recorded: Bools
    fate: Ints
    hall: Bools
    target: Ints
    """Seconds until it must be answered."""
    workdays: Bools
    respond_by: Ints
    due: Ints
    half: Ints
    posted: Ints
    looked: Ints
    """The desk's first look: accepted, or declined."""
    sent: Ints
    """Dispatched, offered in the hall, or referred."""
    grabbed: Ints
    taken: Ints
    finished: Ints
    closed: Ints
    climbed: Ints
    climbed_again: Ints
    volunteer: Ints
    outcome: Ints
    """A place in OUTCOMES; -1 where nobody answered."""
    stars: Ints

    def __len__(self) -> int:
        return len(self.cell)


def live(
    n: int, now: int, days: Days, plan: Setup, categories: list[Category], town: Town, rng: np.random.Generator
) -> Lives:
    """Make up `n` lives between the first day and `now`."""
    posted = _posted(n, now, days, rng)
    weights = np.array([MIX.get(c.code, UNHEARD) for c in categories], float)
    category = rng.choice(len(categories), n, p=weights / weights.sum())
    targets = [plan.target_of(c.code) for c in categories]
    target = np.array([t.finish_hours * 3_600 for t in targets], np.int64)[category]
    respond = np.array([t.respond_hours * 3_600 for t in targets], np.int64)[category]
    workdays = np.array([t.workdays for t in targets], bool)[category]
    crowd = rng.permutation(np.linspace(0.4, 2.5, len(town.cells)))
    cell = rng.choice(len(town.cells), n, p=crowd / crowd.sum())
    anonymous, recorded = rng.random(n) < 0.2, rng.random(n) < 0.06
    fate = rng.choice(len(FATES), n, p=FATES)
    lives = Lives(
        cell=cell,
        category=category,
        poster=np.where(anonymous | recorded, 0, town.on_duty + 1 + rng.integers(town.people - town.on_duty, size=n)),
        recorded=recorded,
        fate=fate,
        hall=(rng.random(n) < 0.25) & workdays & (fate == ORDINARY),
        target=target,
        workdays=workdays,
        respond_by=days.later(posted, respond, workdays),
        due=days.later(posted, target, workdays),
        half=days.later(posted, target // 2, workdays),
        posted=posted,
        looked=posted,
        sent=posted,
        grabbed=posted,
        taken=posted,
        finished=posted,
        closed=posted,
        climbed=posted,
        climbed_again=posted,
        volunteer=town.volunteers[cell, rng.integers(town.volunteers.shape[1], size=n)],
        outcome=rng.choice(len(OUTCOMES), n, p=SAID),
        stars=posted,
    )
    _work(lives, respond, days, rng)
    _rate(lives, rng)
    _climb(lives, days)
    _cut(lives, now)
    return lives


def _posted(n: int, now: int, days: Days, rng: np.random.Generator) -> Ints:
    """More as the portal gets known, more in the rainy season, fewer on days off; at hours when people are awake."""
    known = np.searchsorted(days.starts, now, side="right")
    day = np.arange(known)
    season = 1 + 0.18 * np.cos((np.array([d.timetuple().tm_yday for d in days.dates[:known]]) - 205) / 365 * 2 * np.pi)
    weights = np.linspace(0.75, 1.25, known) * season * np.where(days.work[:known] == 1, 1.0, 0.72)
    weights *= rng.uniform(0.88, 1.12, known)
    hour = rng.choice(24, n, p=np.array(HOURS) / sum(HOURS))
    posted = days.starts[rng.choice(day, n, p=weights / weights.sum())] + hour * 3_600 + rng.integers(3_600, size=n)
    while (late := posted >= now - 60).any():
        posted = np.where(late, posted - 86_400, posted)
    return np.sort(posted)


def _work(lives: Lives, respond: Ints, days: Days, rng: np.random.Generator) -> None:
    n, target, work = len(lives), lives.target, lives.workdays

    def waits(share: NDArray[np.float64], of: Ints) -> Ints:
        return np.maximum((share * of).astype(np.int64), 30)

    def then(after: Ints, moments: Ints) -> Ints:
        """At that moment, in office hours where the target runs on workdays, but never before the step before."""
        return np.maximum(np.where(work, days.in_office(moments), moments), after + 20)

    slow = np.minimum(rng.lognormal(np.log(0.25), 0.8, n) * respond, 0.36 * target) / respond
    lives.looked = then(lives.posted, days.later(lives.posted, waits(slow, respond), work))
    lives.sent = then(lives.looked, days.later(lives.looked, waits(rng.uniform(0.002, 0.03, n), target), work))
    wished = then(lives.sent, days.later(lives.sent, waits(rng.uniform(0.01, 0.1, n), target), work))
    lives.hall &= wished < lives.half - 3_600  # later ones were given to a worker
    lives.grabbed = np.where(lives.hall, wished, NEVER)
    given = np.where(lives.hall, wished, lives.sent)
    taken = then(given, days.later(given, waits(rng.uniform(0.005, 0.06, n), target), work))
    lives.taken = np.where(lives.hall, np.minimum(taken, given + HOLD - 3_600), taken)
    share = np.minimum(rng.lognormal(np.log(0.42), 0.6, n), 4)
    finished = then(lives.taken, days.later(lives.posted, waits(share, target), work))
    in_time = np.maximum(lives.due - 600, lives.taken + 20)
    lives.finished = np.where(lives.hall, np.minimum(finished, in_time), finished)  # a volunteer's hold ends there


def _rate(lives: Lives, rng: np.random.Generator) -> None:
    n = len(lives)
    silent = rng.random(n) < 0.2
    answered = lives.finished + (rng.gamma(1.3, 1.4, n).clip(0.02, 14) * 86_400).astype(np.int64)
    lives.closed = np.where(silent, lives.finished + SILENCE, answered)
    chances = np.cumsum(np.array(STARS), axis=1)
    stars = 1 + (rng.random(n)[:, None] > chances[lives.outcome]).sum(axis=1)
    lives.outcome = np.where(silent, -1, lives.outcome)
    lives.stars = np.where(silent, 0, np.minimum(stars, 5))
    for fate, end in ((DECLINED, "looked"), (WITHDRAWN, "looked"), (REFERRED, "sent")):
        it = lives.fate == fate
        for later in ("sent", "grabbed", "taken", "finished", "closed"):
            if not (later == "sent" and end == "sent"):
                getattr(lives, later)[it] = NEVER


def _climb(lives: Lives, days: Days) -> None:
    """A missed target lifts the case to the street, half a target later to the city: when the clockwork would."""
    ended = np.where(lives.fate == ORDINARY, lives.finished, np.where(lives.fate == REFERRED, lives.sent, lives.looked))
    for name, part in (("climbed", 0), ("climbed_again", lives.target // 2)):
        moment = days.later(lives.due, np.zeros_like(lives.due) + part, lives.workdays)
        setattr(lives, name, np.where(moment < ended, moment, NEVER))


def _cut(lives: Lives, now: int) -> None:
    for name in ("looked", "sent", "grabbed", "taken", "finished", "closed", "climbed", "climbed_again"):
        moments = getattr(lives, name)
        setattr(lives, name, np.where(moments <= now, moments, NEVER))
