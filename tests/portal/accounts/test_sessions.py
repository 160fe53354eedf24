"""Cookies, tickets, expiry, revocation."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlmodel import col, select

from db.engine import engine, reading, writing
from db.models.accounts import Duty, Ticket, WebSession
from portal import clock, limits, vault
from portal.accounts import people, sessions
from portal.acts import Who
from portal.errors import Refused
from tests.portal.accounts.town import CITY, STREET, Town, do, race, refusal, who_of


def test_cookie_stands_for_the_person_and_their_duties(town: Town) -> None:
    who = town.who("clerk")
    assert (who.person_id, who.name) == (town.people["clerk"], "clerk")
    assert who.duties == {("staff", STREET)} and who.client == "c"


@pytest.mark.parametrize("token", [None, "", "nonsense", "x" * 100_000])
def test_no_or_unknown_cookie_is_a_visitor(town: Town, token: str | None) -> None:
    assert who_of(token) == Who(client="c")


def test_hashes_in_the_database_open_nothing(town: Town) -> None:
    token = town.token("root")
    do(sessions.issue_ticket, person_id=town.people["root"])
    with reading() as session:
        row, ticket = session.exec(select(WebSession)).one(), session.exec(select(Ticket)).one()
    assert who_of(token).name == "root" and who_of(row.token_hash).person_id is None
    assert refusal(redeem, ticket.token_hash) == "ticket_spent"
    assert token not in repr(row) and len(token) >= 43


def redeem(session, ticket: str, current: str | None = None) -> tuple[str, int]:
    return sessions.redeem(session, ticket, current_token=current, agent="iPhone\x00")


def test_ticket_is_good_once(town: Town) -> None:
    ticket = do(sessions.issue_ticket, person_id=town.people["ann"])
    token, age = do(redeem, ticket)
    assert who_of(token).name == "ann"
    assert limits.RESIDENT_SESSION_DAYS * 86_400 - 60 < age <= limits.RESIDENT_SESSION_DAYS * 86_400
    assert refusal(redeem, ticket) == "ticket_spent"


def test_ticket_expires(town: Town) -> None:
    ticket = do(sessions.issue_ticket, person_id=town.people["ann"])
    with clock.at(clock.now() + timedelta(seconds=limits.TICKET_SECONDS + 1)):
        assert refusal(redeem, ticket) == "ticket_spent"
    assert do(redeem, ticket)


def test_fifty_redeem_one_ticket_one_wins(town: Town) -> None:
    ticket = do(sessions.issue_ticket, person_id=town.people["ann"])
    results = race(50, lambda: do(redeem, ticket))
    winners = [r for r in results if not isinstance(r, Exception)]
    losers = [r for r in results if isinstance(r, Refused) and r.message_id == "ticket_spent"]
    assert (len(winners), len(losers)) == (1, 49)


def test_control_read_then_delete_has_many_winners(db: str) -> None:
    """The same race without the deciding DELETE: proves that the race above really races."""
    key = vault.keyed_hash("ticket", "t")
    with writing() as session:
        session.add(Ticket(token_hash=key, expires_at=clock.now()))
        session.commit()

    both_have_read = threading.Barrier(2, timeout=30)

    def naive() -> bool:
        with reading() as session:
            found = session.get(Ticket, key) is not None
        both_have_read.wait()
        with writing() as session:
            session.execute(Ticket.__table__.delete())  # type: ignore[attr-defined]
            session.commit()
        return found

    assert race(2, naive) == [True, True]


def test_signing_in_always_gives_a_new_token_and_ends_the_old_one(town: Town) -> None:
    first = town.token("ann")
    second, _ = do(redeem, do(sessions.issue_ticket, person_id=town.people["ann"]), first)
    assert first != second
    assert (who_of(first).person_id, who_of(second).person_id) == (None, town.people["ann"])


@pytest.mark.parametrize(("name", "alive"), [("ann", 14 * 24), ("clerk", 12)])
def test_sessions_end_after_their_time(town: Town, name: str, alive: int) -> None:
    token, start = town.token(name), clock.now()
    for minutes in range(0, alive * 60, 25 if name == "clerk" else 600):
        with clock.at(start + timedelta(minutes=minutes)):
            assert who_of(token).person_id, minutes
    with clock.at(start + timedelta(hours=alive, minutes=1)):
        assert who_of(token).person_id is None


def test_staff_idle_for_half_an_hour_are_out_residents_are_not(town: Town) -> None:
    staff, resident = town.token("clerk"), town.token("ann")
    with clock.at(clock.now() + timedelta(minutes=limits.STAFF_IDLE_MINUTES, seconds=1)):
        assert who_of(staff).person_id is None
        assert who_of(resident).person_id is not None


def test_a_new_duty_shortens_the_session_that_is_running(town: Town) -> None:
    token, start = town.token("ann"), clock.now()
    do(people.grant, town.who("root"), town.people["ann"], "reviewer", town.areas[CITY])
    assert who_of(token).duties == {("reviewer", CITY)}
    with clock.at(start + timedelta(hours=12, minutes=1)):
        assert who_of(token).person_id is None


def test_volunteers_keep_the_long_session(town: Town) -> None:
    town.add("vera", "13800000009", "volunteer")
    token = town.token("vera")
    with clock.at(clock.now() + timedelta(days=13)):
        assert who_of(token).duties == {("volunteer", CITY)}


def test_sign_out_block_and_revocation_reach_every_tab_at_once(town: Town) -> None:
    tabs = [town.token("ann") for _ in range(3)]
    do(sessions.end, tabs[0])
    assert [who_of(t).person_id is None for t in tabs] == [True, False, False]
    do(sessions.end_all, who_of(tabs[1]), town.people["ann"])
    assert [who_of(t).person_id for t in tabs] == [None, None, None]
    other = town.token("ben")
    do(people.block, town.who("root"), town.people["ben"], "spam")
    assert who_of(other).person_id is None
    clerk = town.token("clerk")
    with reading() as session:
        duty = session.exec(select(Duty).where(Duty.person_id == town.people["clerk"])).one()
    do(people.revoke, town.who("root"), duty.id)
    assert who_of(clerk).duties == frozenset()


def test_nobody_ends_the_sessions_of_others_but_an_admin(town: Town) -> None:
    assert refusal(sessions.end_all, town.who("ben"), town.people["ann"]) == "forbidden_act"
    assert refusal(sessions.end_all, town.who("clerk"), town.people["ann"]) == "forbidden_act"
    do(sessions.end_all, town.who("root"), town.people["ann"])


def test_seen_at_is_written_at_most_once_a_minute(town: Town) -> None:
    token, start = town.token("ann"), clock.now()
    writes: list[str] = []

    def watch(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("UPDATE web_session"):
            writes.append(statement)

    event.listen(engine(), "before_cursor_execute", watch)
    for seconds in (1, 30, 59, 61, 62, 90, 130):
        with clock.at(start + timedelta(seconds=seconds)):
            who_of(token)
    event.remove(engine(), "before_cursor_execute", watch)
    assert len(writes) == 2
    with reading() as session:
        assert session.exec(select(WebSession.seen_at).where(col(WebSession.ended_at).is_(None))).all()


def test_a_run_inside_a_write_transaction_does_not_wait_for_itself(town: Town) -> None:
    token = town.token("ann")
    with clock.at(clock.now() + timedelta(minutes=5)), writing() as session:
        assert sessions.who_from(session, token, "c", "en").name == "ann"
        session.commit()


def test_my_browsers_are_listed(town: Town) -> None:
    token = town.token("ann")
    town.token("ann")
    with reading() as session:
        places = sessions.mine(session, who_of(token))
    assert [p.device for p in places] == ["android", "android"] and [p.this for p in places].count(True) == 1
