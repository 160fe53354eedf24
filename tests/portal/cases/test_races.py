"""Many at once, on both databases: exactly one wins. Each guard is also taken off, to see that a test would notice."""

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.sql import Select
from sqlmodel import Session, select

from db.engine import is_sqlite, reading
from db.models.accounts import Person, Quota
from db.models.audit import AuditRow
from db.models.cases import Case, Support
from portal import acts as matrix
from portal import audit, limits
from portal.accounts import people as accounts
from portal.acts import Who
from portal.cases import dispatch, echo, post, screening, work
from portal.errors import Refused
from tests.fixtures.town import People
from tests.portal.cases.steps import case, deeds, do, in_hall, posted, rows, staged, wish

CROWD = 50
Deed = tuple[Callable[..., Any], Who, tuple[Any, ...]]


def at_once(crowd: list[Deed]) -> list[Exception | None]:
    """All start together; what became of each: None, or what was raised."""
    gate = threading.Barrier(len(crowd))
    ends: list[Exception | None] = [None] * len(crowd)

    def run(number: int, deed: Deed) -> None:
        fn, who, args = deed
        gate.wait()
        try:
            do(fn, who, *args)
        except Exception as error:
            ends[number] = error

    threads = [threading.Thread(target=run, args=(number, deed)) for number, deed in enumerate(crowd)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "somebody waits for ever"
    return ends


def tally(ends: list[Exception | None]) -> Counter[str]:
    """How often each end came; errors of the database under their class."""
    return Counter("done" if e is None else e.message_id if isinstance(e, Refused) else repr(e)[:200] for e in ends)


def volunteers(count: int, like: Who) -> list[Who]:
    with audit.transaction() as session:
        made = [accounts.join(session, f"+86137{n:08}", f"志愿者{n}") for n in range(count)]
    return [replace(like, person_id=p.id, name=p.name) for p in made]


def read_together(patch: pytest.MonkeyPatch, parties: int) -> None:
    """Let all have read the case before anyone writes: the moment that a race needs."""
    gate, one = threading.Barrier(parties), dispatch.one

    def late(session: Session, who: Who, case_id: int) -> Case:
        found = one(session, who, case_id)
        with suppress(threading.BrokenBarrierError):
            gate.wait(3)
        return found

    patch.setattr(dispatch, "one", late)


# One order, fifty volunteers


def grabs(people: People) -> tuple[int, Counter[str]]:
    crowd = volunteers(CROWD, people.volunteer)
    case_id = in_hall(people)
    return case_id, tally(at_once([(dispatch.grab, who, (case_id,)) for who in crowd]))


def test_of_fifty_grabs_one_wins_and_all_others_are_told_kindly(people: People) -> None:
    case_id, ends = grabs(people)
    assert ends["done"] == 1
    assert set(ends) <= {"done", "grabbed_already"} and sum(ends.values()) == CROWD, ends
    assert deeds(case_id).count("grab") == 1
    assert rows(case_id)[-1].actor_id == case(case_id).holder_id


def unguarded_move(session: Session, act: Any, thing: Any, where: Any, sets: dict[str, Any]) -> None:
    """`acts._move` without its conditions: what it was read as is written over whatever is there now."""
    if act.to:
        sets["state"] = act.to
    session.execute(update(Case).where(Case.id == thing.id).values(**sets).execution_options(synchronize_session=False))
    session.refresh(thing)


def test_without_compare_and_set_several_would_win(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control. SQLite's write lock lets nobody read in between: there the stale reading is given."""
    crowd, case_id = volunteers(8, people.volunteer), in_hall(people)
    monkeypatch.setattr(matrix, "_move", unguarded_move)
    if is_sqlite():
        monkeypatch.setattr(dispatch, "one", stale(case_id))
    else:
        read_together(monkeypatch, len(crowd))
    ends = tally(at_once([(dispatch.grab, who, (case_id,)) for who in crowd]))
    assert ends["done"] > 1, ends


def stale(case_id: int) -> Callable[..., Case]:
    """What a transaction would decide on that had read before the winner wrote."""
    kept = case(case_id).model_dump()

    def one(session: Session, who: Who, wanted: int) -> Case:
        found = session.get_one(Case, wanted)
        for name, value in kept.items():
            set_committed_value(found, name, value)
        return found

    return one


def test_compare_and_set_holds_even_against_a_stale_reading(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same stale reading as in the control, with the guard in its place."""
    crowd, case_id = volunteers(8, people.volunteer), in_hall(people)
    monkeypatch.setattr(dispatch, "one", stale(case_id))
    ends = tally(at_once([(dispatch.grab, who, (case_id,)) for who in crowd]))
    assert ends == {"done": 1, "grabbed_already": 7}


# One volunteer, five orders


def test_the_cap_holds_against_five_grabs_at_once(people: People) -> None:
    cases = [in_hall(people) for _ in range(5)]
    ends = tally(at_once([(dispatch.grab, people.volunteer, (c,)) for c in cases]))
    assert ends == {"done": limits.HOLDS_PER_VOLUNTEER, "too_many_holds": 2}


def test_without_the_persons_lock_the_cap_would_break(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    if is_sqlite():
        pytest.skip("the write lock of SQLite is the guard here; see the engine's tests")
    cases = [in_hall(people) for _ in range(5)]
    gate, count = threading.Barrier(5), dispatch.holds

    def late(session: Session, who: Who) -> int:
        held = count(session, who)
        with suppress(threading.BrokenBarrierError):
            gate.wait(3)
        return held

    monkeypatch.setattr(dispatch, "holds", late)
    lock = Select.with_for_update  # that of the chain's head stays: it is another guard, for another thing
    monkeypatch.setattr(
        Select, "with_for_update", lambda self, **how: self if "key_share" in how else lock(self, **how)
    )
    ends = tally(at_once([(dispatch.grab, people.volunteer, (c,)) for c in cases]))
    assert ends["done"] > limits.HOLDS_PER_VOLUNTEER, ends


def test_two_who_grab_each_others_wishes_do_not_wait_in_a_circle(people: People) -> None:
    """Each locks its own person and tells the other: a plain FOR UPDATE would wait in a circle."""
    one, other = volunteers(2, people.volunteer)
    for _ in range(4):
        first, second = in_hall(people), in_hall(people)
        with audit.transaction() as session:
            session.get_one(Case, first).poster_id, session.get_one(Case, second).poster_id = (
                other.person_id, one.person_id,
            )  # fmt: skip
        ends = tally(at_once([(dispatch.grab, one, (first,)), (dispatch.grab, other, (second,))]))
        assert ends == {"done": 2}
        for who, case_id in ((one, first), (other, second)):
            do(dispatch.release, who, case_id)
            do(screening.decline, people.staff, case_id, "试")
        with audit.transaction() as session:  # five an hour
            for row in session.exec(select(Quota)):
                session.delete(row)


# One person, fifty times "me too"


def supports(people: People) -> tuple[int, Counter[str]]:
    case_id = staged(people, "open")
    return case_id, tally(at_once([(post.support, people.neighbour, (case_id,))] * CROWD))


def test_of_fifty_me_toos_of_one_person_one_counts(people: People) -> None:
    case_id, ends = supports(people)
    assert ends == {"done": 1, "already_supported": CROWD - 1}
    assert case(case_id).supporters == 1
    assert deeds(case_id).count("support") == 1
    with reading() as session:
        assert len(session.exec(select(Support)).all()) == 1


def test_without_the_key_all_would_count(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(post, "add_support", lambda *args: True)
    case_id, ends = supports(people)
    assert ends["done"] == CROWD and case(case_id).supporters == CROWD


def test_fifty_me_toos_of_fifty_people_all_count(people: People) -> None:
    crowd, case_id = volunteers(CROWD, people.neighbour), staged(people, "open")
    assert tally(at_once([(post.support, who, (case_id,)) for who in crowd])) == {"done": CROWD}
    assert case(case_id).supporters == CROWD


# Several decisions about one case


def test_of_accept_decline_return_and_merge_one_wins(people: People) -> None:
    into = staged(people, "open")
    for _ in range(3):
        case_id = posted(people)
        crowd: list[Deed] = [
            (screening.accept, people.staff, (case_id,)),
            (screening.give_back, people.street_staff, (case_id, "哪里？")),
            (screening.merge, people.street_staff, (case_id, into)),
            (post.withdraw, people.resident, (case_id,)),
        ]
        ends = tally(at_once(crowd * 2))
        done = deeds(case_id)[1:]
        assert ends["done"] == len(done), ends
        assert set(ends) <= {"done", "too_late", "merge_target"}, ends
        check_story(case_id)


def test_two_clerks_decide_once(people: People) -> None:
    for deed in (
        (screening.accept, ()), (screening.give_back, ("哪里？",)),
    ):  # fmt: skip
        case_id = posted(people)
        ends = tally(at_once([(deed[0], people.staff, (case_id, *deed[1]))] * 10))
        assert ends == {"done": 1, "too_late": 9}


def test_a_stale_decision_is_too_late_even_from_the_same_state(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two clerks dispatch the same open case to different people: the state would allow it, the version does not."""
    case_id = staged(people, "dispatched")
    with audit.transaction() as session:
        old = session.get_one(Case, case_id)
        do_version = old.version
    monkeypatch.setattr(dispatch, "one", stale(case_id))
    args = (case_id, people.grid_worker.person_id)
    ends = tally(at_once([(dispatch.dispatch, people.staff, args)] * 4))
    assert ends == {"done": 1, "too_late": 3}
    assert case(case_id).version == do_version + 1


def test_it_is_rated_once(people: People) -> None:
    case_id = staged(people, "done")
    stars = [(echo.rate, people.resident, (case_id, "solved" if n % 2 else "not", 1 + n % 5)) for n in range(20)]
    ends = tally(at_once(list(stars)))
    assert ends == {"done": 1, "too_late": 19}
    told = rows(case_id)[-1].facts
    assert (case(case_id).stars, case(case_id).outcome) == (told["stars"], told["outcome"])


def test_ten_answers_to_one_question(people: People) -> None:
    case_id = staged(people, "awaiting_resident")
    ends = tally(at_once([(work.answer_ask, people.resident, (case_id, f"回答 {n}")) for n in range(10)]))
    assert ends == {"done": 1, "too_late": 9}


# No circles


def test_bulk_dispatch_in_opposite_orders(people: People) -> None:
    crowd = volunteers(4, people.resident)
    cases = [do(post.post, who, wish()).case_id for who in crowd for _ in range(5)]
    orders = [cases, cases[::-1], cases[10:] + cases[:10], sorted(cases, key=lambda c: -c % 7)]
    ends = tally(at_once([(dispatch.send_by_rule, people.staff, (order,)) for order in orders]))
    assert ends == {"done": len(orders)}
    for case_id in cases:
        assert (case(case_id).state, deeds(case_id)[:3]) == ("dispatched", ["post", "accept", "dispatch"])


def test_merges_in_a_circle(people: People) -> None:
    ring = [staged(people, "open") for _ in range(4)]
    for number, case_id in enumerate(ring):
        do(post.support, people.neighbour if number % 2 else people.stranger, case_id)
    pairs = [(a, b) for a, b in zip(ring, ring[1:] + ring[:1], strict=True)]
    crowd: list[Deed] = [(screening.merge, people.staff, pair) for pair in pairs]
    crowd += [(post.support, who, (case_id,)) for who in volunteers(6, people.neighbour) for case_id in ring]
    ends = tally(at_once(crowd))
    assert set(ends) <= {"done", "merge_target", "too_late", "already_supported"}, ends
    states = [case(c).state for c in ring]
    assert "open" in states and "merged" in states, "not all can be merged away"
    for case_id in ring:
        check_story(case_id)
        with reading() as session:
            held = session.exec(select(Support).where(Support.case_id == case_id)).all()
        assert case(case_id).supporters == len(held)


def test_the_chain_holds_after_a_crowd(people: People) -> None:
    grabs(people), supports(people)
    with reading() as session:
        verdict = audit.verify(session)
        assert verdict.ok
        assert [row.seq for row in session.exec(select(AuditRow).order_by(AuditRow.seq))] == list(  # type: ignore[arg-type]
            range(1, verdict.rows + 1)
        )
        assert session.exec(select(Person)).first()


def check_story(case_id: int) -> None:
    """Each step begins where the one before it ended, and the last leads to the state that is stored."""
    state = ""
    for row in rows(case_id):
        if row.act in ("case.support", "case.unsupport"):
            continue
        assert row.from_state == state
        state = row.to_state
    assert state == case(case_id).state
