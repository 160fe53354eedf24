"""The published result of a round, as anybody reads it: nothing of it exists before the count."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlmodel import Session, col, select

from db.models.audit import AuditRow
from db.models.ballots import Outcome
from db.models.fund import Phase, PhasePlan, Project, Round
from portal import areas, attachments
from portal.acts import Who, thing_name
from portal.errors import NotFound
from portal.fund import acts, tally


@dataclass(frozen=True)
class Entry:
    """A project in the result. What only one of the rules knows is None under the other."""

    number: int
    project_id: int
    title: str
    kind: str
    place: str
    cell_path: str
    """The cell it lies in; empty where none is known, or none any more."""
    lon: float | None
    lat: float | None
    photo: str
    cost_fen: int
    votes: int
    points: int
    effective: Fraction
    rank: int | None
    """In the order in which the winners were found, from 1; None: not funded."""
    award_fen: int
    reason: str
    """Why it is not funded, as `counting.explain.Reason`."""
    completed: bool
    by: int | None
    needed: int | None
    money_fen: int | None
    missing_fen: int | None
    start_fen: int | None
    left_fen: int | None
    paid_fen: int | None
    spent_fen: tuple[tuple[int, int], ...]
    """(number of the project, fen): where its supporters' money went, the largest sum first."""
    more_voters: int | None
    lower_cost_fen: int | None

    @property
    def funded(self) -> bool:
        return self.rank is not None


@dataclass(frozen=True)
class Share:
    """A kind of projects, or a cell: its part of the money and of the votes (0..1)."""

    name: str
    money_fen: int
    votes: int
    money_share: float
    votes_share: float


@dataclass(frozen=True)
class Beside:
    """What one rule makes of the ballots."""

    winners: tuple[int, ...]
    cost_fen: int
    nothing: int
    """Voters with none of their choices funded."""
    choices: tuple[int, ...]
    """How many voters have none, one, two, … of their choices funded."""


@dataclass(frozen=True)
class Tie:
    """Projects that stood equal, and which of them came first."""

    place: int
    tied: tuple[int, ...]
    chosen: int


@dataclass(frozen=True)
class Decided:
    """What was decided and how, of a finished round."""

    entries: tuple[Entry, ...]
    """The winners in order, then the others, those with the most points first."""
    cost_fen: int
    voters: int
    blank: int
    paper: int
    roster: int
    rule: Mapping[str, Any]
    share_fen: int | None
    """The share of each voter in the deciding run of Equal Shares, rounded down to a whole fen."""
    first_share_fen: int | None
    """The share with which the steps began."""
    steps: int
    stopped_by: str
    preferred: Mapping[str, int]
    ties: tuple[Tie, ...]
    greedy: Beside
    shares: Beside
    kinds: tuple[Share, ...]
    cells: tuple[Share, ...]
    box_sha256: str
    receipts_sha256: str
    counted_at: datetime
    seq: int | None
    """The link of the audit chain that holds the hashes; None while it is being written."""

    @property
    def winners(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.funded)

    @property
    def losers(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if not entry.funded)

    @property
    def by_shares(self) -> bool:
        """Whether Equal Shares decided, not greedy."""
        return self.share_fen is not None

    @property
    def turnout(self) -> float:
        """The share of the roster that voted (0..1)."""
        return self.voters / self.roster if self.roster else 0.0

    def title(self, number: int) -> str:
        """The title of the project with this ballot number."""
        return next((entry.title for entry in self.entries if entry.number == number), str(number))


@dataclass(frozen=True)
class Results:
    """A round with its result; `decided` is None until it is finished, and then nothing of the votes is known here."""

    round_id: int
    name: str
    state: str
    area_path: str
    budget_fen: int
    ballot_type: str
    seed: str
    decided: Decided | None
    row: Round = field(repr=False, hash=False, compare=False)
    plan: Mapping[str, datetime] = field(default_factory=dict, hash=False)
    """When voting begins, when it ends and when the result is out: by phase, as it was or as it is planned."""


def of(session: Session, who: Who, round_id: int) -> Results:
    """The result of a round, or when it will be known. Raises NotFound for a round that is not public."""
    row = session.get(Round, round_id)
    if row is None or row.state == Phase.DRAFTING:
        raise NotFound()
    outcome = session.get(Outcome, round_id) if row.state == Phase.FINISHED else None
    decided = _decided(session, row, outcome) if outcome else None
    session.expunge(row)  # it is shared and outlives the session
    return Results(
        round_id=round_id,
        name=row.name,
        state=row.state,
        area_path=row.area_path,
        budget_fen=row.budget_fen,
        ballot_type=row.ballot_type,
        seed=row.seed,
        decided=decided,
        row=row,
        plan=_plan(session, round_id),
    )


