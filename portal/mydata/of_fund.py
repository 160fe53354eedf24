"""A person's part in the community fund: what they proposed, gave, followed and did; that they voted, never what."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlmodel import Session, SQLModel, col, select

from db.models.audit import AuditRow
from db.models.ballots import Voter
from db.models.files import Attachment
from db.models.fund import CostLine, Project
from db.models.ledger import Order
from db.models.works import Milestone, Pledge, ProjectFollow
from portal import attachments
from portal.acts import Who
from portal.fund.acts import MILESTONE_REPORT, PROPOSE_MONEY

_PROJECT = (
    "round_id", "state", "number", "kind", "title", "need", "beneficiaries", "place", "lon", "lat", "organization",
    "case_id", "cost_fen", "broken_rule", "valuation", "deliberation", "typed_lines", "submitted_at", "created_at",
    "updated_at",
)  # fmt: skip
_LINE = ("position", "what", "unit", "unit_fen", "quantity", "amount_fen", "costed_fen", "costed_note")
_PLEDGE = ("fund_id", "project_id", "kind", "what", "hours", "state", "named", "at")
_MILESTONE = ("project_id", "title", "due_on", "state", "report", "reported_at", "accepted_at")
_ORDER = ("kind", "state", "amount_fen", "purpose", "fund_id", "round_id", "project_id", "proposed_at", "decided_at")


def of_fund(session: Session, who: Who) -> dict[str, Any]:
    """What the fund holds of `who`, as plain data."""
    voted = select(Voter).where(Voter.person_id == who.person_id).order_by(col(Voter.round_id))
    follows = select(ProjectFollow.project_id).where(ProjectFollow.person_id == who.person_id)
    pledged = select(Pledge).where(Pledge.person_id == who.person_id).order_by(col(Pledge.id))
    return {
        "proposals": [_project(session, row) for row in _proposals(session, who)],
        "votes": [_columns(row, ("round_id", "voted_how", "voted_at")) for row in session.exec(voted)],
        "pledges": [{"number": row.id} | _columns(row, _PLEDGE) for row in session.exec(pledged)],
        "follows": list(session.exec(follows.order_by(col(ProjectFollow.project_id)))),
        "milestones": [{"number": row.id} | _columns(row, _MILESTONE) for row in _reported(session, who)],
        "orders": [{"number": row.id} | _columns(row, _ORDER) for row in _ordered(session, who)],
    }


def files(session: Session, who: Who) -> Iterator[tuple[str, Path]]:
    """The pictures and documents that `who` brought to these, as (name in the archive, where they lie)."""
    things = [f"project:{row.id}" for row in _proposals(session, who)]
    things += [f"milestone:{row.id}" for row in _reported(session, who)]
    query = select(Attachment).where(col(Attachment.thing).in_(things), Attachment.owner_id == who.person_id)
    for row in session.exec(query.order_by(col(Attachment.id))):
        yield f"attachments/{row.name}.{row.ending}", attachments.path_of(row)


def _proposals(session: Session, who: Who) -> Sequence[Project]:
    return session.exec(select(Project).where(Project.proposer_id == who.person_id).order_by(col(Project.id))).all()


def _reported(session: Session, who: Who) -> Sequence[Milestone]:
    ids = _deeds(session, who, MILESTONE_REPORT.name)
    query = select(Milestone).where(col(Milestone.id).in_(ids), Milestone.reported_by == who.person_id)
    return session.exec(query.order_by(col(Milestone.id))).all()


def _ordered(session: Session, who: Who) -> Sequence[Order]:
    ids = _deeds(session, who, PROPOSE_MONEY.name)
    query = select(Order).where(col(Order.id).in_(ids), Order.author_id == who.person_id)
    return session.exec(query.order_by(col(Order.id))).all()


def _deeds(session: Session, who: Who, act: str) -> set[int]:
    """The numbers of the things to which `who` did this: the audit chain is read by person, the tables are not."""
    query = select(AuditRow.thing).where(AuditRow.actor_id == who.person_id, AuditRow.act == act)
    return {int(thing.partition(":")[2]) for thing in session.exec(query)}


def _project(session: Session, row: Project) -> dict[str, Any]:
    lines = select(CostLine).where(CostLine.project_id == row.id).order_by(col(CostLine.position))
    told = {"number": row.id, "lines": [_columns(line, _LINE) for line in session.exec(lines)]}
    return _columns(row, _PROJECT) | told


def _columns(row: SQLModel, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}
