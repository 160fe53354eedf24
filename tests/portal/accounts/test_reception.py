"""Somebody at the counter: found by the full phone number, or entered; by whom, how often, and what is told of them."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import Session, col, select

from db.engine import engine, reading
from db.models.accounts import OneTimeCode, Person, Ticket, WebSession
from db.models.audit import AuditRow
from db.models.notices import Notice
from portal import audit, clock, limits, notices, words
from portal.accounts import people as accounts
from portal.accounts import phones, reception, signin
from portal.accounts.reception import Served
from portal.acts import VISITOR, Who
from tests.fixtures.town import CELL, People, draw, settle
from tests.portal.accounts.town import do, race, refusal

RESIDENT, STRANGER = "139 0000-0001", "+86 1390000 0003"
NEW = "13700001234"


@pytest.fixture
def people(db: str) -> People:
    """The people of the demo town, in place of the small town that the other tests of accounts use."""
    draw()
    return settle()


def books(act: str = "person.%") -> list[AuditRow]:
    with reading() as session:
        found = select(AuditRow).where(col(AuditRow.act).like(act), col(AuditRow.actor_id).is_not(None))
        return list(session.exec(found.order_by(col(AuditRow.seq))).all())


def person(person_id: int) -> Person:
    with reading() as session:
        return session.get_one(Person, person_id)


def everybody_with(phone: str) -> list[Person]:
    """The accounts with this phone, counted by what is shown of it and not by what keeps them apart."""
    with reading() as session:
        return list(session.exec(select(Person).where(Person.phone_mask == phones.mask(phones.normalise(phone)))).all())


def seen(who: Who, person_id: int | None) -> Served | None:
    with reading() as session:
        return reception.served(session, who, person_id or 0)


def test_a_full_number_finds_the_person_and_tells_only_what_the_clerk_needs(people: People) -> None:
    found = do(reception.find, people.staff, RESIDENT)
    assert found == Served(people.resident.person_id or 0, "resident", "139****0001", CELL, blocked=False)
    assert do(reception.find, people.far_staff, RESIDENT) == replace(found, home_path="")
    assert do(reception.find, people.staff, STRANGER).home_path == ""
    assert do(reception.find, people.grid_worker, "１３９０００００００１").person_id == people.resident.person_id
    assert do(reception.find, people.staff, NEW) is None


@pytest.mark.parametrize("typed", ["", "0001", "139000000", "resident", "139****0001", "13900000001 ext 2", "1" * 40])
def test_anything_less_than_a_full_number_finds_nobody(people: People, typed: str) -> None:
    assert refusal(reception.find, people.staff, typed) == "phone"


def test_each_look_up_stands_in_the_books_and_not_in_public(people: People) -> None:
    do(reception.find, people.staff, RESIDENT)
    do(reception.find, people.staff, RESIDENT)
    do(reception.find, people.staff, NEW)
    found = books()
    assert [(row.act, row.thing, row.actor_id) for row in found] == [
        ("person.look_up", f"person:{people.resident.person_id}", people.staff.person_id)
    ] * 2
    assert not any(row.public or row.facts or row.private for row in found)


def test_only_clerks_and_grid_workers_look_up_and_enter(people: People) -> None:
    may = {"staff", "street_staff", "far_staff", "grid_worker", "next_worker"}
    for name, who in [*vars(people).items(), ("visitor", VISITOR)]:
        if name in may:
            assert do(reception.find, who, RESIDENT) and do(reception.enter, who, RESIDENT, "x", "spoken")
        else:
            assert refusal(reception.find, who, RESIDENT) == "forbidden_act"
            assert refusal(reception.enter, who, NEW, "新人", "spoken") == "forbidden_act"
            assert seen(who, people.resident.person_id) is None
    assert not everybody_with(NEW)


def test_numbers_cannot_be_tried_one_after_the_other(people: People) -> None:
    for n in range(limits.PHONE_LOOKUPS_PER_HOUR - 1):
        do(reception.find, people.staff, f"1370000{n:04}")
    do(reception.enter, people.staff, NEW, "新人", "spoken")  # an answer, too
    assert refusal(reception.find, people.staff, RESIDENT) == "too_often"
    assert refusal(reception.enter, people.staff, RESIDENT, "x", "spoken") == "too_often"
    assert do(reception.find, people.street_staff, RESIDENT)
    with clock.at(clock.now() + timedelta(hours=2)):
        assert do(reception.find, people.staff, RESIDENT)


def test_who_was_found_is_there_for_an_hour_and_for_this_clerk_alone(people: People) -> None:
    person_id = people.resident.person_id
    assert seen(people.staff, person_id) is None
    found = do(reception.find, people.staff, RESIDENT)
    assert seen(people.staff, person_id) == found
    assert seen(people.street_staff, person_id) is None
    assert seen(people.staff, people.stranger.person_id) is None
    assert seen(replace(people.staff, duties=frozenset()), person_id) is None
    with clock.at(clock.now() + timedelta(minutes=limits.COUNTER_MINUTES, seconds=1)):
        assert seen(people.staff, person_id) is None


def test_what_was_done_to_a_person_by_others_opens_nobody(people: People) -> None:
    """Only one's own looking up does: other rows about a person, of whatever clerk, are no key."""
    with audit.transaction() as session:
        accounts.ask_home(session, people.stranger, _cell_id(session))
        accounts.confirm_resident(session, people.staff, people.stranger.person_id or 0)
    assert books("person.confirm_home") and seen(people.staff, people.stranger.person_id) is None


