"""Screening: accept, return, decline, refer, merge, change the category, hide, remark, templates."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import Session, col, select
from starlette.requests import Request

from db.engine import reading
from db.models.cases import Case, Support
from db.models.files import Photo
from db.models.notices import Notice
from db.models.setup import ReplyTemplate
from portal import areas, audit, clock, limits
from portal.acts import VISITOR
from portal.cases import dispatch, echo, post, screening, work
from portal.cases.echo import echoes
from portal.cases.reading import one
from portal.cases.similar import similar
from portal.cases.wall import Filters, wall
from portal.errors import NotFound, Refused, TooLate
from portal.http import files
from tests.fixtures.town import CELL, People
from tests.portal.cases.steps import (
    MONDAY,
    case,
    deeds,
    do,
    in_hall,
    look,
    picture,
    posted,
    refused,
    rows,
    staged,
    steps,
    wish,
)


def told(person_id: int | None) -> list[str]:
    with reading() as session:
        query = select(Notice.message).where(Notice.person_id == person_id).order_by(col(Notice.id))
        return list(session.exec(query).all())


def on_wall(text: str = "") -> list[int]:
    return [note.id for note in look(wall, VISITOR, Filters(text=text)).rows]


def test_an_accepted_wish_is_on_the_wall(people: People) -> None:
    case_id = posted(people)
    assert on_wall() == []
    do(screening.accept, people.staff, case_id)
    assert on_wall() == [case_id]
    found = case(case_id)
    assert (found.state, found.standing) == ("open", "open")
    assert found.responded_at is not None
    assert told(people.resident.person_id) == ["case_accepted"]


def test_only_what_waits_is_accepted(people: People) -> None:
    case_id = staged(people, "open")
    with pytest.raises(TooLate):
        do(screening.accept, people.staff, case_id)


def test_returning_needs_a_reason_and_rests_the_clock(people: People, monday: None) -> None:
    case_id = posted(people)
    for nothing in ("", "  ", None):
        with refused("missing", field="says"):
            do(screening.give_back, people.staff, case_id, nothing)
    with clock.at(MONDAY + timedelta(hours=5)):
        do(screening.give_back, people.staff, case_id, "请写清楚在几栋")
    found = case(case_id)
    assert (found.state, found.running_at, found.due_at, found.used_seconds) == ("returned", None, None, 5 * 3600)
    assert steps(people.resident, case_id)[-1].says == "请写清楚在几栋"
    with clock.at(MONDAY + timedelta(days=2)):
        do(post.submit, people.resident, case_id, wish())
    assert case(case_id).due_at == clock.later(None, MONDAY + timedelta(days=2), timedelta(hours=168 + 48 - 5)), (
        "seven working days from Wednesday, less five hours, over one weekend"
    )


def test_declining_is_public_with_its_reason(people: People) -> None:
    case_id = posted(people)
    with refused("missing", field="says"):
        do(screening.decline, people.staff, case_id, "")
    do(screening.decline, people.staff, case_id, "不归社区管")
    found = case(case_id)
    assert (found.state, found.standing, found.due_at, found.next_at) == ("declined", "declined", None, None)
    assert on_wall() == [case_id]
    assert steps(VISITOR, case_id)[-1].says == "不归社区管"


def test_a_reply_has_a_limit(people: People) -> None:
    case_id = posted(people)
    with refused("too_long", field="says", limit=limits.BODY_CHARS):
        do(screening.decline, people.staff, case_id, "字" * (limits.BODY_CHARS + 1))


def test_referring_tells_where_and_is_not_solved(people: People) -> None:
    case_id = staged(people, "referred")
    assert case(case_id).standing == "not_solved"
    assert steps(VISITOR, case_id)[-1].says == "已转供电所，电话 95598。"


# Merging


def test_merging_joins_supporters_once(people: People) -> None:
    into, case_id = staged(people, "open", title="先有的"), staged(people, "open")
    with audit.transaction() as session:  # somebody else posted the second
        session.get_one(Case, case_id).poster_id = people.neighbour.person_id
    for supporter in (people.stranger, people.volunteer):
        do(post.support, supporter, case_id)
    do(post.support, people.stranger, into)
    do(screening.merge, people.staff, case_id, into)
    with reading() as session:
        joined = set(session.exec(select(Support.person_id).where(Support.case_id == into)).all())
    assert joined == {people.stranger.person_id, people.volunteer.person_id, people.neighbour.person_id}
    assert case(into).supporters == 3
    assert told(people.neighbour.person_id)[-1] == "case_merged"


def test_the_poster_of_both_does_not_support_their_own(people: People) -> None:
    into, case_id = staged(people, "open"), staged(people, "open")
    do(post.support, people.neighbour, case_id)
    do(screening.merge, people.staff, case_id, into)
    assert case(into).supporters == 1


def test_a_merged_wish_stays_readable_and_points_on(people: People) -> None:
    into, case_id = staged(people, "open"), in_hall(people)
    do(screening.merge, people.staff, case_id, into)
    found = look(one, VISITOR, case_id)
    assert (found.state, found.merged_into_id, found.in_hall, found.next_at) == ("merged", into, False, None)
    assert on_wall() == [into]
    assert steps(VISITOR, case_id)[-1].facts == {"into": into}


def test_nothing_merges_with_itself(people: People) -> None:
    case_id = staged(people, "open")
    with refused("merge_itself"):
        do(screening.merge, people.staff, case_id, case_id)


@pytest.mark.parametrize("state", ["returned", "closed", "declined", "referred", "merged", "withdrawn"])
def test_nothing_merges_with_what_is_over(people: People, state: str) -> None:
    into, case_id = staged(people, state, title="另一个"), staged(people, "open")
    with refused("merge_target"):
        do(screening.merge, people.staff, case_id, into)
    assert case(case_id).state == "open"


def test_nothing_merges_with_what_is_hidden_or_not_there(people: People) -> None:
    into, case_id = staged(people, "open"), staged(people, "open")
    do(screening.hide, people.staff, into, "含电话")
    with refused("merge_target"):
        do(screening.merge, people.staff, case_id, into)
    with refused("case_not_found"):
        do(screening.merge, people.staff, case_id, 999)


def test_a_merge_does_not_go_round_in_a_circle(people: People) -> None:
    one_id, other = staged(people, "open"), staged(people, "open")
    do(screening.merge, people.staff, one_id, other)
    with refused("merge_target"):
        do(screening.merge, people.staff, other, one_id)


# Changing the category


def test_another_category_of_the_same_class_keeps_the_clock(people: People, monday: None) -> None:
    case_id = staged(people, "open")
    before = case(case_id)
    with clock.at(MONDAY + timedelta(days=1)):
        do(screening.recategorise, people.staff, case_id, "greening")
    after = case(case_id)
    assert after.category == "greening"
    for column in ("due_at", "half_at", "running_at", "used_seconds", "next_at", "started_at", "respond_by_at"):
        assert getattr(after, column) == getattr(before, column), column
    assert rows(case_id)[-1].facts == {"from": "roads", "to": "greening"}


def test_another_class_is_counted_from_the_very_start(people: People, monday: None) -> None:
    case_id = posted(people)
    with clock.at(MONDAY + timedelta(hours=1)):
        do(screening.recategorise, people.staff, case_id, "danger")
    found = case(case_id)
    assert found.target_class == "danger"
    assert (found.due_at, found.half_at) == (MONDAY + timedelta(hours=2), MONDAY + timedelta(hours=1))
    assert found.respond_by_at == MONDAY + timedelta(hours=1)
    assert found.running_at == MONDAY


def test_time_used_over_a_weekend_counts_anew_round_the_clock(people: People) -> None:
    friday = MONDAY + timedelta(days=4)
    with clock.at(friday):
        case_id = posted(people)
    with clock.at(friday + timedelta(days=3)):
        do(screening.give_back, people.staff, case_id, "哪里？")
    assert case(case_id).used_seconds == 24 * 3600, "one working day"
    with clock.at(friday + timedelta(days=4)):
        do(screening.recategorise, people.staff, case_id, "lighting")
    assert case(case_id).used_seconds == 72 * 3600, "three days round the clock"


def test_mending_into_another_class_counts_like_recategorising(people: People) -> None:
    friday = MONDAY + timedelta(days=4)
    with clock.at(friday):
        case_id = posted(people)
    with clock.at(friday + timedelta(days=3)):
        do(screening.give_back, people.staff, case_id, "哪里？")
    with clock.at(friday + timedelta(days=4)):
        do(post.submit, people.resident, case_id, wish(category="lighting"))
    assert case(case_id).used_seconds == 72 * 3600


def test_the_category_must_change_and_be_offered(people: People) -> None:
    case_id = staged(people, "open")
    with refused("same_category"):
        do(screening.recategorise, people.staff, case_id, "roads")
    with refused("not_offered", field="category"):
        do(screening.recategorise, people.staff, case_id, "nonsense")


# Hiding and remarks


def photo_of(case_id: int) -> files.Found:
    with reading() as session:
        name = session.exec(select(Photo.name).where(Photo.case_id == case_id)).first()
        request = {"type": "http", "headers": [], "query_string": b"", "client": ("1.2.3.4", 1)}
        return files._find(session, Request(request | {"path_params": {"name": name}}))


def test_a_hidden_wish_is_gone_for_the_public(people: People) -> None:
    case_id = staged(people, "closed", photos=[picture()])
    assert photo_of(case_id).public
    do(screening.hide, people.staff, case_id, "照片里有车牌")
    for other in (VISITOR, people.neighbour, people.stranger, people.far_staff, people.volunteer):
        with pytest.raises(NotFound):
            look(one, other, case_id)
    for reader in (people.resident, people.staff, people.grid_worker, people.street_staff):
        assert look(one, reader, case_id).hidden
    assert on_wall() == on_wall("路灯") == []
    assert look(echoes, VISITOR).rows == []
    with pytest.raises(NotFound):
        photo_of(case_id)
    do(screening.unhide, people.staff, case_id)
    assert on_wall() == [case_id] and case(case_id).standing == "solved"


def test_a_hidden_wish_is_offered_to_nobody(people: People) -> None:
    case_id = in_hall(people)
    do(screening.hide, people.staff, case_id, "含隐私")
    with pytest.raises(NotFound):
        do(dispatch.grab, people.volunteer, case_id)
    like = look(similar, people.neighbour, wish().title, wish().body, "roads", wish().area_id, None, None)
    assert like == []


def test_a_hidden_merged_wish_is_gone_too(people: People) -> None:
    case_id = staged(people, "merged")
    do(screening.hide, people.staff, case_id, "含隐私")
    with pytest.raises(NotFound):
        look(one, VISITOR, case_id)


def test_hiding_needs_a_reason_that_stays_inside(people: People) -> None:
    case_id = staged(people, "open")
    with refused("missing", field="says"):
        do(screening.hide, people.staff, case_id, "")
    do(screening.hide, people.staff, case_id, "含隐私")
    with refused("already_hidden"):
        do(screening.hide, people.staff, case_id, "再来")
    do(screening.unhide, people.staff, case_id)
    with refused("not_hidden"):
        do(screening.unhide, people.staff, case_id)
    for reader in (VISITOR, people.resident):
        assert not {"case.hide", "case.unhide"} & {step.act for step in steps(reader, case_id)}


def test_a_case_stays_hidden_whatever_happens_to_it(people: People) -> None:
    case_id = staged(people, "in_progress")
    do(screening.hide, people.staff, case_id, "含隐私")
    do(work.finish, people.grid_worker, case_id, "办好了")
    do(echo.rate, people.resident, case_id, "solved", 5)
    assert case(case_id).standing == "" and on_wall() == []


def test_a_remark_is_seen_by_those_who_handle_the_case(people: People) -> None:
    case_id = staged(people, "dispatched")
    do(screening.remark, people.staff, case_id, "此户上周也来过")
    for inside in (people.staff, people.grid_worker, people.street_staff):
        assert "此户上周也来过" in [step.says for step in steps(inside, case_id)]
    for outside in (VISITOR, people.resident, people.neighbour, people.volunteer, people.far_staff):
        seen = steps(outside, case_id)
        assert "此户上周也来过" not in [step.says for step in seen]
        assert "case.remark" not in [step.act for step in seen]
        assert {step.actor_id for step in seen} == {None}


# Templates


def test_templates_for_the_very_category_come_first(people: People) -> None:
    with audit.transaction() as session:
        for text in session.exec(select(ReplyTemplate)):
            session.delete(text)
        for code, title, active in (
            ("", "通用", True),
            ("roads", "道路", True),
            ("noise", "噪音", True),
            ("", "旧", False),
        ):
            session.add(ReplyTemplate(act="case.return", category=code, title=title, body="……", active=active))

    def titles(session: Session, who: object, *args: str) -> list[str]:
        return [t.title for t in screening.templates(session, who, *args)]  # type: ignore[arg-type]

    assert look(titles, people.staff, "case.return", "roads") == ["道路", "通用"]
    assert look(titles, people.resident, "case.return", "roads") == []


def test_a_template_is_copied_so_that_later_edits_change_no_reply(people: People) -> None:
    with reading() as session:
        text = session.exec(select(ReplyTemplate).where(ReplyTemplate.act == "case.return")).first()
    assert text is not None
    case_id = posted(people)
    do(screening.give_back, people.staff, case_id, text.body)
    with audit.transaction() as session:
        session.get_one(ReplyTemplate, text.id).body = "改过的"
    assert steps(people.resident, case_id)[-1].says == text.body


# Bulk


def test_bulk_screening_refuses_each_by_itself(people: People) -> None:
    good, late, far = posted(people), staged(people, "open"), 999
    draft = staged(people, "draft")
    sent = do(dispatch.send_by_rule, people.staff, [good, late, far, draft])
    assert set(sent.done) == {good, late}
    assert {k: v.message_id if isinstance(v, Refused) else v for k, v in sent.skipped.items()} == {
        far: "case_not_found",
        draft: "case_not_found",
    }
    assert (case(good).state, case(good).holder_id) == ("dispatched", people.grid_worker.person_id)


def test_a_refusal_in_bulk_leaves_no_trace(people: People) -> None:
    """Nobody is in charge of cell 05: the accepting that came first must be undone, in the chain too."""
    place = areas.tree().by_path(CELL.replace("03", "05"))
    good, bad = posted(people), posted(people, area_id=place.id)
    sent = do(dispatch.send_by_rule, people.staff, [good, bad])
    assert sent.done == [good] and list(sent.skipped) == [bad]
    assert case(bad).state == "screening" and case(bad).responded_at is None
    assert deeds(bad) == ["post"]
    assert deeds(good) == ["post", "accept", "dispatch"]
    with reading() as session:
        assert audit.verify(session).ok


def test_bulk_has_a_limit(people: People) -> None:
    with refused("too_many_rows", limit=limits.BULK_ROWS):
        do(dispatch.send_by_rule, people.staff, range(1, limits.BULK_ROWS + 2))


def test_bulk_needs_the_right_for_each(people: People) -> None:
    case_id = posted(people)
    sent = do(dispatch.send_by_rule, people.far_staff, [case_id])
    assert sent.done == [] and case(case_id).state == "screening"
    sent = do(dispatch.send_by_rule, replace(people.neighbour), [staged(people, "open")])
    assert sent.done == []
