"""Random histories with jumps in time: whatever people do in whatever order, the books agree with one another."""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, func, select

from db.engine import reading
from db.models.accounts import Quota
from db.models.audit import AuditRow
from db.models.cases import Case, Standing, State, Support
from db.models.rollups import Tally
from portal import areas, audit, clock
from portal.acts import ACTS, VISITOR, Who
from portal.cases import dispatch, echo, levels, post, screening, work
from portal.cases.acts import FINAL, HELD
from portal.cases.clockwork import tick
from portal.cases.lifecycle import Clock, advance, clock_of, due_at, replay, respond_by, standing
from portal.cases.setup import setup
from portal.cases.timeline import clock_steps
from portal.errors import Refused
from portal.rollups import bucket_of
from tests.fixtures.town import CELL, COMMUNITY, People
from tests.portal.cases.steps import MONDAY, do, wish

JUMPS = [timedelta(days=16), timedelta(days=4), timedelta(days=1), timedelta(hours=9),
         *[timedelta(minutes=20), timedelta(hours=1, microseconds=7), timedelta()] * 4]  # fmt: skip
"""Mostly short, so that a case comes to its end before its times run out."""
CLASSES = ("danger", "lighting", "roads", "property")
UNWATCHED = f"{COMMUNITY}05/"


class Play:
    """The town at work: knows who can do what to a case, and does it."""

    def __init__(self, people: People) -> None:
        self.people = people
        self.cases: list[int] = []
        self.workers = {p.person_id: p for p in (people.grid_worker, people.volunteer, people.other_volunteer)}

    def begin(self) -> None:
        """One wish by a resident, one without an account, one draft, one recorded."""
        who = replace(VISITOR, client="somebody")
        nobody = areas.tree().by_path(UNWATCHED).id
        self.cases = [
            do(post.post, self.people.resident, wish(category="lighting")).case_id,
            do(post.post, who, wish(category="danger", area_id=nobody)).case_id,
            do(post.draft, self.people.neighbour, wish()),
            do(post.record, self.people.grid_worker, wish(channel="street", consent="spoken")).case_id,
        ]

    def poster(self, case: Case) -> Who:
        known = {p.person_id: p for p in (self.people.resident, self.people.neighbour)}
        return known.get(case.poster_id) or replace(VISITOR, client="r", receipts=frozenset({case.id or 0}))

    def holder(self, case: Case) -> Who:
        return self.workers.get(case.holder_id, self.people.staff)

    def step(self, chance: Random) -> None:
        """One deed that fits the state of a case, mostly of one that is not over; refusals are part of life."""
        with reading() as session:
            cases = [session.get_one(Case, case_id) for case_id in self.cases]
        going = [case for case in cases if case.state not in FINAL]
        case = chance.choice(going if going and chance.random() < 0.9 else cases)
        fitting = [name for name in DEEDS if not ACTS[name].frm or case.state in ACTS[name].frm]
        weights = [1 if name in SELDOM else 6 for name in fitting]
        with suppress(Refused):
            DEEDS[chance.choices(fitting, weights)[0]](self, case, chance.randrange(10_000))


def _by(role: str, fn: Callable[..., Any], *words: str) -> Callable[[Play, Case, int], object]:
    def deed(play: Play, case: Case, pick: int) -> object:
        who = {"poster": play.poster, "holder": play.holder}.get(role, lambda case: getattr(play.people, role))(case)
        return do(fn, who, case.id, *words)

    return deed


def _mend(play: Play, case: Case, pick: int) -> object:
    place = areas.tree().by_path(CELL if pick % 2 else UNWATCHED).id
    return do(post.submit, play.poster(case), case.id, wish(category=CLASSES[pick % 4], area_id=place))


DEEDS: dict[str, Callable[[Play, Case, int], object]] = {
    "case.submit": _mend,
    "case.mend": _mend,
    "case.discard": _by("poster", post.discard),
    "case.withdraw": _by("poster", post.withdraw),
    "case.support": lambda p, c, n: do(post.support, p.people.stranger if n % 2 else p.people.volunteer, c.id),
    "case.unsupport": lambda p, c, n: do(post.unsupport, p.people.stranger, c.id),
    "case.answer_ask": _by("poster", work.answer_ask, "在东边"),
    "case.rate": lambda p, c, n: do(echo.rate, p.poster(c), c.id, ("solved", "partly", "not")[n % 3], 1 + n % 5),
    "case.reopen": _by("poster", echo.reopen, "没好"),
    "case.accept": _by("staff", screening.accept),
    "case.return": _by("staff", screening.give_back, "哪里？"),
    "case.decline": _by("staff", screening.decline, "不办"),
    "case.refer": _by("staff", screening.refer, "转供电所"),
    "case.merge": lambda p, c, n: do(screening.merge, p.people.staff, c.id, p.cases[n % len(p.cases)]),
    "case.recategorise": lambda p, c, n: do(screening.recategorise, p.people.staff, c.id, CLASSES[n % 4]),
    "case.hide": _by("staff", screening.hide, "隐私"),
    "case.unhide": _by("staff", screening.unhide),
    "case.dispatch": lambda p, c, n: do(dispatch.dispatch, p.people.staff, c.id, p.people.grid_worker.person_id),
    "case.to_hall": _by("staff", dispatch.to_hall),
    "case.escalate": _by("staff", levels.escalate, "难办"),
    "case.grab": lambda p, c, n: do(dispatch.grab, p.people.volunteer if n % 2 else p.people.other_volunteer, c.id),
    "case.release": _by("holder", dispatch.release),
    "case.send_back": _by("holder", dispatch.send_back, "不归我"),
    "case.take_on": _by("holder", work.take_on),
    "case.ask": _by("holder", work.ask, "哪盏？"),
    "case.note": _by("holder", work.note, "买灯"),
    "case.finish": _by("holder", work.finish, "好了"),
}


