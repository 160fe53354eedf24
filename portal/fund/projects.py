"""Reading projects: who sees how much of one, the projects of a round, and what happened to each.

Before staff have looked at it a proposal is its proposer's and theirs. What was turned down is public by its title, the
rule it broke and the reason; all the rest of it is not.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from db.models.accounts import Person
from db.models.audit import AuditRow
from db.models.fund import CostLine, Project, ProjectState, Rival, Round
from portal import attachments, limits
from portal.acts import Who, role_for, thing_name
from portal.attachments import File
from portal.errors import NotFound
from portal.fund import costs
from portal.fund.acts import GIVE_BACK, READ_DRAFT, READ_INSIDE
from portal.fund.costs import TypedLine
from portal.fund.rivals import of_each

P = ProjectState
OPEN = (
    P.ELIGIBLE, P.FEASIBLE, P.ON_BALLOT, P.FUNDED, P.NOT_FUNDED, P.CONTRACTING, P.IMPLEMENTING, P.SUSPENDED,
    P.ACCEPTED, P.CLOSED,
)  # fmt: skip
"""States in which anybody may read all of it."""
TURNED_DOWN = (P.INELIGIBLE, P.UNFEASIBLE)


@dataclass(frozen=True)
class Card:
    """A project in a list. Of one that was turned down or withdrawn only what may be told is filled."""

    id: int
    number: int | None
    state: str
    kind: str
    title: str
    cost_fen: int
    cell_id: int | None
    lon: float | None
    lat: float | None
    place: str
    organization: str
    photo: str | None
    """The name of its first picture, at `/attachments/<name>/thumb`."""
    rivals: tuple[int, ...]
    """Ids of the projects of which at most one is funded beside it."""
    beneficiaries: str
    broken_rule: str = ""
    whole: bool = True
    """Whether there is more to read on its page than this."""


@dataclass(frozen=True)
class Rivalry:
    """Another project that excludes this one, and why."""

    project_id: int
    number: int | None
    title: str
    why: str


@dataclass(frozen=True)
class Step:
    """One act of a project's history. `says` is None where nothing was written or it is not public."""

    at: datetime
    act: str
    role: str
    says: str | None
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Shown:
    """All that the page of one project needs. Rows are copies: to change something, go through an act."""

    project: Project
    round: Round
    lines: tuple[CostLine, ...]
    files: tuple[File, ...]
    rivals: tuple[Rivalry, ...]
    case_id: int | None
    """The wish it grew out of; whether that is public is for `portal.cases` to say."""
    steps: tuple[Step, ...]
    whole: bool
    """False: the reader gets the title and why it was turned down, and the rest is left out of `project`."""
    inside: bool
    home_path: str = ""
    """The cell in which the proposing resident lives: all that is told of them."""
    asked: str = ""
    """What is to be mended, for the proposer of a proposal that was given back."""


def of_round(session: Session, who: Who, round_id: int) -> list[Card]:
    """The projects of a round that anybody may know of, by ballot number, then by id."""
    known = col(Project.state).in_([*OPEN, *TURNED_DOWN])
    gone = (col(Project.state) == P.CANCELLED) & col(Project.submitted_at).is_not(None)
    query = (
        select(Project)
        .where(Project.round_id == round_id, known | gone)
        .order_by(col(Project.number).is_(None), col(Project.number), col(Project.id))
        .limit(limits.PROPOSALS_ON_BALLOT)
    )
    return _cards(session, session.exec(query).all())


def grown_from(session: Session, who: Who, case_id: int) -> list[Card]:
    """The public projects that grew out of a wish, oldest first."""
    query = select(Project).where(Project.case_id == case_id, col(Project.state).in_(OPEN))
    return _cards(session, session.exec(query.order_by(col(Project.id)).limit(limits.PAGE_ROWS)).all())


def own(session: Session, who: Who) -> list[Card]:
    """What `who` proposed or began to, newest first."""
    if who.person_id is None:
        return []
    mine = select(Project).where(Project.proposer_id == who.person_id, Project.state != P.CANCELLED)
    return inside_cards(session, session.exec(mine.order_by(col(Project.id).desc()).limit(limits.PAGE_ROWS)).all())


def inside_cards(session: Session, rows: Iterable[Project]) -> list[Card]:
    """The cards with all that is on them, for the proposer and for those who decide."""
    return _cards(session, rows, inside=True)


def one(session: Session, who: Who, project_id: int) -> Shown:
    """The project as far as `who` may read it. Raises NotFound where there is none, or none for `who`."""
    project = find(session, who, project_id)
    row = session.get_one(Round, project.round_id)
    whole, inside = reads_whole(who, project), bool(role_for(who, READ_INSIDE, project))
    things = thing_name(project)
    return Shown(
        project=_copy(project, whole=whole),
        round=Round(**row.model_dump()),
        lines=_lines(session, project) if whole else (),
        files=tuple(attachments.of(session, [things], hidden=inside).get(things, ())) if whole else (),
        rivals=_rivals_of(session, project) if whole else (),
        case_id=project.case_id if whole else None,
        steps=history(session, project),
        whole=whole,
        inside=inside,
        home_path=_home(session, project) if whole and not project.organization else "",
        asked=asked(session, who, project),
    )


