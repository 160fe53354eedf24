"""One feature of an area file: read, measured, refused with its number and the reason."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, TypeGuard

from shapely import force_2d
from shapely.errors import ShapelyError
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry
from shapely.validation import explain_validity

from db.models.areas import Level
from portal import limits, words
from portal.areas.tree import DEPTH
from portal.errors import Refused
from portal.inputs import clean, one_of

_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")  # lower case, no wildcard of LIKE, no slash: it goes into paths


@dataclass(frozen=True)
class Reason:
    """Why a feature is refused: itself a refusal's message id and facts, put into words when it is shown."""

    id: str
    facts: dict[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return words.say(Refused(self.id, **self.facts))


@dataclass(frozen=True)
class Node:
    """An area as it will be after the import. `number` is its place in the file from 1; None for one not in it."""

    number: int | None
    code: str
    parent: str
    level: str
    name: str
    name_en: str
    population: int
    geometry: dict[str, Any] | None
    outline: BaseGeometry | None

    @property
    def depth(self) -> int:
        return DEPTH[Level(self.level)]


def refuse(number: int | None, code: object, reason: str, **facts: object) -> Refused:
    """The refusal of one feature."""
    return Refused("area_import", feature=number, code=code, reason=Reason(reason, facts))


def read_features(data: object) -> list[Node]:
    """The features of a FeatureCollection, each sound in itself. Raises Refused `area_file` or `area_import`."""
    features = data.get("features") if isinstance(data, dict) else None
    if not isinstance(data, dict) or data.get("type") != "FeatureCollection" or not isinstance(features, list):
        raise Refused("area_file", reason=Reason("area_not_geojson"))
    if not features or len(features) > limits.IMPORT_ROWS:
        raise Refused("area_file", reason=Reason("area_count", {"limit": limits.IMPORT_ROWS, "n": len(features)}))
    return [_node(number, feature) for number, feature in enumerate(features, start=1)]


def _node(number: int, feature: object) -> Node:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(feature, dict) or feature.get("type") != "Feature" or not isinstance(properties, dict):
        raise refuse(number, "", "area_not_feature")
    code = properties.get("code")
    if not _is_code(code):
        raise refuse(number, str(code)[: limits.AREA_CODE_CHARS], "area_code")
    try:
        level = one_of("area_level", properties.get("level"), list(Level))
        name = clean("area_name", properties.get("name"), limits.NAME_CHARS)
        name_en = clean("area_name_en", properties.get("name_en") or "", 2 * limits.NAME_CHARS, required=False)
    except Refused as why:
        raise refuse(number, code, why.message_id, **why.facts) from why
    population = properties.get("population") or 0
    if isinstance(population, bool) or not isinstance(population, int) or not 0 <= population <= limits.AREA_POPULATION:
        raise refuse(number, code, "area_population")
    parent = properties.get("parent") or ""
    if parent and not _is_code(parent):
        raise refuse(number, code, "area_no_parent", parent=str(parent)[: limits.AREA_CODE_CHARS])
    outline = _outline(number, code, feature.get("geometry"))
    return Node(
        number=number,
        code=code,
        parent=parent,
        level=level,
        name=name,
        name_en=name_en,
        population=population,
        geometry=None if outline is None else json.loads(json.dumps(mapping(outline))),
        outline=outline,
    )


def _is_code(typed: object) -> TypeGuard[str]:
    return isinstance(typed, str) and len(typed) <= limits.AREA_CODE_CHARS and bool(_CODE.fullmatch(typed))


def _outline(number: int, code: str, geometry: object) -> BaseGeometry | None:
    if geometry is None:
        return None
    if not isinstance(geometry, dict) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        raise refuse(number, code, "area_not_polygon")
    parts = [geometry.get("coordinates")] if geometry["type"] == "Polygon" else geometry.get("coordinates")
    try:
        if not all(_sound(ring) for ring in _rings(parts)):
            raise refuse(number, code, "area_coordinates")
        if not all(ring[0][:2] == ring[-1][:2] and len(ring) >= 4 for ring in _rings(parts)):
            raise refuse(number, code, "area_ring_open")
        outline = force_2d(shape(geometry))
    except (TypeError, ValueError, IndexError, KeyError, AttributeError, ShapelyError) as why:
        raise refuse(number, code, "area_coordinates") from why
    if outline.is_empty or not outline.is_valid:
        raise refuse(number, code, "area_invalid", detail=explain_validity(outline))
    return outline


def _rings(parts: Any) -> Iterator[Any]:
    return (ring for polygon in parts for ring in polygon)


def _sound(ring: Any) -> bool:
    return bool(ring) and all(
        len(point) in (2, 3)
        and all(isinstance(n, int | float) and not isinstance(n, bool) and isfinite(n) for n in point)
        and abs(point[0]) <= 180
        and abs(point[1]) <= 90
        for point in ring
    )
