"""The outbox, against a real gateway on the loopback."""

import json
import logging
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from sqlmodel import col, select
from structlog.testing import capture_logs

from db.engine import reading
from db.models.notices import Notice
from portal import audit, clock, limits, notices, vault
from portal.accounts import people, signin
from portal.acts import VISITOR, Who
from portal.settings import settings

PHONE = "+8613800000001"


class Gateway:
    """Takes text messages as a provider would; `status` decides what it answers."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, dict[str, Any]]] = []
        self.status = 200
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                gateway.taken.append((self.path, body))
                self.send_response(gateway.status)
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.server.server_port}"

    @property
    def texts(self) -> list[str]:
        return [str(body["message"]) for _, body in self.taken]


@pytest.fixture
def gateway(db: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    made = Gateway()
    monkeypatch.setenv("PORTAL_SMS_URL", made.url + "/sms/{phone}")
    monkeypatch.setenv("PORTAL_NOTIFY_URL", made.url + "/chat")
    settings.cache_clear()
    yield made
    made.server.shutdown()


@pytest.fixture
def without_gateway(db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PORTAL_SMS_URL", raising=False)
    settings.cache_clear()


def person(phone: str = PHONE, name: str = "ann", lang: str = "zh-CN") -> int:
    with audit.transaction() as session:
        made = people.join(session, phone, name)
        made.lang = lang
        return made.id or 0


def tell(*args: Any, **kwargs: Any) -> None:
    with audit.transaction() as session:
        notices.tell(session, *args, **kwargs)


def rows() -> list[Notice]:
    with reading() as session:
        return list(session.exec(select(Notice).order_by(col(Notice.id))))


def test_messages_are_sent_in_the_language_of_the_person(gateway: Gateway) -> None:
    tell(person(), "duty_granted", role="volunteer", area_path="")
    tell(person("+8613800000002", lang="en"), "duty_granted", role="volunteer", area_path="")
    assert notices.deliver() == 2 and notices.deliver() == 0
    assert [path for path, _ in gateway.taken] == ["/sms/8613800000001", "/sms/8613800000002"]
    assert "志愿者" in gateway.texts[0] and "volunteer" in gateway.texts[1].lower()
    assert all(row.sent_at and row.due_at is None and row.tries == 1 for row in rows())


def test_a_code_reaches_the_phone_and_is_wiped_once_sent(gateway: Gateway) -> None:
    with audit.transaction() as session:
        code = signin.send_code(session, PHONE, "c", "en")
    assert notices.deliver() == 1
    assert code and code in gateway.texts[0] and rows()[0].sealed is None


def test_chat_gets_what_is_for_nobody_in_particular(gateway: Gateway) -> None:
    tell(None, "home_confirmed", area_path="")
    notices.deliver()
    assert gateway.taken[0][0] == "/chat"


def test_nothing_goes_out_when_the_act_is_rolled_back(gateway: Gateway) -> None:
    with pytest.raises(RuntimeError), audit.transaction() as session:
        notices.tell(session, None, "home_confirmed", area_path="")
        raise RuntimeError
    assert notices.deliver() == 0 and rows() == []


def test_failures_are_tried_six_times_with_growing_pauses_and_leave_nothing_personal_in_the_log(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    gateway.status = 500
    start = clock.now()
    tell(person(name="王阿姨"), "home_confirmed", area_path="")
    with caplog.at_level(logging.DEBUG), capture_logs() as events:
        for minutes in (0, 1, 4, 13, 45, 170, 500, 1000):
            with clock.at(start + timedelta(minutes=minutes)):
                notices.deliver()
                notices.deliver()
    row = rows()[0]
    assert len(gateway.taken) == notices.TRIES == row.tries
    assert row.failed_at and row.due_at is None and row.sent_at is None
    assert [e["event"] for e in events] == ["notice_not_sent"] * notices.TRIES
    logged = repr(events) + "".join(r.getMessage() for r in caplog.records if r.name.startswith("apprise"))
    assert not any(word in logged for word in ("1380000", "王阿姨", "127.0.0.1", gateway.texts[0]))


def test_a_message_that_failed_goes_out_when_the_gateway_is_back(gateway: Gateway) -> None:
    gateway.status = 500
    tell(person(), "home_confirmed", area_path="")
    notices.deliver()
    gateway.status = 200
    assert notices.deliver() == 0  # not yet due again
    with clock.at(clock.now() + timedelta(minutes=1)):
        assert notices.deliver() == 1
    assert rows()[0].sent_at


def test_codes_that_have_expired_are_not_sent(gateway: Gateway) -> None:
    with audit.transaction() as session:
        signin.send_code(session, PHONE, "c", "en")
    with clock.at(clock.now() + timedelta(minutes=limits.CODE_MINUTES + 1)):
        assert notices.deliver() == 0
    assert gateway.taken == [] and rows()[0].failed_at and rows()[0].sealed is None


def test_four_senders_send_each_message_once(gateway: Gateway) -> None:
    someone = person()
    with audit.transaction() as session:
        for n in range(60):
            notices.tell(session, someone, "home_refused", area_path="", reason=f"#{n}#")
    counts: list[int] = []
    threads = [threading.Thread(target=lambda: counts.append(notices.deliver(100))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 60 and len(counts) == 4
    sent = Counter(text.split("#")[1] for text in gateway.texts)
    assert sent == {str(n): 1 for n in range(60)}


def test_control_without_the_compare_and_set_messages_go_out_twice(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same race with a blind take: proves that the race above really races."""

    def blind(notice_id: int) -> object:
        with reading() as session:
            row = session.get(Notice, notice_id)
        assert row
        return notices._Taken(row, vault.seal(PHONE))

    monkeypatch.setattr(notices, "_take", blind)
    with pytest.raises(AssertionError):
        test_four_senders_send_each_message_once(gateway)


