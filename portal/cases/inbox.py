"""The inbox of each level: what is mine, what is late, what is new, and what stands where on its way.

A case stands in the inbox of its desk. A cell has no desk of its own: its inbox holds the cases of the cell, whose
desk is the community's. Each list and count goes along the key of its desk and state, or of its state and area.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, true, union
from sqlmodel import Session, col, func, select

from db.models.areas import Level
from db.models.cases import Case, State
from db.models.oversight import SubOrder
from portal import areas, clock, limits
from portal.acts import Who
from portal.cases import acts, network
from portal.cases.kinds import AT_DESK
from portal.cases.lifecycle import TICKING
from portal.cases.spans import within
from portal.cases.wall import Note, Slice, notes
from portal.errors import Forbidden, NotFound
from portal.inputs import one_of, page_number

ROLES = ("staff", "grid_worker")
FIGURES = ("mine", "late", "new")
STEPS = ("screening", "to_send", "in_hall", "running", "returned", "done")
TABS = (*FIGURES, *STEPS, "asked")
COUNT_UP_TO = 1_000
"""A tab's count stops here ("999+"), so that it costs the same on a bad day."""
_IN_HAND = (State.DISPATCHED, *acts.HELD)
_DESKS = {
    Level.COMMUNITY: ("own", "above"),
    Level.STREET: ("own", "below", "above"),
    Level.CITY: ("own", "below"),
}

Where = ColumnElement[bool]


@dataclass(frozen=True)
class Inbox:
    """Where a person works: the areas of one level in which they hold a duty."""

    level: str
    paths: tuple[str, ...]
    roles: frozenset[str]
    desks: tuple[str, ...]
    """Whose cases can be asked for: `own`, `below`, `above`; none for a level that has no desk."""


@dataclass(frozen=True)
class Wanted:
    """What a clerk narrows the inbox to; empty means any. `level` empty: the usual one of this person."""

    level: str = ""
    desk: str = ""
    """`own` (as empty), `below`: at the desks below, or `above`: lifted from here to a desk above."""
    kind: str = ""
    category: str = ""
    area_path: str = ""


def inboxes(who: Who) -> list[Inbox]:
    """The inboxes of a person, the usual one first: staff of the lowest desk, before the cells they walk in."""
    held: dict[str, set[tuple[str, str]]] = {}
    for role, path in who.duties:
        level = _level(path) if role in ROLES else ""
        if level:
            held.setdefault(level, set()).add((role, path))
    order = [Level.COMMUNITY, Level.STREET, Level.CITY, Level.CELL, Level.BUILDING]
    return [_inbox(level, held[level]) for level in map(str, order) if level in held]


def queue(
    session: Session,
    who: Who,
    tab: str,
    after: str | None = None,
    wanted: Wanted | None = None,
    limit: int = limits.PAGE_ROWS,
) -> Slice[Note]:
    """The cases of a tab in one of the inboxes of `who`, oldest first. Raises Forbidden `desk_only` without one."""
    one_of("tab", tab, TABS)
    at, asked = _opened(session, who, wanted)
    ids = _ids(_parts(who, tab, at, asked), page_number(after) if after else 0, limit + 1)
    found = session.exec(select(Case).where(col(Case.id).in_(ids)).order_by(col(Case.id)).limit(limit + 1)).all()
    rows = notes(session, who, found[:limit], inside=True)
    return Slice(rows, str(rows[-1].id) if len(found) > limit else None)


def counts(session: Session, who: Who, wanted: Wanted | None = None) -> dict[str, int]:
    """How many stand in each tab; at most `COUNT_UP_TO`."""
    at, asked = _opened(session, who, wanted)

    def count(tab: str) -> int:
        ids = _ids(_parts(who, tab, at, asked, ordered=False), 0, COUNT_UP_TO, ordered=False).subquery()
        return session.execute(select(func.count()).select_from(ids)).scalar_one()

    return {tab: min(count(tab), COUNT_UP_TO) for tab in TABS}


def opened(session: Session, who: Who, level: str = "") -> Inbox:
    """The inbox of that level, or the usual one. Raises Forbidden `desk_only` for who has none."""
    offered = inboxes(who)
    if not offered:
        raise Forbidden("desk_only")
    return next((inbox for inbox in offered if inbox.level == level), offered[0])


def _inbox(level: str, held: set[tuple[str, str]]) -> Inbox:
    paths = tuple(sorted({path for _, path in held}))
    return Inbox(level, paths, frozenset(role for role, _ in held), _DESKS.get(Level(level), ()))


def _level(path: str) -> str:
    try:
        return areas.tree().by_path(path).level
    except NotFound:  # redrawn since
        return ""


def _opened(session: Session, who: Who, wanted: Wanted | None) -> tuple[Inbox, Wanted]:
    asked = wanted or Wanted()
    at = opened(session, who, asked.level)
    if asked.area_path and not any(asked.area_path.startswith(path) for path in at.paths):
        raise Forbidden("desk_only")
    return at, asked


