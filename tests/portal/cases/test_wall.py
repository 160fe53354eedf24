"""The wall: filters, orders, paging by key, search, and the nearest really nearest."""

import math
import random
import unicodedata
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlmodel import Session, select

from db import search
from db.engine import engine, reading
from db.models.cases import Case, CaseArea
from portal import areas, audit, limits
from portal.acts import VISITOR
from portal.cases import post, screening
from portal.cases.wall import Filters, Note, wall
from tests.fixtures.town import CELL, CITY, COMMUNITY, NEXT_CELL, OTHER_COMMUNITY, STREET, People
from tests.portal.cases.conftest import Standing
from tests.portal.cases.steps import MONDAY, do, look, picture, refused, staged, wish

STANDINGS = ("open", "open", "solved", "not_solved", "declined", "")
STATES = {"open": "open", "solved": "closed", "not_solved": "referred", "declined": "declined", "": "screening"}
CATEGORIES = ("roads", "noise", "lighting")


def stick(session: Session, number: int, path: str = CELL, **columns: Any) -> Case:
    """A note put straight onto the wall, for tests with many."""
    place = areas.tree().by_path(path)
    values: dict[str, Any] = {
        "title": f"心愿 {number}", "body": "希望尽快解决", "category": "roads", "state": "open", "standing": "open",
        "area_id": place.id, "area_path": path, "desk_path": COMMUNITY, "started_at": MONDAY,
    }  # fmt: skip
    row = Case(**(values | columns))
    if row.lon is not None and row.lat is not None:
        row.tile = areas.tile_of(row.lon, row.lat)
    session.add(row)
    session.flush()
    session.add_all(CaseArea(area_id=a, case_id=row.id or 0) for a in areas.tree().ids_up(place.id))
    search.put(session, row.id or 0, f"{row.title}\n{row.body}")
    return row


def scattered(count: int, seed: int = 7) -> None:
    """Notes of all kinds in random places."""
    chance = random.Random(seed)
    centre = areas.tree().by_path(CELL)
    with audit.transaction() as session:
        for number in range(count):
            standing = chance.choice(STANDINGS)
            point = chance.random() < 0.9
            stick(
                session, number, chance.choice((CELL, NEXT_CELL, f"{OTHER_COMMUNITY}01/")),
                category=chance.choice(CATEGORIES), standing=standing, state=STATES[standing],
                supporters=chance.choice((0, 0, 1, 2, 5)), title=chance.choice(("路灯不亮", "井盖松动", "广场舞太吵")),
                lon=(centre.lon or 0) + chance.gauss(0, 0.006) if point else None,
                lat=(centre.lat or 0) + chance.gauss(0, 0.006) if point else None,
            )  # fmt: skip


def everything(filters: Filters, limit: int = 7) -> list[int]:
    """All pages, one after the other."""
    found, key = [], None
    while True:
        part = look(wall, VISITOR, filters, key, limit)
        assert len(part.rows) <= limit
        found += [note.id for note in part.rows]
        key = part.next
        if key is None:
            return found


def rows() -> list[Case]:
    with reading() as session:
        return list(session.exec(select(Case).where(Case.standing != "")).all())


@pytest.fixture
def full_wall(standing_town: Standing) -> list[Case]:
    """The public rows of a wall with notes of all kinds in random places."""
    if not standing_town.kept:
        scattered(240)
        standing_town.kept["rows"] = rows()
    found: list[Case] = standing_town.kept["rows"]
    return found


# Filters and orders, each against a plain reading of all rows


@pytest.mark.parametrize("order", ["newest", "supported"])
@pytest.mark.parametrize("text", ["", "路灯", "灯", "吵 广场"])
@pytest.mark.parametrize("path", ["", CELL, COMMUNITY, STREET, CITY])
def test_filters_and_orders_together(full_wall: list[Case], order: str, text: str, path: str) -> None:
    for category in ("", "noise"):
        for standing in ("", "open", "solved", "not_solved", "declined"):
            filters = Filters(category=category, standing=standing, area_path=path, text=text, order=order)
            fitting = [
                c
                for c in full_wall
                if (not category or c.category == category)
                and (not standing or c.standing == standing)
                and c.area_path.startswith(path)
                and all(word in c.title for word in text.split())
            ]
            keys = {"newest": lambda c: -c.id, "supported": lambda c: (-c.supporters, -c.id)}
            assert everything(filters, 60) == [c.id for c in sorted(fitting, key=keys[order])], filters


