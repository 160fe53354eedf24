"""The demo's texts fit together, and its pictures are the same for the same seed."""

from io import BytesIO

import pytest
from PIL import Image

from db import start
from db.demo import areas, pictures, texts
from portal import limits
from portal.inputs import clean

CODES = {feature["properties"]["code"]: feature["properties"] for feature in areas.features()["features"]}
PEOPLE = {row["key"]: row for row in texts.people()}
CATEGORIES = {row["code"] for row in start._read("categories") if row["kind"] == "wish"}


def test_people_live_and_work_in_areas_that_exist() -> None:
    named = {code for row in PEOPLE.values() for codes in row.get("duties", {}).values() for code in codes}
    named |= {row["home"] for row in PEOPLE.values() if "home" in row}
    assert {code.removesuffix("-*") for code in named} <= CODES.keys()
    assert len(PEOPLE) == len(texts.people()) >= 40


def test_every_cell_has_a_worker() -> None:
    held = [code for row in PEOPLE.values() for code in row.get("duties", {}).get("grid_worker", [])]
    cells = {code for code, area in CODES.items() if area["level"] == "cell"}
    assert cells <= {c for c in cells for code in held if c == code or code == f"{CODES[c]['parent']}-*"}


@pytest.mark.parametrize("row", texts.wishes(), ids=lambda row: row["title"])
def test_a_wish_keeps_the_limits_and_names_what_exists(row: dict) -> None:
    clean("title", row["title"], limits.TITLE_CHARS)
    clean("body", row["body"], limits.BODY_CHARS, required=not row.get("draft"), lines=True)
    assert row["category"] in CATEGORIES
    assert CODES[row["cell"]]["level"] == "cell"
    assert row.get("by", "anon") == "anon" or row["by"] in PEOPLE
    assert row["sup"] < len(PEOPLE)
    shown = [*row.get("photos", ()), *(name for step in row["steps"] if step[0] == "finish" for name in step[2:])]
    assert set(shown) <= set(pictures.names())
    grabs = [step.partition(":")[2] for step in row["steps"] if isinstance(step, str) and step.startswith("grab")]
    assert all("volunteer" in PEOPLE[name]["duties"] for name in grabs)


def test_titles_differ() -> None:
    titles = [row["title"] for row in texts.wishes()]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("name", pictures.names())
def test_a_picture_is_drawn_the_same_again(name: str) -> None:
    drawn = pictures.draw(name, 7)
    assert drawn == pictures.draw(name, 7)
    assert Image.open(BytesIO(drawn)).size == (800, 600)
    assert 0 < len(pictures.alt(name)) <= limits.ALT_CHARS


def test_the_large_demo_has_words_for_every_category() -> None:
    phrases = texts.phrases()
    assert set(phrases["categories"]) >= CATEGORIES
    assert all(own["wishes"] and own["answers"] for own in phrases["categories"].values())
