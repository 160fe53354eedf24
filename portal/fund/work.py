"""The work on a funded project: who leads it, its news, and the steps from the award to its close or its stop."""

from collections.abc import Sequence

from sqlalchemy import update
from sqlmodel import Session, col, func, select

from db.engine import reading
from db.models.accounts import Person
from db.models.fund import Project, ProjectState
from db.models.ledger import Account, AccountKind
from db.models.works import Milestone, MilestoneState
from portal import audit, clock, ledger, limits
from portal.accounts import people, reception
from portal.acts import SYSTEM, Who, demand, perform, role_for
from portal.errors import Refused
from portal.fund import acts, following, funded, milestones, orders

S, M = ProjectState, MilestoneState
LEADS = ("proposer", "me", "phone")
"""Whom staff can name as lead: who proposed it, themselves, or somebody by their full phone number."""


def start(session: Session, who: Who, project_id: int, lead: str = "proposer", phone: str = "") -> None:
    """Begin with a funded project: its lead is named (one of `LEADS`), and its contract can be made.

    Raises Refused `lead_unknown` where nobody has that number, `lead_gone` for somebody shut out or gone, and as
    `reception.find`.
    """
    project = funded.hold(session, project_id)
    demand(who, acts.START, project)
    lead_id = _lead(session, who, project, lead, phone)
    perform(session, who, acts.START, project, private={"lead": lead_id}, lead_id=lead_id)
    _hand_over(session, project)
    following.tell(session, project, "project_started")


def name_lead(session: Session, who: Who, project_id: int, lead: str, phone: str = "") -> None:
    """Let somebody else lead the work from now on. Raises Refused `lead_same`, and as `start`."""
    project = funded.hold(session, project_id)
    demand(who, acts.NAME_LEAD, project)
    lead_id = _lead(session, who, project, lead, phone)
    if lead_id == project.lead_id:
        raise Refused("lead_same")
    perform(session, who, acts.NAME_LEAD, project, private={"lead": lead_id}, lead_id=lead_id)
    _hand_over(session, project)


def lead_of(session: Session, who: Who, project_id: int) -> str:
    """The name of the lead, for those who work with the project; empty where there is none, or for all others."""
    project = funded.one(session, who, project_id)
    if project.lead_id is None or not role_for(who, acts.READ_INSIDE, project):
        return ""
    return people.name_of(session, [project.lead_id]).get(project.lead_id, "")


def news(session: Session, who: Who, project_id: int, says: str) -> None:
    """Tell everybody how the work goes; followers get it as a message."""
    project = funded.one(session, who, project_id)
    perform(session, who, acts.NEWS, project, commutes=True, says=says)
    following.tell(session, project, "project_news", says=_short(says))


def suspend(session: Session, who: Who, project_id: int, says: str) -> None:
    """Let the work rest, for a reason that everybody reads."""
    project = funded.hold(session, project_id)
    perform(session, who, acts.SUSPEND, project, says=says)
    following.tell(session, project, "project_suspended", project.lead_id, reason=_short(says))


def resume(session: Session, who: Who, project_id: int) -> None:
    """Go on where the work stood: with the contract where none was made yet, else with the work itself."""
    project = funded.hold(session, project_id)
    demand(who, acts.RESUME, project)
    bound = any(_balances(session, project_id, AccountKind.COMMITTED, AccountKind.PAID))
    perform(session, who, acts.RESUME, project, state=S.IMPLEMENTING if bound else S.CONTRACTING)
    following.tell(session, project, "project_resumed", project.lead_id)


def stop(session: Session, who: Who, project_id: int, says: str) -> None:
    """End the project for good, for a reason that everybody reads: what is not done is cancelled.

    The orders by which its money goes back, by the rule stated at the start, are drafted for a second person.
    """
    project = funded.hold(session, project_id)
    perform(session, who, acts.STOP, project, says=says)
    for row in _open_milestones(session, project_id):
        perform(session, SYSTEM, acts.MILESTONE_CANCEL, row, facts={"project": project_id})
    orders.propose_return(session, who, project)
    following.tell(session, project, "project_stopped", project.lead_id, reason=_short(says))


def accept(session: Session, who: Who, project_id: int, says: str = "") -> None:
    """Accept the whole project, all of whose milestones are accepted or cancelled.

    Raises Refused `milestones_open` (n), `milestones_none` where nothing was ever accepted, and `lead_accepts_not`
    for the lead.
    """
    project = funded.hold(session, project_id)
    demand(who, acts.ACCEPT, project)
    if project.lead_id == who.person_id:
        raise Refused("lead_accepts_not")
    states = session.exec(select(Milestone.state).where(Milestone.project_id == project_id)).all()
    if still_open := sum(state in (M.PLANNED, M.REPORTED) for state in states):
        raise Refused("milestones_open", n=still_open)
    if M.ACCEPTED not in states:
        raise Refused("milestones_none")
    perform(session, who, acts.ACCEPT, project, says=says, facts={"milestones": states.count(M.ACCEPTED)})
    following.tell(session, project, "project_accepted", project.lead_id)


