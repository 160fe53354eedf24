"""What every step of a case brings with it: its public standing, its clock, its next appointment, its counters."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import Session

from db.models.cases import Case, KindName, Outcome, Standing, State
from db.models.setup import Target
from portal import areas, clock, limits, rollups
from portal.acts import Act, Who, perform
from portal.cases import network, slots
from portal.cases.acts import FINAL, RUNNING
from portal.cases.kinds import KINDS
from portal.cases.setup import Setup, setup
from portal.cases.timeline import clock_steps

TICKING = frozenset({State.SCREENING, *RUNNING} - {State.AWAITING_RESIDENT})
"""States in which the target's time runs. It rests while the resident is asked or mends the wish."""
RESTING = frozenset({State.AWAITING_RESIDENT, State.RETURNED})
UNSERVED = frozenset({State.WITHDRAWN, State.DECLINED})
"""States in which nobody comes at the time that was booked."""

_STANDINGS = {
    **dict.fromkeys((*RUNNING, State.DONE), Standing.OPEN),
    State.DECLINED: Standing.DECLINED,
    State.REFERRED: Standing.NOT_SOLVED,
}


def standing(state: str, outcome: str, hidden: bool) -> Standing:
    """What the public is told. Solved is what the resident says, so a closed case without that word is not solved.

    `hidden` is true as well of what is private by its kind.
    """
    if hidden:
        return Standing.HIDDEN
    if state == State.CLOSED:
        return Standing.SOLVED if outcome == Outcome.SOLVED else Standing.NOT_SOLVED
    return _STANDINGS.get(State(state), Standing.HIDDEN)


@dataclass(frozen=True)
class Clock:
    """How far the time of a case has run: `used` before the present run, which began at `running_at` (None: rests)."""

    used: timedelta = timedelta()
    running_at: datetime | None = None


def advance(before: Clock, to_state: str, at: datetime, target: Target, plan: Setup, *, restart: bool = False) -> Clock:
    """The clock after a step to `to_state` at the moment `at`. A reopened case starts anew (`restart`)."""
    if restart:
        return Clock(running_at=at)
    if to_state in TICKING:
        return before if before.running_at else Clock(before.used, at)
    if before.running_at is None:
        return before
    spent = clock.elapsed(plan.calendar_of(target), before.running_at, at)
    return Clock(before.used + timedelta(seconds=int(spent.total_seconds())))


def replay(steps: list[tuple[str, str, datetime]], target: Target, plan: Setup) -> Clock:
    """The clock recomputed from the timeline: (act name, state reached, moment) in order."""
    state = Clock()
    for act, to_state, at in steps:
        if to_state and to_state != State.DRAFT:
            state = advance(state, to_state, at, target, plan, restart=act == "case.reopen")
    return state


def due_at(state: Clock, target: Target, plan: Setup, part: float = 1.0) -> datetime | None:
    """When `part` of the target's time will be used up; None while the clock rests."""
    if state.running_at is None:
        return None
    whole = timedelta(hours=target.finish_hours) * part
    return clock.later(plan.calendar_of(target), state.running_at, max(whole - state.used, timedelta()))


def respond_by(start: datetime, target: Target, plan: Setup) -> datetime:
    """By when the desk must have given its first answer."""
    return clock.later(plan.calendar_of(target), start, timedelta(hours=target.respond_hours))


def clock_of(case: Case) -> Clock:
    return Clock(timedelta(seconds=case.used_seconds), case.running_at)


def clock_columns(state: Clock, target: Target, plan: Setup) -> dict[str, Any]:
    """The columns of a case that hold its clock."""
    return {
        "target_class": target.name,
        "used_seconds": int(state.used.total_seconds()),
        "running_at": state.running_at,
        "due_at": due_at(state, target, plan),
        "half_at": due_at(state, target, plan, 0.5),
    }


def climb_at(case: Case, columns: dict[str, Any], plan: Setup, target: Target) -> datetime | None:
    """When the case climbs a level: at its due time, then after each further half of the target, up to the root.

    A desk to which it was handed down has half of the target for itself at least.
    """
    due = columns.get("due_at", case.due_at)
    if due is None or columns.get("desk_path", case.desk_path) == areas.tree().root.path:
        return None
    calendar, half = plan.calendar_of(target), timedelta(hours=target.finish_hours / 2)
    at = clock.later(calendar, due, half * columns.get("missed", case.missed))
    since = columns.get("desk_since_at", case.desk_since_at)
    if since is not None and columns.get("handed_down", case.handed_down):
        return max(at, clock.later(calendar, since, half))
    return at


