"""Draws the areas of the demo town: `python -m db.demo.draw_areas` writes `anning.geojson` anew, always the same.

Outlines are made up, in the right place and of the right size; no survey data is in them.
"""

import json
from collections.abc import Iterator
from math import cos, radians, sin
from pathlib import Path
from random import Random
from typing import Any

from shapely import Point, Polygon, unary_union
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from db.demo.partition import blob, crooked_ring, cut, cut_round

FILE = Path(__file__).with_name("anning.geojson")
Feature = dict[str, Any]

CITY = [
    (102.407, 25.065), (102.459, 25.044), (102.494, 25.052), (102.529, 25.016), (102.538, 24.976), (102.578, 24.955),
    (102.597, 24.904), (102.575, 24.866), (102.545, 24.845), (102.538, 24.799), (102.499, 24.759), (102.492, 24.713),
    (102.450, 24.669), (102.421, 24.613), (102.371, 24.571), (102.328, 24.587), (102.307, 24.644), (102.267, 24.676),
    (102.276, 24.727), (102.232, 24.768), (102.243, 24.816), (102.199, 24.852), (102.212, 24.902), (102.249, 24.932),
    (102.258, 24.980), (102.309, 25.005), (102.346, 25.044),
]  # fmt: skip

STREETS = [  # code, names, seat, population
    ("jinfang", "金方街道", "Jinfang Street", (102.446, 24.888), 83_500),
    ("lianran", "连然街道", "Lianran Street", (102.488, 24.928), 112_300),
    ("taiping", "太平新城街道", "Taiping New Town Street", (102.556, 24.892), 41_200),
    ("wenquan", "温泉街道", "Wenquan Street", (102.452, 24.990), 23_600),
    ("qinglong", "青龙街道", "Qinglong Street", (102.392, 25.010), 14_900),
    ("caopu", "草铺街道", "Caopu Street", (102.372, 24.922), 38_400),
    ("lubiao", "禄脿街道", "Lubiao Street", (102.262, 24.918), 17_300),
    ("xianjie", "县街街道", "Xianjie Street", (102.418, 24.800), 26_700),
    ("bajie", "八街街道", "Bajie Street", (102.358, 24.650), 32_100),
]

# code, names, cells, population; the built-up core of a street is cut into its communities
COMMUNITIES: dict[str, list[tuple[str, str, str, int, int]]] = {
    "jinfang": [
        ("luobai", "罗白社区", "Luobai Community", 6, 5_430),
        ("houshan", "朝阳后山社区", "Chaoyang Houshan Community", 12, 7_352),
        ("jianshe", "建设街社区", "Jianshe Street Community", 7, 8_215),
        ("xiaotang", "晓塘社区", "Xiaotang Community", 8, 9_860),
    ],
    "lianran": [
        ("jile", "极乐社区", "Jile Community", 6, 6_780),
        ("ninghu", "宁湖社区", "Ninghu Community", 8, 12_140),
        ("baihua", "百花社区", "Baihua Community", 5, 8_905),
    ],
}
SHIZHUANG = ("shizhuang", "石庄村", "Shizhuang Village", 5, 2_146)


def draw(seed: int = 530181) -> dict[str, Any]:
    """The small town: two streets with their communities, cells and a few buildings."""
    rng = Random(seed)  # noqa: S311  drawing, not secrets
    city, outlines = _city(rng)
    found: list[Feature] = []
    streets = {code: (name, name_en, population) for code, name, name_en, _, population in STREETS}
    for code in ("jinfang", "lianran"):
        name, name_en, population = streets[code]
        found.append(_feature(code, name, name_en, "street", "530181", population, outlines[code]))
    core = blob(102.470, 24.908, 0.026, rng)
    village = blob(102.506, 24.934, 0.020, rng).intersection(outlines["lianran"]).difference(core)
    for street, communities in COMMUNITIES.items():
        built_up = core.intersection(outlines[street])
        for community, piece in zip(communities, cut(built_up, len(communities), rng), strict=True):
            found.extend(_community(street, community, piece, rng))
    found.extend(_community("lianran", SHIZHUANG, village, rng))
    town = _feature("530181", "安宁市", "Anning City", "city", None, 483_800, city)
    return {"type": "FeatureCollection", "features": [town, *found]}


