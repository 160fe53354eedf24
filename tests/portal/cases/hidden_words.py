"""Private cases of every kind with a rare word in every text that people wrote."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from portal import areas, clock
from portal.acts import Who
from portal.cases import answering, appeals, dispatch, echo, errands, helping, network, post, screening, work
from portal.cases.clockwork import tick
from portal.cases.disputes import OtherSide, agreements, sittings
from tests.fixtures.errands import at, booking, furnish
from tests.fixtures.town import NEXT_CELL, People
from tests.portal.cases.crowd import plea
from tests.portal.cases.disputes.conftest import NEIGHBOURS_PHONE, Room, party_ids
from tests.portal.cases.steps import do, opinion, picture

WORD = "榴莲蜜语"


def hide_everywhere(people: People) -> Mapping[str, int]:
    """The ids of the cases by name, such as `help_done`. The clock stands still on a Monday."""
    return {**_helped(people), **_errands(people), **_opinions(people), **_disputes(people)}


def _helped(people: People) -> Mapping[str, int]:
    typed = plea(title=WORD, body=WORD, place=WORD, photos=[picture(alt=WORD)], urgency=1)
    done, waits = (do(helping.order, people.resident, typed).case_id for _ in range(2))
    with clock.at(clock.now() + timedelta(hours=9)):
        while tick():  # until it is offered to all
            pass
        do(dispatch.grab, people.volunteer, done)
        do(work.take_on, people.volunteer, done)
        _worked(people, done, people.volunteer)
        do(helping.rate_back, people.volunteer, done, 4, WORD)
    return {"help_done": done, "help_waits": waits}


def _errands(people: People) -> Mapping[str, int]:
    desk = furnish(people)
    lamp = booking(desk, at(1, 9), errand_id=desk.lamp, note=WORD, place=WORD)
    done = do(errands.book, people.resident, lamp).case_id
    waits = do(errands.book, people.resident, booking(desk, at(2, 9), note=WORD)).case_id
    do(errands.serve, people.grid_worker, done)
    do(work.note, people.grid_worker, done, WORD, [picture(alt=WORD)])
    do(work.finish, people.grid_worker, done, WORD, [picture(alt=WORD)])
    do(echo.rate, people.resident, done, "partly", 3, WORD)
    return {"errand_done": done, "errand_waits": waits}


def _opinions(people: People) -> Mapping[str, int]:
    typed = opinion(body=WORD * 4, place=WORD, private=True, photos=[picture(alt=WORD)])
    done, declined, worked = (do(post.post, people.resident, typed).case_id for _ in range(3))
    do(answering.answer, people.staff, done, WORD)
    do(echo.rate, people.resident, done, "solved", 5, WORD)
    do(screening.decline, people.staff, declined, WORD)
    do(appeals.appeal, people.resident, declined, WORD)
    do(screening.accept, people.staff, worked)
    do(network.invite, people.staff, worked, areas.tree().by_path(NEXT_CELL).id, WORD)
    do(dispatch.dispatch, people.staff, worked, people.grid_worker.person_id)
    do(work.take_on, people.grid_worker, worked)
    return {"opinion_done": done, "opinion_declined": declined, "opinion_worked": worked}


def _disputes(people: People) -> Mapping[str, int]:
    room = Room(people)
    sides = (OtherSide(WORD, NEIGHBOURS_PHONE), OtherSide(f"{WORD}李"))
    typed: dict[str, Any] = {
        "title": WORD,
        "body": WORD,
        "place": WORD,
        "parties": sides,
        "photos": [picture(alt=WORD)],
    }
    done, declined = room.begun(**typed), room.brought(**typed)
    sitting = do(sittings.sit, people.mediator, done, clock.now() + timedelta(minutes=5), WORD)
    with clock.at(clock.now() + timedelta(hours=1)):
        do(sittings.write_minutes, people.mediator, sitting, WORD)
        do(agreements.offer, people.neighbour, done, WORD)
        do(work.ask, people.mediator, done, WORD)
        do(work.answer_ask, people.resident, done, WORD)
        do(work.note, people.mediator, done, WORD, [picture(alt=WORD)])
        terms = do(agreements.write_agreement, people.mediator, done, WORD)
        for party in party_ids(done):
            do(agreements.consent, people.mediator, terms, party)
        do(agreements.agree, people.mediator, done, clock.day_of(clock.now()) + timedelta(days=9))
        do(echo.rate, people.resident, done, "solved", 5, WORD)
        do(screening.decline, people.mediation_head, declined, WORD)
        do(appeals.appeal, people.resident, declined, WORD)
    return {"dispute_done": done, "dispute_declined": declined}


def _worked(people: People, case_id: int, worker: Who) -> None:
    do(work.ask, worker, case_id, WORD)
    do(work.answer_ask, people.resident, case_id, WORD)
    do(work.note, worker, case_id, WORD, [picture(alt=WORD)])
    do(work.finish, worker, case_id, WORD, [picture(alt=WORD)])
    do(echo.rate, people.resident, case_id, "solved", 5, WORD)
