"""The second factor of staff."""

from collections.abc import Callable
from datetime import timedelta

import pyotp
import pytest

from db.engine import reading
from db.models.accounts import Person
from portal import clock, limits
from portal.accounts import people, sessions, signin, totp
from portal.acts import Who
from tests.portal.accounts.town import STREET, Town, do, race, refusal, who_of

PASSWORD = "correct horse battery"


def digits(who: Who, steps: int = 0) -> str:
    return pyotp.TOTP(totp.offered_secret(who)).at(clock.now(), counter_offset=steps)


def enter(ticket: str) -> Who:
    return who_of(do(sessions.redeem, ticket, current_token=None, agent="")[0])


@pytest.fixture
def clerk(town: Town, set_env: Callable[..., None]) -> Who:
    """A member of staff who has signed in but not yet proven anything more."""
    set_env(staff_totp="1")
    return town.who("clerk")


def test_duties_rest_until_the_authenticator_is_enrolled(clerk: Who) -> None:
    assert clerk.person_id and clerk.duties == frozenset()
    with reading() as session:
        assert totp.is_due(session, clerk) and not totp.is_enrolled(session, clerk)
    full = enter(do(totp.enrol, clerk, digits(clerk)))
    assert full.duties == {("staff", STREET)}
    with reading() as session:
        assert not totp.is_due(session, full) and totp.is_enrolled(session, full)


def test_volunteers_and_residents_are_not_asked(town: Town, set_env: Callable[..., None]) -> None:
    set_env(staff_totp="1")
    town.add("vera", "13800000009", "volunteer")
    for name, duties in (("vera", 1), ("ann", 0)):
        who = town.who(name)
        with reading() as session:
            assert len(who.duties) == duties and not totp.is_due(session, who)


def test_a_code_is_good_once_and_for_its_neighbours(clerk: Who) -> None:
    secret = totp.offered_secret(clerk)
    do(totp.enrol, clerk, digits(clerk))
    app = pyotp.TOTP(secret)
    assert refusal(totp.prove, clerk, app.at(clock.now())) == "totp_wrong"  # used at enrolment
    with clock.at(clock.now() + timedelta(seconds=90)):
        for steps, good in ((-2, False), (-1, True), (-1, False), (0, True), (1, True), (1, False), (2, False)):
            with_step = app.at(clock.now(), counter_offset=steps)
            if good:
                assert enter(do(totp.prove, clerk, with_step)).duties
            else:
                assert refusal(totp.prove, clerk, with_step) == "totp_wrong"


def test_fifty_present_one_code_one_wins(clerk: Who, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SIGN_IN_TRIES", 1000)
    secret = totp.offered_secret(clerk)
    do(totp.enrol, clerk, digits(clerk))
    with clock.at(clock.now() + timedelta(minutes=5)):
        code = pyotp.TOTP(secret).at(clock.now())
        moment = clock.now()

    def prove() -> object:
        with clock.at(moment):
            return do(totp.prove, clerk, code)

    assert [isinstance(r, str) for r in race(50, prove)].count(True) == 1


def test_guessing_is_limited(clerk: Who) -> None:
    do(totp.enrol, clerk, digits(clerk))
    for _ in range(limits.SIGN_IN_TRIES):
        assert refusal(totp.prove, clerk, "000000 ") == "totp_wrong"
    assert refusal(totp.prove, clerk, "000000") == "too_often"


def test_a_second_authenticator_needs_an_admin(town: Town, clerk: Who) -> None:
    do(totp.enrol, clerk, digits(clerk))
    later = town.who("clerk")
    with clock.at(clock.now() + timedelta(minutes=5)):
        assert refusal(totp.enrol, later, digits(later)) == "too_late"
    admin = town.who("root")
    assert refusal(totp.reset, admin, clerk.person_id) == "forbidden_act"  # the admin has proven nothing either
    admin = enter(do(totp.enrol, admin, digits(admin)))
    assert refusal(totp.reset, admin, admin.person_id) == "forbidden_act"
    do(totp.reset, admin, clerk.person_id)
    assert town.who("clerk").duties == frozenset()
    with clock.at(clock.now() + timedelta(minutes=10)):
        again = town.who("clerk")
        assert enter(do(totp.enrol, again, digits(again))).duties


def test_password_with_digits_gives_full_duties_without_gives_none(town: Town, clerk: Who) -> None:
    do(people.set_password, clerk, PASSWORD, PASSWORD)
    secret = totp.offered_secret(clerk)
    do(totp.enrol, clerk, digits(clerk))
    with clock.at(clock.now() + timedelta(minutes=5)):
        phone = "13800000004"
        assert enter(do(signin.by_password, phone, PASSWORD, "", "c")).duties == frozenset()
        assert refusal(signin.by_password, phone, PASSWORD, "000000", "c") == "totp_wrong"
        assert enter(do(signin.by_password, phone, PASSWORD, pyotp.TOTP(secret).at(clock.now()), "c")).duties


def test_the_secret_is_sealed_and_the_picture_asks_no_host(clerk: Who) -> None:
    secret = totp.offered_secret(clerk)
    assert secret == totp.offered_secret(clerk)
    do(totp.enrol, clerk, digits(clerk))
    with reading() as session:
        person = session.get(Person, clerk.person_id)
    assert person and person.totp_sealed and secret not in person.totp_sealed
    assert totp.picture(clerk, "Portal").startswith("data:image/svg+xml")
