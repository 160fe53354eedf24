"""Cutting an outline into irregular pieces that tile it exactly, the same ones for the same seed."""

from math import cos, pi, sin
from random import Random

from shapely import MultiPoint, Point, Polygon, box, polygonize, prepare, set_precision, unary_union, voronoi_polygons
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

GRID = 1e-6
"""Coordinates are multiples of this many degrees, about 0.1 m."""


def cut(outline: BaseGeometry, n: int, rng: Random, *, wiggle: float = 0.12) -> list[Polygon]:
    """`outline` in `n` pieces of similar size, with crooked borders, from north-west to south-east."""
    seeds = _relaxed(outline, _scattered(outline, n, rng))
    return sorted(cut_round(outline, seeds, rng, wiggle=wiggle), key=lambda p: (-round(p.centroid.y, 2), p.centroid.x))


def cut_round(outline: BaseGeometry, seeds: list[Point], rng: Random, *, wiggle: float = 0.12) -> list[Polygon]:
    """One piece round each seed, in the order of the seeds."""
    if len(seeds) == 1:
        return [_snapped(outline)]
    borders = [_crooked(ridge, rng, wiggle) for ridge in _ridges(outline, seeds)]
    pieces = polygonize([*unary_union([outline.boundary, *borders]).geoms]).geoms
    inside = [piece for piece in pieces if outline.contains(piece.representative_point())]
    # a crooked border can cut off a sliver: it goes to the piece round the seed it is next to
    owned: list[list[BaseGeometry]] = [[] for _ in seeds]
    slivers: list[BaseGeometry] = []
    for piece in inside:
        owner = next((i for i, seed in enumerate(seeds) if piece.contains(seed)), None)
        (slivers if owner is None else owned[owner]).append(piece)
    if not all(owned):  # two crooked borders crossed right over a seed
        return cut_round(outline, seeds, rng, wiggle=wiggle / 2)
    for sliver in slivers:
        max(owned, key=lambda own: own[0].boundary.intersection(sliver.boundary).length).append(sliver)
    return [_snapped(unary_union(own)) for own in owned]


def blob(lon: float, lat: float, radius: float, rng: Random, corners: int = 16) -> Polygon:
    """A roundish patch of about `radius` degrees with an uneven edge."""
    stretch = [rng.uniform(0.65, 1.25) for _ in range(corners)]
    smooth = [(stretch[i - 1] + stretch[i] + stretch[(i + 1) % corners]) / 3 for i in range(corners)]
    angles = [2 * pi * i / corners for i in range(corners)]
    ring = [(lon + 1.1 * radius * r * cos(a), lat + radius * r * sin(a)) for a, r in zip(angles, smooth, strict=True)]
    return crooked_ring(ring, rng, wiggle=0.2)


def crooked_ring(corners: list[tuple[float, float]], rng: Random, wiggle: float = 0.1) -> Polygon:
    """A polygon through `corners` whose sides are crooked."""
    ring: list[tuple[float, float]] = []
    for start, end in zip(corners, [*corners[1:], corners[0]], strict=True):
        ring.extend(_crooked(LineString([start, end]), rng, wiggle).coords[:-1])
    return Polygon(ring)


def _scattered(outline: BaseGeometry, n: int, rng: Random) -> list[Point]:
    west, south, east, north = outline.bounds
    prepare(outline)
    seeds: list[Point] = []
    while len(seeds) < n:
        point = Point(rng.uniform(west, east), rng.uniform(south, north))
        if outline.contains(point):
            seeds.append(point)
    return seeds


def _relaxed(outline: BaseGeometry, seeds: list[Point], rounds: int = 4) -> list[Point]:
    for _ in range(rounds):
        if len(seeds) == 1:
            break
        regions = voronoi_polygons(MultiPoint(seeds), extend_to=outline, ordered=True).geoms
        centres = [region.intersection(outline).centroid for region in regions]
        seeds = [c if outline.contains(c) else seed for c, seed in zip(centres, seeds, strict=True)]
    return seeds


def _ridges(outline: BaseGeometry, seeds: list[Point]) -> list[LineString]:
    west, south, east, north = outline.bounds
    frame = box(west, south, east, north).buffer(0.1 * max(east - west, north - south))
    edges = unary_union(voronoi_polygons(MultiPoint(seeds), extend_to=frame, only_edges=True)).intersection(frame)
    sides = edges.geoms if hasattr(edges, "geoms") else [edges]
    return [LineString(pair) for side in sides for pair in zip(side.coords, side.coords[1:], strict=False)]


def _crooked(line: LineString, rng: Random, wiggle: float, depth: int = 3) -> LineString:
    """The line with its middle, and the middles of its halves, moved sideways; both ends stay."""
    (x1, y1), (x2, y2) = line.coords[0], line.coords[-1]
    if depth == 0:
        return line
    shift = rng.uniform(-wiggle, wiggle)
    middle = ((x1 + x2) / 2 - (y2 - y1) * shift, (y1 + y2) / 2 + (x2 - x1) * shift)
    left = _crooked(LineString([(x1, y1), middle]), rng, wiggle, depth - 1)
    right = _crooked(LineString([middle, (x2, y2)]), rng, wiggle, depth - 1)
    return LineString([*left.coords[:-1], *right.coords])


def _snapped(piece: BaseGeometry) -> Polygon:
    fixed = set_precision(piece, GRID, mode="pointwise")
    return fixed if fixed.geom_type == "Polygon" else max(fixed.geoms, key=lambda part: part.area)
