"""Appeals: who may ask for a second look and when, who may give it, and what becomes of the case."""

import threading
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, col, select

from db.engine import is_sqlite, reading
from db.models.notices import Notice
from db.models.oversight import Appeal
from portal import acts as matrix
from portal import areas, audit, clock, limits
from portal.accounts import people as accounts
from portal.acts import VISITOR, Who
from portal.cases import appeals, post, screening
from portal.cases.timeline import timeline
from portal.errors import Forbidden, NotFound, TooLate
from tests.fixtures.town import CITY, COMMUNITY, People
from tests.portal.cases.steps import MONDAY, case, deeds, do, look, opinion, posted, refused, rows, staged, steps
from tests.portal.cases.test_races import at_once, tally

WHY = "不是物业的事，路灯归社区管。"


def declined(people: People, **changes: Any) -> int:
    return staged(people, "declined", **changes)


def hidden(people: People) -> int:
    case_id = staged(people, "open")
    do(screening.hide, people.staff, case_id, "写了别人的名字")
    return case_id


def appealed(people: People, case_id: int) -> int:
    do(appeals.appeal, people.resident, case_id, WHY)
    with reading() as session:
        return (
            session.exec(select(Appeal.id).where(Appeal.case_id == case_id).order_by(col(Appeal.id).desc())).first()
            or 0
        )


def appeal(appeal_id: int) -> Appeal:
    with reading() as session:
        return session.get_one(Appeal, appeal_id)


def told(message: str) -> list[int | None]:
    with reading() as session:
        return list(session.exec(select(Notice.person_id).where(Notice.message == message)).all())


def colleague(people: People) -> Who:
    """Somebody else on the staff of the community."""
    with audit.transaction() as session:
        person = accounts.join(session, "+8613700000099", "colleague")
        assert person.id
        accounts.grant(session, matrix.SYSTEM, person.id, "staff", areas.tree().by_path(COMMUNITY).id)
    return replace(people.staff, person_id=person.id, name="colleague")


# Asking


@pytest.mark.parametrize("way", [declined, hidden])
def test_the_poster_asks_for_a_second_look(people: People, way: Any) -> None:
    case_id = way(people)
    row = appeal(appealed(people, case_id))
    assert (row.state, row.says, row.decided_by) == ("waiting", WHY, people.staff.person_id)
    assert row.act == {declined: "case.decline", hidden: "case.hide"}[way]
    assert told("appeal_made") == [people.street_staff.person_id]
    assert case(case_id).state == {declined: "declined", hidden: "open"}[way]


def test_with_a_receipt_too(people: People) -> None:
    made = do(post.post, Who(client="x"), opinion())
    do(screening.decline, people.staff, made.case_id, "不办")
    do(appeals.appeal, Who(client="x", receipts=frozenset({made.case_id})), made.case_id, WHY)


def test_the_words_of_an_appeal_are_not_public(people: People) -> None:
    case_id = declined(people)
    appealed(people, case_id)
    with reading() as session:
        for reader in (VISITOR, people.neighbour):
            told_to = [step.says for step in timeline(session, reader, case(case_id))]
            assert WHY not in told_to
    assert "appeal" in deeds(case_id) and not rows(case_id)[-1].public
    assert look(appeals.of_case, people.neighbour, case(case_id)) == []
    assert [heard.says for heard in look(appeals.of_case, people.resident, case(case_id))] == [WHY]


@pytest.mark.parametrize("kind", ["neighbour", "staff", "street_staff", "grid_worker", "stranger", "admin"])
def test_nobody_else_appeals(people: People, kind: str) -> None:
    case_id = declined(people)
    assert not look(appeals.open_to, getattr(people, kind), case(case_id))
    with pytest.raises(Forbidden):
        do(appeals.appeal, getattr(people, kind), case_id, WHY)


@pytest.mark.parametrize("state", ["screening", "open", "in_progress", "done", "closed", "referred", "withdrawn"])
def test_without_a_decision_there_is_nothing_to_appeal(people: People, state: str) -> None:
    case_id = staged(people, state)
    assert not look(appeals.open_to, people.resident, case(case_id))
    with refused("nothing_to_appeal"):
        do(appeals.appeal, people.resident, case_id, WHY)


def test_within_fifteen_days(people: People) -> None:
    with clock.at(MONDAY):
        case_id = declined(people)
    late = MONDAY + timedelta(days=limits.APPEAL_DAYS, seconds=1)
    with clock.at(late), refused("appeal_too_late", days=limits.APPEAL_DAYS):
        do(appeals.appeal, people.resident, case_id, WHY)
    with clock.at(late):
        assert not look(appeals.open_to, people.resident, case(case_id))
    with clock.at(late - timedelta(seconds=1)):
        assert look(appeals.open_to, people.resident, case(case_id))
        do(appeals.appeal, people.resident, case_id, WHY)


