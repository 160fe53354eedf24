"""The treasury: what waits, the forms, the decision, and who gets in."""

from dataclasses import replace
from typing import Any

import pytest
from sqlmodel import col, select
from streamlit.testing.v1 import AppTest

from db.engine import reading
from db.models.fund import Fund, Project, Round
from db.models.ledger import Order
from db.models.works import Milestone
from portal import audit, clock
from portal.acts import VISITOR
from portal.errors import Forbidden
from portal.fund import orders, treasury
from tests.fixtures.fund import FundPeople
from tests.fixtures.screens import Open, links, run, text
from tests.fixtures.town import CELL, NEXT_CELL, People
from tests.portal.cases.steps import do, look
from tests.portal.fund.purse import Purse, order, purse

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the rules have their own tests


@pytest.fixture
def money(funders: FundPeople) -> Purse:
    return purse(funders)


def press(at: AppTest, key: str) -> AppTest:
    next(button for button in at.button if (button.key or "").startswith(key)).click()
    return run(at)


def field(at: AppTest, label: str) -> Any:
    found = [widget for widget in (*at.text_input, *at.text_area) if widget.label == label]
    assert found, [widget.label for widget in at.text_input]
    return found[0]


def asked(at: AppTest, name: str) -> str:
    """What the address says; after a change of page it is no list."""
    value = at.query_params[name]
    return value if isinstance(value, str) else value[0]


def newest() -> Order:
    with reading() as session:
        return session.exec(select(Order).order_by(col(Order.id).desc()).limit(1)).one()


def test_others_do_not_get_in(money: Purse, people: People, open_screen: Open) -> None:
    order_id = money.propose("contract")
    for who in (VISITOR, people.resident, people.volunteer, money.funders.reviewer):
        for query in ({}, {"order": str(order_id)}, {"new": "income"}):
            seen = text(open_screen("treasury", who, **query))
            assert "安宁绿化" not in seen and "待复核" not in seen


def test_what_waits_for_me_comes_first(money: Purse, open_screen: Open) -> None:
    theirs, mine = money.propose("contract", "1200.5"), money.propose("contract", "7", who=money.funders.other_finance)
    at = open_screen("treasury", money.funders.other_finance)
    seen = text(at)
    assert seen.index("等您复核：1 张") < seen.index("您提交的，等别人复核：1 张")
    assert "登记合同 · 1,200.50 元" in seen
    assert {f"/treasury?order={theirs}", f"/treasury?order={mine}"} <= set(links(at))


def test_with_nothing_to_do_it_says_so(money: Purse, people: People, open_screen: Open) -> None:
    assert "没有待复核的单据" in text(open_screen("treasury", people.staff))
    assert "Nothing waits" in text(open_screen("treasury", people.staff, "en"))


def test_without_a_fund_it_says_so(funders: FundPeople, open_screen: Open) -> None:
    assert "还没有基金" in text(open_screen("treasury", funders.finance, tab="history"))
    assert "没有可以登记收入的基金" in text(open_screen("treasury", funders.finance, new="income"))


def test_approving_shows_before_and_after_and_asks_once_more(money: Purse, open_screen: Open) -> None:
    first, second = money.propose("contract", "5000"), money.propose("contract", "6000")
    at = open_screen("treasury", money.funders.other_finance, order=str(first))
    seen = text(at)
    assert "20,000 元 → 15,000 元" in seen and "0 元 → 5,000 元" in seen and "安宁绿化有限公司" in seen
    at = press(at, "press_money.approve")
    assert order(first).state == "proposed"
    assert any("5,000 元" in str(warning.value) for warning in at.warning)
    at = press(at, "go_money.approve")
    assert order(first).state == "posted" and money.standing == (1_500_000, 500_000, 0)
    assert asked(at, "order") == str(second)  # on to the next one
    at = press(press(at, "press_money.approve"), "go_money.approve")
    assert order(second).state == "posted"


def test_who_approves_a_payment_sees_what_was_planned_and_accepted_and_the_proof(
    money: Purse, open_screen: Open
) -> None:
    money.post("contract", "5000")
    with audit.transaction() as session:
        step = session.get_one(Milestone, money.milestone(planned_fen=300_000))
        step.accepted_at = clock.now()
        session.add(step)
    order_id = money.propose("instalment", "4000", milestone_id=step.id)
    at = open_screen("treasury", money.funders.other_finance, order=str(order_id))
    assert "计划 3,000 元" in text(at) and "验收）" in text(at)
    assert any(href.startswith("/attachments/") for href in links(at))
    bare = money.propose("contract", "1")
    assert "没有附凭证" in text(open_screen("treasury", money.funders.other_finance, order=str(bare)))


