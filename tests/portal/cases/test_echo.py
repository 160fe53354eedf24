"""The echo: the resident's word, reopening, closing unanswered, and the public page of answers."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from portal import clock, limits
from portal.acts import VISITOR
from portal.cases import clockwork, dispatch, echo, post, screening, work
from portal.cases.echo import Echo, echoes
from portal.errors import Forbidden, TooLate
from tests.fixtures.town import COMMUNITY, NEXT_CELL, OTHER_COMMUNITY, People
from tests.portal.cases.steps import MONDAY, case, do, look, picture, refused, rows, staged, steps, wish


def page(**named: Any) -> list[Echo]:
    return list(look(echoes, VISITOR, **named).rows)


@pytest.mark.parametrize(
    ("outcome", "standing"), [("solved", "solved"), ("partly", "not_solved"), ("not", "not_solved")]
)
def test_solved_is_what_the_resident_says(people: People, outcome: str, standing: str) -> None:
    case_id = staged(people, "done")
    do(echo.rate, people.resident, case_id, outcome, 4, "还行")
    found = case(case_id)
    assert (found.state, found.standing, found.outcome, found.stars, found.word) == (
        "closed", standing, outcome, 4, "还行",
    )  # fmt: skip
    assert rows(case_id)[-1].facts == {"outcome": outcome, "stars": 4}
    assert steps(VISITOR, case_id)[-1].says == "还行"


def test_only_the_three_answers_and_one_to_five_stars(people: People) -> None:
    case_id = staged(people, "done")
    for outcome in ("unanswered", "", "yes", None, ["solved"]):
        with refused("not_offered", field="outcome"):
            do(echo.rate, people.resident, case_id, outcome, 5)
    for stars in (0, 6, -1, 2.5, "5", None, True, 10**30):
        with refused("not_offered", field="stars"):
            do(echo.rate, people.resident, case_id, "solved", stars)
    with refused("too_long", field="word", limit=limits.COMMENT_CHARS):
        do(echo.rate, people.resident, case_id, "solved", 5, "好" * (limits.COMMENT_CHARS + 1))
    assert case(case_id).state == "done"


def test_only_the_poster_or_the_receipt_rates(people: People) -> None:
    case_id = staged(people, "done")
    for other in (VISITOR, people.neighbour, people.staff, people.grid_worker, people.admin):
        with pytest.raises(Forbidden):
            do(echo.rate, other, case_id, "solved", 5)
    do(echo.rate, replace(VISITOR, receipts=frozenset({case_id})), case_id, "solved", 5)
    assert rows(case_id)[-1].role == "receipt"


def test_it_is_rated_once(people: People) -> None:
    case_id = staged(people, "closed")
    with pytest.raises(TooLate):
        do(echo.rate, people.resident, case_id, "not", 1)


def test_nothing_is_rated_before_its_answer(people: People) -> None:
    case_id = staged(people, "in_progress")
    with pytest.raises(TooLate):
        do(echo.rate, people.resident, case_id, "solved", 5)


# Reopening


@pytest.mark.parametrize("state", ["done", "closed"])
def test_reopening_starts_anew(people: People, monday: None, state: str) -> None:
    case_id = staged(people, state, category="lighting")
    with refused("missing", field="says"):
        do(echo.reopen, people.resident, case_id, " ")
    when = MONDAY + timedelta(days=limits.REOPEN_DAYS)
    with clock.at(when):
        do(echo.reopen, people.resident, case_id, "又不亮了")
    found = case(case_id)
    assert (found.state, found.standing, found.reopened, found.holder_id, found.in_hall) == (
        "open", "open", 1, None, False,
    )  # fmt: skip
    assert (found.answer, found.outcome, found.stars, found.word, found.answered_at) == ("", "", 0, "", None)
    assert (found.running_at, found.used_seconds, found.due_at) == (when, 0, when + timedelta(hours=24))
    assert steps(VISITOR, case_id)[-1].says == "又不亮了"
    assert page() == []


def test_reopening_has_an_end(people: People, monday: None) -> None:
    case_id = staged(people, "closed")
    late = MONDAY + timedelta(days=limits.REOPEN_DAYS, seconds=1)
    with clock.at(late), refused("reopen_too_late", days=limits.REOPEN_DAYS):
        do(echo.reopen, people.resident, case_id, "又不亮了")


def test_after_silence_it_may_still_be_reopened(people: People, monday: None) -> None:
    case_id = staged(people, "done")
    closed = MONDAY + timedelta(days=limits.RATING_DAYS)
    with clock.at(closed):
        clockwork.tick()
    with clock.at(closed + timedelta(days=limits.REOPEN_DAYS)):
        do(echo.reopen, people.resident, case_id, "还是不亮")
    assert case(case_id).state == "open"


@pytest.mark.parametrize("state", ["declined", "withdrawn", "merged", "referred", "open"])
def test_what_was_not_answered_is_not_reopened(people: People, state: str) -> None:
    with pytest.raises(TooLate):
        do(echo.reopen, people.resident, staged(people, state), "再看看")


def test_a_reopened_case_climbs_at_its_first_miss_again(people: People, monday: None) -> None:
    case_id = staged(people, "in_progress", category="danger")
    with clock.at(MONDAY + timedelta(hours=2)):
        clockwork.tick()
    assert case(case_id).missed == 1
    with clock.at(MONDAY + timedelta(hours=3)):
        do(work.finish, people.grid_worker, case_id, "好了")
    with clock.at(MONDAY + timedelta(hours=4)):
        do(echo.reopen, people.resident, case_id, "没好")
    assert case(case_id).next_at == case(case_id).half_at
    do(dispatch.dispatch, people.staff, case_id, people.grid_worker.person_id)
    assert case(case_id).next_at == case(case_id).due_at == MONDAY + timedelta(hours=6)


# Silence


def test_silence_closes_after_fifteen_days_and_counts_as_silence(people: People, monday: None) -> None:
    case_id = staged(people, "done")
    with clock.at(MONDAY + timedelta(days=limits.RATING_DAYS, seconds=-1)):
        assert clockwork.tick() == {}
    with clock.at(MONDAY + timedelta(days=limits.RATING_DAYS)):
        assert clockwork.tick() == {"case.close_unanswered": 1}
    found = case(case_id)
    assert (found.state, found.outcome, found.standing, found.stars) == ("closed", "unanswered", "not_solved", 0)


# The page


def test_the_page_of_answers_newest_first(people: People, monday: None) -> None:
    cases = []
    for n in range(3):
        with clock.at(MONDAY + timedelta(hours=3 * n)):
            cases.append(staged(people, "done", title=f"第 {n} 个", photos=[picture()]))
    staged(people, "open"), staged(people, "declined")
    assert [e.id for e in page()] == cases[::-1]
    first = page()[-1]
    assert (first.title, first.answer, first.started_at) == ("第 0 个", "路灯已经修好。", MONDAY)
    assert [p.moment for p in first.photos] == ["before"]


def test_pages_have_no_gap_and_no_repeat_while_answers_come_in(people: People) -> None:
    """Three answers at the very same moment, and new ones between two pages."""
    cases = []
    for n in range(7):
        with clock.at(MONDAY + timedelta(hours=2 * (n // 3), microseconds=123_457)):
            cases.append(staged(people, "done"))
    seen, key = [], None
    for _ in range(10):
        found = look(echoes, VISITOR, before=key, limit=2)
        seen += [e.id for e in found.rows]
        with clock.at(MONDAY + timedelta(days=1, hours=2 * len(seen))):
            staged(people, "done")
        key = found.next
        if key is None:
            break
    assert seen == sorted(cases, reverse=True)


@pytest.mark.parametrize("key", ["x", "1", "1:", ":1", "nan:1", "inf:1", "1:x", "1e400:1", "1:99999999999", "-1:-1"])
def test_a_forged_key_is_refused(people: People, key: str) -> None:
    with refused("not_offered", field="page"):
        look(echoes, VISITOR, before=key)


def test_answers_of_an_area(people: People) -> None:
    here = staged(people, "done")
    assert [e.id for e in page(area_path=COMMUNITY)] == [here]
    assert page(area_path=OTHER_COMMUNITY) == page(area_path=NEXT_CELL) == []
    with refused("not_offered", field="area"):
        page(area_path="/nowhere/")


def test_a_rated_answer_shows_the_word(people: People) -> None:
    staged(people, "closed")
    (found,) = page()
    assert (found.outcome, found.stars, found.word) == ("solved", 5, "很亮，谢谢")


def test_an_anonymous_wish_goes_all_the_way(people: People) -> None:
    done = do(post.post, replace(VISITOR, client="x"), wish())
    who = replace(VISITOR, receipts=frozenset({done.case_id}))
    do(screening.accept, people.staff, done.case_id)
    do(dispatch.to_hall, people.staff, done.case_id)
    do(dispatch.grab, people.volunteer, done.case_id)
    do(work.take_on, people.volunteer, done.case_id)
    do(work.finish, people.volunteer, done.case_id, "办好了")
    do(echo.rate, who, done.case_id, "partly", 3)
    do(echo.reopen, who, done.case_id, "还差一点")
    assert case(done.case_id).state == "open"
