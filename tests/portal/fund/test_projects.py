"""Reading projects: how much of one each person gets, in a list, on its page, and as a step of its history."""

from dataclasses import replace

import pytest

from db.models.fund import Project
from portal import audit
from portal.acts import VISITOR, Who
from portal.errors import NotFound
from portal.fund import projects, proposals, reviewing
from portal.memo import for_all
from tests.fixtures.fund import FundPeople, add_fund, add_round
from tests.fixtures.town import CELL, People
from tests.portal.cases.steps import do, look
from tests.portal.fund.drafts import PDF, Call, call, hand_in, picture, written


@pytest.fixture
def here(funders: FundPeople) -> Call:
    return call(funders)


def reads(who: Who, project_id: int) -> str:
    try:
        return "whole" if look(projects.one, who, project_id).whole else "title"
    except NotFound:
        return "nothing"


def put(project_id: int, **columns: object) -> None:
    with audit.transaction() as session:
        row = session.get_one(Project, project_id)
        for name, value in columns.items():
            setattr(row, name, value)


@pytest.mark.parametrize(
    ("state", "columns", "public", "inside"),
    [
        ("submitted", {}, "nothing", "whole"),
        ("eligible", {}, "whole", "whole"),
        ("feasible", {}, "whole", "whole"),
        ("ineligible", {}, "title", "whole"),
        ("unfeasible", {}, "title", "whole"),
        ("on_ballot", {"number": 1}, "whole", "whole"),
        ("funded", {"number": 1}, "whole", "whole"),
        ("not_funded", {"number": 1}, "whole", "whole"),
        ("contracting", {"number": 1}, "whole", "whole"),
        ("closed", {"number": 1}, "whole", "whole"),
        ("cancelled", {"number": 1}, "whole", "whole"),  # stopped at work
        ("cancelled", {}, "title", "whole"),  # withdrawn after its screening
        ("cancelled", {"submitted_at": None}, "nothing", "nothing"),
        ("draft", {}, "nothing", "nothing"),
    ],
)
def test_who_reads_how_much(
    here: Call, funders: FundPeople, people: People, state: str, columns: dict[str, object], public: str, inside: str
) -> None:
    project_id = here.proposed()
    put(project_id, state=state, **columns)
    for who in (VISITOR, funders.bob, people.far_staff, people.grid_worker):
        assert reads(who, project_id) == public
    for who in (funders.second_staff, funders.reviewer, funders.finance, funders.auditor, people.street_staff):
        assert reads(who, project_id) == inside
    assert reads(funders.ann, project_id) == "whole"
    listed = {card.id: card.whole for card in look(projects.of_round, VISITOR, here.round_id)}
    assert listed == {"nothing": {}, "title": {project_id: False}, "whole": {project_id: True}}[public]


def test_numbers_that_are_none(here: Call) -> None:
    for number in (0, -1, 99_999, 2**31, 2**70):
        with pytest.raises(NotFound):
            look(projects.one, VISITOR, number)


def test_a_card_carries_what_a_list_shows(here: Call, funders: FundPeople) -> None:
    project_id = here.admitted(photos=[picture()], documents=[PDF], place="三栋东侧")
    [card] = look(for_all(projects.of_round), VISITOR, here.round_id)
    assert (card.id, card.number, card.state, card.kind) == (project_id, None, "eligible", "green")
    assert (card.cost_fen, card.place, card.organization, card.rivals) == (150_000, "三栋东侧", "", ())
    assert card.photo and len(card.photo) == 32


def test_what_is_read_is_a_copy_that_changes_nothing(here: Call, funders: FundPeople) -> None:
    project_id = here.proposed()
    do(reviewing.exclude, funders.second_staff, project_id, "excluded:1", "围墙")

    def blanked(session: object, who: Who) -> None:
        shown = projects.one(session, VISITOR, project_id)  # type: ignore[arg-type]
        assert shown.project.need == ""

    do(blanked, VISITOR)  # a transaction that commits whatever it holds
    assert look(projects.one, funders.ann, project_id).project.need == "老人没有地方坐。"


def test_the_proposer_is_a_resident_of_a_cell_or_an_organization(here: Call, funders: FundPeople) -> None:
    by_resident = look(projects.one, VISITOR, here.admitted())
    assert (by_resident.home_path, by_resident.project.organization) == (CELL, "")
    by_group = look(projects.one, VISITOR, here.admitted(funders.organization, organization="暖阳社工"))
    assert (by_group.home_path, by_group.project.organization) == ("", "暖阳社工")


def test_the_history_is_public_and_what_was_asked_of_the_proposer_is_not(here: Call, funders: FundPeople) -> None:
    project_id = here.proposed()
    do(reviewing.give_back, funders.second_staff, project_id, "请补充报价。")
    do(proposals.submit, funders.ann, project_id)
    do(reviewing.admit, funders.second_staff, project_id)
    shown = look(projects.one, VISITOR, project_id)
    assert [step.act.removeprefix("project.") for step in shown.steps] == ["submit", "give_back", "submit", "admit"]
    assert all(step.says is None for step in shown.steps) and shown.asked == ""


def test_projects_of_a_wish_are_those_that_are_public(here: Call, funders: FundPeople, people: People) -> None:
    from tests.portal.cases.steps import posted

    case_id = posted(people)
    hidden = do(hand_in, funders.ann, here.round_id, written(), case_id)
    assert look(projects.grown_from, VISITOR, case_id) == []
    do(reviewing.admit, funders.second_staff, hidden)
    assert [card.id for card in look(projects.grown_from, VISITOR, case_id)] == [hidden]
    assert look(projects.one, VISITOR, hidden).case_id == case_id


def test_ones_own_are_there_in_every_state_but_gone(here: Call, funders: FundPeople) -> None:
    draft = do(proposals.draft, funders.ann, here.round_id, written())
    waiting, gone = here.proposed(), here.proposed()
    do(proposals.withdraw, funders.ann, gone)
    assert [(card.id, card.beneficiaries) for card in look(projects.own, funders.ann)] == [
        (waiting, "三栋四栋的老人"), (draft, "三栋四栋的老人"),
    ]  # fmt: skip
    assert look(projects.own, VISITOR) == [] and look(projects.own, funders.bob) == []


def test_a_list_is_in_the_order_of_the_ballot_and_has_an_end(people: People, funders: FundPeople) -> None:
    with audit.transaction() as session:
        row, made = add_round(session, add_fund(session), "publishing", costs=[1_000] * 3)
        first, second, third = made
        first.number = None
        first.state = "eligible"
        second.number, third.number = 2, 1
        ids = [project.id for project in (third, second, first)]
    # number 1 is only free once the first project has none: written in two steps above
    assert [card.id for card in look(projects.of_round, VISITOR, row.id)] == ids
    assert reads(replace(people.stranger), ids[0] or 0) == "whole"
