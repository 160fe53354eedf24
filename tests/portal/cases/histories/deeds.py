"""What people do to a case, by kind and act. Each goes through the portal's own functions and may be refused."""

from contextlib import suppress
from typing import Any

from sqlmodel import col, select

from db.engine import reading
from db.models.accounts import Duty
from db.models.cases import Case, KindName
from db.models.oversight import Appeal, Callback, SubOrder
from portal import areas
from portal.accounts import people as accounts
from portal.acts import ACTS, Who
from portal.cases import (
    answering,
    appeals,
    calling,
    dispatch,
    echo,
    erasing,
    errands,
    helping,
    levels,
    network,
    post,
    screening,
    staffing,
    work,
)
from portal.cases.contents import Voice
from portal.cases.kinds import KINDS
from portal.cases.work import SAID
from portal.errors import Refused
from tests.fixtures.errands import at
from tests.fixtures.town import CELL, NEXT_CELL, OTHER_COMMUNITY
from tests.portal.cases.histories.disputing import DISPUTE
from tests.portal.cases.histories.play import UNWATCHED, Deed, Play, by, knows
from tests.portal.cases.steps import do, opinion, wish

CATEGORIES: dict[str, tuple[str, ...]] = {
    "wish": ("danger", "lighting", "roads", "property"),
    "opinion": ("danger", "lighting", "roads", "property"),
    "help": ("help_light", "help_water"),
    "errand": ("errand_documents",),
    "dispute": ("dispute_noise", "dispute_money"),
}


def _typed(case: Case, pick: int) -> Voice:
    place = areas.tree().by_path(CELL if pick % 2 else UNWATCHED).id
    changes: dict[str, Any] = {"category": _category(case, pick), "area_id": place}
    return opinion(private=pick % 3 == 0, **changes) if case.kind == KindName.OPINION else wish(**changes)


def _category(case: Case, pick: int) -> str:
    return CATEGORIES[case.kind][pick % len(CATEGORIES[case.kind])]


def _submit(play: Play, case: Case, pick: int) -> object:
    return do(post.submit, play.poster(case), case.id, _typed(case, pick))


def _edit(play: Play, case: Case, pick: int) -> object:
    return do(post.draft, play.poster(case), _typed(case, pick), case.id)


def _rate(play: Play, case: Case, pick: int) -> object:
    return do(echo.rate, play.poster(case), case.id, SAID[pick % 3], 1 + pick % 5)


def _merge(play: Play, case: Case, pick: int) -> object:
    with reading() as session:
        others = session.exec(select(Case.id).where(Case.kind == case.kind).order_by(col(Case.id))).all()
    return do(screening.merge, play.people.staff, case.id, others[pick % len(others)])


def _appeal(play: Play, case: Case, pick: int) -> object:
    """Appeal against what was decided, or let somebody else decide once more."""
    found = _waiting(case)
    if found is None:
        return do(appeals.appeal, play.poster(case), case.id, "请再看看")
    judge = play.people.street_staff if pick % 4 else play.head(case)  # who decided it may not
    return do(appeals.uphold if pick % 2 else appeals.overturn, judge, found, "看过了")


def _overturn(play: Play, case: Case, pick: int) -> object:
    with suppress(Refused):
        do(appeals.appeal, play.poster(case), case.id, "请再看看")
    return do(appeals.overturn, play.people.street_staff, _waiting(case) or 0, "应当办理")


def _waiting(case: Case) -> int | None:
    with reading() as session:
        return session.exec(select(Appeal.id).where(Appeal.case_id == case.id, Appeal.state == "waiting")).first()


def _call_back(play: Play, case: Case, pick: int) -> object:
    with reading() as session:
        found = session.exec(select(Callback.id).where(Callback.case_id == case.id)).first() or 0
    who = play.people.street_staff
    return (
        do(calling.missed, who, found) if pick % 4 == 0 else do(calling.reached, who, found, SAID[pick % 3], pick % 6)
    )


def _dispatch(play: Play, case: Case, pick: int) -> object:
    p = play.people
    takers = (p.mediator, p.other_mediator) if case.kind == KindName.DISPUTE else (p.grid_worker, p.next_worker)
    return do(dispatch.dispatch, play.head(case), case.id, takers[pick % 4 == 0].person_id)


def _lose_duty(play: Play, case: Case, pick: int) -> object:
    """The holder loses the duties under which they hold it, and gets them back the next moment."""
    holder = play.everybody[case.holder_id]
    with reading() as session:
        live = select(Duty).where(Duty.person_id == holder.person_id, col(Duty.until_at).is_(None))
        duties = session.exec(live).all()
    for duty in duties:
        do(staffing.revoke, play.people.admin, duty.id)
        do(accounts.grant, play.people.admin, duty.person_id, duty.role, duty.area_id)
    return duties


def _answer(play: Play, case: Case, pick: int) -> object:
    """By the desk or the cell's worker; every second opinion together with those like it."""
    who = play.people.grid_worker if pick % 3 == 0 else play.people.staff
    if case.kind == KindName.OPINION and pick % 2:
        with reading() as session:
            also = session.exec(select(Case.id).where(Case.kind == case.kind, Case.id != case.id)).all()
        return do(answering.answer, who, case.id, "已经安排，谢谢。", SAID[pick % 3], also)
    return do(answering.answer, who, case.id, "已经安排，谢谢。", SAID[pick % 3])


def _grab(play: Play, case: Case, pick: int) -> object:
    return do(dispatch.grab, play.volunteers[pick % 3], case.id)


# Several units on one case


UNITS = {NEXT_CELL: "next_worker", OTHER_COMMUNITY: "far_staff"}