def test_cancelling_decides_nothing(money: Purse, open_screen: Open) -> None:
    order_id = money.propose("contract")
    at = press(open_screen("treasury", money.funders.other_finance, order=str(order_id)), "press_money.approve")
    at = press(at, "cancel_money.approve")
    assert order(order_id).state == "proposed" and not [b for b in at.button if (b.key or "").startswith("go_")]


def test_the_author_is_offered_to_take_it_back_and_not_to_approve(money: Purse, open_screen: Open) -> None:
    order_id = money.propose("contract")
    at = open_screen("treasury", money.funders.finance, order=str(order_id))
    keys = {button.key for button in at.button}
    assert f"press_money.withdraw_{order_id}" in keys
    assert not keys & {f"press_money.approve_{order_id}", f"press_money.reject_{order_id}"}
    press(press(at, "press_money.withdraw"), "go_money.withdraw")
    assert order(order_id).state == "withdrawn"


def test_a_rejection_without_a_reason_keeps_the_form(money: Purse, open_screen: Open) -> None:
    order_id = money.propose("contract")
    at = press(open_screen("treasury", money.funders.other_finance, order=str(order_id)), "press_money.reject")
    at = press(at, "go_money.reject")
    assert at.error and order(order_id).state == "proposed"
    field(at, "退回的理由（提交人会看到）").set_value("合同编号不对")
    press(at, "go_money.reject")
    assert order(order_id).state == "rejected"
    assert "合同编号不对" in text(open_screen("treasury", money.funders.finance, order=str(order_id)))


def test_money_that_is_short_is_said_before_and_after(money: Purse, open_screen: Open) -> None:
    first, second = money.propose("contract", "15000"), money.propose("contract", "15000")
    money.approve(first)
    at = open_screen("treasury", money.funders.other_finance, order=str(second))
    assert "余额不足" in text(at)
    at = press(press(at, "press_money.approve"), "go_money.approve")
    assert "需要 15,000 元，只有 5,000 元" in at.error[0].value.replace("\\", "")
    assert order(second).state == "proposed"


def test_an_auditor_reads_and_does_nothing(money: Purse, open_screen: Open) -> None:
    order_id = money.propose("contract")
    at = open_screen("treasury", money.funders.auditor, order=str(order_id))
    assert "安宁绿化有限公司" in text(at) and not [b for b in at.button if (b.key or "").startswith("press_")]
    assert "新建单据" not in text(open_screen("treasury", money.funders.auditor))
    assert "提交复核" not in [b.label for b in open_screen("treasury", money.funders.auditor, new="income").button]


def test_an_order_of_elsewhere_is_not_found(money: Purse, people: People, open_screen: Open) -> None:
    order_id = money.propose("contract")
    at = open_screen("treasury", people.far_staff, order=str(order_id))
    assert at.error and "安宁绿化" not in text(at)


def test_the_income_form_makes_one_order(money: Purse, open_screen: Open) -> None:
    at = open_screen("treasury", money.funders.finance, new="income")
    key = asked(at, "form")
    field(at, "金额").set_value("1,234.5")
    at = press(at, "send_")
    assert at.error and "收款票据号" in at.error[0].value.replace("\\", "")
    field(at, "收款票据号").set_value("S-9")
    at = press(at, "send_")
    made = newest()
    assert (made.kind, made.amount_fen, made.voucher, made.state) == ("income", 123_450, "S-9", "proposed")
    assert asked(at, "order") == str(made.id) and made.key.endswith(key)
    again = open_screen("treasury", money.funders.finance, new="income", form=key)
    field(again, "金额").set_value("1234.50")
    field(again, "收款票据号").set_value("S-9")
    press(again, "send_")
    assert newest().id == made.id


def test_a_form_offers_only_what_money_can_move_for(money: Purse, open_screen: Open) -> None:
    for kind in ("instalment", "refund", "release", "return", "appropriation"):
        at = open_screen("treasury", money.funders.finance, new=kind)
        assert not [b for b in at.button if (b.key or "").startswith("send_")], kind
    assert "还没有结束" not in text(open_screen("treasury", money.funders.finance, new="carry_over"))
    money.post("contract", "10000")
    at = open_screen("treasury", money.funders.finance, new="release")
    assert "可动用 10,000 元" in at.selectbox[0].options[0]
    milestone_id = money.milestone(planned_fen=400_000)
    at = open_screen("treasury", money.funders.finance, new="instalment")
    assert field(at, "金额").value == "4000"
    assert field(at, "收款方").value == "安宁绿化有限公司"
    money.propose("instalment", milestone_id=milestone_id)
    assert "没有待付款的节点" in text(open_screen("treasury", money.funders.finance, new="instalment"))


def test_a_payment_without_proof_keeps_what_was_typed(money: Purse, open_screen: Open) -> None:
    money.post("contract", "10000")
    money.milestone(planned_fen=400_000)
    at = open_screen("treasury", money.funders.finance, new="instalment")
    field(at, "长椅（预算 20,000 元）").set_value("4000")
    at = press(at, "send_")
    assert "凭证" in at.error[0].value and field(at, "长椅（预算 20,000 元）").value == "4000"


