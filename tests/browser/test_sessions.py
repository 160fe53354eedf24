"""Who is here, what their browser remembers, and what strangers do not get to see."""

import re

from playwright.sync_api import Page, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.browser.walk import MEMBER, RESIDENT, STAFF, Come, Walker, demo_session, photo
from tests.fixtures.browsers import go, settled
from tests.fixtures.servers import Server


def fresh(come: Come, name: str, size: str = "desktop") -> Walker:
    """Somebody with a session of this test's own."""
    walker = come("", size)
    demo_session(walker, name)
    return walker


def signed_in(walker: Walker, page: Page, name: str) -> None:
    expect(page.get_by_role("link", name=name).first).to_be_visible()


def out(walker: Walker, page: Page) -> None:
    """This window belongs to a visitor now."""
    expect(page.locator(".portal-topbar").get_by_role("link", name=walker.say("frame.sign_in"))).to_be_visible()


def test_a_code_by_phone_lets_in_and_a_reload_keeps_it(come: Come) -> None:
    somebody = come("", "phone").go("/wall")
    somebody.page.locator(".portal-topbar").get_by_role("link", name=somebody.say("frame.sign_in")).click()
    somebody.fill("signin.phone", "138")
    somebody.press("signin.send")
    somebody.sees("refused.phone")
    expect(somebody.field("signin.phone")).to_have_value("138")
    somebody.fill("signin.phone", "139 0000 9321")
    somebody.press("signin.send")
    told = somebody.page.get_by_text(re.compile(r"\d{6}")).first.inner_text()
    somebody.fill("signin.code", re.findall(r"\d{6}", told)[0])
    somebody.press("signin.enter")
    somebody.page.wait_for_url("**/wall")
    somebody.page.reload()
    expect(somebody.page.get_by_role("button", name=somebody.say("frame.sign_out"))).to_be_visible()
    kept = next(c for c in somebody.page.context.cookies() if c.get("name") == "portal_session")
    assert kept.get("httpOnly") and kept.get("sameSite") == "Lax"


def test_signing_out_ends_the_session_in_another_open_tab(come: Come, server: Server) -> None:
    walker = fresh(come, STAFF)
    other = walker.page.context.new_page()
    go(other, f"{server.url}/desk")
    signed_in(walker, other, STAFF)
    walker.page.get_by_role("button", name=walker.say("frame.sign_out")).click()
    out(walker, walker.page)
    other.get_by_role("link", name=walker.say("desk.tab.late")).first.click()  # a rerun on the open connection
    expect(other.get_by_text(walker.say("frame.sign_in_first"))).to_be_visible()


def test_a_revoked_session_is_over_everywhere(come: Come) -> None:
    here, there = fresh(come, MEMBER, "phone"), fresh(come, MEMBER)
    there.go("/mine")
    here.go("/me?part=safety")
    here.press("me.sign_out_all")
    here.page.get_by_role("dialog").get_by_role("button", name=here.say("me.sign_out_all")).click()
    out(here, here.page)
    there.option(there.say("mine.supported"))
    expect(there.page.get_by_text(there.say("frame.sign_in_first"))).to_be_visible()


def test_the_id_of_somebody_elses_streamlit_session_gives_nothing(come: Come) -> None:
    """Streamlit goes on with a session for whoever names it; without the cookie that is a visitor's."""
    staff, told = come(STAFF), list[str | bytes]()
    staff.page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: told.append(frame)))
    staff.go("/desk")
    session_id = next(filter(None, map(_session_id, told)))
    staff.page.close()  # a session in use is not handed on
    thief = come()
    thief.page.add_init_script(
        "WebSocket = class extends WebSocket {"
        f" constructor(url, protocols) {{ super(url, [...[protocols].flat().slice(0, 2), '{session_id}']) }} }}"
    )
    asked: list[str | bytes] = []
    thief.page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: asked.append(frame)))
    thief.go("/desk")
    thief.sees("frame.sign_in_first")
    assert session_id in map(_session_id, asked), "the session was not taken over, so this shows nothing"


def _session_id(frame: str | bytes) -> str:
    """The id in Streamlit's first message on a connection; empty for any other."""
    if isinstance(frame, str):
        return ""
    message = ForwardMsg()
    message.ParseFromString(frame)
    return str(message.new_session.initialize.session_id)


def test_language_and_large_view_survive_a_reload(come: Come) -> None:
    visitor = come("", "phone").go("/wall")
    html = visitor.page.locator("html")
    bar = visitor.page.locator(".portal-topbar")
    bar.get_by_role("link", name="English").click()
    expect(html).to_have_attribute("lang", "en")
    visitor.lang = "en"
    visitor.sees("wall.title")
    assert visitor.page.url.endswith("/wall")
    bar.get_by_role("link", name=visitor.say("frame.elder_view")).click()
    expect(html).to_have_attribute("data-view", "elder")
    visitor.page.reload()
    settled(visitor.page)
    expect(html).to_have_attribute("lang", "en")
    expect(html).to_have_attribute("data-view", "elder")
    bar.get_by_role("link", name="中文").click()
    expect(html).to_have_attribute("lang", "zh-CN")


def test_links_lead_deep_and_lost_ones_say_so(come: Come, server: Server) -> None:
    visitor = come("", "phone").go("/wall")
    note = visitor.main.locator(".note-title a").first
    title, address = note.inner_text(), str(note.get_attribute("href"))
    visitor.go(address)
    expect(visitor.main.get_by_role("heading", level=1)).to_have_text(title)
    assert title in visitor.page.request.get(server.url + address).text().split("</title>")[0]
    assert visitor.page.request.get(f"{server.url}/nowhere").status == 404
    for case in ("0", "999999", "-1", "1e3", "99999999999999999999", "'"):
        visitor.go(f"/wish?case={case}")
        expect(visitor.main.locator(".wish-title")).to_have_count(0)


def test_a_hidden_wish_and_its_picture_are_not_for_strangers(come: Come, server: Server) -> None:
    resident, staff, stranger = come(RESIDENT, "phone"), come(STAFF), come("", "phone")
    resident.go("/post")
    resident.write("要隐藏的心愿", "里面有别人的名字。", "环境卫生")
    resident.choose_cell()
    resident.add_photo(photo(), "门牌")
    resident.press("post.send")
    case_id = resident.case_id()
    picture = str(resident.main.locator("img[src*='/files/']").first.get_attribute("src"))
    assert stranger.page.request.get(server.url + picture).status == 404, "not screened yet"
    staff.go(f"/wish?case={case_id}")
    staff.press("act.case.accept")
    staff.state("state.open")
    assert stranger.page.request.get(server.url + picture).status == 200
    staff.act("case.hide", "写了别人的名字")
    staff.sees("case.hidden")
    stranger.go(f"/wish?case={case_id}")
    stranger.sees("case.missing.empty")
    shell = stranger.page.request.get(f"{server.url}/wish?case={case_id}").text()
    assert "要隐藏的心愿" not in shell
    assert stranger.page.request.get(server.url + picture).status == 404
    assert resident.page.request.get(server.url + picture).status == 200
    stranger.go("/wall?q=要隐藏的心愿")
    expect(stranger.main.locator(".note")).to_have_count(0)