def _parts(who: Who, tab: str, at: Inbox, asked: Wanted, *, ordered: bool = True) -> list[Where]:
    """The conditions of a tab; what fulfils any of them stands in it.

    Where they are to be read `ordered` by id, each state is a part of its own, which an index gives in that order.
    """
    if tab == "asked":
        found = [_with_part(at, who, taken=False)]
    elif tab == "mine":
        found = [_held(who), _with_part(at, who, taken=True), *_waiting(at, ordered)]
    else:
        found = [place & step for place in _places(at, asked.desk) for step in _steps(tab, at, ordered)]
    narrow = _narrow(asked)
    return [part & narrow for part in found]


def _steps(tab: str, at: Inbox, ordered: bool) -> list[Where]:
    since, came = clock.now() - timedelta(hours=limits.NEW_HOURS), col(Case.started_at)
    if tab == "late":
        return _in(sorted(TICKING), ordered, col(Case.due_at) < clock.now())
    if tab == "new" and at.desks:
        here = func.coalesce(col(Case.desk_since_at), came)
        lifted = _in(acts.RUNNING, ordered, col(Case.desk_since_at) >= since)
        return [*_in([State.SCREENING], ordered, here >= since), *lifted]
    return {
        "new": _in([State.SCREENING], ordered, came >= since),
        "screening": _in([State.SCREENING], ordered),
        "to_send": _in([State.OPEN], ordered, ~col(Case.in_hall)),
        "in_hall": _in([State.OPEN], ordered, col(Case.in_hall).is_(true())),
        "running": _in(_IN_HAND, ordered),
        "returned": _in([State.RETURNED], ordered),
        "done": _in([State.DONE], ordered),
    }[tab]


def _in(states: Sequence[str], ordered: bool, *also: Where) -> list[Where]:
    """Being in one of `states`, as a part for each of them or as a single one."""
    state = col(Case.state)
    return [and_(part, *also) for part in ([state == s for s in states] if ordered else [state.in_(states)])]


def _places(at: Inbox, desk: str) -> list[Where]:
    if not at.desks:
        return [within(Case.area_path, at.paths)]
    mine = within(Case.area_path, at.paths)
    if desk == "below":
        return [mine & col(Case.desk_path).not_in(at.paths) & within(Case.desk_path, at.paths)]
    if desk == "above":
        above = {place.path for path in at.paths for place in areas.tree().ancestors(path)[:-1]} - set(at.paths)
        return [(col(Case.desk_path) == path) & mine for path in sorted(above)]
    return [col(Case.desk_path) == path for path in at.paths]


def _held(who: Who) -> Where:
    return (col(Case.holder_id) == who.person_id) & col(Case.state).in_(_IN_HAND)


def _waiting(at: Inbox, ordered: bool) -> list[Where]:
    """What waits for this very inbox to be accepted and sent: of the kinds that its people may accept."""
    kinds = [kind for kind in AT_DESK if at.roles & set(acts.ACCEPT.kinds.get(kind, acts.ACCEPT.who))]
    return [
        place & step & col(Case.kind).in_(kinds)
        for place in _places(at, "")
        for tab in ("screening", "to_send")
        for step in _steps(tab, at, ordered)
    ]


def _with_part(at: Inbox, who: Who, *, taken: bool) -> Where:
    """Large matters of which the units of this inbox do a part: to be done by any of them, or `taken` by `who`."""
    states = [network.TAKEN] if taken else list(network.OPEN)
    part = select(SubOrder.case_id).where(col(SubOrder.state).in_(states), within(SubOrder.area_path, at.paths))
    if taken:
        part = part.where(SubOrder.holder_id == who.person_id)
    return col(Case.id).in_(part) & col(Case.state).in_(acts.RUNNING)


def _narrow(asked: Wanted) -> Where:
    """Of the kinds that stand at a desk, and what else was asked for."""
    kinds = [asked.kind] if asked.kind in AT_DESK else AT_DESK
    where: Where = col(Case.kind).in_(kinds)
    if asked.category:
        where = where & (col(Case.category) == asked.category)
    if asked.area_path:
        where = where & within(Case.area_path, [asked.area_path])
    return where


def _ids(parts: Sequence[Where], after: int, limit: int, *, ordered: bool = True) -> Select[Any] | CompoundSelect[Any]:
    """The query of the first ids above `after` that fulfil any of `parts`, of each part no more than `limit`."""
    each: list[Select[Any]] = []
    for part in parts:
        some = select(col(Case.id)).where(part)
        some = some.where(col(Case.id) > after).order_by(col(Case.id)) if ordered else some
        each.append(select(some.limit(limit).subquery().c.id))
    return each[0] if len(each) == 1 else union(*each)
