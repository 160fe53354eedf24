"""Deciding: two people for every movement, once, whatever happens at the same moment or in the midst of it."""

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, select

from db.engine import engine, is_sqlite, reading
from db.models.audit import AuditRow
from db.models.fund import Project, Round
from db.models.ledger import AccountKind, Order, Transfer
from db.models.notices import Notice
from portal import acts as matrix
from portal import ledger
from portal.acts import SYSTEM, VISITOR
from portal.errors import Forbidden, NotFound, TooLate
from portal.fund import approving, checks, moves, orders
from portal.settings import ROOT
from tests.fixtures.fund import FundPeople
from tests.fixtures.town import People
from tests.portal.cases.steps import do, refused
from tests.portal.cases.test_races import at_once, tally
from tests.portal.fund.purse import Purse, every_balance, order, purse, transfer_of, transfers

SCRIPT = Path(__file__).with_name("pays_until_killed.py")


@pytest.fixture
def money(funders: FundPeople) -> Purse:
    return purse(funders)


@pytest.fixture
def contracted(money: Purse) -> Purse:
    money.post("contract", "10000")
    return money


def faults() -> list[ledger.Fault]:
    with reading() as session:
        return list(checks.compare(session))


# What it does


def test_approving_moves_the_money_once(money: Purse) -> None:
    order_id = money.propose("contract", "1200.55")
    money.approve(order_id)
    row, moved = order(order_id), transfer_of(order_id)
    assert (row.state, row.decided_by) == ("posted", money.funders.other_finance.person_id)
    assert (moved.kind, moved.amount_fen, moved.debit_id, moved.credit_id) == (
        "contract", 120_055, row.debit_id, row.credit_id,
    )  # fmt: skip
    assert money.standing == (1_879_945, 120_055, 0)
    with pytest.raises(TooLate):
        money.approve(order_id)
    assert money.standing == (1_879_945, 120_055, 0)


def test_every_kind_moves_between_its_accounts(contracted: Purse) -> None:
    owner = contracted.project_id
    contracted.post("instalment", "4000", milestone_id=contracted.milestone())
    assert contracted.standing == (1_000_000, 600_000, 400_000)
    contracted.post("refund", "500")
    assert contracted.standing == (1_050_000, 600_000, 350_000)
    contracted.post("release", "6000")
    assert contracted.standing == (1_650_000, 0, 350_000)
    contracted.set_state(Project, "closed")
    contracted.post("return", "16500")
    assert contracted.standing == (0, 0, 350_000)
    contracted.post("carry_over", "46500")
    contracted.post("income", "0.01", source="sponsor", donor="某公司")
    assert every_balance() == {
        f"fund:{contracted.fund_id}/from_allocation": -10_000_000, f"fund:{contracted.fund_id}/from_sponsor": -1,
        f"fund:{contracted.fund_id}/fund": 9_650_001, f"round:{contracted.round_id}/round": 0,
        f"project:{owner}/free": 0, f"project:{owner}/committed": 0, f"project:{owner}/paid": 350_000,
    }  # fmt: skip
    assert faults() == []


def test_a_return_goes_where_the_round_said(funders: FundPeople) -> None:
    for returns_to, kind in (("round", AccountKind.ROUND), ("fund", AccountKind.FUND)):
        money = purse(funders, returns_to=returns_to)
        money.set_state(Project, "cancelled")
        before = money.has(f"{returns_to}:{getattr(money, returns_to + '_id')}", kind)
        money.post("return", "20000")
        assert money.has(f"{returns_to}:{getattr(money, returns_to + '_id')}", kind) == before + 2_000_000


def test_the_first_contract_begins_the_work(money: Purse) -> None:
    money.post("contract", "1")
    money.post("contract", "1")
    with reading() as session:
        assert session.get_one(Project, money.project_id).state == "implementing"
        rows = session.exec(select(AuditRow).where(AuditRow.act == "project.implement")).all()
    assert [row.role for row in rows] == ["system"]


# Who


