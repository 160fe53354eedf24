"""Help orders and the volunteers for them: where each lives and serves, and what they can do."""

from dataclasses import dataclass
from typing import Any

from sqlmodel import select

from db.engine import reading
from db.models.accounts import Duty
from db.models.notices import Notice
from portal import areas, audit, clock
from portal.accounts import people as accounts
from portal.acts import SYSTEM, Who
from portal.cases import helping, matching
from portal.cases.contents import Voice
from tests.fixtures.town import CELL, People
from tests.portal.cases.steps import do

SKILL = "help_light"


def plea(**changes: Any) -> Voice:
    """A call for light in cell 03, today, without a word."""
    typed: dict[str, Any] = {
        "title": "", "body": "", "category": SKILL, "kind": "help", "urgency": 2,
        "area_id": areas.tree().by_path(CELL).id,
    }  # fmt: skip
    return Voice(**(typed | changes))


def ordered(people: People, **changes: Any) -> int:
    """A call of the resident's, offered at once."""
    return int(do(helping.order, people.resident, plea(**changes)).case_id)


@dataclass
class Crowd:
    """Makes volunteers, each with a phone of their own."""

    count: int = 0

    def volunteer(self, serves: str, *, home: str = "", skills: tuple[str, ...] = ()) -> Who:
        """Somebody who volunteers in the area at `serves`, lives at `home`, and can do `skills`."""
        self.count += 1
        name = f"志愿者{self.count}"
        with audit.transaction() as session:
            person = accounts.join(session, f"+86138{self.count:08}", name)
            assert person.id is not None
            if home:
                place = areas.tree().by_path(home)
                person.home_area_id, person.area_path, person.resident_at = place.id, home, clock.now()
                session.add(person)
            accounts.grant(session, SYSTEM, person.id, "volunteer", areas.tree().by_path(serves).id)
            who = Who(
                person_id=person.id, name=name, home_path=home, duties=frozenset({("volunteer", serves)}),
                client=f"v{self.count}",
            )  # fmt: skip
        if skills:
            do(matching.set_skills, who, skills)
        return who


def told(message: str) -> list[int | None]:
    """Who got this message, in order."""
    with reading() as session:
        rows = session.exec(select(Notice).where(Notice.message == message)).all()
    return [row.person_id for row in sorted(rows, key=lambda row: row.id or 0)]


def without_volunteers(people: People) -> None:
    """End the duties of the two volunteers of the fixtures, so that a test has only its own."""
    with audit.transaction() as session:
        for person in (people.volunteer, people.other_volunteer):
            for duty in session.exec(select(Duty).where(Duty.person_id == person.person_id)):
                duty.until_at = clock.now()
                session.add(duty)