def test_nothing_that_is_not_public(full_wall: list[Case]) -> None:
    with reading() as session:
        hidden = set(session.exec(select(Case.id).where(Case.standing == "")).all())
    assert hidden and not hidden & set(everything(Filters()))


@pytest.mark.parametrize(
    "forged",
    [
        {"order": "random"}, {"order": None}, {"category": "x"}, {"standing": "closed"}, {"standing": "hidden"},
        {"area_path": "/x/"}, {"area_path": "%"},
    ],
)  # fmt: skip
def test_forged_filters_are_refused(full_wall: list[Case], forged: dict[str, Any]) -> None:
    with refused("not_offered"):
        look(wall, VISITOR, Filters(**forged))


@pytest.mark.parametrize("order", ["newest", "supported"])
@pytest.mark.parametrize("key", ["x", "-1", "1:2:3", "1.5", "9" * 40, "' OR 1=1", ":", "1:", ":1", "٣", "１２"])
def test_a_forged_key_is_refused(full_wall: list[Case], order: str, key: str) -> None:
    with refused("not_offered", field="page"):
        look(wall, VISITOR, Filters(order=order), key)


def test_a_key_beyond_the_end_is_an_empty_page(full_wall: list[Case]) -> None:
    assert look(wall, VISITOR, Filters(), "0").rows == []
    assert look(wall, VISITOR, Filters(order="supported"), "0:0").rows == []
    assert len(look(wall, VISITOR, Filters(), "9999999999").rows) == limits.PAGE_ROWS


@pytest.mark.parametrize("order", ["newest", "supported"])
def test_pages_have_no_gap_and_no_repeat_while_notes_are_added(people: People, order: str) -> None:
    scattered(60)
    before = everything(Filters(order=order))
    seen, key, number = [], None, 0
    while True:
        part = look(wall, VISITOR, Filters(order=order), key, 7)
        seen += [note.id for note in part.rows]
        key = part.next
        if key is None:
            break
        with audit.transaction() as session:
            number += 1
            stick(session, number, supporters=99)
    assert seen == before


# What a note tells


def test_a_note_tells_what_is_public(people: People, monday: None) -> None:
    case_id = staged(people, "closed", name_shown=True, contact="13800001234", place="三栋", photos=[picture()])
    note: Note = look(wall, VISITOR, Filters()).rows[0]
    assert (note.id, note.name, note.place, note.stars, note.outcome) == (case_id, "resident", "三栋", 5, "solved")
    assert (note.colour, note.icon) == ("orange", "add_road")
    assert len(note.photos) == 1
    assert note.holder_id is None and "1234" not in str(note)
    assert look(wall, people.neighbour, Filters()).rows[0].mine_too is False


def test_a_name_is_shown_only_where_its_owner_chose_so(people: People) -> None:
    staged(people, "open")
    assert look(wall, people.staff, Filters()).rows[0].name == ""


def test_my_own_support_is_marked(people: People) -> None:
    case_id = staged(people, "open")
    do(post.support, people.neighbour, case_id)
    assert look(wall, people.neighbour, Filters()).rows[0].mine_too is True
    assert look(wall, people.stranger, Filters()).rows[0].mine_too is False
    assert look(wall, VISITOR, Filters()).rows[0].mine_too is False


def test_the_number_of_questions_does_not_grow_with_the_page(people: People) -> None:
    def questions(limit: int) -> int:
        asked: list[str] = []
        hear = lambda *args: asked.append(args[2])  # noqa: E731
        event.listen(engine(), "before_cursor_execute", hear)
        look(wall, people.neighbour, Filters(), None, limit)
        event.remove(engine(), "before_cursor_execute", hear)
        return len(asked)

    scattered(60)
    questions(1)
    assert questions(2) == questions(40)


