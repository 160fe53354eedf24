"""The end of a vote: the ballots are opened, counted and published, the money is awarded, and everybody concerned told.

To open a hundred thousand ballots and count them takes a while. `prepare` does that before the first statement of the
transaction, while others go on writing; `finish` then only writes, if nothing has changed in between.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from db.engine import snapshot
from db.models.ballots import Ballot, Outcome, Paper, PaperState, Voter
from db.models.fund import Phase, PhasePlan, Project, ProjectState, Round
from db.models.ledger import AccountKind, TransferKind
from portal import audit, clock, ledger, notices
from portal.acts import SYSTEM, Who, demand, perform, thing_name
from portal.errors import NotFound, Refused, TooLate
from portal.fund import acts, ballots, box, counting, tally
from portal.fund.counting import Election

OPEN_PAPERS = (PaperState.ENTERED, PaperState.DIFFERS)
_PREPARED = "fund_counted"
"""Key of the prepared count in a session's `info`."""


@dataclass(frozen=True)
class Opened:
    """The ballots as they were read at one moment, with all that the count needs."""

    row: Round
    election: Election
    state: tuple[int, int]
    """How many ballots, and the sum of their versions: another ballot or a changed one makes another pair."""
    hashes: list[str]
    paper: int
    days: box.Days


@dataclass(frozen=True)
class Counted:
    """A count that is ready to be written, and of which ballots it is."""

    round_id: int
    ballots: tuple[int, int]
    box: bytes
    receipts: bytes
    paper: int
    result: dict[str, Any]


def prepare(session: Session, who: Who, round_id: int) -> None:
    """Count a round before `session` says its first statement, and keep the count for `finish` in that session.

    Reads in a session of its own. Raises NotFound, Forbidden, TooLate where the round is not at its ballots any more,
    and Refused `papers_open` (n).
    """
    with snapshot() as apart:
        row = apart.get(Round, round_id)
        if row is None:
            raise NotFound()
        demand(who, acts.FINISH, row)
        if row.state != Phase.REVIEWING_BALLOTS:
            raise TooLate()
        opened = _opened(apart, row)
    session.info[_PREPARED] = _counted(opened)


def finish(session: Session, who: Who, row: Round) -> None:
    """Publish the box and the result of a round that has just become finished, and award its money.

    Takes the count that `prepare` left in this session; counts here and now where it left none. Raises TooLate where
    the ballots are not those that were counted, Refused `papers_open` (n), and `not_enough_money` where the account
    of the round does not cover the awards.
    """
    counted: Counted = session.info.pop(_PREPARED, None) or _counted(_opened(session, row))
    _refuse_open_papers(session, row)
    if (counted.round_id, counted.ballots) != (row.id, _state_of(session, row)):
        raise TooLate()
    outcome = _outcome(session, row, counted)
    session.add(outcome)
    session.flush()
    _say_in_chain(session, row, box.chain_facts(outcome))
    projects = _on_ballot(session, row)
    _decide(session, projects, outcome.result)
    _award(session, row, projects, outcome.result["awards_fen"])
    _tell(session, row, projects, outcome.result["awards_fen"])
    ballots.empty(session, row.id or 0)


def _opened(session: Session, row: Round) -> Opened:
    _refuse_open_papers(session, row)
    round_id, state = row.id or 0, _state_of(session, row)
    election = box.election_of(row, _on_ballot(session, row), ballots.opened(session, round_id))
    hashes = sorted(ballots.receipt_hashes(session, round_id))
    if not election.voters == len(hashes) == state[0]:
        raise Refused("ballots_incomplete", n=election.voters, of=state[0])
    on_paper = (Ballot.round_id == round_id, col(Ballot.paper_id).is_not(None))
    paper = session.scalar(select(func.count()).select_from(Ballot).where(*on_paper))
    return Opened(row, election, state, hashes, paper or 0, _days(session, round_id))


