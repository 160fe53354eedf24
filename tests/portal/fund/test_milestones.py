"""Milestones: planned within the award, reported with proof, accepted by somebody else, or sent back with a reason."""

import threading
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import pytest

from portal import attachments, audit, clock, limits
from portal.acts import VISITOR
from portal.attachments import NewDocument
from portal.errors import Forbidden, NotFound, TooLate
from portal.fund import following, milestones, work
from portal.fund.milestones import Plan
from tests.fixtures.fund import FundPeople
from tests.fixtures.town import People
from tests.portal.accounts.town import race
from tests.portal.cases.steps import do, look, picture, refused
from tests.portal.fund.works import SAYS, Works, deeds, step, told, works


@pytest.fixture
def at(funders: FundPeople) -> Works:
    found = works(funders)
    found.begin()
    return found


def today() -> date:
    return clock.day_of(clock.now())


# planning


def test_lead_and_staff_plan_in_order(at: Works) -> None:
    first, second = at.plan("3000", title="采购"), at.plan("2000", title="安装", who=at.lead)
    assert [step(n).position for n in (first, second)] == [1, 2]
    shown = look(milestones.of_project, VISITOR, at.id)
    assert [(s.title, s.planned_fen, s.state, s.late) for s in shown] == [
        ("采购", 300_000, "planned", False), ("安装", 200_000, "planned", False)
    ]  # fmt: skip
    assert deeds(f"milestone:{first}")[0].facts["planned_fen"] == 300_000


def test_others_plan_nothing(at: Works, people: People) -> None:
    for who in (VISITOR, at.people.bob, at.people.finance, at.people.organization, people.far_staff):
        with pytest.raises(Forbidden):
            at.plan(who=who)
    number = at.plan()
    for who in (at.lead, at.people.bob, people.far_staff):
        for deed in (lambda s, w, n: milestones.edit(s, w, n, Plan("x", today())), milestones.cancel):
            with pytest.raises(Forbidden):
                do(deed, who, number)


def test_all_together_ask_for_no_more_than_the_award(at: Works) -> None:
    at.plan("15000")
    number = at.plan("5000")
    with refused("milestones_over_award", left_fen=0):
        at.plan("0.01")
    with refused("milestones_over_award", left_fen=500_000):
        do(milestones.edit, at.staff, number, Plan("安装", step(number).due_on, "5000.01"))
    do(milestones.edit, at.staff, number, Plan("安装", step(number).due_on, "4000"))
    do(milestones.cancel, at.staff, number)
    assert at.plan("5000"), "what is cancelled asks for nothing"


def test_plans_at_the_same_time_do_not_go_over_the_award_together(at: Works) -> None:
    outcomes = race(6, lambda: at.plan("5000"))
    assert sum(isinstance(outcome, int) for outcome in outcomes) == 4
    steps = look(milestones.of_project, VISITOR, at.id)
    assert [s.position for s in steps] == [1, 2, 3, 4] and sum(s.planned_fen for s in steps) == 2_000_000


@pytest.mark.parametrize("held", [True, False])
def test_changes_at_the_same_time_do_not_either(
    at: Works, monkeypatch: pytest.MonkeyPatch, db: str, held: bool
) -> None:
    """With the negative control: it is the hold on the project that keeps them in a row."""
    numbers, meet, cover = [at.plan(), at.plan()], threading.Barrier(2, timeout=1), milestones._cover

    def slow(*args: Any, **named: Any) -> None:
        cover(*args, **named)
        with suppress(threading.BrokenBarrierError):
            meet.wait()

    monkeypatch.setattr(milestones, "_cover", slow)
    if not held:
        monkeypatch.setattr(milestones.funded, "hold", lambda session, number, *states: None)
    due_on = step(numbers[0]).due_on
    race(2, lambda: do(milestones.edit, at.staff, numbers.pop(), Plan("长椅", due_on, "15000")))
    planned = sum(s.planned_fen for s in look(milestones.of_project, VISITOR, at.id))
    guarded = held or db.startswith("sqlite")  # where a write holds all there is
    assert planned == (1_500_000 if guarded else 3_000_000)


@pytest.mark.parametrize("planned", ["-1", "0.005", "1e3", "NaN", "abc", "100000001"])
def test_sums_that_are_none_are_refused(at: Works, planned: str) -> None:
    with pytest.raises(milestones.Refused):
        at.plan(planned)
    assert look(milestones.of_project, VISITOR, at.id) == ()


def test_days_that_cannot_be_are_refused(at: Works) -> None:
    with refused("date_past", field="due_on"):
        at.plan(days=-1)
    with refused("date_far", field="due_on"):
        at.plan(days=366 * limits.PHASE_YEARS + 1)
    with refused("missing", field="due_on"):
        do(milestones.plan, at.staff, at.id, Plan("x", None))  # type: ignore[arg-type]
    with refused("missing", field="milestone_title"):
        at.plan(title="  ")
    number = at.plan(days=0)
    with clock.at(clock.now() + timedelta(days=3)):
        do(milestones.edit, at.staff, number, Plan("改个名字", step(number).due_on, "0"))
        with refused("date_past"):
            do(milestones.edit, at.staff, number, Plan("改个名字", step(number).due_on - timedelta(days=1), "0"))


