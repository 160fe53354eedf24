"""A round goes from phase to phase: by date, and by hand; what each phase needs before it, and what it brings."""

from collections.abc import Mapping
from typing import Any

import structlog
from sqlalchemy import update
from sqlmodel import Session, col, func, select

from db.engine import reading
from db.models.ballots import Paper
from db.models.fund import Phase, PhasePlan, Project, ProjectState, Round
from db.models.ledger import AccountKind
from portal import audit, clock, ledger, notices
from portal.accounts import people
from portal.acts import SYSTEM, Who, choices, demand, perform, thing_name
from portal.alarm import report
from portal.errors import NotFound, Refused, TooLate
from portal.fund import acts, locking, outcome, planning, reviewing, roster, terms
from portal.fund.planning import ORDER, Dates, held, plan_of
from portal.fund.voting import ends_at as voting_ends_at
from portal.inputs import one_of

log = structlog.get_logger()

UNDECIDED = (ProjectState.SUBMITTED, ProjectState.ELIGIBLE)


def enter(session: Session, who: Who, round_id: int, phase: str) -> None:
    """Bring a round into a phase, by hand or when its day has come; the plan stays as it was.

    Raises NotFound, Forbidden, TooLate (it is not in a phase from which that one follows), and Refused with the first
    of what stands in the way (see `hindrances`), or of what the phase brings.
    """
    _enter(session, who, round_id, phase)


def tick(limit: int = 100) -> int:
    """Bring all rounds into the phases whose day has come, one after the other; how many phases were entered.

    What is refused stays where it is, and the staff of the area are told once. Safe in any number of processes.
    """
    with reading() as session:
        due = select(Round.id).where(col(Round.next_at) <= clock.now()).order_by(col(Round.next_at)).limit(limit)
        ids = [found for found in session.exec(due) if found is not None]
    return sum(_catch_up(round_id) for round_id in ids)


def hindrances(session: Session, row: Round, phase: str) -> list[Refused]:
    """What a round lacks for a phase; empty where it can begin."""
    found = {
        Phase.INFORMING: _announced,
        Phase.ACCEPTING: _announced,
        Phase.PUBLISHING: _decided,
        Phase.BALLOTING: _votable,
        Phase.FINISHED: _read,
    }.get(Phase(phase))
    return [lack for lack in found(session, row) if lack] if found else []


def ahead(session: Session, who: Who, round_id: int) -> list[tuple[str, list[Refused]]]:
    """The phases that `who` may bring a round into now, each with what it lacks. Raises NotFound, Forbidden."""
    row = session.get(Round, round_id)
    if row is None:
        raise NotFound()
    demand(who, acts.PLAN, row)
    offered = choices(who, row, list(acts.BY_PHASE.values()))
    return [(act.to, hindrances(session, row, act.to)) for act in offered]


def go_back(session: Session, who: Who, round_id: int, says: str, dates: Dates) -> str:
    """Go back to the phase before, with the reason, which is public; `dates` say when the phases begin then.

    The phase that is left needs a new date, or dates would bring the round into it again at once. Projects on a ballot
    that was published come off it. Returns the phase. Raises as `planning.plan`.
    """
    row = held(session, round_id)
    demand(who, acts.GO_BACK, row)
    if row.state not in acts.GO_BACK.frm:
        raise TooLate()
    left, plan = row.state, plan_of(session, round_id)
    back = _before(left, plan)
    if dates.get(left) is None:
        raise Refused("phase_needed", field=f"phase_{left}")
    starts, facts = planning.change(session, row, dates, back)
    if left == Phase.PUBLISHING:
        _unlist(session, who, row, says)
    soon = planning.next_at(back, starts)
    perform(session, who, acts.GO_BACK, row, says=says, facts=facts, state=back, next_at=soon)
    plan[left].entered_at = None
    return back


def cancel(session: Session, who: Who, round_id: int, says: str) -> None:
    """Call a round off before voting opens, with the reason, which is public; those who proposed something are told."""
    row = held(session, round_id)
    perform(session, who, acts.CANCEL, row, says=says, next_at=None)
    gone = (ProjectState.DRAFT, ProjectState.CANCELLED)
    concerned = select(Project.proposer_id).where(Project.round_id == round_id, col(Project.state).not_in(gone))
    for person_id in session.exec(concerned.where(col(Project.proposer_id).is_not(None)).distinct()):
        notices.tell(session, person_id, "round_cancelled", href=f"/round?id={round_id}", round=row.name)


def _enter(session: Session, who: Who, round_id: int, phase: str, *, by_date: bool = False) -> None:
    act = acts.BY_PHASE[one_of("phase", phase, acts.BY_PHASE)]
    if phase == Phase.FINISHED:
        outcome.prepare(session, who, round_id)  # counts before the first statement here, while others go on writing
    row = held(session, round_id)
    demand(who, act, row)
    if row.state not in act.frm or (by_date and not _is_due(row)):
        raise TooLate()
    for lack in hindrances(session, row, phase):
        raise lack
    plan = plan_of(session, round_id)
    rivals = reviewing.rival_groups(session, round_id) if phase == Phase.BALLOTING else []
    locks = locking.lock(session, row, rivals) if phase == Phase.BALLOTING else {}
    soon = planning.next_at(phase, {name: planned.starts_at for name, planned in plan.items()})
    perform(session, who, act, row, facts=_facts(plan.get(phase), locks), next_at=soon, **locks)
    _note_entered(session, plan, round_id, phase)
    _bring(session, who, row)