def test_nobody_approves_their_own(money: Purse, people: People) -> None:
    order_id = money.propose("contract")
    for who in (money.funders.finance, people.staff, money.funders.auditor):
        with pytest.raises(Forbidden):
            money.approve(order_id, who)
        with pytest.raises(Forbidden):
            do(orders.reject, who, order_id, "不对")
    for who in (people.far_staff, people.resident, VISITOR):
        with pytest.raises(NotFound):
            money.approve(order_id, who)
    assert order(order_id).state == "proposed" and money.standing[1] == 0


def test_the_schema_says_two_people_once_more(money: Purse) -> None:
    order_id = money.propose("contract")
    author = order(order_id).author_id
    for change in (f"state = 'posted', decided_by = {author}", "state = 'posted'"):
        with pytest.raises(IntegrityError), engine().execution_options(portal_write=True).begin() as connection:
            connection.exec_driver_sql(f"UPDATE money_order SET {change} WHERE id = {order_id}")


def test_only_the_author_takes_an_order_back(money: Purse) -> None:
    order_id = money.propose("contract")
    with pytest.raises(Forbidden):
        do(orders.withdraw, money.funders.other_finance, order_id)
    do(orders.withdraw, money.funders.finance, order_id)
    assert order(order_id).state == "withdrawn"
    with pytest.raises(TooLate):
        money.approve(order_id)


def test_a_rejection_says_why_and_stays(money: Purse) -> None:
    order_id = money.propose("contract")
    with refused("missing"):
        do(orders.reject, money.funders.other_finance, order_id, " ")
    do(orders.reject, money.funders.other_finance, order_id, "合同编号不对")
    assert order(order_id).state == "rejected"
    for again in (lambda: money.approve(order_id), lambda: do(orders.withdraw, money.funders.finance, order_id)):
        with pytest.raises(TooLate):
            again()
    with reading() as session:
        told = session.exec(select(Notice).where(Notice.message == "order_rejected")).one()
    assert (told.person_id, told.href) == (money.funders.finance.person_id, f"/treasury?order={order_id}")


def test_money_that_is_gone_meanwhile_is_said_with_the_sums(money: Purse) -> None:
    first, second = money.propose("contract", "15000"), money.propose("contract", "15000")
    money.approve(first)
    with refused("not_enough_money", need_fen=1_500_000, have_fen=500_000):
        money.approve(second)
    assert order(second).state == "proposed"


# Corrections


def test_a_correction_is_a_visible_pair(money: Purse) -> None:
    wrong = money.post("contract", "10000")
    right = money.correct(wrong)
    assert order(wrong).state == "posted"
    money.approve(right)
    assert (order(wrong).state, order(right).state) == ("reversed", "posted")
    first, second = transfer_of(wrong), transfer_of(right)
    assert (second.debit_id, second.credit_id, second.amount_fen, second.reverses_id) == (
        first.credit_id, first.debit_id, first.amount_fen, first.id,
    )  # fmt: skip
    assert (second.fund_id, second.round_id, second.project_id) == (first.fund_id, first.round_id, first.project_id)
    assert money.standing == (2_000_000, 0, 0) and faults() == []


def test_a_correction_needs_two_people_and_may_be_approved_by_the_first_author(money: Purse) -> None:
    wrong = money.post("contract", "10000")
    right = money.propose("correction", reverses_id=transfer_of(wrong).id, who=money.funders.other_finance)
    with pytest.raises(Forbidden):
        money.approve(right)
    money.approve(right, money.funders.finance)
    assert order(wrong).state == "reversed"


def test_what_cannot_be_corrected(money: Purse) -> None:
    wrong = money.post("contract", "10000")
    right = money.correct(wrong)
    with refused("ordered_already"):
        money.correct(wrong)
    money.approve(right)
    for transfer_id in (transfer_of(wrong).id, transfer_of(right).id, award_of(money), 999, None):
        with refused("not_correctable"):
            money.propose("correction", reverses_id=transfer_id)


def award_of(money: Purse) -> int | None:
    with reading() as session:
        return session.exec(select(Transfer.id).where(Transfer.kind == "award")).one()


def test_a_rejected_correction_may_be_written_anew(money: Purse) -> None:
    wrong = money.post("contract", "10000")
    do(orders.reject, money.funders.other_finance, money.correct(wrong), "没有错")
    money.approve(money.correct(wrong))
    assert order(wrong).state == "reversed"


