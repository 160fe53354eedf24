"""The monthly sample: drawn by a rule that anyone can repeat, once, and called back by others than its handlers."""

import hashlib
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, func, select

from db.engine import reading
from db.models.audit import AuditRow, PublishedHead
from db.models.cases import Case
from db.models.oversight import Callback, CallbackDraw
from db.models.rollups import Tally
from portal import areas, audit, board, clock, limits
from portal.acts import SYSTEM, VISITOR, Who
from portal.cases import callbacks, calling, clockwork, echo, erasing
from portal.errors import Forbidden, NotFound
from tests.fixtures.town import CELL, CITY, NEXT_CELL, OTHER_COMMUNITY, People
from tests.portal.accounts.town import race
from tests.portal.cases.steps import MONDAY, case, deeds, do, look, refused, rows, staged, steps

JULY, AUGUST = date(2026, 7, 1), clock.start_of(date(2026, 8, 1)) + timedelta(minutes=10)
SEED = "5eed" * 16


def fill(people: People, count: int, **changes: Any) -> None:
    """So many wishes of the resident's, closed one after the other in July by the grid worker."""
    place = areas.tree().by_path(changes.pop("area_path", CELL))
    with audit.transaction() as session:
        made = [
            Case(
                title=f"第{n}件", body="…", category="roads", state="closed", area_id=place.id,
                area_path=place.path, desk_path=place.path, poster_id=people.resident.person_id, outcome="unanswered",
                answered_by=people.grid_worker.person_id, holder_id=people.grid_worker.person_id, answer="好了",
                closed_at=MONDAY + timedelta(minutes=n // 2), standing="not_solved",
            ).model_dump(exclude={"id"}) | changes
            for n in range(count)
        ]  # fmt: skip
        session.execute(insert(Case), made)


def publish(day_on: date, digest: str = SEED) -> None:
    with audit.transaction() as session:
        session.add(PublishedHead(day_on=day_on, seq=1, hash=digest))


def draw(month_on: date = JULY) -> bool:
    with clock.at(AUGUST):
        return callbacks.draw(month_on)


def drawn() -> list[int]:
    with reading() as session:
        return sorted(session.exec(select(Callback.case_id)).all())


def the_draw() -> CallbackDraw:
    with reading() as session:
        return session.exec(select(CallbackDraw)).one()


def by_hand(seed: str, numbers: list[int], count: int) -> list[int]:
    """The rule as the page tells it, with nothing of the portal."""
    return sorted(sorted(numbers, key=lambda n: hashlib.sha256(f"{seed}:{n}".encode()).hexdigest())[:count])


def ids(*conditions: Any) -> list[int]:
    with reading() as session:
        return [n for n in session.exec(select(Case.id).where(*conditions)).all() if n]


def counted(measure: str) -> int:
    with reading() as session:
        root = areas.tree().root.id
        return session.exec(select(func.sum(Tally.n)).where(Tally.measure == measure, Tally.area_id == root)).one() or 0


# The draw


def test_at_least_a_tenth_is_drawn_as_anyone_can_repeat(people: People) -> None:
    publish(date(2026, 7, 30), "0" * 64)
    publish(date(2026, 7, 31))
    publish(date(2026, 8, 1), "f" * 64)
    fill(people, 41)
    assert draw()
    assert drawn() == by_hand(SEED, ids(), 5)
    found = the_draw()
    assert (found.seed, found.closed, found.reachable, found.drawn) == (SEED, 41, 41, 5)
    assert counted("callback_drawn") == 5


def test_batches_make_no_difference(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callbacks, "BATCH", 3)
    publish(date(2026, 7, 31))
    fill(people, 30)  # two at a time closed at one moment
    assert draw() and drawn() == by_hand(SEED, ids(), 3) and the_draw().reachable == 30


def test_who_is_drawn_from(people: People) -> None:
    publish(date(2026, 7, 31))
    fill(people, 3)
    fill(people, 2, title="没有电话", poster_id=None)
    fill(people, 1, title="只留了电话", poster_id=None, contact_sealed="x")
    fill(people, 1, title="调解", kind="dispute", private=True, standing="")
    fill(people, 1, title="又在办", state="open", standing="open")
    fill(people, 1, title="六月", closed_at=clock.start_of(JULY) - timedelta(seconds=1))
    fill(people, 1, title="八月", closed_at=clock.start_of(date(2026, 8, 1)))
    fill(people, 34, title="没有电话", poster_id=None)
    assert draw()
    found = the_draw()
    assert (found.closed, found.reachable, found.drawn) == (40, 4, 4), "all who can be called, where they are so few"
    reachable = ids(col(Case.poster_id).is_not(None) | col(Case.contact_sealed).is_not(None), Case.state == "closed")
    others = ids(col(Case.title).in_(["调解", "六月", "八月"]))
    assert drawn() == sorted(set(reachable) - set(others))


def test_the_seed_is_the_newest_head_before_and_an_empty_chain_has_one_too(people: People) -> None:
    fill(people, 1)
    with reading() as session:
        assert callbacks.seed_of(session, JULY) == audit.GENESIS
    publish(date(2026, 7, 12))
    assert draw() and the_draw().seed == SEED


def test_a_case_is_called_back_once_in_its_life(people: People) -> None:
    publish(date(2026, 6, 30))
    fill(people, 1, closed_at=MONDAY - timedelta(days=20))
    with clock.at(MONDAY):
        assert callbacks.draw(date(2026, 6, 1))
    with audit.transaction() as session:  # reopened, and closed once more
        session.exec(select(Case)).one().closed_at = MONDAY
    assert draw()
    with reading() as session:
        assert [
            (d.closed, d.drawn) for d in session.exec(select(CallbackDraw).order_by(col(CallbackDraw.month_on)))
        ] == [
            (1, 1),
            (1, 0),
        ]


def test_it_is_drawn_once_and_an_empty_month_not_at_all(people: People) -> None:
    assert not draw()
    fill(people, 10)
    assert draw() and not draw()
    assert len(drawn()) == counted("callback_drawn") == 1


def test_only_whole_months_that_are_over(people: People) -> None:
    for wrong in (date(2026, 8, 1), date(2026, 7, 2)):
        with pytest.raises(ValueError, match="whole month"):
            draw(wrong)


def test_the_chore_takes_the_head_of_the_last_day_and_does_it_once(people: People) -> None:
    with clock.at(AUGUST - timedelta(hours=2)):  # on the last day of July
        case_id = staged(people, "closed")
    with reading() as session:
        last = session.exec(select(AuditRow.hash).order_by(col(AuditRow.seq).desc())).first()
    with clock.at(AUGUST):
        assert (callbacks.draw_due(), callbacks.draw_due()) == (True, False)
    assert (the_draw().seed, drawn()) == (last, [case_id])


def test_a_portal_that_stood_still_draws_the_months_it_missed(people: People) -> None:
    with clock.at(AUGUST - timedelta(days=2)):
        staged(people, "closed")
    with clock.at(AUGUST):
        assert callbacks.draw_due()
    with clock.at(AUGUST + timedelta(days=9)):
        missed = staged(people, "closed")
    with clock.at(AUGUST + timedelta(days=70)):
        assert (callbacks.draw_due(), callbacks.draw_due()) == (True, False)
    assert missed in drawn()


def test_two_processes_draw_once(people: People) -> None:
    publish(date(2026, 7, 31))
    fill(people, 60)
    ends = race(6, draw)
    assert sorted(map(str, ends)) == ["False"] * 5 + ["True"]
    assert len(drawn()) == counted("callback_drawn") == 6


def test_without_the_guard_they_would_get_into_each_others_way(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    def always(session: Session, found: CallbackDraw) -> bool:
        return wrote(session, found) or True

    wrote = callbacks._first
    monkeypatch.setattr(callbacks, "_first", always)
    fill(people, 60)
    ends = race(4, draw)
    assert sum(isinstance(end, IntegrityError) for end in ends) == 3


def test_the_draw_is_in_the_books_and_its_numbers_cannot_be_changed_unseen(people: People) -> None:
    publish(date(2026, 7, 31))
    fill(people, 25)
    draw()
    with reading() as session:
        row = session.exec(select(AuditRow).where(AuditRow.act == "callback.draw")).one()
        told = callbacks.proof(session, VISITOR, JULY)
        assert audit.verify(session).ok
    assert row.public and row.facts["seed"] == SEED and told is not None
    listed = ",".join(map(str, told.numbers))
    assert row.facts["numbers_sha256"] == hashlib.sha256(listed.encode()).hexdigest()
    assert list(told.numbers) == drawn() and (told.reached, told.unreached) == (0, 0)


# The calls


@pytest.fixture
def call_id(people: People) -> int:
    """A call about a wish that nobody judged, worked on by the grid worker."""
    with clock.at(MONDAY):
        staged(people, "done")
    with clock.at(MONDAY + timedelta(days=limits.RATING_DAYS)):
        clockwork.tick()
    return waiting_call()


def waiting_call() -> int:
    assert draw()
    with reading() as session:
        return session.exec(select(Callback.id)).one() or 0


def listed(who: Who, **paging: Any) -> list[int]:
    return [call.id for call in look(calling.waiting, who, **paging).rows]


def the_call() -> Callback:
    with reading() as session:
        return session.exec(select(Callback)).one()


def test_staff_of_the_area_see_it_and_others_do_not(people: People, call_id: int) -> None:
    assert listed(people.staff) == listed(people.street_staff) == [call_id]
    assert listed(people.far_staff) == []
    assert look(calling.waiting_count, people.staff) == 1
    for who in (people.resident, people.volunteer, people.grid_worker, VISITOR):
        with pytest.raises(Forbidden):
            look(calling.waiting, who)
    for who in (people.far_staff, people.stranger, VISITOR):
        for deed in (calling.number, calling.missed, lambda s, w, n: calling.reached(s, w, n, "solved")):
            with pytest.raises(NotFound):
                do(deed, who, call_id)


def test_whoever_handled_it_does_not_call(people: People) -> None:
    fill(people, 1, answered_by=people.staff.person_id)
    number = waiting_call()
    assert listed(people.staff) == [] and look(calling.waiting_count, people.staff) == 0
    for deed in (calling.number, calling.missed, lambda s, w, n: calling.reached(s, w, n, "solved")):
        with pytest.raises(Forbidden):
            do(deed, people.staff, number)
    assert listed(people.street_staff) == [number]


@pytest.mark.parametrize("as_", ["answered_by", "holder_id"])
def test_nor_does_whoever_handled_it_since_the_draw(people: People, as_: str) -> None:
    """It was opened again after the draw, and brought to another end by somebody else."""
    fill(people, 1, answered_by=people.grid_worker.person_id)
    number = waiting_call()
    with audit.transaction() as session:
        session.execute(update(Case).values({as_: people.staff.person_id}))
    assert listed(people.staff) == [] and look(calling.waiting_count, people.staff) == 0
    for deed in (calling.number, calling.missed, lambda s, w, n: calling.reached(s, w, n, "solved")):
        with pytest.raises(Forbidden):
            do(deed, people.staff, number)
    assert listed(people.street_staff) == [number]


def test_whoever_posted_it_does_not_call_themselves(people: People) -> None:
    fill(people, 1, poster_id=people.staff.person_id)
    number = waiting_call()
    assert listed(people.staff) == []
    with refused("own_case"):
        do(calling.reached, people.staff, number, "solved")


def test_the_list_goes_area_by_area_and_pages_by_key(people: People) -> None:
    publish(date(2026, 7, 31))
    for path in (NEXT_CELL, CELL, f"{OTHER_COMMUNITY}01/"):
        fill(people, 3, area_path=path)
    fill(people, 21, title="没有电话", poster_id=None)
    fill(people, 60, poster_id=None)
    draw()
    everybody = Who(person_id=people.street_staff.person_id, duties=frozenset({("staff", CELL), ("staff", CITY)}))
    whole = look(calling.waiting, everybody).rows
    assert len(whole) == 9 and [c.area_path for c in whole] == sorted(c.area_path for c in whole)
    found, after = [], None
    while True:
        part = look(calling.waiting, everybody, after=after, limit=2)
        found += [call.id for call in part.rows]
        after = part.next
        if after is None:
            break
    assert found == [call.id for call in whole]
    two = Who(person_id=99, duties=frozenset({("staff", CELL), ("staff", OTHER_COMMUNITY)}))
    assert {c.area_path for c in look(calling.waiting, two).rows} == {CELL, f"{OTHER_COMMUNITY}01/"}


def test_the_number_is_shown_to_the_caller_and_that_is_kept_inside(people: People, call_id: int) -> None:
    phone = do(calling.number, people.staff, call_id)
    assert phone == "+8613900000001", "of the account, as the wish has none of its own"
    with reading() as session:
        row = session.exec(select(AuditRow).where(AuditRow.act == "callback.call")).one()
    assert (row.public, row.actor_id, row.facts) == (False, people.staff.person_id, {}) and phone not in str(row)


def test_where_the_number_was_taken_off_there_is_none(people: People) -> None:
    with clock.at(MONDAY):
        number = staged(people, "closed", contact="13912345678")
    with audit.transaction() as session:
        session.get_one(Case, number).poster_id = None
    call = waiting_call()
    assert do(calling.number, people.staff, call) == "+8613912345678"
    do(erasing.drop_contact, Who(receipts=frozenset({number})), number)
    with refused("no_contact"):
        do(calling.number, people.staff, call)


def test_where_nobody_had_judged_the_answer_becomes_the_outcome(people: People, call_id: int) -> None:
    case_id = drawn()[0]
    before = case(case_id)
    assert (before.outcome, before.standing) == ("unanswered", "not_solved")
    do(calling.reached, people.staff, call_id, "solved", 4, "灯很亮")
    after = case(case_id)
    assert (after.outcome, after.stars, after.standing, after.state) == ("solved", 4, "solved", "closed")
    assert (after.closed_at, after.rated_at, after.word) == (before.closed_at, None, "")
    call = the_call()
    assert (call.state, call.outcome, call.stars, call.word, call.tries) == ("reached", "solved", 4, "灯很亮", 1)
    step = steps(VISITOR, case_id)[-1]
    assert (step.act, step.to_state, step.facts, step.says) == (
        "case.called_back", "closed", {"outcome": "solved", "stars": 4}, None,
    )  # fmt: skip
    assert counted("callback_solved") == 1 and counted("said_unanswered") == 1 and counted("said_solved") == 0
    assert "灯很亮" not in str([row.model_dump() for row in rows(case_id)])


def test_what_the_resident_said_is_never_overwritten(people: People) -> None:
    with clock.at(MONDAY):
        case_id = staged(people, "closed")
    call = waiting_call()
    with clock.at(AUGUST):
        do(calling.reached, people.staff, call, "not", 1)
    found = case(case_id)
    assert (found.outcome, found.stars, found.standing, found.word) == ("solved", 5, "solved", "很亮，谢谢")
    assert [s.facts.get("outcome") for s in steps(VISITOR, case_id)[-2:]] == ["solved", "not"], "both are told"
    with clock.at(AUGUST):
        told = look(board.rates, VISITOR, areas.tree().root.id)
    assert (told.solved, told.handler, told.called) == (board.Rate(1, 1), board.Rate(1, 1), board.Rate(0, 1))


def test_what_cannot_be_an_answer(people: People, call_id: int) -> None:
    for outcome, stars in (("", 3), ("unanswered", 3), ("solved", 6), ("solved", -1), ("solved", True)):
        with refused("not_offered"):
            do(calling.reached, people.staff, call_id, outcome, stars)
    with refused("too_long"):
        do(calling.reached, people.staff, call_id, "solved", 3, "长" * 501)
    assert the_call().state == "waiting"


def test_a_case_that_runs_again_waits(people: People) -> None:
    with clock.at(AUGUST - timedelta(days=2)):
        case_id = staged(people, "closed")
    call = waiting_call()
    with clock.at(AUGUST):
        do(echo.reopen, people.resident, case_id, "又坏了")
    assert listed(people.staff) == []
    with refused("callback_reopened"):
        do(calling.reached, people.staff, call, "solved")


def test_after_three_tries_it_is_given_up(people: People, call_id: int) -> None:
    assert [do(calling.missed, people.staff, call_id) for _ in range(limits.CALLBACK_TRIES)] == [1, 2, 3]
    assert (the_call().state, the_call().tries, counted("callback_unreached")) == ("unreached", 3, 1)
    assert listed(people.staff) == []
    with refused("too_late"):
        do(calling.missed, people.staff, call_id)
    with refused("callback_done"):
        do(calling.find, people.staff, call_id)
    assert "called_back" not in deeds(drawn()[0])


def test_of_many_who_record_at_once_one_wins(people: People, call_id: int) -> None:
    ends = race(8, lambda: do(calling.reached, people.staff, call_id, "solved", 5) or "done")
    assert ends.count("done") == 1 and counted("callback_solved") == 1


def test_without_the_state_asked_for_all_of_them_would(
    people: People, call_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The state in the UPDATE decides: another act without it goes through again and again."""
    free = calling.declare("callback.free", "staff_for_others")
    monkeypatch.setattr(calling, "REACHED", free)
    for _ in range(3):
        do(calling.reached, people.staff, call_id, "solved", 5)
    assert counted("callback_solved") == 3
    calling.declare.__globals__["ACTS"].pop("callback.free")


def test_nothing_of_it_is_for_the_system_or_the_poster(people: People, call_id: int) -> None:
    for who in (SYSTEM, people.resident):
        with pytest.raises(NotFound):
            do(calling.reached, who, call_id, "solved")
