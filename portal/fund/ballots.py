"""Casting a ballot, changing it until the close, and emptying the box for the count.

What was chosen is encrypted from the first tap to the count. It never stands in an audit row, a notice, a log or an
exception; it leaves this module to the voter's own page, and once, unlinked, to the count.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from db.models.ballots import Ballot, BallotDraft, Paper
from db.models.fund import Phase, Round
from db.upsert import insert
from portal import clock, limits
from portal.accounts import quotas
from portal.acts import InArea, Who, perform, role_for
from portal.errors import Forbidden, NotFound, Refused
from portal.fund import acts, choices, receipts, voting
from portal.fund.choices import Choices

BATCH = 1_000


class Standing(StrEnum):
    """How somebody stands to a round's vote: the page says each in a sentence."""

    OPEN = "open"
    VOTED = "voted"
    """On the web; as long as the round takes ballots they may change it."""
    PAPER = "paper"
    EARLY = "early"
    CLOSED = "closed"
    MISSED = "missed"
    """It is over, and they did not vote."""
    VISITOR = "visitor"
    ELSEWHERE = "elsewhere"
    UNLISTED = "unlisted"


@dataclass(frozen=True)
class Mine:
    """A voter's own ballot, for their own page."""

    standing: Standing
    ends_at: datetime | None = None
    choices: Choices = ()
    """The draft, else what was cast; empty once the round takes no more ballots."""
    drafted: bool = False
    receipt: str = ""
    voted_at: datetime | None = None


def cast(session: Session, who: Who, round_id: int, chosen: object) -> str:
    """Cast the ballot, or change it: the receipt code. An earlier code is void; the same ballot again keeps its code.

    Raises NotFound, Forbidden `vote_sign_in`, `vote_not_local`, and Refused `vote_early`, `vote_closed`,
    `vote_not_listed`, `vote_on_paper`, `too_often`, or as `choices.check`.
    """
    row = voting.taking(session, round_id)
    person_id = _demand_voter(who, row)
    checked = choices.check(row, voting.numbers(session, round_id), chosen)
    if not voting.mark(session, row, person_id, voting.WEB):
        _demand_web(session, round_id, person_id)
    held = _held(session, round_id, person_id, lock=True)
    if held is not None and held.choices_sealed and choices.unseal(held.choices_sealed) == checked:
        _drop_draft(session, round_id, person_id)
        voting.hold_open(session, row)
        return receipts.code_of(round_id, person_id, held.version)
    quotas.spend(session, f"ballot:{person_id}", limits.BALLOTS_PER_HOUR, timedelta(hours=1))
    code = _write(session, who, row, held, checked)
    _drop_draft(session, round_id, person_id)
    voting.hold_open(session, row)
    return code


def save_draft(session: Session, who: Who, round_id: int, chosen: object) -> None:
    """Keep a half-filled ballot until it is cast, encrypted. Raises as `cast`, but it need not be allowed yet."""
    row = voting.taking(session, round_id)
    person_id = _demand_voter(who, row)
    if voting.voted_how(session, round_id, person_id) not in ("", voting.WEB):
        _demand_web(session, round_id, person_id)
    sealed = choices.seal(choices.begun(voting.numbers(session, round_id), chosen))
    values = {"round_id": round_id, "person_id": person_id, "choices_sealed": sealed, "at": clock.now()}
    statement = insert(session, BallotDraft).values(**values)
    changed = {name: values[name] for name in ("choices_sealed", "at")}
    session.execute(statement.on_conflict_do_update(index_elements=["round_id", "person_id"], set_=changed))


def mine(session: Session, who: Who, round_id: int) -> Mine:
    """How `who` stands to the vote, with their own ballot. Raises NotFound."""
    row = session.get(Round, round_id)
    if row is None or row.state == Phase.DRAFTING:
        raise NotFound()
    ends_at = voting.ends_at(session, round_id)
    standing = _standing(session, who, row)
    if who.person_id is None or standing not in (Standing.OPEN, Standing.VOTED, Standing.CLOSED):
        return Mine(standing, ends_at)
    held = _held(session, round_id, who.person_id)
    receipt, voted_at = _receipt_of(held), held.cast_at if held else None
    if standing == Standing.CLOSED:
        return Mine(standing, ends_at, receipt=receipt, voted_at=voted_at)
    draft = session.get(BallotDraft, (round_id, who.person_id))
    sealed = draft.choices_sealed if draft else held.choices_sealed if held else None
    chosen = choices.unseal(sealed) if sealed else None
    return Mine(standing, ends_at, chosen or (), draft is not None, receipt, voted_at)


