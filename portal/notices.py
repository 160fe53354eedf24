"""The outbox: what people are told is written in the transaction of the act that causes it, and sent afterwards.

Everything for a person is shown in the portal. What has a phone is also sent as a text message, where the settings
name a gateway; what is for nobody in particular goes to the work chat of the staff.
"""

import json
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import apprise
import structlog
from sqlalchemy import bindparam, func, update
from sqlmodel import Session, col, select

from db.engine import reading, writing
from db.models.accounts import Person
from db.models.notices import Notice
from portal import areas, clock, limits, vault, words
from portal.acts import Who
from portal.errors import NotFound
from portal.settings import settings

SMS, CHAT, PORTAL = "sms", "chat", "portal"
TRIES = 6
LEASE = timedelta(minutes=2)
"""How long one process has for one message; after that (a crash) another one takes it up."""
BACK_OFF_MINUTES = (0.5, 2, 8, 30, 120)
WORTH_SENDING = {"code": timedelta(minutes=limits.CODE_MINUTES)}
"""Messages that are worth nothing after a while."""
UNREAD_SHOWN = 99

log = structlog.get_logger()
logging.getLogger("apprise").setLevel(logging.CRITICAL)  # it would name hosts and numbers


def tell(
    session: Session,
    person_id: int | None,
    message: str,
    *,
    case_id: int | None = None,
    href: str = "",
    phone_sealed: str | None = None,
    sealed: dict[str, str] | None = None,
    lang: str = "",
    **facts: Any,
) -> None:
    """Put a message into the outbox: to a person, else to a phone, else to the work chat.

    `message` is an id below `notice.`; `facts` fill it; `href` is where one reads on of what is no case. `sealed` facts
    are kept encrypted and wiped once sent.
    """
    person = session.get(Person, person_id) if person_id else None
    reachable = phone_sealed or (person and person.phone_sealed)
    channel = SMS if reachable else PORTAL if person else CHAT
    now = clock.now()
    session.add(
        Notice(
            person_id=person_id,
            phone_sealed=phone_sealed,
            channel=channel,
            message=message,
            facts=facts,
            sealed=vault.seal(json.dumps(sealed)) if sealed else None,
            case_id=case_id,
            href=href,
            lang=lang or (person.lang if person else words.language()),
            created_at=now,
            due_at=None if channel == PORTAL else now,
        )
    )


@dataclass(frozen=True)
class Message:
    """A notice as its person reads it."""

    id: int
    text: str
    href: str
    """Where in the portal one reads on; empty: nowhere."""
    at: datetime
    unread: bool


def mine(session: Session, who: Who, before: int | None = None, limit: int = limits.PAGE_ROWS) -> list[Message]:
    """What `who` was told, newest first, below the id `before`, in the language in use."""
    query = select(Notice).where(Notice.person_id == who.person_id, col(Notice.person_id).is_not(None))
    if before is not None:
        query = query.where(col(Notice.id) < before)
    rows = session.exec(query.order_by(col(Notice.id).desc()).limit(limit)).all()
    return [Message(n.id or 0, text_of(n), _href(n), n.created_at, n.read_at is None) for n in rows]


_FRESH = select(Notice.id).where(Notice.person_id == bindparam("person_id"), col(Notice.read_at).is_(None))
_UNREAD = select(func.count()).select_from(_FRESH.limit(UNREAD_SHOWN).subquery())
"""Built once, because it is asked in every run."""


def unread(session: Session, who: Who) -> int:
    """How many messages `who` has not seen; more than 99 count as 99."""
    if who.person_id is None:
        return 0
    return session.scalar(_UNREAD, {"person_id": who.person_id}) or 0


