"""The three rates, with everything needed to judge them."""

from collections import Counter
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import event

from db.engine import engine
from portal import areas, audit, clock, limits, rollups
from portal.acts import VISITOR
from portal.board import Line, Rate, Rates, quantile, rates, table
from portal.cases import clockwork, echo, post, screening, work
from portal.cases.kinds import SMALLEST
from portal.rollups import DURATION_BUCKETS_HOURS, bucket_of
from tests.fixtures.town import CELL, CITY, COMMUNITY, NEXT_CELL, OTHER_COMMUNITY, People
from tests.portal.cases.steps import MONDAY, case, do, look, posted, staged, wish


def of(path: str, days: int = 90) -> Rates:
    found: Rates = look(rates, VISITOR, areas.tree().by_path(path).id, days)
    return found


def test_without_anything_there_is_no_share(people: People) -> None:
    found = of(CITY)
    assert (found.response, found.solved, found.satisfied) == (Rate(0, 0), Rate(0, 0), Rate(0, 0))
    assert found.solved.share is None and found.median_hours is None and found.p90_hours is None


def test_each_answer_changes_the_rates(people: People) -> None:
    answers = [("solved", 5), ("solved", 4), ("partly", 3), ("not", 1)]
    with clock.at(MONDAY):
        for outcome, stars in answers:
            do(echo.rate, people.resident, staged(people, "done"), outcome, stars)
    with clock.at(MONDAY + timedelta(hours=2)):
        staged(people, "done")
        found = of(CELL)
    assert found.solved == Rate(2, 4) and found.solved.share == 0.5
    assert found.satisfied == Rate(2, 4)
    assert (found.partly, found.asked, found.answered, found.unanswered, found.done) == (1, 5, 4, 0, 5)


def test_silence_counts_as_silence_and_not_as_solved(people: People) -> None:
    with clock.at(MONDAY):
        staged(people, "done")
    with clock.at(MONDAY + timedelta(days=limits.RATING_DAYS)):
        clockwork.tick()
        found = of(CITY)
    assert (found.asked, found.answered, found.unanswered, found.solved) == (1, 0, 1, Rate(0, 0))


def test_the_first_answer_of_the_desk_counts_in_time_or_late(people: People) -> None:
    with clock.at(MONDAY):
        quick, slow, returned = (posted(people, category="lighting") for _ in range(3))
        do(screening.accept, people.staff, quick)
        do(screening.give_back, people.staff, returned, "哪里？")
    with clock.at(MONDAY + timedelta(hours=4, seconds=1)):
        do(screening.decline, people.staff, slow, "不办")
        do(post.submit, people.resident, returned, wish(category="lighting"))
        do(screening.accept, people.staff, returned)
        found = of(CITY)
    assert found.response == Rate(2, 3)


def test_what_is_left_out_is_told_with_its_reason(people: People) -> None:
    for number, state in enumerate(("declined", "withdrawn", "merged", "referred", "closed")):
        with clock.at(MONDAY + timedelta(hours=2 * number)):
            case_id = staged(people, state)
    with clock.at(MONDAY + timedelta(hours=12)):
        do(echo.reopen, people.resident, case_id, "没好")
        found = of(COMMUNITY)
    told = (found.declined, found.withdrawn, found.merged, found.referred, found.reopened, found.posted)
    assert told == (1, 1, 1, 1, 1, 6)


def test_an_area_counts_what_lies_below_it_and_nothing_else(people: People) -> None:
    with clock.at(MONDAY):
        posted(people)
        posted(people, area_id=areas.tree().by_path(NEXT_CELL).id)
        counts = {path: of(path).posted for path in (CELL, NEXT_CELL, COMMUNITY, OTHER_COMMUNITY, CITY)}
    assert counts == {CELL: 1, NEXT_CELL: 1, COMMUNITY: 2, OTHER_COMMUNITY: 0, CITY: 2}


def test_the_days_looked_back(people: People) -> None:
    with clock.at(MONDAY):
        posted(people)
    with clock.at(MONDAY + timedelta(days=6)):
        assert (of(CITY, 7).posted, of(CITY, 6).posted) == (1, 0)
        assert (of(CITY, 7).until_on - of(CITY, 7).since_on).days == 6