def opened(session: Session, round_id: int) -> Iterator[Choices]:
    """For the count alone: what stands on each ballot, in a random order, decrypted batch by batch."""
    lot = random.SystemRandom()
    ids = list(session.exec(select(Ballot.id).where(Ballot.round_id == round_id)))
    lot.shuffle(ids)
    for start in range(0, len(ids), BATCH):
        wanted = (col(Ballot.id).in_(ids[start : start + BATCH]), col(Ballot.choices_sealed).is_not(None))
        sealed = list(session.exec(select(Ballot.choices_sealed).where(*wanted)))
        lot.shuffle(sealed)
        yield from (choices.unseal(each) or () for each in sealed if each is not None)


def receipt_hashes(session: Session, round_id: int) -> Iterator[str]:
    """The receipt hashes of all ballots of a round, sorted; a voter who changed theirs has the last one there."""
    sorted_once = select(Ballot.receipt_hash).where(Ballot.round_id == round_id).order_by(Ballot.receipt_hash)
    yield from session.exec(sorted_once.execution_options(yield_per=BATCH))


def empty(session: Session, round_id: int) -> None:
    """For the count alone, once its box is published: forget what each ballot, paper and draft held."""
    wipes: list[Any] = [
        update(Ballot).where(col(Ballot.round_id) == round_id).values(choices_sealed=None),
        update(Paper).where(col(Paper.round_id) == round_id).values(first_sealed=None, second_sealed=None),
        delete(BallotDraft).where(col(BallotDraft.round_id) == round_id),
    ]
    for wipe in wipes:
        session.execute(wipe.execution_options(synchronize_session=False))


def _demand_voter(who: Who, row: Round) -> int:
    """The id of a person who lives there now. Raises Forbidden."""
    if who.person_id is None:
        raise Forbidden("vote_sign_in")
    if not role_for(who, acts.CAST, InArea(row.area_path)):
        raise Forbidden("vote_not_local")
    return who.person_id


def _demand_web(session: Session, round_id: int, person_id: int) -> None:
    """Raises Refused for somebody who is not on the roster, or who took a ballot on paper."""
    how = voting.voted_how(session, round_id, person_id)
    if how is None:
        raise Refused("vote_not_listed")
    if how == voting.PAPER:
        raise Refused("vote_on_paper")


def _held(session: Session, round_id: int, person_id: int, *, lock: bool = False) -> Ballot | None:
    """The ballot that was cast; `lock` lets two changes of it come one after the other."""
    query = select(Ballot).where(Ballot.round_id == round_id, Ballot.person_id == person_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return session.exec(query).one_or_none()


def _write(session: Session, who: Who, row: Round, held: Ballot | None, checked: Choices) -> str:
    round_id, person_id = row.id or 0, who.person_id or 0
    code = receipts.code_of(round_id, person_id, held.version + 1 if held else 0)
    sets: dict[str, Any] = {
        "choices_sealed": choices.seal(checked),
        "receipt_hash": receipts.digest(code),
        "cast_at": clock.now(),
    }
    if held is None:
        new = Ballot(round_id=round_id, area_path=row.area_path, person_id=person_id, **sets)
        perform(session, who, acts.CAST, new)
    else:
        perform(session, who, acts.CHANGE, held, **sets)
    return code


def _drop_draft(session: Session, round_id: int, person_id: int) -> None:
    mine = (col(BallotDraft.round_id) == round_id, col(BallotDraft.person_id) == person_id)
    session.execute(delete(BallotDraft).where(*mine).execution_options(synchronize_session=False))


def _receipt_of(held: Ballot | None) -> str:
    """The code of a ballot on the web; empty where it cannot be told any more, as after a change of the key."""
    if held is None or held.person_id is None:
        return ""
    code = receipts.code_of(held.round_id, held.person_id, held.version)
    return code if receipts.digest(code) == held.receipt_hash else ""


def _standing(session: Session, who: Who, row: Round) -> Standing:
    how = voting.voted_how(session, row.id or 0, who.person_id) if who.person_id else None
    if how == voting.PAPER:
        return Standing.PAPER
    if row.state in voting.EARLY:
        return Standing.EARLY
    if not voting.is_open(session, row):
        return Standing.CLOSED if how == voting.WEB else Standing.MISSED
    if who.person_id is None:
        return Standing.VISITOR
    if not role_for(who, acts.CAST, InArea(row.area_path)):
        return Standing.VOTED if how == voting.WEB else Standing.ELSEWHERE
    if how is None:
        return Standing.UNLISTED
    return Standing.VOTED if how == voting.WEB else Standing.OPEN
