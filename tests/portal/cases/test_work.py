"""The work: taking on, asking the resident, notes, and the public reply without which nothing is done."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from db.engine import reading
from db.models.files import Photo
from portal import clock, limits
from portal.acts import VISITOR
from portal.cases import clockwork, post, screening, work
from portal.cases.wall import Filters, wall
from portal.errors import Forbidden, TooLate
from tests.fixtures.town import People
from tests.portal.cases.steps import MONDAY, case, do, look, picture, refused, staged, steps, volunteered, wish


def moments(case_id: int) -> list[str]:
    with reading() as session:
        return list(session.exec(select(Photo.moment).where(Photo.case_id == case_id)).all())


def test_a_worker_takes_on_without_a_deadline_of_holding(people: People) -> None:
    found = case(staged(people, "in_progress"))
    assert (found.state, found.hold_until_at) == ("in_progress", None)


def test_a_volunteer_holds_to_the_due_time(people: People, monday: None) -> None:
    case_id = volunteered(people)
    assert case(case_id).hold_until_at == case(case_id).due_at


def test_taking_on_late_keeps_what_was_promised(people: People, monday: None) -> None:
    """A danger is due in two hours, but the volunteer was told 48: taking it on must not take it away at once."""
    case_id = staged(people, "claimed", category="danger")
    with clock.at(MONDAY + timedelta(hours=3)):
        do(work.take_on, people.volunteer, case_id)
        assert case(case_id).hold_until_at == MONDAY + timedelta(hours=limits.HOLD_HOURS)
        clockwork.tick()
    assert case(case_id).state == "in_progress"


def test_only_the_holder_takes_on(people: People) -> None:
    case_id = staged(people, "dispatched")
    for other in (people.next_worker, people.staff, people.volunteer, people.resident):
        with pytest.raises(Forbidden):
            do(work.take_on, other, case_id)


# Asking


def test_asking_rests_the_clock(people: People, monday: None) -> None:
    case_id = staged(people, "in_progress", category="lighting")
    due = case(case_id).due_at
    with clock.at(MONDAY + timedelta(hours=4)):
        do(work.ask, people.grid_worker, case_id, "是哪一盏？")
    found = case(case_id)
    assert (found.state, found.due_at, found.running_at, found.used_seconds) == ("awaiting_resident", None, None, 14400)
    assert found.next_at == MONDAY + timedelta(hours=4, days=limits.ASK_DAYS)
    with clock.at(MONDAY + timedelta(hours=14)):
        do(work.answer_ask, people.resident, case_id, "左边那盏")
    assert due is not None
    assert (case(case_id).state, case(case_id).due_at) == ("in_progress", due + timedelta(hours=10))
    assert [s.says for s in steps(VISITOR, case_id)][-2:] == ["是哪一盏？", "左边那盏"]


def test_asking_twice_at_most(people: People) -> None:
    case_id = staged(people, "in_progress")
    for _ in range(limits.ASKS_PER_CASE):
        do(work.ask, people.grid_worker, case_id, "？在哪里")
        do(work.answer_ask, people.resident, case_id, "东边")
    with refused("too_many_asks", limit=2):
        do(work.ask, people.grid_worker, case_id, "还有呢")


def test_a_question_lapses_after_five_days(people: People, monday: None) -> None:
    case_id = staged(people, "awaiting_resident")
    with clock.at(MONDAY + timedelta(days=limits.ASK_DAYS, seconds=-1)):
        assert clockwork.tick() == {}
    later = MONDAY + timedelta(days=limits.ASK_DAYS)
    with clock.at(later):
        assert clockwork.tick() == {"case.ask_lapsed": 1}
    assert (case(case_id).state, case(case_id).running_at) == ("in_progress", later)
    with clock.at(later), pytest.raises(TooLate):
        do(work.answer_ask, people.resident, case_id, "现在才看到")


def test_a_volunteer_keeps_the_order_over_a_question(people: People, monday: None) -> None:
    """The due time moves while the clock rests, and the hold with it."""
    case_id = volunteered(people, category="lighting")
    do(work.ask, people.volunteer, case_id, "是哪一盏？")
    with clock.at(MONDAY + timedelta(days=3)):
        do(work.answer_ask, people.resident, case_id, "左边那盏")
        assert case(case_id).hold_until_at == case(case_id).due_at == MONDAY + timedelta(days=4)
        assert clockwork.tick() == {}
    assert case(case_id).state == "in_progress"


def test_a_receipt_answers_too(people: People) -> None:
    who = replace(VISITOR, client="a")
    done = do(post.post, who, wish())
    holding = replace(who, receipts=frozenset({done.case_id}))
    do(screening.accept, people.staff, done.case_id)
    from portal.cases import dispatch

    do(dispatch.dispatch, people.staff, done.case_id, people.grid_worker.person_id)
    do(work.take_on, people.grid_worker, done.case_id)
    do(work.ask, people.grid_worker, done.case_id, "是哪一盏？")
    with pytest.raises(Forbidden):
        do(work.answer_ask, who, done.case_id, "左边")
    do(work.answer_ask, holding, done.case_id, "左边")


# Notes and the reply


def test_a_note_with_a_picture_is_public(people: People) -> None:
    case_id = staged(people, "in_progress")
    before = case(case_id)
    do(work.note, people.grid_worker, case_id, "灯泡已订购", [picture()])
    after = case(case_id)
    assert steps(VISITOR, case_id)[-1].says == "灯泡已订购"
    assert moments(case_id) == ["during"]
    assert (after.state, after.version, after.due_at) == (before.state, before.version, before.due_at)


@pytest.mark.parametrize("says", ["", "  ", "\u200b", None])
def test_nothing_is_done_without_a_public_reply(people: People, says: object) -> None:
    case_id = staged(people, "in_progress")
    with pytest.raises(Exception) as caught:
        do(work.finish, people.grid_worker, case_id, says)
    assert getattr(caught.value, "message_id", "") in ("missing", "not_text")
    assert (case(case_id).state, case(case_id).answer) == ("in_progress", "")


def test_the_reply_is_kept_as_it_is_shown(people: People) -> None:
    case_id = staged(people, "in_progress")
    do(work.finish, people.grid_worker, case_id, "  换了新灯。\r\n<b>谢谢</b>\u200b ", [picture()])
    found = case(case_id)
    assert found.answer == steps(VISITOR, case_id)[-1].says == "换了新灯。\n<b>谢谢</b>"
    assert (found.state, found.standing, found.due_at) == ("done", "open", None)
    assert moments(case_id) == ["after"]


def test_a_reply_has_limits(people: People) -> None:
    case_id = staged(people, "in_progress")
    with refused("too_long", field="says"):
        do(work.finish, people.grid_worker, case_id, "好" * (limits.BODY_CHARS + 1))
    with refused("too_many_photos"):
        do(work.finish, people.grid_worker, case_id, "好", [picture()] * (limits.PHOTOS_PER_CASE + 1))


def test_work_must_have_begun(people: People) -> None:
    case_id = staged(people, "dispatched")
    with pytest.raises(TooLate):
        do(work.finish, people.grid_worker, case_id, "好了")


def test_staff_may_finish_for_the_holder(people: People) -> None:
    case_id = staged(people, "in_progress")
    do(work.finish, people.staff, case_id, "已办好")
    assert case(case_id).state == "done"


def test_overdue_is_shown_to_everybody_and_not_while_it_rests(people: People, monday: None) -> None:
    late, asked = (
        staged(people, "in_progress", category="danger"),
        staged(people, "awaiting_resident", category="danger"),
    )
    with clock.at(MONDAY + timedelta(hours=2)):
        assert {n.id: n.overdue for n in look(wall, VISITOR, Filters()).rows} == {late: False, asked: False}
    with clock.at(MONDAY + timedelta(hours=2, seconds=1)):
        assert {n.id: n.overdue for n in look(wall, VISITOR, Filters()).rows} == {late: True, asked: False}
