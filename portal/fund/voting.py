"""Whether a round takes ballots now, and who has voted how. Every ballot begins here, on the web or on paper."""

from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from db.models.ballots import Voter
from db.models.fund import Phase, PhasePlan, Project, ProjectState, Round
from portal import areas, clock, rollups
from portal.errors import NotFound, Refused

EARLY = (
    Phase.INFORMING, Phase.ACCEPTING, Phase.REVIEWING, Phase.VALUATING, Phase.DELIBERATING, Phase.PUBLISHING,
)  # fmt: skip
ON_PAPERS = (Phase.BALLOTING, Phase.REVIEWING_BALLOTS)
"""When papers are read in."""
WEB, PAPER = "web", "paper"
VOTED, ON_PAPER, ROSTER = "fund_voted", "fund_paper", "fund_roster"
"""The counters of a round: who voted in either way, who of them took a paper, and how many may vote."""


def ends_at(session: Session, round_id: int) -> datetime | None:
    """When the round stops taking ballots by its plan, whether or not it was closed by then; None: not planned."""
    plan = session.get(PhasePlan, (round_id, Phase.REVIEWING_BALLOTS))
    return plan.starts_at if plan else None


def is_open(session: Session, row: Round) -> bool:
    """Whether the round takes ballots at this moment."""
    end = ends_at(session, row.id or 0)
    return row.state == Phase.BALLOTING and (end is None or clock.now() < end)


def taking(session: Session, round_id: int) -> Round:
    """The round, which takes ballots now. Raises NotFound, and Refused `vote_early`, `vote_closed`."""
    row = session.get(Round, round_id)
    if row is None or row.state == Phase.DRAFTING:
        raise NotFound()
    if not is_open(session, row):
        raise Refused("vote_early" if row.state in EARLY else "vote_closed")
    return row


def hold_open(session: Session, row: Round) -> None:
    """Keep the round from being closed before this transaction ends: the last thing that a vote does.

    Who closes it waits for those who came before, and those who come after are refused: a queue, in which a shared lock
    would let one voter after the other pass before the close. Raises Refused `vote_closed`.
    """
    state = session.scalar(select(Round.state).where(Round.id == row.id).with_for_update(key_share=True))
    end = ends_at(session, row.id or 0)
    if state != Phase.BALLOTING or (end is not None and clock.now() >= end):
        raise Refused("vote_closed")


def numbers(session: Session, round_id: int) -> frozenset[int]:
    """The numbers of the projects on the ballot."""
    on_ballot = (Project.round_id == round_id, Project.state == ProjectState.ON_BALLOT)
    return frozenset(n for n in session.exec(select(Project.number).where(*on_ballot)) if n is not None)


def mark(session: Session, row: Round, person_id: int, how: str) -> bool:
    """Note on the roster that the person votes in this way; False where they are not on it or have voted before.

    Who votes at the same moment in another way waits here, and then gets False.
    """
    now = clock.now()
    mine = (Voter.round_id == row.id, Voter.person_id == person_id, Voter.voted_how == "")
    moved = session.execute(
        update(Voter)
        .where(*mine)  # type: ignore[arg-type]
        .values(voted_how=how, voted_at=now)
        .execution_options(synchronize_session=False)
    )
    if moved.rowcount != 1:  # type: ignore[attr-defined]
        return False
    count(session, row, VOTED)
    if how == PAPER:
        count(session, row, ON_PAPER)
    return True


def voted_how(session: Session, round_id: int, person_id: int) -> str | None:
    """`web`, `paper`, empty for nothing yet; None for somebody who is not on the roster."""
    return session.exec(
        select(col(Voter.voted_how)).where(Voter.round_id == round_id, Voter.person_id == person_id)
    ).one_or_none()


def count(session: Session, row: Round, measure: str, n: int = 1) -> None:
    """Count `n` in the round's area and all above it."""
    above = areas.tree().ids_up(row.area_id)
    rollups.count(session, measure, area_ids=above, kind="fund", category=str(row.id), n=n)
