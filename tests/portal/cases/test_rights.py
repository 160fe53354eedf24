"""Who may do what: every act with every kind of person, through the functions that pages call."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from db.engine import writing
from db.models.cases import Case, State
from db.models.oversight import SubOrder
from portal import areas, clock
from portal.acts import ACTS, SYSTEM, VISITOR, Who
from portal.cases import (
    acts,
    answering,
    appeals,
    dispatch,
    echo,
    erasing,
    levels,
    network,
    post,
    reading,
    screening,
    work,
)
from portal.cases.lifecycle import move
from portal.cases.timeline import timeline
from portal.commands.books import declared  # loads all that declares acts
from portal.errors import Forbidden, NotFound, Refused
from tests.fixtures.town import CELL, CITY, COMMUNITY, OTHER_COMMUNITY, STREET, People
from tests.portal.cases.conftest import Standing
from tests.portal.cases.steps import do, in_hall, staged, wish

PHONE = "13800001234"
HOUR = timedelta(hours=1)
DESK = {"staff", "street_staff"}
POSTER = {"poster", "receipt"}
UNIT = {"far_staff", "street_staff"}
"""Staff of the unit that was invited, and of the street above it."""
SYSTEM_ONLY = {"system"}
ACCOUNTS = {
    "member", "poster", "neighbour", "volunteer", "far_volunteer", "worker", "next_worker", "holder", "staff",
    "street_staff", "far_staff", "admin", "auditor", "mediator",
}  # fmt: skip
KINDS_OF_PEOPLE = sorted({"visitor", "receipt", "system"} | ACCOUNTS)


@dataclass(frozen=True)
class Trial:
    """From which state an act is tried, how, and who may."""

    state: str
    deed: Callable[[Session, Who, int], object]
    may: set[str]


def by_system(act: Any) -> Callable[[Session, Who, int], object]:
    return lambda s, who, case_id: move(s, who, act, s.get_one(Case, case_id))


def inside(session: Session, who: Who, case_id: int) -> None:
    if not reading.reads_inside(who, reading.one(session, who, case_id)):
        raise Forbidden()
    assert any(step.actor_id for step in timeline(session, who, session.get_one(Case, case_id)))


def recorded() -> Any:
    return wish(channel="street", consent="spoken")


def unsupport(session: Session, who: Who, case_id: int) -> None:
    post.add_support(session, case_id, who.person_id)
    session.get_one(Case, case_id).supporters = 1
    session.flush()
    post.unsupport(session, who, case_id)


def far() -> int:
    return areas.tree().by_path(OTHER_COMMUNITY).id


def part_of(session: Session, case_id: int) -> int:
    return session.exec(select(SubOrder.id).where(SubOrder.case_id == case_id)).first() or 0


def by_unit(deed: Callable[..., object]) -> Callable[[Session, Who, int], object]:
    """Done by whoever comes, as if they had taken the part before."""

    def doing(session: Session, who: Who, case_id: int) -> None:
        part = session.get(SubOrder, part_of(session, case_id))
        if part is not None:
            part.state, part.holder_id = network.TAKEN, who.person_id
            session.flush()
        deed(session, who, part.id if part else 0, "办好了")

    return doing


TRIALS: dict[str, Trial] = {
    "case.read": Trial("screening", reading.one, POSTER | DESK | {"worker", "auditor"}),
    "case.read_inside": Trial("in_progress", inside, DESK | {"worker", "holder", "auditor"}),
    "case.draft": Trial("draft", lambda s, w, c: post.draft(s, w, wish()), ACCOUNTS),
    "case.edit_draft": Trial("draft", lambda s, w, c: post.draft(s, w, wish(), c), {"poster"}),
    "case.discard": Trial("draft", post.discard, {"poster"}),
    "case.post": Trial("draft", lambda s, w, c: post.post(s, w, wish()), set(KINDS_OF_PEOPLE)),
    "case.record": Trial("draft", lambda s, w, c: post.record(s, w, recorded()), DESK | {"worker"}),
    "case.submit": Trial("draft", lambda s, w, c: post.submit(s, w, c, wish()), {"poster"}),
    "case.mend": Trial("returned", lambda s, w, c: post.submit(s, w, c, wish()), POSTER),
    "case.withdraw": Trial("in_progress", post.withdraw, POSTER),
    "case.support": Trial("open", post.support, ACCOUNTS - {"poster"}),
    "case.unsupport": Trial("open", unsupport, ACCOUNTS),
    "case.answer_ask": Trial("awaiting_resident", lambda s, w, c: work.answer_ask(s, w, c, "东边"), POSTER),
    "case.rate": Trial("done", lambda s, w, c: echo.rate(s, w, c, "solved", 5), POSTER),
    "case.reopen": Trial("closed", lambda s, w, c: echo.reopen(s, w, c, "没好"), POSTER),
    "case.accept": Trial("screening", screening.accept, DESK),
    "case.return": Trial("screening", lambda s, w, c: screening.give_back(s, w, c, "哪里？"), DESK),
    "case.decline": Trial("open", lambda s, w, c: screening.decline(s, w, c, "不办"), DESK),
    "case.refer": Trial("in_progress", lambda s, w, c: screening.refer(s, w, c, "转供电所"), DESK),
    "case.merge": Trial("open", lambda s, w, c: screening.merge(s, w, c, c + 1), DESK),
    "case.recategorise": Trial("in_progress", lambda s, w, c: screening.recategorise(s, w, c, "noise"), DESK),
    "case.hide": Trial("open", lambda s, w, c: screening.hide(s, w, c, "隐私"), DESK),
    "case.unhide": Trial("hidden", screening.unhide, DESK),
    "case.remark": Trial("in_progress", lambda s, w, c: screening.remark(s, w, c, "备注"), DESK | {"worker", "holder"}),
    "case.reveal": Trial("in_progress", lambda s, w, c: post.reveal_contact(s, w, c, "上门"), DESK | {"holder"}),
    "case.answer": Trial("open", lambda s, w, c: answering.answer(s, w, c, "好了"), DESK | {"worker"}),
    "case.appeal": Trial("declined", lambda s, w, c: appeals.appeal(s, w, c, "不同意"), POSTER),
    "case.restore": Trial("declined", by_system(acts.RESTORE), DESK),
    "case.dispatch": Trial("open", lambda s, w, c: dispatch.dispatch(s, w, c, HOLDERS["worker"]), DESK),
    "case.to_hall": Trial("open", dispatch.to_hall, DESK),
    "case.escalate": Trial("in_progress", lambda s, w, c: levels.escalate(s, w, c, "难办"), DESK | {"holder"}),
    "case.hand_down": Trial("lifted", lambda s, w, c: levels.hand_down(s, w, c, "社区办"), {"street_staff"}),
    "case.invite": Trial("in_progress", lambda s, w, c: network.invite(s, w, c, far(), "清运"), DESK | {"holder"}),
    "case.uninvite": Trial("shared", lambda s, w, c: network.drop(s, w, part_of(s, c), "不用了"), DESK | {"holder"}),
    "case.unit_take": Trial("shared", lambda s, w, c: network.take(s, w, part_of(s, c)), UNIT),
    "case.unit_give_back": Trial("shared", by_unit(network.give_back), UNIT),
    "case.unit_done": Trial("shared", by_unit(network.done), UNIT),
    "case.grab": Trial("in_hall", dispatch.grab, {"volunteer"}),
    "case.release": Trial("claimed", dispatch.release, {"holder"}),
    "case.send_back": Trial("dispatched", lambda s, w, c: dispatch.send_back(s, w, c, "不归我"), {"holder"}),
    "case.take_on": Trial("dispatched", work.take_on, {"holder"}),
    "case.ask": Trial("in_progress", lambda s, w, c: work.ask(s, w, c, "哪盏？"), DESK | {"holder"}),
    "case.note": Trial("in_progress", lambda s, w, c: work.note(s, w, c, "买灯"), DESK | {"holder"}),
    "case.finish": Trial("in_progress", lambda s, w, c: work.finish(s, w, c, "好了"), DESK | {"holder"}),
    "case.drop_contact": Trial("in_progress", erasing.drop_contact, POSTER),
    "case.erase": Trial("closed", erasing.erase, POSTER),
    "case.called_back": Trial("closed", lambda s, w, c: move(s, w, acts.CALLED_BACK, s.get_one(Case, c)), DESK),
    "case.anonymise": Trial("closed", by_system(acts.ANONYMISE), SYSTEM_ONLY),
    "case.expire_hold": Trial("claimed", by_system(acts.EXPIRE_HOLD), SYSTEM_ONLY),
    "case.free": Trial("dispatched", by_system(acts.LET_GO), SYSTEM_ONLY),
    "case.leave_hall": Trial("in_hall", by_system(acts.LEAVE_HALL), SYSTEM_ONLY),
    "case.assign": Trial("open", lambda s, w, c: dispatch.assign(s, w, s.get_one(Case, c)), SYSTEM_ONLY),
    "case.ask_lapsed": Trial("awaiting_resident", by_system(acts.ASK_LAPSED), SYSTEM_ONLY),
    "case.climb": Trial(
        "open", lambda s, w, c: levels.climb(s, w, acts.CLIMB, s.get_one(Case, c), missed=1), SYSTEM_ONLY
    ),
    "case.close_unanswered": Trial("done", by_system(acts.CLOSE_UNANSWERED), SYSTEM_ONLY),
}
HOLDERS: dict[str, int] = {}
Cases = dict[str, int]


@pytest.fixture
def cases(standing_town: Standing) -> Cases:
    """One case in each state (and two more conditions); the id after that of the open one is open too."""
    found: Cases = standing_town.kept.setdefault("cases", {})
    people = standing_town.people
    HOLDERS.update(worker=people.grid_worker.person_id or 0, volunteer=people.volunteer.person_id or 0)
    if found:
        return found
    for number, state in enumerate(State):  # five an hour: each has its own
        with clock.at(clock.now().replace(minute=0) - (20 - number) * HOUR):
            found[str(state)] = staged(people, state, contact=PHONE)
            if state == State.OPEN:
                staged(people, state)
    found["in_hall"] = in_hall(people, contact=PHONE)
    found["hidden"] = staged(people, "in_progress", contact=PHONE)
    do(screening.hide, people.staff, found["hidden"], "隐私")
    found["lifted"] = staged(people, "open")
    do(levels.escalate, people.staff, found["lifted"], "难办")
    found["shared"] = staged(people, "in_progress")
    do(network.invite, people.staff, found["shared"], far(), "清运")
    return found


def person(kind: str, people: People, case_id: int, held_by: int | None) -> Who:
    """Somebody who is nothing but this."""
    plain = replace(people.stranger, home_path="", duties=frozenset())
    duties = {
        "volunteer": ("volunteer", COMMUNITY), "far_volunteer": ("volunteer", OTHER_COMMUNITY),
        "worker": ("grid_worker", CELL), "next_worker": ("grid_worker", f"{COMMUNITY}04/"),
        "staff": ("staff", COMMUNITY), "street_staff": ("staff", STREET), "far_staff": ("staff", OTHER_COMMUNITY),
        "admin": ("admin", CITY), "auditor": ("auditor", CITY), "mediator": ("mediator", CITY),
    }  # fmt: skip
    if kind in duties:
        return replace(plain, duties=frozenset({duties[kind]}))
    return {
        "visitor": replace(VISITOR, client="v"),
        "receipt": replace(VISITOR, client="r", receipts=frozenset({case_id})),
        "system": SYSTEM,
        "member": plain,
        "neighbour": people.neighbour,
        "poster": replace(plain, person_id=people.resident.person_id),
        "holder": replace(plain, person_id=held_by or people.admin.person_id),
    }[kind]


def tried(deed: Callable[..., object], who: Who, case_id: int) -> Refused | None:
    """Do it and undo it; the refusal, or None where it went well."""
    with writing() as session:
        try:
            deed(session, who, case_id)
        except Refused as refusal:
            return refusal
        finally:
            session.rollback()
    return None


def test_every_act_of_a_wish_is_tried() -> None:
    """Those of the other kinds are tried with everybody in `test_kind_rights`."""
    of_wishes = {act.name for act in declared() if act.name.startswith("case.") and act.kinds.get("wish", act.who)}
    assert set(TRIALS) == of_wishes


@pytest.mark.parametrize("kind", KINDS_OF_PEOPLE)
@pytest.mark.parametrize("act", TRIALS)
def test_who_may(standing_town: Standing, cases: Cases, act: str, kind: str) -> None:
    trial = TRIALS[act]
    case_id = cases[trial.state]
    with writing() as session:
        held_by = session.get_one(Case, case_id).holder_id
    refusal = tried(trial.deed, person(kind, standing_town.people, case_id, held_by), case_id)
    if kind in trial.may:
        assert refusal is None, f"{kind} may {act}: {refusal}"
    elif (act, kind) == ("case.support", "poster"):
        assert refusal is not None and refusal.message_id == "own_case"
    else:
        assert isinstance(refusal, Forbidden | NotFound), f"{kind} may not {act}: {refusal}"


@pytest.mark.parametrize("act", [name for name in TRIALS if name.startswith("case.") and ACTS[name].frm])
def test_from_no_other_state(standing_town: Standing, cases: Cases, act: str) -> None:
    """Even for somebody who is everything at once."""
    either = ACTS["case.submit"].frm | ACTS["case.mend"].frm  # one function: the state decides which of them it is
    for state in set(State) - (either if act in ("case.submit", "case.mend") else ACTS[act].frm):
        case_id = cases[state]
        with writing() as session:
            row = session.get_one(Case, case_id)
            people = (row.poster_id, row.holder_id, standing_town.people.stranger.person_id)
        for person_id in people:
            duties = frozenset((role, CITY) for role in ("staff", "volunteer", "grid_worker", "admin"))
            who = Who(person_id=person_id, duties=duties, receipts=frozenset({case_id}), client="x", system=True)
            assert tried(TRIALS[act].deed, who, case_id) is not None, f"{act} from {state}"
