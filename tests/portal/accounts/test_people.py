"""Names, homes, duties, the register."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import select

from db.engine import engine, is_sqlite, reading
from db.models.accounts import Duty, Person
from db.models.audit import AuditRow
from db.models.notices import Notice
from portal import audit, clock
from portal.accounts import people, register
from portal.acts import ACTS, SYSTEM, VISITOR
from tests.portal.accounts.town import CELL, CITY, FAR_CELL, STREET, Town, do, race, refusal, who_of


def rows(act: str) -> list[AuditRow]:
    with reading() as session:
        return list(session.exec(select(AuditRow).where(AuditRow.act == act)))


def test_only_an_admin_of_the_area_grants_and_never_to_themselves(town: Town) -> None:
    ann, area = town.people["ann"], town.areas[STREET]
    for name in ("ann", "ben", "clerk"):
        assert refusal(people.grant, town.who(name), ann, "volunteer", area) == "forbidden_act"
    assert refusal(people.grant, VISITOR, ann, "volunteer", area) == "forbidden_act"
    assert refusal(people.grant, town.who("root"), town.people["root"], "staff", area) == "forbidden_act"
    do(people.grant, town.who("root"), ann, "admin", area)
    street_admin = town.who("ann")
    assert refusal(people.grant, street_admin, town.people["ben"], "admin", town.areas[CITY]) == "forbidden_act"
    assert refusal(people.grant, street_admin, town.people["ben"], "staff", town.areas[FAR_CELL]) == "forbidden_act"
    do(people.grant, street_admin, town.people["ben"], "grid_worker", town.areas[CELL])
    assert town.who("ben").holds("grid_worker", CELL)


def test_granting_leaves_an_audit_row_that_is_not_public_and_tells_the_person(town: Town) -> None:
    do(people.grant, town.who("root"), town.people["ann"], "mediator", town.areas[STREET])
    row = rows("duty.grant")[-1]
    assert not row.public and row.actor_id == town.people["root"]
    assert row.private == {"person": town.people["ann"], "role": "mediator", "area": STREET}
    with reading() as session:
        told = session.exec(select(Notice).where(Notice.person_id == town.people["ann"])).all()
        assert [n.message for n in told] == ["duty_granted"] and audit.verify(session).ok


def test_duties_are_held_once_and_revoked_once(town: Town) -> None:
    root, ann, area = town.who("root"), town.people["ann"], town.areas[STREET]
    do(people.grant, root, ann, "staff", area)
    assert refusal(people.grant, root, ann, "staff", area) == "duty_held"
    with reading() as session:
        duty = session.exec(select(Duty).where(Duty.person_id == ann)).one()
    assert refusal(people.revoke, town.who("ann"), duty.id) == "forbidden_act"
    do(people.revoke, root, duty.id)
    assert refusal(people.revoke, root, duty.id) == "too_late"
    do(people.grant, root, ann, "staff", area)


def test_twenty_parallel_grants_make_one_duty(town: Town) -> None:
    root = town.who("root")
    results = race(20, lambda: do(people.grant, root, town.people["ann"], "staff", town.areas[STREET]))
    assert sum(isinstance(r, Duty) for r in results) == 1
    assert {type(r).__name__ for r in results} == {"Duty", "Refused"}


@pytest.mark.parametrize("role", ["king", "", "resident", "system"])
def test_unknown_roles_are_refused(town: Town, role: str) -> None:
    assert refusal(people.grant, town.who("root"), town.people["ann"], role, town.areas[STREET]) == "not_offered"


def test_the_first_admin_comes_from_the_command_line(town: Town) -> None:
    with reading() as session:
        mine = session.exec(select(Duty).where(Duty.person_id == town.people["root"])).one()
    assert mine.granted_by is None and rows("duty.grant")[0].role == "system"
    again = do(people.add_staff, "13800000001", "whatever", "staff", STREET)
    assert again.id == town.people["ann"] and again.name == "ann"
    assert refusal(people.add_staff, "13800000001", "x", "staff", "nowhere") == "area_not_found"
    assert refusal(people.grant, SYSTEM, town.people["ann"], "staff", 999) == "not_found"


def test_a_home_is_confirmed_by_other_staff_of_that_area(town: Town) -> None:
    ann = town.people["ann"]
    assert refusal(people.ask_home, town.who("ann"), town.areas[STREET]) == "home_not_cell"
    do(people.ask_home, town.who("ann"), town.areas[CELL])
    assert town.who("ann").home_path == ""
    town.add("far", "13800000010", "staff", FAR_CELL)
    for name in ("far", "ben", "root", "ann"):
        assert refusal(people.confirm_resident, town.who(name), ann) == "forbidden_act"
    do(people.confirm_resident, town.who("clerk"), ann)
    assert town.who("ann").home_path == CELL
    assert refusal(people.confirm_resident, town.who("clerk"), ann) == "too_late"
    do(people.ask_home, town.who("ann"), town.areas[FAR_CELL])
    assert town.who("ann").home_path == ""


def test_staff_do_not_confirm_their_own_home(town: Town) -> None:
    do(people.ask_home, town.who("clerk"), town.areas[CELL])
    assert refusal(people.confirm_resident, town.who("clerk"), town.people["clerk"]) == "forbidden_act"
    with reading() as session:
        assert register.requests(session, town.who("clerk")) == []


def test_homes_are_confirmed_in_bulk_and_refused_with_a_reason(town: Town) -> None:
    for name in ("ann", "ben"):
        do(people.ask_home, town.who(name), town.areas[CELL])
    clerk = town.who("clerk")
    with reading() as session:
        waiting = register.requests(session, clerk)
    assert [(c.name, c.phone, c.area_path) for c in waiting] == [
        ("ann", "138****0001", CELL),
        ("ben", "138****0002", CELL),
    ]
    assert refusal(people.refuse_resident, clerk, town.people["ben"], " ") == "missing"
    do(people.refuse_resident, clerk, town.people["ben"], "no such house")
    assert do(people.confirm_residents, clerk, [c.id for c in waiting]) == 1
    assert town.who("ann").home_path == CELL and town.who("ben").home_path == ""


def test_finding_is_for_staff_by_name_in_their_areas_or_full_phone(town: Town) -> None:
    do(people.ask_home, town.who("ann"), town.areas[FAR_CELL])
    do(people.ask_home, town.who("ben"), town.areas[CELL])
    for who in (VISITOR, town.who("ann")):
        assert refusal(register.find, who, "an") == "forbidden_act"
    with reading() as session:
        clerk, root = town.who("clerk"), town.who("root")
        assert [c.name for c in register.find(session, clerk, "n")] == ["ben"]
        assert [c.name for c in register.find(session, root, "n")] == ["ann", "ben"]
        assert register.find(session, clerk, "1380000") == []
        assert register.find(session, root, "%") == []
        assert all("****" in c.phone for c in register.find(session, root, "n"))


def test_looking_up_a_phone_reaches_all_the_town_and_leaves_a_row(town: Town) -> None:
    do(people.ask_home, town.who("ann"), town.areas[FAR_CELL])
    clerk, typed = town.who("clerk"), "138-0000-0001"
    assert register.is_phone(typed) and not register.is_phone("1380000")
    with reading() as session:
        assert register.find(session, clerk, typed) == [], "not without a row in the books"
    for who in (VISITOR, town.who("ann")):
        assert refusal(register.find_phone, who, typed) == "forbidden_act"
    assert rows("person.find") == []
    assert [c.name for c in do(register.find_phone, clerk, typed)] == ["ann"]
    assert do(register.find_phone, clerk, "13899999999") == do(register.find_phone, clerk, "ann") == []
    row = rows("person.find")[-1]
    assert (row.thing, row.actor_id, row.public) == (f"person:{town.people['ann']}", clerk.person_id, False)
    do(register.find_phone, clerk, typed)
    assert len(rows("person.find")) == 1, "the page asks again while it is shown"
    do(register.find_phone, town.who("root"), typed)
    with clock.at(clock.now() + register.SEARCH_GOES_ON + timedelta(seconds=1)):
        do(register.find_phone, town.who("clerk"), typed)
    assert [r.actor_id for r in rows("person.find")] == [clerk.person_id, town.people["root"], clerk.person_id]


def test_who_is_in_charge_is_found_by_index(town: Town) -> None:
    if not is_sqlite():
        pytest.skip("PostgreSQL scans a table this small")
    asked: list[tuple[str, Any]] = []

    def hear(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_rest: object) -> None:
        asked.append((statement, parameters))

    event.listen(engine(), "before_cursor_execute", hear)
    with reading() as session:
        people.workers(session, CELL, "grid_worker")
        event.remove(engine(), "before_cursor_execute", hear)
        statement, parameters = next(one for one in asked if "duty" in one[0])
        steps = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    assert "INDEX duty_above (area_path=? AND role=?)" in str(steps)


def test_duties_are_listed_by_area_and_key(town: Town) -> None:
    town.add("far", "13800000010", "staff", FAR_CELL)
    with reading() as session:
        clerk, root = town.who("clerk"), town.who("root")
        assert [d.name for d in register.duties(session, clerk)] == ["clerk"]
        first = register.duties(session, root, limit=2)
        rest = register.duties(session, root, after=first[-1].id)
        assert [d.name for d in (*first, *rest)] == ["root", "clerk", "far"]
        assert [d.role for d in register.duties_of(session, clerk, clerk.person_id or 0)] == ["staff"]
        assert register.duties_of(session, clerk, town.people["far"]) == []
        assert register.grantable(root) == [CITY] and register.grantable(clerk) == []


def test_workers_come_closest_first(town: Town) -> None:
    for name, phone, path in (
        ("w1", "13800000021", CITY),
        ("w2", "13800000022", CELL),
        ("w3", "13800000023", FAR_CELL),
    ):
        town.add(name, phone, "grid_worker", path)
    with reading() as session:
        assert [(n, p) for _, n, p in people.workers(session, CELL, "grid_worker")] == [("w2", CELL), ("w1", CITY)]
        assert people.workers(session, CELL, "volunteer") == []


def test_blocking_is_for_admins_with_a_reason(town: Town) -> None:
    ann = town.people["ann"]
    assert refusal(people.block, town.who("clerk"), ann, "x") == "forbidden_act"
    assert refusal(people.block, town.who("root"), ann, "") == "missing"
    assert refusal(people.block, town.who("root"), town.people["root"], "x") == "forbidden_act"
    do(people.block, town.who("root"), ann, "spam")
    assert refusal(people.grant, town.who("root"), ann, "volunteer", town.areas[CITY]) == "blocked_person"
    do(people.unblock, town.who("root"), ann)
    assert town.who("ann").person_id == ann


@pytest.mark.parametrize(
    ("name", "said"), [("", "missing"), ("x" * 41, "too_long"), ("a\u202eb", "direction_characters")]
)
def test_names_are_cleaned(town: Town, name: str, said: str) -> None:
    assert refusal(people.introduce, town.who("ann"), name, "en") == said


def test_renaming(town: Town) -> None:
    token = town.token("ann")
    do(people.introduce, who_of(token), "  <b>王\u200b阿姨</b> ", "en")
    assert who_of(token).name == "<b>王阿姨</b>"
    with reading() as session:
        assert people.name_of(session, [town.people["ann"], 12345]) == {town.people["ann"]: "<b>王阿姨</b>"}
    assert refusal(people.introduce, VISITOR, "x", "en") == "forbidden"
    assert refusal(people.introduce, town.who("ann"), "x", "xx") == "not_offered"


def test_nothing_about_people_is_readable_in_the_public_chain(town: Town) -> None:
    mine = [act for name, act in ACTS.items() if name.startswith(("person.", "duty.", "session."))]
    assert len(mine) >= 13 and not any(act.public for act in mine)


def test_phones_lie_encrypted(town: Town) -> None:
    with reading() as session:
        person = session.get(Person, town.people["ann"])
    assert person and "13800000001" not in repr(person) and person.phone_mask == "138****0001"
