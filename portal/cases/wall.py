"""The wall: public cases as notes, filtered, ordered and paged by key."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import cos, isfinite, radians
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, false, tuple_
from sqlmodel import Session, col, select

from db import search
from db.models.cases import Case, CaseArea, KindName, Standing, State, Support
from portal import areas, clock, limits, photos
from portal.accounts import people
from portal.acts import Who
from portal.cases.kinds import KINDS
from portal.cases.lifecycle import TICKING
from portal.cases.setup import category_name, setup
from portal.cases.spans import SHOWN as SHOWN
from portal.cases.spans import area_of, page, span, within_tiles
from portal.errors import Refused
from portal.inputs import clean, one_of, page_number

T = TypeVar("T")
ORDERS = ("newest", "supported", "nearest")
STANDINGS = (Standing.OPEN, Standing.SOLVED, Standing.NOT_SOLVED, Standing.DECLINED)
ORDERED_BY = {"newest": ["id"], "supported": ["supporters", "id"]}
MATCHES = 500
"""How many of the newest text matches are ordered by support or distance."""
RINGS = 12
"""How many rings of 200 m squares are looked through for the nearest; farther ones come from the newest `FAR`."""
FAR = 2_000


@dataclass(frozen=True)
class Slice(Generic[T]):
    """Some rows of a list, and the key that continues it (None: that was all)."""

    rows: list[T]
    next: str | None


@dataclass(frozen=True)
class Filters:
    """What a person asked the wall for; empty means any."""

    category: str = ""
    standing: str = ""
    area_path: str = ""
    text: str = ""
    order: str = "newest"
    lon: float | None = None
    lat: float | None = None
    kind: str = "wish"


@dataclass(frozen=True)
class Note:
    """A case as a list shows it."""

    id: int
    kind: str
    title: str
    body: str
    category: str
    colour: str
    icon: str
    state: str
    standing: str
    outcome: str
    area_path: str
    desk_path: str
    place: str
    lon: float | None
    lat: float | None
    supporters: int
    mine_too: bool
    photos: tuple[photos.PhotoView, ...]
    created_at: datetime
    due_at: datetime | None
    overdue: bool
    answered_at: datetime | None
    answer: str
    stars: int
    urgency: int
    name: str
    """Who posted it, where they chose to show their name; else empty."""
    holder_id: int | None = None
    """Only in lists for those who handle cases."""
    half_at: datetime | None = None
    """Until when volunteers may take it from the hall."""
    hold_until_at: datetime | None = None
    """Only in lists for those who handle cases: until when a volunteer holds it."""
    scope: str = ""
    """`small`: answered in the cell where it began; `large`: several units work on it."""
    desk_since_at: datetime | None = None
    """Since when it stands at its desk, where that is not the first."""
    why: str = ""
    """Of a help order in the hall: why it is offered to this very volunteer."""


def wall(
    session: Session, who: Who, filters: Filters, after: str | None = None, limit: int = limits.PAGE_ROWS
) -> Slice[Note]:
    """Public cases. `after` is the `next` of the slice before; the nearest come as one slice without a next.

    The cost does not grow with the number of cases: each order has its index, a text search its pairs.
    """
    one_of("order", filters.order, ORDERS)
    if filters.order == "nearest":
        return Slice(notes(session, who, _nearest(session, filters, limit)), None)
    typed = clean("search", filters.text, limits.SEARCH_CHARS, required=False)
    if typed:
        numbers = _matching(session, filters, typed, after)
    else:
        order = ORDERED_BY[filters.order]
        numbers = span(session, filters.area_path, _equal(filters), order, _values(filters.order, after))
    found = page(session, numbers, limit + 1)
    rows = notes(session, who, found[:limit])
    return Slice(rows, _key(filters.order, found[limit - 1]) if len(found) > limit else None)


def notes(session: Session, who: Who, cases: Sequence[Case], *, inside: bool = False) -> list[Note]:
    """Cases as notes: with photos, names and this person's own support, in three queries whatever their number."""
    ids = [c.id for c in cases if c.id is not None]
    pictures = photos.of_case(session, ids) if ids else {}
    names = people.name_of(session, {c.poster_id for c in cases if c.name_shown and c.poster_id})
    supported: set[int] = set()
    if who.person_id is not None and ids:
        mine = select(Support.case_id).where(Support.person_id == who.person_id, col(Support.case_id).in_(ids))
        supported = set(session.exec(mine).all())
    now, plan = clock.now(), setup()
    return [_note(c, plan.categories, pictures, names, supported, now, inside) for c in cases]


def is_overdue(case: Case, now: datetime) -> bool:
    return case.state in TICKING and case.due_at is not None and case.due_at < now


def _equal(filters: Filters) -> dict[str, str]:
    """The columns that must have a value, as offered. Raises Refused `not_offered`."""
    wanted = {"kind": one_of("kind", filters.kind, KINDS)}
    if filters.category:
        wanted["category"] = one_of("category", filters.category, setup().categories)
    if filters.standing:
        wanted["standing"] = one_of("standing", filters.standing, STANDINGS)
    return wanted


