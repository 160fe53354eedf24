"""Browser sessions: who a cookie stands for, found anew on every run.

The cookie holds 256 random bits; the database holds only their keyed hash. A person with a duty other than
volunteer is gone after 30 idle minutes or 12 hours, whatever their session was when it began; others after 14 days.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Row, Select, bindparam, delete, literal, null, union_all, update
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from db.engine import writing
from db.models.accounts import Duty, DutyRole, Person, SessionReceipt, Ticket, WebSession
from db.models.cases import Case, KindName
from portal import acts, clock, limits, vault
from portal.accounts.acts import END_SESSIONS
from portal.acts import Who
from portal.errors import NotFound, Refused
from portal.settings import settings

LIGHT_DUTIES = frozenset({DutyRole.VOLUNTEER.value})
"""Duties that keep the long session and need no second factor."""
SEEN_EVERY = timedelta(minutes=1)
AGENT_CHARS = 200

_SESSION = ("id", "person_id", "staff", "created_at", "seen_at", "expires_at", "ended_at")
_PERSON = ("name", "area_path", "resident_at", "blocked_at")
_BY_TOKEN: Select[Any] = (
    select_columns(*(getattr(WebSession, c) for c in _SESSION), *(getattr(Person, c) for c in _PERSON))
    .outerjoin(Person, col(Person.id) == col(WebSession.person_id))
    .where(col(WebSession.token_hash) == bindparam("token_hash"))
)
_DUTIES_AND_RECEIPTS: CompoundSelect[Any] = union_all(
    select_columns(col(Duty.role), col(Duty.area_path), null().label("case_id")).where(
        col(Duty.person_id) == bindparam("person_id"), col(Duty.until_at).is_(None)
    ),
    # the code of a dispute may have come along from before signing in: it opens nothing to who wrote it down
    select_columns(literal(""), literal(""), col(SessionReceipt.case_id))
    .join(Case, col(Case.id) == col(SessionReceipt.case_id))
    .where(
        col(SessionReceipt.session_id) == bindparam("session_id"),
        ~((col(Case.kind) == KindName.DISPUTE) & col(Case.recorded_by).is_not_distinct_from(bindparam("person_id"))),
    ),
)


def who_from(
    session: Session,
    token: str | None,
    client: str,
    lang: str,
    *,
    writes: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> Who:
    """Who acts with this cookie now. A cookie that is unknown, ended, expired, idle or of a blocked person: a visitor.

    Where the settings ask staff for a second factor, duties above volunteer count only in a session that proved it.
    Once a minute it is noted that the session is in use; `writes` is entered for that write, which may have to wait.
    """
    visitor = Who(client=client, lang=lang)
    row = _row_of(session, token)
    if row is None:
        return visitor
    duties, receipts = _duties_and_receipts(session, row.id, row.person_id)
    if not _alive(row, duties):
        return visitor
    _touch(session, row, writes)
    return Who(
        person_id=row.person_id,
        name=row.name or "",
        session_id=row.id,
        home_path=row.area_path if row.resident_at else "",
        duties=frozenset(d for d in duties if row.staff or not settings().staff_totp or d[0] in LIGHT_DUTIES),
        receipts=receipts,
        client=client,
        lang=lang,
    )


def issue_ticket(
    session: Session, *, person_id: int | None = None, case_id: int | None = None, second_factor: bool = False
) -> str:
    """A token for the route that sets the cookie: 256 bits, good once, for one minute.

    From any address: a phone may ask for the page over IPv6 and for the cookie over IPv4.
    """
    token = vault.new_token()
    session.add(
        Ticket(
            token_hash=vault.keyed_hash("ticket", token),
            person_id=person_id,
            case_id=case_id,
            staff=second_factor,
            expires_at=clock.now() + timedelta(seconds=limits.TICKET_SECONDS),
        )
    )
    session.flush()
    return token


def redeem(session: Session, ticket: str, *, current_token: str | None, agent: str) -> tuple[str, int]:
    """Use up `ticket` and give the cookie's new value and its age in seconds. Raises Refused `ticket_spent`.

    A ticket for a person always begins a new session and ends the one this browser had; what that one could follow
    by receipt comes along, unless it was somebody else's. A ticket for a case alone adds it to the live session.
    """
    used = _use_up(session, ticket)
    old = _row_of(session, current_token)
    if old and not _alive(old, _duties_and_receipts(session, old.id, old.person_id)[0]):
        old = None
    if used.person_id is None and old and current_token:
        _add_receipts(session, old.id, {used.case_id})
        return current_token, _seconds_until(old.expires_at)
    cases = {used.case_id}
    if old:
        if old.person_id in (None, used.person_id):
            cases |= _duties_and_receipts(session, old.id, None)[1]
        _end_where(session, col(WebSession.id) == old.id)
    return _begin(session, used.person_id, used.staff, agent, cases)


def end(session: Session, token: str | None) -> None:
    """Sign this browser out; nothing happens where the token is unknown."""
    if token:
        _end_where(session, col(WebSession.token_hash) == vault.keyed_hash("session", token))


def end_all(session: Session, who: Who, person_id: int) -> None:
    """Sign a person out everywhere, at once in all open tabs: oneself, or by an admin. Raises Forbidden, NotFound."""
    person = session.get(Person, person_id)
    if person is None:
        raise NotFound()
    acts.perform(session, who, END_SESSIONS, person)
    end_of(session, person_id)


def end_mine(session: Session, who: Who) -> None:
    """Sign oneself out everywhere."""
    end_all(session, who, who.person_id or 0)


def end_of(session: Session, person_id: int, *, keep: int | None = None) -> None:
    """End the sessions of a person as part of another act (a block, a new password), except the session `keep`."""
    _end_where(session, col(WebSession.person_id) == person_id, col(WebSession.id) != (keep or 0))


@dataclass(frozen=True)
class Place:
    """A browser in which a person is signed in. `device` is a message id below `device.`."""

    device: str
    since_at: datetime
    seen_at: datetime
    this: bool


def mine(session: Session, who: Who) -> list[Place]:
    """Where `who` is signed in now, the latest first."""
    rows = session.exec(
        select(WebSession)
        .where(WebSession.person_id == who.person_id, col(WebSession.ended_at).is_(None))
        .where(col(WebSession.expires_at) > clock.now(), col(WebSession.person_id).is_not(None))
        .order_by(col(WebSession.seen_at).desc())
        .limit(limits.PAGE_ROWS)
    ).all()
    return [Place(device_of(row.agent), row.created_at, row.seen_at, row.id == who.session_id) for row in rows]


def device_of(agent: str) -> str:
    """What kind of browser a user agent belongs to, in words that people know."""
    marks = {"MicroMessenger": "wechat", "iPhone": "iphone", "iPad": "ipad", "Android": "android"}
    marks |= {"Windows": "windows", "Macintosh": "mac", "Linux": "linux"}
    return next((name for mark, name in marks.items() if mark in agent), "other")


def strict(duties: frozenset[tuple[str, str]]) -> bool:
    """Whether these duties call for the short session and, where the settings say so, the second factor."""
    return any(role not in LIGHT_DUTIES for role, _ in duties)


def duties_of(session: Session, person_id: int) -> frozenset[tuple[str, str]]:
    """The (role, area path) pairs that a person holds now, whatever their session proved."""
    return _duties_and_receipts(session, 0, person_id)[0]


def _row_of(session: Session, token: str | None) -> Row[Any] | None:
    if not token or len(token) > AGENT_CHARS:
        return None
    return session.execute(_BY_TOKEN, {"token_hash": vault.keyed_hash("session", token)}).first()


def _duties_and_receipts(
    session: Session, session_id: int, person_id: int | None
) -> tuple[frozenset[tuple[str, str]], frozenset[int]]:
    rows = session.execute(_DUTIES_AND_RECEIPTS, {"person_id": person_id or 0, "session_id": session_id}).all()
    return frozenset((r[0], r[1]) for r in rows if r[0]), frozenset(r[2] for r in rows if r[2] is not None)


def _alive(row: Row[Any], duties: frozenset[tuple[str, str]]) -> bool:
    now = clock.now()
    if row.ended_at or row.blocked_at or row.expires_at <= now:
        return False
    if not strict(duties):
        return True
    idle = now - row.seen_at >= timedelta(minutes=limits.STAFF_IDLE_MINUTES)
    return not idle and now - row.created_at < timedelta(hours=limits.STAFF_SESSION_HOURS)


def _touch(session: Session, row: Row[Any], writes: Callable[[], AbstractContextManager[object]]) -> None:
    """Note that the session is in use, at most once a minute and outside the caller's reading transaction."""
    now = clock.now()
    if now - row.seen_at < SEEN_EVERY:
        return
    seen = (
        update(WebSession)
        .where(col(WebSession.id) == row.id, col(WebSession.seen_at) <= now - SEEN_EVERY)
        .values(seen_at=now)
        .execution_options(synchronize_session=False)
    )
    if session.get_bind().get_execution_options().get("portal_write"):
        session.execute(seen)  # a second writer would wait for the caller's own lock
        return
    with writes(), writing() as own:
        own.execute(seen)
        own.commit()


