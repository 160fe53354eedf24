"""Who does it: the rule table, dispatch to a worker, the volunteers' hall, holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlmodel import Session, col, func, select

from db.models.accounts import Person
from db.models.cases import Case, KindName, State
from portal import areas, clock, limits, notices
from portal.accounts import people
from portal.acts import Act, InArea, Who, demand, role_for
from portal.cases import acts, matching
from portal.cases.bulk import Sent, each
from portal.cases.disputes.parties import conflicts
from portal.cases.kinds import KINDS
from portal.cases.lifecycle import move, tally
from portal.cases.reading import called, one
from portal.cases.screening import accept, tell_holder, tell_poster
from portal.cases.setup import setup
from portal.errors import Refused, TooLate

FREE: dict[str, Any] = {"holder_id": None, "held_as": "", "hold_until_at": None}


@dataclass(frozen=True)
class Proposal:
    """Where the rule table sends a case: to the hall, or to the nearest worker (None: nobody is in charge there)."""

    to: str
    person_id: int | None = None
    name: str = ""


def proposal(session: Session, who: Who, case: Case) -> Proposal:
    """What the rule table says: the closest area wins, in it the exact category before "any"; no rule, the worker.

    After half of the target's time the worker gets it, too.
    """
    demand(who, acts.DISPATCH, case)
    return _proposal(session, case)


def proposals(session: Session, who: Who, case_ids: Sequence[int]) -> dict[int, Proposal]:
    """As `proposal`, for a list; those that `who` may not dispatch are left out. Asks once per cell and category."""
    rows = session.exec(select(Case).where(col(Case.id).in_(case_ids))).all()
    asked: dict[tuple[str, str, bool], Proposal] = {}
    found: dict[int, Proposal] = {}
    for case in rows:
        key = (case.area_path, case.category, _past_half(case))
        if case.id is not None and role_for(who, acts.DISPATCH, case):
            asked[key] = asked.get(key) or _proposal(session, case)
            found[case.id] = asked[key]
    return found


def workers(session: Session, who: Who, case: Case) -> list[tuple[int, str, str]]:
    """Everybody the case may be dispatched to, the closest area first: (person id, name, area path)."""
    demand(who, acts.DISPATCH, case)
    return _workers(session, case)


def dispatch(session: Session, who: Who, case_id: int, holder_id: int) -> None:
    """Give the case to a grid worker in charge of its area. Raises Refused `not_in_charge`."""
    case = one(session, who, case_id)
    demand(who, acts.DISPATCH, case)
    if holder_id not in {person for person, _, _ in _workers(session, case)}:
        raise Refused("not_in_charge")
    _send(session, who, acts.DISPATCH, case, holder_id)


def to_hall(session: Session, who: Who, case_id: int) -> None:
    """Offer the case to the volunteers. Raises Refused `hall_too_late` after half of the target's time."""
    case = one(session, who, case_id)
    demand(who, acts.TO_HALL, case)
    if _past_half(case):
        raise Refused("hall_too_late")
    move(session, who, acts.TO_HALL, case, **FREE, **into_hall(session, case))


def send_by_rule(session: Session, who: Who, case_ids: Sequence[int]) -> Sent:
    """Accept what still waits for screening and send each where the rule table says. One refusal stops only its own.

    At most `limits.BULK_ROWS` at a time.
    """
    return each(session, who, by_rule, case_ids)


def by_rule(session: Session, who: Who, case_id: int) -> Proposal:
    """Accept the case if it still waits for screening and send it where the rule table says, which is returned.

    Raises Refused `nobody_in_charge`, and as `to_hall` does.
    """
    case = one(session, who, case_id)
    demand(who, acts.DISPATCH, InArea(case.area_path))
    if case.state == State.SCREENING:
        accept(session, who, case_id)
    found = _proposal(session, case)
    if found.to == "hall":
        to_hall(session, who, case_id)
    elif found.person_id is None:
        raise Refused("nobody_in_charge")
    else:
        _send(session, who, acts.DISPATCH, case, found.person_id)
    return found


def publish(session: Session, who: Who, case_id: int) -> None:
    """Accept what still waits for screening and offer it to the volunteers. Raises as `to_hall` does."""
    if one(session, who, case_id).state == State.SCREENING:
        accept(session, who, case_id)
    to_hall(session, who, case_id)


