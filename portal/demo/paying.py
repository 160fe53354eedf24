"""The money of the demo's fund: where it came from, whom it went to, and two people for every step."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import TYPE_CHECKING

from reportlab.pdfgen.canvas import Canvas
from sqlmodel import Session, col, func, select

from db.demo import pictures
from db.models.fund import CostLine, Fund, Project, ProjectState
from db.models.ledger import Order, Spending, Transfer
from portal import clock
from portal.acts import Who
from portal.attachments import NewDocument
from portal.demo.cast import Row
from portal.demo.stage import Scene
from portal.fund import following, milestones, orders, work
from portal.fund.acts import UNDER_WAY
from portal.fund.milestones import Plan
from portal.fund.orders import Typed
from portal.photos import NewPhoto

if TYPE_CHECKING:
    from portal.demo.fund import Town

Deed = Callable[[Session], None]
FOLLOWERS = 12
AGREED_AFTER = timedelta(hours=4)
"""How long the second signature takes."""


def income(town: "Town", row: Row) -> Iterator[Scene]:
    """Money that came in, entered by one and confirmed by another."""
    at = _hour(town, row["ago"], 9.5)

    def typed(session: Session) -> Typed:
        return Typed(
            key=f"income-{row['voucher']}", kind="income", amount=row["amount"], purpose=row["purpose"],
            fund_id=town.funds[row["fund"]], source=row["source"], received_on=clock.day_of(at),
            voucher=row["voucher"], donor=row.get("donor", ""), donor_shown=row.get("shown", False),
        )  # fmt: skip

    made: list[int] = []
    yield from _ordered(town, at, typed, made=made)
    if "wrong" in row:
        yield from _ordered(town, at + timedelta(hours=6), lambda session: _mirror(session, made[0], row["wrong"]))


def appropriation(town: "Town", row: Row, at: datetime) -> Iterator[Scene]:
    """A round is given its money before it begins."""

    def typed(session: Session) -> Typed:
        return Typed(
            key=f"round-{row['key']}", kind="appropriation", amount=row["budget"], purpose=f"{row['name']}的资金",
            fund_id=town.funds[row["fund"]], round_id=town.rounds[row["key"]],
        )  # fmt: skip

    yield from _ordered(town, at, typed)


def build(town: "Town", row: Row) -> Iterator[Scene]:
    """A project that was chosen: its contract, its milestones, what was paid for them, its end."""
    key, steps = row["project"], row["milestones"]
    begin = _hour(town, row.get("begin", steps[0][1] + 9), 9)
    yield Scene(begin, _if_chosen(town, key, lambda session: _start(session, town, row)))
    signed = not row.get("unsigned", False)
    yield from _ordered(town, begin + timedelta(hours=6), _contract(town, row), key, signed=signed)
    for position, (title, ago, amount) in enumerate(steps[: row.get("reported", row["done"])]):
        at, says = _hour(town, ago, 10), f"“{title}”已经完成，请大家监督。"
        yield Scene(at, _if_chosen(town, key, _report(town, row, position, says)))
        if position >= row["done"]:
            continue
        yield Scene(at + timedelta(days=1), _if_chosen(town, key, _accept(town, key, position)))
        yield from _ordered(town, at + timedelta(days=2), _instalment(town, row, position, amount), key)
    if row["close"]:
        last = _hour(town, steps[-1][1] - 5, 11)
        yield Scene(last, _if_chosen(town, key, lambda session: _finish(session, town, key)))


def _hour(town: "Town", ago: float, hour: float) -> datetime:
    """That hour of the day so many days ago."""
    return clock.start_of(clock.day_of(town.now - timedelta(days=ago))) + timedelta(hours=hour)


def _ordered(
    town: "Town",
    at: datetime,
    typed: Callable[[Session], Typed],
    key: str | None = None,
    *,
    signed: bool = True,
    made: list[int] | None = None,
) -> Iterator[Scene]:
    """An order and, some hours later, the second signature; for a project only where it was chosen.

    `made` takes the number of the order.
    """
    made = [] if made is None else made

    def propose(session: Session) -> None:
        asked = typed(session)
        author, _ = _two(session, town, asked.fund_id or town.funds["houshan"])
        made.append(orders.propose(session, author, asked))

    def approve(session: Session) -> None:
        for order_id in made:
            _, approver = _two(session, town, session.get_one(Order, order_id).fund_id)
            orders.approve(session, approver, order_id)

    yield Scene(at, propose if key is None else _if_chosen(town, key, propose))
    if signed:
        yield Scene(at + AGREED_AFTER, approve)


def _mirror(session: Session, order_id: int, why: str) -> Typed:
    """The correction of an order that was wrong."""
    transfer = session.exec(select(Transfer).where(Transfer.order_id == order_id)).one()
    return Typed(key=f"mirror-{order_id}", kind="correction", purpose=why, reverses_id=transfer.id)


def _two(session: Session, town: "Town", fund_id: int) -> tuple[Who, Who]:
    """Who writes the orders of a fund, and who approves them."""
    path = session.get_one(Fund, fund_id).area_path
    officers = [who for who in town.cast.everybody() if who.holds("finance", path)]
    return (officers[0], officers[1]) if len(officers) > 1 else (town.staff(path), officers[0])


def _if_chosen(town: "Town", key: str, deed: Deed) -> Deed:
    """The deed, where the vote chose the project."""

    def maybe(session: Session) -> None:
        project = session.get_one(Project, town.projects[key])
        if project.state in (*UNDER_WAY, ProjectState.ACCEPTED):
            deed(session)

    return maybe


def _start(session: Session, town: "Town", row: Row) -> None:
    project = session.get_one(Project, town.projects[row["project"]])
    staff = town.staff(project.area_path)
    work.start(session, staff, project.id or 0)
    for who in town.rng.sample(town.voters, FOLLOWERS):
        following.toggle(session, who, project.id or 0)
    for title, ago, amount in row["milestones"]:
        due_on = clock.day_of(town.now - timedelta(days=ago - 1))
        milestones.plan(session, staff, project.id or 0, Plan(title, due_on, amount))


def _contract(town: "Town", row: Row) -> Callable[[Session], Typed]:
    return lambda session: Typed(
        key=f"contract-{row['contract']}", kind="contract", amount=row["amount"], purpose="施工与供货合同",
        project_id=town.projects[row["project"]], voucher=row["contract"], payee=row["payee"],
    )  # fmt: skip


def _report(town: "Town", row: Row, position: int, says: str) -> Deed:
    names = row.get("shown", {}).get(str(position + 1), ())
    shown = [NewPhoto(pictures.draw(name, 1), pictures.alt(name)) for name in names]

    def deed(session: Session) -> None:
        step = _step(session, town, row["project"], position)
        milestones.report(session, town.cast.by_id(step.lead_id or 0), step.id, says, shown)

    return deed


def _accept(town: "Town", key: str, position: int) -> Deed:
    def deed(session: Session) -> None:
        step = _step(session, town, key, position)
        milestones.accept(session, town.staff(step.area_path), step.id)

    return deed


def _instalment(town: "Town", row: Row, position: int, amount: str) -> Callable[[Session], Typed]:
    def typed(session: Session) -> Typed:
        step = _step(session, town, row["project"], position)
        return Typed(
            key=f"pay-{row['contract']}-{position}", kind="instalment", amount=amount,
            purpose=f"{step.title}，验收后付款",
            project_id=step.project_id, milestone_id=step.id, voucher=f"{row['contract']}-{position + 1}",
            received_on=clock.day_of(clock.now()), payee=row["payee"], splits=_splits(session, step.project_id, amount),
            documents=[NewDocument(_slip(row["contract"], amount), "付款凭证")],
        )  # fmt: skip

    return typed


def _splits(session: Session, project_id: int, amount: str) -> list[tuple[int, str]]:
    """The amount over the lines of the project: the first is paid whole, then the next."""
    spent = select(Spending.line_id, func.sum(Spending.amount_fen)).group_by(col(Spending.line_id))
    paid = dict(session.exec(spent).all())
    lines = session.exec(select(CostLine).where(CostLine.project_id == project_id).order_by(col(CostLine.position)))
    left, parts = int(Decimal(amount) * 100), []
    for line in lines:
        costs = line.amount_fen if line.costed_fen is None else line.costed_fen
        part = min(left, costs - int(paid.get(line.id or 0, 0)))
        left -= part
        parts.append((line.id or 0, str(Decimal(part) / 100) if part else ""))
    return parts


def _slip(number: str, amount: str) -> bytes:
    """A bank slip as a small PDF."""
    page = BytesIO()
    canvas = Canvas(page, invariant=True)
    canvas.drawString(72, 760, f"Bank slip (demo)  {number}  CNY {amount}")
    canvas.save()
    return page.getvalue()


def _step(session: Session, town: "Town", key: str, position: int) -> milestones.Step:
    project_id = town.projects[key]
    staff = town.staff(session.get_one(Project, project_id).area_path)
    return milestones.of_project(session, staff, project_id)[position]


def _finish(session: Session, town: "Town", key: str) -> None:
    project = session.get_one(Project, town.projects[key])
    work.accept(session, town.cast.staff_of(project.area_path, 1), project.id or 0, "长椅稳固，位置合适，通过验收。")
