"""Bringing areas in: every rule refuses its own fault, names the feature, and nothing is half done."""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from sqlmodel import Session, col, select

from db.demo.areas import features
from db.engine import reading
from db.models.accounts import Duty, Person
from db.models.areas import Area
from db.models.audit import AuditRow
from db.models.cases import Case, CaseArea
from portal import areas, audit, clock, limits, words
from portal.acts import SYSTEM, VISITOR, Who
from portal.areas.checks import fitted
from portal.areas.features import read_features
from portal.errors import Forbidden, Refused

Data = dict[str, Any]


def square(west: float, south: float, side: float) -> Data:
    east, north = west + side, south + side
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def feature(code: str, level: str, parent: str | None, geometry: Data | None, **more: Any) -> Data:
    properties = {"code": code, "name": f"区域{code}", "level": level, "parent": parent, "population": 10, **more}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def small() -> Data:
    """A town of 10 × 10 with two streets of 4 × 4 and two cells of 1 × 1 in the first."""
    return {
        "type": "FeatureCollection",
        "features": [
            feature("town", "city", None, square(100, 20, 10)),
            feature("east", "street", "town", square(101, 21, 4)),
            feature("west", "street", "town", square(105, 21, 4)),
            feature("east-01", "cell", "east", square(101, 21, 1)),
            feature("east-02", "cell", "east", square(102, 21, 1)),
        ],
    }


def bring(data: Data, who: Who = SYSTEM) -> areas.ImportReport:
    with audit.transaction() as session:
        return areas.import_geojson(session, who, data)


def spoil(change: Callable[[list[Any]], object]) -> Data:
    data = small()
    change(data["features"])
    return data


def put(number: int, name: str, value: object) -> Callable[[list[Any]], object]:
    return lambda f: f[number - 1]["properties"].update({name: value})


def draw(number: int, geometry: object) -> Callable[[list[Any]], object]:
    return lambda f: f[number - 1].update(geometry=geometry)


def ring(*points: list[Any]) -> Data:
    return {"type": "Polygon", "coordinates": [list(points)]}


BOW = ring([101, 21], [102, 22], [102, 21], [101, 22], [101, 21])

FAULTS: list[tuple[str, int, Callable[[list[Any]], object]]] = [
    ("area_not_feature", 2, lambda f: f.__setitem__(1, "street")),
    ("area_not_feature", 2, lambda f: f[1].update(type="Point")),
    ("area_not_feature", 2, lambda f: f[1].update(properties=None)),
    ("area_code", 4, put(4, "code", "east/01")),
    ("area_code", 4, put(4, "code", "../x")),
    ("area_code", 4, put(4, "code", "East")),
    ("area_code", 4, put(4, "code", "a_b")),
    ("area_code", 4, put(4, "code", "a%")),
    ("area_code", 4, put(4, "code", "")),
    ("area_code", 4, put(4, "code", None)),
    ("area_code", 4, put(4, "code", 4)),
    ("area_code", 4, put(4, "code", "x" * (limits.AREA_CODE_CHARS + 1))),
    ("not_offered", 4, put(4, "level", "planet")),
    ("missing", 4, put(4, "name", "")),
    ("not_text", 4, put(4, "name", 7)),
    ("too_long", 4, put(4, "name", "长" * (limits.NAME_CHARS + 1))),
    ("direction_characters", 4, put(4, "name", "网格\u202e")),
    ("control_characters", 4, put(4, "name_en", "a\x00b")),
    ("area_population", 4, put(4, "population", -1)),
    ("area_population", 4, put(4, "population", 1.5)),
    ("area_population", 4, put(4, "population", True)),
    ("area_population", 4, put(4, "population", limits.AREA_POPULATION + 1)),
    ("area_no_parent", 4, put(4, "parent", "nowhere")),
    ("area_no_parent", 4, put(4, "parent", ["east"])),
    ("area_not_polygon", 4, draw(4, {"type": "Point", "coordinates": [101, 21]})),
    ("area_not_polygon", 4, draw(4, "POLYGON EMPTY")),
    ("area_coordinates", 4, draw(4, {"type": "Polygon", "coordinates": None})),
    ("area_coordinates", 4, draw(4, {"type": "Polygon", "coordinates": [7]})),
    ("area_coordinates", 4, draw(4, {"type": "Polygon", "coordinates": [[]]})),
    ("area_coordinates", 4, draw(4, ring([101, 21], [102, 21], [102, "22"], [101, 21]))),
    ("area_coordinates", 4, draw(4, ring([101, 21], [102, 21], [102], [101, 21]))),
    ("area_coordinates", 4, draw(4, ring([101, 21], [102, 21], [102, float("nan")], [101, 21]))),
    ("area_coordinates", 4, draw(4, ring([101, 21], [102, 21], [float("inf"), 22], [101, 21]))),
    ("area_coordinates", 4, draw(4, ring([101, 21], [181, 21], [102, 22], [101, 21]))),
    ("area_coordinates", 4, draw(4, ring([101, 21], [102, 91], [102, 22], [101, 21]))),
    ("area_ring_open", 4, draw(4, ring([101, 21], [102, 21], [102, 22], [101, 22]))),
    ("area_ring_open", 4, draw(4, ring([101, 21], [102, 21], [101, 21]))),
    ("area_invalid", 4, draw(4, BOW)),
    ("area_invalid", 4, draw(4, {"type": "MultiPolygon", "coordinates": []})),
    ("area_code_twice", 5, put(5, "code", "east-01")),
    ("area_level", 4, put(4, "level", "street")),
    ("area_level", 4, put(4, "level", "city")),
    ("area_second_root", 3, put(3, "parent", None)),
    ("area_root_outline", 1, draw(1, None)),
    ("area_same_path", 5, put(5, "code", "01")),
    ("area_outside", 4, draw(4, square(100.5, 21, 1))),
    ("area_overlap", 5, draw(5, square(101.9, 21, 1))),
    ("area_overlap", 3, draw(3, square(104, 21, 4))),
]


