"""Rules, wordings, the calendar, categories and targets: who may change them, and what a change brings about."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from db.engine import reading
from db.models.audit import AuditRow
from db.models.rollups import Tally
from portal import areas, audit, clock
from portal.acts import Who
from portal.cases import clockwork, dispatch, screening, setting_up
from portal.cases.reach import reach
from portal.cases.setting_up import Day, Hours, Topic, Wording
from portal.cases.setup import setup, unofficial_year
from portal.errors import Forbidden
from tests.fixtures.town import CELL, CITY, COMMUNITY, NEXT_CELL, OTHER_COMMUNITY, STREET, People
from tests.portal.cases.steps import MONDAY, case, deeds, do, look, posted, refused

pytestmark = pytest.mark.usefixtures("monday")


def told(thing: str) -> list[AuditRow]:
    """The audit rows of the things whose name begins so."""
    with reading() as session:
        query = select(AuditRow).where(col(AuditRow.thing).startswith(thing)).order_by(col(AuditRow.seq))
        return list(session.exec(query).all())


def kinds() -> list[Topic]:
    """The categories as the page would hand them back untouched."""
    return [Topic(**category.model_dump()) for category in setup().categories.values()]


def hours() -> list[Hours]:
    return [Hours(t.name, t.finish_hours, t.respond_hours, t.workdays) for t in setup().targets.values()]


def settle() -> None:
    """Let the clockwork pass once every process knows the change."""
    with clock.at(MONDAY + timedelta(seconds=10)):
        clockwork.tick()


def test_a_rule_counts_at_once_and_the_narrower_one_wins(people: People) -> None:
    case_id = posted(people)
    do(setting_up.set_rule, people.staff, COMMUNITY, "", "hall")
    assert look(dispatch.proposal, people.staff, case(case_id)).to == "hall"
    do(setting_up.set_rule, people.staff, CELL, "roads", "worker")
    assert look(dispatch.proposal, people.staff, case(case_id)).person_id == people.grid_worker.person_id
    assert [(row.role, row.facts["to"]) for row in told("dispatch_rule:")] == [("staff", "hall"), ("staff", "worker")]


def test_a_rule_for_the_same_area_and_category_replaces_the_earlier(people: People) -> None:
    first = do(setting_up.set_rule, people.staff, COMMUNITY, "roads", "hall")
    assert do(setting_up.set_rule, people.staff, COMMUNITY, "roads", "worker") == first
    assert [(rule.category, rule.to) for rule in setup().rules] == [("roads", "worker")]
    do(setting_up.drop_rule, people.staff, first)
    assert setup().rules == ()
    with refused("not_found"):
        do(setting_up.drop_rule, people.staff, first)


def test_rules_are_set_by_those_who_answer_for_the_area(people: People) -> None:
    rule = do(setting_up.set_rule, people.street_staff, STREET, "", "hall")
    for who in (people.far_staff, people.grid_worker, people.resident, people.volunteer, Who()):
        with pytest.raises(Forbidden):
            do(setting_up.set_rule, who, COMMUNITY, "", "hall")
        with pytest.raises(Forbidden):
            do(setting_up.drop_rule, who, rule)
        with pytest.raises(Forbidden):
            look(reach, who, COMMUNITY, "worker")
    do(setting_up.set_rule, people.admin, OTHER_COMMUNITY, "", "hall")
    with refused("not_offered"):
        do(setting_up.set_rule, people.staff, COMMUNITY, "", "anywhere")
    with refused("not_offered"):
        do(setting_up.set_rule, people.staff, COMMUNITY, "nonsense", "hall")


def test_reach_names_who_gets_it_and_the_cells_where_nobody_does(people: People) -> None:
    workers = look(reach, people.staff, COMMUNITY, "worker")
    assert set(workers.names) == {"grid_worker", "next_worker"}
    assert CELL not in workers.cells_without and NEXT_CELL not in workers.cells_without and workers.cells_without
    hall = look(reach, people.staff, COMMUNITY, "hall")
    assert set(hall.names) == {"volunteer", "other_volunteer"} and hall.cells_without == []
    assert look(reach, people.staff, CELL, "worker").names == ["grid_worker"]


def test_one_refused_of_many_leaves_neither_row_nor_count(people: People) -> None:
    good = posted(people)
    lost = posted(people, area_id=areas.tree().by_path(CELL.replace("03", "09")).id)  # where nobody is in charge
    sent = do(dispatch.send_by_rule, people.staff, [good, lost])
    assert sent.done == [good] and sent.skipped[lost].message_id == "nobody_in_charge"
    assert deeds(lost) == ["post"] and case(lost).state == "screening"
    with reading() as session:
        accepted = session.exec(select(Tally.n).where(Tally.measure == "accepted")).all()
        assert set(accepted) == {1}
        assert audit.verify(session).ok


def test_a_wording_is_offered_until_it_is_put_away(people: People) -> None:
    typed = Wording("case.return", "roads", "请写门牌", "请写清楚门牌号，谢谢！")
    number = do(setting_up.save_template, people.admin, typed)
    offered = look(screening.templates, people.staff, "case.return", "roads")
    assert offered[0].title == "请写门牌"  # the one for the very category comes first
    do(setting_up.save_template, people.admin, replace(typed, active=False), number)
    assert "请写门牌" not in [t.title for t in look(screening.templates, people.staff, "case.return", "roads")]
    assert "请写门牌" in [t.title for t in look(setting_up.templates, people.admin)]
    assert [row.public for row in told("reply_template:")] == [False, False]


def test_a_wording_is_checked_and_kept_for_the_whole_town(people: People) -> None:
    typed = Wording("case.return", "", "标题", "内容")
    with pytest.raises(Forbidden):
        do(setting_up.save_template, people.staff, typed)
    for wrong in (replace(typed, act="case.grab"), replace(typed, category="nonsense")):
        with refused("not_offered"):
            do(setting_up.save_template, people.admin, wrong)
    with refused("missing", field="title"):
        do(setting_up.save_template, people.admin, replace(typed, title="  "))
    with refused("not_found"):
        do(setting_up.save_template, people.admin, typed, 99_999)


def test_a_new_holiday_moves_the_due_time_of_running_wishes(people: People) -> None:
    case_id = posted(people)
    before = case(case_id).due_at
    holiday = date(2026, 7, 8)
    days = look(setting_up.days, people.admin, 2026) | {holiday: Day(False, "停工")}
    assert do(setting_up.save_year, people.admin, 2026, days, True) == 1
    settle()
    after = case(case_id).due_at
    assert before and after and after - before == timedelta(days=1)
    assert told("calendar:")[-1].facts == {"official": True, "days": {"2026-07-08": False}}
    assert do(setting_up.save_year, people.admin, 2026, days, True) == 0  # nothing changed, nothing recorded
    assert len(told("calendar:")) == 1


def test_the_days_of_a_year_are_its_own(people: People) -> None:
    with refused("day_outside_year", year=2027):
        do(setting_up.save_year, people.admin, 2027, {date(2026, 7, 8): Day(False)}, True)
    with pytest.raises(Forbidden):
        do(setting_up.save_year, people.staff, 2027, {}, True)
    with refused("control_characters"):
        do(setting_up.save_year, people.admin, 2027, {date(2027, 1, 1): Day(False, "a\x00")}, True)


def test_an_announced_year_is_imported_and_another_is_refused(people: People) -> None:
    assert do(setting_up.save_year, people.admin, 2026, {}, False) > 20
    assert unofficial_year(date(2026, 7, 6)) == 2026
    assert do(setting_up.import_year, people.admin, 2026) > 20
    found = look(setting_up.days, people.admin, 2026)
    assert found[date(2026, 10, 1)] == Day(False, "国庆节")
    assert unofficial_year(date(2026, 7, 6)) is None
    assert setting_up.importable(2026) and not setting_up.importable(2099)
    with refused("year_not_announced", year=2099):
        do(setting_up.import_year, people.admin, 2099)


def test_a_year_can_be_confirmed_without_changing_a_day(people: People) -> None:
    assert unofficial_year(date(2026, 11, 1)) == 2027
    assert do(setting_up.save_year, people.admin, 2027, {}, True) == 0
    assert unofficial_year(date(2026, 11, 1)) is None


def test_a_category_moves_to_another_target_with_the_clock_not_reset(people: People) -> None:
    case_id = posted(people)
    changed = [replace(k, target_class="danger") if k.code == "roads" else k for k in kinds()]
    assert do(setting_up.save_categories, people.admin, changed) == 1
    settle()
    assert case(case_id).due_at == MONDAY + timedelta(hours=2)
    (row,) = told("category:")
    assert row.thing == "category:roads" and row.facts == {"target_class": "danger"} and row.public


def test_a_category_is_added_and_put_away_but_never_lost(people: People) -> None:
    new = Topic("pets", {"zh-CN": "文明养宠", "en": "Pets"}, "pets", "teal", "ordinary", 20, True)
    assert do(setting_up.save_categories, people.admin, [*kinds(), new]) == 1
    case_id = posted(people, category="pets")
    away = [replace(k, active=False) if k.code == "pets" else k for k in kinds()]
    assert do(setting_up.save_categories, people.admin, away) == 1
    with refused("not_offered"):
        posted(people, category="pets")
    assert case(case_id).category == "pets"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"code": "Pets!"}, "category_code"),
        ({"icon": "<img>"}, "category_icon"),
        ({"colour": "#ff0000"}, "not_offered"),
        ({"target_class": "someday"}, "not_offered"),
        ({"names": {"zh-CN": "养宠", "en": ""}}, "missing"),
        ({"code": "roads"}, "category_twice"),
    ],
)
def test_a_category_is_checked(people: People, change: dict[str, Any], why: str) -> None:
    new = Topic("pets", {"zh-CN": "养宠", "en": "Pets"}, "pets", "teal", "ordinary", 20, True)
    with refused(why):
        do(setting_up.save_categories, people.admin, [*kinds(), replace(new, **change)])


def test_one_category_is_always_left(people: People) -> None:
    with refused("no_category_left"):
        do(setting_up.save_categories, people.admin, [replace(k, active=False) for k in kinds()])


def test_a_target_counts_for_running_wishes_too(people: People) -> None:
    case_id = posted(people)
    changed = [replace(h, finish_hours=48, respond_hours=8) if h.name == "ordinary" else h for h in hours()]
    assert do(setting_up.save_targets, people.admin, changed) == 1
    settle()
    assert case(case_id).due_at == MONDAY + timedelta(days=2)
    assert told("target:")[0].facts == {"finish_hours": 48, "respond_hours": 8}


@pytest.mark.parametrize(("finish", "respond"), [(0, 0), (5, 6), (10**6, 1), (4, -1)])
def test_a_target_is_checked(people: People, finish: int, respond: int) -> None:
    wrong = [replace(hours()[0], finish_hours=finish, respond_hours=respond)]
    with refused("target_hours"):
        do(setting_up.save_targets, people.admin, wrong)


def test_categories_and_targets_are_the_admins_alone(people: People) -> None:
    for who in (people.staff, people.street_staff, people.grid_worker, people.resident, Who()):
        with pytest.raises(Forbidden):
            do(setting_up.save_categories, who, kinds())
        with pytest.raises(Forbidden):
            do(setting_up.save_targets, who, hours())
    assert setting_up.may(people.admin, setting_up.TARGET) and not setting_up.may(people.staff, setting_up.TARGET)
    assert setting_up.may(people.staff, setting_up.RULE, COMMUNITY) and not setting_up.may(
        people.staff, setting_up.RULE
    )


def test_after_half_of_the_time_the_rule_table_proposes_the_worker(people: People) -> None:
    do(setting_up.set_rule, people.staff, COMMUNITY, "", "hall")
    case_id = posted(people)
    with clock.at(datetime(2026, 7, 14, tzinfo=UTC)):
        assert look(dispatch.proposal, people.staff, case(case_id)).person_id == people.grid_worker.person_id
        assert look(dispatch.proposals, people.staff, [case_id])[case_id].to == "worker"
    assert look(dispatch.proposals, people.staff, [case_id])[case_id].to == "hall"
    assert look(dispatch.proposals, people.far_staff, [case_id]) == {}
    assert CITY in people.admin.paths("admin")