def grab(session: Session, who: Who, case_id: int) -> None:
    """Take an order from the hall and hold it for a while. Exactly one wins.

    Raises TooLate for all others, Refused `own_case`, `too_many_holds`, `not_in_hall`, and as `matching.check` does.
    """
    # the person's own row first, so that one volunteer's parallel grabs are counted one after the other; a lock
    # that lets notices to this person pass, or two who grab each other's wishes would wait in a circle
    session.exec(select(Person.id).where(Person.id == who.person_id).with_for_update(key_share=True)).all()
    case = _from_hall(session, who, case_id)
    demand(who, acts.GRAB, case)
    if case.poster_id == who.person_id:
        raise Refused("own_case")
    if case.state == State.OPEN and not case.in_hall:
        raise Refused("not_in_hall")
    if holds(session, who) >= limits.HOLDS_PER_VOLUNTEER:
        raise Refused("too_many_holds", limit=limits.HOLDS_PER_VOLUNTEER)
    if case.state != State.OPEN:
        raise TooLate("grabbed_already")
    hold = clock.now() + timedelta(hours=limits.HELP_HOLD_HOURS.get(case.urgency, limits.HOLD_HOURS))
    try:
        move(
            session, who, acts.GRAB, case,
            where=(col(Case.in_hall).is_(True), col(Case.holder_id).is_(None), *matching.check(session, who, case)),
            in_hall=False, holder_id=who.person_id, held_as="volunteer", hold_until_at=hold,
        )  # fmt: skip
    except TooLate:
        session.refresh(case)
        raise TooLate("too_late" if case.in_hall else "grabbed_already") from None
    tally(session, case, "grabbed")
    tell_poster(session, case, "case_claimed")


def holds(session: Session, who: Who) -> int:
    """How many orders `who` holds as a volunteer: no more than `limits.HOLDS_PER_VOLUNTEER`."""
    held = select(func.count()).where(
        Case.holder_id == who.person_id, Case.held_as == "volunteer", col(Case.state).in_(acts.HELD)
    )
    return session.exec(held).one()


def release(session: Session, who: Who, case_id: int, says: str = "") -> None:
    """Give the order back: to the hall, or to the desk where half of the time has passed or a worker held it."""
    case = one(session, who, case_id)
    move(session, who, acts.RELEASE, case, says=says, **given_up(session, case))


def send_back(session: Session, who: Who, case_id: int, says: str) -> None:
    """The worker sends a dispatched case back to the desk, with the reason."""
    move(session, who, acts.SEND_BACK, one(session, who, case_id), says=says, **FREE)


def assign(session: Session, who: Who, case: Case) -> str:
    """Half of the time is gone and nobody has it: the cell's worker gets it; without one it only leaves the hall.

    Returns the name of the act that was done; empty where there was nothing to do.
    """
    found = _workers(session, case)
    if found:
        _send(session, who, acts.ASSIGN, case, found[0][0])
        return acts.ASSIGN.name
    if case.in_hall:
        move(session, who, acts.LEAVE_HALL, case, in_hall=False)
        return acts.LEAVE_HALL.name
    return ""


def into_hall(session: Session, case: Case, wave: int = 1) -> dict[str, Any]:
    """The columns of a case that comes into the hall; a help order is offered there from `wave` on."""
    return {"in_hall": True, **(matching.offer(session, case, wave) if case.kind == KindName.HELP else {})}


def given_up(session: Session, case: Case, wave: int = 1) -> dict[str, Any]:
    """The columns of a case whose holder gives it up: free, and in the hall again where a volunteer held it before half
    of its time was gone. A help order goes on from the wave it had reached, or from `wave`."""
    if case.held_as != "volunteer" or _past_half(case):
        return {"in_hall": False, **FREE}
    return {**into_hall(session, case, max(wave, case.wave)), **FREE}


def _past_half(case: Case) -> bool:
    """Whether half of the target's time is gone, from which on it is assigned and no longer offered."""
    return case.half_at is not None and clock.now() >= case.half_at


def _from_hall(session: Session, who: Who, case_id: int) -> Case:
    """As `one`; a help order also for volunteers of its area, once it was offered, though they may not read it yet."""
    case = session.get(Case, case_id) if 0 < case_id < 2**31 else None
    if case is not None and case.kind == KindName.HELP and case.offered_at and role_for(who, acts.GRAB, case):
        return case
    return one(session, who, case_id)


def _proposal(session: Session, case: Case) -> Proposal:
    tree = areas.tree()
    fitting = [
        (tree.by_id(rule.area_id).path, rule.category, rule.to)
        for rule in setup().rules
        if rule.category in ("", case.category) and case.area_path.startswith(tree.by_id(rule.area_id).path)
    ]
    to = max(fitting, key=lambda rule: (len(rule[0]), rule[1]))[2] if fitting else KINDS[case.kind].sent_to
    if to == "hall" and not _past_half(case):
        return Proposal("hall")
    found = _workers(session, case)
    return Proposal("worker", found[0][0], found[0][1]) if found else Proposal("worker")


def _workers(session: Session, case: Case) -> list[tuple[int, str, str]]:
    """Who may be given the case: nobody answers, and then rates, themselves, or mediates with an interest in it."""
    out = {case.poster_id, *(conflicts(session, case) if case.kind == KindName.DISPUTE else ())}
    found = people.workers(session, case.area_path, KINDS[case.kind].worker_role)
    return [worker for worker in found if worker[0] not in out]


def _send(session: Session, who: Who, act: Act, case: Case, holder_id: int) -> None:
    if case.holder_id != holder_id:
        tell_holder(session, case, "case_taken_away")
    move(
        session, who, act, case, private={"holder": holder_id},
        in_hall=False, holder_id=holder_id, held_as="worker", hold_until_at=None,
    )  # fmt: skip
    tally(session, case, "dispatched")
    notices.tell(session, holder_id, "case_for_you", case_id=case.id, title=called(case))
    tell_poster(session, case, "case_dispatched")
