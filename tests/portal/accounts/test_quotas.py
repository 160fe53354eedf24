"""Counting in the database."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session, select

from db.engine import reading, writing
from db.models.accounts import Quota, WebSession
from portal import clock
from portal.accounts import quotas, sweep
from portal.errors import Refused
from tests.portal.accounts.town import Town, do, race, refusal

HOUR = timedelta(hours=1)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def tries(session: Session, n: int) -> int:
    """How many of `n` deeds in a row are let through."""
    done = 0
    for _ in range(n):
        try:
            quotas.spend(session, "s", 5, HOUR)
            done += 1
        except Refused:
            break
    return done


def test_no_more_than_the_limit_in_any_window(db: str) -> None:
    with writing() as session:
        for minute, let_through in ((59, 5), (60, 0), (61, 1), (90, 2), (120, 2), (300, 5)):
            with clock.at(NOON + timedelta(minutes=minute)):
                assert tries(session, 10) == let_through, minute


def test_the_named_wait_is_enough(db: str) -> None:
    with writing() as session:
        for minute in (0, 7, 31, 59):
            moment = NOON + timedelta(days=minute, minutes=minute)
            with clock.at(moment):
                tries(session, 10)
                with pytest.raises(Refused) as caught:
                    quotas.spend(session, "s", 5, HOUR)
            wait = int(str(caught.value.facts["minutes"]))
            with clock.at(moment + timedelta(minutes=wait, seconds=1)):
                assert tries(session, 1) == 1, minute


def test_fifty_at_once_get_no_more_than_the_limit(db: str) -> None:
    results = race(50, lambda: do(quotas.spend, "s", 5, HOUR))
    assert [r is None for r in results].count(True) == 5
    assert {r.message_id for r in results if isinstance(r, Refused)} == {"too_often"}


def test_a_refused_deed_is_not_counted_unless_for_good(db: str) -> None:
    def deed(session: Session) -> None:
        quotas.spend(session, "plain", 5, HOUR)
        quotas.spend_for_good(session, "good", 5, HOUR)
        quotas.spend(session, "after", 5, HOUR)
        raise Refused("wrong")

    assert refusal(deed) == "wrong"
    with reading() as session:
        assert {row.subject for row in session.exec(select(Quota))} == {"plain", "good"}


def test_once(db: str) -> None:
    assert race(20, lambda: do(quotas.once, "code", NOON)).count(True) == 1


def test_sweeping_keeps_what_still_counts(town: Town) -> None:
    town.token("ann")
    do(quotas.spend, "s", 5, HOUR)
    sweep.sweep()
    with reading() as session:
        assert session.exec(select(Quota)).all() and session.exec(select(WebSession)).all()
    with clock.at(clock.now() + timedelta(days=60)):
        sweep.sweep()
    with reading() as session:
        assert not session.exec(select(Quota)).all() and not session.exec(select(WebSession)).all()
