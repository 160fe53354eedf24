"""Many at once, on both databases: one ballot per voter, and the box at its close holds what was acknowledged, exactly.

Each guard is also taken off, to see that the test would notice.
"""

import random
import threading
from collections import Counter
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.sql import Select
from sqlmodel import Session

from db.engine import is_sqlite, reading
from portal import audit, limits
from portal.acts import VISITOR, Who
from portal.errors import Refused
from portal.fund import ballots, choices, paper, phases, polling, receipts, roster, voting
from tests.fixtures.fund import FundPeople
from tests.fixtures.town import People
from tests.portal.cases.steps import do, look
from tests.portal.cases.test_races import at_once, tally
from tests.portal.fund.votes import (
    ONE,
    TWO,
    Vote,
    begin,
    cast,
    close,
    given,
    held,
    in_box,
    number_of,
    papers,
    residents,
    turn_to,
    voter,
)

CROWD = 50
VOTERS, THREADS = 1_000, 20
BALLOTS = [[[n, 1]] for n in (1, 2, 3, 4)] + [TWO, [[2, 1], [4, 1]]]


# One voter, fifty casts


def chosen_in_turn(number: int) -> Any:
    return BALLOTS[number % len(BALLOTS)]


def casts_of_one(vote: Vote, who: Who, crowd: int = CROWD) -> Counter[str]:
    return tally(at_once([(ballots.cast, who, (vote.id, chosen_in_turn(n))) for n in range(crowd)]))


def test_of_fifty_casts_of_one_voter_there_is_one_ballot(funders: FundPeople) -> None:
    vote = begin(funders)
    assert casts_of_one(vote, funders.ann) == {"done": CROWD}
    assert len(in_box(vote.id)) == 1
    assert look(roster.turnout, VISITOR, vote.id).voted == 1
    with reading() as session:
        assert audit.verify(session).ok
    mine = look(ballots.mine, funders.ann, vote.id)
    assert held(vote.id)[0].receipt_hash == receipts.digest(mine.receipt)


def test_fifty_equal_casts_give_one_code(funders: FundPeople) -> None:
    """The double click of an impatient thumb."""
    vote, codes = begin(funders), []
    at_once([(lambda s, w: codes.append(ballots.cast(s, w, vote.id, TWO)), funders.ann, ())] * CROWD)
    assert len(codes) == CROWD and len(set(codes)) == 1
    assert [ballot.version for ballot in held(vote.id)] == [0]


def without_unique() -> None:
    """The table as it would be without its constraint."""
    with audit.transaction() as session:
        if not is_sqlite():
            session.execute(text("ALTER TABLE ballot DROP CONSTRAINT one_ballot"))
            return
        made = session.scalar(text("SELECT sql FROM sqlite_master WHERE name = 'ballot'"))
        bare = made.replace(", \n\tCONSTRAINT one_ballot UNIQUE (round_id, person_id)", "")
        assert bare != made
        session.execute(text("DROP TABLE ballot"))
        session.execute(text(bare))


def blind(patch: pytest.MonkeyPatch) -> None:
    """Everybody votes for the first time, and as soon as nobody else has."""
    gate, write = threading.Barrier(8), ballots._write
    patch.setattr(voting, "mark", lambda *args: True)
    patch.setattr(ballots, "_held", lambda *args, **kwargs: None)

    def late(session: Session, who: Who, row: Any, held: Any, checked: Any) -> str:
        if not is_sqlite():
            with suppress(threading.BrokenBarrierError):
                gate.wait(3)
        return write(session, who, row, held, checked)

    patch.setattr(ballots, "_write", late)
    patch.setattr(receipts, "code_of", lambda *args: f"{random.getrandbits(140):035X}")


def test_the_schema_alone_holds_one_ballot(funders: FundPeople, monkeypatch: pytest.MonkeyPatch) -> None:
    vote = begin(funders)
    blind(monkeypatch)
    ends = casts_of_one(vote, funders.ann, 8)
    assert ends["done"] == 1 and len(held(vote.id)) == 1, ends


def test_without_roster_and_constraint_there_would_be_several(
    funders: FundPeople, monkeypatch: pytest.MonkeyPatch
) -> None:
    vote = begin(funders)
    without_unique()
    blind(monkeypatch)
    assert casts_of_one(vote, funders.ann, 8)["done"] == 8 == len(held(vote.id))


# A thousand voters while the round closes