# Searching


def written(people: People, *titles: str) -> None:
    with audit.transaction() as session:
        for number, title in enumerate(titles):
            stick(session, number, title=title, body="…")


def found(text: str) -> list[str]:
    return sorted(note.title for note in look(wall, VISITOR, Filters(text=text)).rows)


def test_searching_finds_exact_runs_of_characters(people: People) -> None:
    written(people, "三栋路灯不亮", "灯路", "路边灯箱", "WiFi信号差", "ＬＥＤ灯坏", "2号楼漏水", "café 太吵")
    written(people, "𫠝姓人家", "한국어")
    assert found("路灯") == ["三栋路灯不亮"]
    assert found("灯") == sorted(["ＬＥＤ灯坏", "三栋路灯不亮", "灯路", "路边灯箱"])
    assert found("三栋路灯不亮") == ["三栋路灯不亮"]
    assert found("不亮 三栋") == ["三栋路灯不亮"]
    assert found("三栋 漏水") == []
    assert found("wifi") == found("ＷＩＦＩ") == found("iF") == ["WiFi信号差"]
    assert found("led灯") == found("LED") == ["ＬＥＤ灯坏"]
    assert found("2") == found("２号") == ["2号楼漏水"]
    assert found("café") == found("cafe\u0301") == ["café 太吵"]
    assert found("cafe") == []
    assert found("𫠝") == found("𫠝姓") == ["𫠝姓人家"]
    assert found("국어") == ["한국어"]


def test_nothing_but_signs_finds_nothing(people: People) -> None:
    written(people, "三栋路灯不亮", "a*b")
    for text in ("。", "，！？", "--", "😀", "*", '"', "' '", "()", "%", "\\", ":*", "&|!"):
        assert found(text) == [], text


INDEX_LANGUAGE = [
    "NEAR(路灯 三栋, 2)", "路灯 OR 三栋", '"路灯', "路灯*", "words:路灯", "-路灯", "^路灯", "{路灯}", "路灯 AND",
    "NOT 路灯", "路灯 & !三栋", "路灯 | x", "路灯:*", "'路灯'", "路灯 <-> 三栋", "((路灯", "路灯\\", "路灯%'; --",
    "a_b", "_", "_路灯_",
]  # fmt: skip


def test_the_languages_of_the_indexes_are_only_text(people: People) -> None:
    written(people, "三栋路灯不亮", "别的")
    for text in INDEX_LANGUAGE:
        assert set(found(text)) <= {"三栋路灯不亮"}, text


def test_signs_round_a_word_do_not_matter(people: People) -> None:
    written(people, "三栋路灯不亮", "别的")
    for text in ('"路灯"', "路灯*", "（路灯）", "路灯！", "#路灯#"):
        assert found(text) == ["三栋路灯不亮"], text


def test_a_search_has_a_limit(people: People) -> None:
    written(people, "长" * 60)
    assert len(found("长" * 60)) == 1
    with refused("too_long", field="search", limit=limits.SEARCH_CHARS):
        found("长" * (limits.SEARCH_CHARS + 1))
    with refused("direction_characters", field="search"):
        found("路\u202e灯")


def test_a_mended_wish_is_found_by_its_new_words_only(people: People) -> None:
    case_id = staged(people, "returned", title="旧的标题")
    do(post.submit, people.resident, case_id, wish(title="新的标题"))
    do(screening.accept, people.staff, case_id)
    assert found("新的") == ["新的标题"] and found("旧的") == []


def test_a_body_of_two_thousand_equal_characters_is_indexed(people: People) -> None:
    with audit.transaction() as session:
        stick(session, 1, title="哈", body="哈" * 1_990 + "完")
    assert found("哈哈") == ["哈"] and found("哈完") == ["哈"]


