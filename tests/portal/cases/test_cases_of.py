"""What a clerk reads of the cases of the person at the counter, and what they take down for them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from db.engine import reading
from db.models.cases import Case
from db.models.notices import Notice
from portal import areas, audit, clock, limits, vault
from portal.accounts import reception
from portal.acts import VISITOR, Who
from portal.cases import counter, lists, post, screening
from portal.cases import reading as cases
from portal.cases.contents import Voice
from portal.cases.disputes import Grievance, OtherSide
from portal.cases.kinds import KINDS
from portal.cases.setup import categories
from portal.errors import Refused
from tests.fixtures.town import CELL, NEXT_CELL, OTHER_COMMUNITY, People
from tests.portal.cases.steps import WAYS, case, do, look, posted, refused, rows, staged, wish
from tests.portal.cases.test_plans import FULL_SCAN, plans

RESIDENT = "13900000001"
BEYOND = f"{OTHER_COMMUNITY}01/"
ENDED = {"closed", "declined", "referred", "merged", "withdrawn"}


def seen(who: Who, people: People, *, ended: bool = False, **named: Any) -> list[int]:
    """The ids that this clerk reads, once the resident gave them the number."""
    do(reception.find, who, RESIDENT)
    found = look(counter.cases_of, who, people.resident.person_id, ended=ended, **named)
    return [note.id for note in found.rows]


def private(kind: str, area_path: str = CELL, **more: Any) -> Voice:
    """Something of a private kind."""
    typed: dict[str, Any] = {
        "kind": kind,
        "category": _category(kind),
        "private": True,
        "urgency": 1 if kind == "help" else 0,
        "area_id": areas.tree().by_path(area_path).id,
    }
    return wish(**(typed | more))


def _category(kind: str) -> str:
    return categories(kind)[0].code


@pytest.fixture
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the resident post as much as the test needs."""
    monkeypatch.setattr(limits, "WISHES_PER_HOUR", 1_000)
    monkeypatch.setattr(limits, "WISHES_PER_DAY", 1_000)


def test_only_who_stands_at_the_counter_is_open_to_the_clerk(people: People) -> None:
    case_id = posted(people)
    for who in (people.staff, people.resident, people.neighbour, people.mediator, people.admin, VISITOR):
        with refused("not_at_counter"):
            look(counter.cases_of, who, people.resident.person_id)
    assert seen(people.staff, people) == [case_id]
    with refused("not_at_counter"):
        look(counter.cases_of, people.grid_worker, people.resident.person_id)
    with clock.at(clock.now() + timedelta(minutes=limits.COUNTER_MINUTES + 1)), refused("not_at_counter"):
        look(counter.cases_of, people.staff, people.resident.person_id)


def test_what_is_under_way_and_what_ended_newest_first(people: People, unlimited: None) -> None:
    made = {state: staged(people, state) for state in WAYS}
    joined = case(made["merged"]).merged_into_id
    running, ended = seen(people.staff, people), seen(people.staff, people, ended=True)
    for ids in (running, ended):
        assert ids == sorted(ids, reverse=True)
    assert set(running) == {case_id for state, case_id in made.items() if state not in ENDED | {"draft"}} | {joined}
    assert set(ended) == {made[state] for state in ENDED}


def test_a_clerk_reads_their_own_areas_and_what_is_public(people: People) -> None:
    inside = posted(people)
    near = posted(people, area_id=areas.tree().by_path(NEXT_CELL).id)
    far_public = posted(people, area_id=areas.tree().by_path(BEYOND).id)
    do(screening.accept, people.far_staff, far_public)
    far_hidden = posted(people, area_id=areas.tree().by_path(BEYOND).id)
    assert seen(people.staff, people) == [far_public, near, inside]
    assert seen(people.grid_worker, people) == [far_public, inside]
    assert seen(people.far_staff, people) == [far_hidden, far_public]


def test_a_dispute_leaves_no_trace_for_plain_staff(people: People, unlimited: None) -> None:
    with audit.transaction() as session:
        brought = [post.post(session, people.resident, private("dispute")).case_id for _ in range(3)]
    for who in (people.staff, people.street_staff, people.grid_worker):
        assert seen(who, people) == []
        found = look(counter.cases_of, who, people.resident.person_id, limit=1)
        assert (found.rows, found.next) == ([], None)
    head = replace(people.mediation_head, duties=people.mediation_head.duties | people.staff.duties)
    assert seen(head, people) == sorted(brought, reverse=True)


def test_what_is_private_is_seen_by_the_staff_of_its_area_alone(people: People, unlimited: None) -> None:
    opinion = int(do(post.post, people.resident, private("opinion")).case_id)
    help_order = int(do(post.post, people.resident, private("help")).case_id)
    assert seen(people.staff, people) == [help_order, opinion]
    assert seen(people.next_worker, people) == [] == seen(people.far_staff, people)


def test_the_list_says_what_asking_for_each_case_says(people: People, unlimited: None) -> None:
    """Reading one by one and reading the list are the same right, for everybody who may stand at the counter."""
    with audit.transaction() as session:
        for kind in KINDS:
            if kind != "errand":
                for place in (CELL, NEXT_CELL, BEYOND):
                    post.post(session, people.resident, private(kind, place))
    for who in (people.staff, people.grid_worker, people.next_worker, people.far_staff, people.street_staff):
        with reading() as session:
            every = [c.id for c in session.exec(select(Case).order_by(col(Case.id).desc()))]
        allowed = [case_id for case_id in every if _readable(who, case_id)]
        assert seen(who, people) == allowed


def _readable(who: Who, case_id: int | None) -> bool:
    try:
        look(cases.one, who, case_id)
    except Refused:
        return False
    return True


