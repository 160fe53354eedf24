"""The pages on which errands are chosen, booked, served and set up."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts import stationlist
from portal import clock, snapshots
from portal.acts import VISITOR
from portal.cases import errands, lists
from tests.fixtures.errands import Desk, at, booking, furnish
from tests.fixtures.screens import Open, links, run, text
from tests.fixtures.screens import _drawn as drawn
from tests.fixtures.town import People
from tests.portal.cases.steps import MONDAY, case, do, look, staged

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the rules have their own tests


@pytest.fixture
def desk(people: People, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """It is Monday for the pages, too, whose scripts run in threads of their own."""
    monkeypatch.setattr(clock, "now", lambda: MONDAY)
    yield furnish(people)
    snapshots.forget_all()


def stamp(moment: datetime) -> str:
    return f"{moment:%Y%m%d%H%M}"


def press(at: AppTest, label: str) -> AppTest:
    next(button for button in at.button if button.label == label).click()
    return run(at)


def labels(at: AppTest) -> list[str]:
    return [button.label for button in at.button]


def slots(at: AppTest, do: str) -> dict[str, dict[str, str]]:
    """The days or times that can be tapped, by what they stand for."""
    return {node[1]["data-id"]: node[1] for node in drawn(at) if node[0] == "button" and node[1].get("data-do") == do}


def chosen(desk: Desk, moment: datetime | None = None, errand: int | None = None) -> dict[str, str]:
    """The address of a choice."""
    query = {"errand": str(errand or desk.papers), "station": str(desk.station)}
    return query | ({"slot": stamp(moment)} if moment else {})


def test_anybody_reads_the_catalogue(people: People, desk: Desk, open_screen: Open) -> None:
    at = open_screen("errands", VISITOR)
    seen = text(at)
    assert all(said in seen for said in ("居民证明咨询", "上门修灯", "后山服务站", "综合窗口", "身份证", "约 20 分钟"))
    assert f"/errands?errand={desk.papers}" in links(at)
    assert "Certificates" in text(open_screen("errands", VISITOR, "en"))


def test_without_a_station_the_catalogue_says_so(people: People, open_screen: Open) -> None:
    assert "现在还没有可以预约的事项" in text(open_screen("errands", VISITOR))


def test_days_and_times_are_offered_and_full_ones_marked(people: People, desk: Desk, open_screen: Open) -> None:
    for who in (people.resident, people.neighbour):
        do(errands.book, who, booking(desk, at(1, 9)))
    day = clock.day_of(at(1, 9)).isoformat()
    screen = open_screen("errands", VISITOR, **chosen(desk), day=day)
    assert len(slots(screen, "day")) == 11
    times = slots(screen, "slot")
    assert "disabled" in times[stamp(at(1, 9))] and "disabled" not in times[stamp(at(1, 9, 30))]
    assert "约满" in text(screen) and "余 2" in text(screen)


def test_a_visitor_is_sent_to_sign_in_with_the_choice_in_the_address(
    people: People, desk: Desk, open_screen: Open
) -> None:
    screen = open_screen("errands", VISITOR, **chosen(desk, at(1, 9)))
    (onward,) = [link for link in links(screen) if link.startswith("/signin")]
    assert all(f"{name}%3D{value}" in onward for name, value in chosen(desk, at(1, 9)).items())
    assert "确认预约" not in labels(screen)


def test_a_member_books_and_gets_a_slip(people: People, desk: Desk, open_screen: Open) -> None:
    screen = open_screen("errands", people.resident, **chosen(desk, at(1, 9)))
    assert "请核对" in text(screen) and "7月7日周二 09:00" in text(screen)
    screen.text_area[0].set_value("坐轮椅来")
    screen = press(screen, "确认预约")
    (found,) = look(lists.mine, people.resident, "posted").rows
    assert (case(found.id).slot_at, case(found.id).body) == (at(1, 9), "坐轮椅来")
    told = text(open_screen("errands", people.resident, booked=str(found.id)))
    assert all(said in told for said in ("约好了", "7月7日周二 09:00", "后山路18号", "户口簿", f"{found.id}"))
    assert "约好了" not in text(open_screen("errands", people.neighbour, booked=str(found.id)))


def test_there_is_no_slip_for_what_is_no_booking(people: People, desk: Desk, open_screen: Open) -> None:
    screen = open_screen("errands", VISITOR, booked=str(staged(people, "open")))
    assert not screen.exception and "约好了" not in text(screen)


def test_a_time_that_was_taken_meanwhile_keeps_what_was_typed(people: People, desk: Desk, open_screen: Open) -> None:
    screen = open_screen("errands", people.resident, **chosen(desk, at(1, 9)))
    screen.text_area[0].set_value("坐轮椅来")
    run(screen)
    for who in (people.neighbour, people.stranger):
        do(errands.book, who, booking(desk, at(1, 9)))
    screen = press(screen, "确认预约")
    assert screen.error and "最近还有空的是" in screen.error[0].value
    assert screen.text_area[0].value == "坐轮椅来"


@pytest.mark.parametrize("slot", ["", "nonsense", "209901010000", stamp(MONDAY - timedelta(days=1))])
def test_an_address_with_another_time_chooses_nothing(people: People, desk: Desk, open_screen: Open, slot: str) -> None:
    screen = open_screen("errands", people.resident, errand=str(desk.papers), slot=slot, station="99", day="x")
    assert "确认预约" not in labels(screen) and "选好时间就可以预约" in text(screen)
    assert "居民证明咨询" in text(open_screen("errands", people.resident, errand="99"))


def test_what_is_done_at_home_asks_for_the_address(people: People, desk: Desk, open_screen: Open) -> None:
    query = chosen(desk, at(1, 9), desk.lamp)
    screen = open_screen("errands", people.resident, **query)
    screen.text_input[0].set_value("3栋2单元501")
    press(screen, "确认预约")
    (found,) = look(lists.mine, people.resident, "posted").rows
    assert case(found.id).place == "3栋2单元501"
    away = open_screen("errands", people.stranger, **query)
    away.text_input[0].set_value("5栋")
    assert press(away, "确认预约").error, "whose home is not known chooses the cell"


def test_the_page_of_a_booking_tells_when_and_where_and_moves_it(people: People, desk: Desk, open_screen: Open) -> None:
    case_id = do(errands.book, people.resident, booking(desk, at(1, 9))).case_id
    screen = open_screen("wish", people.resident, case=str(case_id))
    told = text(screen)
    assert all(said in told for said in ("7月7日周二 09:00", "后山服务站", "0871-00000018", "户口簿"))
    assert "心愿" not in told.replace("心愿墙", ""), "none of the words of wishes"
    assert "取消预约" in labels(screen) and "开始办理" not in labels(screen)
    screen.session_state[f"rebook_box_{case(case_id).version}"] = True
    screen.query_params["slot"] = stamp(at(2, 10))
    screen = press(run(screen), "改到这个时间")
    assert case(case_id).slot_at == at(2, 10)


def test_a_booking_is_cancelled_after_a_warning(people: People, desk: Desk, open_screen: Open) -> None:
    case_id = do(errands.book, people.resident, booking(desk, at(1, 9))).case_id
    screen = press(open_screen("wish", people.resident, case=str(case_id)), "取消预约")
    assert case(case_id).state == "open" and screen.warning
    go = next(button for button in screen.button if button.key and button.key.startswith("go_"))
    go.click()
    run(screen)
    assert case(case_id).state == "withdrawn"


def test_a_stranger_sees_no_booking_by_its_address(people: People, desk: Desk, open_screen: Open) -> None:
    case_id = do(errands.book, people.resident, booking(desk, at(1, 9), note="坐轮椅来")).case_id
    for who in (people.stranger, people.neighbour, people.far_staff, VISITOR):
        for page in ("wish", "errands"):
            told = text(open_screen(page, who, case=str(case_id), booked=str(case_id)))
            assert "轮椅" not in told and "09:00" not in told


# The station's day


def test_the_stations_list_is_for_those_who_serve(people: People, desk: Desk, open_screen: Open) -> None:
    do(errands.book, people.resident, booking(desk, at(1, 9), note="坐轮椅来"))
    day = clock.day_of(at(1, 9)).isoformat()
    told = text(open_screen("station", people.staff, day=day))
    assert all(said in told for said in ("09:00", "resident", "139****0001", "居民证明咨询", "坐轮椅来", "共 1 个预约"))
    assert "resident" not in text(open_screen("station", people.next_worker, day=day))
    for who in (people.resident, people.volunteer, VISITOR):
        assert "09:00" not in text(open_screen("station", who, day=day))
    assert "这一天没有预约" in text(open_screen("station", people.staff))
    assert "这一天没有预约" in text(open_screen("station", people.staff, day="0000-99-99"))


def test_without_a_station_its_people_are_told_what_to_do(people: People, open_screen: Open) -> None:
    screen = open_screen("station", people.staff)
    assert "您负责的区域还没有服务站" in text(screen) and "/setup?part=stations" in links(screen)


def test_the_buttons_of_a_visit_fit_where_it_stands(
    people: People, desk: Desk, open_screen: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    begins = at(0, 10, 30)
    case_id = do(errands.book, people.resident, booking(desk, begins)).case_id
    assert slots(open_screen("station", people.staff), "serve") and not slots(
        open_screen("station", people.staff), "absent"
    )
    monkeypatch.setattr(clock, "now", lambda: begins)
    assert slots(open_screen("station", people.staff), "absent")
    stationlist._serve({"do": "serve", "id": str(case_id)})
    assert case(case_id).state == "in_progress"
    screen = open_screen("station", people.staff)
    assert slots(screen, "finish") and not slots(screen, "serve")


# Setting up


@pytest.mark.parametrize("part", ["stations", "errands"])
def test_stations_and_catalogue_are_set_up_by_their_people(
    people: People, desk: Desk, open_screen: Open, part: str
) -> None:
    told = text(open_screen("setup", people.staff, part=part))
    assert ("后山服务站" if part == "stations" else "上门修灯") in told
    far = open_screen("setup", people.far_staff, part=part)
    assert "后山服务站" not in text(far)
    assert "开设服务站" in labels(far) or "上门修灯" not in text(far)
