"""Answering straight away, answering like opinions together, and who sees an opinion."""

from datetime import timedelta

import pytest
from sqlmodel import col, select

from db.engine import reading as opened
from db.models.notices import Notice
from portal import clock, limits
from portal.acts import VISITOR, Who
from portal.cases import answering, echo, levels, lists, post, reading, screening, similar
from portal.cases.contents import first_words
from portal.cases.wall import Filters, wall
from portal.errors import Forbidden, NotFound, TooLate
from tests.fixtures.town import COMMUNITY, People
from tests.portal.cases.steps import MONDAY, case, deeds, do, look, opinion, posted, refused, rows, staged, wish


def given(people: People, **changes: object) -> int:
    """An opinion of the resident's, waiting at the desk."""
    return int(do(post.post, people.resident, opinion(**changes)).case_id)


def open_to(who: Who, case_id: int) -> bool:
    try:
        look(reading.one, who, case_id)
    except NotFound:
        return False
    return True


# An opinion is called after its first words


@pytest.mark.parametrize(
    ("body", "title"),
    [
        ("路灯太暗", "路灯太暗"),
        ("\n\n 第一行\t有空 \n第二行", "第一行 有空"),
        ("长" * 41, "长" * 39 + "…"),
        ("长" * 40, "长" * 40),
        ("", ""),
    ],
)
def test_first_words(body: str, title: str) -> None:
    assert first_words(body) == title and len(title) <= limits.OPINION_TITLE_CHARS


def test_an_opinion_needs_only_its_words(people: People) -> None:
    assert case(given(people)).title == "活动室晚上能不能多开一小时？下班后大家都想去。"
    assert case(given(people, title="活动室")).title == "活动室"
    with refused("missing", field="body"):
        given(people, body=" ")
    with refused("missing", field="title"):
        do(post.post, people.resident, wish(title=""))


def test_a_mended_opinion_is_called_anew_and_may_become_private(people: People) -> None:
    case_id = given(people)
    do(screening.give_back, people.staff, case_id, "请写清楚哪间活动室")
    do(post.submit, people.resident, case_id, opinion(body="二楼活动室晚上多开一小时", private=True))
    assert (case(case_id).title, case(case_id).private) == ("二楼活动室晚上多开一小时", True)
    do(screening.accept, people.staff, case_id)
    assert not open_to(VISITOR, case_id)


# For staff alone


def test_an_opinion_for_staff_alone_is_seen_by_no_stranger(people: People) -> None:
    secret, shown = (
        given(people, private=True, body="五栋楼道里的灯坏了三个月"),
        given(people, body="五栋楼道里的灯坏了两个月"),
    )
    for case_id in (secret, shown):
        do(screening.accept, people.staff, case_id)
    for stranger in (VISITOR, people.neighbour, people.far_staff, people.volunteer):
        assert not open_to(stranger, secret) and open_to(stranger, shown)
        for filters in (
            Filters(kind="opinion"),
            Filters(kind="opinion", text="楼道"),
            Filters(kind="opinion", area_path=COMMUNITY),
        ):
            assert [note.id for note in look(wall, stranger, filters).rows] == [shown]
        alike = look(
            similar.similar, stranger, "五栋楼道里的灯", "五栋楼道里的灯坏了", "roads", None, None, None, "opinion"
        )
        assert [note.id for note in alike] == [shown]
    for case_id in (secret, shown):
        do(answering.answer, people.staff, case_id, "灯已换好。")
        do(echo.rate, people.resident, case_id, "solved", 5)
    assert [row.id for row in look(echo.echoes, VISITOR).rows] == [shown]
    for reader in (people.resident, people.staff, people.grid_worker, people.street_staff):
        assert open_to(reader, secret)
    assert all(not row.public for row in rows(secret))
    assert case(secret).standing == ""