def test_a_correction_never_overdraws(contracted: Purse) -> None:
    first = contracted.post("contract", "1000")
    contracted.post("instalment", "10500", milestone_id=contracted.milestone())
    with refused("not_enough_money", need_fen=100_000, have_fen=50_000):
        contracted.correct(first)


def test_what_is_being_voted_on_keeps_its_money(funders: FundPeople) -> None:
    money = purse(funders, budget_fen=3_050_000)
    money.set_state(Round, "publishing")
    more, little = money.post("appropriation", "1000"), money.post("appropriation", "100")
    waiting = money.correct(more)
    money.set_state(Round, "balloting")
    money.approve(money.correct(little))
    with refused("round_needs_money", need_fen=3_050_000, have_fen=3_000_000):
        money.approve(waiting)
    do(orders.withdraw, money.funders.finance, waiting)
    with refused("round_needs_money"):
        money.correct(more)
    assert order(more).state == "posted"


# At once


def test_two_officers_at_once_approve_once(money: Purse, people: People) -> None:
    order_id = money.propose("contract", "1000", who=people.staff)
    crowd = [(orders.approve, who, (order_id,)) for who in (money.funders.finance, money.funders.other_finance)] * 4
    assert tally(at_once(crowd)) == {"done": 1, "too_late": 7}
    assert money.standing == (1_900_000, 100_000, 0) and faults() == []


def meet(patch: pytest.MonkeyPatch, module: Any, name: str, parties: int) -> None:
    """Let all have come so far before anyone goes on: the moment that a race needs."""
    gate, real = threading.Barrier(parties), getattr(module, name)

    def late(*args: Any, **named: Any) -> Any:
        found = real(*args, **named)
        with suppress(threading.BrokenBarrierError):
            gate.wait(2)
        return found

    patch.setattr(module, name, late)