def _matching(session: Session, filters: Filters, typed: str, after: str | None = None) -> Select[Any]:
    """The query of the ids that a text search finds, in order; by support or distance among the newest `MATCHES`."""
    number: Any = col(Case.id)
    found = search.match(session, typed)
    query = select(number).where(SHOWN, *(col(getattr(Case, name)) == value for name, value in _equal(filters).items()))
    if filters.area_path:
        above = select(CaseArea.case_id).where(CaseArea.area_id == area_of(filters.area_path).id)
        query = query.where(number.in_(above))
    if found is None:  # nothing but signs: no text holds that
        return query.where(false())
    index, number_found, condition = found
    if filters.order != "newest":
        newest = select(number_found).select_from(index).where(condition).order_by(number_found.desc())
        query = query.where(number.in_(newest.limit(MATCHES)))
    else:
        query = query.join(index, number_found == number).where(condition)
        number = number_found if session.get_bind().dialect.name == "sqlite" else number
    if filters.order == "nearest":
        return query.where(col(Case.tile).is_not(None)).order_by(_away(*_here(filters)), number.desc())
    by = [col(Case.supporters), number] if filters.order == "supported" else [number]
    if after:
        query = query.where(tuple_(*by) < tuple_(*_values(filters.order, after)))
    return query.order_by(*(column.desc() for column in by))


def _values(order: str, key: str | None) -> list[int]:
    """The values of the order's columns in the last row of the page before."""
    if not key:
        return []
    if order != "supported":
        return [page_number(key)]
    first, colon, second = key.partition(":")
    return [page_number(first), page_number(second if colon else "-")]


def _key(order: str, case: Case) -> str:
    return f"{case.supporters}:{case.id}" if order == "supported" else str(case.id)


def _nearest(session: Session, filters: Filters, limit: int) -> list[Case]:
    """The nearest to a point: ring by ring of squares, until there are enough and no nearer one can come."""
    lon, lat = _here(filters)
    typed = clean("search", filters.text, limits.SEARCH_CHARS, required=False)
    if typed:
        return page(session, _matching(session, filters, typed), limit)
    found: list[Case] = []

    def metres(case: Case) -> float:
        return areas.metres((lon, lat), (case.lon or 0.0, case.lat or 0.0))

    for ring in range(RINGS):
        within = within_tiles(session, filters.area_path, _equal(filters), areas.tiles_near(lon, lat, ring))
        near = page(session, within.order_by(_away(lon, lat), col(Case.id).desc()), limit)
        found = sorted([*found, *near], key=metres)[:limit]
        if len(found) == limit and metres(found[-1]) <= ring * areas.tile_metres(lat):
            return found
    newest = span(session, filters.area_path, _equal(filters), ["id"], conditions=[col(Case.tile).is_not(None)])
    far = select(col(Case.id)).where(col(Case.id).in_(newest.limit(FAR))).order_by(_away(lon, lat))
    all_of_them = {case.id: case for case in [*found, *page(session, far, limit)]}
    return sorted(all_of_them.values(), key=metres)[:limit]


def _here(filters: Filters) -> tuple[float, float]:
    lon, lat = filters.lon, filters.lat
    if lon is None or lat is None:
        raise Refused("missing", field="place")
    if not (isfinite(lon) and isfinite(lat) and abs(lat) <= 90):
        raise Refused("not_offered", field="place")
    return lon, lat


def _away(lon: float, lat: float) -> ColumnElement[Any]:
    """The square of the distance in degrees of latitude, as on flat ground: enough to order by."""
    east, north = (col(Case.lon) - lon) * cos(radians(lat)), col(Case.lat) - lat
    return east * east + north * north


def _note(
    case: Case,
    categories: Any,
    pictures: dict[int, list[photos.PhotoView]],
    names: dict[int, str],
    supported: set[int],
    now: datetime,
    inside: bool,
) -> Note:
    about = categories[case.category]
    return Note(
        id=case.id or 0,
        kind=case.kind,
        title=category_name(case.category) if case.kind == KindName.HELP else case.title,
        body=case.body,
        category=case.category,
        colour=about.colour,
        icon=about.icon,
        state=case.state,
        standing=case.standing,
        outcome=case.outcome,
        area_path=case.area_path,
        desk_path=case.desk_path,
        place=case.place,
        lon=case.lon,
        lat=case.lat,
        supporters=case.supporters,
        mine_too=case.id in supported,
        photos=tuple(pictures.get(case.id or 0, ())),
        created_at=case.created_at,
        due_at=case.slot_at if case.kind == KindName.ERRAND and case.state == State.OPEN else case.due_at,
        overdue=is_overdue(case, now),
        answered_at=case.answered_at,
        answer=case.answer,
        stars=case.stars,
        urgency=case.urgency,
        name=names.get(case.poster_id or 0, "") if case.name_shown else "",
        holder_id=case.holder_id if inside else None,
        half_at=case.half_at,
        hold_until_at=case.hold_until_at if inside else None,
        scope=case.scope,
        desk_since_at=case.desk_since_at,
    )
