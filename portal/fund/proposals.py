"""The proposer's side: drafting, handing in, mending what was given back, withdrawing.

A draft keeps what was typed, right or not; only handing it in measures it against the rules of the round.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete
from sqlmodel import Session, col, func, or_, select

from db.models.accounts import Person
from db.models.files import Attachment
from db.models.fund import CostLine, Phase, Project, ProjectKind, ProjectState, Round
from db.types import below
from portal import areas, attachments, clock, limits
from portal.accounts import people, quotas
from portal.acts import ROLES, Who, demand, perform, role_for, thing_name
from portal.attachments import NewDocument
from portal.errors import Forbidden, Refused
from portal.fund import costs, criteria
from portal.fund.acts import DISCARD, DRAFT, EDIT_DRAFT, SUBMIT, WITHDRAW
from portal.fund.costs import Line, TypedLine
from portal.fund.holding import hold
from portal.fund.projects import find
from portal.inputs import clean, one_of
from portal.photos import NewPhoto

KINDS = tuple(kind.value for kind in ProjectKind)
MENDING = (Phase.ACCEPTING, Phase.REVIEWING, Phase.VALUATING)
"""Phases in which what was handed in once, and given back, may come in again."""


@dataclass(frozen=True)
class Written:
    """A part of a proposal as typed: what is None stays as it was. A point wins over an area."""

    title: str | None = None
    need: str | None = None
    beneficiaries: str | None = None
    kind: str | None = None
    organization: str | None = None
    """In whose name, where `who` speaks for a social organization."""
    place: str | None = None
    area_id: int | None = None
    lon: float | None = None
    lat: float | None = None
    lines: tuple[TypedLine, ...] | None = None
    photos: list[NewPhoto] = field(default_factory=list)
    documents: list[NewDocument] = field(default_factory=list)


def draft(session: Session, who: Who, round_id: int, written: Written, case_id: int | None = None) -> int:
    """Begin a proposal in a round; its id. `case_id`: the wish it grows out of, which the caller knows to be public.

    Raises Refused `round_not_accepting`, `too_many_proposals` (limit), `too_often`, and for a field that holds no text.
    """
    files = attachments.store(session, written.photos, written.documents)
    row = _begin(session, who, round_id)
    project = _new(who, row, case_id)
    perform(session, who, DRAFT, project, **_columns(who, row, written))
    attachments.keep(session, thing_name(project), files, owner_id=who.person_id)
    return _id(project)


def edit(session: Session, who: Who, project_id: int, written: Written) -> None:
    """Write on in a draft, also one that was given back. New pictures and documents are added to those it has."""
    files = attachments.store(session, written.photos, written.documents)
    project = find(session, who, project_id)
    row = session.get_one(Round, project.round_id)
    perform(session, who, EDIT_DRAFT, project, **_columns(who, row, written))
    attachments.keep(session, thing_name(project), files, owner_id=who.person_id)


def drop_file(session: Session, who: Who, project_id: int, name: str) -> None:
    """Take a picture or document out of a draft."""
    project = find(session, who, project_id)
    perform(session, who, EDIT_DRAFT, project)
    attachments.drop(session, thing_name(project), col(Attachment.name) == name)


def faults(session: Session, who: Who, project_id: int) -> list[Refused]:
    """What stands in the way of handing the draft in, in the order of the form; empty where nothing does."""
    project = find(session, who, project_id)
    demand(who, EDIT_DRAFT, project)
    return _faults(who, session.get_one(Round, project.round_id), project)


def submit(session: Session, who: Who, project_id: int) -> None:
    """Hand the draft in. Raises the first of `faults`, and Refused `round_not_accepting`.

    One that was given back may come in again until its round is past the costing.
    """
    project = find(session, who, project_id)
    people.stay(session, who)
    phases = MENDING if project.submitted_at else (Phase.ACCEPTING,)
    row = hold(session, project.round_id, phases, "round_not_accepting")
    if project.submitted_at is None:
        demand(who, DRAFT, row)
    lines = _checked(who, row, project)
    perform(
        session, who, SUBMIT, project, facts=_facts(project, lines), cost_fen=costs.total(lines),
        submitted_at=clock.now(), broken_rule="", valuation="",
    )  # fmt: skip
    _write_lines(session, project, lines)


def withdraw(session: Session, who: Who, project_id: int, says: str = "") -> None:
    """Take it back, as long as it is not on the ballot. What nobody screened yet leaves no trace for the public."""
    project = find(session, who, project_id)
    unseen = project.state == ProjectState.SUBMITTED
    seen_at = None if unseen else project.submitted_at
    perform(session, who, WITHDRAW, project, says=says, submitted_at=seen_at, number=None)


def discard(session: Session, who: Who, project_id: int) -> None:
    """Throw a draft away, and its pictures and documents."""
    project = find(session, who, project_id)
    perform(session, who, DISCARD, project, submitted_at=None)
    attachments.drop(session, thing_name(project))


def open_to(session: Session, who: Who, area_path: str = "") -> list[Round]:
    """The rounds that take proposals now and in which `who` may propose, newest first.

    `area_path`: only those whose area holds that place.
    """
    rounds = select(Round).where(Round.state == Phase.ACCEPTING)
    if area_path:
        rounds = rounds.where(col(Round.area_path).in_(_upwards(area_path)))
    else:
        mine: list[ColumnElement[bool]] = [col(Round.area_path).in_(_upwards(who.home_path))]
        for low, high in map(below, who.paths("organization")):
            mine.append((col(Round.area_path) >= low) & (col(Round.area_path) < high))
        rounds = rounds.where(or_(*mine))
    found = session.exec(rounds.order_by(col(Round.id).desc()).limit(limits.PAGE_ROWS)).all()
    return [Round(**row.model_dump()) for row in found if role_for(who, DRAFT, row)]


def _begin(session: Session, who: Who, round_id: int) -> Round:
    """What comes before the first words: the person and the round held, the right, and room for one more."""
    _alone(session, who)
    row = hold(session, round_id, (Phase.ACCEPTING,), "round_not_accepting")
    demand(who, DRAFT, row)
    live = select(func.count()).select_from(Project).where(
        Project.proposer_id == who.person_id, Project.round_id == round_id, Project.state != ProjectState.CANCELLED
    )  # fmt: skip
    if (session.scalar(live) or 0) >= limits.PROPOSALS_PER_ROUND:
        raise Refused("too_many_proposals", limit=limits.PROPOSALS_PER_ROUND)
    quotas.spend(session, f"proposal:{who.person_id}", limits.DRAFTS_PER_DAY, timedelta(days=1))
    return row


def _alone(session: Session, who: Who) -> None:
    """One proposal of a person at a time, so that counting them holds; who is shut out or gone has none."""
    me = select(Person.id).where(Person.id == who.person_id, col(Person.blocked_at).is_(None))
    if session.exec(me.with_for_update(key_share=True)).first() is None:
        raise Forbidden()


def _new(who: Who, row: Round, case_id: int | None) -> Project:
    now = clock.now()
    return Project(
        round_id=row.id or 0, area_path=row.area_path, kind="", title="", proposer_id=who.person_id, case_id=case_id,
        created_at=now, updated_at=now,
    )  # fmt: skip


def _columns(who: Who, row: Round, written: Written) -> dict[str, Any]:
    """The columns of what was typed; nothing is required here."""
    texts = (
        ("title", written.title, limits.TITLE_CHARS, False),
        ("need", written.need, limits.BODY_CHARS, True),
        ("beneficiaries", written.beneficiaries, limits.COMMENT_CHARS, True),
        ("place", written.place, limits.TITLE_CHARS, False),
    )
    columns: dict[str, Any] = {
        name: clean(name, typed, limit, required=False, lines=lines)
        for name, typed, limit, lines in texts
        if typed is not None
    }
    if written.kind is not None:
        columns["kind"] = one_of("project_kind", written.kind, ("", *KINDS))
    if written.organization is not None:
        columns["organization"] = clean("organization", written.organization, limits.NAME_CHARS, required=False)
        if columns["organization"] and not who.holds("organization", row.area_path):
            raise Refused("not_offered", field="organization")
    if written.lines is not None:
        lines = costs.filled(written.lines)
        columns |= {"typed_lines": [line.kept() for line in lines], "cost_fen": costs.estimate(lines)}
    return columns | _place(written)


def _place(written: Written) -> dict[str, Any]:
    """The cell, and the point where one was tapped. Raises Refused `outside_town`, NotFound."""
    tree = areas.tree()
    if written.lon is not None and written.lat is not None:
        found = tree.locate(written.lon, written.lat)
        if found is None:
            raise Refused("outside_town", field="place")
    elif written.area_id is not None:
        found = tree.by_id(written.area_id)
    else:
        return {}
    cell = next((place for place in tree.ancestors(found.path) if place.level == "cell"), found)
    return {"cell_id": cell.id, "lon": written.lon, "lat": written.lat}


def _typed(project: Project) -> list[TypedLine]:
    return [TypedLine(*parts) for parts in project.typed_lines]


def _faults(who: Who, row: Round, project: Project) -> list[Refused]:
    typed = _typed(project)
    wrong = costs.faults(typed)
    found = [
        criteria.absent("title", project.title),
        criteria.absent("need", project.need),
        criteria.absent("project_kind", project.kind),
    ]
    found += [criteria.absent("beneficiaries", project.beneficiaries)]
    if project.submitted_at is None and not ROLES["local"](who, row):
        found.append(criteria.absent("organization", project.organization))
    found.append(criteria.area(row, project.cell_id))
    found += [Refused(fault.message_id, line=at + 1, **fault.facts) for at, fault in wrong.items()]
    if not typed:
        found.append(Refused("missing", field="cost_lines"))
    elif not wrong:
        found.append(criteria.cost(row, project.kind, costs.estimate(typed)))
    return [fault for fault in found if fault is not None]


def _checked(who: Who, row: Round, project: Project) -> list[Line]:
    for fault in _faults(who, row, project):
        raise fault
    return [costs.parse(line) for line in _typed(project)]


def _facts(project: Project, lines: list[Line]) -> dict[str, Any]:
    return {"kind": project.kind, "cost_fen": costs.total(lines)}


def _write_lines(session: Session, project: Project, lines: list[Line]) -> None:
    session.execute(delete(CostLine).where(col(CostLine.project_id) == project.id))
    session.add_all(
        CostLine(
            project_id=_id(project), position=position, what=line.what, unit=line.unit, unit_fen=line.unit_fen,
            quantity=line.quantity, amount_fen=line.amount_fen,
        )
        for position, line in enumerate(lines, 1)
    )  # fmt: skip
    session.flush()


def _upwards(path: str) -> list[str]:
    """The path and all above it; none for an empty one."""
    parts = path.strip("/").split("/")
    return ["/" + "/".join(parts[:n]) + "/" for n in range(1, len(parts) + 1)] if path else []


def _id(project: Project) -> int:
    if project.id is None:
        raise RuntimeError("the project was not written yet")
    return project.id
