"""The tree in memory: who is above and below whom, which cell holds a point, and the squares."""

import time
from math import cos, radians

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point
from shapely.geometry import shape

from db.demo.areas import features, large_features
from db.demo.draw_areas import FILE, draw
from portal import areas, audit, words
from portal.acts import SYSTEM
from portal.areas.checks import fitted
from portal.areas.features import read_features
from portal.areas.tree import Place, Tree
from portal.errors import NotFound
from tests.portal.test_area_import import Data, bring, feature, small, square

HOUSHAN = "/530181/jinfang/houshan/"


def grown(data: Data) -> Tree:
    """The tree of a file, without a database."""
    nodes, paths = fitted({}, read_features(data))
    ids = {code: number for number, code in enumerate(nodes, start=1)}
    return Tree(
        (
            Place(
                ids[n.code],
                n.code,
                paths[n.code],
                n.level,
                n.name,
                n.name_en,
                None,
                None,
                n.population,
                ids.get(n.parent),
            ),
            n.geometry,
        )
        for n in nodes.values()
    )


ANNING = grown(features())
TOWN = grown(small())


def code_at(tree: Tree, lon: float, lat: float) -> str | None:
    place = tree.locate(lon, lat)
    return place.code if place else None


def test_up_and_down() -> None:
    cell = ANNING.by_code("houshan-03")
    assert [p.code for p in ANNING.ancestors(cell.path)] == ["530181", "jinfang", "houshan", "houshan-03"]
    assert ANNING.ids_up(cell.id) == [p.id for p in reversed(ANNING.ancestors(cell.path))]
    assert ANNING.root.level == "city"
    assert [p.code for p in ANNING.children("/530181/")] == ["jinfang", "lianran"]
    assert sum(p.level == "cell" for p in ANNING.below(HOUSHAN)) == 12
    assert ANNING.below(HOUSHAN)[0].path == HOUSHAN
    assert {p.level for p in ANNING.cells()} == {"cell"}
    assert ANNING.by_id(cell.id) is ANNING.by_path(cell.path)
    assert [ANNING.path_of(number) for number in (cell.id, 0, None, 999_999)] == [cell.path, "", "", ""]
    for missing in (lambda: ANNING.by_id(0), lambda: ANNING.by_path("/x/"), lambda: ANNING.by_code("x")):
        with pytest.raises(NotFound):
            missing()


def test_names_in_both_languages() -> None:
    for lang, cell, street in (
        ("zh-CN", "朝阳后山社区 · 第03网格", "金方街道"),
        ("en", "Chaoyang Houshan Community · Cell 03", "Jinfang Street"),
    ):
        with words.speaking(lang):
            assert ANNING.label(HOUSHAN + "03/") == cell
            assert ANNING.label("/530181/jinfang/") == street


def test_a_point_finds_the_deepest_area() -> None:
    assert code_at(TOWN, 101.5, 21.5) == "east-01"
    assert code_at(TOWN, 101.5, 22.5) == "east"
    assert code_at(TOWN, 100.5, 20.5) == "town"
    assert code_at(TOWN, 99.9, 20.5) is None
    house = next(p for p in ANNING.below(HOUSHAN) if p.level == "building")
    inside = shape(ANNING.feature(house.path)["geometry"]).centroid
    assert ANNING.locate(inside.x, inside.y) == house


def test_a_point_on_a_shared_border_always_finds_the_same_cell() -> None:
    data = small()
    assert code_at(TOWN, 102, 21.5) == "east-01"
    data["features"].reverse()
    assert code_at(grown(data), 102, 21.5) == "east-01"
    assert code_at(TOWN, 101, 21) == "east-01"  # a corner of cell and street
    assert code_at(TOWN, 100, 20) == "town" and TOWN.contains(100, 20)


def test_a_point_in_a_hole_is_outside() -> None:
    data = small()
    data["features"][0]["geometry"]["coordinates"].append(square(107, 27, 1)["coordinates"][0])
    data["features"][3]["geometry"]["coordinates"].append(square(101.4, 21.4, 0.2)["coordinates"][0])
    holed = grown(data)
    assert code_at(holed, 101.5, 21.5) == "east"
    assert code_at(holed, 107.5, 27.5) is None and not holed.contains(107.5, 27.5)


@pytest.mark.parametrize("lon", [float("nan"), float("inf"), 1e300, 181.0])
def test_no_place_on_earth(lon: float) -> None:
    assert not TOWN.contains(lon, 21) and TOWN.locate(lon, 21) is None and not TOWN.contains(101, lon)


