"""Signing in: codes, passwords, limits, the demo."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlmodel import Session, select

from db.engine import reading, writing
from db.models.accounts import OneTimeCode, Person
from db.models.audit import AuditRow
from db.models.notices import Notice
from portal import clock, limits, vault
from portal.accounts import passwords, people, phones, sessions, signin
from portal.errors import Refused
from tests.portal.accounts.town import CITY, Town, do, race, refusal, who_of

PHONE = "138 0000 0077"
PASSWORD = "correct horse battery"


def enter(ticket: str) -> str:
    return str(do(sessions.redeem, ticket, current_token=None, agent="")[0])


def code_for(phone: str = PHONE, client: str = "c") -> str:
    return str(do(signin.send_code, phone, client, "zh-CN"))


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def test_first_code_makes_the_account_the_second_finds_it(town: Town) -> None:
    first = who_of(enter(do(signin.by_code, PHONE, code_for(), "c")))
    second = who_of(enter(do(signin.by_code, "+86 13800000077", code_for(), "c")))
    assert first.person_id == second.person_id and first.name
    with reading() as session:
        rows = session.exec(select(AuditRow).where(AuditRow.act == "person.join")).all()
        person = session.get(Person, first.person_id)
    assert person and person.phone_mask == "138****0077" and not rows[-1].public


def test_code_is_kept_only_as_hash_and_sealed(town: Town) -> None:
    code = code_for()
    with reading() as session:
        kept, notice = session.exec(select(OneTimeCode)).one(), session.exec(select(Notice)).all()[-1]
    assert code not in repr(kept) and code not in repr(notice.facts) and code in vault.unseal(notice.sealed or "")
    assert notice.channel == "sms" and notice.due_at is not None and notice.person_id is None
    assert "13800000077" not in repr(notice)


def test_code_is_good_once_for_five_minutes_and_five_tries(town: Town) -> None:
    code = code_for()
    assert do(signin.by_code, PHONE, code, "c")
    assert refusal(signin.by_code, PHONE, code, "c") == "code_wrong"
    code = code_for()
    with clock.at(clock.now() + timedelta(minutes=limits.CODE_MINUTES, seconds=1)):
        assert refusal(signin.by_code, PHONE, code, "c") == "code_wrong"


def test_five_wrong_tries_use_the_code_up(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SIGN_IN_TRIES", 100)
    code = code_for()
    for _ in range(limits.CODE_TRIES):
        assert refusal(signin.by_code, PHONE, wrong(code), "c") == "code_wrong"
    assert refusal(signin.by_code, PHONE, code, "c") == "code_wrong"
    assert do(signin.by_code, PHONE, code_for(), "c")


def test_a_new_code_replaces_the_one_before(town: Town) -> None:
    first, second = code_for(), code_for()
    assert first == second or refusal(signin.by_code, PHONE, first, "c") == "code_wrong"
    assert do(signin.by_code, PHONE, second, "c")


def test_fifty_use_one_code_one_wins(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SIGN_IN_TRIES", 1000)
    monkeypatch.setattr(limits, "CODE_TRIES", 1000)
    code = code_for()
    results = race(50, lambda: do(signin.by_code, PHONE, code, "c"))
    assert [isinstance(r, str) for r in results].count(True) == 1
    assert {r.message_id for r in results if isinstance(r, Refused)} == {"code_wrong"}
    with reading() as session:
        key = phones.key(phones.normalise(PHONE))
        assert len(session.exec(select(Person).where(Person.phone_hash == key)).all()) == 1


def test_known_and_unknown_phones_get_the_same_answers(town: Town) -> None:
    for phone in ("13800000001", "13900000099"):
        assert len(code_for(phone, phone)) == 6
        assert refusal(signin.by_code, phone, "", phone) == "code_wrong"
        assert refusal(signin.by_password, phone, PASSWORD, "", phone) == "password_wrong"


def test_unknown_phones_cost_a_hash_as_well(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    verify = PasswordHasher.verify

    def watched(self: PasswordHasher, kept: str, typed: str) -> bool:
        asked.append(kept)
        return verify(self, kept, typed)

    monkeypatch.setattr(PasswordHasher, "verify", watched)
    for phone in ("13900000099", "13800000001"):
        refusal(signin.by_password, phone, PASSWORD, "", "c")
    assert len(asked) == 2 and all(kept.startswith("$argon2id$") for kept in asked)


def test_codes_per_phone_and_client_are_limited_and_the_wait_is_named(town: Town) -> None:
    for n in range(limits.CODES_PER_HOUR):
        code_for(PHONE, f"c{n}")
    with pytest.raises(Refused) as caught:
        code_for(PHONE, "another")
    assert caught.value.message_id == "too_often"
    assert 1 <= int(str(caught.value.facts["minutes"])) <= 60 and caught.value.facts["limit"] == limits.CODES_PER_HOUR
    with clock.at(clock.now() + timedelta(minutes=int(str(caught.value.facts["minutes"])))):
        assert code_for(PHONE, "another")


def test_a_client_cannot_text_the_whole_town(town: Town) -> None:
    for n in range(limits.CODES_PER_CLIENT_PER_HOUR):
        code_for(f"139000001{n:02}", "pump")
    assert refusal(signin.send_code, "13900000200", "pump", "zh-CN") == "too_often"
    assert code_for("13900000200", "neighbour")


@pytest.fixture
def ann(town: Town) -> Iterator[Town]:
    do(people.set_password, town.who("ann"), PASSWORD, PASSWORD)
    yield town


def test_password_signs_in(ann: Town) -> None:
    assert who_of(enter(do(signin.by_password, "13800000001", PASSWORD, "", "c"))).name == "ann"
    assert refusal(signin.by_password, "13800000001", PASSWORD + "x", "", "c") == "password_wrong"


def test_wrong_tries_count_for_phone_and_client_although_refused(ann: Town) -> None:
    for n in range(limits.SIGN_IN_TRIES):
        assert refusal(signin.by_password, "13800000001", "wrong password", "", f"c{n}") == "password_wrong"
    assert refusal(signin.by_password, "13800000001", PASSWORD, "", "fresh") == "too_often"
    for n in range(limits.SIGN_IN_TRIES):
        refusal(signin.by_password, f"1390000020{n}", "wrong password", "", "one")
    assert refusal(signin.by_password, "13900000300", PASSWORD, "", "one") == "too_often"
    with clock.at(clock.now() + timedelta(minutes=limits.SIGN_IN_WINDOW_MINUTES * 2)):
        assert do(signin.by_password, "13800000001", PASSWORD, "", "fresh")


def test_signing_in_rightly_does_not_use_the_limit_up(ann: Town) -> None:
    for _ in range(limits.SIGN_IN_TRIES * 2):
        assert do(signin.by_password, "13800000001", PASSWORD, "", "hall")


def test_hash_is_renewed_when_the_parameters_changed(ann: Town) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)

    def kept(session: Session) -> Person:
        return session.exec(select(Person).where(Person.id == ann.people["ann"])).one()

    with writing() as session:
        kept(session).password_hash = old
        session.commit()
    do(signin.by_password, "13800000001", PASSWORD, "", "c")
    with reading() as session:
        renewed = kept(session).password_hash or ""
    assert renewed != old and passwords.fits(renewed, PASSWORD) and renewed.startswith("$argon2id$")


@pytest.mark.parametrize(
    ("typed", "again", "said"),
    [
        ("short", "short", "password_short"),
        ("long enough 1", "long enough 2", "password_differs"),
        ("1111111111111", "1111111111111", "password_plain"),
        ("13800000001", "13800000001", "password_plain"),
        ("x" * 201, "x" * 201, "too_long"),
        ("bell\x07bell\x07bell", "bell\x07bell\x07bell", "control_characters"),
    ],
)
def test_weak_passwords_are_refused(town: Town, typed: str, again: str, said: str) -> None:
    assert refusal(people.set_password, town.who("ann"), typed, again) == said


def test_a_new_password_signs_the_other_browsers_out(town: Town) -> None:
    here, there = town.token("ann"), town.token("ann")
    do(people.set_password, who_of(here), PASSWORD, PASSWORD)
    assert (who_of(here).name, who_of(there).person_id) == ("ann", None)


def test_blocked_people_do_not_get_in(ann: Town) -> None:
    do(people.block, ann.who("root"), ann.people["ann"], "spam")
    assert refusal(signin.by_password, "13800000001", PASSWORD, "", "c") == "blocked"
    assert refusal(signin.by_code, "13800000001", code_for("13800000001"), "c") == "blocked"


def test_demo_signs_anybody_in_with_one_click(town: Town) -> None:
    do(people.ask_home, town.who("ann"), town.areas["/1/a/x/"])
    do(people.confirm_resident, town.who("clerk"), town.people["ann"])
    offered = do(signin.demo_people)
    assert [(p.name, p.role, p.area_path) for p in offered] == [
        ("ann", "resident", "/1/a/x/"),
        ("ben", "member", ""),
        ("root", "admin", CITY),
        ("clerk", "staff", "/1/a/"),
    ]
    assert who_of(enter(do(signin.demo, offered[2].person_id))).duties == {("admin", CITY)}


def test_without_demo_there_is_no_click_no_shown_code_and_no_code_nobody_could_send(
    town: Town, set_env: Callable[..., None]
) -> None:
    set_env(demo="0")
    assert refusal(signin.demo, town.people["root"]) == "forbidden"
    assert refusal(signin.demo_people) == "forbidden"
    assert refusal(signin.send_code, PHONE, "c", "zh-CN") == "texts_off"
    set_env(sms_url="json://localhost/{phone}")
    assert do(signin.send_code, PHONE, "c", "zh-CN") is None


@pytest.mark.parametrize("typed", ["", "12345", "138000000771", "abc", "1" * 500, "13800000077 ext 5", "00000000000"])
def test_no_phone(town: Town, typed: str) -> None:
    assert refusal(signin.send_code, typed, "c", "zh-CN") == "phone"


def test_phones_in_every_dress(db: str) -> None:
    same = {phones.normalise(p) for p in ("13800000077", "+86 138-0000-0077", "0086 13800000077", "13800000077")}
    assert same == {"+8613800000077"}
    assert phones.mask("+8613800000077") == "138****0077"
    assert phones.normalise("0871-68691234") == "+8687168691234"
    assert refusal(signin.send_code, "0871-68691234", "c", "zh-CN") == "phone_not_mobile"
