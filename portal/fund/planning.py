"""The plan of a round: when each phase is to begin. It can change until the round is over; what has begun stays."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

from sqlmodel import Session, select

from db.models.fund import Phase, PhasePlan, Round
from portal import audit, clock, limits
from portal.acts import Who, perform
from portal.errors import NotFound, Refused
from portal.fund import acts

ORDER: tuple[str, ...] = tuple(acts.BY_PHASE)
"""The phases of a round after its drafting, in their order."""
MAY_SKIP: frozenset[str] = frozenset({Phase.INFORMING, Phase.DELIBERATING})
"""The phases that a round may do without: where no date is planned for them, dates pass over them."""
MUST: tuple[str, ...] = tuple(phase for phase in ORDER if phase not in MAY_SKIP)
Dates = Mapping[str, datetime | None]
"""When phases are to begin; None takes a phase off the plan."""


@dataclass(frozen=True)
class Stop:
    """A phase on the timeline of a round."""

    phase: str
    standing: str
    """`was`, `now`, `next`, `later`, `skipped`, or `late`: its day has come and it has not begun."""
    starts_at: datetime | None
    entered_at: datetime | None


def plan_of(session: Session, round_id: int) -> dict[str, PhasePlan]:
    """The planned phases of a round, in their order."""
    rows = {row.phase: row for row in session.exec(select(PhasePlan).where(PhasePlan.round_id == round_id))}
    return {phase: rows[phase] for phase in ORDER if phase in rows}


def moment(day: date, hour: time) -> datetime:
    """That hour of the day in the town's zone."""
    return clock.start_of(day) + timedelta(hours=hour.hour, minutes=hour.minute)


def place(phase: str) -> int:
    """Where a phase stands in the order; -1 for the drafting before them all."""
    return ORDER.index(phase) if phase in ORDER else -1


def after(state: str) -> tuple[str, ...]:
    """The phases that come after a state; none for a round that is over."""
    return () if state == Phase.CANCELLED else ORDER[place(state) + 1 :]


def upcoming(state: str, planned: Iterable[str]) -> str | None:
    """The phase that the plan leads to next; None where the one that must come is not planned."""
    have = set(planned)
    for phase in after(state):
        if phase in have:
            return phase
        if phase not in MAY_SKIP:
            return None
    return None


def next_at(state: str, starts: Mapping[str, datetime]) -> datetime | None:
    """When dates move a round on that is in `state`."""
    phase = upcoming(state, starts)
    return starts[phase] if phase else None


def stops(row: Round, plan: Mapping[str, PhasePlan]) -> list[Stop]:
    """The timeline of a round: what was, is, and comes next, in order; an optional phase nobody planned is left out."""
    coming = upcoming(row.state, plan)
    return [
        Stop(phase, standing, planned.starts_at if planned else None, planned.entered_at if planned else None)
        for phase in ORDER
        if (planned := plan.get(phase)) or phase not in MAY_SKIP
        if (standing := _standing(row, phase, planned, coming))
    ]


def plan(session: Session, who: Who, round_id: int, dates: Dates) -> None:
    """Change when the phases begin that have not begun; those that `dates` does not name stay as they are.

    Raises NotFound, Forbidden, TooLate, and Refused `phase_begun`, `phase_needed`, `phase_in_past`, `phase_too_far`
    (years), `phase_out_of_order`, each with the phase as its field.
    """
    row = held(session, round_id)
    starts, facts = change(session, row, dates, row.state)
    perform(session, who, acts.PLAN, row, facts=facts, next_at=next_at(row.state, starts))


def held(session: Session, round_id: int) -> Round:
    """The round, locked until the transaction ends. Raises NotFound."""
    # of FOR NO KEY UPDATE: whoever writes a row that belongs to the round need not wait
    row = session.get(Round, round_id, with_for_update={"key_share": True}, populate_existing=True)
    if row is None:
        raise NotFound()
    return row


def change(session: Session, row: Round, dates: Dates, state: str) -> tuple[dict[str, datetime], dict[str, Any]]:
    """Write the new dates of what comes after `state`. Returns all planned dates, and the change as public facts."""
    rows = plan_of(session, row.id or 0)
    was = {phase: planned.starts_at for phase, planned in rows.items()}
    new = {phase: at for phase, at in dates.items() if was.get(phase) != at}
    _check(state, was, new)
    for phase, at in new.items():
        if at is None:
            session.delete(rows[phase])
        elif phase in rows:
            rows[phase].starts_at, rows[phase].told_at = at, None
        else:
            session.add(PhasePlan(round_id=row.id or 0, phase=phase, starts_at=at))
    session.flush()
    starts = {phase: at for phase, at in {**was, **new}.items() if at is not None}
    return starts, {"dates": {phase: at and audit.stamp(at) for phase, at in sorted(new.items())}}


def _check(state: str, was: Mapping[str, datetime], new: Dates) -> None:
    now, open_phases = clock.now(), after(state)
    latest = now + timedelta(days=365 * limits.PHASE_YEARS)
    for phase, at in new.items():
        if phase not in ORDER:
            raise Refused("not_offered", field="phase")
        if phase not in open_phases:
            raise Refused("phase_begun", field=f"phase_{phase}")
        if at is None and phase in MUST and state != Phase.DRAFTING:
            raise Refused("phase_needed", field=f"phase_{phase}")
        if at is not None and at <= now:
            raise Refused("phase_in_past", field=f"phase_{phase}")
        if at is not None and at > latest:
            raise Refused("phase_too_far", field=f"phase_{phase}", years=limits.PHASE_YEARS)
    ahead = [(phase, at) for phase in open_phases if (at := {**was, **new}.get(phase)) is not None]
    for (_, before), (phase, at) in pairwise(ahead):
        if at <= before:
            raise Refused("phase_out_of_order", field=f"phase_{phase}")


def unplanned(state: str, planned: Iterable[str]) -> str | None:
    """The first phase after `state` that must have a date and has none."""
    have = set(planned)
    return next((phase for phase in after(state) if phase in MUST and phase not in have), None)


def _standing(row: Round, phase: str, planned: PhasePlan | None, coming: str | None) -> str:
    begun = planned is not None and planned.entered_at is not None
    if phase == row.state:
        return "now"
    if row.state == Phase.CANCELLED or place(phase) < place(row.state):
        return "was" if begun else "skipped"
    if phase == coming:
        return "late" if planned is not None and planned.starts_at <= clock.now() else "next"
    return "later"
