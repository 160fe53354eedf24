"""The roster: who may vote in a round. Drawn up when voting opens; turnout is read off counters, never off its rows."""

from dataclasses import dataclass

from sqlalchemy import DateTime, Integer, String, cast, literal, null
from sqlmodel import Session, col, func, select

from db.models.accounts import Person
from db.models.ballots import Voter
from db.models.fund import Phase, Round
from db.models.rollups import Tally
from db.types import below
from db.upsert import insert
from portal.acts import Who
from portal.errors import NotFound
from portal.fund import voting


@dataclass(frozen=True)
class Turnout:
    """How many may vote and how many did; `paper` of them took a ballot on paper."""

    roster: int = 0
    voted: int = 0
    paper: int = 0

    @property
    def share(self) -> float:
        return self.voted / self.roster if self.roster else 0.0


def fill(session: Session, row: Round) -> int:
    """Put everybody on the roster whose home in the round's area is confirmed; how many that were.

    In one statement: a million people take seconds. Whoever is on it already stays as they are.
    """
    lowest, end = below(row.area_path)
    at_home = (col(Person.resident_at).is_not(None), col(Person.blocked_at).is_(None))
    within = (col(Person.area_path) >= lowest, col(Person.area_path) < end)
    people = select(  # type: ignore[call-overload]
        literal(row.id), col(Person.id), col(Person.home_area_id), cast(null(), Integer), cast(literal(""), String),
        cast(null(), DateTime),
    ).where(*at_home, *within)  # fmt: skip
    columns = ["round_id", "person_id", "cell_id", "entered_by", "voted_how", "voted_at"]
    added = insert(session, Voter).from_select(columns, people).on_conflict_do_nothing()
    entered = session.connection().execute(added.execution_options(preserve_rowcount=True)).rowcount
    voting.count(session, row, voting.ROSTER, entered)
    return entered


def turnout(session: Session, who: Who, round_id: int) -> Turnout:
    """How many may vote in a round, and how many did so far. Public. Raises NotFound."""
    row = session.get(Round, round_id)
    if row is None or row.state == Phase.DRAFTING:
        raise NotFound()
    of_round = (Tally.area_id == row.area_id, Tally.kind == "fund", Tally.category == str(round_id))
    measures = (voting.ROSTER, voting.VOTED, voting.ON_PAPER)
    sums = session.exec(
        select(Tally.measure, func.sum(Tally.n))
        .where(*of_round, col(Tally.measure).in_(measures))
        .group_by(Tally.measure)
    )
    found = {measure: int(n) for measure, n in sums}
    return Turnout(*(found.get(measure, 0) for measure in measures))