def widen_at(case: Case, columns: dict[str, Any]) -> datetime | None:
    """When a help order in the hall is offered to more volunteers; None where it is with all of them, or elsewhere."""
    offered, wave = columns.get("offered_at", case.offered_at), columns.get("wave", case.wave)
    waits = columns.get("state", case.state) == State.OPEN and columns.get("in_hall", case.in_hall)
    if case.kind != KindName.HELP or not waits or offered is None or wave >= limits.WAVES:
        return None
    return offered + timedelta(minutes=limits.WAVE_MINUTES[case.urgency])


def next_at(case: Case, columns: dict[str, Any], plan: Setup, target: Target) -> datetime | None:
    """The moment at which the clockwork must look at the case again; None: never by itself."""
    now = clock.now()

    def value(name: str) -> Any:
        return columns.get(name, getattr(case, name))

    state = value("state")
    moments = []
    if state in TICKING:
        moments.append(climb_at(case, columns, plan, target))
    if KINDS[case.kind].assigned and state == State.OPEN and value("half_at") and value("half_at") > now:
        moments.append(value("half_at"))
    moments.append(widen_at(case, columns))
    if state in (State.CLAIMED, State.IN_PROGRESS):
        moments.append(value("hold_until_at"))
    if state == State.AWAITING_RESIDENT:
        moments.append(value("paused_at") + timedelta(days=limits.ASK_DAYS))
    if state == State.DONE:
        moments.append(value("answered_at") + timedelta(days=limits.RATING_DAYS))
    if state in (State.DONE, State.CLOSED) and value("follow_up_on") and clock.start_of(value("follow_up_on")) > now:
        moments.append(clock.start_of(value("follow_up_on")))
    return min((m for m in moments if m is not None), default=None)


def move(
    session: Session,
    who: Who,
    act: Act,
    case: Case,
    *,
    says: str | None = None,
    facts: dict[str, Any] | None = None,
    private: dict[str, Any] | None = None,
    where: tuple[ColumnElement[bool], ...] = (),
    **sets: Any,
) -> None:
    """`perform` for a case: also moves its standing, its clock and its next appointment along.

    All of it happens at one moment, so that the timeline gives the clock to the microsecond.
    """
    plan, now = setup(), clock.now()
    target = plan.target_for(case, sets.get("category", ""))
    state = act.to or case.state
    unseen = sets.get("hidden", case.hidden) or case.private
    sets["standing"] = standing(state, sets.get("outcome", case.outcome), unseen)
    before, reclassed = clock_of(case), "category" in sets and sets["category"] != case.category
    if reclassed:  # what was used of the time is measured anew, on the calendar of the new class
        before = replay(clock_steps(session, case), target, plan)
        if case.started_at is not None and case.responded_at is None:
            sets.setdefault("respond_by_at", respond_by(case.started_at, target, plan))
    if act.to or reclassed:
        ran = advance(before, state, now, target, plan, restart=act.name == "case.reopen")
        sets = clock_columns(ran, target, plan) | sets
    if act.to and act.to != State.OPEN:
        sets["in_hall"] = False
    if act.to == State.AWAITING_RESIDENT:
        sets["paused_at"] = now
    if act.to == State.IN_PROGRESS and case.held_as == "volunteer":  # to the due time, which moved if it rested
        sets["hold_until_at"] = max(m for m in (sets["due_at"], case.hold_until_at) if m is not None)
    sets["next_at"] = next_at(case, {**sets, "state": state}, plan, target)
    freed = act.to in UNSERVED and case.slot_at is not None
    if freed:
        sets["slot_at"] = None
    with clock.at(now):
        perform(session, who, act, case, says=says, facts=facts, private=private, where=where, **sets)
        if act.to in FINAL and case.scope == network.LARGE:
            network.call_off(session, case)
    if freed and case.id is not None:
        slots.sit(session, case.id, {})  # here, so that no way out of a booking keeps its place from others


def respond(session: Session, case: Case) -> dict[str, Any]:
    """The columns that note the first answer of the desk, counted as in time or late; empty after the first."""
    if case.responded_at is not None or case.respond_by_at is None:
        return {}
    now = clock.now()
    tally(session, case, "responded_in_time" if now <= case.respond_by_at else "responded_late")
    return {"responded_at": now}


def tally(session: Session, case: Case, measure: str, *, n: int = 1, bucket: int = 0) -> None:
    """Count `measure` for the case's area and all above it."""
    rollups.count(
        session,
        measure,
        area_ids=areas.tree().ids_up(case.area_id),
        kind=case.kind,
        category=case.category,
        n=n,
        bucket=bucket,
    )
