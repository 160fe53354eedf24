"""The inbox page for each level, and the units of a large matter on the page of the case."""

from dataclasses import replace
from typing import Any

import orjson
import pytest
from streamlit.testing.v1 import AppTest

from portal import areas
from portal.acts import VISITOR, Who
from portal.cases import levels, network
from portal.cases.inbox import FIGURES, TABS
from tests.fixtures.screens import Open, links, text
from tests.fixtures.screens import _drawn as drawn
from tests.fixtures.town import CELL, OTHER_COMMUNITY, People
from tests.portal.cases.steps import do, posted, staged


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database is enough here: the inbox has its own tests."""
    return sqlite_url


def table(at: AppTest) -> dict[str, Any]:
    """What the clerk's list was given to draw."""
    blocks = [element.proto for element in at.get("bidi_component")]
    (found,) = [proto for proto in blocks if proto.component_name == "portal.desk_table"]
    return dict(orjson.loads(found.bytes))


def listed(at: AppTest) -> list[int]:
    return [row["id"] for row in table(at)["rows"]]


def figures(at: AppTest) -> dict[str, str]:
    """The three figures, by the tab to which each leads."""
    found = [node for node in drawn(at) if node[0] == "a" and node[1].get("class", "").startswith("figure")]
    return {node[1]["href"].split("tab=")[1].split("&")[0]: node[2][2] for node in found}


def invited(people: People) -> tuple[int, int]:
    case_id = staged(people, "in_progress")
    unit = areas.tree().by_path(OTHER_COMMUNITY).id
    return case_id, do(network.invite, people.staff, case_id, unit, "请派车清运")


def test_three_figures_say_at_a_glance_what_there_is(people: People, open_screen: Open) -> None:
    posted(people), posted(people), staged(people, "in_progress")
    assert figures(open_screen("desk", people.staff)) == {"mine": "2", "late": "0", "new": "2"}
    assert figures(open_screen("desk", people.grid_worker)) == {"mine": "1", "late": "0", "new": "2"}
    assert list(figures(open_screen("desk", people.staff))) == list(FIGURES)


def test_a_grid_worker_has_an_inbox_without_the_deeds_of_the_desk(people: People, open_screen: Open) -> None:
    case_id = posted(people)
    at = open_screen("desk", people.grid_worker, tab="screening")
    assert listed(at) == [case_id]
    assert not table(at)["deeds"], "one reply to several is for opinions"
    at = open_screen("desk", people.grid_worker, tab="screening", case=str(case_id))
    assert not [b for b in at.button if "派给" in b.label or b.label == "审核通过"]


def test_who_works_at_two_levels_chooses(people: People, open_screen: Open) -> None:
    both = replace(people.staff, duties=people.staff.duties | people.street_staff.duties)
    case_id = staged(people, "open")
    do(levels.escalate, people.staff, case_id, "难办")
    choices = {group.label: list(group.options) for group in open_screen("desk", both).button_group}
    assert len(choices["看哪一级"]) == 2 and len(choices["看哪些"]) == 2
    assert listed(open_screen("desk", both, level="street")) == [case_id]
    assert listed(open_screen("desk", both, desk="above", tab="to_send")) == [case_id]
    one = {group.label for group in open_screen("desk", people.staff).button_group}
    assert "看哪一级" not in one, "nothing is asked where there is no choice"


def test_all_that_was_chosen_is_in_the_address(people: People, open_screen: Open) -> None:
    posted(people)
    at = open_screen("desk", people.staff, tab="screening", kind="wish", area=CELL)
    to_tabs = [link for link in links(at) if "tab=" in link]
    assert len(to_tabs) == len(TABS)
    assert all("kind=wish" in link and "area=" in link for link in to_tabs)


def test_the_case_says_where_it_stands_and_since_when(people: People, open_screen: Open) -> None:
    case_id = staged(people, "open")
    do(levels.escalate, people.staff, case_id, "难办")
    assert "已上报到街道" in text(open_screen("wish", VISITOR, case=str(case_id)))
    do(levels.hand_down, people.street_staff, case_id, "社区可以办")
    told = text(open_screen("wish", VISITOR, case=str(case_id)))
    assert "已交回社区" in told and "社区可以办" in told


def test_a_large_matter_shows_lead_units_and_how_far_each_is(people: People, open_screen: Open) -> None:
    case_id, part_id = invited(people)
    public = text(open_screen("wish", VISITOR, case=str(case_id)))
    assert "全网联动" in public and "牵头" in public and "等接手" in public
    assert "请派车清运" not in public
    assert "请派车清运" in text(open_screen("wish", people.far_staff, case=str(case_id)))
    do(network.take, people.far_staff, part_id)
    do(network.done, people.far_staff, part_id, "清运了两车")
    public = text(open_screen("wish", VISITOR, case=str(case_id)))
    assert "已办完" in public and "清运了两车" in public and "far_staff" not in public


def offered(at: AppTest) -> set[str]:
    """What the buttons in the panel of the units do."""
    return {node[1]["data-do"] for node in drawn(at) if node[0] == "button" and "data-do" in node[1]}


def test_each_sees_the_buttons_of_what_they_may_do(people: People, open_screen: Open) -> None:
    case_id, part_id = invited(people)

    def buttons(who: Who) -> set[str]:
        return offered(open_screen("wish", who, case=str(case_id))) & {"take", "done", "give_back", "drop", "invite"}

    assert buttons(VISITOR) == buttons(people.resident) == set()
    assert buttons(people.far_staff) == {"take"}
    assert buttons(people.staff) == buttons(people.grid_worker) == {"drop", "invite"}
    do(network.take, people.far_staff, part_id)
    assert buttons(people.far_staff) == {"done", "give_back"}
    do(network.done, people.far_staff, part_id, "好了")
    assert buttons(people.far_staff) == set() and buttons(people.staff) == {"invite"}


def test_a_wish_on_the_wall_is_marked_as_large(people: People, open_screen: Open) -> None:
    assert "全网联动" not in text(open_screen("wall"))
    invited(people)
    assert "全网联动" in text(open_screen("wall"))
