"""What the tests of the work do over and over: a project with money, its plan, its milestones on their way."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlmodel import col, select

from db.engine import reading
from db.models.audit import AuditRow
from db.models.fund import Project
from db.models.notices import Notice
from db.models.works import Milestone
from portal import audit, clock
from portal.acts import Who
from portal.fund import milestones, work
from portal.fund.milestones import Plan
from tests.fixtures.fund import FundPeople
from tests.portal.cases.steps import do
from tests.portal.fund.purse import Purse, purse

SAYS = "长椅已经装好，一共六张。"


@dataclass
class Works:
    """A project that the vote gave 20,000 yuan, proposed by ann, and the people around it."""

    money: Purse
    people: FundPeople

    @property
    def id(self) -> int:
        return self.money.project_id

    @property
    def staff(self) -> Who:
        return self.people.second_staff

    @property
    def lead(self) -> Who:
        return self.people.ann

    @property
    def row(self) -> Project:
        with reading() as session:
            return session.get_one(Project, self.id)

    def start(self) -> None:
        do(work.start, self.staff, self.id)

    def begin(self) -> None:
        """Start it and bind 10,000 yuan by a contract, with which the work begins."""
        self.start()
        self.money.post("contract", "10000")

    def plan(self, planned: str = "0", *, days: int = 30, title: str = "安装长椅", who: Who | None = None) -> int:
        due_on = clock.day_of(clock.now()) + timedelta(days=days)
        return int(do(milestones.plan, who or self.staff, self.id, Plan(title, due_on, planned)))

    def reported(self, planned: str = "0", **changes: Any) -> int:
        number = self.plan(planned, **changes)
        do(milestones.report, self.lead, number, SAYS)
        return number

    def accepted(self, planned: str = "0", **changes: Any) -> int:
        number = self.reported(planned, **changes)
        do(milestones.accept, self.staff, number)
        return number


def works(funders: FundPeople, **columns: Any) -> Works:
    """The project is funded, and nothing more."""
    made = Works(purse(funders, **columns), funders)
    with audit.transaction() as session:
        row = session.get_one(Project, made.id)
        row.state, row.proposer_id = "funded", funders.ann.person_id
        session.add(row)
    return made


def step(milestone_id: int) -> Milestone:
    """The row as it stands."""
    with reading() as session:
        return session.get_one(Milestone, milestone_id)


def told(who: Who, message: str = "") -> list[Notice]:
    """What somebody was told, oldest first."""
    with reading() as session:
        query = select(Notice).where(Notice.person_id == who.person_id).order_by(col(Notice.id))
        return [row for row in session.exec(query) if not message or row.message == message]


def deeds(thing: str) -> list[AuditRow]:
    with reading() as session:
        return list(session.exec(select(AuditRow).where(AuditRow.thing == thing).order_by(col(AuditRow.seq))))
