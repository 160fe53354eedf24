"""Ballots on paper: read by two people independently, and counted where both read the same.

Nobody sees what the other one read. Where they differ a third person reads it, and has to agree with one of the two. A
paper that cannot be read, or breaks the rules of the ballot, is set aside with a reason.
"""

import unicodedata
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, func, select

from db.models.ballots import Ballot, Paper, PaperState
from db.models.fund import Round
from portal import clock, limits
from portal.acts import Act, InArea, Who, demand, perform, role_for
from portal.errors import NotFound, Refused
from portal.fund import acts, choices, receipts, roster, voting
from portal.fund.choices import Choices
from portal.inputs import clean

READ_ASIDE = "x"
"""What a clerk types instead of numbers for a paper that cannot be counted, with the reason behind it."""
SHOWN = 100
WAITING = (PaperState.ENTERED, PaperState.DIFFERS)


@dataclass(frozen=True)
class Sheet:
    """A paper that still waits for somebody."""

    id: int
    number: str
    state: str
    mine: bool
    """Whether the one who asks has read it already."""


@dataclass(frozen=True)
class Progress:
    """How far the papers of a round are read."""

    given: int
    entered: int
    agreed: int
    differs: int
    spoiled: int


@dataclass(frozen=True)
class Line:
    """One paper as it was typed in one line: `K7Q2-M4TX 3 7 12`, or `K7Q2-M4TX x` and why it cannot be counted."""

    number: str
    read: str
    spoiled: bool = False


def split(typed: str) -> Line:
    """The number, however it is spaced, and the rest. Raises Refused `paper_number` for a line that has none."""
    text = unicodedata.normalize("NFKC", clean("paper_line", typed, limits.COMMENT_CHARS))
    places = [place for place, sign in enumerate(text) if sign.isalnum()][: receipts.NUMBER_SIGNS]
    end = places[-1] + 1 if places else 0
    if len(places) < receipts.NUMBER_SIGNS or text[end : end + 1].isalnum():
        raise Refused("paper_number", typed=text[:20])
    number, read = text[:end], text[end:].strip()
    aside = read[:1].lower() == READ_ASIDE
    return Line(number, read[1:].strip() if aside else read, aside)


def read_in(session: Session, who: Who, round_id: int, typed: str, *, again: bool = False) -> str:
    """One reading of one paper, as one line; the state in which the paper is then.

    The first reading waits for a second person. `again` lets the first reader correct themselves until then. Raises
    Forbidden, NotFound, and Refused `paper_number` (typed), `papers_closed`, `paper_same_reader`, `papers_more`
    (given), `paper_done`, `paper_reason`, `paper_matches_neither`, `paper_number_used`, or as `choices.check`.
    """
    row = _round(session, who, round_id)
    line = split(typed)
    number = receipts.checked_number(round_id, line.number)
    reading, says = _reading(session, row, line)
    found = session.exec(select(Paper).where(Paper.round_id == round_id, Paper.number == number)).one_or_none()
    if found is None:
        return _first(session, who, row, number, reading)
    if found.state == PaperState.ENTERED:
        return _second(session, who, found, reading, says, again)
    if found.state == PaperState.DIFFERS:
        return _third(session, who, found, reading, says)
    raise Refused("paper_done")


def waiting(session: Session, who: Who, round_id: int, state: str) -> list[Sheet]:
    """The oldest papers in one of the states `WAITING`. Raises Forbidden, NotFound."""
    _round(session, who, round_id, locked=False)
    rows = session.exec(
        select(Paper).where(Paper.round_id == round_id, Paper.state == state).order_by(col(Paper.id)).limit(SHOWN)
    )
    return [
        Sheet(p.id or 0, receipts.grouped(p.number), p.state, who.person_id in (p.first_by, p.second_by)) for p in rows
    ]


def progress(session: Session, who: Who, round_id: int) -> Progress:
    """How many papers were given, and how many stand in each state. Raises Forbidden, NotFound."""
    _round(session, who, round_id, locked=False)
    given = roster.turnout(session, who, round_id).paper
    query = select(Paper.state, func.count()).where(Paper.round_id == round_id).group_by(Paper.state)
    by_state: dict[str, int] = dict(session.exec(query).all())
    return Progress(given, *(by_state.get(state, 0) for state in PaperState))


