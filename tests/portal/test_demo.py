"""The demos: the small one is lively and comes from acts alone, the large one fits together as if it did."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import func
from sqlmodel import Session, col, select

from db.engine import reading
from db.models.areas import Area
from db.models.audit import AuditRow, PublishedHead
from db.models.ballots import Outcome as FundOutcome
from db.models.cases import Case, CaseArea, Outcome, State, Support
from db.models.files import Photo
from db.models.fund import Project, Round
from db.models.ledger import Order
from db.models.notices import Notice
from db.models.oversight import Appeal, Callback, CallbackDraw, ReplyFlag, SubOrder
from db.models.rollups import Tally
from db.models.works import Milestone
from portal import areas, audit, board, clock, demo
from portal.accounts import signin
from portal.acts import ACTS, VISITOR, Who
from portal.cases import clockwork, lifecycle, lists, timeline, wall
from portal.cases.kinds import KINDS
from portal.cases.setup import setup
from portal.demo.large.days import Days
from portal.errors import Refused
from portal.fund import checks, milestones

HOLIDAY = datetime(2026, 2, 20, 3, tzinfo=UTC)  # in the middle of Spring Festival
CASES = 800


def silent(name: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def large(seed: int) -> bool:
    return demo.load_large(cases=CASES, cells=60, people=400, seed=seed)


def clocks_fit(session: Session, case: Case) -> None:
    """The clock, its due times and the next appointment are those that the timeline gives."""
    plan = setup()
    target = plan.target_for(case)
    ran = lifecycle.replay(timeline.clock_steps(session, case), target, plan)
    assert ran == lifecycle.clock_of(case)
    assert case.due_at == lifecycle.due_at(ran, target, plan)
    assert case.half_at == lifecycle.due_at(ran, target, plan, 0.5)
    assert case.standing == lifecycle.standing(case.state, case.outcome, case.hidden or case.private)


def test_small_is_lively(db: str) -> None:
    assert demo.load("small", 1, silent)
    assert not demo.load("small", 1, silent), "a second time changes nothing"
    with reading() as session:
        cases = session.exec(select(Case)).all()
        states = Counter(case.state for case in cases)
        assert set(states) == set(State)
        assert_every_kind_is_alive(session, cases)
        assert_the_fund_is_alive(session)
        assert 8 <= sum(case.kind == "wish" and case.state == State.SCREENING for case in cases) <= 12
        assert sum(case.in_hall for case in cases) >= 4
        rates = board.rates(session, VISITOR, areas.tree().root.id)
        assert 0.8 < (rates.response.share or 0) < 1
        assert 0.65 < (rates.solved.share or 0) < 0.85
        assert 0.7 < (rates.satisfied.share or 0) < 0.9
        assert audit.verify(session).ok
        assert max(case.created_at for case in cases) < clock.now()
        assert session.exec(select(func.count()).select_from(Photo)).one() >= 25
        assert session.exec(select(Notice.id).where(col(Notice.due_at).is_not(None))).first() is None, (
            "nobody is texted"
        )
        for case in cases:
            if case.state != State.DRAFT:
                clocks_fit(session, case)
        people = {p.role: p for p in reversed(signin.demo_people(session))}
        assert {"resident", "member", "volunteer", "grid_worker", "staff", "admin", "auditor"} <= people.keys()
        assert_something_to_do(session, {role: p.person_id for role, p in people.items()})


def assert_every_kind_is_alive(session: Session, cases: Sequence[Case]) -> None:
    """Each kind has something that goes on and something that is over; a sample of each past month was called."""
    for kind in KINDS:
        mine = [case.state for case in cases if case.kind == kind]
        assert State.CLOSED in mine and {State.OPEN, State.SCREENING, State.IN_PROGRESS} & set(mine), kind
    assert {Outcome.SOLVED, Outcome.NOT} <= {case.claimed for case in cases if case.kind == "dispute"}
    assert sorted(session.exec(select(Appeal.state)).all()) == ["overturned", "waiting"]
    assert session.exec(select(ReplyFlag.why)).all() == ["template"]
    assert len(session.exec(select(SubOrder.id)).all()) == 2
    draws = session.exec(select(CallbackDraw)).all()
    assert len(draws) >= 3 and all(draw.drawn * 10 >= draw.closed for draw in draws)
    assert session.exec(select(Callback).where(Callback.state == "reached")).first() is not None


def assert_the_fund_is_alive(session: Session) -> None:
    """One round decided and being built, one to vote in, one to propose in; and every fen is where it should be."""
    states = {row.state: row.id for row in session.exec(select(Round))}
    assert states.keys() == {"finished", "balloting", "accepting"}
    decided = session.exec(select(Project.state).where(Project.round_id == states["finished"])).all()
    wanted = {"implementing", "accepted", "contracting", "not_funded", "ineligible", "unfeasible"}
    assert wanted <= set(decided), set(decided)
    found = session.get_one(FundOutcome, states["finished"])
    assert found.voters > 90 and found.roster > found.voters
    assert session.exec(select(Order.state).where(Order.kind == "correction")).all() == ["posted"]
    assert session.exec(select(Order.kind).where(Order.state == "proposed")).all() == ["contract"]
    steps = session.exec(select(Milestone.state).distinct()).all()
    assert set(steps) == {"planned", "reported", "accepted"}
    ids = session.exec(select(Project.id).where(Project.state == "implementing")).all()
    assert milestones.late_among(session, VISITOR, [found for found in ids if found])
    assert [*checks.compare(session)] == []


def assert_something_to_do(session: Session, first: dict[str, int]) -> None:
    """Whoever signs in with one click finds something waiting."""
    resident = lists.waiting_for_me(session, Who(person_id=first["resident"]))
    assert State.DONE in {note.state for note in resident}
    worker = lists.waiting_for_me(session, Who(person_id=first["grid_worker"]))
    assert sum(note.state == State.DISPATCHED for note in worker) >= 2


def test_small_can_begin_on_any_day(db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.demo.stage.Play._photos", lambda self, names: [])
    with clock.at(HOLIDAY):
        assert demo.load("small", 2, silent)
        clockwork.tick()


def test_other_data_is_left_alone(db: str) -> None:
    with audit.transaction() as session:
        session.add(Area(code="x", path="/x/", level="city", name="x"))
    for size in ("small", "large"):
        with pytest.raises(Refused, match="demo_not_empty"):
            demo.load(size, 1, silent)


def test_large_fits_together(db: str) -> None:
    assert large(3)
    assert not large(3)
    with reading() as session:
        assert audit.verify(session).ok
        heads = session.exec(select(PublishedHead)).all()
        assert len(heads) > 600
        assert all(audit.holds_head(session, head.seq, head.hash) for head in heads)
        cases = session.exec(select(Case)).all()
        assert len(cases) == CASES
        assert Counter(case.state for case in cases)[State.CLOSED] > CASES * 0.8
        for case in cases:
            clocks_fit(session, case)
            steps_fit(session, case)
        counters_fit(session)
        assert wall.wall(session, VISITOR, wall.Filters(text="路灯")).rows
        assert signin.demo_people(session)


def steps_fit(session: Session, case: Case) -> None:
    """The acts of a case follow one another as declared, and end where the case stands."""
    rows = session.exec(select(AuditRow).where(AuditRow.thing == f"cases:{case.id}").order_by(col(AuditRow.seq))).all()
    state = ""
    for row in rows:
        act = ACTS[row.act]
        assert row.from_state == state
        assert not act.frm or row.from_state in act.frm
        assert row.role in act.who
        state = row.to_state
    assert (state, rows[-1].at) == (case.state, case.updated_at)
    assert case.version == sum(row.act != "case.support" for row in rows) - 1
    target = setup().target_of(case.category)
    assert case.next_at == lifecycle.next_at(case, {}, setup(), target)
    above = session.exec(select(CaseArea.area_id).where(CaseArea.case_id == case.id)).all()
    assert sorted(above) == sorted(areas.tree().ids_up(case.area_id))


def counters_fit(session: Session) -> None:
    """Supporters, acts and counters agree, on every level of the tree."""
    acts = dict(session.exec(select(AuditRow.act, func.count()).group_by(AuditRow.act)).all())
    joined = session.exec(select(func.count()).select_from(Support)).one()
    assert joined == acts["case.support"] == session.exec(select(func.sum(Case.supporters))).one()
    places: dict[str, list[int]] = {}
    for place in areas.tree().below(areas.tree().root.path):
        places.setdefault(place.level, []).append(place.id)
    totals = [
        dict(
            session.exec(
                select(Tally.measure, func.sum(Tally.n)).where(col(Tally.area_id).in_(ids)).group_by(Tally.measure)
            ).all()
        )
        for ids in places.values()
    ]
    assert all(total == totals[0] for total in totals)
    counted = {
        "posted": CASES,
        "supported": joined,
        "done": acts["case.finish"],
        "climbed": acts["case.climb"],
    }
    assert {measure: totals[0][measure] for measure in counted} == counted


def test_large_needs_no_clockwork(db: str) -> None:
    """What has its time before now has been done."""
    large(4)
    with reading() as session:
        due = session.exec(select(Case.id).where(col(Case.next_at) < datetime.now(UTC))).all()
    assert len(due) <= 1, "but for what strikes while this test runs"


def test_days_count_working_time_as_the_clock_does(db: str) -> None:
    calendar = setup().calendar
    days = Days(date(2026, 1, 20), date(2026, 6, 1), calendar)
    rng = np.random.default_rng(5)
    starts = int(HOLIDAY.timestamp()) - 1_200_000 + rng.integers(2_400_000, size=300)
    starts[:20] = days.starts[20:40]  # midnights too
    amounts = rng.integers(0, 1_500_000, size=300)
    yes = np.ones(300, bool)
    found = days.later(starts, amounts, yes)
    spent = days.between(starts, found, yes)
    for start, amount, end, used in zip(starts.tolist(), amounts.tolist(), found.tolist(), spent.tolist(), strict=True):
        since, until = datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC)
        assert calendar.after(since, timedelta(seconds=amount)) == until
        assert calendar.between(since, until).total_seconds() == used