def test_there_is_an_end_to_planning(at: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MILESTONES", 2)
    at.plan(), at.plan()
    with refused("too_many_milestones", limit=2):
        at.plan()


@pytest.mark.parametrize("state", ["funded", "accepted", "closed", "cancelled", "on_ballot"])
def test_nothing_is_planned_before_the_start_or_after_the_end(at: Works, state: str) -> None:
    number = at.plan()
    at.money.set_state(work.Project, state)
    with pytest.raises(TooLate):
        at.plan()
    with pytest.raises(TooLate):
        do(milestones.edit, at.staff, number, Plan("x", step(number).due_on))


# reporting


def test_the_lead_reports_with_photos_and_papers(at: Works) -> None:
    number = at.plan()
    do(milestones.report, at.lead, number, SAYS, [picture(alt="新长椅")], [NewDocument(b"%PDF-1.4\n", "验收单")])
    (shown,) = look(milestones.of_project, VISITOR, at.id)
    assert (shown.state, shown.report, shown.person_id) == ("reported", SAYS, at.lead.person_id)
    assert [(f.kind, f.title, f.shown) for f in shown.files] == [
        ("photo", "新长椅", True),
        ("document", "验收单", True),
    ]
    assert told(at.staff, "milestone_reported")[0].facts["milestone"] == "安装长椅"
    row = deeds(f"milestone:{number}")[-1]
    assert (row.act, row.says, row.says_public) == ("milestone.report", SAYS, True)


def test_others_report_nothing(at: Works, people: People) -> None:
    number = at.plan()
    for who in (VISITOR, at.people.bob, at.people.finance, people.far_staff):
        with pytest.raises(Forbidden):
            do(milestones.report, who, number, SAYS)
    for wrong in (0, -1, 2**40):
        with pytest.raises(NotFound):
            do(milestones.report, at.lead, wrong, SAYS)
    with refused("missing", field="says"):
        do(milestones.report, at.lead, number, "")
    with refused("document_kind"):
        do(milestones.report, at.lead, number, SAYS, [], [NewDocument(b"MZ", "x")])
    assert step(number).state == "planned"


# acceptance


def test_whoever_reported_does_not_accept(at: Works) -> None:
    number = at.plan()
    do(milestones.report, at.staff, number, SAYS)
    for deed in (milestones.accept, lambda s, w, n: milestones.send_back(s, w, n, "补照片")):
        with pytest.raises(Forbidden):
            do(deed, at.staff, number)
    do(milestones.accept, at.people.third_staff, number)
    assert (step(number).state, step(number).accepted_by) == ("accepted", at.people.third_staff.person_id)


def test_acceptance_is_told_and_final(at: Works, people: People) -> None:
    do(following.toggle, at.people.bob, at.id)
    number = at.reported()
    for who in (VISITOR, at.lead, at.people.finance, people.far_staff):
        with pytest.raises(Forbidden):
            do(milestones.accept, who, number)
    do(milestones.accept, at.staff, number)
    assert told(at.people.bob, "milestone_accepted") and told(at.lead, "milestone_accepted")
    for deed in (milestones.accept, milestones.cancel, lambda s, w, n: milestones.send_back(s, w, n, "x")):
        with pytest.raises(TooLate):
            do(deed, at.staff, number)


def test_two_who_accept_at_once_do_so_once(at: Works) -> None:
    number = at.reported()
    outcomes = race(5, lambda: do(milestones.accept, at.staff, number))
    assert outcomes.count(None) == 1 and len(told(at.lead, "milestone_accepted")) == 1


def test_what_is_sent_back_says_why_and_comes_again(at: Works) -> None:
    number = at.reported()
    do(milestones.send_back, at.staff, number, "请补一张全景照片")
    (shown,) = look(milestones.of_project, VISITOR, at.id)
    assert (shown.state, shown.sent_back, shown.report, shown.person_id) == ("planned", "请补一张全景照片", "", None)
    assert told(at.lead, "milestone_returned")[0].facts["reason"] == "请补一张全景照片"
    do(milestones.report, at.lead, number, "补好了")
    (shown,) = look(milestones.of_project, VISITOR, at.id)
    assert (shown.state, shown.sent_back, shown.report) == ("reported", "", "补好了")
    with refused("missing", field="says"):
        do(milestones.send_back, at.staff, number, "")


def test_files_of_a_report_show_only_with_it(at: Works) -> None:
    number = at.plan()
    do(milestones.report, at.lead, number, SAYS, [picture()])
    do(milestones.send_back, at.staff, number, "换一张")
    assert look(milestones.of_project, VISITOR, at.id)[0].files == ()
    with audit.transaction() as session:
        assert len(attachments.of(session, [f"milestone:{number}"])[f"milestone:{number}"]) == 1


def test_late_is_shown(at: Works) -> None:
    at.plan(days=1)
    with clock.at(clock.now() + timedelta(days=1)):
        assert not look(milestones.of_project, VISITOR, at.id)[0].late, "the day itself is still in time"
    with clock.at(clock.now() + timedelta(days=2)):
        assert look(milestones.of_project, VISITOR, at.id)[0].late


def test_milestones_of_what_is_not_funded_are_nobodys(at: Works) -> None:
    at.plan()
    at.money.set_state(work.Project, "on_ballot")
    with pytest.raises(NotFound):
        look(milestones.of_project, VISITOR, at.id)
