"""The one window: whatever the kind, a case is taken down for the person at the counter, or for somebody unknown."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlmodel import Session, col, select

from db.models.cases import Case, Channel, KindName, State
from portal import limits
from portal.accounts import reception
from portal.acts import InArea, Who, role_for
from portal.cases import acts, disputes, errands, helping, post
from portal.cases.contents import CHANNELS, CONSENTS, Voice
from portal.cases.disputes import Grievance
from portal.cases.errands import Booking
from portal.cases.kinds import KINDS, kind_of
from portal.cases.post import Posted
from portal.cases.reading import may_read
from portal.cases.wall import Note, Slice, notes
from portal.errors import Refused
from portal.inputs import one_of, page_number

Typed = Voice | Booking | Grievance
"""What the forms of the kinds give."""
LOOKED_THROUGH = 200
"""Of how many cases of one person a page is made: the rights of each are asked one by one."""
_DEEDS: dict[str, Callable[[Session, Who, Any], Posted]] = {
    KindName.WISH: post.record,
    KindName.OPINION: post.record,
    KindName.HELP: helping.record,
    KindName.ERRAND: errands.book,
    KindName.DISPUTE: disputes.record,
}
_RIGHTS = {KindName.ERRAND: acts.SERVE}
"""By which right somebody takes a kind down, where that is not `case.record`."""


def kinds_for(who: Who) -> list[str]:
    """The kinds of case that `who` may take down in one of their areas."""
    return [name for name in KINDS if any(_may(who, name, path) for _, path in who.duties)]


def take_down(
    session: Session,
    who: Who,
    kind: str,
    typed: Typed,
    consent: str,
    person_id: int | None = None,
    *,
    channel: str = Channel.COUNTER,
) -> Posted:
    """Record a case with the person's consent, in the name of `person_id`, else of nobody known.

    Raises NotFound when that person was not found or entered by `who` just now, and whatever recording that kind of
    case raises.
    """
    one_of("channel", channel, CHANNELS)
    if not consent:
        raise Refused("missing", field="consent")
    one_of("consent", consent, CONSENTS)
    if person_id is not None:
        reception.demand_there(session, who, person_id)
    deed = _DEEDS[kind_of(kind).name]
    return deed(session, who, replace(typed, channel=channel, consent=consent, person_id=person_id))


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
    return bool(role_for(who, _RIGHTS.get(KindName(kind), acts.RECORD), InArea(area_path, kind=kind)))