def _invite(play: Play, case: Case, pick: int) -> object:
    path = list(UNITS)[pick % 2]
    who = play.holder(case) if pick % 3 else play.people.staff
    return do(network.invite, who, case.id, areas.tree().by_path(path).id, "请查看管线")


def _part(case: Case, state: str, pick: int) -> SubOrder:
    with reading() as session:
        mine = select(SubOrder).where(SubOrder.case_id == case.id, SubOrder.state == state)
        parts = session.exec(mine.order_by(col(SubOrder.id))).all()
    if not parts:
        raise Refused("not_found")
    return parts[pick % len(parts)]


def _unit(play: Play, part: SubOrder) -> Who:
    return getattr(play.people, UNITS[part.area_path])


def _uninvite(play: Play, case: Case, pick: int) -> object:
    return do(network.drop, play.people.staff, _part(case, "taken" if pick % 2 else "waiting", pick).id, "不用了")


def _unit_take(play: Play, case: Case, pick: int) -> object:
    part = _part(case, "waiting", pick)
    return do(network.take, _unit(play, part), part.id)


def _unit_give_back(play: Play, case: Case, pick: int) -> object:
    part = _part(case, "taken", pick)
    return do(network.give_back, _unit(play, part), part.id, "请同事来办")


def _unit_done(play: Play, case: Case, pick: int) -> object:
    part = _part(case, "taken", pick)
    return do(network.done, _unit(play, part), part.id, "管线已查")


COMMON: dict[str, Deed] = {
    "case.submit": _submit,
    "case.mend": _submit,
    "case.edit_draft": _edit,
    "case.discard": by("poster", post.discard),
    "case.withdraw": by("poster", post.withdraw),
    "case.support": lambda p, c, n: do(post.support, p.people.stranger if n % 2 else p.people.volunteer, c.id),
    "case.unsupport": by("stranger", post.unsupport),
    "case.answer_ask": by("poster", work.answer_ask, "在东边"),
    "case.rate": _rate,
    "case.reopen": by("poster", echo.reopen, "没好"),
    "case.appeal": _appeal,
    "case.restore": _overturn,
    "case.drop_contact": by("poster", erasing.drop_contact),
    "case.erase": by("poster", erasing.erase),
    "case.accept": by("head", screening.accept),
    "case.return": by("head", screening.give_back, "哪里？"),
    "case.decline": lambda p, c, n: do(screening.decline, p.head(c), c.id, "不办", discreet=n % 3 == 0),
    "case.refer": by("head", screening.refer, "转供电所"),
    "case.merge": _merge,
    "case.recategorise": lambda p, c, n: do(screening.recategorise, p.head(c), c.id, _category(c, n)),
    "case.hide": by("staff", screening.hide, "隐私"),
    "case.unhide": by("staff", screening.unhide),
    "case.remark": by("head", screening.remark, "留意"),
    "case.reveal": by("head", post.reveal_contact, "回访"),
    "case.call": by("holder", helping.call),
    "case.called_back": _call_back,
    "case.dispatch": _dispatch,
    "case.free": _lose_duty,
    "case.to_hall": by("staff", dispatch.to_hall),
    "case.escalate": by("head", levels.escalate, "难办"),
    "case.hand_down": by("street_staff", levels.hand_down, "你们能办"),
    "case.grab": _grab,
    "case.release": by("holder", dispatch.release),
    "case.send_back": by("holder", dispatch.send_back, "不归我"),
    "case.take_on": by("holder", work.take_on),
    "case.ask": by("holder", work.ask, "哪盏？"),
    "case.note": by("holder", work.note, "买灯"),
    "case.finish": lambda p, c, n: do(work.finish, p.holder(c), c.id, "好了", claimed=SAID[n % 3]),
    "case.answer": _answer,
    "case.invite": _invite,
    "case.uninvite": _uninvite,
    "case.unit_take": _unit_take,
    "case.unit_give_back": _unit_give_back,
    "case.unit_done": _unit_done,
}
HELP: dict[str, Deed] = {
    "case.accept": lambda p, c, n: do(dispatch.publish if n % 3 else screening.accept, p.people.staff, c.id),
    "case.to_hall": by("grid_worker", dispatch.to_hall),
    "case.no_show": lambda p, c, n: do(helping.no_show, p.poster(c) if n % 2 else p.people.staff, c.id),
    "case.rate_back": lambda p, c, n: do(helping.rate_back, p.holder(c), c.id, 1 + n % 5, "客气"),
}
ERRAND: dict[str, Deed] = {
    "case.rebook": lambda p, c, n: do(
        errands.rebook, p.poster(c) if n % 3 else p.people.staff, c.id,
        p.desk.street if n % 2 else p.desk.station, at(1 + n % 9, 9 + n % 3),
    ),
    "case.serve": lambda p, c, n: do(errands.serve, p.people.staff if n % 2 else p.people.street_staff, c.id),
    "case.absent": by("staff", errands.absent),
}  # fmt: skip
_OWN = {KindName.HELP: HELP, KindName.ERRAND: ERRAND, KindName.DISPUTE: DISPUTE}
DEEDS: dict[str, dict[str, Deed]] = {
    kind: {name: deed for name, deed in {**COMMON, **_OWN.get(KindName(kind), {})}.items() if knows(kind, ACTS[name])}
    for kind in KINDS
}
_ENDS = "discard withdraw decline refer merge absent not_agreed erase"
_BESIDE = (
    "hide unhide return escalate release send_back recategorise note support unsupport appeal drop_contact remark "
    "reveal call free edit_draft uninvite unit_give_back no_show object recuse call_off add_party hand_down called_back"
)
WEIGHTS = dict.fromkeys((f"case.{name}" for name in _BESIDE.split()), 4) | dict.fromkeys(
    (f"case.{name}" for name in _ENDS.split()), 1
)
"""What ends a case early, or does not bring it on, is rarer than the rest."""
