"""The live areas as one picture in memory."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite
from typing import Any

from shapely import Point, STRtree, prepare
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry
from sqlmodel import Session, col, select

from db.models.areas import Area, Level
from portal import words
from portal.errors import NotFound
from portal.snapshots import Snapshot

DEPTH = {level: depth for depth, level in enumerate(Level)}
"""How deep a level lies: the city is 0."""


@dataclass(frozen=True)
class Place:
    """A live area. `lon` and `lat` are a point inside it, where its outline is known."""

    id: int
    code: str
    path: str
    level: str
    name: str
    name_en: str
    lon: float | None
    lat: float | None
    population: int
    parent_id: int | None

    @property
    def label(self) -> str:
        """The name in the language in use."""
        return words.pick({"zh-CN": self.name, "en": self.name_en or self.name})

    @property
    def depth(self) -> int:
        return DEPTH[Level(self.level)]


class Tree:
    """An immutable picture of the live areas. Get the present one from `tree()`; do not keep it."""

    def __init__(self, rows: Iterable[tuple[Place, dict[str, Any] | None]]) -> None:
        """Takes each area with its GeoJSON geometry, in any order."""
        pairs = sorted(rows, key=lambda row: row[0].path)
        self._places = [place for place, _ in pairs]
        self._by_id = {place.id: place for place in self._places}
        self._by_path = {place.path: place for place in self._places}
        self._by_code = {place.code: place for place in self._places}
        self._geometry = {place.path: geometry for place, geometry in pairs if geometry}
        self._children: dict[int | None, list[Place]] = {}
        for place in self._places:
            self._children.setdefault(place.parent_id, []).append(place)
        self._drawn = [self._by_path[path] for path in self._geometry]
        self._shapes = [shape(geometry) for geometry in self._geometry.values()]
        self._index = STRtree(self._shapes)
        self._outline = self._root_shape()
        self.version = hashlib.sha256(repr(pairs).encode()).hexdigest()[:16]
        """Differs whenever anything in the tree differs: a key for what is drawn from it."""

    @property
    def root(self) -> Place:
        """The whole town. Raises NotFound where no areas were brought in yet."""
        tops = self._children.get(None)
        if not tops:
            raise NotFound("no_areas")
        return tops[0]

    def by_id(self, area_id: int) -> Place:
        """Raises NotFound."""
        return _found(self._by_id.get(area_id))

    def path_of(self, area_id: int | None) -> str:
        """The path of an area; empty for none, and for one that is gone since the areas were redrawn."""
        place = self._by_id.get(area_id or 0)
        return place.path if place else ""

    def by_path(self, path: str) -> Place:
        """Raises NotFound."""
        return _found(self._by_path.get(path))

    def by_code(self, code: str) -> Place:
        """Raises NotFound."""
        return _found(self._by_code.get(code))

    def children(self, path: str) -> list[Place]:
        """The areas right below, by path."""
        return list(self._children.get(self.by_path(path).id, ()))

    def ancestors(self, path: str) -> list[Place]:
        """From the root down to the area itself."""
        place = self.by_path(path)
        chain = [place]
        while place.parent_id is not None:
            place = self._by_id[place.parent_id]
            chain.append(place)
        return chain[::-1]

    def below(self, path: str) -> list[Place]:
        """The area itself and everything below it, by path."""
        return [place for place in self._places if place.path.startswith(path)]

    def cells(self) -> list[Place]:
        """All cells, by path."""
        return [place for place in self._places if place.level == Level.CELL]

    def ids_up(self, area_id: int) -> list[int]:
        """The ids of the area and of all above it, the area first."""
        return [place.id for place in reversed(self.ancestors(self.by_id(area_id).path))]

    def label(self, path: str) -> str:
        """How people call it: from the community down, or just its own name above that."""
        local = [place.label for place in self.ancestors(path) if place.depth >= DEPTH[Level.COMMUNITY]]
        return " · ".join(local) or self.by_path(path).label

    def locate(self, lon: float, lat: float) -> Place | None:
        """The area of the deepest level that holds the point, the smallest of those; None outside the town.

        A point on a shared border belongs to the smaller of the two, and to the first by path between equals.
        """
        if not self.contains(lon, lat):
            return None
        holding = self._index.query(Point(lon, lat), predicate="intersects").tolist()
        best = min(holding, key=lambda i: (-self._drawn[i].depth, self._shapes[i].area, self._drawn[i].path))
        return self._drawn[best]

    def contains(self, lon: float, lat: float) -> bool:
        """Whether the point lies in the town (its border included); False for what is no place on earth."""
        if self._outline is None or not (isfinite(lon) and isfinite(lat)):
            return False
        return bool(self._outline.intersects(Point(lon, lat)))

    def feature(self, path: str) -> dict[str, Any]:
        """One area as `import_geojson` reads it; the geometry is None where its outline is not known."""
        place = self.by_path(path)
        properties = {
            "code": place.code,
            "name": place.name,
            "name_en": place.name_en,
            "level": place.level,
            "population": place.population,
        }
        if place.parent_id is not None:
            properties["parent"] = self._by_id[place.parent_id].code
        return {"type": "Feature", "properties": properties, "geometry": self._geometry.get(path)}

    def _root_shape(self) -> BaseGeometry | None:
        for place, outline in zip(self._drawn, self._shapes, strict=True):
            if place.parent_id is None:
                prepare(outline)
                return outline
        return None


def _found(place: Place | None) -> Place:
    if place is None:
        raise NotFound("no_such_area")
    return place


def _load(session: Session) -> Tree:
    rows = session.exec(select(Area).where(col(Area.valid_to_at).is_(None))).all()
    return Tree((place_of(row), row.geometry) for row in rows)


def place_of(row: Area) -> Place:
    """The stored area as a value that outlives its session."""
    return Place(**row.model_dump(include=set(Place.__dataclass_fields__)))


_tree: Snapshot[Tree] = Snapshot("areas", _load)


def tree() -> Tree:
    """The areas as they stand; another process's change is seen within a second."""
    return _tree.get()
