"""Who is offered a help order when: the waves, their clockwork, the reasons, and who is kept out."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from sqlmodel import col, select

from db.engine import reading
from db.models.cases import Case
from db.models.helping import NoShow
from portal import areas, audit, clock, limits
from portal.acts import Who
from portal.cases import dispatch, helping, lists, matching, work
from portal.cases.clockwork import tick
from portal.errors import Forbidden
from tests.fixtures.town import CELL, CITY, COMMUNITY, NEXT_CELL, OTHER_COMMUNITY, STREET, People
from tests.portal.cases.crowd import SKILL, Crowd, ordered, plea, told, without_volunteers
from tests.portal.cases.steps import MONDAY, case, deeds, do, in_hall, look, refused

pytestmark = pytest.mark.usefixtures("monday")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def crowd(people: People) -> Crowd:
    """The volunteers of the fixtures are none any more; a test brings its own."""
    without_volunteers(people)
    return Crowd()


def after(minutes: float) -> dict[str, int]:
    with clock.at(MONDAY + minutes * MINUTE):
        return tick()


def offered(who: Who) -> dict[int, str]:
    """What the hall shows to somebody, with the reason."""
    return {note.id: note.why for note in look(lists.hall, who).rows}


# The waves


def test_the_first_wave_lives_or_serves_in_the_cell_and_can_do_it(people: People, crowd: Crowd) -> None:
    lives = crowd.volunteer(COMMUNITY, home=CELL, skills=(SKILL,))
    serves = crowd.volunteer(CELL, skills=(SKILL,))
    unskilled = crowd.volunteer(CELL, skills=("help_water",))
    next_door = crowd.volunteer(COMMUNITY, home=NEXT_CELL, skills=(SKILL,))
    case_id = ordered(people)
    assert (case(case_id).wave, case(case_id).in_hall, case(case_id).offered_at) == (1, True, MONDAY)
    assert offered(lives) == offered(serves) == {case_id: "cell_skill"}
    assert offered(unskilled) == offered(next_door) == {}
    assert told("help_offered") == [lives.person_id, serves.person_id]


def test_each_wave_comes_in_its_time_and_tells_only_those_who_are_new(people: People, crowd: Crowd) -> None:
    first = crowd.volunteer(CELL, skills=(SKILL,))
    cell, community = crowd.volunteer(CELL), crowd.volunteer(COMMUNITY, skills=(SKILL,))
    rest = [crowd.volunteer(COMMUNITY), crowd.volunteer(STREET, skills=(SKILL,)), crowd.volunteer(CITY)]
    far = crowd.volunteer(OTHER_COMMUNITY, skills=(SKILL,))
    case_id = ordered(people)
    step = limits.WAVE_MINUTES[2]
    assert after(step - 0.1) == {} and case(case_id).wave == 1
    assert after(step) == {"case.widen": 1}
    assert (case(case_id).wave, case(case_id).offered_at) == (2, MONDAY + step * MINUTE)
    assert (offered(cell), offered(community)) == ({case_id: "cell"}, {case_id: "community_skill"})
    assert all(offered(who) == {} for who in rest)
    assert after(step * 2 - 0.1) == {}
    assert after(step * 2) == {"case.widen": 1}
    assert all(offered(who) == {case_id: "all"} for who in rest) and offered(far) == {}
    assert told("help_offered") == [who.person_id for who in (first, cell, community, *rest)]
    assert after(step * 3) == {}, "there is no fourth wave"
    assert deeds(case_id)[-2:] == ["widen", "widen"]


@pytest.mark.parametrize("urgency", [1, 2, 3])
def test_the_more_urgent_the_sooner_it_goes_on(people: People, crowd: Crowd, urgency: int) -> None:
    crowd.volunteer(CELL, skills=(SKILL,)), crowd.volunteer(CELL), crowd.volunteer(COMMUNITY)
    case_id = ordered(people, urgency=urgency)
    minutes = {1: 120, 2: 20, 3: 5}[urgency]
    assert case(case_id).next_at == MONDAY + minutes * MINUTE
    assert after(minutes - 0.1) == {} and after(minutes) == {"case.widen": 1}


@pytest.mark.parametrize(
    ("serves", "skills", "wave"),
    [(CELL, (SKILL,), 1), (CELL, (), 2), (COMMUNITY, (SKILL,), 2), (COMMUNITY, (), 3), (CITY, (SKILL,), 3)],
)
def test_empty_waves_are_passed_over_at_once(
    people: People, crowd: Crowd, serves: str, skills: tuple[str, ...], wave: int
) -> None:
    who = crowd.volunteer(serves, skills=skills)
    case_id = ordered(people)
    assert case(case_id).wave == wave and list(offered(who)) == [case_id]
    assert told("help_offered") == [who.person_id]


def test_an_empty_wave_between_two_is_passed_over_by_the_clockwork(people: People, crowd: Crowd) -> None:
    crowd.volunteer(CELL, skills=(SKILL,))
    last = crowd.volunteer(COMMUNITY)
    case_id = ordered(people)
    assert after(limits.WAVE_MINUTES[2]) == {"case.widen": 1}
    assert case(case_id).wave == 3 and list(offered(last)) == [case_id]


def test_where_nobody_volunteers_the_grid_worker_gets_it_at_once(people: People, crowd: Crowd) -> None:
    case_id = ordered(people)
    assert (case(case_id).state, case(case_id).holder_id) == ("dispatched", people.grid_worker.person_id)
    nobody = ordered(people, area_id=areas.tree().by_path(f"{COMMUNITY}05/").id)
    assert (case(nobody).state, case(nobody).in_hall, case(nobody).wave) == ("open", True, 3)
    assert told("help_waits") == [people.staff.person_id], "and where there is no worker either, the desk is told"


def test_at_half_time_it_is_assigned_and_no_longer_widened(people: People, crowd: Crowd) -> None:
    crowd.volunteer(CELL, skills=(SKILL,)), crowd.volunteer(COMMUNITY)
    case_id = ordered(people, urgency=3)
    assert after(60) == {"case.assign": 1}
    assert (case(case_id).state, case(case_id).holder_id) == ("dispatched", people.grid_worker.person_id)
    assert after(61) == {}


def test_the_hall_the_reason_and_the_messages_agree_about_everybody(people: People, crowd: Crowd) -> None:
    """One rule, written as a query for the hall, as words for a person, and as a list for the messages."""
    somewhere = (CELL, NEXT_CELL, COMMUNITY, OTHER_COMMUNITY, STREET, CITY)
    everybody = [
        crowd.volunteer(serves, home=home, skills=skills)
        for serves, home, skills in product(somewhere, ("", CELL, NEXT_CELL, OTHER_COMMUNITY), ((), (SKILL,)))
    ]
    place = areas.tree().by_path(COMMUNITY).id
    for where in (areas.tree().by_path(CELL).id, place):
        case_id = int(do(helping.order, replace(people.resident, client=f"{where}"), plea(area_id=where)).case_id)
        with reading() as session:
            row = session.get_one(Case, case_id)
            listed = {person.id: wave for wave, person in matching._volunteers(session, row)}
        for wave in (1, 2, 3):
            with audit.transaction() as session:
                session.get_one(Case, case_id).wave = wave
            for who in everybody:
                covers = who.holds("volunteer", row.area_path)
                why = matching.reason(who, look(matching.skills, who), row)
                assert (case_id in offered(who)) == (covers and matching.WAVES[why] <= wave), (who, wave)
                assert listed.get(who.person_id) == (matching.WAVES[why] if covers else None)


# Taking it


def test_nobody_takes_it_before_it_was_offered_to_them(people: People, crowd: Crowd) -> None:
    near, later = crowd.volunteer(CELL, skills=(SKILL,)), crowd.volunteer(CELL)
    case_id = ordered(people)
    with refused("not_offered_yet"):
        do(dispatch.grab, later, case_id)
    after(limits.WAVE_MINUTES[2])
    do(dispatch.grab, later, case_id)
    with refused("grabbed_already"):
        do(dispatch.grab, near, case_id)


def test_without_the_check_it_would_be_taken_too_early(
    people: People, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd.volunteer(CELL, skills=(SKILL,))
    later = crowd.volunteer(CELL)
    case_id = ordered(people)
    monkeypatch.setattr(matching, "check", lambda *args: ())
    do(dispatch.grab, later, case_id)
    assert case(case_id).holder_id == later.person_id


def test_somebody_elsewhere_does_not_even_learn_that_there_is_one(people: People, crowd: Crowd) -> None:
    crowd.volunteer(CELL)
    far = crowd.volunteer(OTHER_COMMUNITY)
    case_id = ordered(people)
    with refused("case_not_found"):
        do(dispatch.grab, far, case_id)
    waits = do(helping.order, people.stranger, plea()).case_id
    with refused("case_not_found"):
        do(dispatch.grab, people.volunteer, waits)


def test_ones_own_call_is_not_offered(people: People, crowd: Crowd) -> None:
    both = crowd.volunteer(CELL, home=CELL, skills=(SKILL,))
    other = crowd.volunteer(CELL)
    case_id = do(helping.order, both, plea()).case_id
    assert offered(both) == {} and list(offered(other)) == [case_id]
    assert told("help_offered") == [other.person_id]
    with refused("own_case"):
        do(dispatch.grab, both, case_id)


@pytest.mark.parametrize(("urgency", "hours"), [(1, 48), (2, 4), (3, 1)])
def test_it_is_held_as_long_as_its_urgency_allows(people: People, crowd: Crowd, urgency: int, hours: int) -> None:
    who = crowd.volunteer(CELL)
    case_id = ordered(people, urgency=urgency)
    do(dispatch.grab, who, case_id)
    assert case(case_id).hold_until_at == MONDAY + timedelta(hours=hours)
    assert case(in_hall(people)).wave == 0


def test_a_hold_that_lapses_goes_on_from_its_wave_to_others(people: People, crowd: Crowd) -> None:
    took, other = crowd.volunteer(CELL, skills=(SKILL,)), crowd.volunteer(CELL, skills=(SKILL,))
    crowd.volunteer(COMMUNITY)
    case_id = ordered(people)
    do(dispatch.grab, took, case_id)
    assert after(4 * 60) == {"case.expire_hold": 1}
    assert (case(case_id).wave, case(case_id).in_hall) == (1, True)
    assert told("help_offered") == [took.person_id, other.person_id, other.person_id]


def test_who_gives_it_back_does_not_keep_it_from_the_next_wave(people: People, crowd: Crowd) -> None:
    alone, others = crowd.volunteer(CELL, skills=(SKILL,)), crowd.volunteer(COMMUNITY)
    case_id = ordered(people)
    do(dispatch.grab, alone, case_id)
    do(dispatch.release, alone, case_id)
    assert case(case_id).wave == 3 and list(offered(others)) == [case_id]


# Who did not come


def missed(who: Who, *days_ago: int) -> None:
    """Not to have come, on other orders, so many days ago."""
    with audit.transaction() as session:
        numbers = session.exec(select(Case.id).where(col(Case.kind) == "help").order_by(col(Case.id))).all()
        for case_id, days in zip(numbers, days_ago, strict=False):
            at = clock.now() - timedelta(days=days)
            session.add(NoShow(case_id=case_id or 0, person_id=who.person_id or 0, at=at))


def test_three_times_not_come_is_a_pause(people: People, crowd: Crowd) -> None:
    who, other = crowd.volunteer(CELL, skills=(SKILL,)), crowd.volunteer(COMMUNITY)
    wish = in_hall(people)
    for _ in range(3):
        ordered(people)
    missed(who, 89, 50, 10)
    case_id = ordered(people)
    assert case(case_id).wave == 3, "nobody else is near"
    assert list(offered(who)) == [wish], "wishes go on"
    assert case_id in offered(other)
    with refused("no_show_pause", n=limits.NO_SHOWS):
        do(dispatch.grab, who, case_id)
    assert look(matching.paused_until, who) == MONDAY + timedelta(days=1)
    with clock.at(MONDAY + timedelta(days=1)):
        assert look(matching.paused_until, who) is None
        do(dispatch.grab, who, case_id)


@pytest.mark.parametrize("days", [(89, 50), (90, 50, 10)])
def test_twice_or_long_ago_is_none(people: People, crowd: Crowd, days: tuple[int, ...]) -> None:
    who = crowd.volunteer(CELL)
    for _ in range(3):
        ordered(people)
    missed(who, *days)
    case_id = ordered(people)
    assert look(matching.paused_until, who) is None
    do(dispatch.grab, who, case_id)


# What they can do


def test_what_one_can_do_is_ones_own_and_a_kind_of_help(people: People, crowd: Crowd) -> None:
    who, other = crowd.volunteer(CELL), crowd.volunteer(CELL)
    do(matching.set_skills, who, ["help_water", SKILL])
    assert look(matching.skills, who) == [SKILL, "help_water"] and look(matching.skills, other) == []
    do(matching.set_skills, who, [])
    assert look(matching.skills, who) == []
    with refused("not_offered"):
        do(matching.set_skills, who, ["roads"])
    for stranger in (people.stranger, people.staff, Who(client="v")):
        with pytest.raises(Forbidden):
            do(matching.set_skills, stranger, [SKILL])


# What the hall shows


def test_the_hall_tells_nothing_of_the_person(people: People, crowd: Crowd) -> None:
    who = crowd.volunteer(CELL, skills=(SKILL,))
    case_id = ordered(people, title="张奶奶家", body="厨房没电", place="3栋501", name_shown=True, contact="13912345678")
    (note,) = look(lists.hall, who).rows
    told_of = f"{note}"
    for private in ("张奶奶", "厨房", "501", "1391234", "5678", people.resident.name):
        assert private not in told_of
    assert (note.id, note.category, note.urgency, note.area_path) == (case_id, SKILL, 2, CELL)
    with refused("case_not_found"):
        look(helping.match, who, case_id)
    do(dispatch.grab, who, case_id)
    (held,) = look(lists.in_hand, who)
    assert (held.title, held.body, held.place) == ("停电照明", "厨房没电", "3栋501")
    assert look(helping.match, who, case_id).orders == people.resident.name
    do(work.take_on, who, case_id)


def test_the_most_urgent_stands_first_and_pages_go_on_there(people: People, crowd: Crowd) -> None:
    who = crowd.volunteer(CELL, skills=(SKILL,))
    wishes = [in_hall(people) for _ in range(2)]
    calls: dict[int, list[int]] = {3: [], 2: [], 1: []}
    for urgency in (1, 2, 3, 2, 3):
        caller = crowd.volunteer(OTHER_COMMUNITY, home=CELL)
        calls[urgency].append(int(do(helping.order, caller, plea(urgency=urgency)).case_id))
    seen: list[int] = []
    after_key, pages = None, 0
    while pages == 0 or after_key:
        found = look(lists.hall, who, after_key, 2)
        seen += [note.id for note in found.rows]
        after_key, pages = found.next, pages + 1
    assert seen == [*calls[3], *calls[2], *calls[1], *wishes] and pages == 4
    for wrong in ("x", "3:", "3:x", "9:1'"):
        with refused("not_offered"):
            look(lists.hall, who, wrong)
