"""The frame: who is here, refusals in place, messages over a rerun, one body at a time, text that stays text."""

import re
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from sqlmodel import Session, select
from streamlit.testing.v1 import AppTest

from db.engine import writing
from db.models.accounts import WebSession
from pages.parts import frame
from pages.parts.plain import md
from pages.parts.turn import aside, turn
from portal import audit, clock
from portal.accounts import sessions
from portal.settings import ROOT, settings
from tests.fixtures.town import People

MAIN = ROOT / "portal" / "main.py"
BEGIN = "import streamlit as st\nfrom pages.parts import frame\nfrom portal.errors import Refused\n"


@pytest.fixture
def cookies(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the browser of the test sends; Streamlit's own tests know no cookies."""
    jar: dict[str, str] = {}
    monkeypatch.setattr(frame, "cookie", jar.get)
    return jar


@pytest.fixture
def page(sqlite_db: str, cookies: dict[str, str], tmp_path: Path) -> Callable[[str], AppTest]:
    """A page made of some lines, run once."""

    def run(body: str) -> AppTest:
        file = tmp_path / "page.py"
        inside = "\n".join(f"    {line}" for line in body.strip().splitlines())
        file.write_text(f"{BEGIN}with frame.body():\n{inside}\n")
        return AppTest.from_file(str(file), default_timeout=20).run()

    return run


def sign_in(jar: dict[str, str], person_id: int | None) -> None:
    with audit.transaction() as session:
        ticket = sessions.issue_ticket(session, person_id=person_id)
        token, _ = sessions.redeem(session, ticket, current_token=None, agent="test")
    jar["portal_session"] = token


def test_a_refusal_shows_in_place_as_plain_text_and_keeps_what_was_typed(page: Callable[[str], AppTest]) -> None:
    shown = page(
        """
def refuse(session, who): raise Refused("too_long", field="title", limit=60, length="**99** :red[x]")
st.text_input("title", key="typed")
if st.button("go"): st.text(f"result {frame.act(refuse)}")
"""
    )
    shown.text_input[0].input("路灯坏了")
    shown.button[0].click().run()
    assert len(shown.error) == 1
    assert "\\*\\*99\\*\\*" in shown.error[0].value or "99" not in shown.error[0].value
    assert shown.text[0].value == "result None"
    assert shown.text_input[0].value == "路灯坏了"
    assert not shown.exception


def test_a_refusal_in_a_callback_waits_for_the_page(page: Callable[[str], AppTest]) -> None:
    shown = page(
        """
def refuse(session, who): raise Refused("forbidden")
st.button("go", on_click=frame.act, args=(refuse,))
"""
    )
    shown.button[0].click().run()
    assert len(shown.error) == 1
    assert not shown.run().error, "said once"


def test_a_success_is_told_after_a_rerun_and_once(page: Callable[[str], AppTest]) -> None:
    shown = page(
        """
def do(session, who): return 1
if st.button("go"):
    frame.act(do, done="frame.sign_in")
    st.rerun()
"""
    )
    shown.button[0].click().run()
    assert [toast.value for toast in shown.toast] == ["登录"]
    assert not shown.run().toast


def test_a_read_that_is_refused_ends_the_page(page: Callable[[str], AppTest]) -> None:
    shown = page(
        """
def refuse(session, who): raise Refused("not_found")
frame.read(refuse)
st.text("after")
"""
    )
    assert len(shown.error) == 1
    assert not shown.text


def test_the_person_is_found_on_every_run(people: People, cookies: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "page.py"
    file.write_text(f"{BEGIN}with frame.body(): st.text(frame.who().name)\n")
    sign_in(cookies, people.resident.person_id)
    shown = AppTest.from_file(str(file)).run()
    assert shown.text[0].value == "resident"
    with audit.transaction() as session:
        sessions.end(session, cookies["portal_session"])
    assert shown.run().text[0].value == ""


def test_noting_that_a_session_is_in_use_holds_nobody_up(
    people: People, cookies: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, taken = tmp_path / "page.py", []
    file.write_text(f"{BEGIN}with frame.body(): st.text(frame.who().name)\n")
    sign_in(cookies, people.resident.person_id)
    long_ago = clock.now() - timedelta(minutes=5)
    with writing() as session:
        session.exec(select(WebSession)).one().seen_at = long_ago
        session.commit()

    def watched() -> AbstractContextManager[Session]:
        taken.append(turn_is_taken())
        return writing()

    monkeypatch.setattr(sessions, "writing", watched)
    assert AppTest.from_file(str(file)).run().text[0].value == "resident"
    assert taken == [False]
    with writing() as session:
        assert session.exec(select(WebSession)).one().seen_at > long_ago


def test_nothing_about_the_person_stays_in_the_session(people: People, cookies: dict[str, str]) -> None:
    sign_in(cookies, people.staff.person_id)
    shown = AppTest.from_file(str(MAIN), default_timeout=30).run()
    assert not shown.exception
    assert "staff" not in repr(shown.session_state)


@pytest.mark.parametrize("needs", ['"member"', '("staff",)', '("staff", "admin")'])
def test_a_closed_door_is_friendly(page: Callable[[str], AppTest], needs: str) -> None:
    shown = page(f'frame.enter("page.desk", needs={needs})\nst.text("inside")')
    assert shown.title[0].value == "受理台"
    assert len(shown.info) == 1
    assert not shown.text


def test_doors_open_to_their_roles(people: People, cookies: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "page.py"
    file.write_text(
        f'{BEGIN}with frame.body():\n    frame.enter("page.desk", needs=("staff",))\n    st.text("inside")\n'
    )
    for person, inside in ((people.staff, True), (people.resident, False), (people.volunteer, False)):
        sign_in(cookies, person.person_id)
        shown = AppTest.from_file(str(file)).run()
        assert bool(shown.text) is inside
        assert bool(shown.warning) is not inside


def test_staff_who_owe_the_second_factor_are_told_so(
    people: People, cookies: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "page.py"
    file.write_text(f'{BEGIN}with frame.body(): frame.enter("page.desk", needs=("staff",))\n')
    monkeypatch.setattr(settings(), "staff_totp", True)
    for person in (people.staff, people.resident):
        sign_in(cookies, person.person_id)
        shown = AppTest.from_file(str(file)).run()
        assert len(shown.warning) == 1
        assert ("身份验证器" in shown.warning[0].value) is (person is people.staff)


def test_the_language_follows_the_cookie(page: Callable[[str], AppTest], cookies: dict[str, str]) -> None:
    cookies["portal_lang"] = "en"
    assert page('frame.enter("page.desk")').title[0].value == "Desk"
    cookies["portal_lang"] = "tlh"
    assert page('frame.enter("page.desk")').title[0].value == "受理台"


def test_bodies_take_turns() -> None:
    inside, most = 0, 0

    def body() -> None:
        nonlocal inside, most
        with turn(), turn():
            inside += 1
            most = max(most, inside)
            threading.Event().wait(0.01)
            inside -= 1

    threads = [threading.Thread(target=body) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_others_go_on_while_one_waits_aside() -> None:
    done = threading.Event()

    def other() -> None:
        with turn():
            done.set()

    with turn():
        thread = threading.Thread(target=other)
        thread.start()
        assert not done.wait(0.1)
        with aside():
            assert done.wait(5)
        assert turn_is_taken()
    thread.join()


def turn_is_taken() -> bool:
    got = threading.Event()

    def other() -> None:
        with turn():
            got.set()

    threading.Thread(target=other, daemon=True).start()
    return not got.wait(0.1)


@pytest.mark.parametrize(
    "typed",
    [
        "**bold** _it_ ~~no~~ `code` # head", "<b>html</b> &amp; <script>", "$x^2$ and $$y$$", ":red[x] :blue-badge[y]",
        ":material/verified: :smile: :streamlit:", "[a](http://evil.example) ![b](http://evil.example/x.png)",
        "https://evil.example www.evil.example a@evil.example", "1. one", "- two", "    code", "> quote", "| a | b |",
        "a -> b <- c -- d >= e", "[^1] \\ back", "10:30:45", "=====", "line\nnext\n\nlast",
    ],
)  # fmt: skip
def test_plain_text_keeps_every_letter(typed: str) -> None:
    html = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(md(typed))
    assert not set(re.findall(r"<[^>]*>", html)) - {"<p>", "</p>", "<br />"}
    shown = unescape(re.sub(r"<[^>]*>", "", html)).replace("\u00a0", " ")
    assert shown.replace("\u2060", "").strip() == typed.strip()
    # what Streamlit looks for in the finished text
    assert not re.search(r":\w+:|:[\w-]+\[|:material/|https?://|www\.|\w@\w|->|<-|--|>=", shown)
