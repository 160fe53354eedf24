"""Who may vote: the roster at the opening, those who come later, papers given out, and turnout off the counters."""

from dataclasses import replace

import pytest
from sqlalchemy import event
from sqlmodel import select

from db.engine import engine, reading
from db.models.accounts import Person
from db.models.audit import AuditRow
from db.models.ballots import Voter
from db.models.fund import Round
from portal import areas, audit, clock
from portal.accounts import reception
from portal.acts import VISITOR, Who
from portal.errors import Forbidden, NotFound
from portal.fund import ballots, polling, roster
from tests.fixtures.fund import FundPeople, add_fund, add_round
from tests.fixtures.town import CELL, OTHER_COMMUNITY, People
from tests.portal.cases.steps import do, look, refused
from tests.portal.fund.votes import ONE, Fn, begin, cast, close, given, turn_to, voter

LATE = 104
"""Ends the phone number of somebody who speaks for an organization and is not on the roster."""


def settle(who: Who, path: str = CELL, *, confirmed: bool = True, blocked: bool = False) -> Who:
    """Their home, as staff confirmed it."""
    with audit.transaction() as session:
        person = session.get_one(Person, who.person_id)
        person.home_area_id, person.area_path = areas.tree().by_path(path).id, path
        person.resident_at = clock.now() if confirmed else None
        person.blocked_at = clock.now() if blocked else None
    return replace(who, home_path=path if confirmed else "")


def opened(funders: FundPeople) -> tuple[int, int]:
    """A round whose roster is drawn up; its id and how many are on it."""
    with audit.transaction() as session:
        row, _ = add_round(session, add_fund(session), "balloting", costs=[1])
        return row.id or 0, roster.fill(session, row)


def listed(round_id: int) -> dict[int, Voter]:
    with reading() as session:
        return {row.person_id: row for row in session.exec(select(Voter).where(Voter.round_id == round_id))}


def test_the_roster_is_everybody_whose_home_there_is_confirmed(funders: FundPeople, people: People) -> None:
    settle(funders.organization, f"{OTHER_COMMUNITY}01/")
    settle(funders.auditor, confirmed=False)
    settle(funders.reviewer, blocked=True)
    round_id, n = opened(funders)
    expected = {who.person_id for who in (*funders.voters, people.resident, people.neighbour)}
    rows = listed(round_id)
    assert rows.keys() == expected and n == len(expected)
    assert all((row.voted_how, row.voted_at, row.entered_by) == ("", None, None) for row in rows.values())
    assert rows[funders.ann.person_id or 0].cell_id == areas.tree().by_path(CELL).id
    assert look(roster.turnout, VISITOR, round_id) == roster.Turnout(n, 0, 0)


def test_drawing_it_up_again_changes_nothing(funders: FundPeople) -> None:
    vote = begin(funders)  # the four are on it
    cast(vote, funders.ann)
    with audit.transaction() as session:
        assert roster.fill(session, session.get_one(Round, vote.id)) == 2  # the two of `people`
    assert voter(vote.id, funders.ann).voted_how == "web"


