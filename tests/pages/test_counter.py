"""The counter, run without a browser: who is found, what is seen, what is taken down, and what stays afterwards."""

from datetime import timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from portal import areas
from portal.accounts import reception
from portal.acts import VISITOR
from portal.cases import lists, post, screening
from portal.cases.kinds import KINDS
from portal.cases.setup import categories
from portal.words import t
from tests.fixtures.screens import Open, links, run, text
from tests.fixtures.screens import _drawn as drawn
from tests.fixtures.town import CELL, NEXT_CELL, OTHER_COMMUNITY, People
from tests.portal.cases.steps import case, do, look, posted, staged, wish

RESIDENT, NEW = "13900000001", "13712345678"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database is enough here: the lists and the acts have their own tests."""
    return sqlite_url


def field(at: AppTest, label: str) -> Any:
    (found,) = [w for w in [*at.text_input, *at.text_area] if w.label == label]
    return found


def press(at: AppTest, label: str) -> AppTest:
    (found,) = [b for b in at.button if label in b.label]
    found.click()
    return run(at)


def group(at: AppTest, label: str) -> Any:
    (found,) = [choices for choices in at.button_group if choices.label == label]
    return found


def choose(at: AppTest, label: str, value: str) -> AppTest:
    group(at, label).set_value(value)
    return run(at)


def found(at: AppTest, phone: str = RESIDENT) -> AppTest:
    field(at, "来访人的手机号").set_value(phone)
    return press(at, "查找")


def rows(at: AppTest) -> list[str]:
    return [node[2][2] for node in drawn(at) if node[1].get("class") == "desk-title"]


def secrets(at: AppTest) -> str:
    """All that the visit keeps between two runs."""
    return repr(vars(at.session_state))


def opinion(at: AppTest, words: str = "活动室晚上能不能多开一小时") -> AppTest:
    """Fill in an opinion and send it."""
    choose(at, "办哪一类", "opinion")
    field(at, "您的意见或建议").set_value(words)
    run(at)
    choose(at, "哪一类", "roads")
    choose(at, "本人是否同意记录", "spoken")
    return press(at, "记录并出单")


@pytest.mark.parametrize("name", ["visitor", "resident", "volunteer", "admin", "mediator"])
def test_the_door_is_kept(people: People, open_screen: Open, name: str) -> None:
    at = open_screen("counter", VISITOR if name == "visitor" else getattr(people, name))
    assert not at.text_input and (at.info or at.warning)


def test_a_number_opens_the_person_and_their_cases_open_ones_first(people: People, open_screen: Open) -> None:
    closed, running = staged(people, "closed", title="旧事"), posted(people, title="新事")
    do(post.post, people.neighbour, wish(title="别人的事"))
    at = found(open_screen("counter", people.staff))
    assert "resident" in text(at) and "139****0001" in text(at) and "朝阳后山社区 · 第03网格" in text(at)
    assert RESIDENT not in text(at) and "别人的事" not in text(at)
    assert rows(at) == ["新事", "旧事"]
    assert [link for link in links(at) if "case=" in link] == [f"/wish?case={running}", f"/wish?case={closed}"]
    assert not at.text_input  # the number is gone with the question


def test_cases_that_the_clerk_may_not_read_are_not_there(people: People, open_screen: Open) -> None:
    with_dispute = wish(kind="dispute", private=True, category=categories("dispute")[0].code, title="邻里纠纷")
    do(post.post, people.resident, with_dispute)
    far = areas.tree().by_path(f"{OTHER_COMMUNITY}01/").id
    do(post.post, people.resident, wish(title="别处的事", area_id=far))
    shown = do(post.post, people.resident, wish(title="别处公开的事", area_id=far)).case_id
    do(screening.accept, people.far_staff, shown)
    at = found(open_screen("counter", people.staff))
    assert rows(at) == ["别处公开的事"]
    assert "纠纷" not in text(at)


def test_an_unknown_number_asks_for_name_and_consent_and_enters(people: People, open_screen: Open) -> None:
    at = found(open_screen("counter", people.staff), NEW)
    assert "还没有人用这个号码登记过" in text(at) and field(at, "来访人的手机号").value == NEW
    field(at, "姓名").set_value("李奶奶")
    press(at, "登记并开始办理")
    assert "本人同意方式" in text(at) and field(at, "姓名").value == "李奶奶"  # refused, and kept
    group(at, "本人是否同意记录").set_value("spoken")
    press(at, "登记并开始办理")
    assert "李奶奶" in text(at) and "137****5678" in text(at) and not at.text_input


def test_a_changed_number_is_looked_for_anew(people: People, open_screen: Open) -> None:
    at = found(open_screen("counter", people.staff), NEW)
    field(at, "来访人的手机号").set_value(RESIDENT)
    press(at, "登记并开始办理")  # no name was given: nobody is entered
    assert "139****0001" in text(at)


@pytest.mark.parametrize("typed", ["", "138", "李奶奶"])
def test_half_a_number_is_refused_and_kept(people: People, open_screen: Open, typed: str) -> None:
    at = found(open_screen("counter", people.staff), typed)
    assert at.error and field(at, "来访人的手机号").value == typed and not rows(at)


def test_an_opinion_is_taken_down_and_its_slip_is_shown_once(people: People, open_screen: Open) -> None:
    at = opinion(found(open_screen("counter", people.staff)))
    (note,) = look(lists.mine, people.resident, "posted").rows
    kept = case(note.id)
    assert (kept.kind, kept.channel, kept.consent, kept.contact_mask) == ("opinion", "counter", "spoken", "139****0001")
    assert kept.area_path == CELL  # where the person lives
    code = next(node[2] for node in drawn(at) if node[1].get("class") == "code")
    assert "意见建议受理单" in text(at) and str(note.id) in text(at) and len(code) == 34
    assert code not in secrets(at)
    press(at, "这位再办一件")
    assert code not in text(at) and rows(at) == [note.title]
    choose(at, "办哪一类", "opinion")
    assert field(at, "您的意见或建议").value == ""


def test_the_next_person_finds_nothing_of_the_one_before(people: People, open_screen: Open) -> None:
    at = found(open_screen("counter", people.staff, errand="1", slot="202611230900"))
    choose(at, "办哪一类", "wish")
    field(at, "什么心愿？一句话").set_value("只有我知道的事")
    field(at, "联系电话（可不填）").set_value("13712345678")
    run(at)
    assert "只有我知道的事" in secrets(at)
    press(at, "下一位")
    assert field(at, "来访人的手机号").value == "" and "resident" not in text(at)
    kept = secrets(at)
    for told in ("只有我知道的事", "13712345678", RESIDENT, "139****", "resident"):
        assert told not in kept, kept
    assert not at.query_params
    found(at, RESIDENT)
    choose(at, "办哪一类", "wish")
    assert field(at, "什么心愿？一句话").value == ""


def test_while_somebody_is_served_the_visit_keeps_ids_alone(people: People, open_screen: Open) -> None:
    posted(people)
    kept = secrets(found(open_screen("counter", people.staff)))
    for told in (RESIDENT, "139****", "resident", "路灯"):
        assert told not in kept, kept


def test_somebody_without_a_phone_is_served_too(people: People, open_screen: Open) -> None:
    at = press(open_screen("counter", people.staff), "没有手机")
    assert "未登记的来访人" in text(at) and not rows(at)
    opinion(at)
    assert "受理单" in text(at) and "来访人\n" not in text(at)
    press(at, "下一位")
    assert field(at, "来访人的手机号").value == ""


def test_who_came_too_long_ago_has_to_be_found_again(
    people: People, open_screen: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = found(open_screen("counter", people.staff))
    monkeypatch.setattr(reception, "THERE", timedelta(seconds=-1))
    run(at)
    assert field(at, "来访人的手机号").value == "" and "resident" not in text(at)


def test_every_kind_has_its_form_in_both_languages(people: People, open_screen: Open) -> None:
    for lang in ("zh-CN", "en"):
        at = open_screen("counter", people.staff, lang)
        field(at, t("counter.phone")).set_value(RESIDENT)
        press(at, t("counter.find"))
        for kind in KINDS:
            choose(at, t("counter.kind"), kind)
            assert any(b.label == t("counter.send") for b in at.button), kind


def test_what_is_refused_stays_typed(people: People, open_screen: Open) -> None:
    at = found(open_screen("counter", people.staff))
    choose(at, "办哪一类", "opinion")
    field(at, "您的意见或建议").set_value("多开一小时")
    run(at)
    press(at, "记录并出单")
    assert "本人同意方式" in text(at) and field(at, "您的意见或建议").value == "多开一小时"
    assert not look(lists.mine, people.resident, "posted").rows


def test_a_grid_worker_serves_in_their_own_cell(people: People, open_screen: Open) -> None:
    posted(people, title="邻格的事", area_id=areas.tree().by_path(NEXT_CELL).id)
    mine = posted(people, title="本格的事")
    at = found(open_screen("counter", people.grid_worker))
    assert rows(at) == ["本格的事"] and f"/wish?case={mine}" in links(at)


def test_the_street_page_takes_down_the_kinds_that_people_tell_there(people: People, open_screen: Open) -> None:
    at = open_screen("field", people.grid_worker)
    kinds = group(at, "办哪一类")
    assert kinds.value == "wish" and len(kinds.options) == 3
    choose(at, "办哪一类", "opinion")
    field(at, "您的意见或建议").set_value("多开一小时")
    run(at)
    choose(at, "哪一类", "roads")
    choose(at, "本人是否同意记录", "spoken")
    press(at, "记录并给回执")
    (note,) = look(lists.mine, people.grid_worker, "recorded").rows
    kept = case(note.id)
    assert (kept.kind, kept.channel, kept.poster_id) == ("opinion", "street", None) and "已记录" in text(at)