def find(session: Session, who: Who, project_id: int) -> Project:
    """The row itself, for acts. Raises NotFound where there is none, or none that `who` may know of."""
    project = session.get(Project, project_id) if 0 < project_id < 2**31 else None
    if project is None or not (reads_whole(who, project) or _told(project)):
        raise NotFound("no_such_project")
    return project


def is_open(project: Project) -> bool:
    """Whether anybody may read all of it; a project that was stopped at work stays readable."""
    stopped = project.state == P.CANCELLED and project.number is not None
    return project.state in OPEN or stopped


def reads_whole(who: Who, project: Project) -> bool:
    """Whether `who` may read all of it."""
    unseen = project.state == P.DRAFT or (project.state == P.CANCELLED and project.submitted_at is None)
    return is_open(project) or bool(role_for(who, READ_DRAFT if unseen else READ_INSIDE, project))


def history(session: Session, project: Project) -> tuple[Step, ...]:
    """The public steps, oldest first. Of a proposal before its screening nobody but those who read it asks."""
    query = select(AuditRow).where(AuditRow.thing == thing_name(project), AuditRow.public)
    rows = session.exec(query.order_by(col(AuditRow.seq)))
    return tuple(Step(r.at, r.act, r.role, r.says if r.says_public else None, r.facts) for r in rows)


def asked(session: Session, who: Who, project: Project) -> str:
    """What staff want mended of a proposal that they gave back; told to its proposer alone."""
    if project.state != P.DRAFT or project.submitted_at is None or not role_for(who, READ_DRAFT, project):
        return ""
    said = select(AuditRow.says).where(AuditRow.thing == thing_name(project), AuditRow.act == GIVE_BACK.name)
    return session.exec(said.order_by(col(AuditRow.seq).desc()).limit(1)).first() or ""


def _told(project: Project) -> bool:
    """Whether anybody may know that it was, and why it is not any more."""
    return project.state in TURNED_DOWN or (project.state == P.CANCELLED and project.submitted_at is not None)


def _copy(project: Project, *, whole: bool) -> Project:
    """The row apart from its session; without what is not to be told unless `whole`."""
    blank: dict[str, Any] = {
        "need": "", "beneficiaries": "", "place": "", "cell_id": None, "lon": None, "lat": None, "proposer_id": None,
        "organization": "", "case_id": None, "typed_lines": [], "valuation": "", "deliberation": "",
    }  # fmt: skip
    return Project(**(project.model_dump() | ({} if whole else blank)))


def _cards(session: Session, rows: Iterable[Project], *, inside: bool = False) -> list[Card]:
    """The cards of projects, without what the public does not get unless `inside`."""
    kept = [(row, row.id or 0, inside or is_open(row)) for row in rows]
    things = [f"project:{number}" for _, number, whole in kept if whole]
    files, rivals = attachments.of(session, things), of_each(session, [number for _, number, _ in kept])
    return [_card(_copy(row, whole=whole), files.get(f"project:{n}", []), rivals[n], whole) for row, n, whole in kept]


def _card(row: Project, files: list[File], rivals: tuple[int, ...], whole: bool) -> Card:
    photo = next((file.name for file in files if file.kind == attachments.PHOTO), None)
    return Card(
        id=row.id or 0, number=row.number, state=row.state, kind=row.kind, title=row.title, cost_fen=row.cost_fen,
        cell_id=row.cell_id, lon=row.lon, lat=row.lat, place=row.place, organization=row.organization, photo=photo,
        rivals=rivals, beneficiaries=row.beneficiaries, broken_rule=row.broken_rule, whole=whole,
    )  # fmt: skip


def _lines(session: Session, project: Project) -> tuple[CostLine, ...]:
    """Its cost lines; of a draft those that hold so far, as they would be handed in."""
    if project.state == P.DRAFT:
        typed = [TypedLine(*parts) for parts in project.typed_lines]
        wrong = costs.faults(typed)
        sound = [costs.parse(line) for at, line in enumerate(typed) if at not in wrong and not line.empty]
        return tuple(
            CostLine(project_id=project.id or 0, position=n, **asdict(line)) for n, line in enumerate(sound, 1)
        )
    query = select(CostLine).where(CostLine.project_id == project.id).order_by(col(CostLine.position))
    return tuple(CostLine(**line.model_dump()) for line in session.exec(query))


def _rivals_of(session: Session, project: Project) -> tuple[Rivalry, ...]:
    """The open projects that exclude it; each once, whatever the number of groups they share."""
    mine = select(Rival.group_no).where(Rival.project_id == project.id)
    query = (
        select(Project, Rival.why)
        .join(Rival, col(Rival.project_id) == col(Project.id))
        .where(Rival.round_id == project.round_id, col(Rival.group_no).in_(mine), Project.id != project.id)
        .order_by(col(Project.number).is_(None), col(Project.number), col(Project.id))
    )
    found = {other.id or 0: Rivalry(other.id or 0, other.number, other.title, why)
             for other, why in session.exec(query) if is_open(other)}  # fmt: skip
    return tuple(found.values())


def _home(session: Session, project: Project) -> str:
    """The cell of the proposing resident; empty for somebody who is none (any more)."""
    query = select(Person.area_path).where(Person.id == project.proposer_id, col(Person.resident_at).is_not(None))
    return session.exec(query).first() or ""
