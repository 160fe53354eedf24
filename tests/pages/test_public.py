"""The public screens: what they show, to whom, and what they make of strange addresses and strange texts."""

import pytest
from streamlit.testing.v1 import AppTest

from db import append_only
from db.engine import engine
from portal import books
from portal.cases import screening
from tests.fixtures.screens import Open, links, notes, run, text
from tests.fixtures.town import CELL, COMMUNITY, NEXT_CELL, OTHER_COMMUNITY, People
from tests.portal.cases.steps import case, do, staged

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the lists have their own tests

NASTY = "**粗** $x$ <b>b</b> :red[假] [l](http://evil.example)"
PUBLIC = ["", "wall", "wish", "echo", "receipt", "trail", "post"]


def press(at: AppTest, act: str) -> AppTest:
    """The button of an act, or that which confirms it."""
    next(button for button in at.button if (button.key or "").startswith(act)).click()
    return run(at)


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
@pytest.mark.parametrize("path", PUBLIC)
def test_an_empty_portal_has_something_to_say_on_every_screen(
    people: People, open_screen: Open, path: str, lang: str
) -> None:
    at = open_screen(path, lang=lang)
    assert len(text(at)) > 30


def test_the_start_page_shows_the_ways_the_rates_and_what_is_new(people: People, open_screen: Open) -> None:
    staged(people, "closed", title="路灯亮了")
    staged(people, "screening", title="还没审核")
    at = open_screen("")
    assert links(at)[:7] == ["/help", "/post", "/opinion", "/errands", "/wall", "/echo", "/receipt"]
    assert "100%" in text(at) and "1 / 1" in text(at)
    assert notes(at) == ["路灯亮了"]
    assert "/mine" in links(open_screen("", people.resident))


def test_what_people_type_is_drawn_as_text(people: People, open_screen: Open) -> None:
    case_id = staged(people, "open", title=NASTY, body=NASTY)
    for path, query in (("wall", {}), ("wish", {"case": str(case_id)}), ("", {})):
        at = open_screen(path, **query)
        assert NASTY in text(at)
        assert not any("evil" in str(element.value) for element in at.markdown)


def test_the_address_filters_the_wall_and_nonsense_in_it_is_passed_over(people: People, open_screen: Open) -> None:
    staged(people, "open", title="井盖松了", category="roads")
    staged(people, "open", title="垃圾没人收", category="sanitation")
    assert notes(open_screen("wall", category="roads")) == ["井盖松了"]
    assert notes(open_screen("wall", q="垃圾")) == ["垃圾没人收"]
    assert len(notes(open_screen("wall", area=COMMUNITY))) == 2
    assert notes(open_screen("wall", area=OTHER_COMMUNITY)) == []
    assert len(notes(open_screen("wall", category="x", standing="<b>", order="1", area="/", view="?"))) == 2
    assert open_screen("wall", after="x").error


def test_choosing_a_filter_puts_it_into_the_address_and_starts_at_the_front(people: People, open_screen: Open) -> None:
    at = open_screen("wall", after="9")
    at.text_input[0].set_value("路灯")
    run(at)
    assert at.query_params["q"] in ("路灯", ["路灯"]) and "after" not in at.query_params


