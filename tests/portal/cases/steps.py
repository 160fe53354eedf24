"""What the tests of the cases do over and over: act, look, and bring a case into a state."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from sqlmodel import col, select

from db.engine import reading
from db.models.audit import AuditRow
from db.models.cases import Case
from portal import areas, audit
from portal.acts import Who
from portal.cases import dispatch, echo, post, screening, work
from portal.cases.contents import Voice
from portal.cases.timeline import Step, timeline
from portal.errors import Refused
from portal.photos import NewPhoto
from tests.fixtures.town import CELL, People

MONDAY = datetime(2026, 7, 6, 2, 0, tzinfo=UTC)
"""A Monday, ten o'clock in the town, with two plain weeks after it."""


def do(fn: Callable[..., Any], who: Who, *args: Any, **named: Any) -> Any:
    """One act in a transaction of its own, as a page does it."""
    with audit.transaction() as session:
        return fn(session, who, *args, **named)


def look(fn: Callable[..., Any], who: Who, *args: Any, **named: Any) -> Any:
    """One read, as a page does it."""
    with reading() as session:
        return fn(session, who, *args, **named)


@contextmanager
def refused(message_id: str, **facts: object) -> Iterator[None]:
    """The block is refused with this message id and at least these facts."""
    with pytest.raises(Refused) as caught:
        yield
    assert caught.value.message_id == message_id
    assert caught.value.facts.items() >= facts.items()


def wish(**changes: Any) -> Voice:
    """A sound wish in cell 03."""
    typed: dict[str, Any] = {
        "title": "三栋门口的路灯坏了",
        "body": "晚上看不清台阶，老人容易摔跤，希望尽快修好。",
        "category": "roads",
        "area_id": areas.tree().by_path(CELL).id,
    }
    return Voice(**(typed | changes))


def picture(size: tuple[int, int] = (8, 8), alt: str = "路灯") -> NewPhoto:
    buffer = BytesIO()
    Image.new("RGB", size, "orange").save(buffer, "PNG")
    return NewPhoto(buffer.getvalue(), alt)


def case(case_id: int) -> Case:
    """The row as it stands."""
    with reading() as session:
        return session.get_one(Case, case_id)


def rows(case_id: int) -> list[AuditRow]:
    """The audit rows of a case."""
    with reading() as session:
        query = select(AuditRow).where(AuditRow.thing == f"cases:{case_id}").order_by(col(AuditRow.seq))
        return list(session.exec(query).all())


def deeds(case_id: int) -> list[str]:
    return [row.act.removeprefix("case.") for row in rows(case_id)]


def steps(who: Who, case_id: int) -> list[Step]:
    with reading() as session:
        return timeline(session, who, session.get_one(Case, case_id))


def posted(people: People, **changes: Any) -> int:
    """A wish of the resident's, waiting for screening."""
    return int(do(post.post, people.resident, wish(**changes)).case_id)


def _open(people: People, **changes: Any) -> int:
    case_id = posted(people, **changes)
    do(screening.accept, people.staff, case_id)
    return case_id


def _returned(people: People, **changes: Any) -> int:
    case_id = posted(people, **changes)
    do(screening.give_back, people.staff, case_id, "请写清楚在几栋")
    return case_id


def _dispatched(people: People, **changes: Any) -> int:
    case_id = _open(people, **changes)
    do(dispatch.dispatch, people.staff, case_id, people.grid_worker.person_id)
    return case_id


def in_hall(people: People, **changes: Any) -> int:
    case_id = _open(people, **changes)
    do(dispatch.to_hall, people.staff, case_id)
    return case_id


def _claimed(people: People, **changes: Any) -> int:
    case_id = in_hall(people, **changes)
    do(dispatch.grab, people.volunteer, case_id)
    return case_id


def _in_progress(people: People, **changes: Any) -> int:
    case_id = _dispatched(people, **changes)
    do(work.take_on, people.grid_worker, case_id)
    return case_id


def volunteered(people: People, **changes: Any) -> int:
    """In progress, in the hands of a volunteer."""
    case_id = _claimed(people, **changes)
    do(work.take_on, people.volunteer, case_id)
    return case_id


def _awaiting(people: People, **changes: Any) -> int:
    case_id = _in_progress(people, **changes)
    do(work.ask, people.grid_worker, case_id, "是哪一盏灯？")
    return case_id


def _done(people: People, **changes: Any) -> int:
    case_id = _in_progress(people, **changes)
    do(work.finish, people.grid_worker, case_id, "路灯已经修好。")
    return case_id


def _closed(people: People, **changes: Any) -> int:
    case_id = _done(people, **changes)
    do(echo.rate, people.resident, case_id, "solved", 5, "很亮，谢谢")
    return case_id


def _declined(people: People, **changes: Any) -> int:
    case_id = posted(people, **changes)
    do(screening.decline, people.staff, case_id, "这件事不归社区管，请找物业。")
    return case_id


def _referred(people: People, **changes: Any) -> int:
    case_id = _open(people, **changes)
    do(screening.refer, people.staff, case_id, "已转供电所，电话 95598。")
    return case_id


def _merged(people: People, **changes: Any) -> int:
    into = _open(people, title="先有的心愿")
    case_id = _open(people, **changes)
    do(screening.merge, people.staff, case_id, into)
    return case_id


def _withdrawn(people: People, **changes: Any) -> int:
    case_id = posted(people, **changes)
    do(post.withdraw, people.resident, case_id, "已经自己解决了")
    return case_id


def _draft(people: People, **changes: Any) -> int:
    return int(do(post.draft, people.resident, wish(**changes)))


WAYS: dict[str, Callable[..., int]] = {
    "draft": _draft,
    "screening": posted,
    "returned": _returned,
    "open": _open,
    "dispatched": _dispatched,
    "claimed": _claimed,
    "in_progress": _in_progress,
    "awaiting_resident": _awaiting,
    "done": _done,
    "closed": _closed,
    "declined": _declined,
    "referred": _referred,
    "merged": _merged,
    "withdrawn": _withdrawn,
}
"""How a wish of the resident's comes into each state."""


def staged(people: People, state: str, **changes: Any) -> int:
    """A wish of the resident's in this state; worked on by the grid worker, or held by the volunteer where claimed."""
    case_id = WAYS[state](people, **changes)
    assert case(case_id).state == state
    return case_id


def opinion(**changes: Any) -> Voice:
    """A sound opinion about cell 03, which has no title of its own."""
    body = "活动室晚上能不能多开一小时？下班后大家都想去。"
    return wish(**({"kind": "opinion", "title": "", "body": body} | changes))