def _use_up(session: Session, ticket: str) -> Row[Any]:
    """DELETE decides: of two that come with the same ticket, one finds the row."""
    used = session.execute(
        delete(Ticket)
        .where(col(Ticket.token_hash) == vault.keyed_hash("ticket", ticket), col(Ticket.expires_at) > clock.now())
        .returning(col(Ticket.person_id), col(Ticket.case_id), col(Ticket.staff))
        .execution_options(synchronize_session=False)
    ).first()
    if used is None:
        raise Refused("ticket_spent")
    return used


def _begin(
    session: Session, person_id: int | None, second_factor: bool, agent: str, cases: set[int | None]
) -> tuple[str, int]:
    now = clock.now()
    lasting = timedelta(days=limits.RESIDENT_SESSION_DAYS)
    if person_id is not None and strict(duties_of(session, person_id)):
        lasting = timedelta(hours=limits.STAFF_SESSION_HOURS)
    token = vault.new_token()
    row = WebSession(
        token_hash=vault.keyed_hash("session", token),
        person_id=person_id,
        staff=second_factor,
        agent="".join(c for c in agent if c.isprintable())[:AGENT_CHARS],
        created_at=now,
        seen_at=now,
        expires_at=now + lasting,
    )
    session.add(row)
    session.flush()
    _add_receipts(session, row.id or 0, cases)
    return token, _seconds_until(row.expires_at)


def _add_receipts(session: Session, session_id: int, cases: set[int | None]) -> None:
    for case_id in sorted(c for c in cases if c is not None):
        if session.get(SessionReceipt, (session_id, case_id)) is None:
            session.add(SessionReceipt(session_id=session_id, case_id=case_id))
    session.flush()


def _end_where(session: Session, *conditions: ColumnElement[bool]) -> None:
    session.execute(
        update(WebSession)
        .where(col(WebSession.ended_at).is_(None), *conditions)
        .values(ended_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def _seconds_until(moment: datetime) -> int:
    return max(0, int((moment - clock.now()).total_seconds()))
