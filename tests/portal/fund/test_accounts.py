"""The public books: the equation at every moment, what is shown of a transfer and what never, and the file."""

import csv
import io
import threading
from collections.abc import Iterable
from contextlib import suppress

import pytest
from sqlalchemy import event
from sqlmodel import Session, col, select

from db.engine import engine, reading
from db.models.fund import Project, Round
from db.models.ledger import Account, Transfer
from portal import audit
from portal.acts import VISITOR
from portal.errors import NotFound, Refused
from portal.fund import accounts, orders, transfers, work
from portal.fund.transfers import FIELDS, Scope
from portal.http import openbooks
from tests.fixtures.fund import FundPeople, add_round
from tests.portal.cases.steps import do, look, refused
from tests.portal.fund.purse import transfer_of
from tests.portal.fund.works import Works, works

NASTY = (
    "=1+1",
    "+8613900000000",
    "-2",
    "@SUM(A1)",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(A1)",
    "'",
    "''x",
    '逗号，"引号", \'',
    "a,b;c",
    "\U0001f600 表情",
    "=cmd|' /C calc'!A0",
)


@pytest.fixture
def at(funders: FundPeople) -> Works:
    found = works(funders)
    found.begin()
    return found


def paid(at: Works) -> int:
    """An instalment of 4,000 yuan; the number of its order."""
    return at.money.post("instalment", "4000", milestone_id=at.accepted("4000"))


# the equation


def test_given_is_bound_and_paid_and_free(at: Works) -> None:
    paid(at)
    books = look(accounts.of_project, VISITOR, at.id)
    money = books.money
    assert (money.appropriated_fen, money.committed_fen, money.paid_fen, money.free_fen) == (
        2_000_000, 600_000, 400_000, 1_000_000,
    )  # fmt: skip
    assert (books.award_fen, books.returned_fen, books.waiting) == (2_000_000, 0, 0)
    turn = look(accounts.of_round, VISITOR, at.money.round_id)
    assert turn.money == accounts.Money(600_000, 400_000, 4_000_000) and turn.unawarded_fen == 3_000_000
    assert [(part.id, part.money) for part in turn.projects] == [(at.id, money)]
    fund = look(accounts.of_fund, VISITOR, at.money.fund_id)
    assert fund.income == (("from_allocation", 10_000_000),)
    assert (fund.income_fen, fund.free_fen, fund.in_rounds_fen) == (10_000_000, 5_000_000, 5_000_000)
    assert [part.money for part in fund.rounds] == [turn.money]


def test_what_waits_did_not_move_but_is_counted(at: Works) -> None:
    before = look(accounts.of_project, VISITOR, at.id)
    at.money.propose("contract", "500")
    after = look(accounts.of_project, VISITOR, at.id)
    assert after.money == before.money and (before.waiting, after.waiting) == (0, 1)
    assert look(accounts.of_round, VISITOR, at.money.round_id).waiting == 1
    assert look(accounts.of_fund, VISITOR, at.money.fund_id).waiting == 1
    rows, _ = look(transfers.newest, VISITOR, Scope(project_id=at.id))
    assert 50_000 not in [move.amount_fen for move in rows]


def test_what_went_back_is_shown(at: Works) -> None:
    do(work.stop, at.staff, at.id, "场地被占用")
    with reading() as session:
        drafts = session.exec(select(orders.Order.id).where(orders.Order.state == "proposed")).all()
    for number in sorted(n or 0 for n in drafts):
        do(orders.approve, at.people.finance, number)
    books = look(accounts.of_project, VISITOR, at.id)
    assert (books.money.appropriated_fen, books.returned_fen) == (0, 2_000_000)
    assert look(accounts.of_round, VISITOR, at.money.round_id).money.appropriated_fen == 5_000_000