def test_hours_run_from_posting_to_the_answer(people: People) -> None:
    with clock.at(MONDAY):
        cases = [staged(people, "in_progress") for _ in range(5)]
    for case_id, hours in zip(cases, (3, 3, 3, 3, 100), strict=True):
        with clock.at(MONDAY + timedelta(hours=hours)):
            do(work.finish, people.grid_worker, case_id, "好了")
    with clock.at(MONDAY + timedelta(days=6)):
        found = of(CITY)
    assert found.median_hours is not None and 2 < found.median_hours <= 4
    assert found.p90_hours is not None and 96 < found.p90_hours <= 120
    assert case(cases[0]).state == "done"


@pytest.mark.parametrize("part", [0.5, 0.9])
def test_a_quantile_lies_in_the_bucket_of_the_true_one(part: float) -> None:
    for seed in range(30):
        chance = Random(seed)
        hours = sorted(chance.expovariate(1 / 60) for _ in range(chance.randrange(1, 200)))
        found = quantile(Counter(bucket_of(h) for h in hours), part)
        exact = hours[min(len(hours) - 1, max(0, -(-len(hours) * part // 1).__int__() - 1))]
        edges = (0, *DURATION_BUCKETS_HOURS)
        low = edges[bucket_of(exact)]
        assert found is not None
        assert low <= found <= (edges[bucket_of(exact) + 1] if bucket_of(exact) + 1 < len(edges) else 2 * edges[-1])


def test_a_quantile_of_nothing_is_nothing() -> None:
    assert quantile(Counter(), 0.5) is None


# What the handlers say beside what the residents say


def test_handlers_and_residents_are_told_side_by_side(people: People) -> None:
    with clock.at(MONDAY):
        cases = [staged(people, "in_progress") for _ in range(4)]
        for case_id, claimed, said in zip(
            cases, ("solved", "solved", "partly", "not"), ("solved", "not", "not", "partly"), strict=True
        ):
            do(work.finish, people.grid_worker, case_id, "答复", claimed=claimed)
            do(echo.rate, people.resident, case_id, said, 3)
        found = of(CITY)
    assert (found.handler, found.solved, found.called) == (Rate(2, 4), Rate(1, 4), Rate(0, 0))
    assert (found.drawn, found.unreached) == (0, 0)


def lines(path: str = CITY) -> dict[str, Line]:
    return {line.kind: line for line in look(table, VISITOR, areas.tree().by_path(path).id, 90)}


def count(kind: str, **numbers: int) -> None:
    """So many of each measure today, in cell 03 and above it."""
    ids = areas.tree().ids_up(areas.tree().by_path(CELL).id)
    with audit.transaction() as session:
        for measure, n in numbers.items():
            rollups.count(session, measure, area_ids=ids, kind=kind, category="other", n=n)


def test_the_table_has_all_kinds_but_disputes(people: People) -> None:
    assert list(lines()) == ["wish", "opinion", "help", "errand"]
    count("dispute", posted=50, done=50)
    assert "50" not in str(lines())


@pytest.mark.parametrize("kind", ["opinion", "help", "errand"])
def test_of_private_kinds_no_small_group_is_told(people: People, kind: str) -> None:
    count(kind, posted=SMALLEST - 1, done=4, asked=4, said_solved=4, claimed_solved=4, callback_solved=2,
          responded_in_time=4, declined=1, withdrawn=5)  # fmt: skip
    line = lines()[kind]
    assert (line.posted, line.done, line.asked, line.answered) == (None,) * 4
    assert (line.response, line.handler, line.solved, line.called, line.median_hours) == (None,) * 5
    assert line.satisfied == Rate(0, 0), "nothing at all tells of nobody"
    assert dict(line.left_out) == {"declined": None, "referred": 0, "merged": 0, "withdrawn": 5}
    count(kind, posted=1, done=1, said_solved=2, said_not=3, claimed_solved=5)
    line = lines()[kind]
    assert (line.posted, line.done, line.solved, line.handler) == (5, 5, None, Rate(9, 9)), "three said otherwise"
    count(kind, said_partly=2)
    assert lines()[kind].solved == Rate(6, 11)
    count(kind, callback_not=10)
    assert lines()[kind].called is None, "two of twelve would be two people"


def test_of_what_everybody_sees_anyway_everything_is_told(people: People) -> None:
    count("wish", posted=1, done=1, said_solved=1)
    line = lines()["wish"]
    assert (line.posted, line.done, line.solved) == (1, 1, Rate(1, 1))


def test_the_table_asks_the_counters_alone(people: People) -> None:
    asked: list[str] = []
    event.listen(engine(), "before_cursor_execute", lambda *a: asked.append(a[2]))
    lines()
    assert asked and all(" cases" not in statement for statement in asked)
