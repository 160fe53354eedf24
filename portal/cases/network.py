"""Large matters: several units work on one case, each on a part of its own, under the lead of the desk that has it.

A unit is an area; its staff and grid workers do its part. The case keeps its desk and its holder: they lead, and
cannot answer it before every part is done or taken back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from db.models.cases import Case
from db.models.oversight import SubOrder
from portal import areas, clock, limits, notices
from portal.accounts import people
from portal.acts import SYSTEM, Who, declare, demand, perform
from portal.cases import acts
from portal.cases.reading import called, hold, one, reads_inside
from portal.errors import NotFound, Refused
from portal.inputs import clean

LARGE, SMALL = "large", "small"
WAITING, TAKEN, DONE_STATE, DROPPED = "waiting", "taken", "done", "dropped"
OPEN = (WAITING, TAKEN)
"""States of a part that is still to be done."""
UNIT_ROLES = ("staff", "grid_worker")

ASK = declare("suborder.ask", "recorder", to=WAITING, public=False)
TAKE = declare("suborder.take", "staff grid_worker", [WAITING], to=TAKEN, public=False)
GIVE_BACK = declare("suborder.give_back", "holder staff system", [TAKEN], to=WAITING, public=False)
DONE = declare("suborder.done", "holder", [TAKEN], to=DONE_STATE, public=False)
DROP = declare("suborder.drop", "system", [WAITING, TAKEN], to=DROPPED, public=False)
"""The case's own acts stand in `portal.cases.acts` and are what its timeline tells; these move the part's row."""


@dataclass(frozen=True)
class Part:
    """What one unit was asked to do. `words` and `holder` only for those who handle the case."""

    id: int
    case_id: int
    area_path: str
    state: str
    words: str
    reply: str
    due_at: datetime | None
    holder_id: int | None
    holder: str
    recorded_by: int | None
    created_at: datetime


def invite(session: Session, who: Who, case_id: int, area_id: int, words: str, due_at: datetime | None = None) -> int:
    """Ask a unit to do a part of the case; gives the part's id. Its people are told, and may read the case.

    `due_at` is the case's own where it is None. Raises Refused `unit_is_lead`, `unit_asked`, `unit_empty`,
    `too_many_units`, `due_past`, TooLate where the case moved on meanwhile.
    """
    case, asked = one(session, who, case_id), clean("words", words, limits.COMMENT_CHARS, lines=True)
    demand(who, acts.INVITE, case)
    unit = areas.tree().by_id(area_id)
    told = _people(session, unit.path)
    _fits(session, case, unit.path, told, due_at)
    paths = list(dict.fromkeys([*case.unit_paths, unit.path]))
    perform(session, who, acts.INVITE, case, facts={"unit": unit.path}, scope=LARGE, unit_paths=paths)
    now = clock.now()
    part = SubOrder(
        case_id=case_id, area_id=unit.id, area_path=unit.path, words=asked, due_at=due_at or case.due_at,
        recorded_by=who.person_id, created_at=now, updated_at=now,
    )  # fmt: skip
    perform(session, who, ASK, part)
    for person_id in told:
        notices.tell(session, person_id, "unit_asked", case_id=case_id, title=called(case), area_path=unit.path)
    return part.id or 0


def invite_each(
    session: Session, who: Who, case_id: int, area_ids: Sequence[int], words: str, due_at: datetime | None = None
) -> list[int]:
    """As `invite`, for several units at once: all or none. Raises Refused `missing` where there is none."""
    if not area_ids:
        raise Refused("missing", field="unit")
    return [invite(session, who, case_id, area_id, words, due_at) for area_id in dict.fromkeys(area_ids)]


def take(session: Session, who: Who, part_id: int) -> None:
    """Take on the part of one's unit. Exactly one wins; raises TooLate for all others."""
    part, case = _part(session, who, part_id)
    demand(who, TAKE, part)
    perform(session, who, TAKE, part, holder_id=who.person_id)
    perform(session, who, acts.UNIT_TAKE, case, facts={"unit": part.area_path}, commutes=True)
    _tell_lead(session, case, part, "unit_took")


def give_back(session: Session, who: Who, part_id: int, says: str) -> None:
    """Let a colleague of the unit do it instead, with the reason."""
    part, case = _part(session, who, part_id)
    demand(who, GIVE_BACK, part)
    perform(session, who, GIVE_BACK, part, holder_id=None)
    perform(session, who, acts.UNIT_GIVE_BACK, case, says=says, facts={"unit": part.area_path}, commutes=True)


def done(session: Session, who: Who, part_id: int, says: str) -> None:
    """The part is done. The words stand on the case's timeline, for all who may read the case."""
    part, case = _part(session, who, part_id)
    reply = clean("says", says, limits.BODY_CHARS, lines=True)
    perform(session, who, DONE, part, reply=reply)
    perform(session, who, acts.UNIT_DONE, case, says=reply, facts={"unit": part.area_path}, commutes=True)
    _tell_lead(session, case, part, "unit_done")


