"""What the tests of the vote do over and over: a round that takes ballots, and people who vote in it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session, col, select

from db.engine import reading
from db.models.accounts import Person
from db.models.ballots import Ballot, BallotDraft, Paper, Voter
from db.models.fund import Round
from portal import areas, audit, clock
from portal.accounts import reception
from portal.acts import Who
from portal.fund import ballots, paper, phases, polling, receipts
from tests.fixtures.fund import FundPeople, add_fund, add_round, enroll
from tests.fixtures.town import CELL, People
from tests.portal.cases.steps import do, look

COSTS = (3_000_000, 4_000_000, 2_000_000, 6_000_000)
ONE, TWO = [[1, 1]], [[1, 1], [3, 1]]


@dataclass(frozen=True)
class Vote:
    """A round of four projects that takes ballots, with ann, bob, eve and joe on its roster."""

    id: int
    people: FundPeople


def begin(funders: FundPeople, *, state: str = "balloting", **columns: Any) -> Vote:
    with audit.transaction() as session:
        row, _ = add_round(session, add_fund(session), state, costs=COSTS, **columns)
        enroll(session, row, *funders.voters)
        return Vote(row.id or 0, funders)


def close(vote: Vote) -> None:
    """End the vote as the staff would."""
    with audit.transaction() as session:
        phases.enter(session, vote.people.second_staff, vote.id, "reviewing_ballots")


def cast(vote: Vote, who: Who, chosen: Any = ONE) -> str:
    code: str = do(ballots.cast, who, vote.id, chosen)
    return code


def in_box(round_id: int) -> list[Any]:
    """What the count would find, in an order that says nothing."""
    with reading() as session:
        return sorted(ballots.opened(session, round_id))


def held(round_id: int) -> list[Ballot]:
    with reading() as session:
        return list(session.exec(select(Ballot).where(Ballot.round_id == round_id).order_by(col(Ballot.id))))


def drafts(round_id: int) -> list[BallotDraft]:
    with reading() as session:
        return list(session.exec(select(BallotDraft).where(BallotDraft.round_id == round_id)))


def voter(round_id: int, who: Who) -> Voter:
    with reading() as session:
        return session.get_one(Voter, (round_id, who.person_id))


def turn_to(staff: Who, phone: int) -> None:
    """The person with that number stands before the clerk."""
    assert do(reception.find, staff, f"1390000{phone:04}")


def given(vote: Vote, staff: Who, *numbers: int) -> None:
    """Give a paper to the people whose phone numbers end so; those of the voters are 108 to 111."""
    for number in numbers:
        found = do(reception.find, staff, f"1390000{number:04}")
        do(polling.give_paper, staff, vote.id, found.person_id)


def number_of(vote: Vote) -> str:
    return receipts.new_number(vote.id)


def read_in(vote: Vote, who: Who, number: str, read: str, **how: Any) -> str:
    state: str = do(paper.read_in, who, vote.id, f"{number} {read}", **how)
    return state


def papers(round_id: int) -> list[Paper]:
    with reading() as session:
        return list(session.exec(select(Paper).where(Paper.round_id == round_id).order_by(col(Paper.id))))


def residents(vote: Vote, count: int) -> list[Who]:
    """So many more people of cell 03 on the roster."""
    home = areas.tree().by_path(CELL)
    with audit.transaction() as session:
        start = session.exec(select(Person.id).order_by(col(Person.id).desc())).first() or 0
        ids = range(start + 1, start + count + 1)
        rows = [
            {"id": n, "name": f"居民{n}", "home_area_id": home.id, "area_path": CELL, "resident_at": clock.now(),
             "phone_mask": "", "lang": "zh-CN", "created_at": clock.now()}
            for n in ids
        ]  # fmt: skip
        session.execute(insert(Person), rows)
        session.execute(
            insert(Voter), [{"round_id": vote.id, "person_id": n, "cell_id": home.id, "voted_how": ""} for n in ids]
        )
    return [replace(vote.people.ann, person_id=n, name=f"居民{n}") for n in ids]


def of_round(round_id: int) -> Round:
    with reading() as session:
        return session.get_one(Round, round_id)


Fn = Callable[..., Any]
__all__ = ["CELL", "Fn", "People", "Session", "look"]
