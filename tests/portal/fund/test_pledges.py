"""Pledges: things and hours, never money; a name only with consent; the totals."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from db.engine import reading
from db.models.fund import Project, Round
from db.models.works import Pledge
from portal import audit, clock, limits
from portal.acts import VISITOR
from portal.errors import Forbidden, NotFound, TooLate
from portal.fund import pledges
from portal.fund.pledges import Offer
from tests.fixtures.fund import FundPeople
from tests.fixtures.town import CELL, People
from tests.portal.cases.steps import do, look, refused
from tests.portal.fund.works import Works, deeds, told, works


@pytest.fixture
def at(funders: FundPeople) -> Works:
    return works(funders)


@pytest.fixture(autouse=True)
def plenty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PLEDGES_PER_DAY", 99)


def offer(at: Works, **changes: object) -> Offer:
    typed = {"fund_id": at.money.fund_id, "project_id": at.id, "kind": "hours", "what": "周末帮忙刷漆", "hours": 4}
    return Offer(**(typed | changes))  # type: ignore[arg-type]


def row(pledge_id: int) -> Pledge:
    with reading() as session:
        return session.get_one(Pledge, pledge_id)


def test_it_stands_in_the_list_once_it_is_received(at: Works) -> None:
    number = do(pledges.offer, at.people.bob, offer(at))
    assert look(pledges.received, VISITOR, at.money.fund_id).rows == ()
    assert told(at.staff, "pledge_offered")[0].href == "/works?tab=pledges"
    do(pledges.receive, at.staff, number)
    for scope in ((at.money.fund_id,), (at.money.fund_id, at.id)):
        given = look(pledges.received, VISITOR, *scope)
        assert [(r.what, r.hours, r.name, r.person_id) for r in given.rows] == [("周末帮忙刷漆", 4, "", None)]
        assert (given.hours, given.things, given.next) == (4, 0, None)
    assert told(at.people.bob, "pledge_received")[0].href == f"/project?id={at.id}"


def test_a_name_is_shown_only_with_consent(at: Works) -> None:
    for named in (True, False):
        do(pledges.receive, at.staff, do(pledges.offer, at.people.bob, offer(at, named=named)))
    assert [r.name for r in look(pledges.received, VISITOR, at.money.fund_id).rows] == ["", "bob"]
    facts = [deed.facts for n in (1, 2) for deed in deeds(f"pledge:{n}")]
    assert not any("bob" in str(fact) for fact in facts)


def test_totals_count_what_was_received(at: Works) -> None:
    for hours in (2, 3):
        do(pledges.receive, at.staff, do(pledges.offer, at.people.bob, offer(at, hours=hours)))
    things = offer(at, kind="things", what="两张旧长椅", project_id=0, hours=7)
    do(pledges.receive, at.staff, do(pledges.offer, at.people.eve, things))
    do(pledges.offer, at.people.eve, offer(at, hours=100))
    fund, project = (look(pledges.received, VISITOR, at.money.fund_id, n) for n in (0, at.id))
    assert (fund.hours, fund.things, len(fund.rows)) == (5, 1, 3) and (project.hours, project.things) == (5, 0)


def test_money_is_never_pledged(at: Works) -> None:
    for kind in ("money", "", "donation"):
        with refused("not_offered", field="pledge_kind"):
            do(pledges.offer, at.people.bob, offer(at, kind=kind))
    with pytest.raises(IntegrityError), audit.transaction() as session:
        person_id = at.people.bob.person_id or 0
        session.add(Pledge(fund_id=at.money.fund_id, area_path="/", person_id=person_id, kind="money", what="一百元"))


@pytest.mark.parametrize("hours", [0, -1, limits.PLEDGE_HOURS + 1, 1.5, "2", True])
def test_hours_that_are_none_are_refused(at: Works, hours: object) -> None:
    with refused("hours_range", limit=limits.PLEDGE_HOURS):
        do(pledges.offer, at.people.bob, offer(at, hours=hours))


def test_who_may_offer_and_to_what(at: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Forbidden):
        do(pledges.offer, VISITOR, offer(at))
    for wrong in ({"fund_id": 99}, {"fund_id": 0}, {"project_id": 99}):
        with pytest.raises(NotFound):
            do(pledges.offer, at.people.bob, offer(at, **wrong))
    with refused("missing", field="pledge_what"):
        do(pledges.offer, at.people.bob, offer(at, what=" "))
    for hidden in ("draft", "submitted"):
        at.money.set_state(Project, hidden)
        with pytest.raises(NotFound):
            do(pledges.offer, at.people.bob, offer(at))
    for state in ("not_funded", "closed", "cancelled"):
        at.money.set_state(Project, state)
        with refused("pledge_not_needed"):
            do(pledges.offer, at.people.bob, offer(at))
    monkeypatch.setattr(limits, "PLEDGES_PER_DAY", 1)
    do(pledges.offer, at.people.bob, offer(at, project_id=0))
    with refused("too_often"):
        do(pledges.offer, at.people.bob, offer(at, project_id=0))


def test_staff_of_the_area_answer(at: Works, people: People) -> None:
    number = do(pledges.offer, at.people.bob, offer(at))
    for who in (VISITOR, at.people.bob, at.people.finance, people.far_staff):
        for deed in (pledges.receive, pledges.decline):
            with pytest.raises(Forbidden):
                do(deed, who, number)
    assert look(pledges.waiting, people.far_staff) == ((), None)
    ((waits,), key) = look(pledges.waiting, at.staff)
    assert (waits.id, waits.name, key) == (number, "bob", None), "staff know whom to answer"
    do(pledges.decline, at.staff, number, "漆已经刷完了")
    assert told(at.people.bob, "pledge_declined_why")[0].facts["reason"] == "漆已经刷完了"
    assert row(number).state == "declined" and look(pledges.waiting, at.staff)[0] == ()
    with pytest.raises(TooLate):
        do(pledges.receive, at.staff, number)


def test_an_offer_is_taken_back_before_it_is_received(at: Works) -> None:
    number, other = (do(pledges.offer, at.people.bob, offer(at)) for _ in range(2))
    with pytest.raises(Forbidden):
        do(pledges.withdraw, at.people.eve, number)
    do(pledges.withdraw, at.people.bob, number)
    do(pledges.receive, at.staff, other)
    with pytest.raises(TooLate):
        do(pledges.withdraw, at.people.bob, other)
    mine = look(pledges.mine, at.people.bob, at.money.fund_id, at.id)
    assert [(r.id, r.state) for r in mine] == [(other, "received"), (number, "withdrawn")]
    assert look(pledges.mine, VISITOR, at.money.fund_id) == ()


def test_the_list_goes_on_by_key(at: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PAGE_ROWS", 2)
    for n in range(5):
        with clock.at(clock.now() + timedelta(minutes=n)):
            do(pledges.receive, at.staff, do(pledges.offer, at.people.bob, offer(at, hours=n + 1)))
    seen: list[int] = []
    key = None
    while True:
        given = look(pledges.received, VISITOR, at.money.fund_id, 0, key)
        seen, key = [*seen, *(r.hours for r in given.rows)], given.next
        if key is None:
            break
    assert seen == [5, 4, 3, 2, 1] and given.hours == 15
    with refused("not_offered"):
        look(pledges.received, VISITOR, at.money.fund_id, 0, "x")


def test_staff_of_a_round_in_a_part_of_the_funds_area_see_what_waits_there(at: Works) -> None:
    with audit.transaction() as session:
        for model, number in ((Round, at.money.round_id), (Project, at.id)):
            place = session.get_one(model, number)
            place.area_path = CELL
            session.add(place)
    do(pledges.offer, at.people.bob, offer(at))
    do(pledges.offer, at.people.bob, offer(at, project_id=0))
    below = replace(at.staff, duties=frozenset({("staff", CELL)}))
    assert [waits.project_id for waits in look(pledges.waiting, below)[0]] == [at.id]