def test_once_per_decision(people: People) -> None:
    case_id = declined(people)
    first = appealed(people, case_id)
    for _ in range(2):  # while it waits, and after
        assert not look(appeals.open_to, people.resident, case(case_id))
        with refused("appealed_already"):
            do(appeals.appeal, people.resident, case_id, WHY)
        with suppress(TooLate):
            do(appeals.uphold, people.street_staff, first, "确实不归社区")
    do(screening.hide, people.street_staff, case_id, "另一个决定")
    assert look(appeals.open_to, people.resident, case(case_id))
    assert appealed(people, case_id) != first


def test_two_appeals_at_once_are_one(people: People) -> None:
    case_id = declined(people)
    ends = tally(at_once([(appeals.appeal, people.resident, (case_id, WHY))] * 6))
    assert ends["done"] == 1 and set(ends) <= {"done", "too_late", "appealed_already"}, ends
    with reading() as session:
        assert len(session.exec(select(Appeal)).all()) == 1


# Judging


def test_never_by_whoever_decided(people: People) -> None:
    case_id = declined(people)
    appeal_id = appealed(people, case_id)
    everywhere = replace(people.staff, duties=frozenset({("staff", CITY)}))
    for deed in (appeals.uphold, appeals.overturn):
        for decider in (people.staff, everywhere):
            with pytest.raises(Forbidden):
                do(deed, decider, appeal_id, "我没错")
        for outsider in (people.far_staff, people.grid_worker, people.neighbour, people.admin, VISITOR):
            with pytest.raises(Forbidden):
                do(deed, outsider, appeal_id, "…")
    assert look(appeals.waiting, people.staff).rows == [] and look(appeals.count, people.staff) == 0
    assert [row.id for row in look(appeals.waiting, people.street_staff).rows] == [appeal_id]
    assert appeal(appeal_id).state == "waiting"


def test_nor_by_whose_case_it_is(people: People) -> None:
    case_id = int(do(post.post, people.street_staff, opinion()).case_id)
    do(screening.decline, people.staff, case_id, "不办")
    do(appeals.appeal, people.street_staff, case_id, WHY)
    assert look(appeals.waiting, people.street_staff).rows == []
    with refused("own_case"):
        do(appeals.overturn, people.street_staff, 1, "我说行")
    do(appeals.overturn, colleague(people), 1, "可以办")


def test_somebody_else_of_the_same_desk_may(people: People) -> None:
    case_id, other = declined(people), colleague(people)
    appeal_id = appealed(people, case_id)
    assert set(told("appeal_made")) == {people.street_staff.person_id, other.person_id}
    (row,) = look(appeals.waiting, other).rows
    assert (row.reason, row.decided_by, row.says, row.act) == (
        "这件事不归社区管，请找物业。", "staff", WHY, "case.decline",
    )  # fmt: skip
    do(appeals.uphold, other, appeal_id, "物业管理区域以内，请找物业。")
    assert (appeal(appeal_id).state, appeal(appeal_id).answer) == ("upheld", "物业管理区域以内，请找物业。")
    assert case(case_id).state == "declined" and told("appeal_upheld") == [people.resident.person_id]
    (heard,) = look(appeals.of_case, people.resident, case(case_id))
    assert (heard.state, heard.answer) == ("upheld", "物业管理区域以内，请找物业。")


def test_a_declined_wish_is_open_again_and_its_clock_runs_on(people: People) -> None:
    with clock.at(MONDAY):
        case_id = posted(people)
    with clock.at(MONDAY + timedelta(hours=3)):
        do(screening.decline, people.staff, case_id, "不办")
        assert case(case_id).used_seconds == 3 * 3600
    with clock.at(MONDAY + timedelta(hours=30)):
        do(appeals.overturn, people.street_staff, appealed(people, case_id), "应当受理")
    row = case(case_id)
    assert (row.state, row.standing, row.hidden, row.decided_by) == ("open", "open", False, None)
    assert row.used_seconds == 3 * 3600 and row.running_at == MONDAY + timedelta(hours=30) and row.due_at
    assert row.answered_at is None and row.answer_hash == "" and row.shown_at
    assert deeds(case_id)[-1] == "restore" and rows(case_id)[-1].public
    assert told("appeal_overturned") == [people.resident.person_id]
    assert "case.restore" in [step.act for step in steps(VISITOR, case_id)]


def test_what_was_kept_from_the_public_is_shown_again(people: People) -> None:
    discreet = posted(people)
    do(screening.decline, people.staff, discreet, "不宜公开", True)
    do(appeals.overturn, people.street_staff, appealed(people, discreet), "可以公开")
    assert (case(discreet).standing, case(discreet).hidden) == ("open", False)
    concealed = hidden(people)
    do(appeals.overturn, people.street_staff, appealed(people, concealed), "没有写名字")
    assert (case(concealed).standing, case(concealed).hidden, case(concealed).decided_by) == ("open", False, None)