@pytest.mark.parametrize(("reason", "number", "change"), FAULTS)
def test_each_fault_is_refused_with_the_feature_and_the_reason(
    reason: str, number: int, change: Callable[[list[Any]], object]
) -> None:
    with pytest.raises(Refused) as caught:
        fitted({}, read_features(spoil(change)))
    facts = caught.value.facts
    assert (caught.value.message_id, facts["reason"].id, facts["feature"]) == ("area_import", reason, number)  # type: ignore[attr-defined]
    for lang in ("zh-CN", "en"):
        with words.speaking(lang):
            sentence = words.say(caught.value)
            assert str(number) in sentence and "refused." not in sentence and "{" not in sentence


def test_a_sound_file_fits() -> None:
    nodes, paths = fitted({}, read_features(small()))
    assert len(nodes) == 5
    assert paths["east-01"] == "/town/east/01/"  # the parent's code is not said twice


def test_a_circle_of_parents_is_refused() -> None:
    data = spoil(put(2, "parent", "west"))
    data["features"][2]["properties"]["parent"] = "east"
    with pytest.raises(Refused) as caught:
        fitted({}, read_features(data))
    assert caught.value.facts["reason"].id == "area_level"  # type: ignore[attr-defined]


def test_a_hole_is_no_part_of_an_area() -> None:
    town = small()
    town["features"][0]["geometry"]["coordinates"].append(square(101.2, 21.2, 0.5)["coordinates"][0])
    with pytest.raises(Refused) as caught:
        fitted({}, read_features(town))
    assert caught.value.facts["reason"].id == "area_outside"  # type: ignore[attr-defined]


@pytest.mark.parametrize("off", [0.005, 0.02])
def test_borders_may_miss_each_other_by_a_hundredth(off: float) -> None:
    overlapping = spoil(draw(5, square(102 - off, 21, 1)))
    sticking_out = spoil(draw(4, square(101 - off, 21, 1)))
    for data in (overlapping, sticking_out):
        if off < limits.AREA_OVERLAP_SHARE:
            fitted({}, read_features(data))
        else:
            with pytest.raises(Refused):
                fitted({}, read_features(data))


@pytest.mark.parametrize(
    ("reason", "data"),
    [
        ("area_not_geojson", []),
        ("area_not_geojson", {"type": "Feature"}),
        ("area_not_geojson", {"type": "FeatureCollection", "features": {}}),
        ("area_count", {"type": "FeatureCollection", "features": []}),
        ("area_count", {"type": "FeatureCollection", "features": [{}] * (limits.IMPORT_ROWS + 1)}),
        ("area_no_root", {"type": "FeatureCollection", "features": None}),
    ],
)
def test_a_file_that_is_none(reason: str, data: Any) -> None:
    if reason == "area_no_root":  # nothing stored, nothing at the top
        with pytest.raises(Refused) as caught:
            fitted({}, [])
    else:
        with pytest.raises(Refused) as caught:
            read_features(data)
    assert (caught.value.message_id, caught.value.facts["reason"].id) == ("area_file", reason)  # type: ignore[attr-defined]
    assert "refused." not in words.say(caught.value)


@pytest.mark.parametrize(
    ("reason", "raw"),
    [
        ("area_too_big", b" " * (limits.IMPORT_BYTES + 1)),
        ("area_not_geojson", b"\xff\xfe"),
        ("area_not_geojson", b"{"),
        ("area_not_geojson", b"[" * 200_000),
        ("area_not_geojson", b"[]"),
    ],
    ids=["size", "utf-8", "json", "depth", "object"],
)
def test_bytes_that_are_no_file(reason: str, raw: bytes) -> None:
    with pytest.raises(Refused) as caught:
        areas.read_geojson(raw)
    assert caught.value.facts["reason"].id == reason  # type: ignore[attr-defined]


def test_a_file_with_a_byte_order_mark_is_read() -> None:
    assert areas.read_geojson(b"\xef\xbb\xbf" + json.dumps(small()).encode())["type"] == "FeatureCollection"


