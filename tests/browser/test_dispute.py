"""A dispute in the browser: settled between two neighbours, and invisible to everybody else by every way there is."""

import re

from playwright.sync_api import expect

from db.demo import texts
from portal import words
from tests.browser.walk import (
    ADMIN,
    AUDITOR,
    MEMBER,
    NEIGHBOUR,
    RESIDENT,
    STAFF,
    VOLUNTEER,
    WORKER,
    Come,
    Walker,
    photo,
)
from tests.fixtures.browsers import settled

HEAD, MEDIATOR = "赵明理", "段和平"
TITLE, BODY = "阳台漏水到我家", "楼上浇花的水流到我家窗台，说过两次了。"
NOWHERE = 999_999
LISTS = ("/wall", "/wall?q=阳台漏水", "/wall?view=map", "/wall?kind=opinion", "/echo", "/mine", "/mine?part=recorded")
DESKS = ("/desk", "/desk?tab=to_send", "/desk?tab=running", "/desk?tab=late", "/field?part=mine", "/mediation")


def phone_of(name: str) -> str:
    """The number of somebody in the demo."""
    return f"1990000{[row['name'] for row in texts.people()].index(name) + 1:04}"


def bring(resident: Walker) -> int:
    resident.go("/dispute")
    resident.sees("dispute.reads.head")
    resident.option("噪音采光")
    resident.fill("dispute.title_label", TITLE)
    resident.fill("dispute.body_label", BODY)
    resident.fill("dispute.other_name", NEIGHBOUR, n=1)
    resident.fill("dispute.other_phone", phone_of(NEIGHBOUR), n=1)
    resident.page.get_by_text(resident.say("dispute.more_heading")).click()
    resident.add_photo(photo(), "窗台")
    resident.snap("dispute-form")
    resident.press("dispute.send")
    return resident.case_id()


def do(who: Walker, case_id: int, act: str, *, typed: str = "", form: bool = True) -> None:
    """Press an act on the page of the dispute and, where it opens a form, fill its last box and confirm."""
    who.go(f"/wish?case={case_id}")
    who.press(act)
    if typed:
        area = who.main.locator(".st-key-act_form textarea").last
        area.fill(typed)
        area.blur()
        settled(who.page)
    if form:
        who.press("form.go", act=who.say(act))
    with words.speaking(who.lang):
        done = words.fitting(f"{act.removesuffix('.dispute')}.done", "dispute")
    who.sees(done)  # before its page is left


def same_as_none(who: Walker, case_id: int) -> None:
    """Its address gives what a number gives that nobody has."""
    who.go(f"/wish?case={NOWHERE}")
    nothing = who.main.inner_text()
    who.go(f"/wish?case={case_id}")
    assert who.main.inner_text() == nothing


def get(who: Walker, path: str) -> tuple[int, str]:
    answer = who.page.request.get(who.url + path)
    return answer.status, answer.text()


def unseen(who: Walker, case_id: int, picture: str) -> None:
    """By list, search, map, link, photo, paper and export."""
    for path in (*LISTS, *DESKS):
        who.page.goto(who.url + path, wait_until="domcontentloaded")
        settled(who.page)
        expect(who.page.get_by_text(TITLE)).to_have_count(0)
        expect(who.page.locator(f'a[href="/wish?case={case_id}"]')).to_have_count(0)
    same_as_none(who, case_id)
    for path in (picture, f"{picture}/thumb"):
        assert get(who, path)[0] == 404
    assert get(who, f"/cases/{case_id}/agreement.pdf") == get(who, f"/cases/{NOWHERE}/agreement.pdf")
    assert get(who, f"/cases/{case_id}/agreement.pdf")[0] == 404
    status, chain = get(who, "/audit/chain.jsonl")
    assert status == 200 and f'"cases:{case_id}"' not in chain and TITLE not in chain


def counts(staff: Walker) -> list[str]:
    """What the desk counts."""
    return re.findall(r"\d+\+?", staff.go("/desk").page.locator(".st-key-desk_tabs").inner_text())


def test_two_neighbours_settle_it_and_nobody_else_sees_anything(come: Come) -> None:
    resident, neighbour = come(RESIDENT, "phone"), come(NEIGHBOUR, "phone")
    head, mediator, staff = come(HEAD), come(MEDIATOR, "phone"), come(STAFF)
    before = counts(staff)
    case_id = bring(resident)
    resident.state("state.screening.dispute")
    source = resident.main.locator(".photo img").first.get_attribute("src") or ""
    picture = source.removesuffix("/thumb")
    assert get(resident, picture)[0] == 200
    same_as_none(neighbour, case_id)
    assert counts(staff) == before

    head.go("/mediation")
    head.main.get_by_role("link", name=TITLE).click()
    assert head.case_id() == case_id
    do(head, case_id, "act.case.accept.dispute")
    do(head, case_id, "act.case.dispatch.dispute")
    head.state("state.dispatched.dispute")
    head.snap("dispute-head")
    do(mediator, case_id, "act.case.take_on.dispute", form=False)
    do(mediator, case_id, "act.case.write_agreement", typed="王德兴改用托盘接水，一周内办到。")
    mediator.snap("dispute-mediator")

    neighbour.go("/mine")
    neighbour.main.get_by_role("link", name=TITLE).first.click()
    assert neighbour.case_id() == case_id
    neighbour.reads("张*兰")
    expect(neighbour.page.get_by_text(RESIDENT)).to_have_count(0)
    do(neighbour, case_id, "act.case.consent")
    do(resident, case_id, "act.case.consent")
    resident.snap("dispute-party")
    do(mediator, case_id, "act.case.agree")
    mediator.state("state.done.dispute")
    for party in (resident, neighbour, mediator, head):
        answer = party.page.request.get(f"{party.url}/cases/{case_id}/agreement.pdf")
        assert answer.status == 200 and answer.body().startswith(b"%PDF")
        assert answer.headers["cache-control"] == "private, no-store"

    assert counts(staff) == before
    for name in ("", MEMBER, VOLUNTEER, WORKER, STAFF, ADMIN, AUDITOR):
        unseen(come(name) if name != STAFF else staff, case_id, picture)


def test_without_an_account_one_is_asked_to_sign_in(come: Come) -> None:
    visitor = come("", "phone").go("/dispute")
    visitor.sees("dispute.reads.you")
    visitor.link("dispute.sign_in").click()
    visitor.page.wait_for_url(re.compile(r"/signin\?next=(%2F|/)dispute"))
    expect(visitor.main.get_by_role("heading", level=1).first).to_be_visible()
