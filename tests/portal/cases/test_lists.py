"""The lists of one's own: what is no longer readable leaves them."""

from portal.acts import VISITOR
from portal.cases import lists, post, screening
from tests.fixtures.town import People
from tests.portal.cases.steps import WAYS, do, look, steps, wish


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
