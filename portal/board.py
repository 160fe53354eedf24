"""What became of it all, read from the counters: no page here looks at a case."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from sqlmodel import Session, col, func, select

from db.models.areas import Level
from db.models.cases import KindName, Outcome
from db.models.rollups import Tally
from portal import areas, clock
from portal.acts import Who
from portal.cases.kinds import KINDS, SMALLEST, Kind, kind_of
from portal.cases.work import SAID
from portal.errors import Refused
from portal.rollups import DURATION_BUCKETS_HOURS

TOLD_OF_DISPUTES = (Level.CITY, Level.STREET, Level.COMMUNITY)

LEFT_OUT = ("declined", "referred", "merged", "withdrawn")


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
    Beside it what those say who handled it, and what was said when a sample was called back. Hours are those from
    posting to the answer, around the clock.
    """

    since_on: date
    until_on: date
    response: Rate
    solved: Rate
    satisfied: Rate
    handler: Rate
    """Solved, as those say who handled it."""
    called: Rate
    """Solved, of the call-backs in which somebody was reached."""
    drawn: int
    """How many were drawn to be called back."""
    unreached: int
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
    """The rates of an area and all below it over the last `days` days, today included. Anybody may ask.

    Raises Refused `not_offered` for a kind of which only totals are told.
    """
    if kind_of(kind).board != "rates":
        raise Refused("not_offered", field="kind")
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
    told = {who: sum(n[f"{who}_{outcome}"] for outcome in SAID) for who in ("claimed", "callback")}
    answered = said[Outcome.SOLVED] + said[Outcome.PARTLY] + said[Outcome.NOT]
    in_time = n["responded_in_time"]
    return Rates(
        since_on=since,
        until_on=today,
        response=Rate(in_time, in_time + n["responded_late"]),
        solved=Rate(said[Outcome.SOLVED], answered),
        satisfied=Rate(stars[4] + stars[5], stars.total()),
        handler=Rate(n["claimed_solved"], told["claimed"]),
        called=Rate(n["callback_solved"], told["callback"]),
        drawn=n["callback_drawn"],
        unreached=n["callback_unreached"],
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


@dataclass(frozen=True)
class DisputeTotals:
    """What the public is told of disputes: rounded down to a multiple of five, None for fewer than five."""

    since_on: date
    until_on: date
    brought: int | None
    agreed: int | None
    not_agreed: int | None


def disputes(session: Session, _who: Who, area_id: int) -> DisputeTotals:
    """The disputes of an area and all below it in the last four whole quarters of the calendar. Anybody may ask.

    Neither small areas nor short or running times are told, so that nobody sees a single dispute come or go: raises
    Refused `not_offered` for anything below a community.
    """
    if areas.tree().by_id(area_id).level not in TOLD_OF_DISPUTES:
        raise Refused("not_offered", field="area")
    today = clock.day_of(clock.now())
    quarter_on = date(today.year, today.month - (today.month - 1) % 3, 1)
    since, until = quarter_on.replace(year=quarter_on.year - 1), quarter_on - timedelta(days=1)
    rows = session.exec(
        select(Tally.measure, func.sum(Tally.n))
        .where(Tally.area_id == area_id, Tally.kind == KindName.DISPUTE)
        .where(col(Tally.day_on) >= since, col(Tally.day_on) <= until)
        .group_by(col(Tally.measure))
    )
    n = {measure: int(total) for measure, total in rows}
    brought, agreed, not_agreed = (at_least(n.get(m, 0)) for m in ("posted", "agreed", "not_agreed"))
    return DisputeTotals(since, until, brought, agreed, not_agreed)


def at_least(n: int, step: int = 5) -> int | None:
    """`n` rounded down to a multiple of `step`; None where that would be nothing."""
    return n - n % step or None


@dataclass(frozen=True)
class Line:
    """One kind of case in the public table. None: kept back, because so few could be recognised."""

    kind: str
    posted: int | None
    done: int | None
    asked: int | None
    answered: int | None
    response: Rate | None
    handler: Rate | None
    solved: Rate | None
    called: Rate | None
    satisfied: Rate | None
    median_hours: float | None
    p90_hours: float | None
    left_out: tuple[tuple[str, int | None], ...]
    """Why something is in none of the rates (a word below `rates.left_out.`), and how often."""


def table(session: Session, who: Who, area_id: int, days: int = 90) -> list[Line]:
    """All kinds whose rates are public, in an area and below it. Anybody may ask.

    Of kinds that are private no group of one to four is told: neither counted nor as the part of a rate.
    """
    shown = [kind for kind in KINDS.values() if kind.board == "rates"]
    return [_line(kind, rates(session, who, area_id, days, kind.name)) for kind in shown]


def _line(kind: Kind, found: Rates) -> Line:
    least = 0 if kind.visible == "public" else SMALLEST  # also for opinions, some of which are for staff alone

    def count(n: int) -> int | None:
        return None if 0 < n < least else n

    def rate(told: Rate) -> Rate | None:
        return None if None in (count(told.k), count(told.n - told.k)) else told

    enough = count(found.done) is not None
    return Line(
        kind=kind.name,
        posted=count(found.posted),
        done=count(found.done),
        asked=count(found.asked),
        answered=count(found.answered),
        response=rate(found.response),
        handler=rate(found.handler),
        solved=rate(found.solved),
        called=rate(found.called),
        satisfied=rate(found.satisfied),
        median_hours=found.median_hours if enough else None,
        p90_hours=found.p90_hours if enough else None,
        left_out=tuple((name, count(getattr(found, name))) for name in LEFT_OUT),
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