def _facts(planned: PhasePlan | None, locks: Mapping[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {"planned": audit.stamp(planned.starts_at)} if planned else {}
    return facts | ({"rules_sha256": locks["locked_hash"], "seed": locks["seed"]} if locks else {})


def _note_entered(session: Session, plan: dict[str, PhasePlan], round_id: int, phase: str) -> None:
    now = clock.now()
    planned = plan.get(phase) or PhasePlan(round_id=round_id, phase=phase, starts_at=now)
    planned.entered_at = now
    session.add(planned)
    session.flush()


def _note_roster(session: Session, row: Round, entered: int) -> None:
    """Let the link of the opening say how many are on the roster, so that nobody is put on it unseen."""
    queue = reversed(audit.queued(session, thing_name(row)))
    next(entry for entry in queue if entry.act == acts.OPEN_VOTE.name).facts["roster"] = entered


def _bring(session: Session, who: Who, row: Round) -> None:
    """What a phase brings with it."""
    if row.state == Phase.PUBLISHING:
        reviewing.list_ballot(session, who, row)
    elif row.state == Phase.BALLOTING:
        locking.forget_numbers(session, row)
        _note_roster(session, row, roster.fill(session, row))
    elif row.state == Phase.FINISHED:
        outcome.finish(session, who, row)


def _announced(session: Session, row: Round) -> list[Refused | None]:
    missing = planning.unplanned(row.state, plan_of(session, row.id or 0))
    return [_unsound(row), Refused("phase_needed", field=f"phase_{missing}") if missing else None]


def _decided(session: Session, row: Round) -> list[Refused | None]:
    n = _count(session, row, *UNDECIDED)
    return [Refused("projects_undecided", n=n) if n else None]


def _votable(session: Session, row: Round) -> list[Refused | None]:
    listed, ends_at = _count(session, row, ProjectState.ON_BALLOT), voting_ends_at(session, row.id or 0)
    owner = f"round:{row.id}"
    have = ledger.balances(session, owner).get((owner, AccountKind.ROUND), 0)
    short = Refused("round_not_covered", need_fen=row.budget_fen, have_fen=have)
    return [
        _unsound(row),
        Refused("ballot_empty") if not listed else None,
        Refused("ballot_too_short", n=listed, least=row.min_choices) if 0 < listed < row.min_choices else None,
        short if have < row.budget_fen else None,
        Refused("vote_without_end") if ends_at is None or ends_at <= clock.now() else None,
    ]


def _read(session: Session, row: Round) -> list[Refused | None]:
    waiting = select(func.count()).where(Paper.round_id == row.id, col(Paper.state).in_(outcome.OPEN_PAPERS))
    n = session.scalar(waiting) or 0
    return [Refused("papers_open", n=n) if n else None]


def _unsound(row: Round) -> Refused | None:
    """Why the rules of a round do not hold; rules that were typed here do."""
    try:
        terms.columns(terms.terms_of(row))
    except Refused as refusal:
        return refusal
    return None


def _count(session: Session, row: Round, *states: str) -> int:
    wanted = select(func.count()).where(Project.round_id == row.id, col(Project.state).in_(states))
    return session.scalar(wanted) or 0


def _before(state: str, plan: Mapping[str, PhasePlan]) -> str:
    """The phase in which the round was before; one that was skipped is none."""
    earlier = ORDER[: planning.place(state)]
    begun = [phase for phase in earlier if phase in plan and plan[phase].entered_at]
    return begun[-1] if begun else earlier[-1]


def _unlist(session: Session, who: Who, row: Round, says: str) -> None:
    """Take the whole ballot back: a later one is drawn anew."""
    for project in locking.ballot_of(session, row.id or 0):
        perform(session, who, acts.UNLIST, project, says=says, number=None)
    locking.forget_numbers(session, row)


def _is_due(row: Round) -> bool:
    return row.next_at is not None and row.next_at <= clock.now()


def _catch_up(round_id: int) -> int:
    entered = 0
    while _step(round_id):
        entered += 1
    return entered


def _step(round_id: int) -> bool:
    """Bring a round into the one phase whose day has come; whether that happened."""
    with reading() as session:
        row, plan = session.get_one(Round, round_id), plan_of(session, round_id)
    phase = planning.upcoming(row.state, plan) if _is_due(row) else None
    if phase is None:
        return False
    try:
        with audit.transaction() as session:
            _enter(session, SYSTEM, round_id, phase, by_date=True)
    except TooLate:  # another process, or somebody by hand
        return False
    except Refused as refusal:
        log.warning("phase refused", round=round_id, phase=phase, why=refusal.message_id)
        _tell_staff(row, phase)
        return False
    except Exception as error:  # one broken round must not stop all that come after it
        report(error, f"phase {phase} of round {round_id}")
        return False
    return True


def _tell_staff(row: Round, phase: str) -> None:
    """Tell the staff of the area, once for each planned date, that a round could not go on."""
    here = (col(PhasePlan.round_id) == row.id, col(PhasePlan.phase) == phase)
    with audit.transaction() as session:
        mark = update(PhasePlan).where(*here, col(PhasePlan.told_at).is_(None)).values(told_at=clock.now())
        marked = session.execute(mark.execution_options(synchronize_session=False))
        if marked.rowcount == 1:  # type: ignore[attr-defined]
            for person_id, _, _ in people.workers(session, row.area_path, "staff"):
                notices.tell(
                    session, person_id, "phase_refused", href=f"/rounds?id={row.id}", round=row.name, phase=phase
                )
