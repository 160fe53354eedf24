"""What may happen to a wish on its way, each as the people concerned see it."""

import re

from playwright.sync_api import expect

from tests.browser.walk import (
    NEIGHBOUR,
    OTHER_VOLUNTEER,
    RESIDENT,
    STAFF,
    VOLUNTEER,
    WORKER,
    Come,
    Walker,
)

KIND = "环境卫生"
RECEIPT = re.compile(r"[0-9A-Z]{4}(-[0-9A-Z]{2,4})+")


def post(somebody: Walker, title: str) -> None:
    """A wish with its place from the lists, up to the button that sends it."""
    somebody.go("/post")
    somebody.write(title, f"{title}，请安排人看一下。", KIND)
    somebody.choose_cell()
    somebody.press("post.send")


def test_without_an_account_a_receipt_follows_and_rates(come: Come) -> None:
    somebody, staff, worker = come("", "phone"), come(STAFF), come(WORKER, "phone")
    post(somebody, "匿名的心愿")
    code = somebody.main.locator(".slip .code").inner_text()
    assert len(re.sub(r"[^0-9A-Za-z]", "", code)) >= 26, "128 bits need 26 characters"
    somebody.snap("receipt-slip")
    somebody.press("post.follow")
    case_id = somebody.case_id()
    somebody.state("state.screening")
    somebody.page.reload()
    somebody.state("state.screening")
    assert code not in somebody.page.content(), "shown once"

    stranger = come("", "phone").go(f"/wish?case={case_id}")
    stranger.sees("case.missing.empty")
    staff.go(f"/wish?case={case_id}")
    staff.press("act.case.accept")
    staff.press("act.case.dispatch")
    staff.press("form.go", act=staff.say("act.case.dispatch"))
    staff.state("state.dispatched")
    worker.go(f"/wish?case={case_id}")
    worker.press("act.case.take_on")
    worker.act("case.finish", "已经清理干净，谢谢提醒。")
    worker.state("state.done")

    elsewhere = come("", "phone").go("/receipt")
    elsewhere.fill("receipt.code", "ABCD-EFGH-0000")
    elsewhere.press("receipt.open")
    elsewhere.sees("refused.receipt_unknown")
    expect(elsewhere.field("receipt.code")).to_have_value("ABCD-EFGH-0000")
    elsewhere.fill("receipt.code", code.lower().replace("-", " "))
    elsewhere.press("receipt.open")
    assert elsewhere.case_id() == case_id
    elsewhere.press("act.case.rate")
    elsewhere.option(elsewhere.say("outcome.partly"))
    elsewhere.main.locator(".stFeedback button").nth(2).click()
    elsewhere.press("form.go", act=elsewhere.say("act.case.rate"))
    elsewhere.state("outcome.partly")


def test_returned_with_a_reason_and_mended(come: Come) -> None:
    resident, staff = come(RESIDENT, "phone"), come(STAFF)
    post(resident, "说不清楚的心愿")
    case_id, reason = resident.case_id(), "请写明是几栋几单元。"
    staff.go(f"/desk?case={case_id}")
    staff.act("case.return", reason)
    staff.sees("act.case.return.done")
    resident.go("/mine")
    resident.main.locator(".todo").filter(has_text="说不清楚的心愿").click()
    resident.reads(reason)
    resident.fill("post.body_label", "三栋二单元门口的垃圾桶倒了。")
    resident.press("post.mend_send")
    assert resident.case_id() == case_id
    resident.state("state.screening")
    resident.reads("三栋二单元门口的垃圾桶倒了。")


def test_declined_with_a_reason_that_everybody_reads(come: Come) -> None:
    resident, staff, reason = come(RESIDENT), come(STAFF), "这属于邻居之间的约定，社区不便办理。"
    post(resident, "不能办的心愿")
    case_id = resident.case_id()
    staff.go(f"/desk?case={case_id}")
    staff.act("case.decline", reason)
    staff.sees("act.case.decline.done")
    expect(staff.page.get_by_role("heading", name="不能办的心愿")).to_have_count(0)
    stranger = come("", "phone").go(f"/wish?case={case_id}")
    stranger.state("state.declined")
    stranger.reads(reason)