def test_no_charity_no_donations(money: Purse, open_screen: Open) -> None:
    at = open_screen("treasury", money.funders.finance, new="income")
    assert [str(option) for option in at.radio[0].options] == ["财政拨款", "捐款", "赞助"]
    with audit.transaction() as session:
        session.get_one(Fund, money.fund_id).charity = ""
    at = open_screen("treasury", money.funders.finance, new="income")
    assert [str(option) for option in at.radio[0].options] == ["财政拨款", "赞助"]
    assert "不能登记捐款" in text(at)


def test_a_copy_is_a_new_form_with_the_old_values(money: Purse, open_screen: Open) -> None:
    old = money.propose("contract", "1200.5", payee="李木匠", payee_is_person=True)
    do(orders.withdraw, money.funders.finance, old)
    at = open_screen("treasury", money.funders.finance, new="contract", copy=str(old))
    assert field(at, "金额").value == "1200.50"
    assert field(at, "签约单位（收款方）").value == "李木匠"
    assert at.checkbox[0].value is True
    press(at, "send_")
    assert newest().id != old and newest().amount_fen == 120_050


def test_correcting_a_posted_order(money: Purse, open_screen: Open) -> None:
    wrong = money.post("contract", "10000")
    at = press(open_screen("treasury", money.funders.finance, order=str(wrong)), "press_correct")
    at = press(at, "go_correct")
    assert at.error  # a reason is asked for
    field(at, "哪里错了").set_value("金额写错")
    press(at, "go_correct")
    made = newest()
    assert (made.kind, made.state, made.amount_fen) == ("correction", "proposed", 1_000_000)
    money.approve(made.id or 0)
    for number, other in ((wrong, made.id), (made.id, wrong)):
        assert f"/treasury?order={other}" in links(open_screen("treasury", money.funders.finance, order=str(number)))


def test_history_pages_by_key_and_narrows(money: Purse, open_screen: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(1, 53):
        money.propose("contract", str(n))
    at = open_screen("treasury", money.funders.finance, tab="history")
    assert text(at).count("登记合同 · ") == 50
    (older,) = [link for link in links(at) if "after=" in link]
    key = older.split("after=")[1].split("&")[0]
    rest = text(open_screen("treasury", money.funders.finance, tab="history", after=key))
    assert "登记合同 · 1 元" in rest and "拨入轮次 · 50,000 元" in rest
    only = text(open_screen("treasury", money.funders.finance, tab="history", kind="appropriation"))
    assert "拨入轮次" in only and "登记合同 · " not in only
    assert open_screen("treasury", money.funders.finance, tab="history", after="x").error


def test_names_typed_as_markup_are_shown_as_typed(money: Purse, open_screen: Open) -> None:
    order_id = money.propose("contract", payee="**<b>x</b>**", purpose="[a](http://b)")
    seen = text(open_screen("treasury", money.funders.other_finance, order=str(order_id)))
    assert "**<b>x</b>**" in seen and "[a](http://b)" in seen


def test_the_trail_says_whether_the_books_hold(money: Purse, open_screen: Open) -> None:
    assert "账目与审计链一致：最近 3 笔" in text(open_screen("trail", VISITOR))


def test_a_stopped_projects_money_is_offered_to_return(money: Purse, open_screen: Open) -> None:
    money.set_state(Project, "cancelled")
    at = open_screen("treasury", money.funders.finance, new="return")
    assert "可动用 20,000 元" in at.selectbox[0].options[0]
    press(at, "send_")
    assert (newest().kind, newest().amount_fen) == ("return", 2_000_000)


def test_an_officer_of_a_round_in_a_part_of_the_funds_area_decides_about_it(money: Purse, open_screen: Open) -> None:
    """The fund itself is above them: they see what is of their round, and nothing else of it."""
    with audit.transaction() as session:
        for model, number in ((Round, money.round_id), (Project, money.project_id)):
            row = session.get_one(model, number)
            row.area_path = CELL
            session.add(row)
    order_id = money.propose("contract", "1200.5")
    officer = replace(money.funders.other_finance, duties=frozenset({("finance", CELL)}))
    assert f"/treasury?order={order_id}" in links(open_screen("treasury", officer))
    past = links(open_screen("treasury", officer, tab="history"))
    assert f"/treasury?order={order_id}" in past and "/treasury?order=1" not in past
    elsewhere = replace(officer, duties=frozenset({("finance", NEXT_CELL)}))
    assert "还没有基金" in text(open_screen("treasury", elsewhere, tab="history"))
    with pytest.raises(Forbidden):
        look(treasury.history, elsewhere, money.fund_id)
