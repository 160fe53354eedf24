"""Bringing areas in from a GeoJSON file: all or nothing."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry
from sqlmodel import Session, col, select

from db.models.areas import Area
from portal import acts, clock, limits
from portal.areas.checks import fitted
from portal.areas.features import Node, Reason, read_features, refuse
from portal.areas.moving import follow
from portal.errors import Refused
from portal.snapshots import bump

IMPORT = acts.declare("area.import", "system admin")


@dataclass(frozen=True)
class ImportReport:
    """What an import did, in numbers of areas."""

    added: int
    changed: int
    unchanged: int


def read_geojson(raw: bytes) -> dict[str, object]:
    """The bytes of a file as data for `import_geojson`. Raises Refused `area_file`."""
    if len(raw) > limits.IMPORT_BYTES:
        raise Refused("area_file", reason=Reason("area_too_big", {"limit": limits.IMPORT_BYTES // 1024 // 1024}))
    try:
        data = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as why:
        raise Refused("area_file", reason=Reason("area_not_geojson")) from why
    if not isinstance(data, dict):
        raise Refused("area_file", reason=Reason("area_not_geojson"))
    return data


def import_geojson(session: Session, who: acts.Who, data: dict[str, object]) -> ImportReport:
    """Add and update areas from a FeatureCollection with properties code, name, name_en, level, parent, population.

    A known code is updated, wherever it moves: duties and cases follow. A new one is added. Nothing is removed, and
    nothing is written unless every feature is sound and all fit together with the areas already there.
    Raises Forbidden, and Refused `area_file` or `area_import` (facts: feature number from 1, code, reason).
    """
    bump(session, "areas")  # first: the lock on its row makes two imports wait for each other
    rows = session.exec(select(Area).where(col(Area.valid_to_at).is_(None))).all()
    about = acts.InArea(next((row.path for row in rows if row.parent_id is None), "/"))
    acts.demand(who, IMPORT, about)
    features = read_features(data)
    nodes, places = fitted(_stored(rows), features)
    _check_retired(session, features, places)
    report = _write(session, rows, nodes, places)
    facts = {"added": report.added, "changed": report.changed}
    acts.note(session, who, IMPORT, about, "areas", facts=facts)
    return report


def _stored(rows: Sequence[Area]) -> dict[str, Node]:
    codes = {row.id: row.code for row in rows}
    return {
        row.code: Node(
            number=None,
            code=row.code,
            parent=codes[row.parent_id] if row.parent_id else "",
            level=row.level,
            name=row.name,
            name_en=row.name_en,
            population=row.population,
            geometry=row.geometry,
            outline=shape(row.geometry) if row.geometry else None,
        )
        for row in rows
    }


def _check_retired(session: Session, features: list[Node], places: Mapping[str, str]) -> None:
    retired = set(session.exec(select(Area.path).where(col(Area.valid_to_at).is_not(None))))
    for node in features:
        if places[node.code] in retired:
            raise refuse(node.number, node.code, "area_retired")


def _write(
    session: Session, stored: Sequence[Area], nodes: Mapping[str, Node], places: Mapping[str, str]
) -> ImportReport:
    rows = {row.code: row for row in stored}
    old_paths, old_above = {code: row.path for code, row in rows.items()}, _above(stored)
    counts: Counter[str] = Counter()
    for node in sorted(nodes.values(), key=lambda node: node.depth):  # a parent has its id before its children ask
        parent_id = rows[node.parent].id if node.parent else None
        row = rows.get(node.code)
        if row is None:
            row = rows[node.code] = Area(code=node.code, path="", level="", name="", valid_from_at=clock.now())
            _fill(row, node, places[node.code], parent_id)
            session.add(row)
            session.flush()
            counts["added"] += 1
        elif _fill(row, node, places[node.code], parent_id):
            counts["changed"] += 1
        elif node.number is not None:
            counts["unchanged"] += 1
    session.flush()
    above = _above(rows.values())
    for code, path in old_paths.items():
        row = rows[code]
        if row.path != path and row.id is not None:
            follow(session, row, path, old_above[row.id], above[row.id])
    return ImportReport(counts["added"], counts["changed"], counts["unchanged"])


def _above(rows: Iterable[Area]) -> dict[int, set[int]]:
    parents = {row.id: row.parent_id for row in rows}
    above: dict[int, set[int]] = {}
    for area_id in parents:
        chain, upper = set(), parents[area_id]
        while upper is not None:
            chain.add(upper)
            upper = parents[upper]
        if area_id is not None:
            above[area_id] = chain
    return above


def _fill(row: Area, node: Node, path: str, parent_id: int | None) -> bool:
    values = {
        "path": path,
        "parent_id": parent_id,
        "level": node.level,
        "name": node.name,
        "name_en": node.name_en,
        "population": node.population,
        "geometry": node.geometry,
    }
    differing = {name: value for name, value in values.items() if getattr(row, name) != value}
    if "geometry" in differing:
        row.lon, row.lat = (None, None) if node.outline is None else _inside(node.outline)
    for name, value in differing.items():
        setattr(row, name, value)
    return bool(differing)


def _inside(outline: BaseGeometry) -> tuple[float, float]:
    centre = outline.centroid
    point = centre if outline.contains(centre) else outline.representative_point()
    return round(point.x, 6), round(point.y, 6)
