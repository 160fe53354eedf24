"""A page of a long list of public cases, in an area or in all the town, at a cost that hardly grows with the rows.

A list has its own index: what must be equal, then the order, then the area. All the town is read along it. So is a
large area, passing over what lies elsewhere without leaving the index. A small area has a stretch of its own in the
index by area, which is read and sorted. Only the rows of the page itself are then fetched from the table.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, UnaryExpression, literal_column, or_, tuple_
from sqlalchemy.sql.operators import custom_op
from sqlmodel import Session, col, select

from db.models.areas import Level
from db.models.cases import Case, CaseArea
from db.types import below
from portal import areas
from portal.errors import NotFound, Refused

SMALL_LEVELS = (Level.COMMUNITY, Level.CELL, Level.BUILDING)
SHOWN = col(Case.standing) != literal_column("''")
"""On the wall. With a literal, not a parameter, so that the partial indexes are seen to fit."""


def span(
    session: Session,
    area_path: str,
    equal: Mapping[str, str],
    order: Sequence[str],
    after: Sequence[Any] = (),
    conditions: Sequence[ColumnElement[bool]] = (),
) -> Select[Any]:
    """The query of the ids of public cases, largest first by the columns `order`, beyond the values `after`.

    `equal` gives columns that must have a value. An empty `area_path` is all the town; raises Refused `not_offered`
    for an unknown area.
    """
    place = area_of(area_path) if area_path else areas.tree().root
    if place.parent_id is not None and list(order) == ["id"] and equal.keys() <= {"kind"}:
        return _listed(place.id, equal, after)  # the area's own list is in this order already
    small = place.level in SMALL_LEVELS and place.parent_id is not None
    name = session.get_bind().dialect.name
    by = [_column(column, name, steered=small) for column in order]
    query = select(Case.id).where(SHOWN, *conditions)
    query = query.where(*(_column(c, name, steered=small and c != "kind") == value for c, value in equal.items()))
    if place.parent_id is not None:
        low, high = below(place.path)
        path = _column("area_path", name, steered=not small)
        query = query.where(path >= low, path < high)
    if after:
        query = query.where(tuple_(*by) < tuple_(*after))
    return query.order_by(*(column.desc() for column in by))


def within(column: Any, paths: Sequence[str]) -> ColumnElement[bool]:
    """The condition that the area in `column` lies in one of `paths`, as a range of its index each."""
    return or_(*[(col(column) >= low) & (col(column) < high) for low, high in map(below, paths)])


def within_tiles(session: Session, area_path: str, equal: Mapping[str, str], tiles: Sequence[int]) -> Select[Any]:
    """The query of the ids of public cases in some squares of the map, in no order."""
    name = session.get_bind().dialect.name
    query = select(Case.id).where(SHOWN, col(Case.tile).in_(tiles))
    query = query.where(*(_column(c, name, steered=c != "kind") == value for c, value in equal.items()))
    if area_path:
        low, high = below(area_of(area_path).path)
        path = _column("area_path", name, steered=True)
        query = query.where(path >= low, path < high)
    return query


def page(session: Session, numbers: Select[Any], limit: int) -> list[Case]:
    """The cases of the first `limit` ids that the query `numbers` gives, in its order."""
    ids = session.execute(numbers.limit(limit)).scalars().all()
    rows = {case.id: case for case in session.exec(select(Case).where(col(Case.id).in_(ids)))} if ids else {}
    return [rows[number] for number in ids if number in rows]


def area_of(path: str) -> areas.Place:
    """The area at `path`. Raises Refused `not_offered` where there is none."""
    try:
        return areas.tree().by_path(path)
    except NotFound as unknown:
        raise Refused("not_offered", field="area") from unknown


def steered(session: Session, name: str) -> Any:
    """A column of a case by which SQLite is kept from choosing an index: another one fits the list better."""
    return _column(name, session.get_bind().dialect.name, steered=True)


def _listed(area_id: int, equal: Mapping[str, str], after: Sequence[Any]) -> Select[Any]:
    number = col(CaseArea.case_id)
    query = select(number).join(Case, col(Case.id) == number).where(col(CaseArea.area_id) == area_id, SHOWN)
    query = query.where(*(col(getattr(Case, column)) == value for column, value in equal.items()))
    if after:
        query = query.where(number < after[0])
    return query.order_by(number.desc())


def _column(name: str, dialect: str, *, steered: bool) -> Any:
    """A column of a case; `steered`: SQLite, which counts no rows, is kept from choosing an index by it."""
    column: Any = getattr(Case, name)
    if not steered or dialect != "sqlite":
        return column
    return UnaryExpression(column, operator=custom_op("+"), type_=column.type)