def test_budget_against_actual_line_by_line(at: Works) -> None:
    lines = at.money.line_ids
    number = at.accepted("4000")
    at.money.post("instalment", "4000", milestone_id=number, splits=[(lines[0], "3000"), (lines[1], "1000")])
    at.money.post("refund", "500", splits=[(lines[1], "500")])
    second = at.accepted("100")
    wrong = at.money.post("instalment", "100", milestone_id=second, splits=[(lines[0], "100")])
    at.money.approve(at.money.correct(wrong))
    shown = look(accounts.of_project, VISITOR, at.id)
    assert [(line.budget_fen, line.spent_fen) for line in shown.lines] == [(2_000_000, 300_000), (100, 50_000)]
    assert sum(line.spent_fen for line in shown.lines) == shown.money.paid_fen


def test_there_are_no_books_of_what_is_not(at: Works) -> None:
    for read in (accounts.of_fund, accounts.of_round, accounts.of_project):
        for number in (0, -1, 2**40, 99_999):
            with pytest.raises(NotFound):
                look(read, VISITOR, number)
    at.money.set_state(Project, "on_ballot")
    with pytest.raises(NotFound):
        look(accounts.of_project, VISITOR, at.id)
    with audit.transaction() as session:
        row, _ = add_round(session, session.get_one(accounts.Fund, at.money.fund_id), "drafting")
        drafting = row.id
    with pytest.raises(NotFound):
        look(accounts.of_round, VISITOR, drafting)
    assert drafting not in [part.id for part in look(accounts.of_fund, VISITOR, at.money.fund_id).rounds]


def test_it_holds_at_every_moment_while_money_moves(at: Works) -> None:
    """Contracts and releases go on in two threads; whoever reads meanwhile finds all of the award."""
    stop, seen = threading.Event(), []

    def write() -> None:
        with suppress(Refused):
            for _ in range(6):
                at.money.post("contract", "100")
                at.money.post("release", "100")

    def look_on() -> None:
        while not stop.is_set():
            project = look(accounts.of_project, VISITOR, at.id).money
            turn = look(accounts.of_round, VISITOR, at.money.round_id).money
            fund = look(accounts.of_fund, VISITOR, at.money.fund_id)
            seen.append((project.appropriated_fen, turn.appropriated_fen, fund.rounds[0].money.appropriated_fen))

    reader, writers = threading.Thread(target=look_on), [threading.Thread(target=write) for _ in range(2)]
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    reader.join()
    assert len(seen) > 3 and set(seen) == {(2_000_000, 5_000_000, 5_000_000)}


def test_two_statements_would_not_hold(at: Works, db: str) -> None:
    """The negative control: what the books read in one statement, read in two while money moves in between."""
    owner = f"project:{at.id}"

    def read(session: Session, kind: str) -> int:
        return session.exec(select(Account.balance_fen).where(Account.owner == owner, Account.kind == kind)).one()

    with reading() as session:
        found = read(session, "free")
        at.money.post("contract", "100")
        found += read(session, "committed")
    assert found == (2_000_000 if db.startswith("sqlite") else 2_010_000), "a transaction of SQLite sees one moment"


def test_the_cost_of_reading_does_not_grow_with_the_transfers(at: Works) -> None:
    def statements() -> int:
        found: list[str] = []

        def seen(_c: object, _cursor: object, statement: str, *_more: object) -> None:
            found.append(statement)

        event.listen(engine(), "before_cursor_execute", seen)
        for read, number in (
            (accounts.of_fund, at.money.fund_id), (accounts.of_round, at.money.round_id), (accounts.of_project, at.id)
        ):  # fmt: skip
            look(read, VISITOR, number)
        look(transfers.newest, VISITOR, Scope(fund_id=at.money.fund_id))
        event.remove(engine(), "before_cursor_execute", seen)
        assert not any("FROM transfer" in s and "sum(" in s.lower() for s in found)
        return len(found)

    before = statements()
    for _ in range(5):
        at.money.post("contract", "1")
    assert statements() == before


# what is told of a transfer


