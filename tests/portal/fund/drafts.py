"""Proposals for the tests: sound ones, quickly written, and rounds that take them."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

from PIL import Image
from sqlmodel import Session, col, select

from db.engine import reading
from db.models.audit import AuditRow
from db.models.fund import CostLine, Project, Round
from portal import areas, audit, notices, words
from portal.acts import Who
from portal.attachments import NewDocument
from portal.fund import proposals, reviewing
from portal.fund.costs import TypedLine
from portal.fund.proposals import Written
from portal.fund.reviewing import Costed
from portal.photos import NewPhoto
from tests.fixtures.fund import FundPeople, add_fund, add_round
from tests.fixtures.town import CELL
from tests.portal.cases.steps import do

PDF = NewDocument(b"%PDF-1.4\n%%EOF\n", "报价单")


def picture() -> NewPhoto:
    buffer = BytesIO()
    Image.new("RGB", (8, 8), "teal").save(buffer, "PNG")
    return NewPhoto(buffer.getvalue(), "空地")


def written(**changes: Any) -> Written:
    """A sound proposal of 1,500 yuan in cell 03."""
    typed: dict[str, Any] = {
        "title": "楼下装长椅",
        "need": "老人没有地方坐。",
        "beneficiaries": "三栋四栋的老人",
        "kind": "green",
        "area_id": areas.tree().by_path(CELL).id,
        "lines": (TypedLine("长椅", "个", "600", "2"), TypedLine("安装", "次", "300", "1")),
    }
    return Written(**(typed | changes))


def hand_in(session: Session, who: Who, round_id: int, typed: Written, case_id: int | None = None) -> int:
    """Draft it and hand it in."""
    project_id = proposals.draft(session, who, round_id, typed, case_id)
    proposals.submit(session, who, project_id)
    return project_id


@dataclass
class Call:
    """A round that takes proposals of 100 to 50,000 yuan, and at most 20,000 for greenery."""

    people: FundPeople
    round_id: int

    def proposed(self, who: Who | None = None, **changes: Any) -> int:
        return int(do(hand_in, who or self.people.ann, self.round_id, written(**changes)))

    def admitted(self, who: Who | None = None, **changes: Any) -> int:
        project_id = self.proposed(who, **changes)
        do(reviewing.admit, self.people.second_staff, project_id)
        return project_id

    def costed(self, who: Who | None = None, **changes: Any) -> int:
        project_id = self.admitted(who, **changes)
        self.move_to("reviewing")
        do(reviewing.cost, self.people.reviewer, project_id, as_proposed(project_id))
        self.move_to("accepting")
        return project_id

    def move_to(self, state: str) -> None:
        """Put the round into a phase before the vote, without what that takes."""
        with audit.transaction() as session:
            session.get_one(Round, self.round_id).state = state

    def change(self, **columns: Any) -> None:
        with audit.transaction() as session:
            row = session.get_one(Round, self.round_id)
            for name, value in columns.items():
                setattr(row, name, value)


def call(people: FundPeople, **columns: Any) -> Call:
    with audit.transaction() as session:
        rules: dict[str, Any] = {
            "least_fen": 10_000,
            "caps": {"green": 2_000_000},
            "excluded": ["小区围墙", "已有财政资金的项目"],
        }
        row, _ = add_round(session, add_fund(session), "accepting", budget_fen=5_000_000, **(rules | columns))
    return Call(people, row.id or 0)


def as_proposed(project_id: int, **amounts: str) -> list[Costed]:
    return [
        Costed(line.id or 0, amounts.get(line.what, f"{line.amount_fen / 100:.2f}"), "市场价")
        for line in lines(project_id)
    ]


def project(project_id: int) -> Project:
    """The row as it stands."""
    with reading() as session:
        return session.get_one(Project, project_id)


def lines(project_id: int) -> list[CostLine]:
    with reading() as session:
        query = select(CostLine).where(CostLine.project_id == project_id).order_by(col(CostLine.position))
        return list(session.exec(query).all())


def rows(project_id: int) -> list[AuditRow]:
    with reading() as session:
        query = select(AuditRow).where(AuditRow.thing == f"project:{project_id}").order_by(col(AuditRow.seq))
        return list(session.exec(query).all())


def told(who: Who, lang: str = "zh-CN") -> list[tuple[str, str]]:
    """What somebody was told, newest first: the words, and where they lead."""
    with reading() as session, words.speaking(lang):
        return [(message.text, message.href) for message in notices.mine(session, who)]