def test_a_crash_between_sending_and_marking_sends_again(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    tell(person(), "home_confirmed", area_path="")

    def crash(*_: object, **__: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(notices, "_mark", crash)
        notices.deliver()
    assert notices.deliver() == 0  # leased
    with clock.at(clock.now() + notices.LEASE + timedelta(seconds=1)):
        assert notices.deliver() == 1
    assert len(gateway.taken) == 2 and rows()[0].sent_at


def test_no_transaction_is_open_while_sending(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    tell(person(), "home_confirmed", area_path="")

    def writes_meanwhile(url: str, text: str) -> bool:
        person("+8613800000002")
        return True

    monkeypatch.setattr(notices, "_hand_over", writes_meanwhile)
    assert notices.deliver() == 1


def test_without_a_gateway_messages_stay_in_the_portal(without_gateway: None) -> None:
    someone = person()
    tell(someone, "home_confirmed", area_path="")
    tell(None, "code", phone_sealed=vault.seal(PHONE), sealed={"code": "123456"}, minutes=5)
    assert notices.deliver() == 0
    kept, lost = rows()
    assert (kept.channel, kept.due_at, kept.failed_at) == ("portal", None, None)
    assert lost.due_at is None and lost.failed_at and lost.sealed is None
    with reading() as session:
        assert notices.unread(session, Who(person_id=someone)) == 1


def test_reading_ones_own_and_only_ones_own(without_gateway: None) -> None:
    ann, ben = person(), person("+8613800000002")
    for n in range(5):
        tell(ann, "home_refused", area_path="", reason=f"reason {n}")
    tell(None, "code", phone_sealed=vault.seal(PHONE), sealed={"code": "123456"}, minutes=5)
    me = Who(person_id=ann)
    with reading() as session:
        first = notices.mine(session, me, limit=3)
        rest = notices.mine(session, me, before=first[-1].id, limit=3)
        assert ["reason 4" in m.text for m in first] == [True, False, False] and len(rest) == 2
        assert all(m.unread for m in first) and notices.unread(session, me) == 5
        assert notices.mine(session, Who(person_id=ben)) == [] == notices.mine(session, VISITOR)
        assert notices.unread(session, VISITOR) == 0
    with audit.transaction() as session:
        notices.read_all(session, me)
    with reading() as session:
        assert notices.unread(session, me) == 0 and not notices.mine(session, me)[0].unread
