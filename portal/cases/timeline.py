"""What happened to a case, read from the audit chain: its one timeline."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from db.models.audit import AuditRow
from db.models.cases import Case
from portal import audit
from portal.acts import ACTS, Who, role_for, thing_name
from portal.cases.acts import MEND, RETURN, SUPPORT, UNSUPPORT
from portal.cases.reading import reads_inside

_COUNTED_ELSEWHERE = (SUPPORT.name, UNSUPPORT.name)


@dataclass(frozen=True)
class Step:
    """One act on the timeline. `says` is None where nothing was written or the reader may not see it."""

    seq: int
    at: datetime
    act: str
    role: str
    from_state: str
    to_state: str
    says: str | None
    facts: Mapping[str, Any]
    public: bool
    """Whether everybody sees it who may read the case at all."""
    actor_id: int | None
    """Only for those who handle the case; None for the public."""


def timeline(session: Session, who: Who, case: Case) -> list[Step]:
    """The steps of a case that `who` already may read, oldest first; those inside only for those who handle it.

    Of a private case no row is public: whoever may read it sees the steps that would be, were it not private.
    What was to be mended is told to the one who posted, too, and to nobody else: it speaks of words never shown.
    """
    inside = reads_inside(who, case)
    heard = (RETURN.name,) if role_for(who, MEND, case) else ()
    query = select(AuditRow).where(AuditRow.thing == thing_name(case), col(AuditRow.act).not_in(_COUNTED_ELSEWHERE))
    if not inside:
        open_acts = [act.name for act in ACTS.values() if act.public]
        query = query.where(col(AuditRow.act).in_(open_acts) if case.private else AuditRow.public)
    return [_step(row, inside, heard) for row in session.exec(query.order_by(col(AuditRow.seq)))]


def clock_steps(session: Session, case: Case) -> list[tuple[str, str, datetime]]:
    """(act, state reached, moment) of every step that moved the case, for `lifecycle.replay`.

    Those of the present transaction count too, though the chain has them only at its end.
    """
    thing = thing_name(case)
    rows = session.exec(
        select(AuditRow.act, AuditRow.to_state, AuditRow.from_state, AuditRow.at)
        .where(AuditRow.thing == thing)
        .order_by(col(AuditRow.seq))
    ).all()
    queued = [(e.act, e.to_state, e.from_state, e.at) for e in audit.queued(session, thing)]
    return [(act, to_state, at) for act, to_state, from_state, at in (*rows, *queued) if to_state != from_state]


def _step(row: AuditRow, inside: bool, heard: tuple[str, ...]) -> Step:
    return Step(
        seq=row.seq,
        at=row.at,
        act=row.act,
        role=row.role,
        from_state=row.from_state,
        to_state=row.to_state,
        says=row.says if inside or row.says_public or row.act in heard else None,
        facts=row.facts,
        public=row.public or (row.act in ACTS and ACTS[row.act].public),
        actor_id=row.actor_id if inside else None,
    )
