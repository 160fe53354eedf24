"""The two maps: what they hand to the browser, and what they make of what comes back."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from db.demo.areas import features, large_features
from pages.parts import maps, town
from portal import areas, words
from portal.settings import ROOT
from tests.portal.test_area_import import bring

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # a map does not care

HOUSHAN = "/530181/jinfang/houshan/"
NASTY = "</script><img src=x onerror=alert(1)> **粗** $x$ \u2028 ${1} `"


@dataclass
class Row:
    id: int = 7
    lon: float | None = 102.4641
    lat: float | None = 24.9111
    area_path: str = HOUSHAN + "03/"
    title: str = "路灯"
    standing: str = "open"


@pytest.fixture
def handed(db: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """What was handed to the frame of the map, run by run."""
    bring(features())
    calls: list[dict[str, Any]] = []
    monkeypatch.setattr(town.streamlit_folium, "_component_func", lambda **all: calls.append(all))
    yield calls


def picker(tap: dict[str, float] | None = None) -> None:
    import streamlit as st

    from pages.parts import maps

    if tap and "tapped" not in st.session_state:
        st.session_state["tapped"] = True
        maps._tapped("place", {"last_clicked": tap})
    spot = maps.pick_place("place")
    st.text(f"{spot.path} {spot.lon} {spot.lat}" if spot else "nothing")


def run(tap: Any = None) -> AppTest:
    at = AppTest.from_function(picker, kwargs={"tap": tap}).run()
    assert not at.exception
    return at


def now(call: dict[str, Any]) -> dict[str, Any]:
    """The data in the script that draws what changes."""
    found: dict[str, Any] = json.loads(re.fullmatch(r"portalMap\.show\(map_div, (.*)\);", call["feature_group"])[1])  # type: ignore[index]
    return found


def inside(path: str) -> dict[str, float]:
    place = areas.tree().by_path(path)
    return {"lng": place.lon or 0, "lat": place.lat or 0}


def test_the_lists_lead_to_a_cell(handed: list[dict[str, Any]]) -> None:
    at = run()
    assert at.text[0].value == "nothing" and len(at.selectbox) == 1
    assert at.selectbox[0].label == words.t("level.street")
    at.selectbox[0].set_value("/530181/jinfang/").run()
    assert at.text[0].value == "nothing"  # a street is too wide
    at.selectbox[1].set_value(HOUSHAN).run()
    assert at.text[0].value == f"{HOUSHAN} None None" and at.caption[0].value == words.t("place.closer")
    at.selectbox[2].set_value(HOUSHAN + "03/").run()
    assert at.text[0].value == f"{HOUSHAN}03/ None None"
    assert at.success[0].value == words.t("place.area", name="朝阳后山社区 · 第03网格")
    last = now(handed[-1])
    assert last["pin"] is None and last["chosen"]["features"][0]["properties"]["name"] == "第03网格"
    assert len(last["cells"]["features"]) == 12
    at.selectbox[1].set_value("/530181/jinfang/luobai/").run()
    assert at.text[0].value == "/530181/jinfang/luobai/ None None"
    assert at.selectbox[2].value is None


def test_a_tap_fills_the_lists_and_sets_the_pin(handed: list[dict[str, Any]]) -> None:
    tap = inside(HOUSHAN + "05/")
    at = run(tap)
    assert at.text[0].value == f"{HOUSHAN}05/ {tap['lng']} {tap['lat']}"
    assert [box.value for box in at.selectbox] == ["/530181/jinfang/", HOUSHAN, HOUSHAN + "05/"]
    assert now(handed[-1])["pin"] == [tap["lat"], tap["lng"]]


def test_a_tap_into_a_building_names_its_cell_in_the_lists(handed: list[dict[str, Any]]) -> None:
    house = next(p for p in areas.tree().below(HOUSHAN) if p.level == "building")
    at = run(inside(house.path))
    assert at.text[0].value.startswith(house.path)
    assert [box.value for box in at.selectbox][-1] == areas.tree().ancestors(house.path)[-2].path


def test_a_tap_outside_the_town_is_told_and_keeps_what_was_chosen(handed: list[dict[str, Any]]) -> None:
    at = run({"lng": 116.4, "lat": 39.9})
    assert at.text[0].value == "nothing" and at.error[0].value == words.t("place.outside", town="安宁市")
    at.selectbox[0].set_value("/530181/jinfang/").run()
    assert not at.error


@pytest.mark.parametrize(
    "tap",
    [{"lng": "x", "lat": 1}, {"lat": 24.9}, [], "here", {"lng": float("nan"), "lat": 24.9}, {"lng": 1e999, "lat": 0}],
)
def test_whatever_the_browser_sends_nothing_breaks(handed: list[dict[str, Any]], tap: Any) -> None:
    assert run(tap).text[0].value == "nothing"


def test_only_taps_make_the_page_run_again(handed: list[dict[str, Any]]) -> None:
    run()
    assert handed[-1]["returned_objects"] == ["last_clicked"]  # neither zoom nor bounds nor centre


def test_nothing_comes_from_another_host(handed: list[dict[str, Any]]) -> None:
    run()
    call = handed[-1]
    assert all(link.startswith("/app/static/") for link in [*call["js_links"], *call["css_links"]])
    for link in [*call["js_links"], *call["css_links"]]:
        assert (ROOT / "portal" / link.removeprefix("/app/")).is_file()
    assert not re.search(r"https?:|//", call["script"] + call["header"] + call["feature_group"])


def test_tiles_are_used_where_they_are_set(handed: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = town._drawing(areas.tree().version, "zh-CN", "https://tiles.example/{z}/{x}/{y}.png", "<b>© 测绘</b>")
    assert "tiles.example" in drawn and "<b>" not in drawn


def test_each_language_has_its_own_drawing(handed: list[dict[str, Any]]) -> None:
    version = areas.tree().version
    with words.speaking("en"):
        english = town._drawing(version, "en", "", "")
    assert "Houshan Community" in english and "Houshan Community" not in town._drawing(version, "zh-CN", "", "")


def shows(rows: list[Row], answer: Any = None) -> AppTest:
    def script(rows, answer):
        import streamlit as st

        from pages.parts import maps

        if answer is not None:
            st.session_state["cases.tapped"] = answer
        st.text(str(maps.case_map(rows, key="cases")))

    at = AppTest.from_function(script, kwargs={"rows": rows, "answer": answer}).run()
    assert not at.exception
    return at


def test_cases_are_handed_over_as_data_not_as_markup(handed: list[dict[str, Any]]) -> None:
    shows([Row(title=NASTY)])
    point = now(handed[-1])["points"]["features"][0]
    assert point["properties"] == {"id": 7, "title": NASTY, "standing": "open"}
    assert point["geometry"]["coordinates"] == [102.4641, 24.9111]
    assert "\u2028" not in handed[-1]["feature_group"]


def test_a_case_without_a_point_stands_in_its_area(handed: list[dict[str, Any]]) -> None:
    shows([Row(id=n, lon=None, lat=None) for n in (1, 2, 3)])
    points = [tuple(f["geometry"]["coordinates"]) for f in now(handed[-1])["points"]["features"]]
    middle = areas.tree().by_path(HOUSHAN + "03/")
    assert len(set(points)) == 3
    assert all(abs(lon - (middle.lon or 0)) < 0.001 and abs(lat - (middle.lat or 0)) < 0.001 for lon, lat in points)


def test_what_is_not_public_is_not_on_the_map(handed: list[dict[str, Any]]) -> None:
    shows([Row(standing="")])
    assert now(handed[-1])["points"]["features"] == []


def test_only_a_case_on_the_map_can_be_tapped(handed: list[dict[str, Any]]) -> None:
    assert shows([Row()], answer=7).text[0].value == "7"
    for forged in (8, "7", [7], {"id": 7}):
        assert shows([Row()], answer=forged).text[0].value == "None"


def test_forgetting_empties_the_choice(handed: list[dict[str, Any]]) -> None:
    at = run(inside(HOUSHAN + "05/"))
    assert at.session_state["place.spot"]

    def clear() -> None:
        import streamlit as st

        from pages.parts import maps

        maps.forget_place("place")
        st.text(str([name for name in st.session_state if str(name).startswith("place")]))

    again = AppTest.from_function(clear)
    again.session_state["place.spot"] = maps.Spot(1, HOUSHAN)
    assert again.run().text[0].value == "[]"


def test_a_chosen_area_that_is_gone_is_forgotten(handed: list[dict[str, Any]]) -> None:
    at = AppTest.from_function(picker)
    at.session_state["place.spot"] = maps.Spot(999_999, "/530181/gone/")
    assert at.run().text[0].value == "nothing" and not at.exception


def test_a_large_town_stays_light(db: str) -> None:
    bring(large_features())
    tree = areas.tree()
    assert len(town._drawing(tree.version, "zh-CN", "", "")) < 200_000