def _plan(session: Session, round_id: int) -> dict[str, datetime]:
    wanted = (Phase.BALLOTING, Phase.REVIEWING_BALLOTS, Phase.FINISHED)
    rows = session.exec(select(PhasePlan).where(PhasePlan.round_id == round_id, col(PhasePlan.phase).in_(wanted)))
    return {row.phase: row.entered_at or row.starts_at for row in rows}


def _decided(session: Session, row: Round, outcome: Outcome) -> Decided:
    result = outcome.result
    entries = _entries(session, row, result)
    endowment = Fraction(result["endowment"]) if result["endowment"] else None
    step = result["rule"]["step"] * 100
    return Decided(
        entries=entries,
        cost_fen=result["cost_fen"],
        voters=outcome.voters,
        blank=result["blank"],
        paper=outcome.paper,
        roster=outcome.roster,
        rule=result["rule"],
        share_fen=None if endowment is None else int(endowment),
        first_share_fen=None if endowment is None else int(endowment - result["steps"] * step),
        steps=result["steps"],
        stopped_by=result["stopped_by"],
        preferred=result["preferred"],
        ties=tuple(Tie(tie["place"], tuple(map(int, tie["tied"])), int(tie["chosen"])) for tie in result["ties"]),
        greedy=_beside(result["beside"]["greedy"]),
        shares=_beside(result["beside"]["equal-shares"]),
        kinds=_shares(entries, [entry.kind for entry in entries]),
        cells=_shares(entries, [entry.cell_path for entry in entries]),
        box_sha256=outcome.box_hash,
        receipts_sha256=outcome.receipts_hash,
        counted_at=outcome.counted_at,
        seq=session.scalar(
            select(AuditRow.seq).where(AuditRow.thing == thing_name(row), AuditRow.act == acts.FINISH.name)
        ),
    )


def _beside(found: Mapping[str, Any]) -> Beside:
    return Beside(tuple(map(int, found["winners"])), found["cost_fen"], found["nothing"], tuple(found["choices"]))


def _entries(session: Session, row: Round, result: Mapping[str, Any]) -> tuple[Entry, ...]:
    """The projects that were on the ballot, whatever has become of them since."""
    projects = session.exec(select(Project).where(Project.round_id == row.id, col(Project.number).is_not(None))).all()
    counted = [project for project in projects if str(project.number) in result["projects"]]
    files = attachments.of(session, [f"project:{project.id}" for project in counted])
    entries = [_entry(project, result, files.get(f"project:{project.id}", [])) for project in counted]
    return tuple(sorted(entries, key=lambda one: (one.rank is None, one.rank, -one.points, one.number)))


def _entry(project: Project, result: Mapping[str, Any], files: Sequence[attachments.File]) -> Entry:
    number = str(project.number)
    got, why = result["projects"][number], result["why"][number]
    return Entry(
        number=project.number or 0,
        project_id=project.id or 0,
        title=project.title,
        kind=project.kind,
        place=project.place,
        cell_path=areas.tree().path_of(project.cell_id),
        lon=project.lon,
        lat=project.lat,
        photo=next((file.name for file in files if file.kind == attachments.PHOTO), ""),
        cost_fen=got["cost_fen"],
        votes=got["votes"],
        points=got["points"],
        effective=Fraction(got["effective"], tally.EFFECTIVE),
        rank=result["winners"].index(number) + 1 if number in result["winners"] else None,
        award_fen=result["awards_fen"].get(number, 0),
        reason=why["reason"],
        completed=why["completed"],
        by=int(why["by"]) if why["by"] else None,
        needed=why["needed"],
        money_fen=why["money_fen"],
        missing_fen=why["missing_fen"],
        start_fen=why.get("start_fen"),
        left_fen=why.get("left_fen"),
        paid_fen=why.get("paid_fen"),
        spent_fen=tuple((int(other), fen) for other, fen in why.get("spent_fen", ())),
        more_voters=why.get("more_voters"),
        lower_cost_fen=why.get("lower_cost_fen"),
    )


def _shares(entries: Sequence[Entry], names: Sequence[str]) -> tuple[Share, ...]:
    """The parts of each name, the most votes first."""
    money: Counter[str] = Counter()
    votes: Counter[str] = Counter()
    for entry, name in zip(entries, names, strict=True):
        money[name] += entry.award_fen
        votes[name] += entry.votes
    all_money, all_votes = money.total() or 1, votes.total() or 1
    order = sorted(votes, key=lambda name: (-votes[name], name))
    return tuple(Share(n, money[n], votes[n], money[n] / all_money, votes[n] / all_votes) for n in order)


def newest(session: Session, who: Who) -> int:
    """The round whose result was published last; 0 where there is none."""
    return session.exec(select(Outcome.round_id).order_by(col(Outcome.round_id).desc()).limit(1)).first() or 0
