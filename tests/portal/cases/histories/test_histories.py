"""Random histories of all kinds with jumps in time: whatever people do in whatever order, the books agree."""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete
from sqlmodel import col, select

from db.engine import reading
from db.models.accounts import Quota
from db.models.cases import Case, State
from db.models.disputes import Party
from db.models.oversight import Callback, CallbackDraw
from portal import audit, clock, limits
from portal.acts import ACTS
from portal.cases import callbacks, calling, retention
from portal.cases.acts import FINAL
from portal.cases.clockwork import tick
from portal.cases.kinds import KINDS
from portal.errors import Refused
from tests.fixtures.town import People
from tests.portal.cases.histories.checks import Books, appointments
from tests.portal.cases.histories.deeds import DEEDS, WEIGHTS
from tests.portal.cases.histories.play import Play, knows, settle
from tests.portal.cases.histories.recount import check_counters
from tests.portal.cases.steps import MONDAY, do

JUMPS = [timedelta(days=16), timedelta(days=4), timedelta(days=1), timedelta(hours=9),
         *[timedelta(minutes=40), timedelta(hours=1, microseconds=7), timedelta()] * 10]  # fmt: skip
"""Mostly short, so that a case comes to its end before its times run out."""
BY_ITSELF = {"expire_hold", "leave_hall", "assign", "ask_lapsed", "climb", "close_unanswered", "widen", "anonymise"}
OPENING = {"post", "record", "draft", "book"}
READING = {"read", "read_inside"}


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32 - 1), length=st.integers(8, 40))
def test_the_books_agree_after_any_history(
    afresh: Callable[[], AbstractContextManager[People]], seed: int, length: int
) -> None:
    with afresh() as people:
        books = Books()
        play, now = live(people, seed, length, books.check)
        aftermath(play, books, now)
        check_counters()
        with reading() as session:
            assert audit.verify(session).ok


def live(
    people: People, seed: int, length: int, look: Callable[[Play], None], done: Counter[tuple[str, str]] | None = None
) -> tuple[Play, datetime]:
    """So many moments of a town's life, some deeds in each; `look` is called after everything that happens."""
    chance, now = Random(seed), MONDAY
    with clock.at(now):
        play = settle(people, Counter() if done is None else done)
        play.begin()
        look(play)
    for _ in range(length):
        now += chance.choice(JUMPS)
        with clock.at(now):
            run_clockwork(now)
            look(play)
            for _ in range(chance.randint(1, 4)):
                play.step(chance, DEEDS, WEIGHTS)
                look(play)
    return play, now


def run_clockwork(now: datetime) -> None:
    """As often as a server would in the meantime."""
    for _ in range(20):
        if not tick():
            break
    assert not appointments(now), "the clockwork leaves nothing undone that is due"
    with reading() as session:
        spent = session.exec(select(Quota.subject).limit(1)).first()
        due = session.get(CallbackDraw, (clock.day_of(now).replace(day=1) - timedelta(days=1)).replace(day=1)) is None
    if spent:  # so that no limit of an hour stands in the way
        with audit.transaction() as session:
            session.execute(delete(Quota))
    if due and clock.day_of(now).month != MONDAY.month:
        callbacks.draw_due()


def aftermath(play: Play, books: Books, now: datetime) -> None:
    """A month later the sample is called, and years later nothing leads to a person any more."""
    now += timedelta(days=32)
    with clock.at(now):
        run_clockwork(now)
        call_back(play)
        books.check(play)
    now += timedelta(days=4 * 366)
    with clock.at(now):
        run_clockwork(now)
        retention.run()
        books.check(play)
        check_anonymous()


def call_back(play: Play) -> None:
    """Every second person is reached."""
    with reading() as session:
        waiting = session.exec(
            select(Callback.id, Callback.person_id)
            .join(Case, col(Case.id) == col(Callback.case_id))
            .where(Callback.state == "waiting", Case.state == State.CLOSED)
            .order_by(col(Callback.id))
        ).all()
    for n, (call_id, handler) in enumerate(waiting):
        who = play.people.staff if handler == play.people.street_staff.person_id else play.people.street_staff
        with suppress(Refused):  # where there is nobody but who handled it
            if n % 2:
                do(calling.reached, who, call_id, "partly", 3, "还行")
            else:
                while do(calling.missed, who, call_id) < limits.CALLBACK_TRIES:
                    pass


def check_anonymous() -> None:
    with reading() as session:
        cases = session.exec(select(Case)).all()
        parties = session.exec(select(Party)).all()
    over = {case.id for case in cases if case.state in FINAL}
    for case in cases:
        assert (case.anonymised_at is not None) == (case.state in FINAL), case
        if case.id in over:
            assert (case.contact_sealed, case.contact_mask, case.receipt_hash) == (None, "", None)
    for party in parties:
        if party.case_id in over:
            assert (party.name_sealed, party.name_mask, party.phone_sealed) == (None, "", None)


@pytest.mark.parametrize("kind", KINDS)
def test_there_is_a_deed_for_every_act(kind: str) -> None:
    known = {name for name, act in ACTS.items() if name.startswith("case.") and knows(kind, act)}
    assert known - {f"case.{name}" for name in BY_ITSELF | OPENING | READING} == DEEDS[kind].keys()


def test_the_plays_come_to_most_deeds(afresh: Callable[[], AbstractContextManager[People]]) -> None:
    """Were they only refused, the histories would prove nothing."""
    done: Counter[tuple[str, str]] = Counter()
    for seed in range(3):
        with afresh() as people:
            live(people, seed, 40, lambda play: None, done)
    possible = {(kind, name) for kind, deeds in DEEDS.items() for name in deeds}
    assert len(done) > 0.5 * len(possible), sorted(possible - done.keys())