class Storm:
    """People who vote from many threads, and change their minds, until the box is closed under them."""

    def __init__(self, vote: Vote, voters: list[Who]) -> None:
        self.vote, self.voters = vote, voters
        self.promised: dict[int, choices.Choices] = {}
        self.refused: Counter[str] = Counter()
        self.closed: list[Any] = []
        self.late: list[int] = []

    def rage(self, close_after: int) -> None:
        shares = [self.voters[n::THREADS] for n in range(THREADS)]
        threads = [threading.Thread(target=self._vote, args=(share, n)) for n, share in enumerate(shares)]
        threads.append(threading.Thread(target=self._close, args=(close_after,)))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(300)
            assert not thread.is_alive(), "somebody waits for ever"

    def _vote(self, share: list[Who], seed: int) -> None:
        lot = random.Random(seed)
        for who in share:
            for _ in range(lot.choice((1, 1, 2))):
                chosen = lot.choice(BALLOTS)
                try:
                    do(ballots.cast, who, self.vote.id, chosen)
                except Refused as refusal:
                    self.refused[refusal.message_id] += 1
                else:
                    self.promised[who.person_id or 0] = tuple((a, b) for a, b in chosen)

    def _close(self, after: int) -> None:
        while len(self.promised) < after:
            threading.Event().wait(0.005)
        close(self.vote)
        self.closed = in_box(self.vote.id)