def test_turnout_is_public_and_reads_no_roster(funders: FundPeople) -> None:
    vote = begin(funders)
    cast(vote, funders.ann)
    asked: list[str] = []

    def heard(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    event.listen(engine(), "before_cursor_execute", heard)
    try:
        assert look(roster.turnout, VISITOR, vote.id).voted == 1
    finally:
        event.remove(engine(), "before_cursor_execute", heard)
    assert asked and not [statement for statement in asked if "voter" in statement or "FROM ballot" in statement]
    with pytest.raises(NotFound):
        look(roster.turnout, VISITOR, begin(funders, state="drafting").id)


# Those who come later


def test_staff_add_a_resident_who_was_confirmed_later(funders: FundPeople) -> None:
    vote, staff = begin(funders), funders.second_staff
    late = settle(funders.organization)
    with refused("vote_not_listed"):
        cast(vote, late)
    turn_to(staff, LATE)
    assert look(polling.at_desk, staff, vote.id, late.person_id).voted_how is None
    do(polling.enroll, staff, vote.id, late.person_id)
    assert voter(vote.id, late).entered_by == staff.person_id
    assert look(roster.turnout, VISITOR, vote.id).roster == 1  # the fixture's four were written by hand
    cast(vote, late)
    with refused("on_roster_already"):
        do(polling.enroll, staff, vote.id, late.person_id)


@pytest.mark.parametrize("deed", [polling.enroll, polling.give_paper])
def test_only_staff_of_the_area_with_the_person_before_them(funders: FundPeople, people: People, deed: Fn) -> None:
    vote = begin(funders)
    for who in (people.far_staff, funders.finance, funders.ann, VISITOR):
        with pytest.raises(Forbidden):
            do(deed, who, vote.id, funders.bob.person_id)
        with pytest.raises(Forbidden):
            look(polling.at_desk, who, vote.id, funders.bob.person_id)
    with refused("not_at_counter"):
        do(deed, funders.second_staff, vote.id, funders.bob.person_id)
    assert look(polling.at_desk, funders.second_staff, vote.id, funders.bob.person_id) is None


@pytest.mark.parametrize("deed", [polling.enroll, polling.give_paper])
def test_nobody_whose_home_is_not_confirmed_there(funders: FundPeople, deed: Fn) -> None:
    vote, staff = begin(funders), funders.second_staff
    turn_to(staff, LATE)
    for path, how in ((CELL, {"confirmed": False}), (f"{OTHER_COMMUNITY}01/", {}), (CELL, {"blocked": True})):
        settle(funders.organization, path, **how)
        with refused("not_resident_there"):
            do(deed, staff, vote.id, funders.organization.person_id)
        assert not look(polling.at_desk, staff, vote.id, funders.organization.person_id).lives_here


@pytest.mark.parametrize(("state", "message"), [("publishing", "vote_early"), ("reviewing_ballots", "vote_closed")])
def test_only_while_people_vote(funders: FundPeople, state: str, message: str) -> None:
    vote, staff = begin(funders, state=state), funders.second_staff
    turn_to(staff, 108)
    for deed in (polling.enroll, polling.give_paper):
        with refused(message):
            do(deed, staff, vote.id, funders.ann.person_id)


# Papers given out


def test_a_paper_is_given_once_and_not_to_who_voted(funders: FundPeople) -> None:
    vote, staff = begin(funders), funders.second_staff
    given(vote, staff, 108)
    assert voter(vote.id, funders.ann).voted_how == "paper"
    assert look(roster.turnout, VISITOR, vote.id) == roster.Turnout(0, 1, 1)
    with refused("has_paper"):
        given(vote, staff, 108)
    cast(vote, funders.bob)
    with refused("voted_on_web"):
        given(vote, staff, 109)
    assert voter(vote.id, funders.bob).voted_how == "web"
    settle(funders.organization)
    with refused("not_on_roster"):
        given(vote, staff, LATE)
    with refused("vote_on_paper"):
        cast(vote, funders.ann)


def test_no_papers_where_the_round_takes_none(funders: FundPeople) -> None:
    with refused("no_paper"):
        given(begin(funders, paper=False), funders.second_staff, 108)


def test_giving_leaves_a_row_that_is_not_public_and_no_number(funders: FundPeople) -> None:
    vote = begin(funders)
    given(vote, funders.second_staff, 108)
    with reading() as session:
        row = session.exec(select(AuditRow).where(AuditRow.act == "voter.give_paper")).one()
    assert (row.public, row.facts, row.private) == (False, {}, {})
    assert row.thing == f"voter:{vote.id}:{funders.ann.person_id}" and row.actor_id == funders.second_staff.person_id


def test_after_the_close_the_desk_still_reads_how_somebody_stands(funders: FundPeople) -> None:
    vote, staff = begin(funders), funders.second_staff
    cast(vote, funders.ann)
    turn_to(staff, 108)
    close(vote)
    found = look(polling.at_desk, staff, vote.id, funders.ann.person_id)
    assert (found.voted_how, found.lives_here, found.served.phone) == ("web", True, "139****0108")
    assert look(reception.served, staff, funders.ann.person_id) is not None


def test_a_draft_of_who_took_a_paper_then_is_lost_to_nobody(funders: FundPeople) -> None:
    vote = begin(funders)
    do(ballots.save_draft, funders.ann, vote.id, ONE)
    given(vote, funders.second_staff, 108)
    assert look(ballots.mine, funders.ann, vote.id).choices == ()
