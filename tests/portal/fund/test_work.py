"""The work: its lead, its news, its rest, its stop and its end, and who hears of late milestones how often."""

from datetime import timedelta

import pytest
from sqlmodel import col, select

from db.engine import reading
from db.models.accounts import Person
from db.models.fund import Project
from db.models.ledger import Order
from portal import audit, clock, words
from portal.acts import VISITOR
from portal.errors import Forbidden, NotFound, TooLate
from portal.fund import following, milestones, orders, underway, work
from tests.fixtures.fund import FundPeople
from tests.fixtures.town import People
from tests.portal.accounts.town import race
from tests.portal.cases.steps import do, look, refused
from tests.portal.fund.works import Works, deeds, step, told, works


@pytest.fixture
def at(funders: FundPeople) -> Works:
    return works(funders)


# the start, and who leads


def test_a_project_starts_with_its_proposer_as_lead(at: Works) -> None:
    at.start()
    assert (at.row.state, at.row.lead_id) == ("contracting", at.lead.person_id)
    assert [n.message for n in told(at.lead)][-1] == "lead_named"
    started = deeds(f"project:{at.id}")[-1]
    assert started.act == "project.start" and "lead" not in started.facts, "the public row names nobody"
    assert look(work.lead_of, at.staff, at.id) == at.lead.name
    for who in (VISITOR, at.people.bob, at.people.voters[3]):
        assert look(work.lead_of, who, at.id) == ""


def test_the_lead_is_found_by_the_full_number_or_is_oneself(at: Works) -> None:
    do(work.start, at.staff, at.id, "phone", "13900000109")  # bob
    assert at.row.lead_id == at.people.bob.person_id
    assert deeds(f"person:{at.people.bob.person_id}")[-1].act == "person.look_up"
    do(work.name_lead, at.staff, at.id, "me")
    assert at.row.lead_id == at.staff.person_id
    with refused("lead_same"):
        do(work.name_lead, at.staff, at.id, "me")


def test_a_lead_must_be_somebody(at: Works) -> None:
    with refused("lead_unknown"):
        do(work.start, at.staff, at.id, "phone", "13712345678")
    with refused("not_offered", field="lead"):
        do(work.start, at.staff, at.id, "anybody")
    with audit.transaction() as session:
        session.get_one(Person, at.lead.person_id).blocked_at = clock.now()
    with refused("lead_gone"):
        at.start()
    assert at.row.state == "funded"


def test_a_new_lead_reports_what_is_open_and_the_old_one_does_not(at: Works) -> None:
    at.begin()
    done, waits = at.accepted(), at.plan()
    do(work.name_lead, at.staff, at.id, "phone", "13900000109")
    assert step(waits).lead_id == at.people.bob.person_id and step(done).lead_id == at.lead.person_id
    with pytest.raises(Forbidden):
        do(milestones.report, at.lead, waits, "做好了")
    do(milestones.report, at.people.bob, waits, "做好了")


@pytest.mark.parametrize("deed", [work.start, work.name_lead, work.resume, work.close])
def test_only_staff_of_the_area_move_the_work(at: Works, people: People, deed: object) -> None:
    given = ("me",) if deed is work.name_lead else ()
    for who in (VISITOR, at.lead, at.people.finance, at.people.reviewer, people.far_staff, people.admin):
        with pytest.raises(Forbidden):
            do(deed, who, at.id, *given)  # type: ignore[arg-type]


def test_there_is_no_work_on_what_is_no_project(at: Works) -> None:
    for number in (0, -1, 2**40, 99_999):
        with pytest.raises(NotFound):
            do(work.news, at.staff, number, "x")
    at.money.set_state(Project, "on_ballot")
    with pytest.raises(NotFound):
        do(work.news, at.staff, at.id, "x")
    with pytest.raises(TooLate):
        at.start()


# news, rest


def test_news_is_for_everybody_and_followers_hear_of_it(at: Works) -> None:
    at.start()
    do(following.toggle, at.people.bob, at.id)
    do(work.news, at.lead, at.id, "座椅样品到了，\n欢迎来看。")
    (heard,) = told(at.people.bob, "project_news")
    assert heard.href == f"/project?id={at.id}"
    with words.speaking("zh-CN"):
        assert "座椅样品到了， 欢迎来看。" in words.t(f"notice.{heard.message}", **heard.facts)
    row = deeds(f"project:{at.id}")[-1]
    assert (row.says, row.says_public, row.public) == ("座椅样品到了，\n欢迎来看。", True, True)
    for who in (VISITOR, at.people.bob):
        with pytest.raises(Forbidden):
            do(work.news, who, at.id, "假消息")
    with refused("missing", field="says"):
        do(work.news, at.lead, at.id, "  ")


