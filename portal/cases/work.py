"""The work itself: take on, ask the resident, note, finish with a public reply."""

from typing import Any

from sqlmodel import Session

from db.models.cases import Case, Outcome
from portal import clock, limits, photos
from portal.acts import Act, Who, demand, perform
from portal.cases import acts, network, quality
from portal.cases.lifecycle import move, tally
from portal.cases.reading import one
from portal.cases.screening import tell_holder, tell_poster
from portal.cases.setup import setup
from portal.errors import Refused
from portal.inputs import clean, one_of
from portal.rollups import bucket_of

SAID = (Outcome.SOLVED, Outcome.PARTLY, Outcome.NOT)
"""What a handler, a resident or a call-back can say of an answer."""


def take_on(session: Session, who: Who, case_id: int) -> None:
    """Begin. A volunteer's hold lasts from here to the due time, and at least as long as was promised."""
    case = one(session, who, case_id)
    move(session, who, acts.TAKE_ON, case)
    tell_poster(session, case, "case_taken_on")


def ask(session: Session, who: Who, case_id: int, says: str) -> None:
    """Ask the resident for something. The clock rests, at most twice and five days each. Refused `too_many_asks`."""
    case = one(session, who, case_id)
    demand(who, acts.ASK, case)
    if case.asks >= limits.ASKS_PER_CASE:
        raise Refused("too_many_asks", limit=limits.ASKS_PER_CASE)
    move(session, who, acts.ASK, case, says=says, asks=case.asks + 1)
    tell_poster(session, case, "case_asked", days=limits.ASK_DAYS)


def answer_ask(session: Session, who: Who, case_id: int, says: str) -> None:
    """The resident's answer; the clock runs on."""
    case = one(session, who, case_id)
    move(session, who, acts.ANSWER_ASK, case, says=says)
    tell_holder(session, case, "case_ask_answered")


def note(session: Session, who: Who, case_id: int, says: str, pictures: list[photos.NewPhoto] | None = None) -> None:
    """A public line on how it goes, with photos."""
    prepared = photos.store(session, _few(pictures))
    case = one(session, who, case_id)
    perform(session, who, acts.NOTE, case, commutes=True, says=says)
    _keep(session, who, case, prepared, "during")
    tell_poster(session, case, "case_noted")


def finish(
    session: Session,
    who: Who,
    case_id: int,
    says: str,
    pictures: list[photos.NewPhoto] | None = None,
    claimed: str = Outcome.SOLVED,
) -> None:
    """Done, with a public reply: from here the resident says whether it was solved. Refused `own_case`.

    `claimed` is what the handler says of that: solved, partly, not. Both are told side by side.
    """
    prepared = photos.store(session, _few(pictures))
    reply = clean("says", says, limits.BODY_CHARS, lines=True)
    case = one(session, who, case_id)
    close(session, who, acts.FINISH, case, reply, claimed)
    _keep(session, who, case, prepared, "after")
    tell_poster(session, case, "case_done")


def close(
    session: Session,
    who: Who,
    act: Act,
    case: Case,
    reply: str,
    claimed: str,
    *,
    facts: dict[str, Any] | None = None,
    **sets: Any,
) -> None:
    """Bring a case to its answer by `act`, with all that is counted then. Refused `own_case`, `suborders_open`.

    `facts` are told beside what is claimed; `sets` are further columns. A public reply that was only copied is
    pointed out to the supervisor.
    """
    demand(who, act, case)
    if case.poster_id is not None and case.poster_id == who.person_id:
        raise Refused("own_case")  # nobody answers, and then rates, themselves
    network.demand_done(session, case)
    said, now = one_of("claimed", claimed, SAID), clock.now()
    move(
        session, who, act, case, says=reply, facts={"claimed": said, **(facts or {})},
        answer=reply, answer_hash=quality.hash_for(case, reply), answered_at=now, answered_by=who.person_id,
        claimed=said, **sets,
    )  # fmt: skip
    quality.check(session, who, case, reply)
    tally(session, case, "done")
    tally(session, case, f"claimed_{said}")
    tally(session, case, "asked")
    tally(session, case, "done_in_time" if _in_time(case) else "done_late")
    if case.started_at is not None:
        tally(session, case, "hours_to_done", bucket=bucket_of((now - case.started_at).total_seconds() / 3600))


def _in_time(case: Case) -> bool:
    """Whether the time used was within the target; the clock has just been stopped."""
    return case.used_seconds <= setup().target_for(case).finish_hours * 3600


def _few(pictures: list[photos.NewPhoto] | None) -> list[photos.NewPhoto]:
    if pictures and len(pictures) > limits.PHOTOS_PER_CASE:
        raise Refused("too_many_photos", limit=limits.PHOTOS_PER_CASE)
    return pictures or []


def _keep(session: Session, who: Who, case: Case, prepared: list[photos.Stored], moment: str) -> None:
    for picture in prepared:
        photos.keep(session, picture, case_id=case.id or 0, moment=moment, owner_id=who.person_id)