def _cell_id(session: Session) -> int:
    return session.get_one(Person, 1).home_area_id or 0


def test_entering_makes_an_account_that_signs_in_later_and_nobody_now(people: People) -> None:
    made = do(reception.enter, people.staff, NEW, "  李奶奶 ", "written")
    entered = person(made)
    assert (entered.name, entered.phone_mask, entered.home_area_id, entered.password_hash) == (
        "李奶奶", "137****1234", None, None,
    )  # fmt: skip
    row = books("person.enter")[0]
    assert (row.thing, row.facts, row.public) == (f"person:{made}", {"consent": "written"}, False)
    assert seen(people.staff, made) == Served(made, "李奶奶", "137****1234", "", blocked=False)
    with reading() as session:
        for model in (Ticket, WebSession, OneTimeCode):
            assert session.exec(select(model)).all() == []
    code = do(signin.send_code, NEW, "c", "zh-CN")
    do(signin.by_code, NEW, code, "c")
    assert [p.id for p in everybody_with(NEW)] == [made]


def test_who_was_entered_is_told_by_text_message(people: People) -> None:
    made = do(reception.enter, people.staff, NEW, "李奶奶", "spoken")
    with reading() as session:
        (told,) = session.exec(select(Notice).where(Notice.person_id == made)).all()
    assert (told.message, told.channel) == ("person_entered", notices.SMS)
    with words.speaking("zh-CN"):
        assert "朝阳后山社区" in notices.text_of(told)


@pytest.mark.parametrize(
    "name,consent,why",
    [
        ("李奶奶", "", "missing"),
        ("李奶奶", "nodded", "not_offered"),
        (" ", "spoken", "missing"),
        ("李" * 41, "spoken", "too_long"),
    ],
)
def test_nobody_is_entered_without_a_name_and_a_yes(people: People, name: str, consent: str, why: str) -> None:
    assert refusal(reception.enter, people.staff, NEW, name, consent) == why
    assert refusal(reception.enter, people.staff, "0871-68691234", "李奶奶", "spoken") == "phone_not_mobile"
    assert not everybody_with(NEW) and not books()


def test_a_number_that_has_an_account_gives_it_unchanged(people: People) -> None:
    before = person(people.resident.person_id or 0).model_dump()
    assert do(reception.enter, people.staff, RESIDENT, "别的名字", "spoken") == people.resident.person_id
    assert person(people.resident.person_id or 0).model_dump() == before
    assert [row.act for row in books()] == ["person.look_up"]
    with reading() as session:
        assert session.exec(select(Notice).where(Notice.person_id == people.resident.person_id)).all() == []


# Two clerks at once


def entered_together(people: People, n: int = 8) -> list[Any]:
    clerks = [replace(people.staff, person_id=made) for made in _clerks(n)]
    waiting = iter(clerks)
    return race(n, lambda: do(reception.enter, next(waiting), NEW, "李奶奶", "spoken"))


def _clerks(n: int) -> list[int]:
    with audit.transaction() as session:
        return [accounts.join(session, f"+86136{number:08}", "窗口").id or 0 for number in range(n)]


def nobody_at_first(patch: pytest.MonkeyPatch) -> None:
    """Each clerk's first look finds nobody, as before the faster one had written: the moment that a race needs."""
    asked: set[int] = set()
    by_key = reception._by_key

    def late(session: Session, key: str) -> Person | None:
        if id(session) not in asked:
            asked.add(id(session))
            return None
        return by_key(session, key)

    patch.setattr(reception, "_by_key", late)


def test_of_many_clerks_at_once_all_get_the_one_account(people: People) -> None:
    results = entered_together(people)
    assert len(set(results)) == 1 and [p.id for p in everybody_with(NEW)] == results[:1], results
    assert [row.act for row in books()].count("person.enter") == 1
    with reading() as session:
        assert audit.verify(session).ok and len(session.exec(select(Notice)).all()) >= 1


def test_the_unique_number_holds_even_when_nobody_saw_the_other(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody_at_first(monkeypatch)
    results = entered_together(people)
    assert len(set(results)) == 1 and len(everybody_with(NEW)) == 1, results
    with reading() as session:
        assert audit.verify(session).ok


def test_without_the_unique_number_there_would_be_several(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: the guard is the UNIQUE number, taken off by making each look different."""
    nobody_at_first(monkeypatch)
    newcomer = accounts.newcomer

    def unguarded(session: Session, e164: str, name: str) -> Person:
        made = newcomer(session, e164, name)
        made.phone_hash = f"{made.phone_hash}-{id(made)}"
        return made

    monkeypatch.setattr(accounts, "newcomer", unguarded)
    with suppress(AssertionError):
        entered_together(people)
    assert len(everybody_with(NEW)) > 1


def test_finding_costs_a_handful_of_statements(people: People) -> None:
    said: list[str] = []

    def note(*args: Any) -> None:
        said.append(str(args[2]))

    event.listen(engine(), "before_cursor_execute", note)
    try:
        do(reception.find, people.staff, RESIDENT)
    finally:
        event.remove(engine(), "before_cursor_execute", note)
    assert len([s for s in said if s.startswith("SELECT")]) <= 5, said
