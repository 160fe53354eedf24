"""The fund among people: a proposal through three hands, an order of money through two, and a visitor who checks."""

import re

from playwright.sync_api import expect

from tests.browser.walk import EXPERT, FINANCE, OTHER_FINANCE, VILLAGE_STAFF, VILLAGER, Come, Walker
from tests.fixtures.browsers import settled

VOTER = "白雪峰"
"""In the demo's decided round."""
ROUNDS = {"decided": 1, "voting": 2, "proposing": 3}
"""Of the demo, by where they stand."""
TITLE = "村口安两盏太阳能灯"


def line(writer: Walker, n: int, what: str, price: str, quantity: str) -> None:
    """One line of the costs, typed field by field."""
    writer.fill("costs.what", what, n=n)
    for message_id, text in (("costs.price", price), ("costs.quantity", quantity)):
        field = writer.main.get_by_label(writer.say(message_id), exact=True).nth(n - 1)
        field.fill(text)
        field.blur()
        settled(writer.page)


def on(writer: Walker, step: str) -> None:
    """Keep this step of the form; the next one stands there."""
    writer.press("propose.next")
    writer.page.wait_for_url(re.compile(rf"step={step}"))
    settled(writer.page)
    expect(writer.main.get_by_role("heading", level=2).first).to_contain_text(writer.say(f"propose.step.{step}"))


def proposed(writer: Walker) -> int:
    """Written in five steps, with a place and two lines of costs, and handed in; the project's id."""
    writer.go("/fund")
    writer.link("round.way.propose").click()
    expect(writer.field("propose.title")).to_be_visible()
    writer.fill("propose.title", TITLE)
    writer.option(writer.say("project_kind.facility"))
    writer.fill("propose.need", "晚上进村的路黑，老人容易摔。")
    writer.fill("propose.beneficiaries", "村东头三十来户")
    on(writer, "where")
    writer.tap_map()
    writer.fill("post.place_label", "村口老槐树下")
    on(writer, "costs")
    line(writer, 1, "太阳能灯", "1,280.50", "2")
    writer.press("costs.add")
    line(writer, 2, "安装", "６００", "1")
    writer.reads("3,161 元")
    writer.snap("fund-costs")
    on(writer, "files")
    on(writer, "send")
    writer.sees("propose.ready")
    writer.press("act.project.submit")
    writer.page.wait_for_url(re.compile(r"/project\?id=\d+"))
    return int(writer.page.url.rsplit("id=", 1)[1])


def judged(judge: Walker, project_id: int, step: str) -> None:
    """Before somebody who screens or costs."""
    judge.go(f"/assess?round={ROUNDS['proposing']}&step={step}&project={project_id}")
    judge.reads(TITLE)


def test_a_proposal_goes_from_the_form_to_staff_to_the_expert(come: Come) -> None:
    villager, staff, expert = come(VILLAGER, "phone"), come(VILLAGE_STAFF), come(EXPERT, "phone")
    project_id = proposed(villager)
    visitor = come("", "phone").go(f"/project?id={project_id}")
    visitor.sees("project.missing.empty")
    judged(staff, project_id, "screening")
    staff.press("act.project.exclude")
    staff.press("form.go", act=staff.say("act.project.exclude"))
    staff.sees("refused.missing", field=staff.say("field.rule"))
    staff.press("act.project.admit")
    staff.go(f"/rounds?id={ROUNDS['proposing']}")
    staff.press("rounds.enter", phase=staff.say("phase.reviewing"))
    staff.sees("rounds.enter", phase=staff.say("phase.valuating"))

    expert.go("/assess")
    expert.main.get_by_role("link", name=TITLE).click()
    expert.press("act.project.cost")
    form = expert.main.locator(".st-key-act_form")
    amount = form.get_by_role("textbox").first
    amount.fill("2,400.00")
    amount.blur()
    expert.reads(expert.say("assess.sum", amount="3,000 元"))
    expert.snap("fund-costing")
    expert.press("form.go", act=expert.say("act.project.cost"))
    expert.sees("assess.costing.empty")
    visitor.go(f"/project?id={project_id}").sees("project_state.feasible")
    expect(visitor.main.locator(".cost-lines .total")).to_contain_text("3,000 元")
    villager.go(f"/project?id={project_id}").sees("step.project.cost")


def test_what_one_orders_another_approves_and_the_books_show_it(come: Come) -> None:
    writer, approver, visitor = come(FINANCE), come(OTHER_FINANCE, "phone"), come("", "phone")
    writer.go("/treasury?new=appropriation")
    writer.fill("field.amount", "1,234.567")
    writer.press("act.money.propose")
    expect(writer.field("field.amount")).to_have_value("1,234.567")
    writer.fill("field.amount", "1,234.56")
    writer.press("act.money.propose")
    writer.page.wait_for_url(re.compile(r"order=\d+"))
    order = writer.page.url.removeprefix(writer.url)
    writer.sees("act.money.withdraw")
    expect(writer.button("act.money.approve")).to_have_count(0)
    books = f"/money?round={ROUNDS['voting']}"
    assert "1,234.56" not in visitor.go(books).main.inner_text()

    approver.go(order)
    approver.press("act.money.approve")
    approver.sees("act.money.approve.sure", amount_fen="1,234.56 元")
    approver.snap("fund-approving", full=False)
    approver.press("form.go", act=approver.say("act.money.approve"))
    approver.sees("act.money.approve.done")
    writer.go(order).sees("treasury.state.posted")
    visitor.go(books).reads("101,234.56 元")


def test_a_visitor_counts_again_and_a_voter_finds_the_ballot(come: Come) -> None:
    visitor, voter = come("", "phone"), come(VOTER, "phone")
    visitor.go(f"/result?round={ROUNDS['decided']}").sees("result.winners")
    visitor.press("result.recount")
    visitor.sees("result.recount.good")
    visitor.snap("fund-result")
    code = voter.go(f"/vote?round={ROUNDS['decided']}").main.locator(".slip .code").inner_text()
    visitor.go(f"/box?round={ROUNDS['decided']}")
    for typed, answer in (("ABCD-1234", "box.missing"), (code.lower().replace("-", " "), "box.there")):
        visitor.fill("box.code", typed)
        visitor.press("box.find")
        visitor.sees(answer)
    assert code not in visitor.go(f"/box?round={ROUNDS['decided']}").page.content()