def drop(session: Session, who: Who, part_id: int, says: str) -> None:
    """The lead takes a part back that is not done, with the reason. Raises TooLate where it was done meanwhile."""
    part, case = _part(session, who, part_id)
    demand(who, acts.UNINVITE, case)
    kept = [other.area_path for other in _rows(session, case) if other.id != part.id and other.state != DROPPED]
    _drop(session, part, case)
    paths = [path for path in case.unit_paths if path in kept]
    perform(session, who, acts.UNINVITE, case, says=says, facts={"unit": part.area_path}, unit_paths=paths)


def call_off(session: Session, case: Case) -> None:
    """The case ended without an answer: what its units have not done is taken back, and they are told."""
    for part in _rows(session, case):
        if part.state in OPEN:
            _drop(session, part, case)


def demand_done(session: Session, case: Case) -> None:
    """Raises Refused `suborders_open` while a unit's part is still to be done."""
    n = sum(part.state in OPEN for part in _rows(session, case)) if case.scope == LARGE else 0
    if n:
        raise Refused("suborders_open", n=n)


def parts(session: Session, who: Who, case: Case) -> list[Part]:
    """What the units of a case that `who` may read were asked to do, in the order in which they were asked."""
    if case.scope != LARGE:
        return []
    rows, inside = _rows(session, case), reads_inside(who, case)
    names = people.name_of(session, {row.holder_id for row in rows if row.holder_id}) if inside else {}
    return [
        Part(
            row.id or 0, row.case_id, row.area_path, row.state, row.words if inside else "", row.reply, row.due_at,
            row.holder_id, names.get(row.holder_id or 0, ""), row.recorded_by, row.created_at,
        )
        for row in rows
    ]  # fmt: skip


def free(session: Session, left: Who) -> None:
    """Give back the parts that the person of `left` took and none of whose remaining duties covers."""
    held = select(SubOrder).where(SubOrder.state == TAKEN, SubOrder.holder_id == left.person_id)
    for part in session.exec(held.order_by(col(SubOrder.id)).with_for_update(key_share=True)).all():
        if not any(left.holds(role, part.area_path) for role in UNIT_ROLES):
            perform(session, SYSTEM, GIVE_BACK, part, holder_id=None)


def _part(session: Session, who: Who, part_id: int) -> tuple[SubOrder, Case]:
    """The part and its case, which is held first, as by who ends it. Raises NotFound where `who` may not read it."""
    part = session.get(SubOrder, part_id) if 0 < part_id < 2**31 else None
    if part is None:
        raise NotFound("case_not_found")
    case = one(session, who, part.case_id)
    hold(session, part.case_id)
    return part, case


def _rows(session: Session, case: Case) -> Sequence[SubOrder]:
    return session.exec(select(SubOrder).where(SubOrder.case_id == case.id).order_by(col(SubOrder.id))).all()


def _people(session: Session, path: str) -> list[int]:
    """Those who do a unit's part: who holds a duty in that very area, else in the closest above it."""
    found = [person for role in UNIT_ROLES for person in people.workers(session, path, role)]
    closest = max((len(at) for _, _, at in found), default=0)
    return sorted({person_id for person_id, _, at in found if len(at) == closest})


def _fits(session: Session, case: Case, unit: str, told: Sequence[int], due_at: datetime | None) -> None:
    if unit == case.desk_path:
        raise Refused("unit_is_lead")
    if not told:
        raise Refused("unit_empty", unit=areas.tree().label(unit))
    if due_at is not None and due_at <= clock.now():
        raise Refused("due_past")
    running = select(func.count()).where(SubOrder.case_id == case.id, col(SubOrder.state).in_(OPEN))
    if session.exec(running.where(SubOrder.area_path == unit)).one():
        raise Refused("unit_asked", unit=areas.tree().label(unit))
    if session.exec(running).one() >= limits.UNITS_PER_CASE:
        raise Refused("too_many_units", limit=limits.UNITS_PER_CASE)


def _drop(session: Session, part: SubOrder, case: Case) -> None:
    holder_id = part.holder_id
    perform(session, SYSTEM, DROP, part)
    if holder_id:
        notices.tell(session, holder_id, "unit_dropped", case_id=case.id, title=called(case))


def _tell_lead(session: Session, case: Case, part: SubOrder, message: str) -> None:
    """Tell who asked for the part and who holds the case."""
    for person_id in sorted(filter(None, {part.recorded_by, case.holder_id})):
        notices.tell(session, person_id, message, case_id=case.id, title=called(case), area_path=part.area_path)
