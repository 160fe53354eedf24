"""Many at one help order, on both databases: one comes, and only somebody to whom it was offered."""

import itertools
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session

from db.models.cases import Case
from portal import acts as matrix
from portal import audit, clock
from portal.accounts import people as accounts
from portal.acts import SYSTEM, Who
from portal.cases import dispatch, helping, matching, post
from tests.fixtures.town import CELL, COMMUNITY, People
from tests.portal.cases.crowd import SKILL, ordered
from tests.portal.cases.steps import case, deeds, do
from tests.portal.cases.test_races import CROWD, Deed, at_once, check_story, stale, tally, unguarded_move

_numbers = itertools.count()


def neighbours(people: People, count: int, serves: str = COMMUNITY, *skills: str) -> list[Who]:
    """So many volunteers with accounts of their own, who serve there and can do this."""
    with audit.transaction() as session:
        made = [accounts.join(session, f"+86135{next(_numbers):08}", "邻居") for _ in range(count)]
        crowd = [replace(people.volunteer, person_id=p.id, duties=frozenset({("volunteer", serves)})) for p in made]
        for who in crowd:
            matching.set_skills(session, who, skills)
    return crowd


def asked(people: People) -> int:
    """An order in its first wave."""
    case_id = ordered(people)
    with audit.transaction() as session:
        session.get_one(Case, case_id).wave = 1
    return case_id


def grabs(crowd: list[Who], case_id: int) -> Counter[str]:
    return tally(at_once([(dispatch.grab, who, (case_id,)) for who in crowd]))


def test_of_fifty_one_comes_and_it_is_one_who_was_asked(people: People) -> None:
    first, later = neighbours(people, CROWD // 2, CELL, SKILL), neighbours(people, CROWD // 2)
    case_id = asked(people)
    ends = grabs([each for pair in zip(first, later, strict=True) for each in pair], case_id)
    assert ends["done"] == 1 and sum(ends.values()) == CROWD
    assert set(ends) <= {"done", "grabbed_already", "not_offered_yet"}, ends
    assert case(case_id).holder_id in {who.person_id for who in first}
    assert deeds(case_id).count("grab") == 1


def test_without_the_guard_of_the_wave_somebody_else_could_win(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    crowd, case_id = neighbours(people, 8), asked(people)
    assert grabs(crowd, case_id) == {"not_offered_yet": 8}
    monkeypatch.setattr(matching, "check", lambda *args: ())
    assert grabs(crowd, case_id)["done"] == 1


def test_without_compare_and_set_several_would_come(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    crowd, case_id = neighbours(people, 8, CELL, SKILL), asked(people)
    monkeypatch.setattr(dispatch, "_from_hall", stale(case_id))
    assert grabs(crowd, case_id) == {"done": 1, "grabbed_already": 7}, "the guard holds against a stale reading"
    other = asked(people)
    monkeypatch.setattr(dispatch, "_from_hall", stale(other))
    monkeypatch.setattr(matrix, "_move", unguarded_move)
    assert grabs(crowd, other)["done"] > 1


def widen(session: Session, who: Who, case_id: int) -> None:
    """What the clockwork does, at its moment."""
    found = session.get(Case, case_id, with_for_update={"key_share": True})
    assert found is not None
    matching.widen(session, found)


def test_widening_taking_and_cancelling_at_once_leave_one_story(people: People) -> None:
    for _ in range(3):
        crowd, case_id = neighbours(people, 4, CELL, SKILL), asked(people)
        taking: list[Deed] = [(dispatch.grab, who, (case_id,)) for who in crowd]
        others: list[Deed] = [(widen, SYSTEM, (case_id,)), (post.withdraw, people.resident, (case_id,))]
        ends = tally(at_once([*taking, *others]))
        assert set(ends) <= {"done", "grabbed_already", "too_late", "case_not_found"}, ends
        assert 1 <= ends["done"] <= 3 and deeds(case_id).count("grab") <= 1
        check_story(case_id)


def later(deed: Callable[..., None]) -> Callable[..., None]:
    """The deed, done when half an hour has passed: a thread does not know of the clock outside it."""
    moment = clock.now() + timedelta(minutes=31)

    def done(*args: Any) -> None:
        with clock.at(moment):
            deed(*args)

    return done


def test_of_all_who_say_that_nobody_came_and_the_one_who_gives_up_one_is_first(people: People) -> None:
    ends: Counter[str] = Counter()
    for _ in range(4):
        (who,), case_id = neighbours(people, 1, CELL, SKILL), asked(people)
        do(dispatch.grab, who, case_id)
        said: list[Deed] = [
            (later(helping.no_show), person, (case_id,)) for person in (people.resident, people.staff) for _ in range(4)
        ]
        found = tally(at_once([*said, (later(dispatch.release), who, (case_id,))]))
        assert found["done"] == 1 and set(found) <= {"done", "too_late", "forbidden_act", "case_not_found"}, found
        assert case(case_id).state == "open" and len(set(deeds(case_id)) & {"no_show", "release"}) == 1
        check_story(case_id)
        ends += found
    assert ends["done"] == 4