def test_the_demo_town_comes_in_and_coming_again_changes_nothing(db: str) -> None:
    first = bring(features())
    assert (first.added, first.changed, first.unchanged) == (74, 0, 0)
    second = bring(features())
    assert (second.added, second.changed, second.unchanged) == (0, 0, 74)
    tree = areas.tree()
    assert tree.by_path("/530181/jinfang/houshan/").population == 7_352
    assert tree.by_code("houshan-03").path == "/530181/jinfang/houshan/03/"
    with reading() as session:
        row = session.exec(select(AuditRow).where(AuditRow.act == "area.import").order_by(col(AuditRow.seq))).first()
        assert row and row.public and row.facts == {"added": 74, "changed": 0}
        assert audit.verify(session).ok


def test_changes_are_taken_over_and_seen_at_once(db: str) -> None:
    bring(small())
    assert areas.tree().by_code("east").name == "区域east"
    data = spoil(put(2, "name", "东街道"))
    data["features"] = data["features"][1:2]  # a file may hold only what changes
    assert bring(data) == areas.ImportReport(0, 1, 0)
    assert areas.tree().by_code("east").name == "东街道"
    assert len(areas.tree().below("/town/")) == 5


def test_what_is_stored_must_fit_what_comes(db: str) -> None:
    bring(small())
    shrunk = {"type": "FeatureCollection", "features": [feature("east", "street", "town", square(101.5, 21.5, 3))]}
    with pytest.raises(Refused) as caught:
        bring(shrunk)
    assert (caught.value.facts["feature"], caught.value.facts["reason"].id) == (1, "area_outside")  # type: ignore[attr-defined]
    other_town = {"type": "FeatureCollection", "features": [feature("other", "city", None, square(120, 30, 1))]}
    with pytest.raises(Refused) as caught:
        bring(other_town)
    assert caught.value.facts["reason"].id == "area_second_root"  # type: ignore[attr-defined]


def test_all_or_nothing(db: str) -> None:
    data = small()
    data["features"].append(feature("east-03", "cell", "east", square(99, 21, 1)))
    with pytest.raises(Refused):
        bring(data)
    with reading() as session:
        assert session.exec(select(Area)).all() == []
        assert session.exec(select(AuditRow).where(AuditRow.act == "area.import")).all() == []


def test_a_code_of_the_past_is_not_given_again(db: str) -> None:
    bring(small())
    with audit.transaction() as session:
        gone = session.exec(select(Area).where(Area.code == "east-02")).one()
        gone.valid_to_at = clock.now()
        areas.bump(session, "areas")
    with pytest.raises(Refused) as caught:
        bring(small())
    assert (caught.value.facts["feature"], caught.value.facts["reason"].id) == (5, "area_retired")  # type: ignore[attr-defined]


def test_only_an_admin_of_the_town_brings_areas_in(db: str) -> None:
    for who in (VISITOR, Who(person_id=1, duties=frozenset({("admin", "/town/")}))):
        with pytest.raises(Forbidden):
            bring(small(), who)  # before there is a town, only the command line can
    bring(small())
    for who in (
        VISITOR,
        Who(person_id=1, duties=frozenset({("staff", "/town/")})),
        Who(person_id=1, duties=frozenset({("admin", "/town/east/")})),
    ):
        with pytest.raises(Forbidden):
            bring(small(), who)
    assert bring(small(), Who(person_id=1, duties=frozenset({("admin", "/town/")}))).unchanged == 5


def test_duties_and_cases_follow_an_area_that_moves(db: str) -> None:
    bring(small())
    cell, east, west, town = (areas.tree().by_code(c).id for c in ("east-01", "east", "west", "town"))
    with audit.transaction() as session:
        person = Person(name="网格员", home_area_id=cell, area_path="/town/east/01/")
        session.add(person)
        session.flush()
        session.add(Duty(person_id=person.id or 0, role="grid_worker", area_id=cell, area_path="/town/east/01/"))
        case = Case(
            title="路灯",
            body="不亮",
            category="lighting",
            area_id=cell,
            area_path="/town/east/01/",
            desk_path="/town/east/",
        )
        session.add(case)
        session.flush()
        session.add_all(CaseArea(area_id=a, case_id=case.id or 0) for a in (cell, east, town))
    moved = deepcopy(small())
    moved["features"][3] = feature("east-01", "cell", "west", square(105, 21, 1))
    assert bring(moved).changed == 1
    with reading() as session:
        assert session.exec(select(Duty.area_path)).one() == "/town/west/east-01/"
        assert session.exec(select(Person.area_path)).one() == "/town/west/east-01/"
        kept = session.exec(select(Case)).one()
        assert (kept.area_path, kept.desk_path, kept.version) == ("/town/west/east-01/", "/town/east/", 1)
        assert _listed(session) == {cell, west, town}


def _listed(session: Session) -> set[int]:
    return set(session.exec(select(CaseArea.area_id)))