def test_without_the_private_column_it_would_be_seen(people: People) -> None:
    """The control: the same opinion for everybody is on the list, in the search and in the echo."""
    case_id = given(people)
    do(answering.answer, people.staff, case_id, "已经安排。")
    assert open_to(VISITOR, case_id)
    assert [note.id for note in look(wall, VISITOR, Filters(kind="opinion", text="活动室")).rows] == [case_id]
    assert [row.id for row in look(echo.echoes, VISITOR).rows] == [case_id]


def test_similar_looks_among_its_own_kind(people: People) -> None:
    wanted, other = staged(people, "open"), given(people, body="三栋门口的路灯坏了，晚上看不清台阶")
    do(screening.accept, people.staff, other)
    typed = ("三栋门口的路灯坏了", "晚上看不清台阶", "roads", None, None, None)
    assert [note.id for note in look(similar.similar, VISITOR, *typed)] == [wanted]
    assert [note.id for note in look(similar.similar, VISITOR, *typed, "opinion")] == [other]


# Straight away


@pytest.mark.parametrize("state", ["screening", "open", "dispatched"])
def test_it_is_answered_from_where_it_stands(people: People, state: str) -> None:
    case_id = staged(people, state)
    do(answering.answer, people.staff, case_id, "已经换好了灯。", "partly")
    row = case(case_id)
    assert (row.state, row.standing, row.answer, row.claimed) == ("done", "open", "已经换好了灯。", "partly")
    assert row.shown_at and row.responded_at and row.answered_by == row.holder_id == people.staff.person_id
    assert open_to(VISITOR, case_id) and row.scope == "" and not row.in_hall
    assert rows(case_id)[-1].facts == {"claimed": "partly"}


@pytest.mark.parametrize("state", ["in_progress", "done", "closed", "declined", "returned", "withdrawn"])
def test_from_elsewhere_it_is_too_late(people: People, state: str) -> None:
    with pytest.raises(TooLate):
        do(answering.answer, people.staff, staged(people, state), "好了")


def test_what_the_cells_own_worker_answers_is_a_small_matter(people: People) -> None:
    small, larger, climbed = (staged(people, "open", title=f"心愿{n}") for n in range(3))
    do(answering.answer, people.grid_worker, small, "当场拧紧了灯泡。")
    do(answering.answer, people.staff, larger, "社区已换灯。")
    do(levels.escalate, people.staff, climbed, "要街道协调")
    do(answering.answer, people.grid_worker, climbed, "还是我来办好了。")
    assert [case(n).scope for n in (small, larger, climbed)] == ["small", "", ""]


def test_nobody_answers_what_is_their_own(people: People) -> None:
    case_id = int(do(post.post, people.staff, opinion()).case_id)
    with refused("own_case"):
        do(answering.answer, people.staff, case_id, "好主意")
    do(answering.answer, people.street_staff, case_id, "好主意")


@pytest.mark.parametrize(
    "kind", ["stranger", "neighbour", "volunteer", "next_worker", "far_staff", "admin", "resident"]
)
def test_only_those_in_charge_answer(people: People, kind: str) -> None:
    case_id = staged(people, "open")
    with pytest.raises(Forbidden):
        do(answering.answer, getattr(people, kind), case_id, "好了")


def test_whoever_answered_does_not_rate(people: People) -> None:
    receipt = do(post.post, Who(client="x"), opinion())
    do(answering.answer, people.staff, receipt.case_id, "已安排")
    with refused("own_work"):
        do(
            echo.rate,
            Who(person_id=people.staff.person_id, receipts=frozenset({receipt.case_id})),
            receipt.case_id,
            "solved",
            5,
        )


def test_the_one_who_had_it_in_hand_and_the_poster_are_told(people: People) -> None:
    case_id = staged(people, "dispatched")
    do(answering.answer, people.staff, case_id, "已经换好。")
    with opened() as session:
        told = session.exec(select(Notice.person_id, Notice.message).order_by(col(Notice.id).desc()).limit(2)).all()
    assert set(told) == {(people.grid_worker.person_id, "case_taken_away"), (people.resident.person_id, "case_done")}


