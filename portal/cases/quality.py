"""How good public replies are: words that were only copied are pointed out to the supervisor."""

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, literal_column
from sqlmodel import Session, col, select

from db.models.cases import Case
from db.models.oversight import ReplyFlag
from db.models.setup import ReplyTemplate
from portal import areas, clock, limits, notices
from portal.accounts import people
from portal.acts import SYSTEM, Who, declare, perform
from portal.cases.reading import called, is_public
from portal.cases.spans import within
from portal.cases.wall import Slice
from portal.errors import Forbidden, NotFound
from portal.inputs import page_number

RAISE = declare("flag.raise", "system", to="waiting", public=False)
SEEN = declare("flag.seen", "staff_for_others", ["waiting"], to="seen", public=False)

_TIMES_COUNTED = 50
"""A repeated reply is counted no further than this."""


@dataclass(frozen=True)
class Flagged:
    """A reply that a supervisor should look at."""

    id: int
    case_id: int
    title: str
    reply: str
    why: str
    times: int
    """How often the same words were sent in the window; those sent together count as once."""
    name: str
    """Who wrote it."""
    area_path: str
    """Where the case is."""
    at: datetime


def digest(text: str) -> str:
    """What two texts share that differ only in spaces, signs and the width or case of letters; '' for no letters."""
    folded = _folded(text)
    return hashlib.sha256(folded.encode()).hexdigest()[:32] if folded else ""


def hash_for(case: Case, reply: str) -> str:
    """What is kept of a reply to find it again in other cases; '' where it is not for the public."""
    return "" if case.private else digest(reply)


def is_template(session: Session, who: Who, text: str) -> bool:
    """Whether `text` is an active template word for word, so that it says nothing of the case itself."""
    folded = _folded(text)
    return bool(who.duties and folded) and _is_template(session, folded)


def check(session: Session, who: Who, case: Case, reply: str) -> None:
    """After a reply was given: flag it for the supervisor where it is public and was only copied.

    While a flag for the same words waits there, no other is raised: it shows how often they were sent.
    """
    if not is_public(case) or not case.answer_hash:
        return
    times = sent_times(session, case.answer_hash)
    if _is_template(session, _folded(reply)):
        _raise(session, who, case, reply, "template", times)
    if times >= limits.SAME_REPLIES:
        _raise(session, who, case, reply, "repeated", times)


def sent_times(session: Session, answer_hash: str) -> int:
    """How often public replies with these words were sent lately; those of one moment are one reply to many."""
    moments = select(Case.answered_at).where(*_same(answer_hash)).distinct().limit(_TIMES_COUNTED)
    return len(session.exec(moments).all())


def flags(session: Session, who: Who, after: str | None = None, limit: int = limits.PAGE_ROWS) -> Slice[Flagged]:
    """The flagged replies of others that wait where `who` is staff, newest first. Raises Forbidden."""
    query = select(ReplyFlag).where(*_waiting(who)).order_by(col(ReplyFlag.id).desc())
    if after:
        query = query.where(col(ReplyFlag.id) < page_number(after))
    found = session.exec(query.limit(limit + 1)).all()
    rows = _shown(session, found[:limit])
    return Slice(rows, str(rows[-1].id) if len(found) > limit else None)


def count(session: Session, who: Who) -> int:
    """How many wait in `flags`; counted no further than `limits.COUNT_ROWS`. Raises Forbidden."""
    return len(session.exec(select(ReplyFlag.id).where(*_waiting(who)).limit(limits.COUNT_ROWS)).all())


def seen(session: Session, who: Who, flag_id: int) -> None:
    """Put a flag away. Raises NotFound, Forbidden for one's own reply, TooLate."""
    flag = session.get(ReplyFlag, flag_id) if 0 < flag_id < 2**31 else None
    if flag is None:
        raise NotFound()
    perform(session, who, SEEN, flag, seen_by=who.person_id)


def _waiting(who: Who) -> Sequence[ColumnElement[bool]]:
    paths = who.paths("staff")
    if not paths:
        raise Forbidden("staff_only")
    others = col(ReplyFlag.person_id).is_distinct_from(who.person_id)
    return col(ReplyFlag.state) == "waiting", within(ReplyFlag.area_path, paths), others


def _shown(session: Session, found: Sequence[ReplyFlag]) -> list[Flagged]:
    names = people.name_of(session, {flag.person_id for flag in found if flag.person_id})
    ids = [flag.case_id for flag in found]
    cases = {case.id: case for case in session.exec(select(Case).where(col(Case.id).in_(ids)))} if ids else {}
    return [
        Flagged(
            id=flag.id or 0,
            case_id=flag.case_id,
            title=called(cases[flag.case_id]),
            reply=flag.reply,
            why=flag.why,
            times=max(flag.times, sent_times(session, digest(flag.reply))),
            name=names.get(flag.person_id or 0, ""),
            area_path=cases[flag.case_id].area_path,
            at=flag.created_at,
        )
        for flag in found
    ]


def _raise(session: Session, who: Who, case: Case, reply: str, why: str, times: int) -> None:
    area_path = _above(case.desk_path)
    newest = select(Case.id).where(*_same(case.answer_hash)).order_by(col(Case.answered_at).desc())
    told = select(ReplyFlag.id).where(ReplyFlag.why == why)
    waits = told.where(ReplyFlag.state == "waiting", ReplyFlag.area_path == area_path)
    before = waits.where(col(ReplyFlag.case_id).in_(newest.limit(limits.BULK_ROWS)))
    if session.exec(told.where(ReplyFlag.case_id == case.id)).first() or session.exec(before.limit(1)).first():
        return
    flag = ReplyFlag(
        case_id=case.id or 0, area_path=area_path, person_id=who.person_id, why=why, times=times, reply=reply,
        created_at=clock.now(),
    )  # fmt: skip
    perform(session, SYSTEM, RAISE, flag)
    for person_id, _, path in people.workers(session, area_path, "staff"):
        if path == area_path and person_id != who.person_id:
            notices.tell(session, person_id, f"reply_{why}", case_id=case.id, title=called(case))


def _above(desk_path: str) -> str:
    """One level above a desk; the root answers for itself."""
    return areas.tree().ancestors(desk_path)[-2:][0].path


def _same(answer_hash: str) -> Sequence[ColumnElement[bool]]:
    since = clock.now() - timedelta(days=limits.SAME_REPLY_DAYS)
    # with a literal, so that the partial index is seen to fit
    same = col(Case.answer_hash)
    return same == answer_hash, same != literal_column("''"), col(Case.answered_at) > since


def _folded(text: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFKC", text).casefold() if sign.isalnum())


def _is_template(session: Session, folded: str) -> bool:
    return any(_folded(body) == folded for body in session.exec(select(ReplyTemplate.body).where(ReplyTemplate.active)))