def test_what_rests_goes_on_where_it_stood(at: Works) -> None:
    at.start()
    do(work.suspend, at.staff, at.id, "等待审批")
    assert at.row.state == "suspended"
    do(work.resume, at.staff, at.id)
    assert at.row.state == "contracting", "without a contract there is nothing to carry out"
    at.money.post("contract", "10000")
    do(work.suspend, at.staff, at.id, "下雨")
    do(work.resume, at.staff, at.id)
    assert at.row.state == "implementing"
    assert [row.to_state for row in deeds(f"project:{at.id}")][-2:] == ["suspended", "implementing"]
    with refused("missing", field="says"):
        do(work.suspend, at.staff, at.id, "")


def test_nothing_is_reported_or_accepted_while_it_rests(at: Works) -> None:
    at.begin()
    waits, report = at.plan(), at.reported()
    do(work.suspend, at.staff, at.id, "下雨")
    with refused("project_rests"):
        do(milestones.report, at.lead, waits, "做好了")
    with refused("project_rests"):
        do(milestones.accept, at.staff, report)


# stop, acceptance, close


def test_a_stop_cancels_what_is_open_and_drafts_the_return(at: Works) -> None:
    at.begin()
    done, waits, report = at.accepted("3000"), at.plan(), at.reported()
    do(following.toggle, at.people.bob, at.id)
    do(work.stop, at.staff, at.id, "场地被占用")
    assert at.row.state == "cancelled"
    assert [step(n).state for n in (done, waits, report)] == ["accepted", "cancelled", "cancelled"]
    with reading() as session:
        drafts = session.exec(select(Order).where(Order.state == "proposed").order_by(col(Order.id))).all()
    assert [(o.kind, o.amount_fen) for o in drafts] == [("release", 700_000), ("return", 1_700_000)]
    assert told(at.people.bob, "project_stopped")[0].facts["reason"] == "场地被占用"
    assert told(at.lead, "project_stopped"), "the lead hears of it, too"
    for order in drafts:
        do(orders.approve, at.people.finance, order.id)
    assert at.money.standing == (0, 300_000, 0), "what is owed for accepted work stays bound"
    with pytest.raises(TooLate):
        do(work.stop, at.staff, at.id, "再来一次")


@pytest.mark.parametrize("returns_to", ["round", "fund"])
def test_the_money_goes_where_the_rule_said_at_the_start(funders: FundPeople, returns_to: str) -> None:
    at = works(funders, returns_to=returns_to)
    before = at.money.has(f"{returns_to}:{getattr(at.money, f'{returns_to}_id')}", returns_to)  # type: ignore[arg-type]
    do(work.stop, at.staff, at.id, "无法实施")
    with reading() as session:
        (draft,) = session.exec(select(Order).where(Order.state == "proposed")).all()
    do(orders.approve, funders.finance, draft.id)
    after = at.money.has(f"{returns_to}:{getattr(at.money, f'{returns_to}_id')}", returns_to)  # type: ignore[arg-type]
    assert (at.money.standing, after - before) == ((0, 0, 0), 2_000_000)


def test_the_whole_is_accepted_once_every_part_is(at: Works) -> None:
    at.begin()
    with refused("milestones_none"):
        do(work.accept, at.staff, at.id)
    number, other = at.reported(), at.plan()
    with refused("milestones_open", n=2):
        do(work.accept, at.staff, at.id)
    do(milestones.accept, at.staff, number)
    do(milestones.cancel, at.staff, other)
    with pytest.raises(Forbidden):
        do(work.accept, at.lead, at.id)
    do(work.accept, at.staff, at.id, "质量很好")
    assert at.row.state == "accepted" and deeds(f"project:{at.id}")[-1].says == "质量很好"


def test_who_leads_or_proposed_does_not_accept_the_whole(at: Works) -> None:
    do(work.start, at.staff, at.id, "me")
    at.money.post("contract", "10000")
    number = at.plan()
    do(milestones.report, at.staff, number, "做好了")
    do(milestones.accept, at.people.third_staff, number)
    with refused("lead_accepts_not"):
        do(work.accept, at.staff, at.id)
    with audit.transaction() as session:
        session.get_one(Project, at.id).proposer_id = at.people.third_staff.person_id
    with pytest.raises(Forbidden):
        do(work.accept, at.people.third_staff, at.id)


def test_it_is_closed_when_nothing_is_owed_and_the_rest_goes_back(at: Works) -> None:
    at.begin()
    number = at.accepted("10000")
    do(work.accept, at.staff, at.id)
    with refused("money_committed", left_fen=1_000_000):
        do(work.close, at.staff, at.id)
    at.money.post("instalment", "10000", milestone_id=number)
    do(work.close, at.staff, at.id)
    assert at.row.state == "closed"
    with reading() as session:
        (draft,) = session.exec(select(Order).where(Order.state == "proposed")).all()
    assert (draft.kind, draft.amount_fen, draft.author_id) == ("return", 1_000_000, at.staff.person_id)


