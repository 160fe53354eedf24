"""The person's side before the work begins: draft, post, mend, withdraw, support, follow by receipt."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import delete
from sqlmodel import Session, col, select

from db import search
from db.models.cases import Case, CaseArea, Channel, KindName, State, Support
from db.upsert import insert
from portal import areas, clock, limits, notices, photos, vault
from portal.accounts import people, quotas
from portal.acts import Act, Who, demand, perform
from portal.cases import acts
from portal.cases.contents import CHANNELS, CONSENTS, Voice, case_of, written
from portal.cases.kinds import KINDS
from portal.cases.lifecycle import clock_columns, move, next_at, replay, respond_by, tally
from portal.cases.reading import called, hold, one
from portal.cases.setup import setup
from portal.errors import NotFound, Refused
from portal.inputs import clean, one_of


@dataclass(frozen=True)
class Posted:
    """The new case, and the receipt code where the person has no account to find it by. Shown once."""

    case_id: int
    receipt: str | None = None


def post(session: Session, who: Who, voice: Voice) -> Posted:
    """Post a wish for screening. Without an account the answer holds a receipt code of 140 random bits.

    Photos are encoded anew and written to the disk before the first statement, outside the write lock.
    Raises Refused for every field that breaks a rule, and `too_often`.
    """
    pictures = _pictures(session, voice)
    _spend(session, who, voice.kind)
    case = case_of(replace(voice, channel=Channel.SELF, consent=""))
    case.poster_id = who.person_id
    receipt = None if who.person_id else give_receipt(case)
    _enter(session, who, acts.POST, case, pictures)
    return Posted(_id(case), receipt)


def record(session: Session, who: Who, voice: Voice) -> Posted:
    """Record a wish for somebody met in the street, on the phone, at the counter or on paper.

    Needs the kind of consent; the person gets a receipt code (by text message where a phone is given, or known from
    the account of the person whom it is recorded for). A dispute of somebody with an account has no such code.
    """
    one_of("channel", voice.channel, CHANNELS)
    if not voice.consent:
        raise Refused("missing", field="consent")
    one_of("consent", voice.consent, CONSENTS)
    pictures = _pictures(session, voice)
    case = case_of(voice)
    case.recorded_by, case.poster_id = who.person_id, voice.person_id
    if voice.person_id is not None and not case.contact_sealed:
        case.contact_sealed, case.contact_mask = people.sealed_phone(session, voice.person_id)
    signs_in = case.kind == KindName.DISPUTE and case.poster_id is not None
    receipt = None if signs_in else give_receipt(case)  # who writes the dispute down would see the code
    _enter(session, who, acts.RECORD, case, pictures)
    if signs_in:
        notices.tell(session, case.poster_id, "dispute_recorded", case_id=_id(case), title=called(case))
    elif case.contact_sealed and receipt:
        notices.tell(
            session, None, "receipt", case_id=_id(case), phone_sealed=case.contact_sealed, sealed={"code": receipt},
            kind=case.kind,
        )  # fmt: skip
    return Posted(_id(case), receipt)


def draft(session: Session, who: Who, voice: Voice, case_id: int | None = None) -> int:
    """Keep an unfinished wish (words and place; photos come with posting). Returns its id."""
    case = case_of(voice, complete=False)
    if case_id is None:
        people.stay(session, who)
        quotas.spend(session, f"draft:{who.person_id}", limits.DRAFTS_PER_DAY, timedelta(days=1))
        case.poster_id = who.person_id
        case.created_at = case.updated_at = clock.now()
        perform(session, who, acts.DRAFT, case)
        return _id(case)
    kept = one(session, who, case_id)
    kept.private = case.private  # not among the columns below: that name is taken by what an act leaves unseen
    perform(session, who, acts.EDIT_DRAFT, kept, **written(case))
    return case_id


def submit(session: Session, who: Who, case_id: int, voice: Voice) -> None:
    """Post a draft, or a returned wish that was mended. New photos are added to those it has."""
    pictures = _pictures(session, voice)
    kept = one(session, who, case_id)
    if len(pictures) + len(photos.of_case(session, [case_id]).get(case_id, [])) > limits.PHOTOS_PER_CASE:
        raise Refused("too_many_photos", limit=limits.PHOTOS_PER_CASE)
    act = acts.SUBMIT if kept.state == State.DRAFT else acts.MEND
    if act is acts.SUBMIT:
        _spend(session, who, voice.kind)
    case = case_of(replace(voice, kind=kept.kind))
    if not case.contact_sealed:  # an empty field keeps the number that was given before
        case.contact_sealed, case.contact_mask = kept.contact_sealed, kept.contact_mask
    if kept.started_at and case.area_path.startswith(kept.desk_path):  # a desk that it climbed to keeps it
        case.desk_path = kept.desk_path
    kept.private = case.private
    with clock.at(clock.now()):
        started = {} if kept.started_at else _start(case)
        move(session, who, act, kept, facts=_facts(case), **written(case), **started)
    place_in_tree(session, kept)
    _index(session, kept)
    _keep(session, kept, pictures, who)
    if act is acts.SUBMIT:
        tally(session, kept, "posted")


def discard(session: Session, who: Who, case_id: int) -> None:
    """Throw a draft away."""
    move(session, who, acts.DISCARD, one(session, who, case_id))


def withdraw(session: Session, who: Who, case_id: int, says: str = "") -> None:
    """Take the wish back, at any time before it is answered."""
    case = one(session, who, case_id)
    holder = case.holder_id
    move(session, who, acts.WITHDRAW, case, says=says)
    tally(session, case, "withdrawn")
    if holder:
        notices.tell(session, holder, "case_withdrawn", case_id=case_id, title=called(case), kind=case.kind)
    for person_id in case.party_ids if case.shown_at else ():
        if person_id != who.person_id:
            notices.tell(session, person_id, "case_withdrawn", case_id=case_id, title=called(case), kind=case.kind)


def support(session: Session, who: Who, case_id: int) -> None:
    """ "Me too": once per person, not for one's own wish.

    Raises Refused `already_supported`, `own_case`, `too_often`.
    """
    case = one(session, who, case_id)
    demand(who, acts.SUPPORT, case)
    if case.poster_id == who.person_id:
        raise Refused("own_case")
    quotas.spend(session, f"support:{who.person_id}", limits.SUPPORTS_PER_HOUR, timedelta(hours=1))
    hold(session, case_id)
    if not add_support(session, case_id, who.person_id):
        raise Refused("already_supported")
    perform(session, who, acts.SUPPORT, case, commutes=True, supporters=col(Case.supporters) + 1)
    tally(session, case, "supported")


def unsupport(session: Session, who: Who, case_id: int) -> None:
    """Take the "me too" back. Raises Refused `not_supported`."""
    case = one(session, who, case_id)
    demand(who, acts.UNSUPPORT, case)
    hold(session, case_id)
    gone = session.execute(
        delete(Support).where(col(Support.case_id) == case_id, col(Support.person_id) == who.person_id)
    )
    if gone.rowcount != 1:  # type: ignore[attr-defined]
        raise Refused("not_supported")
    perform(session, who, acts.UNSUPPORT, case, commutes=True, supporters=col(Case.supporters) - 1)
    tally(session, case, "supported", n=-1)


def add_support(session: Session, case_id: int, person_id: int | None) -> bool:
    """Write the support row unless it is there; whether it was written. The primary key decides, also in a race."""
    if person_id is None:
        return False
    row = insert(session, Support).values(case_id=case_id, person_id=person_id, created_at=clock.now())
    return session.scalar(row.on_conflict_do_nothing().returning(col(Support.person_id))) is not None


def open_receipt(session: Session, who: Who, code: str) -> int:
    """The id of the case whose receipt code this is. Raises Refused `receipt_unknown`, `too_often`.

    A dispute is not opened for whoever wrote it down: they may know the code from the slip, and are no part of it.
    """
    quotas.spend_for_good(session, f"receipt:{who.client}", limits.RECEIPT_LOOKUPS_PER_HOUR, timedelta(hours=1))
    typed = clean("receipt", code, limits.SEARCH_CHARS)
    case = session.exec(select(Case).where(Case.receipt_hash == vault.receipt_hash(typed))).one_or_none()
    if case is None or (case.kind == KindName.DISPUTE and case.recorded_by == (who.person_id or 0)):
        raise NotFound("receipt_unknown")
    return _id(case)


def reveal_contact(session: Session, who: Who, case_id: int, says: str) -> str:
    """The full contact phone, for a reason that is kept in the log. Raises Refused `no_contact`."""
    case = one(session, who, case_id)
    perform(session, who, acts.REVEAL, case, commutes=True, says=says)
    if not case.contact_sealed:
        raise Refused("no_contact")
    return vault.unseal(case.contact_sealed)


def _start(case: Case) -> dict[str, Any]:
    """The columns with which a target's clock starts."""
    now, plan = clock.now(), setup()
    target = plan.target_for(case)
    return {"started_at": now, "respond_by_at": respond_by(now, target, plan)}


