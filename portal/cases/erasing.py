"""Taking back what one wrote: the phone of one case, the words of one case, all that an account posted.

Statistics, the public answer and the steps of a case stay; what the person wrote goes from every table, and from the
audit chain, which keeps salted digests.
"""

from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from db import search
from db.models.audit import AuditRow
from db.models.cases import Case, KindName, State
from db.models.disputes import Party
from db.models.files import Photo
from db.models.notices import Notice
from db.models.oversight import Appeal, Callback
from portal import audit, photos, words
from portal.acts import Who, demand, perform, thing_name
from portal.cases import acts
from portal.cases.kinds import KINDS
from portal.cases.post import discard, withdraw
from portal.cases.reading import one
from portal.cases.retention import NOWHERE, forget_numbers
from portal.errors import Refused
from portal.settings import settings

WRITERS = ("poster", "receipt")
"""The roles under which the person for whom a case was posted writes something to it."""


def drop_contact(session: Session, who: Who, case_id: int) -> None:
    """Take one's phone off one case. Messages about it that wait to be sent to it are not sent any more.

    Raises Refused `contact_needed` for a help order that goes on: whoever comes could not call.
    """
    case = one(session, who, case_id)
    demand(who, acts.DROP_CONTACT, case)
    if case.kind == KindName.HELP and case.state in acts.BEFORE_ANSWER:
        raise Refused("contact_needed")
    perform(session, who, acts.DROP_CONTACT, case, contact_sealed=None, contact_mask="")
    forget_numbers(session, case_id)


def erase(session: Session, who: Who, case_id: int) -> None:
    """Erase what one wrote in a case that is over: words, place, pictures, phone. Others see that it was erased."""
    case = one(session, who, case_id)
    title = erased_title()
    gone: dict[str, Any] = {"title": title, "body": "", "word": "", "back_word": "", "name_shown": False, **NOWHERE}
    perform(session, who, acts.ERASE, case, contact_sealed=None, contact_mask="", **gone)
    search.remove(session, case_id)
    before = (col(Photo.moment) == "before") | (
        col(Photo.owner_id).is_not(None) & (col(Photo.owner_id) == case.poster_id)
    )
    photos.drop(session, case_id, before)
    session.execute(update(Callback).where(col(Callback.case_id) == case_id).values(word=""))
    _erase_said(session, case)
    _rename_in_notices(session, case_id, title)
    forget_numbers(session, case_id)


def is_erased(case: Case) -> bool:
    """Whether its words were erased."""
    return case.body == "" and case.title == erased_title()


def erased_title() -> str:
    """What stands in place of the title, in the portal's first language: it is data from then on."""
    with words.speaking(settings().language_codes[0]):
        return words.t("case.erased_title")


def leave_all(session: Session, who: Who, *, keep_words: bool) -> int:
    """Let go of all that `who` posted: what is under way is withdrawn, phones and names go, words where so chosen.

    Of a dispute the words stay with the other party's: they are the record of both. Returns how many cases there were.
    """
    either = (col(Case.poster_id) == who.person_id) | (col(Case.holder_id) == who.person_id)
    # those in hand as well, which are freed next: all locks are taken in one order
    rows = session.exec(select(Case).where(either).order_by(col(Case.id)).with_for_update(key_share=True)).all()
    mine = [case for case in rows if case.poster_id == who.person_id]
    for case in mine:
        _leave(session, who, case, keep_words)
    nobody = {"name_sealed": None, "name_mask": "", "phone_sealed": None, "phone_mask": ""}
    session.execute(update(Party).where(col(Party.person_id) == who.person_id).values(**nobody))
    return len(mine)


def _leave(session: Session, who: Who, case: Case, keep_words: bool) -> None:
    case_id = case.id or 0
    unposted = case.started_at is None
    if case.state == State.DRAFT:
        discard(session, who, case_id)
    elif case.state in acts.BEFORE_ANSWER:
        withdraw(session, who, case_id)
    if case.kind != KindName.DISPUTE and (unposted or not keep_words):
        erase(session, who, case_id)
        return
    gone: dict[str, Any] = NOWHERE if KINDS[case.kind].visible == "private" else {}
    if unposted:  # a dispute that nobody else ever read is the record of nobody
        gone = gone | {"title": erased_title(), "body": ""}
    perform(session, who, acts.DROP_CONTACT, case, contact_sealed=None, contact_mask="", name_shown=False, **gone)
    forget_numbers(session, case_id)


def _erase_said(session: Session, case: Case) -> None:
    """What the person wrote with their acts, and in appeals."""
    appeals = session.exec(select(Appeal).where(Appeal.case_id == case.id)).all()
    for appeal in appeals:
        appeal.says = ""
        session.add(appeal)
    session.flush()
    things = [thing_name(case), *map(thing_name, appeals)]
    audit.erase(session, col(AuditRow.thing).in_(things), col(AuditRow.role).in_(WRITERS))


def _rename_in_notices(session: Session, case_id: int, title: str) -> None:
    """Messages to others, too, name a case by its title."""
    for notice in session.exec(select(Notice).where(Notice.case_id == case_id)):
        if "title" in notice.facts:
            notice.facts = notice.facts | {"title": title}
            session.add(notice)
    session.flush()