def test_the_wall_comes_in_slices(people: People, open_screen: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(21):
        staged(people, "declined", title=f"心愿 {n}")
        monkeypatch.setattr("portal.limits.WISHES_PER_HOUR", 99)
        monkeypatch.setattr("portal.limits.WISHES_PER_DAY", 99)
    first = open_screen("wall", standing="declined")
    onward = next(address for address in links(first) if "after=" in address)
    assert len(notes(first)) == 20 and "standing=declined" in onward
    last = open_screen("wall", standing="declined", after=onward.rsplit("after=")[-1].split("&")[0])
    assert notes(last) == ["心愿 0"]


def test_nearest_asks_where_this_is_or_takes_the_chosen_area(people: People, open_screen: Open) -> None:
    lon, lat = 102.4641, 24.9111
    staged(people, "open", title="有位置", lon=lon, lat=lat)
    asked = open_screen("wall", order="nearest")
    assert notes(asked) == [] and not asked.error
    assert notes(open_screen("wall", order="nearest", area=COMMUNITY)) == ["有位置"]


def test_a_visitor_is_shown_the_way_to_support_and_a_member_may(people: People, open_screen: Open) -> None:
    staged(people, "open")
    assert "/signin?next=/wall" in links(open_screen("wall"))
    assert "/signin?next=/wall" not in links(open_screen("wall", people.neighbour))


@pytest.mark.parametrize("wanted", ["", "x", "-1", "0", "99999999999", "7"])
def test_a_wish_that_does_not_exist_is_a_sentence(people: People, open_screen: Open, wanted: str) -> None:
    at = open_screen("wish", case=wanted)
    assert at.error or "/wall" in links(at)


def test_a_wish_before_screening_is_seen_by_its_poster_and_staff_only(people: People, open_screen: Open) -> None:
    case_id = str(staged(people, "screening", title="还没上墙"))
    for stranger in (people.neighbour, people.far_staff, people.volunteer):
        assert "还没上墙" not in text(open_screen("wish", stranger, case=case_id))
    assert "还没上墙" in text(open_screen("wish", people.resident, case=case_id))
    assert "还没上墙" in text(open_screen("wish", people.staff, case=case_id))


def test_remarks_the_holder_and_the_phone_stay_inside(people: People, open_screen: Open) -> None:
    case_id = staged(people, "dispatched", contact="13912345678")
    do(screening.remark, people.staff, case_id, "家里有老人")
    outside, inside = (text(open_screen("wish", who, case=str(case_id))) for who in (people.stranger, people.staff))
    for secret in ("家里有老人", "139****5678", "grid_worker"):
        assert secret not in outside and secret in inside


def test_the_answer_and_the_reason_of_a_refusal_stand_out(people: People, open_screen: Open) -> None:
    closed, declined = staged(people, "closed"), staged(people, "declined")
    assert "路灯已经修好。" in text(open_screen("wish", case=str(closed)))
    assert "请找物业" in text(open_screen("wish", case=str(declined)))
    merged = staged(people, "merged")
    assert f"/wish?case={case(merged).merged_into_id}" in links(open_screen("wish", case=str(merged)))


def test_nobody_is_offered_what_they_may_not_do(people: People, open_screen: Open) -> None:
    case_id = str(staged(people, "open"))
    assert not [b for b in open_screen("wish", case=case_id).button if (b.key or "").startswith("press_")]
    keys = {b.key.split("_", 2)[2] for b in open_screen("wish", people.staff, case=case_id).button if b.key}
    assert "case.decline" in keys and "case.unhide" not in keys and "case.grab" not in keys


def test_declining_needs_words_keeps_them_on_a_refusal_and_then_happens(people: People, open_screen: Open) -> None:
    case_id = staged(people, "open")
    at = press(open_screen("wish", people.staff, case=str(case_id)), f"press_{case_id}_case.decline")
    at = press(at, "go_case.decline")
    assert at.error and case(case_id).state == "open"
    at.text_area[0].set_value("坏" * 100)
    at = press(at, "go_case.decline")
    assert case(case_id).state == "declined" and not at.text_area


def test_an_act_without_words_happens_at_once(people: People, open_screen: Open) -> None:
    case_id = staged(people, "dispatched")
    press(open_screen("wish", people.grid_worker, case=str(case_id)), f"press_{case_id}_case.take_on")
    assert case(case_id).state == "in_progress"


def test_the_poster_rates_with_outcome_and_stars(people: People, open_screen: Open) -> None:
    case_id = staged(people, "done")
    at = press(open_screen("wish", people.resident, case=str(case_id)), f"press_{case_id}_case.rate")
    at = press(at, "go_case.rate")
    assert at.error and case(case_id).state == "done"
    at.button_group[0].set_value("partly")
    at.feedback[0].set_value(3)
    press(at, "go_case.rate")
    assert (case(case_id).outcome, case(case_id).stars) == ("partly", 4)


def test_the_full_phone_needs_a_reason_and_is_shown_once(people: People, open_screen: Open) -> None:
    case_id = staged(people, "dispatched", contact="13912345678")
    at = press(open_screen("wish", people.grid_worker, case=str(case_id)), f"press_{case_id}_case.reveal")
    assert at.text_area
    assert press(at, "go_case.reveal").error
    at.text_area[0].set_value("约时间上门")
    at = press(at, "go_case.reveal")
    assert "13912345678" in text(at).replace("\\", "").replace(" ", "")
    assert "13912345678" not in text(run(at)).replace("\\", "").replace(" ", "")


def test_the_echo_shows_answers_and_keeps_to_an_area(people: People, open_screen: Open) -> None:
    staged(people, "closed", title="修好的灯")
    assert "路灯已经修好。" in text(open_screen("echo")) and "很亮，谢谢" in text(open_screen("echo"))
    assert "修好的灯" in text(open_screen("echo", area=CELL.replace("03/", "")))
    assert "修好的灯" not in text(open_screen("echo", area=OTHER_COMMUNITY))
    assert "修好的灯" in text(open_screen("echo", area=CELL)) and NEXT_CELL
    assert open_screen("echo", after="nan:x").error


def test_a_wrong_receipt_is_refused(people: People, open_screen: Open) -> None:
    at = open_screen("receipt")
    at.text_input[0].set_value("0000-0000")
    at.button[0].click()
    assert run(at).error


def test_the_books_show_the_head_and_notice_an_altered_link(people: People, open_screen: Open) -> None:
    case_id = staged(people, "closed")
    at = open_screen("trail")
    assert f"/wish?case={case_id}" in links(at) and "/audit/chain.jsonl" in links(at)
    at.button[0].click()
    assert run(at).success
    with engine().begin() as connection:
        append_only.drop(connection)
        connection.exec_driver_sql("UPDATE audit SET act = 'case.accept' WHERE seq = 2")
    at.button[0].click()
    assert run(at).error


def test_only_the_newest_links_are_checked(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    staged(people, "closed")
    monkeypatch.setattr(books, "CHECKED", 3)
    verdict = do(books.check_newest, people.stranger)
    assert verdict.ok and verdict.rows == 3
