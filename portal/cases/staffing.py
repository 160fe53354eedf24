"""When somebody loses a duty or is shut out, the cases they had in hand are free for others at once."""

from sqlmodel import Session, col, select

from db.models.accounts import Duty, Person
from db.models.cases import Case, State
from portal.accounts import people
from portal.acts import SYSTEM, Who
from portal.cases import acts, network
from portal.cases.dispatch import given_up
from portal.cases.kinds import KINDS
from portal.cases.lifecycle import move

_IN_HAND = (State.DISPATCHED, *acts.HELD)


def revoke(session: Session, who: Who, duty_id: int) -> Duty:
    """End a duty of somebody else, and free the cases for which they hold no other. Raises as `people.revoke`."""
    duty = people.revoke(session, who, duty_id)
    live = select(Duty.role, Duty.area_path).where(Duty.person_id == duty.person_id, col(Duty.until_at).is_(None))
    _free(session, duty.person_id, frozenset((role, path) for role, path in session.exec(live)))
    return duty


def block(session: Session, who: Who, person_id: int, says: str) -> Person:
    """Shut a person out with a reason, and free all that they had in hand. Raises as `people.block`."""
    person = people.block(session, who, person_id, says)
    _free(session, person_id, frozenset())
    return person


def free_all(session: Session, person_id: int) -> None:
    """Free all that a person has in hand, who is about to leave."""
    _free(session, person_id, frozenset())


def _needed(case: Case) -> str:
    """The duty that somebody must hold to keep the case."""
    return KINDS[case.kind].worker_role if case.held_as == "worker" else case.held_as


def _free(session: Session, person_id: int, duties: frozenset[tuple[str, str]]) -> None:
    """Free the unfinished cases of a person that none of `duties` covers: to the hall as `release`, or to the desk."""
    left = Who(person_id=person_id, duties=duties)
    held = (col(Case.holder_id) == person_id, col(Case.state).in_(_IN_HAND))
    # locked in one order, and read again under the lock
    rows = session.exec(select(Case).where(*held).order_by(col(Case.id)).with_for_update(key_share=True)).all()
    for case in rows:
        if not left.holds(_needed(case), case.area_path):
            holder = {"holder": person_id}
            move(session, SYSTEM, acts.LET_GO, case, private=holder, **given_up(session, case))
    network.free(session, left)