def test_it_pages_by_key_past_what_may_not_be_read(
    people: People, unlimited: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counter, "LOOKED_THROUGH", 4)
    with audit.transaction() as session:
        for number in range(20):
            kind = "dispute" if number % 5 else "opinion"
            post.post(session, people.resident, private(kind, title=f"第{number}件"))
    do(reception.find, people.staff, RESIDENT)
    found, after, pages = [], None, 0
    while pages < 50:
        page = look(counter.cases_of, people.staff, people.resident.person_id, after, 3)
        found += [note.id for note in page.rows]
        after, pages = page.next, pages + 1
        if after is None:
            break
    assert len(found) == 4 and found == sorted(set(found), reverse=True)
    with refused("not_offered"):
        look(counter.cases_of, people.staff, people.resident.person_id, "x")


def test_it_goes_along_the_index_of_who_posted(people: People) -> None:
    do(reception.find, people.staff, RESIDENT)
    person_id = people.resident.person_id or 0
    found = plans(lambda session: counter.cases_of(session, people.staff, person_id, "9"))
    found += plans(lambda session: reception.served(session, people.staff, person_id))
    assert found and not [line for plan in found for line in plan if FULL_SCAN.search(line)]
    assert any("ix_cases_poster_id" in line for plan in found for line in plan)


# Taking down


def take(who: Who, kind: str, voice: Any, person_id: int | None, consent: str = "spoken", **named: Any) -> Any:
    return do(counter.take_down, who, kind, voice, consent, person_id, **named)


def at_counter(people: People, who: Who) -> int:
    do(reception.find, who, RESIDENT)
    return people.resident.person_id or 0


@pytest.mark.parametrize("kind", ["wish", "opinion"])
def test_what_is_taken_down_is_the_persons_own_and_they_can_be_reached(people: People, kind: str) -> None:
    person_id = at_counter(people, people.staff)
    made = take(people.staff, kind, wish(kind=kind), person_id, "written")
    kept = case(made.case_id)
    assert (kept.poster_id, kept.recorded_by, kept.channel, kept.consent) == (
        person_id, people.staff.person_id, "counter", "written",
    )  # fmt: skip
    assert vault.unseal(kept.contact_sealed or "") == "+8613900000001" and kept.contact_mask == "139****0001"
    assert made.receipt and look(lists.mine, people.resident, "posted").rows[0].id == made.case_id
    with reading() as session:
        told = session.exec(
            select(Notice).where(Notice.case_id == made.case_id, col(Notice.message) == "receipt")
        ).all()
    assert len(told) == 1 and told[0].phone_sealed


def test_another_number_that_is_given_wins(people: People) -> None:
    made = take(people.staff, "wish", wish(contact="13712345678"), at_counter(people, people.staff))
    assert case(made.case_id).contact_mask == "137****5678"


def test_nothing_is_taken_down_in_the_name_of_somebody_who_is_not_there(people: People) -> None:
    with refused("not_at_counter"):
        take(people.staff, "wish", wish(), people.resident.person_id)
    at_counter(people, people.staff)
    with refused("not_at_counter"):
        take(people.staff, "wish", wish(), people.neighbour.person_id)
    with refused("not_at_counter"):
        take(people.street_staff, "wish", wish(), people.resident.person_id)


@pytest.mark.parametrize("consent,why", [("", "missing"), ("nodded", "not_offered")])
def test_nothing_is_taken_down_without_a_yes(people: People, consent: str, why: str) -> None:
    with refused(why, field="consent"):
        take(people.staff, "wish", wish(), None, consent)


def test_somebody_without_an_account_gets_a_receipt_and_no_name(people: People) -> None:
    made = take(people.staff, "wish", wish(), None)
    kept = case(made.case_id)
    assert kept.poster_id is None and kept.contact_sealed is None and made.receipt
    with refused("not_offered", field="channel"):
        take(people.staff, "wish", wish(), None, channel="self")
    assert case(take(people.grid_worker, "wish", wish(), None, channel="street").case_id).channel == "street"
    with refused("not_offered", field="kind"):
        take(people.staff, "nonsense", wish(), None)


def test_a_dispute_is_taken_down_by_a_clerk_who_cannot_read_it_afterwards(people: People) -> None:
    person_id = at_counter(people, people.staff)
    there = areas.tree().by_path(CELL).id
    grievance = Grievance("噪音", "楼上每晚跳绳", _category("dispute"), (OtherSide("王某某"),), area_id=there)
    made = take(people.staff, "dispute", grievance, person_id)
    kept = case(made.case_id)
    assert (kept.kind, kept.poster_id, kept.private) == ("dispute", person_id, True)
    assert not _readable(people.staff, made.case_id) and seen(people.staff, people) == []
    assert _readable(people.mediation_head, made.case_id) and not rows(made.case_id)[0].public


def test_help_is_taken_down_and_offered(people: People) -> None:
    made = take(people.staff, "help", private("help"), at_counter(people, people.staff))
    kept = case(made.case_id)
    assert (kept.kind, kept.state, kept.contact_mask) == ("help", "open", "139****0001")


def test_each_role_is_offered_the_kinds_that_it_may_take_down(people: People) -> None:
    everything = list(KINDS)
    assert counter.kinds_for(people.staff) == counter.kinds_for(people.grid_worker) == everything
    assert counter.kinds_for(people.mediator) == ["dispute"]
    assert counter.kinds_for(people.volunteer) == counter.kinds_for(people.resident) == counter.kinds_for(VISITOR) == []


def test_a_clerk_takes_down_only_in_their_own_areas(people: People) -> None:
    there = areas.tree().by_path(BEYOND).id
    with refused("forbidden_act"):
        take(people.staff, "wish", wish(area_id=there), at_counter(people, people.staff))
