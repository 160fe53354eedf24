"""A vote that has ended: its round, its projects and its ballots as rows, ready to be counted."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import insert, text
from sqlmodel import Session, col, select

from db.engine import reading
from db.models.accounts import Person
from db.models.ballots import Ballot, Outcome, Voter
from db.models.fund import Project, Round
from portal import areas, audit, clock
from portal.acts import SYSTEM, perform
from portal.fund import acts, choices, locking, phases, receipts, reviewing
from portal.fund.counting import Rule
from portal.fund.terms import DRAW
from tests.fixtures.fund import FundPeople, add_fund, add_round, endow
from tests.fixtures.town import CELL

Ballots = Sequence[Sequence[int] | Sequence[tuple[int, int]]]
"""Numbers of projects, or (number, score) pairs."""


def closed(
    funders: FundPeople, ballots: Ballots, costs: Sequence[int], *, rule: Rule | None = None, idle: int = 0,
    change: Callable[[Session, Round], None] | None = None, **columns: Any,
) -> int:  # fmt: skip
    """A round whose ballots wait for the count, with money for all of it; `idle` people did not vote. Its id."""
    with audit.transaction() as session:
        fund = add_fund(session)
        row, projects = add_round(session, fund, "publishing", costs=costs, proposer=funders.ann, **columns)
        endow(session, fund, row.budget_fen, funders.finance, funders.other_finance, row)
        lock(session, row, projects, rule or Rule(), change)
        vote(session, row, ballots, idle)
        return row.id or 0


def lock(
    session: Session, row: Round, projects: Sequence[Project], rule: Rule,
    change: Callable[[Session, Round], None] | None = None,
) -> None:  # fmt: skip
    """Open and close the vote, with the rules locked as `phases.enter` locks them."""
    row.rule = rule.printed() | {"ties": DRAW}
    session.add(row)
    session.flush()
    if change:
        change(session, row)
    perform(session, SYSTEM, acts.OPEN_VOTE, row, **_opening(session, row))
    perform(session, SYSTEM, acts.CLOSE_VOTE, row)


def _opening(session: Session, row: Round) -> dict[str, Any]:
    locks = locking.lock(session, row, reviewing.rival_groups(session, row.id or 0))
    return {"facts": {"rules_sha256": locks["locked_hash"], "seed": locks["seed"]}, **locks}


def vote(session: Session, row: Round, ballots: Ballots, idle: int = 0) -> None:
    """New people vote so, in this order; `idle` more are on the roster."""
    place, now = areas.tree().by_path(CELL), clock.now()
    named = f"选民 {row.id}"
    home = {"name": named, "home_area_id": place.id, "area_path": CELL, "resident_at": now}
    session.execute(insert(Person), [home for _ in range(len(ballots) + idle)])
    people = list(session.exec(select(Person.id).where(Person.name == named).order_by(col(Person.id))))
    rows = [
        {
            "round_id": row.id, "area_path": row.area_path, "person_id": person_id, "choices_sealed": sealed(ballot),
            "receipt_hash": receipts.digest(receipts.code_of(row.id or 0, person_id or 0, 0)), "cast_at": now,
        }
        for person_id, ballot in zip(people, ballots, strict=False)
    ]  # fmt: skip
    if rows:
        session.execute(insert(Ballot), rows)
    roster = [{"round_id": row.id, "person_id": person_id, "cell_id": place.id} for person_id in people]
    session.execute(insert(Voter), roster)


def sealed(ballot: Sequence[int] | Sequence[tuple[int, int]]) -> str:
    pairs = [(choice, 1) if isinstance(choice, int) else (choice[0], choice[1]) for choice in ballot]
    return choices.seal(tuple(pairs))


def finish(round_id: int) -> None:
    """Count, as the clockwork does."""
    with audit.transaction() as session:
        phases.enter(session, SYSTEM, round_id, "finished")


def outcome(round_id: int) -> Outcome:
    with reading() as session:
        return session.get_one(Outcome, round_id)


def states(round_id: int) -> dict[int, str]:
    """The state of each project by its number."""
    with reading() as session:
        rows = session.exec(select(Project).where(Project.round_id == round_id))
        return {row.number or 0: row.state for row in rows}


def alter(statement: str, **values: object) -> None:
    """Change a row behind the portal's back, with the triggers taken off."""
    from db import append_only
    from db.engine import engine

    with engine().begin() as connection:
        append_only.drop(connection)
        connection.execute(text(statement), values)


def voters(round_id: int) -> list[int]:
    """The people who voted in a round."""
    with reading() as session:
        found = session.exec(
            select(Ballot.person_id).where(Ballot.round_id == round_id).order_by(col(Ballot.person_id))
        )
        return [person_id for person_id in found if person_id is not None]
