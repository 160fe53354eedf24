"""Following: said twice it changes nothing, and telling ten thousand costs one statement."""

import time

import pytest
from sqlalchemy import event
from sqlalchemy import insert as sql_insert
from sqlmodel import col, func, select

from db.engine import engine, reading
from db.models.accounts import Person
from db.models.notices import Notice
from db.models.works import ProjectFollow
from portal import audit, clock, notices, words
from portal.acts import VISITOR, Who
from portal.errors import Forbidden, NotFound
from portal.fund import following, work
from tests.fixtures.fund import FundPeople
from tests.portal.accounts.town import race
from tests.portal.cases.steps import do, look
from tests.portal.fund.works import Works, deeds, told, works


@pytest.fixture
def at(funders: FundPeople) -> Works:
    found = works(funders)
    found.start()
    return found


def test_a_member_follows_and_stops_following(at: Works) -> None:
    who = at.people.bob
    assert not look(following.follows, who, at.id)
    assert do(following.toggle, who, at.id) is True
    assert do(following.toggle, who, at.id) is False, "a double click does not undo itself"
    assert look(following.follows, who, at.id) and look(following.count, VISITOR, at.id) == 1
    assert do(following.toggle, who, at.id, False) is True
    assert do(following.toggle, who, at.id, False) is False
    assert not look(following.follows, who, at.id)
    rows = [row for row in deeds(f"project:{at.id}") if row.act == "project.follow"]
    assert [row.facts["follows"] for row in rows] == [True, False] and not any(row.public for row in rows)


def test_who_may_not_follow(at: Works) -> None:
    with pytest.raises(Forbidden):
        do(following.toggle, VISITOR, at.id)
    for number in (0, 99_999):
        with pytest.raises(NotFound):
            do(following.toggle, at.people.bob, number)
    with audit.transaction() as session:
        session.get_one(Person, at.people.bob.person_id).blocked_at = clock.now()
    with pytest.raises(Forbidden):
        do(following.toggle, at.people.bob, at.id)
    assert not look(following.follows, Who(), at.id)


def test_many_clicks_at_once_are_one_follow(at: Works) -> None:
    outcomes = race(8, lambda: do(following.toggle, at.people.bob, at.id))
    assert sorted(map(str, outcomes)) == ["False"] * 7 + ["True"]


def test_nobody_follows_by_itself(at: Works) -> None:
    do(work.news, at.staff, at.id, "开工了")
    assert told(at.lead, "project_news") == [] and look(following.count, VISITOR, at.id) == 0


def test_each_is_told_once_in_their_language(at: Works) -> None:
    with audit.transaction() as session:
        session.get_one(Person, at.people.eve.person_id).lang = "en"
    for who in (at.lead, at.people.eve):
        do(following.toggle, who, at.id)
    do(work.suspend, at.staff, at.id, "等材料")
    (heard,) = told(at.lead, "project_suspended")
    assert (heard.href, heard.channel, heard.due_at) == (f"/project?id={at.id}", "portal", None)
    (other,) = told(at.people.eve, "project_suspended")
    assert other.lang == "en" and look(notices.unread, at.people.eve) == 1
    with words.speaking("en"):
        assert "is suspended" in look(notices.mine, at.people.eve)[0].text


def test_who_is_shut_out_is_not_told(at: Works) -> None:
    do(following.toggle, at.people.bob, at.id)
    with audit.transaction() as session:
        session.get_one(Person, at.people.bob.person_id).blocked_at = clock.now()
    do(work.news, at.staff, at.id, "开工了")
    assert told(at.people.bob, "project_news") == []


def test_ten_thousand_followers_cost_one_statement(at: Works) -> None:
    with audit.transaction() as session:
        plain = {"phone_mask": "", "lang": "zh-CN", "area_path": "", "created_at": clock.now()}
        session.execute(sql_insert(Person), [plain | {"name": f"p{n}"} for n in range(10_000)])
        crowd = select(col(Person.id)).where(col(Person.name).like("p%"), col(Person.phone_hash).is_(None))
        ids = session.exec(crowd).all()
        session.execute(sql_insert(ProjectFollow), [{"project_id": at.id, "person_id": number} for number in ids])
    with reading() as session:
        before = session.scalar(select(func.count()).select_from(Notice)) or 0
    statements: list[str] = []

    def seen(_c: object, _cursor: object, statement: str, *_more: object) -> None:
        statements.append(statement)

    event.listen(engine(), "before_cursor_execute", seen)
    started = time.perf_counter()
    do(work.news, at.staff, at.id, "开工了")
    spent = time.perf_counter() - started
    event.remove(engine(), "before_cursor_execute", seen)
    with reading() as session:
        assert (session.scalar(select(func.count()).select_from(Notice)) or 0) - before == 10_000
    assert len(statements) < 20 and spent < 3, (len(statements), spent)
    assert look(following.count, VISITOR, at.id) == 1_000, "counted no further than it needs to be shown"
