"""At the desk: who stands there, may they vote, and are they given a ballot on paper.

The clerk finds somebody by the full phone number that they give, as at the counter. Which paper they take is written
down nowhere.
"""

from dataclasses import dataclass

from sqlmodel import Session, col

from db.models.accounts import Person
from db.models.ballots import Voter
from db.models.fund import Round
from db.upsert import insert
from portal.accounts import reception
from portal.accounts.reception import Served
from portal.acts import InArea, Who, demand, note
from portal.errors import NotFound, Refused
from portal.fund import acts, voting


@dataclass(frozen=True)
class AtDesk:
    """The person at the desk, and how they stand to the vote."""

    served: Served
    lives_here: bool
    """Whether their home in the round's area is confirmed now."""
    voted_how: str | None
    """None: not on the roster; empty: not yet."""


def at_desk(session: Session, who: Who, round_id: int, person_id: int) -> AtDesk | None:
    """Whom `who` found by phone just now; None for anybody else. Raises Forbidden and NotFound."""
    row = _round(session, who, round_id)
    served, person = reception.served(session, who, person_id), session.get(Person, person_id)
    if served is None or person is None:
        return None
    return AtDesk(served, _lives_in(person, row), voting.voted_how(session, round_id, person_id))


def enroll(session: Session, who: Who, round_id: int, person_id: int) -> None:
    """Put a resident on the roster whose home was confirmed after voting had begun.

    Raises Forbidden, NotFound, and Refused `vote_early`, `vote_closed`, `not_resident_there`, `on_roster_already`.
    """
    row, person = _may_vote(session, who, acts.ENROLL, round_id, person_id)
    values = {"round_id": round_id, "person_id": person_id, "cell_id": person.home_area_id, "entered_by": who.person_id}
    added = insert(session, Voter).values(**values, voted_how="").on_conflict_do_nothing()
    if session.scalar(added.returning(col(Voter.person_id))) is None:
        raise Refused("on_roster_already")
    voting.count(session, row, voting.ROSTER)
    note(session, who, acts.ENROLL, InArea(row.area_path), _name(round_id, person_id))
    voting.hold_open(session, row)


def give_paper(session: Session, who: Who, round_id: int, person_id: int) -> None:
    """Note that the person takes a ballot on paper, and with it gives up voting on the web; not which paper.

    Raises Forbidden, NotFound, and Refused `vote_early`, `vote_closed`, `no_paper`, `not_resident_there`,
    `not_on_roster`, `voted_on_web`, `has_paper`.
    """
    row, _ = _may_vote(session, who, acts.GIVE_PAPER, round_id, person_id)
    if not row.paper:
        raise Refused("no_paper")
    if not voting.mark(session, row, person_id, voting.PAPER):
        how = voting.voted_how(session, round_id, person_id)
        raise Refused({None: "not_on_roster", voting.WEB: "voted_on_web"}.get(how, "has_paper"))
    note(session, who, acts.GIVE_PAPER, InArea(row.area_path), _name(round_id, person_id))
    voting.hold_open(session, row)


def _may_vote(session: Session, who: Who, act: acts.Act, round_id: int, person_id: int) -> tuple[Round, Person]:
    """The open round, and the person before the clerk, who lives there now."""
    row = voting.taking(session, round_id)
    demand(who, act, InArea(row.area_path))
    reception.demand_there(session, who, person_id)
    person = session.get_one(Person, person_id)
    if not _lives_in(person, row):
        raise Refused("not_resident_there")
    return row, person


def _round(session: Session, who: Who, round_id: int) -> Round:
    row = session.get(Round, round_id)
    if row is None:
        raise NotFound()
    demand(who, acts.GIVE_PAPER, InArea(row.area_path))
    return row


def _lives_in(person: Person, row: Round) -> bool:
    confirmed = person.resident_at is not None and person.blocked_at is None
    return confirmed and person.area_path.startswith(row.area_path)


def _name(round_id: int, person_id: int) -> str:
    return f"{Voter.__tablename__}:{round_id}:{person_id}"