def test_transfers_come_newest_first_and_by_key(at: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    paid(at)
    seen, key = [], None
    while True:
        rows, key = look(transfers.newest, VISITOR, Scope(fund_id=at.money.fund_id), key, 2)
        seen += rows
        if key is None:
            break
    assert [move.kind for move in seen] == ["instalment", "contract", "award", "appropriation", "income"]
    assert [(move.gave, move.got) for move in seen][:2] == [("committed", "paid"), ("free", "committed")]
    assert seen[0].milestone == "安装长椅" and seen[0].payee == "安宁绿化有限公司" and seen[1].voucher == "HT-1"
    assert len(look(transfers.newest, VISITOR, Scope(project_id=at.id))[0]) == 3
    assert len(look(transfers.newest, VISITOR, Scope(round_id=at.money.round_id))[0]) == 4
    with refused("not_offered"):
        look(transfers.newest, VISITOR, Scope(fund_id=at.money.fund_id), "x")


def test_natural_persons_are_nobody_and_donors_only_with_consent(at: Works) -> None:
    at.money.set_state(Round, "finished")
    at.money.post("contract", "10", payee="王秀英", payee_is_person=True)
    for shown in (False, True):
        at.money.post("income", "20", source="donation", donor="李建国", donor_shown=shown)
    rows, _ = look(transfers.newest, VISITOR, Scope(fund_id=at.money.fund_id))
    assert [(move.donor, move.charity) for move in rows[:2]] == [("李建国", "安宁市慈善会"), ("", "安宁市慈善会")]
    assert (rows[2].payee, rows[2].payee_is_person) == ("", True)
    told = "\n".join(",".join(row) for row in transfers.table(Scope(fund_id=at.money.fund_id)))
    assert "王秀英" not in told and told.count("李建国") == 1


def test_a_correction_is_a_visible_pair(at: Works) -> None:
    number = paid(at)
    at.money.approve(at.money.correct(number))
    rows, _ = look(transfers.newest, VISITOR, Scope(project_id=at.id))
    correction, wrong = rows[0], rows[1]
    assert (correction.kind, correction.reverses_id, wrong.reversed_by_id) == ("correction", wrong.id, correction.id)
    assert look(accounts.of_project, VISITOR, at.id).money.paid_fen == 0


# the file


def parsed(chunks: Iterable[str]) -> list[list[str]]:
    """The file as a spreadsheet reads it, with the apostrophes taken off."""
    data = "".join(chunks)
    assert data.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(data.removeprefix("\ufeff"), newline="")))
    formulas = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r")
    assert not any(cell.startswith(formulas) for row in rows for cell in row)
    return [[cell.removeprefix("'") if cell[:1] == "'" else cell for cell in row] for row in rows]


@pytest.mark.parametrize("nasty", NASTY)
def test_nasty_texts_come_back_as_they_were(at: Works, nasty: str) -> None:
    order = at.money.post("contract", "1", purpose=nasty, voucher=nasty[:60], payee=nasty[:60])
    header, *rows = parsed(openbooks._lines(transfers.table(Scope(project_id=at.id))))
    row = dict(zip(header, rows[-1], strict=True))
    assert (row["purpose"], row["voucher"], row["payee"]) == (nasty, nasty, nasty)
    assert row["transfer"] == str(transfer_of(order).id) and row["amount_yuan"] == "1.00"


def test_the_file_has_every_transfer_once_in_order(at: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfers, "STEP", 2)
    monkeypatch.setattr(openbooks, "ROWS", 2)
    paid(at)
    header, *rows = parsed(openbooks._lines(transfers.table(Scope(fund_id=at.money.fund_id))))
    assert tuple(header) == FIELDS
    with reading() as session:
        known = [str(n) for n in session.exec(select(Transfer.id).order_by(col(Transfer.id)))]
    assert [row[0] for row in rows] == known
    assert [row[3] for row in rows] == ["100000.00", "50000.00", "20000.00", "10000.00", "4000.00"]