def test_a_merged_wish_points_on(come: Come) -> None:
    resident, neighbour, staff = come(RESIDENT), come(NEIGHBOUR), come(STAFF)
    post(resident, "合并：楼道堆了旧家具")
    target = resident.case_id()
    staff.go(f"/wish?case={target}")
    staff.press("act.case.accept")
    staff.state("state.open")
    post(neighbour, "合并：楼道里堆着旧家具")
    merged = neighbour.case_id()
    staff.go(f"/wish?case={merged}")
    staff.press("act.case.accept")  # what was never on the wall is not shown by merging it
    staff.state("state.open")
    staff.press("act.case.merge")
    proposed = staff.main.locator(".st-key-act_form").get_by_role("combobox").first
    expect(proposed).to_have_value(f"{target} · 合并：楼道堆了旧家具")
    staff.press("form.go", act=staff.say("act.case.merge"))
    staff.state("state.merged")
    stranger = come("", "phone").go(f"/wish?case={merged}")
    stranger.state("state.merged")
    stranger.link("case.merged_link").click()
    stranger.page.wait_for_url(f"**/wish?case={target}")
    stranger.state("state.open")


def test_the_second_who_grabs_hears_a_friendly_sentence(come: Come) -> None:
    first, second = come(VOLUNTEER, "phone").go("/hall"), come(OTHER_VOLUNTEER, "phone").go("/hall")
    wishes = first.main.locator(".order").filter(has=first.page.locator("h3 a"))  # a help order is not offered to all
    order = wishes.filter(has=first.page.locator("[data-do=grab]")).first
    title = order.locator("h3").inner_text()
    theirs = second.main.locator(".order").filter(has_text=title).locator("[data-do=grab]")
    expect(theirs).to_be_visible()
    order.locator("[data-do=grab]").click()
    first.sees("act.case.grab.done")
    theirs.click()
    second.sees("refused.grabbed_already")
    second.snap("hall-second", full=False)
    first.main.locator(".order").filter(has_text=title).get_by_role("link", name=first.say("hall.open")).click()
    first.case_id()
    first.press("act.case.release")  # so that this can be tested again
    first.press("form.go", act=first.say("act.case.release"))
    first.state("state.open")


def test_a_draft_is_kept_and_goes_on(come: Come) -> None:
    resident = come(NEIGHBOUR, "phone").go("/post")
    resident.fill("post.title_label", "还没写完的心愿")
    resident.press("post.keep")
    resident.sees("act.case.draft.done")
    resident.go("/mine?part=drafts")
    resident.main.locator(".todo").filter(has_text="还没写完的心愿").click()
    expect(resident.field("post.title_label")).to_have_value("还没写完的心愿")
    resident.press("post.discard")
    resident.page.wait_for_url("**/mine?part=drafts")
    expect(resident.main.get_by_text("还没写完的心愿")).to_have_count(0)


def test_a_refusal_keeps_what_was_typed(come: Come) -> None:
    resident = come(RESIDENT, "phone").go("/post")
    resident.fill("post.title_label", "没有选类别")
    resident.fill("post.body_label", "第一行\n第二行 <b>不是粗体</b>")
    resident.choose_cell()
    resident.press("post.send")
    resident.sees("refused.missing", field=resident.say("field.category"))
    expect(resident.field("post.title_label")).to_have_value("没有选类别")
    expect(resident.field("post.body_label")).to_have_value("第一行\n第二行 <b>不是粗体</b>")
    resident.fill("post.title_label", "倒着写\u202e的标题")
    resident.option(KIND)
    resident.press("post.send")
    resident.sees("refused.direction_characters", field=resident.say("field.title"))
    expect(resident.field("post.body_label")).to_have_value("第一行\n第二行 <b>不是粗体</b>")
    resident.snap("refused")


def test_a_similar_wish_is_offered_and_supported_instead(come: Come) -> None:
    neighbour = come(NEIGHBOUR, "phone").go("/wall?order=supported")
    title = neighbour.main.locator(".note:has([data-do=support]) .note-title").first.inner_text()
    neighbour.go("/post")
    neighbour.fill("post.title_label", title)
    neighbour.fill("post.body_label", title)
    offered = neighbour.main.locator(".similar .note").filter(has_text=title)
    expect(offered).to_be_visible()
    neighbour.snap("similar")
    offered.get_by_role("button").click()
    neighbour.sees("act.case.support.done")
    expect(offered.get_by_role("button")).to_have_attribute("aria-pressed", "true")
    expect(neighbour.field("post.title_label")).to_have_value(title)
    offered.get_by_role("button").click()
    neighbour.sees("act.case.unsupport.done")
