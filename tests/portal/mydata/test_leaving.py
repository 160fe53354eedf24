"""Leaving: nothing of the person stays, everything else does, and the books hold."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text as sql
from sqlmodel import SQLModel, col, select

from db.engine import engine, reading
from db.models.accounts import Duty, OneTimeCode, Person, WebSession
from db.models.audit import AuditRow
from db.models.cases import Case, Support
from db.models.files import Photo
from db.models.helping import Skill
from db.models.notices import Notice
from portal import areas, audit, notices, photos, vault
from portal.accounts import passwords, register, sessions, signin
from portal.accounts import people as accounts
from portal.acts import SYSTEM, VISITOR, Who
from portal.cases import echo, erasing, post, screening, wall, work
from portal.cases import reading as finding
from portal.cases.acts import BEFORE_ANSWER
from portal.errors import Forbidden, NotFound, Refused
from portal.mydata import leaving
from tests.fixtures.town import CITY, People
from tests.portal.accounts.town import race
from tests.portal.cases.steps import (
    WAYS,
    case,
    deeds,
    do,
    look,
    picture,
    posted,
    refused,
    rows,
    staged,
    volunteered,
    wish,
)

pytestmark = pytest.mark.usefixtures("monday")
PHONE, NAME, WORD = "13912345678", "独一无二的名字", "注销"


@pytest.fixture(autouse=True)
def plenty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.limits.WISHES_PER_HOUR", 99)


def leave(who: Who, *, keep_words: bool = True, typed: str = WORD, proof: str | None = None) -> None:
    """Leave with the code that comes to the phone, unless something else is typed in its place."""
    if proof is None:
        proof = do(leaving.send_code, who)
    do(leaving.leave, who, typed, proof, keep_words)


def person(who: Who) -> Person:
    with reading() as session:
        return session.get_one(Person, who.person_id)


def named(who: Who) -> Who:
    """The same person under a name that stands nowhere else."""
    do(accounts.introduce, who, NAME, "zh-CN")
    return replace(who, name=NAME)


def everything() -> Iterator[tuple[str, str]]:
    """Every value of every table, as text."""
    with engine().connect() as connection:
        for table in SQLModel.metadata.sorted_tables:
            for row in connection.execute(table.select()):
                for column, value in row._mapping.items():
                    yield f"{table.name}.{column}", str(value)
        if connection.dialect.name == "postgresql":
            for words in connection.execute(sql("SELECT words::text FROM case_words")):
                yield "case_words", str(words[0])


def traces(*wanted: str) -> list[str]:
    """Where one of these stands, open or sealed."""
    found = []
    for where, value in everything():
        opened = value
        with suppress(Exception):
            opened += vault.unseal(value)
        found += [where for text in wanted if text in opened]
    return found


# One case


def test_the_phone_of_one_case_goes_and_the_rest_stays(people: People) -> None:
    case_id = posted(people, contact=PHONE)
    assert traces("139****5678", PHONE)
    do(erasing.drop_contact, people.resident, case_id)
    assert traces("139****5678", PHONE) == []
    assert case(case_id).title == "三栋门口的路灯坏了" and rows(case_id)[-1].public is False
    for other in (people.neighbour, people.staff):
        with pytest.raises(Refused):
            do(erasing.drop_contact, other, case_id)


def test_ones_words_go_from_everywhere(people: People) -> None:
    words = {"title": "唯一的标题", "body": "唯一的正文", "place": "唯一的地点", "contact": PHONE}
    case_id = staged(people, "awaiting_resident", photos=[picture(alt="唯一的照片")], **words)
    do(work.answer_ask, people.resident, case_id, "唯一的回答")
    do(work.finish, people.grid_worker, case_id, "路灯已经修好。", [picture(alt="修好的灯")])
    do(echo.rate, people.resident, case_id, "solved", 5, "唯一的评价")
    with reading() as session:
        picture_of = session.exec(select(Photo.name).where(Photo.moment == "before")).one()
    assert photos.path_of(picture_of).is_file()
    do(erasing.erase, people.resident, case_id)
    assert traces("唯一", "139****5678", PHONE) == []
    found = case(case_id)
    assert (found.title, found.body, found.lon, found.outcome, found.stars) == (
        erasing.erased_title(),
        "",
        None,
        "solved",
        5,
    )
    assert (found.answer, found.standing, found.state) == ("路灯已经修好。", "solved", "closed")
    assert not photos.path_of(picture_of).is_file() and not photos.path_of(picture_of, thumb=True).is_file()
    with reading() as session:
        assert session.exec(select(Photo.alt)).all() == ["修好的灯"]
        assert audit.verify(session).ok
        assert wall.wall(session, VISITOR, wall.Filters(text="唯一")).rows == []
        said = {row.act: row.says for row in session.exec(select(AuditRow).where(AuditRow.thing == f"cases:{case_id}"))}
    assert (said["case.answer_ask"], said["case.rate"], said["case.finish"]) == (None, None, "路灯已经修好。")
    assert erasing.is_erased(found)


@pytest.mark.parametrize("state", [s for s in WAYS if s not in ("draft",)])
def test_words_go_only_when_it_is_over(people: People, state: str) -> None:
    case_id = staged(people, state)
    if state in BEFORE_ANSWER:
        with refused("too_late"):
            do(erasing.erase, people.resident, case_id)
        do(post.withdraw, people.resident, case_id)
    do(erasing.erase, people.resident, case_id)
    assert traces("三栋门口") == [] and erasing.is_erased(case(case_id))
    for other in (people.neighbour, people.staff, people.grid_worker, VISITOR):
        with pytest.raises((Forbidden, NotFound)):
            do(erasing.erase, other, case_id)


def test_files_stay_where_the_transaction_fails(people: People) -> None:
    case_id = staged(people, "closed", photos=[picture()])
    with reading() as session:
        name = session.exec(select(Photo.name)).one()
    with pytest.raises(RuntimeError), audit.transaction() as session:
        erasing.erase(session, people.resident, case_id)
        raise RuntimeError("no disk")
    assert photos.path_of(name).is_file() and case(case_id).body


# The account


@pytest.mark.parametrize("keep_words", [True, False])
def test_nothing_of_the_person_is_left(people: People, keep_words: bool) -> None:
    who = named(people.resident)
    people = replace(people, resident=who)
    for state in WAYS:
        staged(people, state, contact=PHONE, name_shown=True, photos=[picture()])
    do(signin_of, who)
    e164 = "+8613900000001"
    assert traces(NAME, "139****0001", e164) and traces("139****5678", PHONE)
    leave(who, keep_words=keep_words)
    notices.deliver()  # the code itself; its number goes once it is sent or given up
    assert traces(NAME, "139****0001", e164, "139****5678", PHONE) == []
    with reading() as session:
        assert audit.verify(session).ok
        for table, column in ((Notice, Notice.person_id), (WebSession, WebSession.person_id), (Skill, Skill.person_id)):
            assert session.exec(select(table).where(column == who.person_id)).all() == []
        mine = session.exec(select(Case).where(Case.poster_id == who.person_id)).all()
        public = wall.wall(session, VISITOR, wall.Filters(), None, 50).rows
    assert not [c.id for c in mine if c.state in (*BEFORE_ANSWER, "draft") or c.contact_sealed or c.name_shown]
    assert bool(traces("三栋门口")) == keep_words and bool(traces("很亮，谢谢")) == keep_words
    assert all(note.name == "" for note in public)
    shell = person(who)
    assert (shell.name, shell.phone_hash, shell.area_path, shell.resident_at) == ("已注销用户", None, "", None)
    assert shell.blocked_at is not None


def signin_of(session: Any, who: Who) -> None:
    """A session and a code of the person's, and a skill."""
    ticket = sessions.issue_ticket(session, person_id=who.person_id)
    sessions.redeem(session, ticket, current_token=None, agent="Android")
    sessions.issue_ticket(session, person_id=who.person_id)
    session.add(Skill(person_id=who.person_id or 0, category=session.exec(sql("SELECT code FROM category")).first()[0]))


