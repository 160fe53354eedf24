"""The milestones of a funded project: planned, reported by its lead, accepted by somebody else, late for all to see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, literal_column
from sqlmodel import Session, col, func, select

from db.models.audit import AuditRow
from db.models.fund import Project, ProjectState
from db.models.works import Milestone, MilestoneState
from portal import attachments, clock, ledger, limits
from portal.acts import Who, demand, perform, thing_name
from portal.attachments import File, NewDocument
from portal.errors import NotFound, Refused
from portal.fund import acts, following, funded
from portal.inputs import clean, money
from portal.photos import NewPhoto

S, M = ProjectState, MilestoneState
RUNNING = (S.CONTRACTING, S.IMPLEMENTING)
"""States in which a milestone whose day has passed is late; a suspended project waits for a reason."""


@dataclass(frozen=True)
class Plan:
    """What a milestone shall be, as typed."""

    title: str
    due_on: date
    planned: str = "0"
    """In yuan; it is paid once the milestone is accepted."""


@dataclass(frozen=True)
class Step:
    """A milestone as the project page shows it; the roles of an act read it as they read the row."""

    id: int
    project_id: int
    area_path: str
    position: int
    title: str
    due_on: date
    planned_fen: int
    state: str
    late: bool
    report: str
    """What was done; empty until it is reported."""
    reported_at: datetime | None
    accepted_at: datetime | None
    sent_back: str
    """Why it was sent back, while it waits for a new report."""
    files: tuple[File, ...]
    lead_id: int | None
    person_id: int | None
    """Who reported it."""


def plan(session: Session, who: Who, project_id: int, typed: Plan) -> int:
    """Plan one more milestone; returns its id.

    Raises Refused for a field that breaks a rule, `too_many_milestones` (limit), `milestones_over_award` (left_fen).
    """
    project = funded.hold(session, project_id, *acts.AT_WORK)
    position = 1 + (session.scalar(_of(project_id, func.max(Milestone.position))) or 0)
    columns: dict[str, Any] = {"area_path": project.area_path, "lead_id": project.lead_id, "position": position}
    row = Milestone(project_id=project_id, **columns, **_columns(typed, None))
    demand(who, acts.MILESTONE_PLAN, row)
    if position > limits.MILESTONES:
        raise Refused("too_many_milestones", limit=limits.MILESTONES)
    _cover(session, project_id, row.planned_fen)
    perform(session, who, acts.MILESTONE_PLAN, row, facts=facts(row), private=texts(row))
    return row.id or 0


def edit(session: Session, who: Who, milestone_id: int, typed: Plan) -> None:
    """Change what is planned of a milestone that was not reported yet. Raises as `plan`."""
    row = _one(session, milestone_id)
    demand(who, acts.MILESTONE_EDIT, row)
    funded.hold(session, row.project_id, *acts.AT_WORK)
    columns = _columns(typed, row)
    _cover(session, row.project_id, columns["planned_fen"], besides=milestone_id)
    was = facts(row)
    now = was | {"due_on": columns["due_on"].isoformat(), "planned_fen": columns["planned_fen"]}
    told, said = now | {"was_due_on": was["due_on"]}, {"title": columns["title"]}
    perform(session, who, acts.MILESTONE_EDIT, row, facts=told, private=said, **columns)


def report(
    session: Session,
    who: Who,
    milestone_id: int,
    says: str,
    pictures: Sequence[NewPhoto] = (),
    documents: Sequence[NewDocument] = (),
) -> None:
    """Say what was done, with photos and documents; staff of the area are told. Raises Refused `project_rests`.

    Files are judged and written before the first statement, outside the write lock.
    """
    files = attachments.store(session, pictures, documents)
    row = _one(session, milestone_id)
    demand(who, acts.MILESTONE_REPORT, row)
    project = _working(session, row)
    said = clean("says", says, limits.BODY_CHARS, lines=True)
    columns: dict[str, Any] = {"report": said, "reported_by": who.person_id, "reported_at": clock.now()}
    perform(session, who, acts.MILESTONE_REPORT, row, says=said, facts=facts(row), **columns)
    attachments.keep(session, thing_name(row), files, owner_id=who.person_id)
    funded.tell_staff(session, project, "milestone_reported", milestone=row.title)


def accept(session: Session, who: Who, milestone_id: int) -> None:
    """Accept what somebody else reported: from here on its money can be paid. Raises Refused `project_rests`."""
    row = _one(session, milestone_id)
    demand(who, acts.MILESTONE_ACCEPT, row)
    project = _working(session, row)
    columns: dict[str, Any] = {"accepted_by": who.person_id, "accepted_at": clock.now()}
    perform(session, who, acts.MILESTONE_ACCEPT, row, facts=facts(row), **columns)
    following.tell(session, project, "milestone_accepted", project.lead_id, milestone=row.title)


def send_back(session: Session, who: Who, milestone_id: int, says: str) -> None:
    """Ask for a better report, with a reason that everybody reads; its lead and who reported it are told."""
    row = _one(session, milestone_id)
    demand(who, acts.MILESTONE_RETURN, row)
    project, reporter = funded.hold(session, row.project_id, *acts.AT_WORK), row.reported_by
    perform(session, who, acts.MILESTONE_RETURN, row, says=says, facts=facts(row), reported_by=None, reported_at=None)
    for person_id in dict.fromkeys((reporter, project.lead_id)):
        funded.tell_one(session, person_id, project, "milestone_returned", milestone=row.title, reason=says.strip())


def cancel(session: Session, who: Who, milestone_id: int) -> None:
    """Do without a milestone that was not accepted yet; its money may be planned anew."""
    row = _one(session, milestone_id)
    demand(who, acts.MILESTONE_CANCEL, row)
    funded.hold(session, row.project_id, *acts.UNDER_WAY)
    perform(session, who, acts.MILESTONE_CANCEL, row, facts=facts(row))


def of_project(session: Session, who: Who, project_id: int) -> tuple[Step, ...]:
    """The milestones of a project in their order, for everybody."""
    project = funded.one(session, who, project_id)
    rows = session.exec(_of(project_id, Milestone).order_by(col(Milestone.position))).all()
    files = attachments.of(session, [thing_name(row) for row in rows])
    returned = _returned(session, [thing_name(row) for row in rows if row.state == M.PLANNED and row.report])
    return tuple(_step(row, project, files, returned) for row in rows)


def late_among(session: Session, who: Who, project_ids: Sequence[int]) -> frozenset[int]:
    """Which of these projects are late: for lists of projects, which name a page of them at once."""
    query = select(Milestone.project_id).join(Project, col(Project.id) == col(Milestone.project_id))
    return frozenset(session.exec(query.where(col(Milestone.project_id).in_(list(project_ids)), *is_late())).all())


def is_late() -> tuple[ColumnElement[bool], ...]:
    """Conditions on `Milestone` joined with `Project`: the day has passed, and the project is not resting."""
    today = clock.day_of(clock.now())
    # written out, so that the partial index of what is due is used
    planned = col(Milestone.state) == literal_column("'planned'")
    return planned, col(Milestone.due_on) < today, col(Project.state).in_(RUNNING)


def _step(
    row: Milestone, project: Project, files: Mapping[str, list[File]], returned: Mapping[str, str | None]
) -> Step:
    thing, shows = thing_name(row), row.state in (M.REPORTED, M.ACCEPTED)
    late = row.state == M.PLANNED and project.state in RUNNING and row.due_on < clock.day_of(clock.now())
    return Step(
        id=row.id or 0, project_id=row.project_id, area_path=row.area_path, position=row.position, title=row.title,
        due_on=row.due_on, planned_fen=row.planned_fen, state=row.state, late=late, report=row.report if shows else "",
        reported_at=row.reported_at, accepted_at=row.accepted_at, sent_back=returned.get(thing) or "",
        files=tuple(files.get(thing, ())) if shows else (), lead_id=row.lead_id, person_id=row.person_id,
    )  # fmt: skip


def _returned(session: Session, things: list[str]) -> dict[str, str | None]:
    """Why each of these was sent back the last time."""
    query = select(AuditRow.thing, AuditRow.says).where(
        col(AuditRow.thing).in_(things), AuditRow.act == acts.MILESTONE_RETURN.name
    )
    return dict(session.exec(query.order_by(col(AuditRow.seq))).all()) if things else {}


def _of(project_id: int, what: Any) -> Any:
    return select(what).where(col(Milestone.project_id) == project_id)


def _one(session: Session, milestone_id: int) -> Milestone:
    row = session.get(Milestone, milestone_id) if 0 < milestone_id < 2**31 else None
    if row is None:
        raise NotFound()
    return row


def _working(session: Session, row: Milestone) -> Project:
    """Its project, held. Raises Refused `project_rests` unless the work is going on."""
    project = funded.hold(session, row.project_id)
    if project.state != S.IMPLEMENTING:
        raise Refused("project_rests")
    return project


def _columns(typed: Plan, was: Milestone | None) -> dict[str, Any]:
    """What was typed as columns. A day that has passed is refused, unless it stays as it was."""
    today = clock.day_of(clock.now())
    if not isinstance(typed.due_on, date):
        raise Refused("missing", field="due_on")
    if (was is None or typed.due_on != was.due_on) and typed.due_on < today:
        raise Refused("date_past", field="due_on")
    if typed.due_on > today + timedelta(days=366 * limits.PHASE_YEARS):
        raise Refused("date_far", field="due_on", years=limits.PHASE_YEARS)
    planned_fen = money("planned", typed.planned, zero=True)
    return {
        "title": clean("milestone_title", typed.title, limits.TITLE_CHARS),
        "due_on": typed.due_on,
        "planned_fen": planned_fen,
    }


def _cover(session: Session, project_id: int, planned_fen: int, *, besides: int = 0) -> None:
    """Raises Refused `milestones_over_award` where all milestones together ask for more than the project has."""
    others = _of(project_id, func.coalesce(func.sum(Milestone.planned_fen), 0)).where(
        col(Milestone.state) != M.CANCELLED, col(Milestone.id) != besides
    )
    has = sum(ledger.balances(session, funded.owner(project_id)).values())
    left = has - int(session.scalar(others) or 0)
    if planned_fen > left:
        raise Refused("milestones_over_award", left_fen=max(left, 0))


def texts(row: Milestone) -> dict[str, Any]:
    """What the chain holds of a milestone without showing it, so that nobody changes unseen what was agreed."""
    return {"title": row.title}


def facts(row: Milestone) -> dict[str, Any]:
    """What the public chain says of a milestone: numbers and days."""
    return {"project": row.project_id, "due_on": row.due_on.isoformat(), "planned_fen": row.planned_fen}
