"""Proposing: what each kind of order asks for, and that the same form makes one order."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from db.engine import reading
from db.models.audit import AuditRow
from db.models.fund import Fund, Project, Round
from db.models.ledger import Order, Spending
from db.models.notices import Notice
from portal import attachments, audit, vault
from portal.acts import VISITOR
from portal.errors import Forbidden, NotFound, Refused
from portal.fund import orders
from portal.fund.moves import KINDS
from tests.fixtures.fund import FundPeople
from tests.fixtures.town import People
from tests.portal.cases.steps import do, look, refused
from tests.portal.fund.purse import PROOF, Purse, order, purse, today, transfers


@pytest.fixture
def money(funders: FundPeople) -> Purse:
    return purse(funders)


def count() -> int:
    with reading() as session:
        return len(session.exec(select(Order.id)).all())


def test_every_kind_can_be_ordered_but_an_award() -> None:
    assert {str(kind) for kind in KINDS} == {
        "income", "appropriation", "contract", "instalment", "refund", "release", "return", "carry_over", "correction",
    }  # fmt: skip


def test_an_order_waits_and_moves_nothing(money: Purse) -> None:
    before = transfers()
    order_id = money.propose("contract", "1,200.50")
    row = order(order_id)
    assert (row.state, row.amount_fen, row.payee, row.decided_by) == ("proposed", 120_050, "安宁绿化有限公司", None)
    assert (row.fund_id, row.round_id, row.project_id) == (money.fund_id, money.round_id, money.project_id)
    assert transfers() == before and money.standing == (2_000_000, 0, 0)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if str(kind) != "correction"])
def test_what_every_kind_asks_for(money: Purse, kind: str) -> None:
    for lack, field in (({"amount": ""}, "amount"), ({"purpose": " "}, "purpose")):
        with refused("missing", field=field):
            do(orders.propose, money.funders.finance, money.typed(kind, **{"amount": "100"} | lack))
    assert count() == 2


@pytest.mark.parametrize(
    ("kind", "lack", "field"),
    [
        ("income", {"voucher": ""}, "voucher_income"),
        ("income", {"received_on": None}, "received_on"),
        ("contract", {"voucher": ""}, "voucher_contract"),
        ("contract", {"payee": ""}, "payee"),
        ("contract", {"project_id": None}, "project"),
        ("instalment", {"payee": ""}, "payee"),
        ("appropriation", {"round_id": None}, "round"),
        ("release", {"project_id": None}, "project"),
    ],
)
def test_what_single_kinds_ask_for(money: Purse, kind: str, lack: dict[str, Any], field: str) -> None:
    with refused("missing", field=field):
        money.propose(kind, **lack)


def test_nothing_comes_in_tomorrow(money: Purse) -> None:
    with refused("in_future", field="received_on"):
        money.propose("income", received_on=today() + timedelta(days=1))


@pytest.mark.parametrize("kind", ["award", "gift", "", "correction "])
def test_other_kinds_are_none(money: Purse, kind: str) -> None:
    with refused("not_offered", field="money_kind"):
        money.propose(kind)


def test_numbers_of_nothing_are_not_found(money: Purse) -> None:
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("income", {"fund_id": 99}), ("income", {"fund_id": 0}), ("appropriation", {"round_id": 99}),
        ("contract", {"project_id": 2**31}), ("release", {"project_id": -1}),
    ]  # fmt: skip
    for kind, changes in wrong:
        with pytest.raises(NotFound):
            money.propose(kind, **changes)


# Income


def test_donations_need_a_qualified_charity(money: Purse) -> None:
    order_id = money.propose("income", source="donation", donor="热心居民")
    assert order(order_id).charity == "安宁市慈善会"
    with refused("not_offered", field="charity"):
        money.propose("income", source="donation", charity="别的机构")
    with audit.transaction() as session:
        session.get_one(Fund, money.fund_id).charity = ""
    with refused("no_charity"):
        money.propose("income", source="donation")
    with refused("no_charity"):  # it was qualified when this was proposed, and is not any more
        money.approve(order_id)
    assert order(order_id).state == "proposed"
    money.propose("income", source="sponsor", donor="某公司")


def test_a_donor_is_sealed_and_named_only_with_consent(money: Purse) -> None:
    quiet = order(money.propose("income", source="donation", donor="王秀英"))
    named = order(money.propose("income", source="donation", donor="王秀英", donor_shown=True))
    assert (quiet.donor_shown, named.donor_shown) == ("", "王秀英")
    assert "王秀英" not in (quiet.donor_sealed or "") and vault.unseal(quiet.donor_sealed or "") == "王秀英"
    with reading() as session:
        rows = session.exec(select(AuditRow)).all()
    assert not any("王秀英" in f"{row.facts}{row.private}{row.says}" for row in rows)
    with refused("missing", field="sponsor"):
        money.propose("income", source="sponsor")
    with refused("missing", field="donation"):
        money.propose("income", source="donation", donor_shown=True)
    with refused("not_offered", field="source"):
        money.propose("income", source="loan")


def test_a_person_who_is_paid_is_sealed(money: Purse) -> None:
    row = order(money.propose("contract", payee="李木匠", payee_is_person=True))
    assert row.payee == "" and vault.unseal(row.payee_sealed or "") == "李木匠"


# When it may be


def test_a_round_that_is_over_gets_no_money_and_one_that_runs_gives_none_back(money: Purse) -> None:
    with refused("round_over"):
        money.propose("appropriation")
    money.propose("carry_over", "1")
    money.set_state(Round, "publishing")
    with refused("round_not_over"):
        money.propose("carry_over", "1")
    money.propose("appropriation")


@pytest.mark.parametrize("state", ["funded", "suspended", "accepted", "closed", "cancelled"])
def test_a_contract_is_only_for_a_project_at_work(money: Purse, state: str) -> None:
    waiting = money.propose("contract")
    money.set_state(Project, state)
    with refused("project_not_at_work"):
        money.propose("contract")
    with refused("project_not_at_work"):
        money.approve(waiting)


def test_a_contract_is_at_most_what_is_free(money: Purse) -> None:
    with refused("not_enough_money", need_fen=2_000_001, have_fen=2_000_000):
        money.propose("contract", "20000.01")
    money.post("contract", "20000")
    with refused("not_enough_money", need_fen=1, have_fen=0):
        money.propose("contract", "0.01")


def test_a_return_is_only_for_a_project_that_ended(money: Purse) -> None:
    with refused("project_still_runs"):
        money.propose("return")
    money.set_state(Project, "closed")
    money.propose("return")


# Payments


@pytest.fixture
def contracted(money: Purse) -> Purse:
    money.post("contract", "10000")
    return money


def test_an_instalment_needs_an_accepted_milestone(contracted: Purse) -> None:
    planned, reported = contracted.milestone("planned"), contracted.milestone("reported")
    for milestone_id in (planned, reported):
        with refused("milestone_not_accepted"):
            contracted.propose("instalment", milestone_id=milestone_id)
    with refused("missing", field="milestone"):
        contracted.propose("instalment")
    with pytest.raises(NotFound):
        contracted.propose("instalment", milestone_id=999)
    contracted.propose("instalment", milestone_id=contracted.milestone())


def test_a_milestone_of_another_project_is_none(contracted: Purse) -> None:
    other = purse(contracted.funders)
    with refused("missing", field="milestone"):
        contracted.propose("instalment", milestone_id=other.milestone())


def test_an_instalment_needs_its_proof(contracted: Purse) -> None:
    with refused("proof_missing"):
        contracted.propose("instalment", milestone_id=contracted.milestone(), documents=[])
    order_id = contracted.propose("instalment", milestone_id=contracted.milestone())
    with reading() as session:
        (found,) = attachments.of(session, [f"money_order:{order_id}"], hidden=True)[f"money_order:{order_id}"]
        assert (found.title, found.shown) == ("发票", False)
        assert attachments.of(session, [f"money_order:{order_id}"]) == {}


def test_a_proof_is_public_only_where_that_was_chosen(contracted: Purse) -> None:
    order_id = contracted.propose("instalment", milestone_id=contracted.milestone(), documents_shown=True)
    with reading() as session:
        assert attachments.of(session, [f"money_order:{order_id}"])


@pytest.mark.parametrize(("kind", "hides"), [
    ("contract", {"payee": "李木匠", "payee_is_person": True}),
    ("income", {"source": "donation", "donor": "王秀英"}),
])  # fmt: skip
def test_the_papers_of_somebody_who_is_not_named_are_never_public(money: Purse, kind: str, hides: Any) -> None:
    order_id = money.post(kind, documents=[PROOF], documents_shown=True, **hides)
    with reading() as session:
        (found,) = attachments.of(session, [f"money_order:{order_id}"], hidden=True)[f"money_order:{order_id}"]
    assert not found.shown


def test_the_parts_add_up_to_the_fen(contracted: Purse) -> None:
    first, second = contracted.line_ids
    for splits, fen in (([(first, "0.1"), (second, "0.2")], 30), ([(first, "0.29"), (second, "")], 29), ([], 0)):
        with refused("splits_differ", sum_fen=fen, amount_fen=31):
            contracted.propose("instalment", "0.31", milestone_id=contracted.milestone(), splits=splits)
    order_id = contracted.propose(
        "instalment", "0.3", milestone_id=contracted.milestone(), splits=[(first, "0.1"), (second, "0.2")]
    )
    with reading() as session:
        parts = session.exec(select(Spending.line_id, Spending.amount_fen).where(Spending.order_id == order_id)).all()
    assert dict(parts) == {first: 10, second: 20}


def test_parts_are_of_this_projects_lines_and_each_once(contracted: Purse) -> None:
    other, milestone_id = purse(contracted.funders).line_ids[0], contracted.milestone()
    with pytest.raises(NotFound):
        contracted.propose("instalment", milestone_id=milestone_id, splits=[(other, "100")])
    with refused("not_offered", field="split"):
        splits = [(contracted.line_ids[0], "50"), (contracted.line_ids[0], "50")]
        contracted.propose("instalment", milestone_id=milestone_id, splits=splits)


def test_one_milestone_has_one_instalment_until_that_is_undone(contracted: Purse) -> None:
    milestone_id = contracted.milestone()
    first = contracted.propose("instalment", milestone_id=milestone_id)
    with refused("ordered_already"):
        contracted.propose("instalment", milestone_id=milestone_id)
    do(orders.withdraw, contracted.funders.finance, first)
    second = contracted.post("instalment", milestone_id=milestone_id)
    with refused("ordered_already"):
        contracted.propose("instalment", milestone_id=milestone_id)
    contracted.approve(contracted.correct(second))
    contracted.post("instalment", milestone_id=milestone_id)
    assert contracted.standing == (1_000_000, 990_000, 10_000)


# The same form


def test_the_same_form_makes_one_order(money: Purse) -> None:
    typed = money.typed("contract", payee="李木匠", payee_is_person=True)
    first = do(orders.propose, money.funders.finance, typed)
    assert do(orders.propose, money.funders.finance, typed) == first
    money.approve(first)
    assert do(orders.propose, money.funders.finance, typed) == first
    assert count() == 3 and money.standing[1] == 10_000


def test_the_same_form_with_something_else_is_told_apart(money: Purse) -> None:
    typed = money.typed("contract", key="once")
    first = do(orders.propose, money.funders.finance, typed)
    for changes in ({"amount": "200"}, {"payee": "别人"}, {"payee_is_person": True}, {"purpose": "另一件"}):
        with refused("already_sent", n=first):
            do(orders.propose, money.funders.finance, replace(typed, **changes))
    other = do(orders.propose, money.funders.other_finance, typed)  # the address of a form was passed on
    assert other != first


def test_a_retry_counts_even_where_the_money_is_gone_meanwhile(money: Purse) -> None:
    typed = money.typed("contract", "20000")
    first = do(orders.propose, money.funders.finance, typed)
    money.approve(first)
    assert money.standing[0] == 0
    assert do(orders.propose, money.funders.finance, typed) == first


# Who


def test_who_may_propose(money: Purse, people: People) -> None:
    money.propose("contract", who=people.staff)
    money.propose("contract", who=people.street_staff)
    for who in (people.far_staff, people.resident, money.funders.auditor, money.funders.organization, VISITOR):
        for kind in ("contract", "income", "appropriation"):
            with pytest.raises(Forbidden):
                money.propose(kind, who=who)


def test_who_may_read(money: Purse, people: People) -> None:
    order_id = money.propose("contract")
    for who in (people.staff, money.funders.auditor, money.funders.other_finance):
        assert look(orders.one, who, order_id).id == order_id
    for who in (people.far_staff, people.resident, VISITOR):
        with pytest.raises(NotFound):
            look(orders.one, who, order_id)
    with pytest.raises(NotFound):
        look(orders.one, people.staff, 999)


# Being told


def told(message: str) -> list[int | None]:
    with reading() as session:
        return list(session.exec(select(Notice.person_id).where(Notice.message == message)))


def test_the_other_officers_are_told_once_until_they_looked(money: Purse) -> None:
    with audit.transaction() as session:
        for notice in session.exec(select(Notice)):
            session.delete(notice)
    for _ in range(5):
        money.propose("contract", "1")
    assert told("order_waiting") == [money.funders.other_finance.person_id]
    with audit.transaction() as session:
        notice = session.exec(select(Notice)).one()
        notice.read_at = notice.created_at
    money.propose("contract", "1")
    assert len(told("order_waiting")) == 2


# A new one like it


def test_a_copy_begins_with_what_the_old_one_said(contracted: Purse) -> None:
    milestone_id = contracted.milestone()
    typed = contracted.typed(
        "instalment", "1200.5", milestone_id=milestone_id, payee="李木匠", payee_is_person=True, received_on=today(),
        voucher="FP-7",
    )  # fmt: skip
    first = do(orders.propose, contracted.funders.finance, typed)
    like = look(orders.copy, contracted.funders.finance, first)
    assert like.amount == "1200.50" and like.key == "" and like.documents == ()
    same = ("kind", "purpose", "project_id", "milestone_id", "payee", "payee_is_person", "voucher", "received_on")
    assert all(getattr(like, name) == getattr(typed, name) for name in same)
    assert like.splits == [(contracted.line_ids[0], "1200.50")]
    donation = contracted.propose("income", source="donation", donor="王秀英", donor_shown=True)
    like = look(orders.copy, contracted.funders.finance, donation)
    assert (like.source, like.donor, like.donor_shown, like.fund_id) == ("donation", "王秀英", True, contracted.fund_id)


def test_refused_orders_leave_nothing(money: Purse) -> None:
    with pytest.raises(Refused):
        money.propose("contract", "999999")
    with reading() as session:
        assert session.exec(select(AuditRow).where(AuditRow.act == "money.propose")).all()[2:] == []