def large_features(cells: int = 1_595, seed: int = 1) -> dict[str, Any]:
    """A whole city for measuring: nine streets, about a hundred communities, `cells` cells, nothing left blank."""
    rng = Random(seed)  # noqa: S311
    city, outlines = _city(rng)
    found = [_feature("530181", "安宁市", "Anning City", "city", None, 1_100_000, city)]
    for code, name, name_en, _, _ in STREETS:
        found.append(_feature(code, name, name_en, "street", "530181", 1_100_000 // len(STREETS), outlines[code]))
    communities = min(cells, max(len(STREETS), cells // 16))
    shares = _spread(communities, len(STREETS))
    counts = iter(_spread(cells, communities))
    for (street, name, name_en, _, _), share in zip(STREETS, shares, strict=True):
        for number, piece in enumerate(cut(outlines[street], share, rng), start=1):
            community = (
                f"{street}-c{number:02}",
                f"{name[:2]}第{number}社区",
                f"{name_en.split()[0]} Community {number}",
                next(counts),
                1_100_000 // communities,
            )
            found.extend(_community(street, community, piece, rng, buildings=False))
    return {"type": "FeatureCollection", "features": found}


def _city(rng: Random) -> tuple[Polygon, dict[str, Polygon]]:
    seats = [Point(seat) for _, _, _, seat, _ in STREETS]
    pieces = cut_round(crooked_ring(CITY, rng), seats, rng, wiggle=0.1)
    return unary_union(pieces), {street[0]: piece for street, piece in zip(STREETS, pieces, strict=True)}


def _community(
    street: str, community: tuple[str, str, str, int, int], piece: Polygon, rng: Random, *, buildings: bool = True
) -> Iterator[Feature]:
    code, name, name_en, count, population = community
    pieces = cut(piece, count, rng)
    yield _feature(code, name, name_en, "community", street, population, unary_union(pieces))
    for number, (cell, people) in enumerate(zip(pieces, _shared(population, count, rng), strict=True), start=1):
        cell_code = f"{code}-{number:02}"
        yield _feature(cell_code, f"第{number:02}网格", f"Cell {number:02}", "cell", code, people, cell)
        if buildings and code == "houshan" and number <= 3:
            yield from _buildings(cell_code, cell, people, rng)


def _buildings(parent: str, cell: Polygon, people: int, rng: Random) -> Iterator[Feature]:
    centre, turn, flats = cell.representative_point(), rng.uniform(-0.4, 0.4), people // 6
    for number in (1, 2):
        house = _house(centre.x, centre.y + (number - 1.5) * 0.0006, turn)
        if cell.contains(house):
            yield _feature(f"{parent}-b{number}", f"{number}幢", f"Building {number}", "building", parent, flats, house)


def _house(lon: float, lat: float, turn: float) -> Polygon:
    corners = [(-0.00026, -0.00007), (0.00026, -0.00007), (0.00026, 0.00007), (-0.00026, 0.00007)]
    c, s = cos(turn), sin(turn)
    stretch = 1 / cos(radians(lat))
    return Polygon((round(lon + (x * c - y * s) * stretch, 6), round(lat + x * s + y * c, 6)) for x, y in corners)


def _spread(total: int, parts: int) -> list[int]:
    return [total * (i + 1) // parts - total * i // parts for i in range(parts)]


def _shared(total: int, parts: int, rng: Random) -> list[int]:
    weights = [rng.uniform(0.7, 1.3) for _ in range(parts)]
    shares = [int(total * weight / sum(weights)) for weight in weights]
    shares[-1] += total - sum(shares)
    return shares


def _feature(
    code: str, name: str, name_en: str, level: str, parent: str | None, population: int, outline: BaseGeometry
) -> Feature:
    properties: dict[str, Any] = {"code": code, "name": name, "name_en": name_en, "level": level}
    if parent is not None:
        properties["parent"] = parent
    properties["population"] = population
    return {"type": "Feature", "properties": properties, "geometry": json.loads(json.dumps(mapping(outline)))}


if __name__ == "__main__":
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False) for feature in draw()["features"])
    FILE.write_text(f'{{"type": "FeatureCollection", "features": [\n{lines}\n]}}\n', "utf-8")
