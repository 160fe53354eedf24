"""Public reads are shared until the next act, and nobody's own view ever gets into them."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from portal import clock, memo
from portal.acts import VISITOR, Who
from portal.cases import post, wall
from portal.cases.lists import with_own_support
from portal.errors import Refused
from portal.memo import for_all
from tests.fixtures.town import People
from tests.portal.cases.steps import MONDAY, do, look, staged

asked: list[Who] = []


def public(session: Session, who: Who, what: str) -> list[str]:
    asked.append(who)
    if what == "wrong":
        raise Refused("not_offered", field="page")
    return [what]


@pytest.fixture(autouse=True)
def nothing_asked() -> None:
    asked.clear()


def test_it_is_read_once_until_an_act(people: People) -> None:
    with clock.at(MONDAY):
        first = look(for_all(public), people.resident, "a")
        assert look(for_all(public), people.neighbour, "a") is first
        assert look(for_all(public), people.neighbour, "b") == ["b"]
        staged(people, "screening")
        assert look(for_all(public), people.resident, "a") is not first
    assert asked == [VISITOR] * 3


def test_time_alone_ends_it_too(people: People) -> None:
    with clock.at(MONDAY):
        look(for_all(public), VISITOR, "a")
    with clock.at(MONDAY + timedelta(seconds=memo.STALE_SECONDS)):
        look(for_all(public), VISITOR, "a")
    assert len(asked) == 2


def test_a_refusal_is_not_kept(people: People) -> None:
    for _ in range(2):
        with pytest.raises(Refused):
            look(for_all(public), VISITOR, "wrong")
    assert len(asked) == 2


def test_it_keeps_no_more_than_it_may(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memo, "KEPT", 3)
    for n in range(9):
        look(for_all(public), VISITOR, str(n))
    assert len(memo._kept) == 3


def test_own_support_is_marked_for_its_owner_alone(people: People) -> None:
    case_id = staged(people, "open")
    do(post.support, people.neighbour, case_id)
    shared = [look(for_all(wall.wall), who, wall.Filters()).rows for who in (people.neighbour, VISITOR)]
    assert [[note.mine_too for note in rows] for rows in shared] == [[False], [False]]
    assert [n.mine_too for n in look(with_own_support, people.neighbour, shared[0])] == [True]
    assert [n.mine_too for n in look(with_own_support, people.resident, shared[0])] == [False]
    assert [n.mine_too for n in look(with_own_support, VISITOR, shared[0])] == [False]
