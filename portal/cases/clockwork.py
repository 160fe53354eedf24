"""What happens by itself when its time has come: holds lapse, orders are assigned, misses climb, silence closes.

Each case is handled in a transaction of its own, under its lock; so any number of processes may run it.
"""

from collections import Counter
from datetime import timedelta
from typing import Any

import structlog
from sqlmodel import Session, col, select

from db.engine import reading
from db.models.cases import Case, Outcome, State
from portal import audit, clock, limits
from portal.accounts import people
from portal.acts import SYSTEM
from portal.alarm import report
from portal.cases import acts, matching
from portal.cases.dispatch import assign, given_up
from portal.cases.disputes import parties
from portal.cases.kinds import KINDS
from portal.cases.levels import climb
from portal.cases.lifecycle import (
    RESTING,
    TICKING,
    climb_at,
    clock_columns,
    move,
    next_at,
    replay,
    respond_by,
    tally,
    widen_at,
)
from portal.cases.screening import tell_holder, tell_poster
from portal.cases.setup import setup
from portal.cases.timeline import clock_steps
from portal.errors import Refused

log = structlog.get_logger()


def tick(limit: int = 500) -> dict[str, int]:
    """Handle up to `limit` cases whose appointment has come; what was done, by act name."""
    with reading() as session:
        due = select(Case.id).where(col(Case.next_at) <= clock.now()).order_by(col(Case.next_at)).limit(limit)
        ids = session.exec(due).all()
    done: Counter[str] = Counter()
    for case_id in ids:
        try:
            with audit.transaction() as session:
                case = session.get(Case, case_id, with_for_update={"key_share": True})
                if case is not None and case.next_at is not None and case.next_at <= clock.now():
                    done[_handle(session, case)] += 1
        except Refused as refusal:
            log.error("clockwork refused", case=case_id, why=refusal.message_id)
        except Exception as error:  # one broken case must not stop the clock of all that come after it
            report(error, f"clockwork of case {case_id}")
    return dict(done)


def _handle(session: Session, case: Case) -> str:
    """Do the one thing whose time has come, or only set the next appointment. Returns what was done."""
    now, plan = clock.now(), setup()
    target = plan.target_for(case)
    columns = _rederive(session, case)
    lapsed = case.hold_until_at is not None and case.hold_until_at <= now
    if case.state in acts.AT_WORK and lapsed:
        return _expire_hold(session, case)
    if case.state == State.AWAITING_RESIDENT and _passed(case, limits.ASK_DAYS):
        move(session, SYSTEM, acts.ASK_LAPSED, case)
        return acts.ASK_LAPSED.name
    if case.follow_up_on is not None and case.next_at == clock.start_of(case.follow_up_on):
        return _remind(session, case)
    if case.state == State.DONE:
        return _close_unanswered(session, case)
    climbs = climb_at(case, columns, plan, target)
    if climbs is not None and climbs <= now:
        climb(session, SYSTEM, acts.CLIMB, case, missed=1)
        return acts.CLIMB.name
    if (
        KINDS[case.kind].assigned
        and case.state == State.OPEN
        and columns["half_at"] is not None
        and columns["half_at"] <= now
    ):
        done = assign(session, SYSTEM, case)
        if done:
            return done
    widens = widen_at(case, {})
    if widens is not None and widens <= now:
        return matching.widen(session, case)
    case.next_at = next_at(case, columns, plan, target)
    session.add(case)
    return "rescheduled"


def _rederive(session: Session, case: Case) -> dict[str, Any]:
    """The clock of an unanswered case as its timeline gives it by the calendar and targets of today, which may have
    been edited since; the case gets these columns."""
    if case.state not in TICKING | RESTING:
        return {}
    plan = setup()
    target = plan.target_for(case)
    columns = clock_columns(replay(clock_steps(session, case), target, plan), target, plan)
    if case.started_at is not None and case.responded_at is None:
        columns["respond_by_at"] = respond_by(case.started_at, target, plan)
    for name, value in columns.items():
        setattr(case, name, value)
    session.flush()
    return columns


def _expire_hold(session: Session, case: Case) -> str:
    move(session, SYSTEM, acts.EXPIRE_HOLD, case, **given_up(session, case))
    tally(session, case, "hold_expired")
    if not case.in_hall:
        assign(session, SYSTEM, case)
    return acts.EXPIRE_HOLD.name


def _remind(session: Session, case: Case) -> str:
    """The day has come to ask whether an agreement is kept; where its mediator is none any more, the heads ask."""
    plan = setup()
    case.next_at = next_at(case, {}, plan, plan.target_for(case))
    session.add(case)
    mediators = people.workers(session, case.area_path, KINDS[case.kind].worker_role)
    if case.holder_id in {person_id for person_id, _, _ in mediators}:
        tell_holder(session, case, "dispute_follow_up")
    else:
        parties.tell_heads(session, case, "dispute_follow_up")
    return acts.FOLLOW_UP.name


def _close_unanswered(session: Session, case: Case) -> str:
    now = clock.now()
    if case.answered_at is None or case.answered_at + timedelta(days=limits.RATING_DAYS) > now:
        return "waiting"
    facts = {"outcome": Outcome.UNANSWERED.value}
    move(session, SYSTEM, acts.CLOSE_UNANSWERED, case, facts=facts, outcome=Outcome.UNANSWERED, closed_at=now)
    tally(session, case, "said_unanswered")
    tell_poster(session, case, "case_closed")
    return acts.CLOSE_UNANSWERED.name


def _passed(case: Case, days: int) -> bool:
    return case.paused_at is not None and case.paused_at + timedelta(days=days) <= clock.now()