def test_without_the_compare_and_set_it_would_be_approved_twice(
    money: Purse, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control. Even then the ledger's own key, that an order has one transfer, keeps it from being paid twice."""
    order_id = money.propose("contract", "1000", who=people.staff)

    def blind(session: Session, who: Any, act: Any, thing: Any, **named: Any) -> None:
        if act is matrix.ACTS["money.approve"] and thing.state != "proposed":
            set_committed_value(thing, "state", "proposed")
            return
        real(session, who, act, thing, **named)

    real = approving.perform
    monkeypatch.setattr(approving, "perform", blind)
    money.approve(order_id)
    with pytest.raises((IntegrityError, DBAPIError)):
        money.approve(order_id)
    assert money.standing == (1_900_000, 100_000, 0)


def test_two_instalments_for_one_milestone_at_once(contracted: Purse, people: People) -> None:
    milestone_id = contracted.milestone()
    crowd: list[Any] = [
        (orders.propose, who, (contracted.typed("instalment", "100", milestone_id=milestone_id),))
        for who in (contracted.funders.finance, contracted.funders.other_finance, people.staff) * 2
    ]
    assert tally(at_once(crowd)) == {"done": 1, "ordered_already": 5}


def test_without_its_index_a_milestone_would_be_paid_twice(contracted: Purse, people: People) -> None:
    with engine().execution_options(portal_write=True).begin() as connection:
        connection.exec_driver_sql("DROP INDEX one_instalment")
        if is_sqlite():
            connection.exec_driver_sql("DROP TRIGGER money_order_once")
    milestone_id = contracted.milestone()
    crowd: list[Any] = [
        (orders.propose, who, (contracted.typed("instalment", "100", milestone_id=milestone_id),))
        for who in (contracted.funders.finance, people.staff)
    ]
    assert tally(at_once(crowd)) == {"done": 2}


def test_a_double_click_makes_one_order_and_both_get_its_number(money: Purse) -> None:
    typed, found = money.typed("contract"), []

    def propose(session: Session, who: Any, wanted: Any) -> int:
        found.append(orders.propose(session, who, wanted))
        return 1

    assert tally(at_once([(propose, money.funders.finance, (typed,))] * 6)) == {"done": 6}
    assert len(set(found)) == 1
    with reading() as session:
        assert len(session.exec(select(Order).where(Order.kind == "contract")).all()) == 1


def test_free_money_is_bound_once_however_many_contracts_are_approved_at_once(money: Purse) -> None:
    waiting = [money.propose("contract", "8000") for _ in range(4)]
    ends = tally(at_once([(orders.approve, money.funders.other_finance, (number,)) for number in waiting]))
    assert ends == {"done": 2, "not_enough_money": 2}
    assert money.standing == (400_000, 1_600_000, 0) and faults() == []


def test_without_the_condition_on_the_balance_the_check_still_holds(
    money: Purse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the rule and the conditional statement are off, and the CHECK refuses an overdraft."""
    first, second = money.propose("contract", "15000"), money.propose("contract", "15000")
    monkeypatch.setattr(moves, "check", lambda *args, **named: None)
    monkeypatch.setattr(ledger, "_move", unguarded)
    money.approve(first)
    with pytest.raises(IntegrityError):
        money.approve(second)
    assert money.standing == (500_000, 1_500_000, 0)


def unguarded(session: Session, account_id: int, fen: int, transfer: Transfer) -> None:
    statement = (
        f"UPDATE account SET balance_fen = balance_fen + ({fen}), moved_by = {transfer.id} WHERE id = {account_id}"
    )
    session.connection().exec_driver_sql(statement)


def opposite(money: Purse, pairs: int) -> list[tuple[Any, Any, tuple[Any, ...]]]:
    """Approvals of contracts and of releases of the same project: each locks what the other wants."""
    waiting = [money.propose(kind, "1") for _ in range(pairs) for kind in ("contract", "release")]
    return [(orders.approve, money.funders.other_finance, (number,)) for number in waiting]


def test_opposite_transfers_at_once_do_not_wait_in_a_circle(contracted: Purse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moves, "hold", lambda *args: None)  # it would let them in one by one
    assert tally(at_once(opposite(contracted, 6))) == {"done": 12}
    assert contracted.standing == (1_000_000, 1_000_000, 0) and faults() == []


def test_locked_in_the_order_of_the_transfer_they_would(contracted: Purse, monkeypatch: pytest.MonkeyPatch) -> None:
    if is_sqlite():
        pytest.skip("SQLite lets one writer in at a time")

    def as_it_comes(session: Session, *ids: int) -> dict[int, str]:
        for number in ids:
            one = select(ledger.Account).where(ledger.Account.id == number)
            session.exec(one.with_for_update(key_share=True)).one()
            with suppress(threading.BrokenBarrierError):
                gate.wait(2)
        return {}

    gate = threading.Barrier(2)
    monkeypatch.setattr(moves, "hold", lambda *args: None)
    monkeypatch.setattr(ledger, "_held", as_it_comes)
    ends = tally(at_once(opposite(contracted, 1)))
    assert ends["done"] == 1 and any("deadlock" in end for end in ends), ends


def test_a_project_that_is_stopped_while_its_contract_is_approved(money: Purse) -> None:
    """Either the contract comes first, or it is refused; never a contract of a stopped project."""
    for _ in range(3):
        waiting = money.propose("contract", "1")

        def stop(session: Session, who: Any) -> None:
            row = select(Project).where(Project.id == money.project_id).with_for_update(key_share=True)
            session.exec(row).one().state = "suspended"

        ends = tally(at_once([(orders.approve, money.funders.other_finance, (waiting,)), (stop, SYSTEM, ())]))
        assert set(ends) <= {"done", "project_not_at_work"}, ends
        moved = order(waiting).state == "posted"
        assert moved == (ends["done"] == 2)
        money.set_state(Project, "implementing")


def test_without_holding_the_project_a_stopped_one_would_get_a_contract(
    money: Purse, monkeypatch: pytest.MonkeyPatch
) -> None:
    if is_sqlite():
        pytest.skip("SQLite lets one writer in at a time")
    waiting, checked, stopped = money.propose("contract", "1"), threading.Event(), threading.Event()
    real = moves.check

    def slow(*args: Any, **named: Any) -> None:
        real(*args, **named)
        checked.set()
        stopped.wait(5)

    monkeypatch.setattr(moves, "check", slow)
    monkeypatch.setattr(moves, "hold", lambda *args: None)
    monkeypatch.setattr(moves, "follow", lambda *args: None)
    thread = threading.Thread(target=money.approve, args=(waiting,))
    thread.start()
    assert checked.wait(5)
    money.set_state(Project, "cancelled")
    stopped.set()
    thread.join(10)
    assert order(waiting).state == "posted"  # which the lock prevents, see above


# Pulling the plug


@pytest.mark.parametrize("point", ["order_decided", "transfer_written", "posted", "followed", "sealed"])
def test_a_payment_that_was_killed_midway_is_paid_once_by_trying_again(contracted: Purse, point: str) -> None:
    order_id = contracted.propose("instalment", "4000", milestone_id=contracted.milestone())
    before = every_balance()
    assert killed("approve", str(order_id), str(contracted.funders.other_finance.person_id), point) == -signal.SIGKILL
    assert order(order_id).state == "proposed" and every_balance() == before
    contracted.approve(order_id)
    assert contracted.standing == (1_000_000, 600_000, 400_000) and faults() == []
    with pytest.raises(TooLate):
        contracted.approve(order_id)


def test_a_payment_killed_right_after_its_commit_is_paid_and_not_again(contracted: Purse) -> None:
    order_id = contracted.propose("instalment", "4000", milestone_id=contracted.milestone())
    who = str(contracted.funders.other_finance.person_id)
    assert killed("approve", str(order_id), who, "committed") == -signal.SIGKILL
    assert order(order_id).state == "posted"
    with pytest.raises(TooLate):
        contracted.approve(order_id)
    assert contracted.standing == (1_000_000, 600_000, 400_000) and faults() == []


@pytest.mark.parametrize("point", ["entered", "sealed", "committed"])
def test_a_form_that_was_sent_into_a_dying_server_makes_one_order(contracted: Purse, point: str) -> None:
    typed, count = contracted.typed("release", "100", key="form"), transfers()
    who = contracted.funders.finance
    assert killed("propose", str(contracted.project_id), str(who.person_id), point) == -signal.SIGKILL
    again = do(orders.propose, who, typed)
    assert do(orders.propose, who, typed) == again
    with reading() as session:
        assert len(session.exec(select(Order).where(Order.kind == "release")).all()) == 1
    assert transfers() == count


def killed(*arguments: str) -> int:
    """Run the deed in a process of its own that is killed at the point named last; how it ended."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, SCRIPT, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr
    return done.returncode


# What an ended project has left


def test_a_stopped_project_returns_what_it_has_left(contracted: Purse) -> None:
    contracted.post("instalment", "1000", milestone_id=contracted.milestone())
    contracted.milestone(planned_fen=50_000)  # accepted and not paid yet: it is owed
    waiting = contracted.propose("instalment", "200", milestone_id=contracted.milestone())
    contracted.set_state(Project, "cancelled")
    made = do(orders.propose_return, contracted.funders.finance, project(contracted))
    assert [(order(n).kind, order(n).amount_fen) for n in made] == [("release", 830_000), ("return", 1_830_000)]
    assert do(orders.propose_return, contracted.funders.finance, project(contracted)) == []
    with refused("not_enough_money"):  # the release comes first
        contracted.approve(made[1])
    for number in (*made, waiting):
        contracted.approve(number)
    assert contracted.standing == (0, 50_000, 120_000) and faults() == []


def test_a_project_that_used_everything_returns_nothing(contracted: Purse) -> None:
    contracted.post("release", "10000")
    contracted.set_state(Project, "closed")
    (made,) = do(orders.propose_return, contracted.funders.finance, project(contracted))
    contracted.approve(made)
    assert do(orders.propose_return, contracted.funders.finance, project(contracted)) == []


def test_a_project_that_runs_returns_nothing(money: Purse) -> None:
    with refused("project_still_runs"):
        do(orders.propose_return, money.funders.finance, project(money))


def project(money: Purse) -> Project:
    with reading() as session:
        return session.get_one(Project, money.project_id)
