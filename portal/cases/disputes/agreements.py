"""Coming to terms: proposals, the text, who agreed to it, the end, and whether it is kept afterwards."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, func, select

from db.models.audit import AuditRow
from db.models.cases import Case, Outcome
from db.models.disputes import Agreement, Consent, Offer, Party
from portal import clock, limits
from portal.acts import Who, demand, perform, thing_name
from portal.cases import acts, work
from portal.cases.disputes.parties import Side, dispute, own, rows_of, sides
from portal.cases.lifecycle import move, tally
from portal.cases.screening import tell_poster
from portal.errors import Forbidden, NotFound, Refused
from portal.inputs import clean, one_of


@dataclass(frozen=True)
class Proposal:
    """A proposal to settle. `by` is the party's name as the reader may see it; empty: the mediator's."""

    by: str
    words: str
    at: datetime


@dataclass(frozen=True)
class Given:
    """One party's answer to a text: when and how they agreed; `at` None while they have not."""

    side: Side
    at: datetime | None
    how: str


@dataclass(frozen=True)
class Terms:
    """The newest text, and where everybody stands with it."""

    id: int
    number: int
    words: str
    written_at: datetime
    consents: tuple[Given, ...]

    @property
    def missing(self) -> int:
        """How many have not agreed yet."""
        return sum(given.at is None for given in self.consents)


def offer(session: Session, who: Who, case_id: int, words: str, party_id: int | None = None) -> None:
    """Propose something: a party for themselves, the mediator for themselves or for the party they wrote it down for.

    Everybody else is told that there is a proposal. Raises Forbidden for a party who speaks for another.
    """
    case = dispute(session, who, case_id)
    said = clean("offer", words, limits.BODY_CHARS, lines=True)
    demand(who, acts.OFFER, case)
    party = _speaks_for(session, who, case, party_id)
    perform(session, who, acts.OFFER, case, says=said, private={"party": party.id if party else None})
    session.add(Offer(case_id=case_id, party_id=party.id if party else None, words=said, at=clock.now()))
    tell_poster(session, case, "dispute_offer")


def offers(session: Session, who: Who, case_id: int) -> list[Proposal]:
    """All proposals, oldest first. Raises NotFound as `dispute` does."""
    names = {side.id: side.name for side in sides(session, who, case_id)}
    rows = session.exec(select(Offer).where(Offer.case_id == case_id).order_by(col(Offer.id))).all()
    return [Proposal(names.get(row.party_id or 0, ""), row.words, row.at) for row in rows]


def write_agreement(session: Session, who: Who, case_id: int, words: str) -> int:
    """A text for all to agree to, with the next number; who agreed to an earlier one is asked anew. Returns its id."""
    case = dispute(session, who, case_id)
    text = clean("agreement", words, limits.BODY_CHARS, lines=True)
    perform(session, who, acts.WRITE_AGREEMENT, case, says=text)
    last = session.exec(select(func.max(Agreement.number)).where(Agreement.case_id == case_id)).one() or 0
    written = Agreement(case_id=case_id, number=last + 1, words=text, written_by=who.person_id, written_at=clock.now())
    session.add(written)
    session.flush()
    tell_poster(session, case, "dispute_agreement")
    return written.id or 0


def consent(session: Session, who: Who, agreement_id: int, party_id: int | None = None) -> None:
    """Agree to the newest text: a party in the portal, or the mediator for a party who signed on paper.

    Raises NotFound, Forbidden for a party who speaks for another, Refused `agreement_outdated`, `consented_already`.
    """
    agreement = session.get(Agreement, agreement_id) if 0 < agreement_id < 2**31 else None
    if agreement is None:
        raise NotFound("case_not_found")
    case = dispute(session, who, agreement.case_id)
    demand(who, acts.CONSENT, case)
    party = _speaks_for(session, who, case, party_id)
    if party is None:
        raise Refused("missing", field="party_name")
    how = "portal" if party.person_id == who.person_id else "paper"
    # a text written meanwhile makes this one too late
    perform(session, who, acts.CONSENT, case, private={"party": party.id, "text": agreement.number, "how": how})
    if agreement.id != _newest_id(session, case):
        raise Refused("agreement_outdated")
    if session.get(Consent, (agreement_id, party.id)) is not None:
        raise Refused("consented_already")
    given = Consent(
        agreement_id=agreement_id, party_id=party.id or 0, how=how, recorded_by=who.person_id, at=clock.now()
    )
    session.add(given)
    session.flush()


