"""The page before Streamlit fills it, our own files, health, and the public chain."""

import gzip
import json
import re

import pytest
from sqlmodel import select

from db.engine import reading
from db.models.audit import AuditRow
from db.models.cases import Standing
from portal import audit
from portal.acts import VISITOR, Who
from portal.http.sitemap import SCREENS, offered
from tests.portal.http.conftest import Portal, make_case


def test_every_screen_has_its_file_and_its_address(portal: Portal) -> None:
    for screen in SCREENS:
        assert screen.file.is_file()
        assert portal.ask(f"/{screen.path}").status == 200


def test_the_menu_offers_what_a_person_can_use() -> None:
    talk = {"help", "post", "opinion", "errands", "dispute"}
    fund = {screen.name for screen in SCREENS if screen.section == "fund" and screen.in_menu and not screen.needs}
    public = {"home", "wall", "echo", "receipt", "trail", "numbers", "privacy"} | talk | fund
    assert fund >= {"fund", "result", "box", "money"}
    assert offered(VISITOR) == public
    member = public | {"mine", "propose"}
    assert offered(Who(person_id=1)) == member
    assert offered(Who(person_id=1, duties=frozenset({("volunteer", "/1/")}))) == member | {"hall"}
    at_work = {"field", "desk", "counter", "station"}
    assert offered(Who(person_id=1, duties=frozenset({("grid_worker", "/1/")}))) == member | at_work


def test_the_menu_offers_a_screen_to_those_for_whom_it_opens() -> None:
    """The page itself keeps the door; a menu that leads to a closed one would only annoy."""
    for screen in SCREENS:
        doors = re.findall(r"frame\.enter\([^)]*?needs=(\(.*?\)|\".*?\")", screen.file.read_text("utf-8"))
        needs = {role for door in doors for role in re.findall(r'"(\w+)"', door)}
        assert needs == set(screen.needs) or not screen.in_menu, screen.name


def test_the_language_and_the_view_stand_in_the_page(portal: Portal) -> None:
    plain = portal.ask("/wall").text
    assert '<html lang="zh-CN">' in plain
    assert "<title>心愿墙 · 安宁市</title>" in plain
    assert "chrome-zh.js" in plain
    other = portal.ask("/wall", Cookie="portal_lang=en; portal_view=elder").text
    assert '<html lang="en" data-view=elder>' in other
    assert "<title>Wish wall · Anning City</title>" in other
    assert "chrome-en.js" in other
    assert "Streamlit</title>" not in plain + other


def test_a_language_in_the_address_is_kept(portal: Portal) -> None:
    answer = portal.ask("/wall?lang=en")
    assert '<html lang="en">' in answer.text
    assert answer.cookies["portal_lang"].value == "en"
    assert "portal_lang" not in portal.ask("/wall?lang=%3Cscript%3E").cookies


def test_a_forged_cookie_puts_nothing_into_the_page(portal: Portal) -> None:
    answer = portal.ask("/wall", Cookie='portal_lang="><script>alert(1)</script>; portal_view="><b>')
    assert "alert(1)" not in answer.text
    assert '<html lang="zh-CN">' in answer.text


def test_the_page_runs_no_script_of_its_own(portal: Portal) -> None:
    """The policy forbids scripts written into a page, so there must be none."""
    scripts = re.findall(r"<script[^>]*>", portal.ask("/").text)
    assert scripts
    assert all("src=" in script for script in scripts)


def test_a_preview_shows_the_title_of_a_wish_on_the_wall_only(portal: Portal) -> None:
    with audit.transaction() as session:
        public = make_case(session, poster_id=None, title='路灯<script>"不亮"')
        hidden = make_case(session, poster_id=None, standing=Standing.HIDDEN, title="尚未公开")
    shown = portal.ask(f"/wish?case={public}").text
    assert '<meta property="og:title" content="路灯&lt;script&gt;&quot;不亮&quot; · 安宁市">' in shown
    assert "路灯<script>" not in shown
    assert "尚未公开" not in portal.ask(f"/wish?case={hidden}").text


