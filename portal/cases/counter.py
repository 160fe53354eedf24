"""The one window: whatever the kind, a case is taken down for the person at the counter, or for somebody unknown."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlmodel import Session, col, select

from db.models.cases import Case, Channel, KindName, State
from portal import limits
from portal.accounts import reception
from portal.accounts.reception import CONSENTS
from portal.acts import Act, InArea, Who, role_for
from portal.cases import acts, post
from portal.cases.contents import Voice
from portal.cases.kinds import KINDS, kind_of
from portal.cases.post import Posted
from portal.cases.reading import may_read
from portal.cases.wall import Note, Slice, notes
from portal.errors import Refused
from portal.inputs import one_of, page_number

Typed = Voice
"""What the forms of the kinds give."""
LOOKED_THROUGH = 200
"""Of how many cases of one person a page is made: the rights of each are asked one by one."""
_DEEDS: dict[str, Callable[[Session, Who, Any], Posted]] = {
    KindName.WISH: post.record,
    KindName.OPINION: post.record,
}


def kinds_for(who: Who) -> list[str]:
    """The kinds of case that `who` may take down in one of their areas."""
    return [name for name in KINDS if name in _DEEDS and any(_may(who, name, path) for _, path in who.duties)]


def take_down(
    session: Session, who: Who, kind: str, typed: Typed, consent: str, person_id: int | None = None
) -> Posted:
    """Record a case at the counter with the person's consent, in the name of `person_id`, else of nobody known.

    Raises NotFound when that person was not found or entered by `who` just now, and whatever recording that kind of
    case raises.
    """
    if not consent:
        raise Refused("missing", field="consent")
    one_of("consent", consent, CONSENTS)
    if person_id is not None:
        reception.demand_there(session, who, person_id)
    deed = _DEEDS[kind_of(kind).name]
    return deed(session, who, replace(typed, channel=Channel.COUNTER, consent=consent, person_id=person_id))


def cases_of(
    session: Session,
    who: Who,
    person_id: int,
    after: str | None = None,
    limit: int = limits.PAGE_ROWS,
    *,
    ended: bool = False,
) -> Slice[Note]:
    """What the person at the counter of `who` brought and `who` may read, newest first: under way, or `ended`.

    What `who` may not read leaves no trace, neither as a row nor in a number. Raises NotFound when nobody stands there.
    """
    reception.demand_there(session, who, person_id)
    states = acts.FINAL if ended else (*acts.BEFORE_ANSWER, State.DONE)
    query = select(Case).where(Case.poster_id == person_id, col(Case.state).in_(states))
    if after:
        query = query.where(col(Case.id) < page_number(after))
    found = session.exec(query.order_by(col(Case.id).desc()).limit(LOOKED_THROUGH)).all()
    readable = [case for case in found if may_read(who, case)]
    further = readable[limit - 1 : limit] if len(readable) > limit else found[LOOKED_THROUGH - 1 :]
    return Slice(notes(session, who, readable[:limit]), str(further[0].id) if further else None)


def _may(who: Who, kind: str, area_path: str) -> bool:
    return bool(role_for(who, _right(kind), InArea(area_path, kind=kind)))


def _right(kind: str) -> Act:
    return acts.BOOK if kind == KindName.ERRAND else acts.RECORD
