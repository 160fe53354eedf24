"""What an account leaves in the fund when it goes: nothing that is still open, and no words where none shall stay.

What was on a ballot, was paid or was reported of paid work is the record of everybody and stays without a name; so does
that somebody voted. A ballot that was cast is counted: nobody can read whose it was.
"""

from typing import Any

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from db.models.audit import AuditRow
from db.models.ballots import BallotDraft
from db.models.fund import CostLine, Project, ProjectState
from db.models.works import Milestone, Pledge, ProjectFollow
from portal import attachments, audit, words
from portal.acts import Who, perform, thing_name
from portal.fund import acts, funded, pledges, proposals
from portal.settings import settings

S = ProjectState
_OPEN = (S.SUBMITTED, S.ELIGIBLE, S.FEASIBLE)
WRITERS = ("proposer",)
"""The roles under which a person writes something to their own proposal."""


def leave_all(session: Session, who: Who, *, keep_words: bool) -> None:
    """Withdraw what `who` has open, unfollow, and take name and lead off the rest.

    Words that nobody was shown always go; with `keep_words` what was public stays standing without a name.
    """
    mine = select(Project).where((Project.proposer_id == who.person_id) | (Project.lead_id == who.person_id))
    rows = session.exec(mine.order_by(col(Project.id)).with_for_update(key_share=True)).all()
    for project in rows:
        if project.proposer_id == who.person_id:
            _leave_proposal(session, who, project, keep_words)
    _leave_lead(session, who, [project for project in rows if project.lead_id == who.person_id])
    _leave_pledges(session, who, keep_words)
    for table in (ProjectFollow, BallotDraft):
        own = delete(table).where(col(table.person_id) == who.person_id)
        session.execute(own.execution_options(synchronize_session=False))


def _leave_proposal(session: Session, who: Who, project: Project, keep_words: bool) -> None:
    number, unseen = project.id or 0, project.state in (S.DRAFT, S.SUBMITTED)
    if project.state == S.DRAFT:
        proposals.discard(session, who, number)
    elif project.state in _OPEN:
        proposals.withdraw(session, who, number)
    unseen = unseen or (project.state == S.CANCELLED and project.submitted_at is None)
    if project.number is None and project.state in acts.ERASE.frm and (unseen or not keep_words):
        _erase(session, who, project)


def _erase(session: Session, who: Who, project: Project) -> None:
    """The words, the place, the costs and the files of a proposal that came to nothing."""
    gone: dict[str, Any] = {"title": erased_title(), "need": "", "beneficiaries": "", "place": "", "cell_id": None,
                            "lon": None, "lat": None, "organization": "", "typed_lines": []}  # fmt: skip
    perform(session, who, acts.ERASE, project, **gone)
    lines = delete(CostLine).where(col(CostLine.project_id) == project.id)
    session.execute(lines.execution_options(synchronize_session=False))
    attachments.drop(session, thing_name(project))
    audit.erase(session, col(AuditRow.thing) == thing_name(project), col(AuditRow.role).in_(WRITERS))


def erased_title() -> str:
    """What stands in place of the words, in the portal's first language: it is data from then on."""
    with words.speaking(settings().language_codes[0]):
        return words.t("work.erased_title")


def _leave_lead(session: Session, who: Who, led: list[Project]) -> None:
    """Nobody leads these any more, and staff are told of those under way."""
    for table in (Project, Milestone):
        mine = update(table).where(col(table.lead_id) == who.person_id)
        if table is Milestone:
            mine = mine.where(col(Milestone.project_id).in_([project.id for project in led]))
        session.execute(mine.values(lead_id=None).execution_options(synchronize_session=False))
    for project in led:
        session.refresh(project)
        if project.state in acts.UNDER_WAY:
            funded.tell_staff(session, project, "lead_left")


def _leave_pledges(session: Session, who: Who, keep_words: bool) -> None:
    own = select(Pledge.id).where(Pledge.person_id == who.person_id, Pledge.state == "offered")
    for number in session.exec(own.order_by(col(Pledge.id))).all():
        pledges.withdraw(session, who, number or 0)
    gone = update(Pledge).where(col(Pledge.person_id) == who.person_id).execution_options(synchronize_session=False)
    session.execute(gone.values(named=False))
    unseen = gone if not keep_words else gone.where(col(Pledge.state) != "received")
    session.execute(unseen.values(what=erased_title()))