@pytest.mark.parametrize("case", ["0", "-1", "99999999999999", "x", "1%27", "", "%00", "%D9%A3"])
def test_a_case_that_is_none_gives_the_plain_page(portal: Portal, case: str) -> None:
    answer = portal.ask(f"/wish?case={case}")
    assert answer.status == 200
    assert "<title>心愿详情 · 安宁市</title>" in answer.text


@pytest.mark.parametrize(
    "path", ["/nowhere", "/wall/nowhere", "/admin.php", "/index.html", "/.env", "/wall/_stcore/health"]
)
def test_unknown_addresses_answer_404(portal: Portal, path: str) -> None:
    answer = portal.ask(path)
    assert answer.status == 404
    assert "没有找到这个页面" in answer.text


def test_a_slash_too_many_is_forgiven_but_leads_nowhere_else(portal: Portal) -> None:
    assert portal.ask("/wall/?a=b").headers["location"] == "/wall?a=b"
    for path in ("//evil.example/wall/", "//wall/", "/\\evil.example/"):
        assert "location" not in portal.ask(path).headers


def test_streamlits_files_come_packed_and_for_good(portal: Portal) -> None:
    path = re.search(r'src="\.(/static/js/index[^"]+)"', portal.ask("/").text)
    assert path
    packed, plain = portal.ask(path[1], Accept_Encoding="gzip"), portal.ask(path[1])
    assert packed.headers["content-encoding"] == "gzip"
    assert "immutable" in packed.headers["cache-control"]
    assert gzip.decompress(packed.body) == plain.body
    assert len(packed.body) < len(plain.body) / 2


@pytest.mark.parametrize(
    "path", ["/static/../index.html", "/static/%2e%2e/index.html", "/static/js/../../../../../etc/passwd"]
)
def test_packing_opens_no_other_folder(portal: Portal, path: str) -> None:
    answer = portal.ask(path, Accept_Encoding="gzip")
    assert answer.status in (400, 404)
    assert b"root:" not in answer.body


def test_our_files_change_their_address_with_their_content(portal: Portal) -> None:
    address = re.search(r'href="(/assets/frame\.css\?v=[0-9a-f]{16})"', portal.ask("/").text)
    assert address
    answer = portal.ask(address[1])
    assert "immutable" in answer.headers["cache-control"]
    assert portal.ask("/assets/frame.css?v=old").headers["cache-control"] == "no-cache"
    assert portal.ask("/assets/frame.css", If_None_Match=answer.headers["etag"]).status == 304
    assert portal.ask("/assets/..%2fframe.css").status in (400, 404)
    assert portal.ask("/assets/verify_chain.py").status == 404


def test_health(portal: Portal) -> None:
    assert portal.ask("/healthz").status == 200
    assert portal.ask("/readyz").status == 200


def test_the_chain_can_be_read_from_any_link_on(portal: Portal) -> None:
    lines = [json.loads(line) for line in portal.ask("/audit/chain.jsonl").text.splitlines()]
    head = json.loads(portal.ask("/audit/head").text)
    assert [line["seq"] for line in lines] == list(range(1, head["seq"] + 1))
    assert lines[-1]["hash"] == head["hash"]
    assert set(lines[0]) == {"seq", "at", "public", "digest", "hash"}
    rest = portal.ask(f"/audit/chain.jsonl?after={head['seq'] - 1}").text.splitlines()
    assert [json.loads(line) for line in rest] == lines[-1:]
    assert portal.ask("/audit/chain.jsonl?after=x").text.count("\n") == len(lines)


def test_the_chain_tells_nothing_private(portal: Portal) -> None:
    with reading() as session:
        row = session.exec(select(AuditRow)).first()
    assert row is not None
    text = portal.ask("/audit/chain.jsonl").text
    assert row.salt not in text
    assert '"actor' not in text
    assert '"says' not in text


def test_the_verifier_can_be_downloaded(portal: Portal) -> None:
    answer = portal.ask("/audit/verify.py")
    assert 'filename="verify_chain.py"' in answer.headers["content-disposition"]
    compile(answer.text, "verify_chain.py", "exec")
