"""A help order between two people: ordered, offered to volunteers, who comes, who did not come, both ratings."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from db.models.accounts import DutyRole, Person
from db.models.audit import AuditRow
from db.models.cases import Case
from db.models.helping import NoShow
from portal import clock, limits, notices, vault
from portal.accounts import people, phones
from portal.acts import SYSTEM, Who, demand, perform, thing_name
from portal.cases import acts, matching, post
from portal.cases.contents import Voice
from portal.cases.dispatch import FREE, assign, given_up, into_hall
from portal.cases.kinds import HELP
from portal.cases.lifecycle import move, respond, tally
from portal.cases.post import Posted
from portal.cases.reading import called, one, reads_inside
from portal.cases.screening import tell_poster
from portal.errors import NotFound, Refused
from portal.inputs import clean


def order(session: Session, who: Who, voice: Voice) -> Posted:
    """Call for help, at the phone that was typed or at that of the account.

    What a confirmed resident orders is offered to volunteers at once; the rest waits for the desk and the cell's grid
    worker, who are told. Raises Refused for every field that breaks a rule, `call_emergency`, and `too_often`.
    """
    posted = post.post(session, who, _reachable(session, voice, who.person_id))
    case = session.get_one(Case, posted.case_id)
    if who.home_path:
        _publish(session, case)
    else:
        _tell_desk(session, case)
    return posted


def record(session: Session, who: Who, voice: Voice) -> Posted:
    """Write a call for help down for somebody; it is offered to volunteers at once.

    Raises as `post.record` and `order` do.
    """
    posted = post.record(session, who, _reachable(session, voice, voice.person_id))
    _publish(session, session.get_one(Case, posted.case_id))
    return posted


def call(session: Session, who: Who, case_id: int) -> str:
    """The full contact phone (E.164) for whoever has the case in hand; it is noted who asked. Refused `no_contact`."""
    case = one(session, who, case_id)
    perform(session, who, acts.CALL, case, commutes=True)
    if not case.contact_sealed:
        raise Refused("no_contact")
    return vault.unseal(case.contact_sealed)


@dataclass(frozen=True)
class Match:
    """The two people of an order, as far as the reader may know them; empty where there is nobody to name."""

    comes: str
    """Who has it in hand, or did it."""
    phone: str
    """The masked phone of that person."""
    orders: str
    """Who ordered: for those who handle it."""
    since: datetime | None
    """When it was taken from the hall."""


def match(session: Session, who: Who, case_id: int) -> Match:
    """Who comes to whom. Raises NotFound as `one` does, and for other kinds, of which the public is told no holder."""
    case = one(session, who, case_id)
    if case.kind != HELP.name:
        raise NotFound("case_not_found")
    holder = session.get(Person, case.holder_id) if case.holder_id else None
    poster = session.get(Person, case.poster_id) if case.poster_id and reads_inside(who, case) else None
    return Match(
        comes=holder.name if holder else "",
        phone=holder.phone_mask if holder else "",
        orders=poster.name if poster else "",
        since=_grabbed_at(session, case) if holder else None,
    )


def no_show(session: Session, who: Who, case_id: int, says: str = "") -> None:
    """The volunteer did not come: the order goes to all others at once, or is assigned where half its time is gone.

    Raises Refused `no_show_too_early` (facts: minutes, at) within the first half hour after it was taken.
    """
    case = one(session, who, case_id)
    demand(who, acts.NO_SHOW, case)
    absent, taken = case.holder_id, _grabbed_at(session, case)
    waits_to = taken + timedelta(minutes=limits.NO_SHOW_MINUTES) if taken else None
    if waits_to is not None and clock.now() < waits_to:
        raise Refused("no_show_too_early", minutes=limits.NO_SHOW_MINUTES)
    free = given_up(session, case, limits.WAVES)
    move(session, who, acts.NO_SHOW, case, says=says, private={"holder": absent}, **free)
    if absent is not None:
        session.add(NoShow(case_id=case_id, person_id=absent, at=clock.now()))
        notices.tell(session, absent, "help_no_show", title=called(case))
    tally(session, case, "no_show")
    if not case.in_hall and not assign(session, SYSTEM, case):
        _tell_desk(session, case)


def rate_back(session: Session, who: Who, case_id: int, stars: int, says: str = "") -> None:
    """What the volunteer says of the order, once, for staff alone. Raises Refused `rated_back`."""
    case = one(session, who, case_id)
    demand(who, acts.RATE_BACK, case)
    if not isinstance(stars, int) or isinstance(stars, bool) or not 1 <= stars <= 5:
        raise Refused("not_offered", field="stars")
    word = clean("word", says, limits.COMMENT_CHARS, required=False, lines=True)
    if case.back_stars:
        raise Refused("rated_back")
    perform(
        session, who, acts.RATE_BACK, case, commutes=True, says=word, private={"stars": stars},
        where=[col(Case.back_stars) == 0], back_stars=stars, back_word=word,
    )  # fmt: skip


def _reachable(session: Session, voice: Voice, person_id: int | None) -> Voice:
    """The call with a phone: the one typed, else that of the account. Raises Refused `missing` without any."""
    contact = clean("contact", voice.contact, phones.TYPED_CHARS, required=False)
    if not contact:
        sealed, _ = people.sealed_phone(session, person_id) if person_id is not None else (None, "")
        if sealed is None:
            raise Refused("missing", field="contact")
        contact = vault.unseal(sealed)
    return replace(voice, kind=HELP.name, contact=contact)


def _publish(session: Session, case: Case) -> None:
    """Accept it and offer it to volunteers; where there are none it goes to the cell's worker."""
    move(session, SYSTEM, acts.ACCEPT, case, **respond(session, case))
    tally(session, case, "accepted")
    if not matching.anybody(session, case) and assign(session, SYSTEM, case):
        return
    move(session, SYSTEM, acts.TO_HALL, case, **FREE, **into_hall(session, case))
    tell_poster(session, case, "case_accepted")
    if not matching.anybody(session, case):
        _tell_desk(session, case)


def _tell_desk(session: Session, case: Case) -> None:
    """Tell the staff at the case's desk and the nearest grid workers that somebody waits for them."""
    for role, path in ((DutyRole.STAFF, case.desk_path), (DutyRole.GRID_WORKER, "")):
        found = people.workers(session, case.area_path, role)
        nearest = path or (found[0][2] if found else "")
        for person_id in (person for person, _, at in found if at == nearest):
            notices.tell(
                session, person_id, "help_waits", case_id=case.id, title=called(case), area_path=case.area_path,
                urgency=case.urgency,
            )  # fmt: skip


def _grabbed_at(session: Session, case: Case) -> datetime | None:
    """When the order was last taken from the hall."""
    steps = select(AuditRow.at).where(AuditRow.thing == thing_name(case), AuditRow.act == acts.GRAB.name)
    return session.exec(steps.order_by(col(AuditRow.seq).desc()).limit(1)).first()
