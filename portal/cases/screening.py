"""The desk's first look: accept, return, decline, merge, hide, and the remarks that stay inside."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from db.models.audit import AuditRow
from db.models.cases import Case, State, Support
from db.models.setup import ReplyTemplate
from portal import clock, notices
from portal.acts import Who, demand, perform, thing_name
from portal.cases import acts, quality
from portal.cases.disputes import parties
from portal.cases.lifecycle import move, respond, tally
from portal.cases.post import add_support
from portal.cases.reading import called, hold, one
from portal.cases.setup import offered
from portal.errors import Refused


def accept(session: Session, who: Who, case_id: int) -> None:
    """Let the wish onto the wall."""
    case = one(session, who, case_id)
    move(session, who, acts.ACCEPT, case, shown_at=case.shown_at or clock.now(), **respond(session, case))
    tally(session, case, "accepted")
    tell_poster(session, case, "case_accepted")
    parties.invite(session, case, first=True)


def give_back(session: Session, who: Who, case_id: int, says: str) -> None:
    """Return it to the person to mend, with the reason. Its clock rests until it comes back."""
    case = one(session, who, case_id)
    move(session, who, acts.RETURN, case, says=says, **respond(session, case))
    tell_poster(session, case, "case_returned")


def decline(session: Session, who: Who, case_id: int, says: str, discreet: bool = False) -> None:
    """Decline it with a public reason. `discreet` keeps both from the public, where the words must not be shown."""
    case = one(session, who, case_id)
    hidden = case.hidden or bool(discreet)
    shown_at = case.shown_at if hidden or case.private else case.shown_at or clock.now()
    move(
        session, who, acts.DECLINE, case, says=says, hidden=hidden, shown_at=shown_at,
        decided_by=who.person_id, **_replied(case, says), **respond(session, case),
    )  # fmt: skip
    quality.check(session, who, case, says)
    tally(session, case, "declined")
    tell_poster(session, case, "case_declined")


def refer(session: Session, who: Who, case_id: int, says: str) -> None:
    """Hand it to a body outside the portal, with a public reply that names it. Ends the case here."""
    case = one(session, who, case_id)
    move(session, who, acts.REFER, case, says=says, in_hall=False, hold_until_at=None, **_replied(case, says))
    quality.check(session, who, case, says)
    tell_holder(session, case, "case_taken_away")
    tally(session, case, "referred")
    tell_poster(session, case, "case_referred")


def merge(session: Session, who: Who, case_id: int, into_id: int) -> None:
    """Join it with an older wish for the same thing: its supporters and its poster support that one from now on.

    Where it was on the wall it stays readable and points on. Raises Refused `merge_itself`, `merge_target`.
    """
    if case_id == into_id:
        raise Refused("merge_itself")
    hold(session, case_id, into_id)
    case, target = one(session, who, case_id), one(session, who, into_id)
    demand(who, acts.MERGE, case)
    if target.kind != case.kind or target.hidden or target.state not in (State.SCREENING, *acts.SUPPORTABLE):
        raise Refused("merge_target")
    move(
        session, who, acts.MERGE, case,
        facts={"into": into_id}, merged_into_id=into_id, in_hall=False, hold_until_at=None, **respond(session, case),
    )  # fmt: skip
    people = set(session.exec(select(Support.person_id).where(Support.case_id == case_id)).all())
    people |= {case.poster_id} if case.poster_id else set()
    joined = sum(add_support(session, into_id, person) for person in sorted(people - {target.poster_id}))
    session.execute(update(Case).where(col(Case.id) == into_id).values(supporters=col(Case.supporters) + joined))
    tally(session, case, "merged")
    tell_holder(session, case, "case_taken_away")
    tell_poster(session, case, "case_merged", into=into_id)


def recategorise(session: Session, who: Who, case_id: int, code: str) -> None:
    """Change the category. The clock is not reset: the new class's target runs from when the old one began."""
    case = one(session, who, case_id)
    new = offered(code, case.kind)
    demand(who, acts.RECATEGORISE, case)
    if new.code == case.category:
        raise Refused("same_category")
    move(session, who, acts.RECATEGORISE, case, facts={"from": case.category, "to": new.code}, category=new.code)


def hide(session: Session, who: Who, case_id: int, says: str) -> None:
    """Take it off every public page, pictures too; the reason stays inside."""
    case = one(session, who, case_id)
    demand(who, acts.HIDE, case)
    if case.hidden:
        raise Refused("already_hidden")
    move(session, who, acts.HIDE, case, says=says, hidden=True, decided_by=who.person_id)


def unhide(session: Session, who: Who, case_id: int, says: str = "") -> None:
    """Show it again."""
    case = one(session, who, case_id)
    demand(who, acts.UNHIDE, case)
    if not case.hidden:
        raise Refused("not_hidden")
    move(session, who, acts.UNHIDE, case, says=says, hidden=False, decided_by=declined_by(session, case))


def declined_by(session: Session, case: Case) -> int | None:
    """Who declined a case, as far as that still stands: whoever hid it besides decided nothing of that."""
    if case.state != State.DECLINED:
        return None
    rows = select(AuditRow.actor_id).where(AuditRow.thing == thing_name(case), AuditRow.act == acts.DECLINE.name)
    return session.exec(rows.order_by(col(AuditRow.seq).desc()).limit(1)).first()


def remark(session: Session, who: Who, case_id: int, says: str) -> None:
    """Leave a remark that only those who handle the case see."""
    perform(session, who, acts.REMARK, one(session, who, case_id), commutes=True, says=says)


def templates(session: Session, who: Who, act: str, code: str) -> Sequence[ReplyTemplate]:
    """Wordings to start a reply from, those for the very category first."""
    if not who.duties:
        return []
    rows = session.exec(
        select(ReplyTemplate)
        .where(ReplyTemplate.active, ReplyTemplate.act == act, col(ReplyTemplate.category).in_(["", code]))
        .order_by(col(ReplyTemplate.category).desc(), col(ReplyTemplate.id))
    )
    return rows.all()


def _replied(case: Case, says: str) -> dict[str, Any]:
    """The columns that note a last public word of the desk."""
    return {"answered_at": clock.now(), "answer_hash": quality.hash_for(case, says)}


def tell_holder(session: Session, case: Case, message: str) -> None:
    """Tell whoever holds the case, if anybody does."""
    if case.holder_id:
        notices.tell(session, case.holder_id, message, case_id=case.id, title=called(case), kind=case.kind)


FOR_THE_POSTER = ("case_accepted", "case_returned", "case_asked", "case_noted", "case_done", "case_closed")
"""What the other sides of a dispute are not told, or in other words."""


def tell_poster(session: Session, case: Case, message: str, **facts: Any) -> None:
    """Tell the person who posted: in the portal, or by text message where only a phone is known.

    The other sides of a dispute are told as well how it goes on, once they know of it.
    """
    named = {"title": called(case), "kind": case.kind, **facts}
    if case.poster_id:
        notices.tell(session, case.poster_id, message, case_id=case.id, **named)
    elif case.contact_sealed:
        notices.tell(session, None, message, case_id=case.id, phone_sealed=case.contact_sealed, **named)
    if case.shown_at is not None and message not in FOR_THE_POSTER:
        for person_id in case.party_ids:
            if person_id != case.poster_id:
                notices.tell(session, person_id, message, case_id=case.id, **named)
