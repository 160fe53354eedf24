"""The ledger: what it keeps true through any history, what the databases refuse, and what `verify` finds."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, select
from typer.testing import CliRunner

from db import append_only
from db.engine import engine, is_sqlite, reading
from db.models.fund import Project, Round
from db.models.ledger import Account, AccountKind, Order, Transfer
from portal import audit, ledger
from portal.acts import SYSTEM
from portal.commands import app
from portal.errors import Refused
from portal.fund import checks
from portal.ledger import Fault
from tests.fixtures.fund import FundPeople
from tests.portal.fund.purse import Purse, every_balance, purse, transfer_of


@pytest.fixture
def money(funders: FundPeople) -> Purse:
    """Books with a payment, of which some came back, and a pair of a wrong contract and its correction."""
    found = purse(funders)
    wrong = found.post("contract", "50")
    found.approve(found.correct(wrong))
    found.post("contract", "10000")
    found.post("instalment", "4000", milestone_id=found.milestone())
    found.post("refund", "0.55")
    return found


def faults() -> list[Fault]:
    with reading() as session:
        return list(checks.compare(session))


# Any history


AMOUNTS = st.integers(1, 1_200_000)
KINDS = ("income", "appropriation", "contract", "instalment", "refund", "release", "return", "carry_over", "correct")
SIDES = {
    "income": ("outside", "fund"), "appropriation": ("fund", "round"), "carry_over": ("round", "fund"),
    "contract": ("free", "committed"), "instalment": ("committed", "paid"), "refund": ("paid", "free"),
    "release": ("committed", "free"), "return": ("free", "round"),
}  # fmt: skip
NEEDS = {"appropriation": ("round", "publishing"), "carry_over": ("round", "finished"),
         "contract": ("project", "implementing"), "return": ("project", "closed")}  # fmt: skip


@dataclass
class Model:
    """What the books must say, by the simplest means: one number for each account."""

    fen: dict[str, int] = field(default_factory=dict)
    done: list[tuple[int, str, str, int]] = field(default_factory=list)
    """(order, from, to, fen) that can still be corrected."""

    def move(self, out: str, into: str, fen: int) -> bool:
        if out != "outside" and self.fen[out] < fen:
            return False
        self.fen[out] -= fen
        self.fen[into] += fen
        return True


def typed(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02}"


def step(books: Purse, model: Model, kind: str, fen: int, pick: int) -> None:
    """One step in both; what the model cannot, the portal refuses."""
    if kind == "correct":
        if not model.done:
            return
        order_id, out, into, fen = model.done[pick % len(model.done)]
        fine = model.move(into, out, fen)
        if fine:
            model.done.remove((order_id, out, into, fen))
            books.approve(books.correct(order_id))
        else:
            with pytest.raises(Refused, match="not_enough_money"):
                books.correct(order_id)
        return
    for part, state in [NEEDS[kind]] if kind in NEEDS else []:
        books.set_state(Round if part == "round" else Project, state)
    changes: dict[str, Any] = {"milestone_id": books.milestone()} if kind == "instalment" else {}
    if model.move(*SIDES[kind], fen):
        model.done.append((books.post(kind, typed(fen), **changes), *SIDES[kind], fen))
    else:
        with pytest.raises(Refused, match="not_enough_money"):
            books.propose(kind, typed(fen), **changes)


def check(books: Purse, model: Model) -> None:
    have = every_balance()
    names = {
        "outside": f"fund:{books.fund_id}/from_allocation", "fund": f"fund:{books.fund_id}/fund",
        "round": f"round:{books.round_id}/round",
        **{kind: f"project:{books.project_id}/{kind}" for kind in ("free", "committed", "paid")},
    }  # fmt: skip
    assert {name: have.get(account, 0) for name, account in names.items()} == model.fen
    mine = {account: have.get(account, 0) for account in names.values()}
    assert sum(mine.values()) == 0
    assert all(fen >= 0 for account, fen in mine.items() if "from_" not in account)
    assert appropriated(books) == sum(books.standing)  # committed + paid + free


def appropriated(books: Purse) -> int:
    """What came to the project from outside less what went back, by the transfers alone."""
    mine = f"project:{books.project_id}"
    with reading() as session:
        owners = {account.id: account.owner for account in session.exec(select(Account))}
        moved = session.exec(select(Transfer).where(Transfer.project_id == books.project_id)).all()
    return sum(t.amount_fen * ((owners[t.credit_id] == mine) - (owners[t.debit_id] == mine)) for t in moved)


@pytest.mark.parametrize("seed", range(2))
def test_any_history_keeps_the_books(funders: FundPeople, seed: int) -> None:
    books, chance = purse(funders), random.Random(seed)
    model = begun()
    for _ in range(45):
        fen = chance.choice([1, 29, 30, 10_010, chance.randint(1, 1_500_000)])
        step(books, model, chance.choice(KINDS), fen, chance.randrange(100))
        check(books, model)
    assert faults() == []


def begun() -> Model:
    return Model(
        {"outside": -10_000_000, "fund": 5_000_000, "round": 3_000_000, "free": 2_000_000, "committed": 0, "paid": 0}
    )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=st.lists(st.tuples(st.sampled_from(KINDS), AMOUNTS, st.integers(0, 99)), min_size=1, max_size=12))
def test_found_histories_keep_the_books(funders: FundPeople, history: list[tuple[str, int, int]]) -> None:
    books, model = purse(funders), begun()
    for kind, fen, pick in history:
        step(books, model, kind, fen, pick)
        check(books, model)


# By hand, with the triggers in their place


FORBIDDEN = {
    "transfer": [
        "UPDATE transfer SET amount_fen = amount_fen + 1",
        "UPDATE transfer SET debit_id = credit_id, credit_id = debit_id",
        "UPDATE transfer SET at = '2020-01-01 00:00:00'", "UPDATE transfer SET id = id + 1000", "DELETE FROM transfer",
        "DELETE FROM transfer WHERE kind = 'award'",
        "INSERT INTO transfer (id, kind, debit_id, credit_id, amount_fen, order_id, fund_id, at) "
        "SELECT 900, kind, debit_id, credit_id, amount_fen, NULL, fund_id, at FROM transfer WHERE kind = 'contract'",
        "INSERT INTO transfer (id, kind, debit_id, credit_id, amount_fen, order_id, fund_id, at) "
        "SELECT 900, 'contract', debit_id, credit_id, amount_fen + 1, id, fund_id, proposed_at FROM money_order "
        "WHERE state = 'proposed'",
    ],
    "money_order": [
        "UPDATE money_order SET amount_fen = 1", "UPDATE money_order SET purpose = 'x'",
        "UPDATE money_order SET payee = 'x'",
        "UPDATE money_order SET author_id = author_id + 1", "DELETE FROM money_order",
        "UPDATE money_order SET state = 'proposed' WHERE state = 'posted'",
        "UPDATE money_order SET state = 'posted' WHERE state = 'reversed'",
        "UPDATE money_order SET decided_by = NULL, state = 'rejected' WHERE state = 'posted'",
    ],
    "spending": ["UPDATE spending SET amount_fen = 1", "DELETE FROM spending",
        "UPDATE spending SET line_id = line_id + 1"],
    "account": [
        "UPDATE account SET balance_fen = balance_fen + 1", "UPDATE account SET moved_by = 0", "DELETE FROM account",
        "UPDATE account SET overdraws = NOT overdraws", "UPDATE account SET owner = 'fund:9'",
        "UPDATE account SET balance_fen = balance_fen + 100, moved_by = moved_by + 1 WHERE kind = 'paid'",
        "INSERT INTO account (id, owner, kind, overdraws, balance_fen, moved_by) "
        "VALUES (900, 'fund:9', 'fund', false, 5, 0)",
    ],
    "outcome": ["UPDATE outcome SET voters = 9", "UPDATE outcome SET box = receipts", "DELETE FROM outcome"],
    "round": [
        "UPDATE round SET budget_fen = 1", "UPDATE round SET rule = '{}'", "UPDATE round SET seed = 'x'",
        "UPDATE round SET locked_at = NULL", "DELETE FROM round", "UPDATE round SET id = id + 1000",
        "UPDATE round SET returns_to = 'fund'",
    ],
}  # fmt: skip


@pytest.fixture
def whole(money: Purse) -> Purse:
    """With a box, and an order that waits."""
    with engine().execution_options(portal_write=True).begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO outcome (round_id, box, box_hash, receipts, receipts_hash, voters, paper, roster, result, "
            f"counted_at) VALUES ({money.round_id}, 'x', '', 'y', '', 1, 0, 1, '{{}}', '2026-07-06 02:00:00')"
        )
    money.propose("contract", "7")
    return money


@pytest.mark.parametrize("table", FORBIDDEN)
def test_by_hand_nothing_is_edited_or_deleted(whole: Purse, table: str) -> None:
    before = rows(table)
    for statement in FORBIDDEN[table]:
        with pytest.raises(DBAPIError, match="append-only"), engine().execution_options(portal_write=True).begin() as c:
            if is_sqlite():
                c.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            c.exec_driver_sql(statement)
    assert rows(table) == before


@pytest.mark.parametrize("table", FORBIDDEN)
def test_by_hand_nothing_is_replaced_or_emptied(whole: Purse, table: str) -> None:
    """SQLite's OR REPLACE deletes without a DELETE; PostgreSQL's TRUNCATE too."""
    before = rows(table)
    for statement in replacing(table) if is_sqlite() else [f"TRUNCATE {table} CASCADE"]:
        with pytest.raises(DBAPIError, match="append-only"), engine().execution_options(portal_write=True).begin() as c:
            c.exec_driver_sql(statement)
        assert rows(table) == before, statement


def replacing(table: str) -> Iterator[str]:
    columns = [column.name for column in audit.AuditRow.metadata.tables[table].columns]
    listed = ", ".join(columns)
    yield f"INSERT OR REPLACE INTO {table} SELECT {listed} FROM {table}"
    other = {  # a new number, and what else no two rows share
        "transfer": ", ".join({"id": "900", "order_id": "NULL"}.get(c, c) for c in columns)
        + " FROM transfer WHERE kind = 'award'",
        "money_order": ", ".join({"id": "900"}.get(c, c) for c in columns) + " FROM money_order",
        "account": ", ".join({"id": "900", "balance_fen": "0", "moved_by": "0"}.get(c, c) for c in columns)
        + " FROM account",
    }.get(table)
    if other:
        yield f"INSERT OR REPLACE INTO {table} ({listed}) SELECT {other}"
    if table == "money_order":
        again = ", ".join({"id": "900", "key": "'new'"}.get(c, c) for c in columns)
        yield f"INSERT OR REPLACE INTO money_order ({listed}) SELECT {again} FROM money_order WHERE kind = 'instalment'"


def rows(table: str) -> list[tuple[object, ...]]:
    with reading() as session:
        return [tuple(row) for row in session.connection().exec_driver_sql(f"SELECT * FROM {table} ORDER BY 1, 2")]


def test_an_unlocked_round_may_change_but_not_take_a_locked_ones_place(whole: Purse) -> None:
    if not is_sqlite():
        pytest.skip("PostgreSQL has no OR REPLACE")
    with engine().execution_options(portal_write=True).begin() as connection:
        columns = [column.name for column in audit.AuditRow.metadata.tables["round"].columns]
        changed = {"id": "77", "state": "'drafting'", "locked_at": "NULL"}
        picked = ", ".join(changed.get(c, c) for c in columns)
        connection.exec_driver_sql(f"INSERT INTO round SELECT {picked} FROM round WHERE id = {whole.round_id}")
        connection.exec_driver_sql("UPDATE round SET budget_fen = 5 WHERE id = 77")
    with pytest.raises(DBAPIError, match="append-only"), engine().execution_options(portal_write=True).begin() as c:
        c.exec_driver_sql(f"UPDATE OR REPLACE round SET id = {whole.round_id} WHERE id = 77")


# With the triggers off


def test_untouched_books_hold(money: Purse) -> None:
    assert faults() == []
    with reading() as session:
        assert ledger.compare_newest(session) == (8, None)


TAMPERINGS = {
    "amount": ("UPDATE transfer SET amount_fen = amount_fen + 1 WHERE id = {contract}", "transfer:{contract}",
        "transfer_altered"),
    "accounts": (
        "UPDATE transfer SET debit_id = credit_id, credit_id = debit_id WHERE id = {contract}", "transfer:{contract}",
        "transfer_altered",
    ),
    "time": ("UPDATE transfer SET at = '2020-01-01 00:00:00.000000' WHERE id = {contract}",
        "transfer:{contract}", "transfer_altered"),
    "project": ("UPDATE transfer SET project_id = NULL WHERE id = {contract}", "transfer:{contract}",
        "transfer_altered"),
    "deleted": ("DELETE FROM transfer WHERE id = {refund}", "transfer:{refund}", "transfer_gone"),
    "inserted": (
        "INSERT INTO transfer (id, kind, debit_id, credit_id, amount_fen, order_id, fund_id, project_id, at) SELECT "
        "900, 'contract', debit_id, credit_id, 5, {waiting}, fund_id, project_id, at FROM transfer "
        "WHERE id = {contract}",
        "transfer:900", "transfer_unknown",
    ),
    "balance": ("UPDATE account SET balance_fen = balance_fen + 1 WHERE id = {free}", "account:{free}",
        "balance_wrong"),
    "owner": ("UPDATE account SET owner = 'project:900' WHERE id = {free}", "account:{free}", "account_altered"),
    "order amount": ("UPDATE money_order SET amount_fen = 9 WHERE id = {order}", "money_order:{order}",
        "order_altered"),
    "payee": ("UPDATE money_order SET payee = 'x' WHERE id = {order}", "money_order:{order}", "order_altered"),
    "author": ("UPDATE money_order SET author_id = decided_by, decided_by = author_id WHERE id = {order}",
               "money_order:{order}", "order_altered"),
    "decided": ("UPDATE money_order SET state = 'rejected' WHERE id = {order}", "money_order:{order}", "order_state"),
    "approver": (
        "UPDATE money_order SET decided_by = (SELECT MAX(id) FROM person) WHERE id = {order}",
        "money_order:{order}", "order_state",
    ),
    "waiting": ("DELETE FROM money_order WHERE id = {waiting}", "money_order:{waiting}", "order_gone"),
    "split": ("UPDATE spending SET amount_fen = 1 WHERE order_id = {payment}", "money_order:{payment}",
        "spending_altered"),
    "split gone": ("DELETE FROM spending WHERE order_id = {payment}", "money_order:{payment}", "spending_altered"),
}  # fmt: skip


@pytest.mark.parametrize("name", TAMPERINGS)
def test_tampering_is_found_with_its_number(money: Purse, name: str) -> None:
    numbers = numbered(money)
    statement, thing, reason = (part.format_map(numbers) for part in TAMPERINGS[name])
    tamper(statement)
    assert Fault(thing, reason) in faults()
    done = CliRunner().invoke(app, ["verify", "--json"])
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert not found["ok"] and {"thing": thing, "reason": reason} in found["faults"]
    told = CliRunner().invoke(app, ["verify"])
    assert told.exit_code == 1 and thing in told.stdout and "chain." not in told.stdout


def numbered(money: Purse) -> dict[str, int]:
    waiting = money.propose("contract", "7")
    with reading() as session:
        ids = {row.kind: row.id or 0 for row in session.exec(select(Transfer).order_by(col(Transfer.id)))}
        orders = {row.kind: row.id or 0 for row in session.exec(select(Order).where(Order.state == "posted"))}
        owner = f"project:{money.project_id}"
        free = session.exec(select(Account.id).where(Account.owner == owner, Account.kind == AccountKind.FREE)).one()
    return {"contract": ids["contract"], "refund": ids["refund"], "free": free or 0, "order": orders["contract"],
            "payment": orders["instalment"], "waiting": waiting}  # fmt: skip


def tamper(statement: str) -> None:
    """As somebody could who owns the database: with the triggers off, and no look at foreign keys."""
    with engine().execution_options(portal_write=True).begin() as connection:
        append_only.drop(connection)
        if not is_sqlite():
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        connection.exec_driver_sql(statement)
        append_only.create(connection)
        append_only.create_fund(connection)


def test_a_deleted_and_an_inserted_row_do_not_hide_each_other(money: Purse) -> None:
    numbers = numbered(money)
    tamper(TAMPERINGS["deleted"][0].format_map(numbers))
    tamper(TAMPERINGS["inserted"][0].format_map(numbers))
    found = faults()
    assert Fault(f"transfer:{numbers['refund']}", "transfer_gone") in found
    assert Fault("transfer:900", "transfer_unknown") in found


def test_the_newest_are_looked_at_on_the_trail(money: Purse) -> None:
    numbers = numbered(money)
    tamper(TAMPERINGS["amount"][0].format_map(numbers))
    with reading() as session:
        assert ledger.compare_newest(session)[1] == Fault(f"transfer:{numbers['contract']}", "transfer_altered")


# The rest


def test_an_account_is_opened_once(money: Purse) -> None:
    with audit.transaction() as session:
        first = ledger.account(session, "fund:900", AccountKind.FUND)
        assert ledger.account(session, "fund:900", AccountKind.FUND).id == first.id
        assert ledger.account(session, "fund:900", AccountKind.FROM_DONATION).overdraws


def test_nothing_moves_without_the_right(money: Purse) -> None:
    moved = transfer_of(money.post("contract", "1"))
    with pytest.raises(Refused, match="forbidden_act"), audit.transaction() as session:
        row = session.get_one(Round, money.round_id)
        ledger.post(
            session, money.funders.ann, row, ledger.TransferKind.AWARD, ledger.Books(money.fund_id),
            debit=moved.credit_id, credit=moved.debit_id, amount_fen=1,
        )  # fmt: skip


def test_a_project_is_awarded_once(money: Purse) -> None:
    with reading() as session:
        first = session.exec(select(Transfer).where(Transfer.kind == "award")).one()
    with pytest.raises(DBAPIError), audit.transaction() as session:
        ledger.post(
            session, SYSTEM, session.get_one(Round, money.round_id), ledger.TransferKind.AWARD,
            ledger.Books(money.fund_id, money.round_id, money.project_id), debit=first.debit_id,
            credit=first.credit_id, amount_fen=1,
        )  # fmt: skip
    assert money.standing[0] + money.standing[1] + money.standing[2] == 2_000_000