def test_a_hiding_of_its_own_stays_when_the_decline_falls(people: People) -> None:
    case_id = hidden(people)
    do(screening.decline, people.street_staff, case_id, "也不办")
    appeal_id = appealed(people, case_id)
    assert appeal(appeal_id).act == "case.decline"
    do(appeals.overturn, people.staff, appeal_id, "应当办")
    assert (case(case_id).state, case(case_id).hidden, case(case_id).standing) == ("open", True, "")
    assert case(case_id).decided_by == people.staff.person_id
    assert look(appeals.open_to, people.resident, case(case_id))


@pytest.mark.parametrize("way", ["unhidden", "overturned"])
def test_whoever_declined_it_does_not_judge_it_after_another_hid_it(people: People, way: str) -> None:
    case_id = declined(people)
    do(screening.hide, people.street_staff, case_id, "写了别人的名字")
    if way == "unhidden":
        do(screening.unhide, people.street_staff, case_id)
    else:
        do(appeals.overturn, people.staff, appealed(people, case_id), "没有写名字")
    assert case(case_id).decided_by == people.staff.person_id
    appeal_id = appealed(people, case_id)
    assert (appeal(appeal_id).act, appeal(appeal_id).decided_by) == ("case.decline", people.staff.person_id)
    with pytest.raises(Forbidden):
        do(appeals.overturn, people.staff, appeal_id, "我改主意了")
    do(appeals.overturn, people.street_staff, appeal_id, "应当办")
    assert case(case_id).state == "open"


def test_an_opinion_for_staff_alone_stays_so(people: People) -> None:
    case_id = int(do(post.post, people.resident, opinion(private=True)).case_id)
    do(screening.decline, people.staff, case_id, "不采纳")
    do(appeals.overturn, people.street_staff, appealed(people, case_id), "采纳")
    assert (case(case_id).state, case(case_id).standing) == ("open", "")


def test_what_is_over_is_too_late_and_an_unknown_one_is_none(people: People) -> None:
    appeal_id = appealed(people, declined(people))
    with refused("missing", field="says"):
        do(appeals.uphold, people.street_staff, appeal_id, " ")
    do(appeals.uphold, people.street_staff, appeal_id, "维持")
    with pytest.raises(TooLate):
        do(appeals.overturn, people.street_staff, appeal_id, "又改主意")
    with pytest.raises(NotFound):
        do(appeals.uphold, people.street_staff, 10**6, "…")


def test_the_list_is_for_judges_and_goes_on_by_key(people: People) -> None:
    made = [appealed(people, declined(people, title=f"心愿 {n}")) for n in range(3)]
    seen: list[int] = []
    key = None
    for _ in range(3):
        part = look(appeals.waiting, people.street_staff, key, 1)
        seen, key = [*seen, *[row.id for row in part.rows]], part.next
    assert seen == made and key is None
    assert look(appeals.waiting, people.mediation_head).rows == []
    for other in (people.resident, people.grid_worker, people.mediator, VISITOR):
        with pytest.raises(Forbidden):
            look(appeals.waiting, other)


# Two at once


def judges(people: People) -> tuple[int, list[Any]]:
    other, case_id = colleague(people), declined(people)
    appeal_id = appealed(people, case_id)
    crowd = [
        (deed, who, (appeal_id, "复核意见"))
        for who in (people.street_staff, other)
        for deed in (appeals.uphold, appeals.overturn)
    ]
    return appeal_id, crowd


def decisions(appeal_id: int) -> int:
    with reading() as session:
        query = select(audit.AuditRow.act).where(audit.AuditRow.thing == f"appeal:{appeal_id}")
        return len(session.exec(query).all())


def test_two_who_judge_at_once_decide_once(people: People) -> None:
    appeal_id, crowd = judges(people)
    ends = tally(at_once(crowd))
    assert ends["done"] == 1 and ends["too_late"] == 3, ends
    assert decisions(appeal_id) == 1


def test_without_compare_and_set_both_would_decide(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control; SQLite's write lock lets nobody read in between: there the stale reading is given."""
    appeal_id, crowd = judges(people)
    kept, gate, one = appeal(appeal_id).model_dump(), threading.Barrier(2), appeals._one

    def late(session: Session, who: Who, wanted: int) -> Any:
        row, found = one(session, who, wanted)
        if is_sqlite():
            for name, value in kept.items():
                set_committed_value(row, name, value)
        else:
            with suppress(threading.BrokenBarrierError):
                gate.wait(3)
        return row, found

    def unguarded(session: Session, act: Any, thing: Any, where: Any, sets: dict[str, Any]) -> None:
        model = type(thing)
        sets |= {"state": act.to} if act.to else {}
        session.execute(update(model).where(model.id == thing.id).values(**sets))
        session.refresh(thing)

    monkeypatch.setattr(appeals, "_one", late)
    monkeypatch.setattr(matrix, "_move", unguarded)
    ends = tally(at_once([crowd[0], crowd[2]]))  # both uphold
    assert ends["done"] == 2 and decisions(appeal_id) == 2, ends
