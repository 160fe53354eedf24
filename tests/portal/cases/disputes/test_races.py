"""Two at once in one dispute, on both databases: exactly one wins, and without the guard a test would notice."""

from datetime import timedelta

import pytest
from sqlmodel import col, func, select

from db.engine import is_sqlite, reading
from db.models.disputes import Agreement, Recusal
from portal import acts as matrix
from portal import clock
from portal.cases import dispatch
from portal.cases.disputes import agreements, mediators
from tests.fixtures.town import People
from tests.portal.cases.disputes.conftest import Room
from tests.portal.cases.steps import case, deeds, do, look
from tests.portal.cases.test_races import at_once, read_together, stale, tally, unguarded_move


def appoint(room: Room) -> tuple[int, dict[str, int]]:
    people, case_id = room.people, room.let_in()
    both = (people.mediator, people.other_mediator)
    ends = at_once([(dispatch.dispatch, people.mediation_head, (case_id, who.person_id)) for who in both])
    return case_id, tally(ends)


def test_of_two_heads_who_appoint_one_wins_and_nobody_is_told_in_vain(room: Room) -> None:
    case_id, ends = appoint(room)
    if ends["done"] == 2:  # one after the other: the second changed what the first had done
        assert deeds(case_id).count("dispatch") == 2
    else:
        assert ends == {"done": 1, "too_late": 1} and deeds(case_id).count("dispatch") == 1
    assert case(case_id).state == "dispatched"


def test_without_the_guard_both_would_appoint(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: both decide on what they read before either wrote."""
    people, case_id = room.people, room.let_in()
    monkeypatch.setattr(matrix, "_move", unguarded_move)
    if is_sqlite():
        monkeypatch.setattr(dispatch, "one", stale(case_id))
    else:
        read_together(monkeypatch, 2)
    both = (people.mediator, people.other_mediator)
    ends = at_once([(dispatch.dispatch, people.mediation_head, (case_id, who.person_id)) for who in both])
    assert tally(ends)["done"] == 2


def test_with_the_guard_who_read_the_same_state_is_too_late(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    people, case_id = room.people, room.let_in()
    if is_sqlite():
        monkeypatch.setattr(dispatch, "one", stale(case_id))
    else:
        read_together(monkeypatch, 2)
    both = (people.mediator, people.other_mediator)
    ends = tally(at_once([(dispatch.dispatch, people.mediation_head, (case_id, who.person_id)) for who in both]))
    assert ends == {"done": 1, "too_late": 1}


def test_a_consent_does_not_slip_under_a_new_text(room: Room, people: People) -> None:
    """Whichever comes first: who agreed to the old text has not agreed to the new one."""
    case_id, first = room.written()
    do(agreements.consent, people.neighbour, first)
    ends = tally(
        at_once(
            [
                (agreements.consent, people.resident, (first,)),
                (agreements.write_agreement, people.mediator, (case_id, "新的一稿")),
            ]
        )
    )
    assert ends["done"] >= 1 and set(ends) <= {"done", "too_late", "agreement_outdated"}
    newest = look(agreements.terms, people.mediator, case_id)
    assert newest.missing == (2 if newest.number == 2 else 0)


def test_an_agreement_is_not_closed_over_a_new_text(room: Room, people: People) -> None:
    case_id, text = room.written()
    for party in (people.resident, people.neighbour):
        do(agreements.consent, party, text)
    day = clock.day_of(clock.now()) + timedelta(days=30)
    at_once(
        [
            (agreements.agree, people.mediator, (case_id, day)),
            (agreements.write_agreement, people.mediator, (case_id, "新的一稿")),
        ]
    )
    found = case(case_id)
    with reading() as session:
        texts = session.exec(select(func.count()).where(Agreement.case_id == case_id)).one()
    assert (found.state, texts) in (("done", 1), ("in_progress", 2))


def test_two_texts_at_once_get_two_numbers_or_one_is_too_late(room: Room, people: People) -> None:
    case_id = room.begun()
    ends = tally(at_once([(agreements.write_agreement, people.mediator, (case_id, f"第{n}份")) for n in range(4)]))
    assert set(ends) <= {"done", "too_late"} and ends["done"] >= 1
    with reading() as session:
        numbers = session.exec(select(Agreement.number).where(Agreement.case_id == case_id).order_by(col(Agreement.id)))
        assert list(numbers) == list(range(1, ends["done"] + 1))


def test_a_party_who_presses_twice_objects_once(room: Room, people: People) -> None:
    case_id = room.begun()
    ends = tally(at_once([(mediators.object_to, people.neighbour, (case_id, "换人")) for _ in range(2)]))
    assert ends["done"] == 1
    with reading() as session:
        assert len(session.exec(select(Recusal).where(Recusal.case_id == case_id)).all()) == 1
