"""What became of it all, read from the counters: no page here looks at a case."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from sqlmodel import Session, col, func, select

from db.models.cases import Outcome
from db.models.rollups import Tally
from portal import clock
from portal.acts import Who
from portal.rollups import DURATION_BUCKETS_HOURS


@dataclass(frozen=True)
class Rate:
    """A share `k` of `n`; None where nobody was counted."""

    k: int
    n: int

    @property
    def share(self) -> float | None:
        return self.k / self.n if self.n else None


@dataclass(frozen=True)
class Rates:
    """The three rates of an area over some days, with everything needed to judge them.

    Response: of all first answers of the desk, those within their time. Solved: of the residents who answered,
    those who said "solved" (partly is told beside it). Satisfied: of the residents who gave stars, four or five.
    Hours are those from posting to the answer, around the clock.
    """

    since_on: date
    until_on: date
    response: Rate
    solved: Rate
    satisfied: Rate
    partly: int
    asked: int
    answered: int
    unanswered: int
    posted: int
    done: int
    declined: int
    withdrawn: int
    merged: int
    referred: int
    reopened: int
    """Answers that residents sent back; what they had said of those before stays counted."""
    median_hours: float | None
    p90_hours: float | None


def rates(session: Session, _who: Who, area_id: int, days: int = 90, kind: str = "wish") -> Rates:
    """The rates of an area and all below it over the last `days` days, today included. Anybody may ask."""
    today = clock.day_of(clock.now())
    since = today - timedelta(days=days - 1)
    rows = session.exec(
        select(Tally.measure, Tally.bucket, func.sum(Tally.n))
        .where(Tally.area_id == area_id, Tally.kind == kind, col(Tally.day_on) >= since, col(Tally.day_on) <= today)
        .group_by(col(Tally.measure), col(Tally.bucket))
    )
    n: Counter[str] = Counter()
    stars: Counter[int] = Counter()
    hours: Counter[int] = Counter()
    for measure, bucket, total in rows:
        n[measure] += int(total)
        if measure == "stars":
            stars[bucket] += int(total)
        if measure == "hours_to_done":
            hours[bucket] += int(total)
    said = {outcome: n[f"said_{outcome}"] for outcome in Outcome}
    answered = said[Outcome.SOLVED] + said[Outcome.PARTLY] + said[Outcome.NOT]
    in_time = n["responded_in_time"]
    return Rates(
        since_on=since,
        until_on=today,
        response=Rate(in_time, in_time + n["responded_late"]),
        solved=Rate(said[Outcome.SOLVED], answered),
        satisfied=Rate(stars[4] + stars[5], stars.total()),
        partly=said[Outcome.PARTLY],
        asked=n["asked"],
        answered=answered,
        unanswered=said[Outcome.UNANSWERED],
        posted=n["posted"],
        done=n["done"],
        declined=n["declined"],
        withdrawn=n["withdrawn"],
        merged=n["merged"],
        referred=n["referred"],
        reopened=n["reopened"],
        median_hours=quantile(hours, 0.5),
        p90_hours=quantile(hours, 0.9),
    )


def quantile(buckets: Counter[int], part: float) -> float | None:
    """The hours below which `part` of the counted lie, read off linearly inside the bucket; None without any."""
    total = buckets.total()
    if not total:
        return None
    wanted, passed = total * part, 0
    edges = (0, *DURATION_BUCKETS_HOURS, DURATION_BUCKETS_HOURS[-1] * 2)
    for bucket in sorted(buckets):
        if passed + buckets[bucket] >= wanted:
            low, high = edges[bucket], edges[bucket + 1]
            return low + (high - low) * (wanted - passed) / buckets[bucket]
        passed += buckets[bucket]
    return float(edges[-1])
