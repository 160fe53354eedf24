"""Who mediates: candidates without an interest in the matter, objections, stepping back."""

from collections import Counter
from dataclasses import dataclass

from sqlmodel import Session, col, func, select

from db.models.accounts import Person
from db.models.cases import Case, State
from db.models.disputes import Party, Recusal
from portal import areas, clock, notices
from portal.accounts import people
from portal.acts import Who, demand
from portal.cases import acts
from portal.cases.dispatch import FREE
from portal.cases.disputes.parties import conflicts, dispute, own, tell_heads
from portal.cases.kinds import DISPUTE
from portal.cases.lifecycle import move
from portal.cases.reading import called
from portal.cases.screening import tell_poster
from portal.errors import Refused

IN_HAND = (State.DISPATCHED, *acts.HELD)


@dataclass(frozen=True)
class Candidate:
    """A mediator in charge of the place, the closest first, and what speaks against them."""

    person_id: int
    name: str
    level: str
    """That of the area they are in charge of: the smaller, the closer."""
    area_path: str
    conflict: str
    """Why they must not have it: `party`, `recorded`, `recused`, `objected`; empty for those who may."""
    lives_near: bool
    """They live in the cell of exactly one side: no bar, but worth knowing."""
    in_hand: int
    """How many disputes they have on their hands."""


def candidates(session: Session, who: Who, case_id: int) -> list[Candidate]:
    """Everybody who mediates where the dispute is, for the head who appoints one by `dispatch.dispatch`."""
    case = dispute(session, who, case_id)
    demand(who, acts.DISPATCH, case)
    found: dict[int, tuple[str, str]] = {}
    for person_id, name, path in people.workers(session, case.area_path, DISPUTE.worker_role):
        found.setdefault(person_id, (name, path))
    barred, near = conflicts(session, case), _one_sided(session, case)
    busy, homes = _in_hand(session, list(found)), _homes(session, list(found))
    return [
        Candidate(
            person_id=person_id,
            name=name,
            level=areas.tree().by_path(path).level,
            area_path=path,
            conflict=barred.get(person_id, ""),
            lives_near=homes.get(person_id) in near,
            in_hand=busy[person_id],
        )
        for person_id, (name, path) in found.items()
    ]


def mediator_of(session: Session, who: Who, case_id: int) -> str:
    """The name of who mediates, for all who may read the dispute; empty where nobody does yet."""
    case = dispute(session, who, case_id)
    return people.name_of(session, [case.holder_id]).get(case.holder_id, "") if case.holder_id else ""


def object_to(session: Session, who: Who, case_id: int, says: str) -> None:
    """A party asks for another mediator, once; it goes back to the head. Raises Refused `objected_already`."""
    case = dispute(session, who, case_id)
    demand(who, acts.OBJECT, case)
    party = own(session, who, case)
    party_id = party.id if party else None
    before = select(Recusal.person_id).where(Recusal.case_id == case_id, Recusal.party_id == party_id)
    if session.exec(before).first() is not None:
        raise Refused("objected_already")
    _step_down(session, who, case, says, "objected", party_id)


def recuse(session: Session, who: Who, case_id: int, says: str) -> None:
    """The mediator steps back, for instance because they know one side well; it goes back to the head."""
    case = dispute(session, who, case_id)
    _step_down(session, who, case, says, "recused", None)


def _step_down(session: Session, who: Who, case: Case, says: str, why: str, party_id: int | None) -> None:
    holder, act = case.holder_id or 0, acts.OBJECT if why == "objected" else acts.RECUSE
    move(session, who, act, case, says=says, private={"mediator": holder}, **FREE)
    session.add(Recusal(case_id=case.id or 0, person_id=holder, why=why, party_id=party_id, at=clock.now()))
    if why == "objected":
        notices.tell(session, holder, "case_taken_away", case_id=case.id, title=called(case), kind=case.kind)
    tell_heads(session, case, f"dispute_{why}")
    tell_poster(session, case, "dispute_unheld")


def _in_hand(session: Session, ids: list[int]) -> Counter[int]:
    held = select(Case.holder_id, func.count()).where(
        col(Case.holder_id).in_(ids), Case.kind == DISPUTE.name, col(Case.state).in_(IN_HAND)
    )
    rows = session.execute(held.group_by(col(Case.holder_id))).all()
    return Counter(dict(rows))


def _homes(session: Session, ids: list[int]) -> dict[int, str]:
    """The cells in which these people were confirmed to live."""
    confirmed = col(Person.resident_at).is_not(None), col(Person.home_area_id).is_not(None)
    rows = session.exec(select(Person.id, Person.area_path).where(col(Person.id).in_(ids), *confirmed)).all()
    return {person_id: path for person_id, path in rows if person_id is not None}


def _one_sided(session: Session, case: Case) -> set[str]:
    """The cells in which exactly one side lives, as far as that is known."""
    sides = session.exec(select(Party.person_id).where(Party.case_id == case.id, col(Party.person_id).is_not(None)))
    homes = Counter(_homes(session, [person_id for person_id in sides if person_id]).values())
    return {path for path, n in homes.items() if n == 1}
