"""The echo: the resident's own word on the answer, and the public page of answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlmodel import Session, col

from db.models.cases import Case, KindName, State
from portal import clock, limits, notices, photos
from portal.acts import Who, demand
from portal.cases import acts
from portal.cases.contents import first_desk
from portal.cases.dispatch import FREE
from portal.cases.lifecycle import move, tally
from portal.cases.reading import called, one
from portal.cases.spans import page, span
from portal.cases.wall import Slice
from portal.cases.work import SAID
from portal.errors import Refused
from portal.inputs import clean, one_of, page_number
from portal.photos import PhotoView

KINDS_HEARD = (str(KindName.WISH), str(KindName.OPINION))
"""The kinds whose answers anyone may read."""


@dataclass(frozen=True)
class Echo:
    """A public answer and what the resident said of it."""

    id: int
    kind: str
    title: str
    body: str
    category: str
    area_path: str
    answer: str
    answered_at: datetime
    started_at: datetime
    outcome: str
    stars: int
    word: str
    photos: list[PhotoView]


def rate(session: Session, who: Who, case_id: int, outcome: str, stars: int, says: str = "") -> None:
    """Say whether it was solved (solved, partly, not), one to five stars, and a word. Closes the case."""
    case = one(session, who, case_id)
    demand(who, acts.RATE, case)
    if who.person_id is not None and who.person_id in (case.holder_id, case.answered_by, case.recorded_by):
        raise Refused("own_work")  # whoever did or recorded it may know the receipt, but is not the one to judge
    chosen = one_of("outcome", outcome, SAID)
    if not isinstance(stars, int) or isinstance(stars, bool) or not 1 <= stars <= 5:
        raise Refused("not_offered", field="stars")
    word = clean("word", says, limits.COMMENT_CHARS, required=False, lines=True)
    now = clock.now()
    move(
        session, who, acts.RATE, case, says=word, facts={"outcome": chosen, "stars": stars},
        outcome=chosen, stars=stars, word=word, rated_at=now, closed_at=now,
    )  # fmt: skip
    tally(session, case, f"said_{chosen}")
    tally(session, case, "stars", bucket=stars)
    if case.holder_id:
        notices.tell(session, case.holder_id, "case_rated", case_id=case.id, title=called(case), stars=stars)


def reopen(session: Session, who: Who, case_id: int, says: str) -> None:
    """Open it again at the first desk, with the reason, within 15 days of its closing. Refused `reopen_too_late`."""
    case = one(session, who, case_id)
    demand(who, acts.REOPEN, case)
    since = case.closed_at or case.answered_at
    if since is not None and clock.now() > since + timedelta(days=limits.REOPEN_DAYS):
        raise Refused("reopen_too_late", days=limits.REOPEN_DAYS)
    move(
        session, who, acts.REOPEN, case, says=says, **FREE,
        in_hall=False, desk_path=first_desk(case.area_path), answered_at=None, answer="", outcome="", stars=0, word="",
        rated_at=None, closed_at=None, claimed="", answered_by=None, answer_hash="",
        reopened=case.reopened + 1, asks=0, missed=0, desk_since_at=clock.now(), handed_down=False,
    )  # fmt: skip
    tally(session, case, "reopened")


def echoes(
    session: Session,
    who: Who,
    area_path: str = "",
    before: str | None = None,
    limit: int = limits.PAGE_ROWS,
    kinds: Sequence[str] = KINDS_HEARD,
) -> Slice[Echo]:
    """Public answers to cases of some kinds, newest first. `before` is the `next` of the slice before.

    Each kind is read along its own index and the newest of them are taken.
    """
    answered = [col(Case.answered_at).is_not(None), col(Case.state).in_([State.DONE, State.CLOSED])]
    order, after = ("answered_at", "id"), _values(before) if before else ()
    spans = [span(session, area_path, {"kind": one_of("kind", k, KINDS_HEARD)}, order, after, answered) for k in kinds]
    each = [case for numbers in spans for case in page(session, numbers, limit + 1)]
    found = sorted(each, key=lambda c: (c.answered_at, c.id), reverse=True)[: limit + 1]
    pictures = photos.of_case(session, [c.id for c in found[:limit] if c.id])
    rows = [_echo(c, pictures.get(c.id or 0, [])) for c in found[:limit]]
    more = f"{rows[-1].answered_at.timestamp():.6f}:{rows[-1].id}" if len(found) > limit else None
    return Slice(rows, more)


def _values(key: str) -> tuple[datetime, int]:
    moment, _, case_id = key.partition(":")
    try:
        at = datetime.fromtimestamp(float(moment), tz=UTC)
    except (ValueError, OverflowError, OSError) as wrong:
        raise Refused("not_offered", field="page") from wrong
    return at, page_number(case_id)


def _echo(case: Case, pictures: list[PhotoView]) -> Echo:
    return Echo(
        id=case.id or 0,
        kind=case.kind,
        title=case.title,
        body=case.body,
        category=case.category,
        area_path=case.area_path,
        answer=case.answer,
        answered_at=case.answered_at or case.created_at,
        started_at=case.started_at or case.created_at,
        outcome=case.outcome,
        stars=case.stars,
        word=case.word,
        photos=pictures,
    )