def test_the_clock_stops_with_the_answer(people: People) -> None:
    with clock.at(MONDAY):
        case_id = posted(people)
    with clock.at(MONDAY + timedelta(hours=5)):
        do(answering.answer, people.staff, case_id, "当天办好")
    assert case(case_id).used_seconds == 5 * 3600 and case(case_id).running_at is None


# Together


def test_like_opinions_are_answered_with_one_reply(people: People) -> None:
    first, second, third = (given(people, body=f"活动室多开一小时 {n}") for n in range(3))
    do(screening.accept, people.staff, second)
    sent = do(answering.answer_together, people.staff, [first, second, third], "下月起开到九点。")
    assert sent.done == [first, second, third] and not sent.skipped
    assert {case(n).answer for n in sent.done} == {"下月起开到九点。"}
    assert len({case(n).answered_at for n in sent.done}) == 1
    assert [rows(n)[-1].facts["together"] for n in sent.done] == [3, 3, 3]
    assert deeds(first)[-1] == deeds(second)[-1] == "answer"


def test_what_is_no_opinion_or_not_to_be_answered_is_skipped(people: People) -> None:
    mine, a_wish, done = given(people), staged(people, "open"), given(people, body="另一条意见")
    do(answering.answer, people.staff, done, "已答")
    own = int(do(post.post, people.staff, opinion()).case_id)
    sent = do(answering.answer_together, people.staff, [mine, a_wish, done, own, 10**6], "一并答复")
    assert sent.done == [mine]
    assert {n: r.message_id for n, r in sent.skipped.items()} == {
        a_wish: "not_an_opinion", done: "too_late", own: "own_case", 10**6: "case_not_found",
    }  # fmt: skip
    assert case(a_wish).state == "open" and case(done).answer == "已答"


def test_a_refused_reply_answers_none(people: People) -> None:
    case_id = given(people)
    with refused("missing", field="says"):
        do(answering.answer_together, people.staff, [case_id], " ")
    with refused("too_many_rows"):
        do(answering.answer_together, people.staff, list(range(limits.BULK_ROWS + 1)), "好")
    assert case(case_id).state == "screening"


def test_one_answer_takes_like_ones_along(people: People) -> None:
    one, like, private = (
        given(people),
        given(people, body="活动室晚上多开一小时吧，下班后大家都想去。"),
        given(people, private=True),
    )
    far = given(people, body="电动车乱停，楼道口堵住了")
    found = look(similar.waiting_alike, people.staff, case(one))
    assert {note.id for note in found} == {like, private} and far not in {note.id for note in found}
    assert do(answering.answer, people.staff, one, "好的", "solved", [like, private]).done == [one, like, private]
    with pytest.raises(Forbidden):
        look(similar.waiting_alike, people.neighbour, case(far))


def test_the_echo_tells_the_kinds_apart_and_goes_on_by_key(people: People) -> None:
    made = []
    for n in range(4):
        with clock.at(MONDAY + timedelta(hours=n)):
            made.append(given(people, body=f"意见 {n}") if n % 2 else staged(people, "open"))
            do(answering.answer, people.staff, made[-1], f"答复 {n}")
    assert [row.id for row in look(echo.echoes, VISITOR).rows] == made[::-1]
    assert [row.id for row in look(echo.echoes, VISITOR, kinds=("opinion",)).rows] == [made[3], made[1]]
    assert [row.kind for row in look(echo.echoes, VISITOR, kinds=("wish",)).rows] == ["wish", "wish"]
    seen: list[int] = []
    key = None
    for _ in range(4):
        part = look(echo.echoes, VISITOR, "", key, 1)
        seen, key = [*seen, *[row.id for row in part.rows]], part.next
    assert seen == made[::-1] and key is None
    with refused("not_offered"):
        look(echo.echoes, VISITOR, kinds=("dispute",))


def test_opinions_are_in_the_lists_of_their_people(people: People) -> None:
    case_id = given(people, private=True)
    assert [note.id for note in look(lists.mine, people.resident, "posted").rows] == [case_id]