def _reading(session: Session, row: Round, line: Line) -> tuple[Choices | None, str]:
    """What stands on the paper, None where it cannot be counted, and why."""
    if line.spoiled:
        if not line.read:
            raise Refused("paper_reason")
        return None, line.read
    numbers = voting.numbers(session, row.id or 0)
    return choices.check(row, numbers, choices.typed(row, numbers, line.read)), ""


def _first(session: Session, who: Who, row: Round, number: str, reading: Choices | None) -> str:
    """The round's lock lets only one paper in at a time: there are never more than were given."""
    round_id = row.id or 0
    given = roster.turnout(session, who, round_id).paper
    counting = (Paper.round_id == round_id, col(Paper.state) != PaperState.SPOILED)
    if (session.scalar(select(func.count()).select_from(Paper).where(*counting)) or 0) >= given:
        raise Refused("papers_more", given=given)
    new = Paper(
        round_id=round_id, area_path=row.area_path, number=number, first_by=who.person_id or 0,
        first_sealed=choices.seal(reading), at=clock.now(),
    )  # fmt: skip
    perform(session, who, acts.ENTER_PAPER, new)
    return new.state


def _second(session: Session, who: Who, paper: Paper, reading: Choices | None, says: str, again: bool) -> str:
    if not role_for(who, acts.CONFIRM_PAPER, paper):
        if not again:
            raise Refused("paper_same_reader")
        perform(session, who, acts.REENTER_PAPER, paper, first_sealed=choices.seal(reading))
        return paper.state
    if reading != choices.unseal(paper.first_sealed or ""):
        _read_second(session, who, acts.DISPUTE_PAPER, paper, reading)
        return paper.state
    _settle(session, who, acts.CONFIRM_PAPER, paper, reading, says)
    return paper.state


def _third(session: Session, who: Who, paper: Paper, reading: Choices | None, says: str) -> str:
    if not role_for(who, acts.SETTLE_PAPER, paper):
        raise Refused("paper_same_reader")
    if reading is not None and reading not in (
        choices.unseal(paper.first_sealed or ""),
        choices.unseal(paper.second_sealed or ""),
    ):
        raise Refused("paper_matches_neither")
    _settle(session, who, acts.SETTLE_PAPER, paper, reading, says)
    return paper.state


def _settle(session: Session, who: Who, act: Act, paper: Paper, reading: Choices | None, says: str) -> None:
    """It counts, or is set aside."""
    if reading is None:
        perform(session, who, acts.SPOIL_PAPER, paper, says=says)
        return
    _read_second(session, who, act, paper, reading)
    receipt_hash = receipts.digest(paper.number)
    if session.exec(select(Ballot.id).where(Ballot.receipt_hash == receipt_hash)).first() is not None:
        raise Refused("paper_number_used")
    counted = choices.seal(reading)
    session.add(
        Ballot(
            round_id=paper.round_id, area_path=paper.area_path, paper_id=paper.id, choices_sealed=counted,
            receipt_hash=receipt_hash, cast_at=clock.now(),
        )
    )  # fmt: skip
    session.flush()


def _read_second(session: Session, who: Who, act: Act, paper: Paper, reading: Choices | None) -> None:
    """Who reads a paper third leaves the two readers before them in it."""
    sets: dict[str, Any] = {}
    if paper.second_by is None:
        sets = {"second_sealed": choices.seal(reading), "second_by": who.person_id}
    perform(session, who, act, paper, **sets)


def _round(session: Session, who: Who, round_id: int, *, locked: bool = True) -> Round:
    """The round whose papers `who` may read; locked, it cannot be counted before this transaction ends.

    The lock is for one at a time. Raises Forbidden, NotFound, and Refused `papers_closed`.
    """
    query = select(Round).where(Round.id == round_id)
    if locked:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    row = session.exec(query).one_or_none()
    if row is None:
        raise NotFound()
    demand(who, acts.ENTER_PAPER, InArea(row.area_path))
    if locked and row.state not in voting.ON_PAPERS:
        raise Refused("papers_closed")
    return row