def test_an_area_in_two_parts_and_one_without_outline() -> None:
    data = small()
    two = [square(101, 21, 1)["coordinates"], square(103, 23, 1)["coordinates"]]
    data["features"][3]["geometry"] = {"type": "MultiPolygon", "coordinates": two}
    data["features"].append(feature("east-09", "cell", "east", None))
    tree = grown(data)
    assert code_at(tree, 101.5, 21.5) == code_at(tree, 103.5, 23.5) == "east-01"
    assert tree.by_code("east-09") and tree.feature("/town/east/09/")["geometry"] is None


HOUSHAN_OUTLINE = shape(ANNING.feature(HOUSHAN)["geometry"])
CELLS = [(p.code, shape(ANNING.feature(p.path)["geometry"])) for p in ANNING.children(HOUSHAN)]
WEST, SOUTH, EAST, NORTH = HOUSHAN_OUTLINE.bounds


@given(st.floats(WEST, EAST), st.floats(SOUTH, NORTH))
def test_a_point_in_the_community_is_in_exactly_one_cell(lon: float, lat: float) -> None:
    point = Point(lon, lat)
    if HOUSHAN_OUTLINE.contains(point) and all(cell.boundary.distance(point) > 1e-9 for _, cell in CELLS):
        holding = [code for code, cell in CELLS if cell.contains(point)]
        assert len(holding) == 1
        found = ANNING.locate(lon, lat)
        assert found and holding[0] in [p.code for p in ANNING.ancestors(found.path)]


def test_what_goes_out_comes_in_again() -> None:
    drawn = [ANNING.feature(place.path) for place in ANNING.below(ANNING.root.path)]
    again = grown({"type": "FeatureCollection", "features": drawn})
    assert [again.feature(place.path) for place in again.below(again.root.path)] == drawn and len(drawn) == 74


def test_the_version_moves_with_any_change() -> None:
    assert grown(features()).version == ANNING.version
    renamed = small()
    renamed["features"][4]["properties"]["name_en"] = "Second"
    assert grown(renamed).version != TOWN.version


def test_no_areas_yet(db: str) -> None:
    assert areas.tree().locate(102.48, 24.92) is None and not areas.tree().contains(102.48, 24.92)
    with pytest.raises(NotFound):
        _ = areas.tree().root


def test_the_picture_is_kept_until_the_revision_moves(db: str) -> None:
    bring(small())
    tree = areas.tree()
    assert areas.tree() is tree
    with audit.transaction() as session:
        areas.import_geojson(
            session,
            SYSTEM,
            {
                "type": "FeatureCollection",
                "features": [
                    feature("west-01", "cell", "west", square(106, 22, 1)),
                ],
            },
        )
        assert areas.tree() is tree  # not committed yet
    assert areas.tree() is not tree
    assert code_at(areas.tree(), 106.5, 22.5) == "west-01" and code_at(tree, 106.5, 22.5) == "west"


def test_the_file_of_the_demo_town_is_what_its_script_draws() -> None:
    assert draw() == features() and FILE.exists()


def test_a_large_town_is_drawn_and_searched_quickly() -> None:
    started = time.monotonic()
    data = large_features()
    tree = grown(data)
    assert time.monotonic() - started < 20
    assert len(tree.cells()) == 1_595 and len(tree.children("/530181/")) == 9
    assert large_features() == data and large_features(seed=2) != data
    cell = tree.cells()[700]
    inside = shape(tree.feature(cell.path)["geometry"]).representative_point()
    started = time.monotonic()
    for _ in range(200):
        assert tree.locate(inside.x, inside.y) == cell
    assert (time.monotonic() - started) / 200 < 0.005


POINTS = st.tuples(st.floats(73.5, 135), st.floats(18, 53.5))


@given(POINTS)
def test_a_square_fits_the_column_and_is_about_200_metres_wide(point: tuple[float, float]) -> None:
    lon, lat = point
    assert 0 <= areas.tile_of(lon, lat) < 2**31
    far_east, far_north = 300 / (111_320 * cos(radians(lat))), 300 / 111_320
    assert areas.tile_of(lon, lat) not in (areas.tile_of(lon + far_east, lat), areas.tile_of(lon, lat + far_north))
    assert areas.tile_of(lon + far_east / 3, lat + far_north / 3) in {
        *areas.tiles_near(lon, lat, 0),
        *areas.tiles_near(lon, lat, 1),
    }


@given(POINTS, st.integers(1, 6))
def test_rings_of_squares(point: tuple[float, float], ring: int) -> None:
    lon, lat = point
    assert areas.tiles_near(lon, lat, 0) == [areas.tile_of(lon, lat)]
    within = [t for k in range(ring + 1) for t in areas.tiles_near(lon, lat, k)]
    assert len(areas.tiles_near(lon, lat, ring)) == 8 * ring
    assert len(set(within)) == len(within) == (2 * ring + 1) ** 2
