"""A small town with a few people, and short ways to act as them."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import Session

from db.engine import reading
from db.models.areas import Area
from portal import audit
from portal.accounts import people, phones, sessions
from portal.acts import Who
from portal.errors import Refused

CITY, STREET, CELL, FAR_CELL = "/1/", "/1/a/", "/1/a/x/", "/1/b/y/"


class Town:
    """Area ids by path, people by name, and their present `Who`."""

    def __init__(self) -> None:
        self.areas: dict[str, int] = {}
        self.people: dict[str, int] = {}
        with audit.transaction() as session:
            self._area(session, CITY, "city", None)
            for path, level, above in (
                (STREET, "street", CITY),
                ("/1/b/", "street", CITY),
                (CELL, "cell", STREET),
                (FAR_CELL, "cell", "/1/b/"),
            ):
                self._area(session, path, level, above)
        self.add("ann", "13800000001")
        self.add("ben", "13800000002")
        self.add("root", "13800000003", "admin", CITY)
        self.add("clerk", "13800000004", "staff", STREET)

    def add(self, name: str, phone: str, role: str = "", path: str = CITY) -> int:
        with audit.transaction() as session:
            if role:
                person = people.add_staff(session, phone, name, role, path)
            else:
                person = people.join(session, phones.normalise(phone), name)
        self.people[name] = person.id or 0
        return self.people[name]

    def token(self, name: str, *, second_factor: bool = False) -> str:
        """The cookie of a new session of this person."""
        with audit.transaction() as session:
            ticket = sessions.issue_ticket(session, person_id=self.people[name], second_factor=second_factor)
            return sessions.redeem(session, ticket, current_token=None, agent="Android")[0]

    def who(self, name: str) -> Who:
        return who_of(self.token(name))

    def _area(self, session: Session, path: str, level: str, above: str | None) -> None:
        area = Area(
            code=path,
            path=path,
            level=level,
            name=f"地{path}",
            parent_id=self.areas[above] if above else None,
        )
        session.add(area)
        session.flush()
        self.areas[path] = area.id or 0


def who_of(token: str | None) -> Who:
    with reading() as session:
        return sessions.who_from(session, token, "c", "zh-CN")


def do(fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """As the frame does it: one transaction, committed, or rolled back by a refusal."""
    with audit.transaction() as session:
        return fn(session, *args, **kwargs)


def refusal(fn: Callable[..., Any], *args: Any, **kwargs: Any) -> str:
    """The id of the refusal that `fn` must raise."""
    with pytest.raises(Refused) as caught:
        do(fn, *args, **kwargs)
    return caught.value.message_id


def race(n: int, fn: Callable[[], Any]) -> list[Any]:
    """What `n` threads that start together get from `fn`; exceptions are results too."""
    barrier, results = threading.Barrier(n), []

    def run() -> None:
        barrier.wait()
        try:
            results.append(fn())
        except Exception as error:
            results.append(error)

    threads = [threading.Thread(target=run) for _ in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
