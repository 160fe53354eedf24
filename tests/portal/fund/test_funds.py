"""Funds: who may set one up, what is refused, and what is told of its money."""

import pytest
from sqlmodel import select

from db.engine import reading
from db.models.audit import AuditRow
from portal import areas, audit
from portal.acts import VISITOR
from portal.errors import Forbidden, NotFound
from portal.fund import funds
from portal.fund.funds import Typed, is_credit_code
from tests.fixtures.fund import FundPeople, add_fund, add_round, endow
from tests.fixtures.town import COMMUNITY, OTHER_COMMUNITY, People
from tests.portal.cases.steps import do, look, refused


def code(body: str) -> str:
    """The body of a credit code with its check sign."""
    return next(body + sign for sign in funds._CODE if is_credit_code(body + sign))


GOOD = Typed("后山社区基金", "大家的事大家定。")


def community_id() -> int:
    return areas.tree().by_path(COMMUNITY).id


def test_an_admin_sets_up_a_fund_and_everybody_reads_it(people: People) -> None:
    fund_id = do(funds.create, people.admin, community_id(), GOOD)
    fund = look(funds.one, VISITOR, fund_id)
    assert (fund.name, fund.area_path, fund.charity) == ("后山社区基金", COMMUNITY, "")
    with reading() as session:
        row = session.exec(select(AuditRow).where(AuditRow.thing == f"fund:{fund_id}")).one()
    assert row.act == "fund.create" and row.public and row.facts["area"] == COMMUNITY


@pytest.mark.parametrize("name", ["resident", "staff", "stranger", "volunteer"])
def test_nobody_else_sets_one_up(people: People, name: str) -> None:
    with pytest.raises(Forbidden):
        do(funds.create, getattr(people, name), community_id(), GOOD)
    assert look(funds.listing, VISITOR) == []


def test_finance_may_change_it_and_only_in_its_area(people: People, funders: FundPeople) -> None:
    fund_id = do(funds.create, people.admin, community_id(), GOOD)
    charity = Typed("后山社区基金", charity="安宁市慈善会", charity_code=code("53530181MJ0000001"))
    do(funds.edit, funders.finance, fund_id, charity)
    assert look(funds.one, VISITOR, fund_id).charity == "安宁市慈善会"
    assert [fund.id for fund in look(funds.editable, funders.finance)] == [fund_id]
    assert look(funds.editable, people.staff) == []
    with pytest.raises(Forbidden):
        do(funds.edit, people.staff, fund_id, GOOD)
    other = do(funds.create, people.admin, areas.tree().by_path(OTHER_COMMUNITY).id, GOOD)
    with pytest.raises(Forbidden):
        do(funds.edit, funders.finance, other, GOOD)


@pytest.mark.parametrize(
    ("typed", "message", "field"),
    [
        (Typed(""), "missing", "fund_name"),
        (Typed("x" * 61), "too_long", "fund_name"),
        (Typed("a\u202eb"), "direction_characters", "fund_name"),
        (Typed("基金", "x" * 2_001), "too_long", "fund_about"),
        (Typed("基金", charity="安宁市慈善会"), "missing", "charity_code"),
        (Typed("基金", charity_code="53530181MJ0000001X"), "not_a_credit_code", None),
        (Typed("基金", charity="安宁市慈善会", charity_code="123"), "not_a_credit_code", None),
    ],
)
def test_each_field_is_refused_with_its_own_sentence(
    people: People, typed: Typed, message: str, field: str | None
) -> None:
    with refused(message, **({"field": field} if field else {})):
        do(funds.create, people.admin, community_id(), typed)


def test_a_code_without_a_charity_is_refused(people: People) -> None:
    with refused("missing", field="charity"):
        do(funds.create, people.admin, community_id(), Typed("基金", charity_code=code("53530181MJ0000001")))


def test_the_last_sign_of_a_credit_code_checks_the_others() -> None:
    assert is_credit_code("91350100M000100Y43")  # the example of GB 32100-2015
    assert not is_credit_code("91350100M000100Y34")
    assert not is_credit_code("91350100M000100Y4") and not is_credit_code("9135O100M000100Y43")


def test_what_came_in_and_what_is_left(people: People, funders: FundPeople) -> None:
    with audit.transaction() as session:
        fund = add_fund(session)
        row, _ = add_round(session, fund, "drafting")
        endow(session, fund, 500_000, funders.finance, funders.other_finance)
        endow(session, fund, 300_000, funders.finance, funders.other_finance, row)
    found = look(funds.purse, VISITOR, fund.id)
    assert (found.income_fen, found.left_fen) == (800_000, 500_000)


def test_there_is_no_such_fund(people: People) -> None:
    for number in (0, -1, 99, 2**40):
        with pytest.raises(NotFound):
            look(funds.one, VISITOR, number)