TEXTS = st.text(st.sampled_from("路灯不亮三栋a1_ -。’'\"*:&|!()\\％Ａé😀"), min_size=1, max_size=8)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(titles=st.lists(TEXTS, min_size=1, max_size=4), text=TEXTS)
def test_both_indexes_find_what_a_plain_reading_finds(standing_town: Standing, titles: list[str], text: str) -> None:
    def runs(typed: str) -> list[str]:
        folded = unicodedata.normalize("NFKC", typed).casefold()
        return "".join(c if c.isalnum() else " " for c in folded).split()

    with audit.transaction() as session:
        for old in session.exec(select(Case.id)):
            search.remove(session, old or 0)
        for number, title in enumerate(titles):
            search.put(session, number + 1, title)
        matched = search.match(session, text)
        hits = set()
        if matched is not None:
            index, number_found, condition = matched
            hits = set(session.execute(select(number_found).select_from(index).where(condition)).scalars())
        session.rollback()
    wanted = runs(text)
    expected = {
        n + 1 for n, title in enumerate(titles) if wanted and all(any(w in run for run in runs(title)) for w in wanted)
    }
    assert hits == expected


# The nearest


def brute(cases: list[Case], lon: float, lat: float, limit: int) -> list[float]:
    here = (lon, lat)
    away = [areas.metres(here, (c.lon, c.lat)) for c in cases if c.lon is not None and c.lat is not None]
    return sorted(away)[:limit]


def distances(notes: list[Note], lon: float, lat: float) -> list[float]:
    return [areas.metres((lon, lat), (n.lon or 0, n.lat or 0)) for n in notes]


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(east=st.floats(-0.03, 0.03), north=st.floats(-0.03, 0.03), limit=st.integers(1, 40))
def test_the_nearest_are_really_the_nearest(full_wall: list[Case], east: float, north: float, limit: int) -> None:
    centre = areas.tree().by_path(CELL)
    lon, lat = (centre.lon or 0) + east, (centre.lat or 0) + north
    part = look(wall, VISITOR, Filters(order="nearest", lon=lon, lat=lat), None, limit)
    assert part.next is None
    assert distances(part.rows, lon, lat) == pytest.approx(brute(full_wall, lon, lat, limit), abs=0.5)


def test_the_nearest_of_many_in_one_square(people: People) -> None:
    """More notes in one square than a page: the newest of them are the farthest."""
    centre = areas.tree().by_path(CELL)
    lon, lat = centre.lon or 0, centre.lat or 0
    with audit.transaction() as session:
        for number in range(150):
            stick(session, number, lon=lon + number * 1e-6, lat=lat)
    found = look(wall, VISITOR, Filters(order="nearest", lon=lon, lat=lat), None, 20).rows
    assert [n.title for n in found] == [f"心愿 {n}" for n in range(20)]


def test_from_far_away_there_is_still_a_nearest(people: People) -> None:
    centre = areas.tree().by_path(CELL)
    with audit.transaction() as session:
        stick(session, 1, lon=centre.lon, lat=centre.lat)
    for lon, lat in ((102.9, 25.2), (116.4, 39.9), (-70.0, -30.0), (0.0, 90.0)):
        assert len(look(wall, VISITOR, Filters(order="nearest", lon=lon, lat=lat)).rows) == 1


def test_nearest_with_filters(full_wall: list[Case]) -> None:
    centre = areas.tree().by_path(CELL)
    filters = Filters("noise", "", COMMUNITY, "路灯", "nearest", centre.lon, centre.lat)
    found = {note.id for note in look(wall, VISITOR, filters).rows}
    fitting = {
        c.id
        for c in full_wall
        if c.category == "noise" and c.title == "路灯不亮" and c.lon is not None and c.area_path.startswith(COMMUNITY)
    }
    assert found == fitting and found


@pytest.mark.parametrize(
    ("lon", "lat"), [(None, None), (102.4, None), (math.nan, 24.9), (102.4, math.inf), (0.0, 91.0)]
)
def test_nearest_needs_a_point_on_earth(full_wall: list[Case], lon: float | None, lat: float | None) -> None:
    with refused("missing" if None in (lon, lat) else "not_offered", field="place"):
        look(wall, VISITOR, Filters(order="nearest", lon=lon, lat=lat))