def test_what_was_acknowledged_is_in_the_box_and_nothing_else(funders: FundPeople) -> None:
    vote = begin(funders)
    storm = Storm(vote, residents(vote, VOTERS))
    storm.rage(close_after=VOTERS // 2)
    assert VOTERS // 2 <= len(storm.promised) < VOTERS
    assert storm.refused.keys() == {"vote_closed"}
    assert sorted(storm.promised.values()) == storm.closed == in_box(vote.id)
    found = {ballot.person_id: choices.unseal(ballot.choices_sealed or "") for ballot in held(vote.id)}
    assert found == storm.promised
    assert look(roster.turnout, VISITOR, vote.id).voted == len(storm.promised)
    with reading() as session:
        assert len(list(ballots.receipt_hashes(session, vote.id))) == len(storm.promised)
        assert audit.verify(session).ok


def slowly(patch: pytest.MonkeyPatch, seconds: float) -> tuple[threading.Event, threading.Event]:
    """Between the last look at the round and the commit there is time: set the second event, or wait so long."""
    looked, shut, hold = threading.Event(), threading.Event(), voting.hold_open

    def slow(session: Session, row: Any) -> None:
        hold(session, row)
        looked.set()
        shut.wait(seconds)

    patch.setattr(voting, "hold_open", slow)
    return looked, shut


def test_without_the_lock_a_ballot_would_come_after_the_close(
    funders: FundPeople, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: a cast that looked while the round was open writes when it is closed."""
    if is_sqlite():
        pytest.skip("the write lock of SQLite is the guard here; see the engine's tests")
    vote = begin(funders)
    lock = Select.with_for_update  # that of the chain's head stays: it is another guard
    monkeypatch.setattr(
        Select, "with_for_update", lambda self, **how: self if "key_share" in how else lock(self, **how)
    )
    assert late_cast(vote, funders.ann, *slowly(monkeypatch, 20)) == 1, "acknowledged, and the close did not see it"


def test_the_close_waits_for_who_is_voting(funders: FundPeople, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same moment as in the control, with the lock in its place."""
    vote = begin(funders)
    assert late_cast(vote, funders.ann, *slowly(monkeypatch, 1)) == 0
    assert len(in_box(vote.id)) == 1


def late_cast(vote: Vote, who: Who, looked: threading.Event, shut: threading.Event) -> int:
    """How many ballots came into the box after it was closed."""
    voting_now = threading.Thread(target=cast, args=(vote, who, ONE))
    voting_now.start()
    assert looked.wait(10)
    close(vote)
    at_close = len(in_box(vote.id))
    shut.set()
    voting_now.join(30)
    return len(in_box(vote.id)) - at_close


# On the web and on paper at the same moment


def both_ways(vote: Vote, staff: Who, rounds: int = 20) -> Counter[str]:
    """How each of so many voters ended who cast a ballot while they were given a paper."""
    ended: Counter[str] = Counter()
    for who in residents(vote, rounds):
        ends = at_once([(ballots.cast, who, (vote.id, ONE)), (polling.give_paper, staff, (vote.id, who.person_id))])
        ended["+".join("done" if end is None else getattr(end, "message_id", repr(end)) for end in ends)] += 1
    return ended


@pytest.fixture
def anybody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clerk need not look each of them up."""
    monkeypatch.setattr(polling.reception, "demand_there", lambda *args: None)


@pytest.mark.usefixtures("anybody_there")
def test_nobody_votes_on_the_web_and_on_paper(funders: FundPeople) -> None:
    vote = begin(funders)
    ended = both_ways(vote, funders.second_staff)
    assert ended.keys() <= {"done+voted_on_web", "vote_on_paper+done"} and ended.total() == 20, ended
    on_web = [ballot.person_id for ballot in held(vote.id)]
    turnout = look(roster.turnout, VISITOR, vote.id)
    assert (turnout.voted, turnout.paper) == (20, 20 - len(on_web))
    with reading() as session:
        for person_id in on_web:
            assert voting.voted_how(session, vote.id, person_id or 0) == "web"


@pytest.mark.usefixtures("anybody_there")
def test_without_the_mark_on_the_roster_both_would(funders: FundPeople, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voting, "mark", lambda *args: True)
    assert both_ways(begin(funders), funders.second_staff, 3) == {"done+done": 3}


def test_of_ten_papers_to_one_person_one_is_given(funders: FundPeople) -> None:
    vote, staff = begin(funders), funders.second_staff
    turn_to(staff, 108)
    ends = tally(at_once([(polling.give_paper, staff, (vote.id, funders.ann.person_id))] * 10))
    assert ends == {"done": 1, "has_paper": 9}
    assert look(roster.turnout, VISITOR, vote.id).paper == 1 and voter(vote.id, funders.ann).voted_how == "paper"


def test_ten_enrolments_of_one_person_are_one(funders: FundPeople) -> None:
    vote, staff = begin(funders), funders.second_staff
    (late,) = residents(vote, 1)
    with audit.transaction() as session:
        session.execute(text("DELETE FROM voter WHERE person_id = :id"), {"id": late.person_id})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(polling.reception, "demand_there", lambda *args: None)
        ends = tally(at_once([(polling.enroll, staff, (vote.id, late.person_id))] * 10))
    assert ends == {"done": 1, "on_roster_already": 9}
    assert look(roster.turnout, VISITOR, vote.id).roster == 1


# Papers


def test_several_clerks_cannot_read_more_papers_than_were_given(funders: FundPeople, people: People) -> None:
    vote = begin(funders)
    given(vote, funders.second_staff, 108, 109)
    clerks = [people.staff, funders.second_staff, funders.third_staff] * 4
    crowd = [(paper.read_in, who, (vote.id, f"{number_of(vote)} 1")) for who in clerks]
    assert tally(at_once(list(crowd))) == {"done": 2, "papers_more": 10}
    assert len(papers(vote.id)) == 2


def test_without_the_rounds_lock_more_would_be_read(
    funders: FundPeople, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    if is_sqlite():
        pytest.skip("the write lock of SQLite is the guard here; see the engine's tests")
    vote = begin(funders)
    given(vote, funders.second_staff, 108)
    gate, seal = threading.Barrier(3), choices.seal

    def late(reading_: Any) -> str:
        with suppress(threading.BrokenBarrierError):
            gate.wait(3)
        return seal(reading_)

    monkeypatch.setattr(choices, "seal", late)
    lock = Select.with_for_update
    monkeypatch.setattr(
        Select, "with_for_update", lambda self, **how: self if "key_share" in how else lock(self, **how)
    )
    clerks = [people.staff, funders.second_staff, funders.third_staff]
    ends = tally(at_once([(paper.read_in, who, (vote.id, f"{number_of(vote)} 1")) for who in clerks]))
    assert ends["done"] > 1, ends


def test_three_clerks_with_one_paper_make_one_ballot(funders: FundPeople, people: People) -> None:
    vote = begin(funders)
    given(vote, funders.second_staff, 108, 109, 110, 111)
    clerks = [people.staff, funders.second_staff, funders.third_staff]
    for _ in range(4):
        number = number_of(vote)
        ends = tally(at_once([(paper.read_in, who, (vote.id, f"{number} 1 3")) for who in clerks]))
        assert ends == {"done": 2, "paper_done": 1}, ends
    assert in_box(vote.id) == [((1, 1), (3, 1))] * 4


def test_closing_twice_and_casting_end_in_one_close(funders: FundPeople) -> None:
    vote = begin(funders)
    ends = tally(at_once([(phases.enter, funders.second_staff, (vote.id, "reviewing_ballots"))] * 4))
    assert ends == {"done": 1, "too_late": 3}


assert limits.BALLOTS_PER_HOUR >= CROWD, "else the limit, and not the guard, would be tried here"
