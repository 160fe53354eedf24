"""What a browser may follow without an account."""

import pytest
from sqlalchemy import insert

from db.models.cases import Case
from db.models.setup import Category, Target
from portal import audit
from portal.accounts import sessions
from tests.portal.accounts.town import CELL, Town, do, who_of


@pytest.fixture
def cases(town: Town) -> list[int]:
    with audit.transaction() as session:
        if session.get(Category, "t") is None:
            session.execute(
                insert(Target).values(name="t", finish_hours=1, respond_hours=1, workdays=False, position=0)
            )
            session.add(Category(code="t", target_class="t"))
            session.flush()
        made = [
            Case(title="t", body="b", category="t", area_id=town.areas[CELL], area_path=CELL, desk_path=CELL)
            for _ in range(3)
        ]
        session.add_all(made)
        session.flush()
        return [case.id or 0 for case in made]


def follow(case_id: int, token: str | None) -> str:
    ticket = do(sessions.issue_ticket, case_id=case_id)
    return do(sessions.redeem, ticket, current_token=token, agent="")[0]


def test_receipts_gather_in_one_anonymous_session(cases: list[int]) -> None:
    token = follow(cases[0], None)
    again = follow(cases[1], follow(cases[0], token))
    assert token == again
    assert who_of(token).receipts == {cases[0], cases[1]} and who_of(token).person_id is None


def test_signing_in_takes_the_receipts_along_under_a_new_token(town: Town, cases: list[int]) -> None:
    token = follow(cases[0], None)
    ticket = do(sessions.issue_ticket, person_id=town.people["ann"])
    signed_in, _ = do(sessions.redeem, ticket, current_token=token, agent="")
    assert who_of(signed_in).receipts == {cases[0]} and who_of(signed_in).name == "ann"
    assert who_of(token).receipts == frozenset()


def test_the_next_person_at_the_browser_does_not_inherit_receipts(town: Town, cases: list[int]) -> None:
    token = follow(cases[0], town.token("ann"))
    assert who_of(token).receipts == {cases[0]}
    ticket = do(sessions.issue_ticket, person_id=town.people["ben"])
    ben, _ = do(sessions.redeem, ticket, current_token=token, agent="")
    assert who_of(ben).receipts == frozenset()


def test_a_receipt_does_not_wake_an_ended_session(town: Town, cases: list[int]) -> None:
    token = town.token("ann")
    do(sessions.end, token)
    fresh = follow(cases[2], token)
    assert fresh != token and who_of(fresh).person_id is None