def test_two_stops_at_once_make_one(at: Works) -> None:
    at.begin()

    def stop() -> None:
        do(work.stop, at.staff, at.id, "场地被占用")

    assert sum(outcome is None for outcome in race(4, stop)) == 1
    with reading() as session:
        assert len(session.exec(select(Order).where(Order.kind == "return")).all()) == 1


# late


def test_late_is_told_once_a_day_to_lead_and_staff(at: Works, people: People) -> None:
    at.begin()
    at.plan(days=1)
    at.plan(days=1)
    later = clock.now() + timedelta(days=2)
    assert work.tick() == 0
    with clock.at(later):
        assert work.tick() == 1
        assert work.tick() == 0, "not twice a day"
        (heard,) = told(at.lead, "milestones_late")
        assert heard.facts == {"title": at.row.title, "late": 2}
        assert len(told(at.staff, "milestones_late")) == 1 and told(people.far_staff, "milestones_late") == []
    with clock.at(later + timedelta(days=1)):
        assert work.tick() == 1


def test_many_processes_tell_of_it_once(at: Works) -> None:
    at.begin()
    at.plan(days=1)
    later = clock.now() + timedelta(days=2)

    def tick() -> int:
        with clock.at(later):
            return work.tick()

    assert sorted(race(6, tick)) == [0, 0, 0, 0, 0, 1]
    assert len(told(at.lead, "milestones_late")) == 1


@pytest.mark.parametrize("rests", ["suspend", "done", "moved"])
def test_what_rests_is_done_or_was_put_off_is_not_late(at: Works, rests: str) -> None:
    at.begin()
    number = at.plan(days=1)
    if rests == "suspend":
        do(work.suspend, at.staff, at.id, "下雨")
    elif rests == "done":
        do(milestones.report, at.lead, number, "做好了")
    later = clock.now() + timedelta(days=2)
    with clock.at(later):
        if rests == "moved":
            do(milestones.edit, at.staff, number, milestones.Plan("长椅", clock.day_of(later), "0"))
        assert work.tick() == 0
        assert not any(s.late for s in look(milestones.of_project, VISITOR, at.id))
        assert look(milestones.late_among, VISITOR, [at.id]) == frozenset()


# the list of those who work with them


def test_the_list_sorts_by_what_is_missing(at: Works, people: People) -> None:
    def tabs() -> set[str]:
        return {tab for tab, n in look(underway.counts, at.staff).items() if n}

    assert tabs() == {"contract", "all"}
    at.begin()
    assert tabs() == {"all"}
    number = at.reported("1000", days=1)
    assert tabs() == {"accept", "all"}
    (row,), key = look(underway.listing, at.staff, "accept")
    assert (row.id, row.waiting, row.lead, row.money.committed_fen, key) == (at.id, 1, at.lead.name, 1_000_000, None)
    do(milestones.accept, at.staff, number)
    assert tabs() == {"accept", "pay", "all"}, "all is done, so the whole waits for acceptance"
    at.money.propose("instalment", "1000", milestone_id=number)
    assert tabs() == {"accept", "all"}
    at.plan(days=1)
    with clock.at(clock.now() + timedelta(days=3)):
        assert tabs() == {"late", "all"}
        assert look(underway.listing, at.staff, "late")[0][0].late == 1
        assert look(milestones.late_among, VISITOR, [at.id, 5]) == frozenset({at.id})


def test_the_list_is_for_those_who_work_in_the_area(at: Works, people: People) -> None:
    for who in (VISITOR, at.lead, people.volunteer):
        with pytest.raises(Forbidden):
            look(underway.listing, who, "all")
    assert look(underway.listing, people.far_staff, "all") == ((), None)
    assert len(look(underway.listing, people.street_staff, "all")[0]) == 1
    with refused("not_offered"):
        look(underway.listing, at.staff, "everything")


def test_the_list_goes_on_by_key(at: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.limits.PAGE_ROWS", 2)
    with audit.transaction() as session:
        first = session.get_one(Project, at.id)
        for n in range(4):
            session.add(Project(round_id=first.round_id, area_path=first.area_path, state="funded", title=f"{n}",
                                number=10 + n))  # fmt: skip
    seen, key = [], None
    while True:
        rows, key = look(underway.listing, at.staff, "all", key)
        seen += [row.id for row in rows]
        if key is None:
            break
    assert len(seen) == 5 and seen == sorted(set(seen))
