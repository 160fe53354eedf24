"""Answering without a detour: a small matter is closed in the cell where it began, and like opinions together."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from db.models.areas import Level
from db.models.cases import Case, KindName, Outcome
from portal import areas, clock, limits
from portal.acts import Who, demand
from portal.cases import acts
from portal.cases.bulk import Sent, each
from portal.cases.levels import is_lifted
from portal.cases.lifecycle import respond
from portal.cases.reading import one
from portal.cases.screening import tell_holder, tell_poster
from portal.cases.work import close
from portal.errors import Refused
from portal.inputs import clean

IN_THE_CELL = (Level.CELL, Level.BUILDING)


def answer(
    session: Session,
    who: Who,
    case_id: int,
    says: str,
    claimed: str = Outcome.SOLVED,
    also: Sequence[int] = (),
) -> Sent:
    """Answer a wish or an opinion straight away, also before it was screened; from here the resident rates it.

    `also` are like opinions that get the same reply. Raises Refused `own_case` and all else for the case itself;
    what was refused of the others is in the account.
    """
    if also:
        sent = answer_together(session, who, [case_id, *also], says, claimed)
        if case_id in sent.skipped:
            raise sent.skipped[case_id]
        return sent
    _answer(session, who, case_id, says, claimed)
    return Sent([case_id], {})


def answer_together(
    session: Session, who: Who, case_ids: Sequence[int], says: str, claimed: str = Outcome.SOLVED
) -> Sent:
    """Answer several opinions with one reply; each says how many they are. Others are skipped as `not_an_opinion`.

    It counts as one reply when repeated words are looked for. At most `limits.BULK_ROWS` at a time.
    """
    reply = clean("says", says, limits.BODY_CHARS, lines=True)
    with clock.at(clock.now()):  # one moment for all: it tells that they were answered together
        return each(session, who, _together, case_ids, reply, claimed, len(set(case_ids)))


def _together(session: Session, who: Who, case_id: int, reply: str, claimed: str, n: int) -> None:
    if one(session, who, case_id).kind != KindName.OPINION:
        raise Refused("not_an_opinion")
    _answer(session, who, case_id, reply, claimed, together=n)


def _answer(session: Session, who: Who, case_id: int, says: str, claimed: str, **facts: Any) -> None:
    reply = clean("says", says, limits.BODY_CHARS, lines=True)
    case = one(session, who, case_id)
    demand(who, acts.ANSWER, case)
    if case.holder_id != who.person_id:
        tell_holder(session, case, "case_taken_away")
    close(
        session, who, acts.ANSWER, case, reply, claimed,
        facts=facts, holder_id=who.person_id, held_as="worker", hold_until_at=None,
        shown_at=case.shown_at or clock.now(),
        scope="small" if _stays_in_cell(who, case) else case.scope, **respond(session, case),
    )  # fmt: skip
    tell_poster(session, case, "case_done")


def _stays_in_cell(who: Who, case: Case) -> bool:
    """Whether the cell's own worker answers what never left its first desk."""
    levels = {place.path: place.level for place in areas.tree().ancestors(case.area_path)}
    own = any(levels.get(path) in IN_THE_CELL for path in who.paths("grid_worker"))
    return own and not case.scope and not is_lifted(case)