def close(session: Session, who: Who, project_id: int) -> None:
    """Close an accepted project, and draft the order by which what it has left goes back.

    Raises Refused `money_committed` (left_fen) while a contract still binds some of its money.
    """
    project = funded.hold(session, project_id)
    demand(who, acts.CLOSE, project)
    # held, so that a contract that is approved at this moment comes before or after, never in between
    accounts = select(Account).where(Account.owner == funded.owner(project_id)).order_by(col(Account.id))
    held = session.exec(accounts.with_for_update().execution_options(populate_existing=True)).all()
    if committed := sum(row.balance_fen for row in held if row.kind == AccountKind.COMMITTED):
        raise Refused("money_committed", left_fen=committed)
    perform(session, who, acts.CLOSE, project)
    orders.propose_return(session, who, project)
    following.tell(session, project, "project_closed", project.lead_id)


def tick(limit: int = 200) -> int:
    """Tell lead and staff, once a day, which projects are late; how many were told of. Any process may call it."""
    today = clock.day_of(clock.now())
    untold = col(Project.late_told_on).is_(None) | (col(Project.late_told_on) < today)
    late = select(Project.id).join(Milestone, col(Milestone.project_id) == col(Project.id))
    with reading() as session:
        query = late.where(*milestones.is_late(), untold).distinct().order_by(col(Project.id)).limit(limit)
        ids = session.exec(query).all()
    return sum(_tell_late(project_id or 0) for project_id in ids)


def _tell_late(project_id: int) -> bool:
    today = clock.day_of(clock.now())
    with audit.transaction() as session:
        untold = col(Project.late_told_on).is_(None) | (col(Project.late_told_on) < today)
        first = (
            update(Project)
            .where(col(Project.id) == project_id, untold)
            .values(late_told_on=today)
            .execution_options(synchronize_session=False)
        )
        if session.execute(first).rowcount != 1:  # type: ignore[attr-defined]
            return False
        project = session.get_one(Project, project_id)
        late = select(func.count()).select_from(Milestone).join(Project, col(Project.id) == col(Milestone.project_id))
        n = session.scalar(late.where(*milestones.is_late(), col(Milestone.project_id) == project_id)) or 0
        if n:
            funded.tell_one(session, project.lead_id, project, "milestones_late", late=n)
            funded.tell_staff(session, project, "milestones_late", late=n)
        return bool(n)


def _lead(session: Session, who: Who, project: Project, lead: str, phone: str) -> int:
    """The id of the lead that was chosen. Raises Refused as `start`."""
    if lead == "phone":
        served = reception.find(session, who, phone)
        if served is None:
            raise Refused("lead_unknown")
        chosen: int | None = served.person_id
    elif lead in LEADS:
        chosen = who.person_id if lead == "me" else project.proposer_id
    else:
        raise Refused("not_offered", field="lead")
    here = select(Person.id).where(Person.id == chosen, col(Person.blocked_at).is_(None))
    if chosen is None or session.scalar(here) is None:
        raise Refused("lead_gone")
    return chosen


def _hand_over(session: Session, project: Project) -> None:
    """Put its lead on what is still to be reported, and tell them."""
    waiting = (col(Milestone.project_id) == project.id, col(Milestone.state).in_([M.PLANNED, M.REPORTED]))
    statement = update(Milestone).where(*waiting).values(lead_id=project.lead_id)
    session.execute(statement.execution_options(synchronize_session=False))
    funded.tell_one(session, project.lead_id, project, "lead_named")


def _open_milestones(session: Session, project_id: int) -> Sequence[Milestone]:
    waiting = col(Milestone.state).in_([M.PLANNED, M.REPORTED])
    query = select(Milestone).where(col(Milestone.project_id) == project_id, waiting)
    return session.exec(query.order_by(col(Milestone.position)).execution_options(populate_existing=True)).all()


def _balances(session: Session, project_id: int, *kinds: AccountKind) -> list[int]:
    owner = funded.owner(project_id)
    found = ledger.balances(session, owner)
    return [found.get((owner, kind), 0) for kind in kinds]


def _short(says: str) -> str:
    """The beginning of what was said, for a message that leads on to the page."""
    line = " ".join(says.split())
    return line if len(line) <= limits.TITLE_CHARS else line[: limits.TITLE_CHARS].rstrip() + "…"
