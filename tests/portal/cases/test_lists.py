"""The lists of one's own and of the desk: what is no longer readable leaves them, and the desk's cost stays its own."""

import pytest
from sqlalchemy import text
from sqlmodel import col

from db.engine import is_sqlite, reading
from db.models.cases import Case
from portal.acts import VISITOR
from portal.cases import lists, post, screening
from tests.fixtures.town import People
from tests.portal.cases.steps import WAYS, do, look, refused, steps, wish


def listed(people: People, part: str) -> list[int]:
    return [note.id for note in look(lists.mine, people.neighbour, part).rows]


def test_what_was_supported_and_then_hidden_or_taken_back_is_no_longer_listed(people: People) -> None:
    hidden, gone, merged, kept = (WAYS["open"](people, title=f"第{n}个心愿") for n in "一二三四")
    for case_id in (hidden, gone, merged, kept):
        do(post.support, people.neighbour, case_id)
    do(screening.hide, people.staff, hidden, "写了别人的电话")
    do(post.withdraw, people.resident, gone)
    do(screening.merge, people.staff, merged, kept)
    assert listed(people, "supported") == [kept, merged]
    do(screening.hide, people.staff, merged, "也写了电话")
    assert listed(people, "supported") == [kept]


def test_a_draft_that_was_thrown_away_was_never_posted(people: People) -> None:
    draft = do(post.draft, people.neighbour, wish())
    do(post.discard, people.neighbour, draft)
    assert listed(people, "posted") == listed(people, "drafts") == []
    posted = do(post.post, people.neighbour, wish()).case_id
    do(post.withdraw, people.neighbour, posted)
    assert listed(people, "posted") == [posted]


def test_what_was_to_be_mended_is_read_by_the_poster_and_the_desk_alone(people: People) -> None:
    case_id = WAYS["returned"](people)
    do(post.submit, people.resident, case_id, wish(title="三栋二单元的路灯坏了"))
    do(screening.accept, people.staff, case_id)
    heard = {
        name: next(step.says for step in steps(who, case_id) if step.act == "case.return")
        for name, who in {
            "visitor": VISITOR,
            "neighbour": people.neighbour,
            "resident": people.resident,
            "staff": people.staff,
        }.items()
    }
    assert heard["resident"] == heard["staff"] == "请写清楚在几栋"
    assert heard["visitor"] is heard["neighbour"] is None


@pytest.mark.parametrize("tab", lists.TABS)
def test_a_tab_reads_only_what_stands_in_its_states_and_areas(people: People, tab: str) -> None:
    if not is_sqlite():
        pytest.skip("PostgreSQL scans a table this small")
    query = (
        lists._at_desk(people.staff, lists.QueueFilters()).where(lists._tabs()[tab]).order_by(col(Case.id)).limit(51)
    )
    with reading() as session:
        compiled = query.compile(session.connection(), compile_kwargs={"literal_binds": True})
        plan = session.execute(text(f"EXPLAIN QUERY PLAN {compiled}".replace(":", r"\:"))).all()
    assert "work_queue (state=? AND area_path>? AND area_path<?)" in plan[0].detail


def test_the_desk_of_another_area_is_closed(people: People) -> None:
    filters = lists.QueueFilters(area_path=people.far_staff.paths("staff")[0])
    with refused("staff_only"):
        look(lists.queue, people.staff, "screening", None, filters)
