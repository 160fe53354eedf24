"""The people of the demo: they join, get their duties from the admin, and their homes from the desk."""

from collections.abc import Callable
from functools import partial
from typing import Any

from sqlmodel import Session

from db.demo import texts
from portal import areas
from portal.accounts import people, sessions
from portal.acts import Who
from portal.cases import matching

Row = dict[str, Any]
PHONE = "+861990000{:04}"
"""Numbers that nobody was given: nothing is ever sent to them, see `small`."""


class Cast:
    """Everybody by key, as `Who`, once they are in the database."""

    def __init__(self) -> None:
        self._by_key: dict[str, Who] = {}
        self._by_id: dict[int, Who] = {}

    def who(self, key: str) -> Who:
        return self._by_key[key]

    def by_id(self, person_id: int) -> Who:
        return self._by_id[person_id]

    def everybody(self) -> list[Who]:
        return list(self._by_key.values())

    def staff_of(self, path: str, turn: int) -> Who:
        """Somebody at the desk nearest to the area; where there are several they take turns."""
        on_duty = [(p, who) for who in self._by_key.values() for p in who.paths("staff") if path.startswith(p)]
        nearest = max(len(p) for p, _ in on_duty)
        desk = [who for p, who in on_duty if len(p) == nearest]
        return desk[turn % len(desk)]

    def on_duty(self, role: str, path: str) -> Who:
        """The first who holds `role` in the area or above it."""
        return next(who for who in self._by_key.values() if who.holds(role, path))

    def phone(self, key: str) -> str:
        return PHONE.format(next(n for n, row in enumerate(texts.people(), start=1) if row["key"] == key))

    def enter(self, session: Session) -> None:
        """Bring everybody in: the command line appoints the admin, the admin appoints the others."""
        rows = texts.people()
        for number, row in enumerate(rows, start=1):
            phone = PHONE.format(number)
            if "admin" in row.get("duties", {}):
                person = people.add_staff(session, phone, row["name"], "admin", row["duties"]["admin"][0])
            else:
                person = people.join(session, phone, row["name"])
            self._know(session, row["key"], person.id or 0)
        admin = next(who for who in self.everybody() if who.is_any("admin"))
        for key, role, code in _duties(rows):
            people.grant(session, admin, self.who(key).person_id or 0, role, areas.tree().by_code(code).id)
        for row in rows:
            self._know(session, row["key"], self.who(row["key"]).person_id or 0)
            if "skills" in row:
                matching.set_skills(session, self.who(row["key"]), row["skills"])
            if "home" in row and not row.get("waits"):
                self.ask_home(session, row)
                home = areas.tree().by_code(row["home"])
                people.confirm_resident(session, self.staff_of(home.path, 0), self.who(row["key"]).person_id or 0)
                self._know(session, row["key"], self.who(row["key"]).person_id or 0, home.path)

    def ask_home(self, session: Session, row: Row) -> None:
        people.ask_home(session, self.who(row["key"]), areas.tree().by_code(row["home"]).id)

    def waiting(self) -> list[Callable[[Session], None]]:
        """What those do whose home still waits for confirmation."""
        return [partial(self.ask_home, row=row) for row in texts.people() if row.get("waits")]

    def _know(self, session: Session, key: str, person_id: int, home: str = "") -> None:
        name = next(row["name"] for row in texts.people() if row["key"] == key)
        who = Who(person_id=person_id, name=name, home_path=home, duties=sessions.duties_of(session, person_id))
        self._by_key[key] = self._by_id[person_id] = who


def _duties(rows: list[Row]) -> list[tuple[str, str, str]]:
    """(person, role, area code) of all but the admin; everybody's first area before anybody's second."""
    found = []
    for row in rows:
        for role, codes in row.get("duties", {}).items():
            cells = [cell for code in codes for cell in _cells(code)]
            found += [(turn, row["key"], role, code) for turn, code in enumerate(cells) if role != "admin"]
    return [duty for _, *duty in sorted(found, key=lambda duty: duty[0])]  # type: ignore[misc]


def _cells(code: str) -> list[str]:
    if not code.endswith("-*"):
        return [code]
    community = areas.tree().by_code(code.removesuffix("-*"))
    return [place.code for place in areas.tree().children(community.path)]
