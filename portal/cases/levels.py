"""Which desk answers for a case: up the tree when it is too hard or too late, and back down when it need not be."""

from typing import Any

from sqlmodel import Session

from db.models.cases import Case
from portal import areas, clock, notices
from portal.accounts import people
from portal.acts import Act, Who, demand
from portal.areas import Place
from portal.cases import acts
from portal.cases.contents import first_desk
from portal.cases.kinds import KINDS
from portal.cases.lifecycle import move, tally
from portal.cases.reading import called, one
from portal.errors import Refused


def escalate(session: Session, who: Who, case_id: int, says: str) -> None:
    """Lift the case to the desk one level up. Raises Refused `top_level`."""
    climb(session, who, acts.ESCALATE, one(session, who, case_id), says=says)


def climb(session: Session, who: Who, act: Act, case: Case, *, says: str | None = None, missed: int = 0) -> None:
    """Move the desk of the case one level up and tell the people there."""
    demand(who, act, case)
    above = areas.tree().ancestors(case.desk_path)[:-1]
    if not above:
        raise Refused("top_level")
    _to_desk(session, who, act, case, above[-1], says, missed=case.missed + missed, handed_down=False)
    tally(session, case, "climbed")
    _tell_desk(session, case, "case_climbed")


def hand_down(session: Session, who: Who, case_id: int, says: str) -> None:
    """Hand the case back to the desk one level below, with the reason, and tell the people there.

    It has half a target of its own there before a missed target lifts it again. Raises Refused `bottom_level`.
    """
    case = one(session, who, case_id)
    demand(who, acts.HAND_DOWN, case)
    if not is_lifted(case):
        raise Refused("bottom_level")
    below = next(p for p in areas.tree().ancestors(case.area_path) if len(p.path) > len(case.desk_path))
    _to_desk(session, who, acts.HAND_DOWN, case, below, says, handed_down=True)
    _tell_desk(session, case, "case_handed_down")


def is_lifted(case: Case) -> bool:
    """Whether the case stands above the desk where such a case begins."""
    return len(case.desk_path) < len(first_desk(case.area_path))


def _to_desk(session: Session, who: Who, act: Act, case: Case, desk: Place, says: str | None, **sets: Any) -> None:
    facts = {"level": desk.level, "desk": desk.path}
    move(session, who, act, case, says=says, facts=facts, desk_path=desk.path, desk_since_at=clock.now(), **sets)


def _tell_desk(session: Session, case: Case, message: str) -> None:
    """Tell those whose own desk the case has come to."""
    for person_id, _, path in people.workers(session, case.desk_path, KINDS[case.kind].desk_role):
        if path == case.desk_path and person_id not in case.party_ids:  # whose own dispute it is hears in other words
            notices.tell(session, person_id, message, case_id=case.id, title=called(case))