@pytest.mark.parametrize("kind", ["wish", "opinion", "dispute"])
@pytest.mark.parametrize("thrown_away", [True, False])
def test_words_that_were_never_posted_always_go(people: People, kind: str, thrown_away: bool) -> None:
    case_id = do(
        post.draft, people.resident, wish(kind=kind, category="", title="只写给自己的题", body="只写给自己的话")
    )
    if thrown_away:
        do(post.discard, people.resident, case_id)
    leave(people.resident, keep_words=True)
    assert traces("只写给自己的题", "只写给自己的话") == []


def test_what_was_in_hand_is_free_and_duties_end(people: People) -> None:
    held = volunteered(people)
    leave(people.volunteer)
    assert (case(held).state, case(held).holder_id) == ("open", None) and deeds(held)[-1] == "free"
    with reading() as session:
        live = select(Duty).where(Duty.person_id == people.volunteer.person_id, col(Duty.until_at).is_(None))
        assert session.exec(live).all() == []
    assert look(register.find, people.admin, "已注销") == [], "the shell is in no register"


def test_supports_are_counted_on(people: People) -> None:
    case_id = staged(people, "open")
    do(post.support, people.neighbour, case_id)
    leave(people.neighbour)
    with reading() as session:
        assert len(session.exec(select(Support)).all()) == 1 == case(case_id).supporters


