"""The dispute of a resident with the neighbour, brought into each stage."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from db.engine import reading
from db.models.disputes import Party, Sitting
from portal import areas, clock
from portal.cases import dispatch, screening, work
from portal.cases.disputes import Grievance, OtherSide, agreements, bring, sittings
from tests.fixtures.town import CELL, People
from tests.portal.cases.steps import do

TITLE, BODY = "楼上夜里拖家具", "每晚十一点以后拖桌椅，孩子睡不着，说过三次没有用。"
NEIGHBOURS_PHONE = "13900000002"
"""That of `People.neighbour`."""


def grievance(**changes: Any) -> Grievance:
    """A sound dispute in cell 03 with the neighbour, whose phone has an account."""
    typed: dict[str, Any] = {
        "title": TITLE,
        "body": BODY,
        "category": "dispute_noise",
        "area_id": areas.tree().by_path(CELL).id,
        "parties": (OtherSide("王德兴", NEIGHBOURS_PHONE),),
    }
    return Grievance(**(typed | changes))


def party_ids(case_id: int) -> list[int]:
    """The ids of the parties, who brought it first."""
    with reading() as session:
        rows = session.exec(select(Party).where(Party.case_id == case_id)).all()
        return [row.id or 0 for row in sorted(rows, key=lambda row: (not row.brought_it, row.id))]


@dataclass
class Room:
    """Brings disputes into a stage of their way."""

    people: People

    def brought(self, **changes: Any) -> int:
        return int(do(bring, self.people.resident, grievance(**changes)).case_id)

    def let_in(self, **changes: Any) -> int:
        case_id = self.brought(**changes)
        do(screening.accept, self.people.mediation_head, case_id)
        return case_id

    def appointed(self, **changes: Any) -> int:
        case_id = self.let_in(**changes)
        do(dispatch.dispatch, self.people.mediation_head, case_id, self.people.mediator.person_id)
        return case_id

    def begun(self, **changes: Any) -> int:
        case_id = self.appointed(**changes)
        do(work.take_on, self.people.mediator, case_id)
        return case_id

    def sat(self, case_id: int) -> int:
        """A sitting that took place; its id."""
        at = clock.now() + timedelta(hours=1)
        sitting_id = int(do(sittings.sit, self.people.mediator, case_id, at, "社区调解室"))
        with clock.at(at + timedelta(hours=2)):
            do(sittings.write_minutes, self.people.mediator, sitting_id, "双方说明了情况。")
        return sitting_id

    def written(self, words: str = "晚十点后不拖动家具，桌脚加软垫。", **changes: Any) -> tuple[int, int]:
        """A dispute with a text for all to agree to: the ids of both."""
        case_id = self.begun(**changes)
        return case_id, int(do(agreements.write_agreement, self.people.mediator, case_id, words))

    def agreed(self, days: int = 30, **changes: Any) -> int:
        case_id, text = self.written(**changes)
        for party in (self.people.resident, self.people.neighbour):
            do(agreements.consent, party, text)
        day = clock.day_of(clock.now()) + timedelta(days=days)
        do(agreements.agree, self.people.mediator, case_id, day)
        return case_id


@pytest.fixture
def room(people: People) -> Room:
    return Room(people)


def sitting(sitting_id: int) -> Sitting:
    with reading() as session:
        return session.get_one(Sitting, sitting_id)