def terms(session: Session, who: Who, case_id: int) -> Terms | None:
    """The newest text with everybody's answer; None before one was written. Raises NotFound as `dispute` does."""
    case = dispute(session, who, case_id)
    agreement = session.get(Agreement, _newest_id(session, case))
    if agreement is None:
        return None
    rows = session.exec(select(Consent).where(Consent.agreement_id == agreement.id)).all()
    said = {row.party_id: row for row in rows}
    given = [
        Given(side, said[side.id].at if side.id in said else None, said[side.id].how if side.id in said else "")
        for side in sides(session, who, case_id)
    ]
    return Terms(agreement.id or 0, agreement.number, agreement.words, agreement.written_at, tuple(given))


def agree(session: Session, who: Who, case_id: int, follow_up_on: date) -> None:
    """All have agreed: close it with the text as the answer, and set the day on which to ask whether it is kept.

    Raises Refused `agreement_none`, `consents_missing` (n, of), `follow_up_range`.
    """
    case = dispute(session, who, case_id)
    demand(who, acts.AGREE, case)
    today = clock.day_of(clock.now())
    if not today < follow_up_on <= today + timedelta(days=limits.FOLLOW_UP_DAYS):
        raise Refused("follow_up_range", days=limits.FOLLOW_UP_DAYS)
    newest = terms(session, who, case_id)
    if newest is None:
        raise Refused("agreement_none")
    if newest.missing:
        raise Refused("consents_missing", n=newest.missing, of=len(newest.consents))
    work.close(session, who, acts.AGREE, case, newest.words, Outcome.SOLVED, follow_up_on=follow_up_on)
    tally(session, case, "agreed")
    tell_poster(session, case, "dispute_agreed")


def not_agreed(session: Session, who: Who, case_id: int, says: str) -> None:
    """They did not come to terms: close it with advice on the other routes, which all parties read."""
    case = dispute(session, who, case_id)
    advice, now = clean("says", says, limits.BODY_CHARS, lines=True), clock.now()
    move(
        session, who, acts.NOT_AGREED, case, says=advice,
        answer=advice, answered_at=now, answered_by=who.person_id, claimed=Outcome.NOT, closed_at=now,
    )  # fmt: skip
    tally(session, case, "not_agreed")
    tell_poster(session, case, "dispute_not_agreed")


def follow_up(session: Session, who: Who, case_id: int, says: str, outcome: str) -> None:
    """Ask, on the day or later, whether the agreement is kept (solved, partly, not), and note it once.

    Raises Refused `follow_up_none`, `follow_up_early` (day).
    """
    case = dispute(session, who, case_id)
    demand(who, acts.FOLLOW_UP, case)
    if case.follow_up_on is None:
        raise Refused("follow_up_none")
    if clock.day_of(clock.now()) < case.follow_up_on:
        raise Refused("follow_up_early", day=case.follow_up_on.isoformat())
    kept = {"outcome": one_of("outcome", outcome, work.SAID)}
    move(session, who, acts.FOLLOW_UP, case, says=says, facts=kept, follow_up_on=None)


def _speaks_for(session: Session, who: Who, case: Case, party_id: int | None) -> Party | None:
    """The party for whom `who` speaks: a party for themselves, the mediator for the one named, if any."""
    mine = own(session, who, case)
    if mine is not None:
        if party_id not in (None, mine.id):
            raise Forbidden()
        return mine
    if party_id is None:
        return None
    found = next((party for party in rows_of(session, case) if party.id == party_id), None)
    if found is None:
        raise NotFound("case_not_found")
    return found


def _newest_id(session: Session, case: Case) -> int:
    """The id of the newest text of this round, 0 where there is none: reopening it asks everybody for a new one."""
    reopened = select(func.max(AuditRow.at)).where(AuditRow.thing == thing_name(case), AuditRow.act == acts.REOPEN.name)
    since = session.exec(reopened).one()
    query = select(Agreement.id).where(Agreement.case_id == case.id).order_by(col(Agreement.number).desc())
    if since is not None:
        query = query.where(col(Agreement.written_at) > since)
    return session.exec(query.limit(1)).first() or 0
