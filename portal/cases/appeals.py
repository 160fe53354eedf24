"""A second look at a decision of the desk: by somebody else than who made it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import Session, col, select

from db.models.audit import AuditRow
from db.models.cases import Case, KindName, State
from db.models.disputes import Party
from db.models.oversight import Appeal
from portal import clock, limits, notices
from portal.accounts import people
from portal.acts import Who, declare, demand, perform, role_for, thing_name
from portal.cases import acts
from portal.cases.disputes import parties
from portal.cases.lifecycle import move, tally
from portal.cases.reading import called, may_read, one, reads_inside
from portal.cases.screening import declined_by, tell_poster
from portal.cases.spans import within
from portal.cases.wall import Slice
from portal.errors import Forbidden, NotFound, Refused
from portal.inputs import clean, page_number

UPHOLD = declare(
    "appeal.uphold", "other_staff", ["waiting"], to="upheld", says="required", kinds={"dispute": "other_head"}
)
OVERTURN = declare(
    "appeal.overturn", "other_staff", ["waiting"], to="overturned", says="required", kinds={"dispute": "other_head"}
)
DECISIONS = (acts.DECLINE.name, acts.HIDE.name)
JUDGES = {True: "mediation_head", False: "staff"}
"""Whose list an appeal is in, by whether it is about a dispute."""
_OVER = (State.DRAFT, State.WITHDRAWN, State.MERGED)


@dataclass(frozen=True)
class Decision:
    """What an appeal is against."""

    act: str
    at: datetime
    says: str


@dataclass(frozen=True)
class Heard:
    """An appeal as the one who made it follows it. `answer` is empty while it waits."""

    state: str
    says: str
    answer: str
    at: datetime


@dataclass(frozen=True)
class Waiting:
    """An appeal as whoever judges it reads it."""

    id: int
    case_id: int
    title: str
    body: str
    area_path: str
    act: str
    reason: str
    """What was said with the decision."""
    decided_by: str
    decided_at: datetime
    says: str
    at: datetime


def open_to(session: Session, who: Who, case: Case) -> bool:
    """Whether `who` could appeal now: a decision stands, it is not too old, and nobody appealed against it yet."""
    found = decision(session, case)
    if found is None or not role_for(who, acts.APPEAL, case):
        return False
    return clock.now() <= _until(found) and not _against(session, case, found)


def appeal(session: Session, who: Who, case_id: int, says: str) -> None:
    """Ask for a second look at the decline or the hiding of one's own case; staff other than who decided are told.

    Raises Refused `nothing_to_appeal`, `appeal_too_late`, `appealed_already`.
    """
    case = one(session, who, case_id)
    demand(who, acts.APPEAL, case)
    found = decision(session, case)
    if found is None:
        raise Refused("nothing_to_appeal")
    if clock.now() > _until(found):
        raise Refused("appeal_too_late", days=limits.APPEAL_DAYS)
    if _against(session, case, found):
        raise Refused("appealed_already")
    text = clean("says", says, limits.BODY_CHARS, lines=True)
    perform(session, who, acts.APPEAL, case, says=text)
    row = Appeal(
        case_id=case_id, kind=case.kind, area_path=case.area_path, act=found.act, decided_by=case.decided_by,
        decided_at=found.at, says=text, created_at=clock.now(),
    )  # fmt: skip
    session.add(row)
    _tell_judges(session, case, "appeal_made")


def uphold(session: Session, who: Who, appeal_id: int, says: str) -> None:
    """The decision stands, with the reason, which the person is told.

    Raises Forbidden for whoever made it, Refused `own_case` for whose case it is, TooLate where somebody was faster.
    """
    row, case = _one(session, who, appeal_id)
    perform(session, who, UPHOLD, row, says=says, answer=_answer(says))
    tell_poster(session, case, "appeal_upheld")


def overturn(session: Session, who: Who, appeal_id: int, says: str) -> None:
    """The decision falls: what was declined is open, what was hidden is seen again. Raises as `uphold`."""
    row, case = _one(session, who, appeal_id)
    perform(session, who, OVERTURN, row, says=says, answer=_answer(says))
    if row.act == acts.DECLINE.name and case.state == State.DECLINED:
        _restore(session, who, case)
    elif row.act == acts.HIDE.name and case.hidden:
        move(session, who, acts.UNHIDE, case, hidden=False, decided_by=declined_by(session, case))
    tell_poster(session, case, "appeal_overturned")


def decision(session: Session, case: Case) -> Decision | None:
    """The latest decision on a case that still stands and can be appealed against."""
    if case.state in _OVER or not (case.hidden or case.state == State.DECLINED):
        return None
    declined = [acts.DECLINE.name] if case.state == State.DECLINED else []
    hidden = [acts.HIDE.name] if case.hidden else []
    row = session.exec(_decided([thing_name(case)], [*declined, *hidden]).limit(1)).first()
    return Decision(row.act, row.at, row.says or "") if row else None


def of_case(session: Session, who: Who, case: Case) -> list[Heard]:
    """The appeals about a case that `who` reads as its poster or from inside, oldest first; nothing for others."""
    if not (role_for(who, acts.APPEAL, case) or reads_inside(who, case)):
        return []
    rows = session.exec(select(Appeal).where(Appeal.case_id == case.id).order_by(col(Appeal.id)))
    return [Heard(row.state, row.says, row.answer, row.created_at) for row in rows]


def waiting(session: Session, who: Who, after: str | None = None, limit: int = limits.PAGE_ROWS) -> Slice[Waiting]:
    """The appeals that `who` may judge, the oldest first. Raises Forbidden."""
    query = select(Appeal).where(*_mine(who)).order_by(col(Appeal.id))
    if after:
        query = query.where(col(Appeal.id) > page_number(after))
    found = session.exec(query.limit(limit + 1)).all()
    rows = _shown(session, who, found[:limit])
    return Slice(rows, str(found[limit - 1].id) if len(found) > limit else None)


def count(session: Session, who: Who) -> int:
    """How many wait in `waiting`; counted no further than `limits.COUNT_ROWS`. Raises Forbidden."""
    return len(session.exec(select(Appeal.id).where(*_mine(who)).limit(limits.COUNT_ROWS)).all())


def _mine(who: Who) -> Sequence[ColumnElement[bool]]:
    about = {True: col(Appeal.kind) == KindName.DISPUTE, False: col(Appeal.kind) != KindName.DISPUTE}
    either = [
        and_(about[dispute], within(Appeal.area_path, paths))
        for dispute, role in JUDGES.items()
        if (paths := who.paths(role))
    ]
    if not either:
        raise Forbidden("staff_only")
    others = col(Appeal.decided_by).is_distinct_from(who.person_id)
    own = select(Party.case_id).where(Party.person_id == who.person_id)
    return col(Appeal.state) == "waiting", or_(*either), others, col(Appeal.case_id).not_in(own)


def _shown(session: Session, who: Who, found: Sequence[Appeal]) -> list[Waiting]:
    ids = [row.case_id for row in found]
    cases = {case.id: case for case in session.exec(select(Case).where(col(Case.id).in_(ids)))} if ids else {}
    decided = session.exec(_decided([thing_name(case) for case in cases.values()], DECISIONS)).all() if ids else []
    reasons = {(row.thing, row.at): row.says or "" for row in decided}
    names = people.name_of(session, {row.decided_by for row in found if row.decided_by})
    return [
        Waiting(
            id=row.id or 0,
            case_id=row.case_id,
            title=called(case),
            body=case.body,
            area_path=case.area_path,
            act=row.act,
            reason=reasons.get((thing_name(case), row.decided_at), ""),
            decided_by=names.get(row.decided_by or 0, ""),
            decided_at=row.decided_at,
            says=row.says,
            at=row.created_at,
        )
        for row in found
        for case in [cases[row.case_id]]
        if not _concerns(who, case)
    ]


def _decided(things: Sequence[str], which: Sequence[str]) -> Any:
    """The query of the audit rows of decisions on cases, newest first."""
    query = select(AuditRow).where(col(AuditRow.thing).in_(things), col(AuditRow.act).in_(which))
    return query.order_by(col(AuditRow.seq).desc())


def _until(found: Decision) -> datetime:
    return found.at + timedelta(days=limits.APPEAL_DAYS)


def _against(session: Session, case: Case, found: Decision) -> bool:
    """Whether somebody appealed against this decision before."""
    row = select(Appeal.id).where(Appeal.case_id == case.id, Appeal.decided_at == found.at)
    return session.exec(row).first() is not None


def _one(session: Session, who: Who, appeal_id: int) -> tuple[Appeal, Case]:
    """The appeal and its case, for somebody whose own case it is not."""
    row = session.get(Appeal, appeal_id) if 0 < appeal_id < 2**31 else None
    if row is None:
        raise NotFound()
    case = session.get_one(Case, row.case_id)
    if _concerns(who, case):
        raise Refused("own_case") if may_read(who, case) else NotFound()
    return row, case


def _concerns(who: Who, case: Case) -> bool:
    """Whether it is a matter of this person's own."""
    return who.person_id is not None and who.person_id in (case.poster_id, *case.party_ids)


def _answer(says: str) -> str:
    return clean("says", says, limits.BODY_CHARS, lines=True)


def _restore(session: Session, who: Who, case: Case) -> None:
    """A declined case is open again, as if it had been accepted: its clock runs on from where it stopped."""
    apart = session.exec(_decided([thing_name(case)], (acts.HIDE.name, acts.UNHIDE.name)).limit(1)).first()
    hidden = bool(apart and apart.act == acts.HIDE.name)  # a decision of its own, which nobody judged here
    new = case.shown_at is None
    move(
        session, who, acts.RESTORE, case,
        hidden=hidden, shown_at=case.shown_at or clock.now(), decided_by=apart.actor_id if apart and hidden else None,
        answered_at=None, answer_hash="",
    )  # fmt: skip
    tally(session, case, "restored")
    parties.invite(session, case, first=new)


def _tell_judges(session: Session, case: Case, message: str) -> None:
    role = JUDGES[case.kind == KindName.DISPUTE]
    for person_id in dict.fromkeys(person for person, _, _ in people.workers(session, case.area_path, role)):
        if person_id not in (case.decided_by, *case.party_ids):
            notices.tell(session, person_id, message, case_id=case.id, title=called(case), kind=case.kind)
