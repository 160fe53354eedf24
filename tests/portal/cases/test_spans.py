"""Every filter and order of the wall and the echo reads along an index that holds all it asks for."""

import itertools

import pytest
from sqlalchemy import Select, text
from sqlmodel import col

from db.engine import is_sqlite, reading
from db.models.cases import Case
from portal import areas
from portal.cases.spans import span, within_tiles
from tests.fixtures.town import CELL, CITY, COMMUNITY, STREET, People

FILTERS: list[dict[str, str]] = [
    {"kind": "wish"},
    {"kind": "wish", "category": "noise"},
    {"kind": "wish", "standing": "declined"},
    {"kind": "wish", "category": "noise", "standing": "open"},
]
ORDERS = (["id"], ["supporters", "id"], ["answered_at", "id"])


def plan(query: Select[tuple[int]]) -> list[str]:
    """How SQLite reads it; without literals, as the query runs."""
    if not is_sqlite():
        pytest.skip("PostgreSQL scans a table this small")
    with reading() as session:
        compiled = str(query.compile(session.connection(), compile_kwargs={"literal_binds": True}))
        return [row.detail for row in session.execute(text(f"EXPLAIN QUERY PLAN {compiled}".replace(":", r"\:")))]


@pytest.mark.parametrize(("path", "order"), list(itertools.product(("", CITY, STREET, COMMUNITY, CELL), ORDERS)))
def test_a_page_is_found_inside_one_index(people: People, path: str, order: list[str]) -> None:
    for equal in FILTERS[:1] if order[0] == "answered_at" else FILTERS:
        answered = [col(Case.answered_at).is_not(None)] if order[0] == "answered_at" else []
        with reading() as session:
            steps = plan(span(session, path, equal, order, conditions=answered).limit(21))
        small = path in (COMMUNITY, CELL)
        if path in (STREET, COMMUNITY, CELL) and order == ["id"] and len(equal) == 1:
            assert steps[0].startswith("SEARCH case_area USING COVERING INDEX"), (equal, steps)
            assert not any("TEMP B-TREE" in step for step in steps)
            continue
        assert "USING COVERING INDEX" in steps[0], (equal, steps)
        found = "area_path>? AND area_path<?" if small else " AND ".join(f"{name}=?" for name in equal)
        assert found in steps[0], (equal, steps)
        assert any("TEMP B-TREE" in step for step in steps) == small, "only a small area is sorted"


@pytest.mark.parametrize("path", ["", STREET, CELL])
def test_the_nearest_are_read_by_their_squares(people: People, path: str) -> None:
    for equal in FILTERS:
        with reading() as session:
            steps = plan(within_tiles(session, path, equal, areas.tiles_near(102.4, 24.9, 3)))
        assert "INDEX wall_near (kind=? AND tile=?" in steps[0], (equal, steps)
