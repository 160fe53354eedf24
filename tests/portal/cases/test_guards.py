"""What must not slip through: words nobody screened, rights that outlast the work, judging one's own work."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from db.engine import reading
from db.models.accounts import Duty
from db.models.notices import Notice
from portal import areas, audit, clock, limits
from portal.acts import VISITOR, Who
from portal.cases import dispatch, echo, levels, lists, post, screening, work
from portal.cases.contents import first_desk
from portal.cases.reading import one
from portal.errors import Forbidden, NotFound
from tests.fixtures.town import CELL, People
from tests.portal.cases.steps import MONDAY, case, do, look, posted, refused, staged, steps, volunteered, wish


def unseen(who: Who, case_id: int) -> bool:
    try:
        look(one, who, case_id)
    except NotFound:
        return True
    return False


def test_what_nobody_screened_stays_unread_though_merged(people: People) -> None:
    target, never_shown, shown = staged(people, "open"), posted(people), staged(people, "open")
    do(screening.merge, people.staff, never_shown, target)
    do(screening.merge, people.staff, shown, target)
    assert unseen(VISITOR, never_shown) and not unseen(VISITOR, shown)
    assert not unseen(people.resident, never_shown) and not unseen(people.staff, never_shown)


def test_a_decline_can_keep_the_words_from_the_public(people: People) -> None:
    open_words, private_words = posted(people), posted(people)
    do(screening.decline, people.staff, open_words, "不归社区管")
    do(screening.decline, people.staff, private_words, "写了别人的电话", True)
    assert not unseen(VISITOR, open_words) and unseen(VISITOR, private_words)
    assert [s.says for s in steps(people.resident, private_words) if s.act == "case.decline"] == ["写了别人的电话"]


def test_a_volunteers_inside_rights_end_with_the_work(people: People) -> None:
    case_id = volunteered(people, contact="13800138000")
    do(screening.remark, people.staff, case_id, "老人独居，请轻声")
    assert "老人独居，请轻声" in [s.says for s in steps(people.volunteer, case_id)]
    assert do(post.reveal_contact, people.volunteer, case_id, "约时间")
    do(work.finish, people.volunteer, case_id, "修好了")
    assert "老人独居，请轻声" not in [s.says for s in steps(people.volunteer, case_id)]
    with pytest.raises(Forbidden):
        do(post.reveal_contact, people.volunteer, case_id, "再约")
    with pytest.raises(Forbidden):
        do(screening.remark, people.volunteer, case_id, "又来")


def test_a_hidden_case_leaves_the_list_of_who_once_took_it(people: People) -> None:
    case_id = volunteered(people)
    do(work.finish, people.volunteer, case_id, "修好了")
    assert [n.id for n in look(lists.mine, people.volunteer, "took").rows] == [case_id]
    do(screening.hide, people.staff, case_id, "含隐私")
    assert look(lists.mine, people.volunteer, "took").rows == []


def test_nobody_is_given_or_answers_their_own_wish(people: People) -> None:
    case_id = int(do(post.post, people.grid_worker, wish()).case_id)
    do(screening.accept, people.staff, case_id)
    with refused("not_in_charge"):
        do(dispatch.dispatch, people.staff, case_id, people.grid_worker.person_id)
    own = int(do(post.post, people.staff, wish()).case_id)
    do(screening.accept, people.staff, own)
    do(dispatch.dispatch, people.staff, own, people.grid_worker.person_id)
    do(work.take_on, people.grid_worker, own)
    with refused("own_case"):
        do(work.finish, people.staff, own, "自己办好了")


@pytest.mark.parametrize("judge", ["holder", "recorder"])
def test_who_did_or_recorded_it_does_not_judge_it_by_the_receipt(people: People, judge: str) -> None:
    recorded = do(post.record, people.grid_worker, wish(channel="street", consent="spoken"))
    case_id = recorded.case_id
    do(screening.accept, people.staff, case_id)
    do(dispatch.to_hall, people.staff, case_id)
    do(dispatch.grab, people.volunteer, case_id)
    do(work.take_on, people.volunteer, case_id)
    do(work.finish, people.volunteer, case_id, "修好了")
    who = people.volunteer if judge == "holder" else people.grid_worker
    with refused("own_work"):
        do(echo.rate, replace(who, receipts=frozenset({case_id})), case_id, "solved", 5)
    do(echo.rate, replace(VISITOR, receipts=frozenset({case_id})), case_id, "solved", 5)


def test_support_and_drafts_have_their_limits(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SUPPORTS_PER_HOUR", 2)
    monkeypatch.setattr(limits, "DRAFTS_PER_DAY", 2)
    case_id = staged(people, "open")
    for _ in range(2):
        do(post.support, people.neighbour, case_id)
        do(post.unsupport, people.neighbour, case_id)
    with refused("too_often"):
        do(post.support, people.neighbour, case_id)
    for _ in range(2):
        do(post.draft, people.neighbour, wish())
    with refused("too_often"):
        do(post.draft, people.neighbour, wish())


def test_a_reopened_case_begins_at_the_first_desk(people: People) -> None:
    case_id = staged(people, "in_progress")
    do(levels.escalate, people.staff, case_id, "要街道协调")
    assert case(case_id).desk_path != first_desk(CELL)
    do(work.finish, people.staff, case_id, "办好了")
    do(echo.reopen, people.resident, case_id, "还是不亮")
    assert case(case_id).desk_path == first_desk(CELL)


@pytest.mark.parametrize("way", ["refer", "merge", "dispatch"])
def test_whoever_held_it_is_told_when_it_is_taken_away(people: People, way: str) -> None:
    case_id = staged(people, "dispatched")
    if way == "refer":
        do(screening.refer, people.staff, case_id, "已转供电局")
    elif way == "merge":
        do(screening.merge, people.staff, case_id, staged(people, "open"))
    else:
        with audit.transaction() as session:
            here = areas.tree().by_path(CELL)
            session.add(
                Duty(person_id=people.neighbour.person_id or 0, role="grid_worker", area_id=here.id, area_path=CELL)
            )
        do(dispatch.dispatch, people.staff, case_id, people.neighbour.person_id)
    with reading() as session:
        told = select(Notice.message).where(Notice.person_id == people.grid_worker.person_id, Notice.case_id == case_id)
        assert "case_taken_away" in session.exec(told).all()


def test_a_category_changed_in_the_same_transaction_does_not_reset_the_clock(people: People) -> None:
    with audit.transaction() as session:
        with clock.at(MONDAY):
            case_id = post.post(session, people.resident, wish()).case_id
        with clock.at(MONDAY + timedelta(days=2)):
            screening.recategorise(session, people.staff, case_id, "greening")
    assert case(case_id).running_at == MONDAY