def test_the_number_may_join_anew_and_sees_nothing_of_before(people: People) -> None:
    case_id = staged(people, "screening")
    leave(people.resident)
    with audit.transaction() as session:
        again = accounts.join(session, "+8613900000001", "又来了")
    assert again.id != people.resident.person_id
    with pytest.raises(NotFound):
        look(finding.one, Who(person_id=again.id), case_id)


def test_it_must_be_meant(people: People) -> None:
    for typed in ("", "注", "close", "x" * 99):
        with pytest.raises(Refused):
            leave(people.resident, typed=typed, proof="")
    with pytest.raises(Forbidden):
        leave(VISITOR, proof="")
    assert person(people.resident).phone_hash


def test_with_a_password_it_is_asked_for(people: People) -> None:
    with audit.transaction() as session:
        session.get_one(Person, people.resident.person_id).password_hash = passwords.hashed("长长的密码一二三四五六")
    assert look(leaving.proof_asked, people.resident) == "password"
    with refused("password_wrong"):
        leave(people.resident, proof="不对的密码一二三四五六")
    leave(people.resident, proof="长长的密码一二三四五六")
    assert person(people.resident).password_hash is None


def test_without_one_a_code_is_asked_for_where_it_can_be_sent(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    assert look(leaving.proof_asked, people.resident) == "code"
    code = do(leaving.send_code, people.resident)
    with refused("code_wrong"):
        leave(people.resident, proof="000000" if code != "000000" else "111111")
    assert person(people.resident).phone_hash
    leave(people.resident, proof=code)
    monkeypatch.setattr(signin.settings(), "demo", False)
    assert look(leaving.proof_asked, people.neighbour) == ""
    leave(people.neighbour, proof="")
    assert person(people.neighbour).phone_hash is None
    with reading() as session:
        assert session.exec(select(OneTimeCode)).all() == []


def test_the_last_admin_stays(people: People) -> None:
    with refused("last_admin"):
        leave(people.admin)
    make_admin(people.stranger)
    leave(people.admin)
    with refused("last_admin"):
        leave(replace(people.stranger, duties=frozenset({("admin", CITY)})))


def make_admin(who: Who) -> None:
    with audit.transaction() as session:
        accounts.grant(session, SYSTEM, who.person_id or 0, "admin", areas.tree().by_path(CITY).id)


def test_of_the_last_two_admins_one_stays(people: People) -> None:
    make_admin(people.stranger)
    pair = [people.admin, people.stranger]
    gate = iter(pair)
    lock = threading.Lock()

    def go() -> str:
        with lock:
            who = next(gate)
        leave(who)
        return "left"

    ends = race(2, go)
    assert sorted(e if isinstance(e, str) else e.message_id for e in ends) == ["last_admin", "left"]


def test_whoever_posts_while_leaving_leaves_nothing_behind(people: People) -> None:
    """Either the wish came first and was withdrawn, or the account was gone: on both databases, many times over."""

    def either() -> Iterator[Any]:
        yield lambda: posted(people, contact=PHONE)
        yield lambda: leave(people.resident)

    deeds_, lock = either(), threading.Lock()

    def go() -> Any:
        with lock:
            deed = next(deeds_)
        return deed()

    race(2, go)
    assert traces("139****5678", PHONE) == []
    with reading() as session:
        assert not [c for c in session.exec(select(Case)) if c.state == "screening"]


def test_gone_is_gone_for_a_tab_that_is_still_open(people: People) -> None:
    leave(people.resident)
    for deed in (post.post, post.draft):
        with pytest.raises(Forbidden):
            do(deed, people.resident, wish())


def test_a_refusal_about_the_home_goes_too(people: People) -> None:
    with audit.transaction() as session:
        session.get_one(Person, people.stranger.person_id).area_path = people.resident.home_path
    place = look(
        lambda s, w: s.exec(select(Person.home_area_id).where(Person.id == people.resident.person_id)).one(), VISITOR
    )
    do(accounts.ask_home, people.stranger, place)
    do(accounts.refuse_resident, people.staff, people.stranger.person_id, "唯一的理由")
    leave(people.stranger)
    assert traces("唯一的理由") == []


def test_one_word_hidden_by_staff_stays_hidden(people: People) -> None:
    case_id = staged(people, "closed")
    do(screening.hide, people.staff, case_id, "隐私")
    leave(people.resident, keep_words=False)
    with pytest.raises(NotFound):
        look(finding.one, VISITOR, case_id)


def test_without_the_guard_an_open_tab_would_leave_a_number_behind(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "stay", lambda session, who: None)
    leave(people.resident)
    posted(people, contact=PHONE)
    assert traces("139****5678")