def _counted(opened: Opened) -> Counted:
    """The count itself: it needs no database, and takes most of the time."""
    row, election = opened.row, opened.election
    result = counting.count(election, box.rule_of(row))
    return Counted(
        row.id or 0,
        opened.state,
        box.written(row, election, result, opened.days),
        "".join(f"{digest}\n" for digest in opened.hashes).encode(),
        opened.paper,
        tally.decided(election, result) | tally.explained(election, result),
    )


def _refuse_open_papers(session: Session, row: Round) -> None:
    waiting = select(func.count()).where(Paper.round_id == row.id, col(Paper.state).in_(OPEN_PAPERS))
    n = session.scalar(waiting)
    if n:
        raise Refused("papers_open", n=n)


def _state_of(session: Session, row: Round) -> tuple[int, int]:
    query = select(func.count(), func.coalesce(func.sum(Ballot.version), 0)).where(Ballot.round_id == row.id)
    n, versions = session.execute(query).one()
    return n, int(versions)


def _on_ballot(session: Session, row: Round) -> list[Project]:
    """The projects on the ballot by number."""
    query = select(Project).where(Project.round_id == row.id, Project.state == ProjectState.ON_BALLOT)
    return list(session.exec(query.order_by(col(Project.number))))


def _days(session: Session, round_id: int) -> box.Days:
    """The first and the last day of the vote, as the phases were entered."""
    query = select(PhasePlan).where(PhasePlan.round_id == round_id)
    began = {plan.phase: plan.entered_at or plan.starts_at for plan in session.exec(query)}
    now = clock.now()
    begin, end = began.get(Phase.BALLOTING, now), began.get(Phase.REVIEWING_BALLOTS, now)
    return box.Days(clock.day_of(begin), clock.day_of(end))


def _outcome(session: Session, row: Round, counted: Counted) -> Outcome:
    roster = select(func.count()).select_from(Voter).where(Voter.round_id == row.id)
    return Outcome(
        round_id=row.id or 0,
        box=zlib.compress(counted.box, 9),
        box_hash=box.digest(counted.box),
        receipts=zlib.compress(counted.receipts, 9),
        receipts_hash=box.digest(counted.receipts),
        voters=counted.ballots[0],
        paper=counted.paper,
        roster=session.scalar(roster) or 0,
        result=counted.result,
        counted_at=clock.now(),
    )


def _say_in_chain(session: Session, row: Round, facts: Mapping[str, Any]) -> None:
    """Add the facts to the link of `round.finish` that this very transaction left."""
    entry = next(entry for entry in reversed(audit.queued(session, thing_name(row))) if entry.act == acts.FINISH.name)
    entry.facts |= facts


def _decide(session: Session, projects: list[Project], result: Mapping[str, Any]) -> None:
    for project in projects:
        number = str(project.number)
        act = acts.FUND if number in result["winners"] else acts.NOT_FUND
        facts = {"round": project.round_id, "number": project.number, "votes": result["projects"][number]["votes"]}
        perform(session, SYSTEM, act, project, facts=facts)


def _award(session: Session, row: Round, projects: list[Project], awards: Mapping[str, int]) -> None:
    """Move each winner's money from the round's account to its own."""
    pool = ledger.account(session, f"round:{row.id}", AccountKind.ROUND)
    for project in projects:
        fen = awards.get(str(project.number), 0)
        if fen:
            free = ledger.account(session, f"project:{project.id}", AccountKind.FREE)
            books = ledger.Books(row.fund_id, row.id, project.id)
            ledger.post(
                session, SYSTEM, row, TransferKind.AWARD, books, debit=pool.id or 0, credit=free.id or 0, amount_fen=fen
            )


def _tell(session: Session, row: Round, projects: list[Project], awards: Mapping[str, int]) -> None:
    """Tell those who proposed something what became of it."""
    href = f"/result?round={row.id}"
    for project in projects:
        fen = awards.get(str(project.number), 0)
        if project.proposer_id is None:
            continue
        if fen:
            notices.tell(
                session, project.proposer_id, "project_funded", href=href, title=project.title, awarded_fen=fen
            )
        else:
            notices.tell(session, project.proposer_id, "project_not_funded", href=href, title=project.title)