def _enter(session: Session, who: Who, act: Act, case: Case, pictures: list[photos.Stored]) -> None:
    plan, target, now = setup(), setup().target_for(case), clock.now()
    with clock.at(now):
        columns = _start(case)
        columns |= clock_columns(replay([(act.name, State.SCREENING, now)], target, plan), target, plan)
        columns["next_at"] = next_at(case, {**columns, "state": State.SCREENING}, plan, target)
        case.created_at = case.updated_at = now
        perform(session, who, act, case, facts=_facts(case), **columns)
    place_in_tree(session, case)
    _index(session, case)
    _keep(session, case, pictures, who)
    tally(session, case, "posted")


def _index(session: Session, case: Case) -> None:
    """Make the words findable, where anyone may come to read them."""
    if KINDS[case.kind].searchable and not case.private:
        search.put(session, _id(case), f"{case.title}\n{case.body}")
    else:
        search.remove(session, _id(case))


def _facts(case: Case) -> dict[str, Any]:
    return {"category": case.category, "area": case.area_path}


def place_in_tree(session: Session, case: Case) -> None:
    """Note each area above the case, in place of what was noted before."""
    session.execute(delete(CaseArea).where(col(CaseArea.case_id) == case.id))
    session.add_all(CaseArea(area_id=a, case_id=_id(case)) for a in areas.tree().ids_up(case.area_id))
    session.flush()