SELDOM = {
    "case.discard", "case.withdraw", "case.decline", "case.refer", "case.merge", "case.hide", "case.unhide",
    "case.return", "case.escalate", "case.release", "case.send_back", "case.recategorise", "case.note", "case.support",
    "case.unsupport",
}  # fmt: skip
"""What ends a case early, or does not bring it on."""


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32 - 1), length=st.integers(20, 70))
def test_the_books_agree_after_any_history(
    afresh: Callable[[], AbstractContextManager[People]], seed: int, length: int
) -> None:
    chance = Random(seed)
    with afresh() as people:
        play, now = Play(people), MONDAY
        with clock.at(now):
            play.begin()
        for _ in range(length):
            now += chance.choice(JUMPS)
            with clock.at(now):
                for _ in range(8):  # as often as a server would in the meantime
                    if not tick():
                        break
                assert not appointments(now), "the clockwork leaves nothing undone that is due"
                play.step(chance)
                check_cases(play.cases)
            with audit.transaction() as session:  # so that no limit of an hour stands in the way
                for row in session.exec(select(Quota)):
                    session.delete(row)
        check_counters()
        with reading() as session:
            assert audit.verify(session).ok


def appointments(now: datetime) -> list[Case]:
    with reading() as session:
        return list(session.exec(select(Case).where(col(Case.next_at) <= now)).all())


def check_cases(cases: list[int]) -> None:
    with reading() as session:
        for case_id in cases:
            case = session.get_one(Case, case_id)
            story = rows_of(session, case_id)
            check_state(session, case, story)
            check_clock(session, case)
            check_desk(case, story)


def check_state(session: Session, case: Case, story: list[AuditRow]) -> None:
    """One declared state, to which the timeline leads step by step; and all that hangs on the state."""
    state = ""
    for row in story:
        assert row.from_state == state, row
        assert row.to_state == (ACTS[row.act].to or state), row
        state = row.to_state
    assert case.state == state and case.state in set(State)
    assert case.standing == standing(case.state, case.outcome, case.hidden)
    assert (case.standing == Standing.SOLVED) <= (case.outcome == "solved" and case.state == State.CLOSED)
    assert not (case.state in (State.DONE, State.CLOSED) and not case.answer), "nothing is closed without a reply"
    assert case.in_hall <= (case.state == State.OPEN)
    assert (case.state in (*HELD, State.DISPATCHED)) <= (case.holder_id is not None)
    assert (case.state == State.OPEN) <= (case.holder_id is None)
    assert case.supporters == session.exec(select(func.count()).where(Support.case_id == case.id)).one()
    assert case.reopened == sum(row.act == "case.reopen" for row in story)


def check_clock(session: Session, case: Case) -> None:
    """The stored clock is the one that the timeline gives."""
    plan = setup()
    target = plan.target_of(case.category)
    again = replay(clock_steps(session, case), target, plan)
    assert clock_of(case) == again
    if case.state not in (State.DRAFT, State.WITHDRAWN):
        assert (case.due_at, case.half_at) == (due_at(again, target, plan), due_at(again, target, plan, 0.5))
        assert case.target_class == target.name


def check_desk(case: Case, story: list[AuditRow]) -> None:
    """The desk is above the case, and climbed one level at a time, never beyond the town."""
    assert case.area_path.startswith(case.desk_path)
    last = max((n for n, row in enumerate(story) if row.act == "case.reopen"), default=0)
    assert case.missed == sum(row.act == "case.climb" for row in story[last:])
    desk = ""
    for row in story:
        if row.act in ("case.climb", "case.escalate"):
            assert not desk or areas.tree().ancestors(desk)[-2].path == row.facts["desk"]
            desk = row.facts["desk"]
        if row.act in ("case.mend", "case.reopen"):
            desk = ""


def rows_of(session: Session, case_id: int) -> list[AuditRow]:
    query = select(AuditRow).where(AuditRow.thing == f"cases:{case_id}").order_by(col(AuditRow.seq))
    return list(session.exec(query).all())


# The counters, counted again from the chain