def read_all(session: Session, who: Who) -> None:
    """Mark everything `who` was told as seen."""
    session.execute(
        update(Notice)
        .where(col(Notice.person_id) == who.person_id, col(Notice.read_at).is_(None))
        .values(read_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def _href(notice: Notice) -> str:
    return f"/wish?case={notice.case_id}" if notice.case_id else notice.href


def text_of(notice: Notice) -> str:
    """The words of a notice in the language in use. Facts that are codes or paths are named.

    A fact `kind` chooses the words of that kind of case, where it has its own.
    """
    facts = dict(notice.facts)
    if notice.sealed:
        facts |= json.loads(vault.unseal(notice.sealed))
    named = {name: _name(name, value) for name, value in facts.items()}
    return words.t(words.fitting(f"notice.{notice.message}", str(facts.get("kind", ""))), **named)


def deliver(limit: int = 50) -> int:
    """Send what is due, at most `limit` messages, and say how many went out. Safe in any number of processes.

    A message is taken by compare-and-set, sent outside any transaction, and marked. A crash between sending and
    marking sends it again after the lease: at least once.
    """
    return sum(_send(taken) for taken in map(_take, _due(limit)) if taken)


@dataclass(frozen=True)
class _Taken:
    notice: Notice
    phone_sealed: str | None


def _due(limit: int) -> list[int]:
    with reading() as session:
        rows = session.exec(
            select(Notice.id).where(col(Notice.due_at) <= clock.now()).order_by(col(Notice.due_at)).limit(limit)
        )
        return [found for found in rows if found is not None]


def _take(notice_id: int) -> _Taken | None:
    now = clock.now()
    with writing() as session:
        found = session.scalar(
            update(Notice)
            .where(col(Notice.id) == notice_id, col(Notice.due_at) <= now)
            .values(due_at=now + LEASE, tries=Notice.tries + 1)
            .returning(col(Notice.id))
            .execution_options(synchronize_session=False)
        )
        notice = session.get(Notice, found) if found else None
        person = session.get(Person, notice.person_id) if notice and notice.person_id else None
        session.commit()
    if notice is None:
        return None
    return _Taken(notice, notice.phone_sealed or (person.phone_sealed if person else None))


def _send(taken: _Taken) -> bool:
    notice = taken.notice
    late = clock.now() - notice.created_at > WORTH_SENDING.get(notice.message, timedelta.max)
    url = _url(notice.channel, taken.phone_sealed)
    if late or notice.tries > TRIES or not url:
        _give_up(notice, kept=not url and notice.person_id is not None)
        return False
    with words.speaking(notice.lang):
        text = text_of(notice)
    if _hand_over(url, text):
        _mark(notice, due_at=None, sealed=None, phone_sealed=None, sent_at=clock.now())
        return True
    log.warning("notice_not_sent", notice=notice.id, tries=notice.tries)
    if notice.tries >= TRIES:
        _give_up(notice, kept=False)
    else:
        _mark(notice, due_at=clock.now() + timedelta(minutes=BACK_OFF_MINUTES[notice.tries - 1]))
    return False


def _url(channel: str, phone_sealed: str | None) -> str:
    if channel == CHAT:
        return settings().notify_url
    if not settings().sms_url or not phone_sealed:
        return ""
    return settings().sms_url.replace("{phone}", quote(vault.unseal(phone_sealed).removeprefix("+"), safe=""))


def _hand_over(url: str, text: str) -> bool:
    service = apprise.Apprise()
    return bool(service.add(url) and service.notify(body=text, body_format=apprise.NotifyFormat.TEXT))


def _give_up(notice: Notice, *, kept: bool) -> None:
    """Stop trying: `kept` means that the person reads it in the portal, which no gateway was set up to leave."""
    if kept:
        _mark(notice, due_at=None, phone_sealed=None, channel=PORTAL)
    else:
        _mark(notice, due_at=None, sealed=None, phone_sealed=None, failed_at=clock.now())


def _mark(notice: Notice, **values: Any) -> None:
    """Write what became of it, unless somebody else has sent it meanwhile."""
    with writing() as session:
        session.execute(
            update(Notice)
            .where(col(Notice.id) == notice.id, col(Notice.sent_at).is_(None))
            .values(**values)
            .execution_options(synchronize_session=False)
        )
        session.commit()


def _name(fact: str, value: object) -> object:
    if fact in ("role", "state", "outcome", "urgency", "phase"):
        return words.t(f"{fact}.{value}")
    if isinstance(value, dict):  # a name in several languages
        return words.pick(value)
    if fact in ("slot_at", "sitting_at"):
        return words.appointment(datetime.fromisoformat(str(value)))
    if fact != "area_path":
        return words.money_fact(fact, value)
    try:
        return areas.tree().label(str(value))
    except NotFound:  # redrawn since
        return ""