def _pictures(session: Session, voice: Voice) -> list[photos.Stored]:
    if len(voice.photos) > limits.PHOTOS_PER_CASE:
        raise Refused("too_many_photos", limit=limits.PHOTOS_PER_CASE)
    return photos.store(session, voice.photos)


def _keep(session: Session, case: Case, pictures: list[photos.Stored], who: Who) -> None:
    for picture in pictures:
        photos.keep(session, picture, case_id=_id(case), moment="before", owner_id=who.person_id)


def _spend(session: Session, who: Who, kind: str) -> None:
    if who.person_id is None:
        quotas.spend(session, f"anonymous:{who.client}", limits.ANONYMOUS_PER_DAY, timedelta(days=1))
        return
    people.stay(session, who)
    if kind == KindName.HELP:
        quotas.spend(session, f"help-day:{who.person_id}", limits.HELPS_PER_DAY, timedelta(days=1))
        return
    quotas.spend(session, f"wish-hour:{who.person_id}", limits.WISHES_PER_HOUR, timedelta(hours=1))
    quotas.spend(session, f"wish-day:{who.person_id}", limits.WISHES_PER_DAY, timedelta(days=1))


def give_receipt(case: Case) -> str:
    """A new receipt code; the case only keeps its hash."""
    code = vault.new_receipt()
    case.receipt_hash = vault.receipt_hash(code)
    return code


def _id(case: Case) -> int:
    if case.id is None:
        raise RuntimeError("the case was not written yet")
    return case.id