class Recount:
    """Reads the chain from its first row and counts what the acts should have counted."""

    def __init__(self) -> None:
        self.found: Counter[tuple[Any, ...]] = Counter()
        self.about: dict[str, dict[str, Any]] = {}

    def read(self, row: AuditRow) -> None:
        kept = self.about.setdefault(row.thing, {"clock": Clock(), "responded": False, "began": None})
        name, plan = row.act.removeprefix("case."), setup()
        if name in ("post", "record", "submit", "mend"):
            kept |= row.facts
        self._respond(row, name, kept)
        if name == "recategorise":
            kept["category"] = row.facts["to"]
        if name in ("post", "record", "submit"):
            kept["began"] = row.at
        if name == "recategorise" and not kept["responded"]:
            kept["by"] = respond_by(kept["began"], plan.target_of(kept["category"]), plan)
        elif name in ("post", "record", "submit"):
            kept["by"] = respond_by(row.at, plan.target_of(kept["category"]), plan)
        kept.setdefault("steps", [])
        if row.to_state != row.from_state:
            kept["steps"].append((row.act, row.to_state, row.at))
        self._count(row, name, kept)

    def _respond(self, row: AuditRow, name: str, kept: dict[str, Any]) -> None:
        if name in ("accept", "return", "decline", "merge") and not kept["responded"]:
            self._add(row, kept, "responded_in_time" if row.at <= kept["by"] else "responded_late")
            kept["responded"] = True

    def _count(self, row: AuditRow, name: str, kept: dict[str, Any]) -> None:
        plain = {
            "post": "posted", "record": "posted", "submit": "posted", "accept": "accepted", "decline": "declined",
            "refer": "referred", "merge": "merged", "withdraw": "withdrawn", "support": "supported",
            "dispatch": "dispatched", "assign": "dispatched", "grab": "grabbed", "climb": "climbed",
            "escalate": "climbed", "expire_hold": "hold_expired", "reopen": "reopened",
        }  # fmt: skip
        if name in plain:
            self._add(row, kept, plain[name])
        if name == "unsupport":
            self._add(row, kept, "supported", n=-1)
        if name == "finish":
            self._finish(row, kept)
        if name in ("rate", "close_unanswered"):
            self._add(row, kept, f"said_{row.facts['outcome']}")
        if name == "rate":
            self._add(row, kept, "stars", bucket=row.facts["stars"])

    def _finish(self, row: AuditRow, kept: dict[str, Any]) -> None:
        target = setup().target_of(kept["category"])
        used = replay(kept["steps"], target, setup()).used
        in_time = used <= timedelta(hours=target.finish_hours)
        said = f"claimed_{row.facts['claimed']}"
        for measure in ("done", said, "asked", "done_in_time" if in_time else "done_late"):
            self._add(row, kept, measure)
        hours = (row.at - kept["began"]).total_seconds() / 3600
        self._add(row, kept, "hours_to_done", bucket=bucket_of(hours))

    def _add(self, row: AuditRow, kept: dict[str, Any], measure: str, *, n: int = 1, bucket: int = 0) -> None:
        for place in areas.tree().ancestors(kept["area"]):
            self.found[clock.day_of(row.at), place.id, "wish", kept["category"], measure, bucket] += n


def check_counters() -> None:
    recount = Recount()
    with reading() as session:
        for row in session.exec(select(AuditRow).order_by(col(AuditRow.seq))):
            if row.thing.startswith("cases:"):
                recount.read(row)
        stored = {
            (t.day_on, t.area_id, t.kind, t.category, t.measure, t.bucket): t.n for t in session.exec(select(Tally))
        }
    assert {k: n for k, n in stored.items() if n} == {k: n for k, n in recount.found.items() if n}


# The clock alone, many more histories


STATES = [state for state in State if state != State.DRAFT]
SPANS = st.integers(0, 40 * 24 * 3600 * 1_000_000)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    spans=st.lists(st.tuples(st.sampled_from(STATES), SPANS, st.booleans()), min_size=1, max_size=12),
    category=st.sampled_from(CLASSES),
)
def test_the_clock_never_runs_backwards(standing_town: Any, spans: list[tuple[str, int, bool]], category: str) -> None:
    plan = setup()
    target, at, state = plan.target_of(category), MONDAY, Clock()
    for to_state, microseconds, restart in spans:
        at += timedelta(microseconds=microseconds)
        after = advance(state, to_state, at, target, plan, restart=restart)
        if not restart:
            assert after.used >= state.used
            spent = after.used - state.used
            assert spent <= at - (state.running_at or at), "no more than passed"
        state = after
        due = due_at(state, target, plan)
        assert (due is None) == (state.running_at is None)
        if due is not None and state.running_at is not None:
            left = timedelta(hours=target.finish_hours) - state.used
            calendar = plan.calendar_of(target)
            assert due >= state.running_at
            if left > timedelta():
                assert clock.elapsed(calendar, state.running_at, due) == left
            half = due_at(state, target, plan, 0.5)
            assert half is not None and half <= due
