"""Replies that were only copied are pointed out to the supervisor, once, and put away by somebody else."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import col, select

from db.engine import reading
from db.models.cases import Case
from db.models.notices import Notice
from db.models.oversight import ReplyFlag
from portal import audit, clock, limits
from portal.acts import Who
from portal.cases import answering, echo, post, quality, screening, setting_up, work
from portal.errors import Forbidden, NotFound, TooLate
from tests.fixtures.town import CITY, STREET, People
from tests.portal.cases.steps import MONDAY, case, do, look, opinion, posted, refused, staged

TEMPLATE = "您好，您反映的情况已收悉，我们会尽快处理。"
SAME = "已转物业处理，请耐心等待。"


@pytest.fixture
def template(people: People) -> None:
    """A wording that staff may start from."""
    do(setting_up.save_template, people.admin, setting_up.Wording("case.finish", "", "收悉", TEMPLATE))


def raised() -> list[ReplyFlag]:
    with reading() as session:
        return list(session.exec(select(ReplyFlag).order_by(col(ReplyFlag.id))).all())


def told(person: Who) -> list[str]:
    with reading() as session:
        mine = select(Notice.message).where(Notice.person_id == person.person_id, col(Notice.message).like("reply_%"))
        return list(session.exec(mine).all())


def answered(people: People, says: str, n: int = 0, **changes: object) -> int:
    case_id = int(do(post.post, Who(client=f"c{n}"), opinion(body=f"意见之 {n}", **changes)).case_id)
    do(answering.answer, people.staff, case_id, says)
    return case_id


def test_the_digest_passes_over_spaces_and_signs() -> None:
    assert quality.digest("已办好，谢谢！") == quality.digest(" 已办好\n谢谢。") == quality.digest("已办好谢谢")
    assert quality.digest("Done, thanks") == quality.digest("ＤＯＮＥ thanks!")
    assert quality.digest("已办好") != quality.digest("没办好") and quality.digest("。。。") == ""


REPLIES: dict[str, tuple[str, Callable[..., object]]] = {
    "answer": ("open", answering.answer),
    "finish": ("in_progress", work.finish),
    "decline": ("screening", screening.decline),
    "refer": ("open", screening.refer),
}


@pytest.mark.parametrize("name", REPLIES)
def test_a_template_word_for_word_is_flagged(people: People, template: None, name: str) -> None:
    state, deed = REPLIES[name]
    case_id = staged(people, state)
    do(deed, people.staff, case_id, f" {TEMPLATE[:-1]}！")
    (flag,) = raised()
    assert (flag.case_id, flag.why, flag.area_path, flag.person_id) == (
        case_id, "template", STREET, people.staff.person_id,
    )  # fmt: skip
    assert told(people.street_staff) == ["reply_template"] and told(people.staff) == []


def test_own_words_are_not_flagged(people: People, template: None) -> None:
    answered(people, f"{TEMPLATE}灯泡今天下午已换。")
    assert raised() == []


def test_the_third_time_the_same_words_are_flagged_once(people: People) -> None:
    for n in range(2):
        answered(people, SAME, n)
    assert raised() == []
    third = answered(people, f"{SAME} ", 2)
    for n in (3, 4):
        answered(people, SAME, n)
    assert [(flag.case_id, flag.why, flag.times) for flag in raised()] == [(third, "repeated", 3)]
    assert [row.times for row in look(quality.flags, people.street_staff).rows] == [5]


def test_after_it_was_seen_the_next_one_is_flagged_again(people: People) -> None:
    for n in range(3):
        answered(people, SAME, n)
    (flag,) = raised()
    do(quality.seen, people.street_staff, flag.id)
    again = answered(people, SAME, 3)
    assert [row.case_id for row in look(quality.flags, people.street_staff).rows] == [again]


def test_long_ago_does_not_count(people: People) -> None:
    with clock.at(MONDAY):
        answered(people, SAME, 0)
        answered(people, SAME, 1)
    with clock.at(MONDAY + timedelta(days=limits.SAME_REPLY_DAYS + 1)):
        answered(people, SAME, 2)
    assert raised() == []


def test_what_was_answered_together_counts_once(people: People) -> None:
    like = [int(do(post.post, Who(client=f"c{n}"), opinion(body=f"意见 {n}")).case_id) for n in range(5)]
    do(answering.answer_together, people.staff, like, SAME)
    assert raised() == []
    answered(people, SAME, 6)
    assert raised() == []
    answered(people, SAME, 7)
    assert [flag.times for flag in raised()] == [3]


def test_what_is_not_public_is_not_flagged(people: People, template: None) -> None:
    answered(people, TEMPLATE, 0, private=True)
    do(screening.decline, people.staff, posted(people), TEMPLATE, True)
    for n in range(3):
        answered(people, SAME, n + 1, private=True)
    answered(people, SAME, 5)  # the first that is public
    assert raised() == []


def test_a_case_is_flagged_once_for_a_reason(people: People, template: None) -> None:
    case_id = staged(people, "open")
    do(answering.answer, people.staff, case_id, TEMPLATE)
    (flag,) = raised()
    do(quality.seen, people.street_staff, flag.id)
    do(echo.reopen, people.resident, case_id, "没办")
    assert case(case_id).answer_hash == ""
    do(answering.answer, people.staff, case_id, TEMPLATE)
    assert len(raised()) == 1


def test_at_the_root_the_root_answers_for_itself(people: People, template: None) -> None:
    case_id = staged(people, "open")
    with audit.transaction() as session:
        session.get_one(Case, case_id).desk_path = CITY
    do(answering.answer, people.staff, case_id, TEMPLATE)
    assert [flag.area_path for flag in raised()] == [CITY]


def test_only_supervisors_see_and_put_away_and_never_their_own(people: People, template: None) -> None:
    answered(people, TEMPLATE)
    (flag,) = raised()
    (row,) = look(quality.flags, people.street_staff).rows
    assert (row.reply, row.name, row.why) == (TEMPLATE, "staff", "template")
    assert look(quality.flags, people.staff).rows == [] and look(quality.flags, people.far_staff).rows == []
    assert (look(quality.count, people.street_staff), look(quality.count, people.staff)) == (1, 0)
    for other in (people.resident, people.grid_worker, people.admin):
        with pytest.raises(Forbidden):
            look(quality.flags, other)
    own = Who(person_id=people.staff.person_id, duties=frozenset({("staff", CITY)}))
    assert look(quality.flags, own).rows == []
    for other in (people.staff, people.far_staff, people.resident, own):
        with pytest.raises(Forbidden):
            do(quality.seen, other, flag.id)
    with pytest.raises(NotFound):
        do(quality.seen, people.street_staff, 10**6)
    do(quality.seen, people.street_staff, flag.id)
    assert look(quality.flags, people.street_staff).rows == []
    assert raised()[0].seen_by == people.street_staff.person_id
    with pytest.raises(TooLate):
        do(quality.seen, people.street_staff, flag.id)


def test_flags_go_on_by_key(people: People, template: None) -> None:
    for n in range(3):
        case_id = answered(people, f"话 {n}", n)
        with audit.transaction() as session:
            session.add(ReplyFlag(case_id=case_id, area_path=STREET, why="template", reply="话"))
    seen: list[int] = []
    key = None
    for _ in range(3):
        part = look(quality.flags, people.street_staff, key, 1)
        seen, key = [*seen, *[row.id for row in part.rows]], part.next
    assert seen == [flag.id for flag in raised()][::-1] and key is None
    with refused("not_offered"):
        look(quality.flags, people.street_staff, "x")


def test_the_writer_is_warned_before(people: People, template: None) -> None:
    assert look(quality.is_template, people.staff, f"{TEMPLATE} ")
    assert not look(quality.is_template, people.staff, "灯已换好") and not look(quality.is_template, people.staff, "")
    assert not look(quality.is_template, people.resident, TEMPLATE)
