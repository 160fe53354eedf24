"""Calling back: a clerk who did not handle the case asks the resident once more whether it was solved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, or_, tuple_
from sqlmodel import Session, col, func, select

from db.models.accounts import Person
from db.models.cases import Case, Outcome, State
from db.models.oversight import Callback
from db.types import below
from portal import limits, vault
from portal.acts import Who, declare, demand, perform, role_for
from portal.cases import acts
from portal.cases.lifecycle import move, tally
from portal.cases.reading import hold
from portal.cases.wall import Slice
from portal.cases.work import SAID
from portal.errors import Forbidden, NotFound, Refused
from portal.inputs import clean, one_of, page_number

WAITING, REACHED_STATE, UNREACHED_STATE = "waiting", "reached", "unreached"
CALL = declare("callback.call", "staff_for_others", [WAITING], public=False)
REACHED = declare("callback.reached", "staff_for_others", [WAITING], to=REACHED_STATE, public=False)
MISSED = declare("callback.missed", "staff_for_others", [WAITING], public=False)
GIVE_UP = declare("callback.give_up", "staff_for_others", [WAITING], to=UNREACHED_STATE, public=False)


@dataclass(frozen=True)
class Call:
    """A call to make: what it is about, in short, and whom it reaches (masked)."""

    id: int
    case_id: int
    month_on: date
    kind: str
    category: str
    title: str
    body: str
    area_path: str
    answer: str
    claimed: str
    outcome: str
    """What the resident said so far."""
    stars: int
    name: str
    phone: str
    tries: int


def waiting(session: Session, who: Who, after: str | None = None, limit: int = limits.PAGE_ROWS) -> Slice[Call]:
    """The calls that `who` may make now, area by area. Raises Forbidden for others than staff.

    Left out: cases that `who` handled or posted, and those that run again, which wait until they are closed anew.
    """
    paths, found = _paths(who), list[Any]()
    last = session.get(Callback, page_number(after)) if after else None
    past = (last.area_path, last.id) if last else ("", 0)
    for path in paths:
        if len(found) <= limit:
            query = select(Callback, Case, Person.name, Person.phone_mask).where(*_mine(who, [path]))
            query = query.join(Case, col(Case.id) == col(Callback.case_id))
            query = query.outerjoin(Person, col(Person.id) == col(Case.poster_id))
            key = (col(Callback.area_path), col(Callback.id))
            query = query.where(tuple_(*key) > tuple_(*past)).order_by(*key)
            found += session.execute(query.limit(limit + 1 - len(found))).all()
    rows = [_call(*row) for row in found[:limit]]
    return Slice(rows, str(rows[-1].id) if len(found) > limit else None)


def find(session: Session, who: Who, callback_id: int) -> Call:
    """One call that still waits. Raises as `number`; Refused `callback_done` where it was made meanwhile."""
    call, case = _both(session, who, callback_id)
    if call.state != WAITING:
        raise Refused("callback_done")
    poster = session.get(Person, case.poster_id) if case.poster_id else None
    return _call(call, case, poster.name if poster else None, poster.phone_mask if poster else None)


def waiting_count(session: Session, who: Who, most: int = 99) -> int:
    """How many calls wait for `who`; no more than `most`. Raises as `waiting`."""
    query = select(Callback.id).join(Case, col(Case.id) == col(Callback.case_id)).where(*_mine(who, _paths(who)))
    return session.exec(select(func.count()).select_from(query.limit(most).subquery())).one()


def number(session: Session, who: Who, callback_id: int) -> str:
    """The number to call, in full; that it was shown is kept in the log. Raises Refused `no_contact`."""
    call, case = _both(session, who, callback_id)
    perform(session, who, CALL, call, commutes=True)
    poster = session.get(Person, case.poster_id) if case.poster_id else None
    sealed = case.contact_sealed or (poster and poster.phone_sealed)
    if not sealed:
        raise Refused("no_contact")
    return vault.unseal(sealed)


def reached(session: Session, who: Who, callback_id: int, outcome: str, stars: int = 0, word: str = "") -> None:
    """Record what the resident says: solved, partly or not, 0 to 5 stars, a word that stays inside.

    Where the resident had not answered before, this is the answer from now on; else both stand side by side.
    Raises Refused `callback_reopened` for a case that runs again, and as `_both` does.
    """
    call, case = _both(session, who, callback_id)
    said = one_of("outcome", outcome, SAID)
    if not isinstance(stars, int) or isinstance(stars, bool) or not 0 <= stars <= 5:
        raise Refused("not_offered", field="stars")
    words = clean("word", word, limits.COMMENT_CHARS, required=False, lines=True)
    if case.state != State.CLOSED:
        raise Refused("callback_reopened")
    perform(session, who, REACHED, call, outcome=said, stars=stars, word=words, tries=call.tries + 1)
    facts: dict[str, Any] = {"outcome": said} | ({"stars": stars} if stars else {})
    answers: dict[str, Any] = {"outcome": said, "stars": stars} if case.outcome == Outcome.UNANSWERED else {}
    move(session, who, acts.CALLED_BACK, case, facts=facts, **answers)
    tally(session, case, f"callback_{said}")


def missed(session: Session, who: Who, callback_id: int) -> int:
    """Nobody answered; how often that was by now. The last of `limits.CALLBACK_TRIES` ends it."""
    call, case = _both(session, who, callback_id)
    tries = call.tries + 1
    last = tries >= limits.CALLBACK_TRIES
    perform(session, who, GIVE_UP if last else MISSED, call, tries=tries)
    if last:
        tally(session, case, "callback_unreached")
    return tries


def _both(session: Session, who: Who, callback_id: int) -> tuple[Callback, Case]:
    """The call and its case, held. NotFound also for those who are not staff there; Forbidden for its handler.

    Raises Refused `own_case` for the one who posted it.
    """
    call = session.get(Callback, callback_id) if 0 < callback_id < 2**31 else None
    case = session.get(Case, call.case_id) if call else None
    if call is None or case is None or not role_for(who, acts.CALLED_BACK, case):
        raise NotFound()
    demand(who, REACHED, call)
    if case.poster_id is not None and case.poster_id == who.person_id:
        raise Refused("own_case")
    hold(session, call.case_id)
    session.refresh(case)
    if who.person_id in (case.answered_by, case.holder_id):  # since the draw: it ran again, and ended anew
        raise Forbidden("forbidden_act", act=REACHED.name)
    return call, case


def _paths(who: Who) -> list[str]:
    """The areas of `who` that do not lie in another one of them."""
    paths = who.paths("staff")
    if not paths:
        raise Forbidden("staff_only")
    return [path for path in paths if not any(path != other and path.startswith(other) for other in paths)]


def _mine(who: Who, paths: Sequence[str]) -> list[ColumnElement[bool]]:
    within = or_(
        *[(col(Callback.area_path) >= low) & (col(Callback.area_path) < high) for low, high in map(below, paths)]
    )
    not_mine = [
        column.is_distinct_from(who.person_id)
        for column in (col(Callback.person_id), col(Case.answered_by), col(Case.holder_id), col(Case.poster_id))
    ]
    return [col(Callback.state) == WAITING, within, col(Case.state) == State.CLOSED, *not_mine]


def _call(call: Callback, case: Case, name: str | None, phone: str | None) -> Call:
    return Call(
        id=call.id or 0, case_id=call.case_id, month_on=call.month_on, kind=case.kind, category=case.category,
        title=case.title, body=case.body, area_path=call.area_path, answer=case.answer, claimed=case.claimed,
        outcome=case.outcome, stars=case.stars, name=name or "", phone=case.contact_mask or phone or "",
        tries=call.tries,
    )  # fmt: skip
