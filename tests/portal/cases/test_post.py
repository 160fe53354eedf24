"""Posting: every field's rules, with and without an account, drafts, mending, withdrawing, support, receipts."""

import itertools
import math
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from db.engine import reading
from db.models.cases import Case, CaseArea, Support
from db.models.files import Photo
from db.models.notices import Notice
from db.models.setup import Category
from portal import areas, audit, clock, limits, notices, photos, snapshots, vault
from portal.acts import VISITOR
from portal.cases import clockwork, post, screening
from portal.cases.reading import one
from portal.errors import Forbidden, NotFound, TooLate
from tests.fixtures.town import CELL, CITY, COMMUNITY, NEXT_CELL, STREET, People
from tests.portal.cases.steps import (
    MONDAY,
    case,
    deeds,
    do,
    in_hall,
    look,
    picture,
    posted,
    refused,
    rows,
    staged,
    steps,
    wish,
)

PHONE = "138 0000 1234"
NASTY = [
    "<script>alert(1)</script>",
    "**粗** [链接](javascript:alert(1)) ![](x)",
    "$\\frac{1}{0}$ $$x$$",
    ":red[红] :material/delete: :streamlit:",
    "'; DROP TABLE cases; --",
    "{name} {0} %s {{}}",
    "\\u202e \\x00 &lt;b&gt;",
    "# 一级标题",
]


def test_a_wish_is_kept_as_typed_and_waits_for_screening(people: People, monday: None) -> None:
    case_id = posted(people, place="三栋东侧", name_shown=True, contact=PHONE)
    found = case(case_id)
    assert (found.state, found.standing, found.poster_id) == ("screening", "", people.resident.person_id)
    assert (found.title, found.body) == (wish().title, wish().body)
    assert (found.area_path, found.desk_path, found.place, found.name_shown) == (CELL, COMMUNITY, "三栋东侧", True)
    assert (found.channel, found.recorded_by, found.receipt_hash) == ("self", None, None)
    assert found.created_at == found.started_at == found.running_at == clock.now()
    assert deeds(case_id) == ["post"]


def test_a_case_lies_in_its_cell_and_in_everything_above(people: People) -> None:
    case_id = posted(people)
    with reading() as session:
        held = session.exec(select(CaseArea.area_id).where(CaseArea.case_id == case_id)).all()
    assert {areas.tree().by_id(a).path for a in held} == {CELL, COMMUNITY, STREET, CITY}


def test_the_clock_of_the_row_is_the_moment_of_the_timeline(people: People) -> None:
    """With the real clock, to the microsecond: nothing in an act may ask for the time twice."""
    case_id = posted(people)
    do(screening.give_back, people.staff, case_id, "哪一栋？")
    do(post.submit, people.resident, case_id, wish())
    assert case(case_id).running_at == rows(case_id)[-1].at
    assert case(case_id).started_at == case(case_id).created_at == rows(case_id)[0].at


@pytest.mark.parametrize("field", ["title", "body"])
def test_words_are_required(people: People, field: str) -> None:
    for typed in ("", "  \n ", "\u3000", "\u200b\ufeff", "\u200d", "\u3164"):
        with refused("missing", field=field):
            posted(people, **{field: typed})


@pytest.mark.parametrize(
    ("field", "limit"),
    [("title", limits.TITLE_CHARS), ("body", limits.BODY_CHARS), ("place", limits.TITLE_CHARS)],
)
def test_words_have_a_limit(people: People, field: str, limit: int) -> None:
    for n, sign in enumerate("愿𠮷"):
        case_id = do(post.draft, replace(people.resident), wish(**{field: sign * limit}))
        assert len(getattr(case(case_id), field)) == limit, n
        with refused("too_long", field=field, limit=limit, length=limit + 1):
            posted(people, **{field: sign * (limit + 1)})


def test_the_limit_is_counted_after_composing(people: People) -> None:
    decomposed = "e\u0301" * limits.TITLE_CHARS
    assert case(posted(people, title=decomposed)).title == "é" * limits.TITLE_CHARS


def test_invisible_orders_are_refused(people: People) -> None:
    control = ("\x00", "\x1b[31m", "\x7f", "\x85", "\u2028", "\ud800")
    direction = ("\u202e", "\u2066", "\u200f")
    signs = [("control_characters", sign) for sign in control] + [("direction_characters", sign) for sign in direction]
    for field, (message, sign) in itertools.product(("title", "body", "place"), signs):
        with refused(message, field=field):
            posted(people, **{field: f"路灯{sign}坏了"})


def test_line_breaks_are_for_the_body(people: People) -> None:
    assert case(posted(people, body="一\r\n二\r三\n四")).body == "一\n二\n三\n四"
    with refused("control_characters", field="title"):
        posted(people, title="一\n二")


def test_markup_is_kept_literally(people: People) -> None:
    for n, text in enumerate(NASTY):
        with clock.at(MONDAY + n * timedelta(hours=2)):
            found = case(posted(people, title=text[:60], body=text, place=text[:60]))
        assert (found.title, found.body, found.place) == (text[:60], text, text[:60])


def test_what_is_no_text_is_refused(people: People) -> None:
    forgeries: tuple[object, ...] = (None, 7, ["x"], {"a": 1}, b"x")
    for field, forged in itertools.product(("title", "body", "place", "contact"), forgeries):
        with refused("not_text", field=field):
            posted(people, **{field: forged})


def test_the_category_must_be_offered(people: People) -> None:
    for forged in ("nonsense", "Roads", 3, ["roads"]):
        with refused("not_offered", field="category"):
            posted(people, category=forged)
    for left_out in ("", None):
        with refused("missing", field="category"):
            posted(people, category=left_out)


def test_a_draft_may_leave_the_category_open(people: People) -> None:
    case_id = do(post.draft, people.resident, wish(category=""))
    assert case(case_id).category == "other"


def test_a_retired_category_is_not_offered(people: People) -> None:
    with audit.transaction() as session:
        session.get_one(Category, "roads").active = False
        snapshots.bump(session, "setup")
    snapshots.forget_all()
    with refused("not_offered", field="category"):
        posted(people)


def test_a_place_is_needed(people: People) -> None:
    with refused("missing", field="place"):
        posted(people, area_id=None)
    with refused("no_such_area"):
        posted(people, area_id=99_999)


def test_a_point_outside_the_town_is_refused(people: People) -> None:
    points: list[tuple[Any, Any]] = [
        (116.4, 39.9), (0.0, 0.0), (24.9, 102.5), (math.nan, 24.9), (102.5, math.nan), (math.inf, -math.inf),
        (1e308, 1e308), ("x", "y"), ([], {}),
    ]  # fmt: skip
    for lon, lat in points:
        with refused("outside_town", field="place"):
            posted(people, lon=lon, lat=lat)


def test_a_point_finds_its_cell_and_wins_over_the_list(people: People) -> None:
    place = areas.tree().by_path(NEXT_CELL)
    found = case(posted(people, lon=place.lon, lat=place.lat))
    assert found.area_path == NEXT_CELL
    assert found.tile == areas.tile_of(place.lon or 0, place.lat or 0)


def test_the_contact_is_encrypted_and_masked(people: People) -> None:
    found = case(posted(people, contact=PHONE))
    assert found.contact_mask == "138****1234"
    assert found.contact_sealed and "1234" not in found.contact_sealed and "0000" not in found.contact_sealed
    assert vault.unseal(found.contact_sealed) == "+8613800001234"
    with refused("phone"):
        posted(people, contact="12345")


def test_the_contact_is_revealed_for_a_reason_that_is_kept(people: People) -> None:
    case_id = posted(people, contact=PHONE)
    with refused("missing", field="says"):
        do(post.reveal_contact, people.staff, case_id, " ")
    assert deeds(case_id) == ["post"]
    assert do(post.reveal_contact, people.staff, case_id, "上门前先联系") == "+8613800001234"
    row = rows(case_id)[-1]
    assert (row.act, row.says, row.says_public, row.public) == ("case.reveal", "上门前先联系", False, False)
    assert row.actor_id == people.staff.person_id


def test_there_may_be_no_contact_to_reveal(people: People) -> None:
    case_id = posted(people)
    with refused("no_contact"):
        do(post.reveal_contact, people.staff, case_id, "联系")
    assert deeds(case_id) == ["post"]


def test_photos_come_along(people: People) -> None:
    case_id = posted(people, photos=[picture(alt=f"第 {n} 张") for n in range(limits.PHOTOS_PER_CASE)])
    with reading() as session:
        kept = session.exec(select(Photo).where(Photo.case_id == case_id).order_by(col(Photo.id))).all()
    assert [p.alt for p in kept] == [f"第 {n} 张" for n in range(9)]
    assert {(p.moment, p.owner_id) for p in kept} == {("before", people.resident.person_id)}
    assert all(photos.path_of(p.name).is_file() for p in kept)


def test_photos_have_a_limit_that_mending_does_not_lift(people: People) -> None:
    with refused("too_many_photos", limit=9):
        posted(people, photos=[picture()] * 10)
    case_id = staged(people, "returned", photos=[picture()] * 8)
    with refused("too_many_photos", limit=9):
        do(post.submit, people.resident, case_id, wish(photos=[picture()] * 2))
    do(post.submit, people.resident, case_id, wish(photos=[picture()]))


def test_a_broken_photo_loses_nothing_and_writes_nothing(people: People, tmp_path: Path) -> None:
    with refused("photo_kind"):
        posted(people, photos=[picture(), photos.NewPhoto(b"GIF89a" + b"x" * 100)])
    with reading() as session:
        assert session.exec(select(Case)).first() is None
    assert not list(tmp_path.rglob("*.jpg"))


def test_a_forged_channel_does_not_make_a_recorded_wish(people: People) -> None:
    found = case(posted(people, channel="phone", consent="written"))
    assert (found.channel, found.consent) == ("self", "")


def test_one_person_posts_five_an_hour_and_twenty_a_day(people: People, monday: None) -> None:
    for _ in range(5):
        posted(people)
    with refused("too_often", limit=5):
        posted(people)
    do(post.post, people.neighbour, wish())
    for hour in (2, 4, 6):
        with clock.at(MONDAY + timedelta(hours=hour)):
            for _ in range(5):
                posted(people)
    with clock.at(MONDAY + timedelta(hours=8)), refused("too_often", limit=20):
        posted(people)
    with clock.at(MONDAY + timedelta(days=2)):
        posted(people)


def test_a_refused_wish_is_not_counted(people: People) -> None:
    for _ in range(8):
        with refused("missing"):
            posted(people, title="")
    for _ in range(5):
        posted(people)


# Without an account


def test_without_an_account_there_is_a_receipt(people: People) -> None:
    who = replace(VISITOR, client="somebody")
    done = do(post.post, who, wish())
    assert re.fullmatch("[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){6}", done.receipt)
    assert math.log2(len(vault.RECEIPT_ALPHABET)) * len(done.receipt.replace("-", "")) >= 128
    found = case(done.case_id)
    assert found.poster_id is None
    assert found.receipt_hash == vault.receipt_hash(done.receipt)
    plain = done.receipt.replace("-", "")
    assert not any(plain in str(v).replace("-", "") for v in found.model_dump().values())
    assert not any(plain in str(r.model_dump()).replace("-", "") for r in rows(done.case_id))


def test_receipts_differ(people: People) -> None:
    codes = {do(post.post, replace(VISITOR, client=str(n)), wish()).receipt for n in range(20)}
    assert len(codes) == 20


def test_a_person_with_an_account_needs_no_receipt(people: People) -> None:
    assert do(post.post, people.resident, wish()).receipt is None


def test_a_receipt_is_found_however_it_is_typed(people: People) -> None:
    done = do(post.post, replace(VISITOR, client="a"), wish())
    code = done.receipt
    ways = [code, code.lower(), code.replace("-", ""), code.replace("-", " "), f"  {code}\n".strip(),
            code.replace("0", "O").replace("1", "l"), code.replace("0", "o").replace("1", "I")]  # fmt: skip
    for typed in ways:
        assert do(post.open_receipt, replace(VISITOR, client="b"), typed) == done.case_id


def test_a_wrong_receipt_is_not_found(people: People) -> None:
    done = do(post.post, replace(VISITOR, client="a"), wish())
    for typed in ("0" * 28, done.receipt[:-1], done.receipt + "0", "%", "' OR 1=1 --"):
        with pytest.raises(NotFound, match="receipt_unknown"):
            do(post.open_receipt, replace(VISITOR, client="b"), typed)
    with refused("missing", field="receipt"):
        do(post.open_receipt, VISITOR, "")


def test_wrong_receipts_count_although_they_are_refused(people: People) -> None:
    who = replace(VISITOR, client="guesser")
    done = do(post.post, replace(VISITOR, client="a"), wish())
    for _ in range(limits.RECEIPT_LOOKUPS_PER_HOUR):
        with refused("receipt_unknown"):
            do(post.open_receipt, who, "0" * 28)
    with refused("too_often", limit=limits.RECEIPT_LOOKUPS_PER_HOUR):
        do(post.open_receipt, who, done.receipt)
    assert do(post.open_receipt, replace(who, client="another"), done.receipt) == done.case_id


def test_without_an_account_three_a_day(people: People, monday: None) -> None:
    who = replace(VISITOR, client="phone box")
    for _ in range(limits.ANONYMOUS_PER_DAY):
        do(post.post, who, wish())
    with refused("too_often", limit=limits.ANONYMOUS_PER_DAY):
        do(post.post, who, wish())
    do(post.post, replace(who, client="other"), wish())
    with clock.at(MONDAY + timedelta(days=2)):
        do(post.post, who, wish())


# Recorded for somebody


def test_a_worker_records_a_wish_for_somebody(people: People) -> None:
    done = do(post.record, people.grid_worker, wish(channel="street", consent="spoken", contact=PHONE))
    found = case(done.case_id)
    assert (found.channel, found.consent) == ("street", "spoken")
    assert (found.poster_id, found.recorded_by) == (None, people.grid_worker.person_id)
    assert found.receipt_hash == vault.receipt_hash(done.receipt)
    with reading() as session:
        notice = session.exec(select(Notice).where(Notice.case_id == done.case_id)).one()
        assert (notice.message, notice.channel) == ("receipt", "sms")
        assert done.receipt not in str(notice.facts) + str(notice.sealed)
        assert done.receipt in notices.text_of(notice)


def test_recording_needs_channel_and_consent(people: People) -> None:
    with refused("not_offered", field="channel"):
        do(post.record, people.grid_worker, wish(channel="self", consent="spoken"))
    with refused("not_offered", field="channel"):
        do(post.record, people.grid_worker, wish(channel="telepathy", consent="spoken"))
    with refused("missing", field="consent"):
        do(post.record, people.grid_worker, wish(channel="phone", consent=""))
    with refused("not_offered", field="consent"):
        do(post.record, people.grid_worker, wish(channel="phone", consent="assumed"))


def test_recording_stays_in_ones_area(people: People) -> None:
    with pytest.raises(Forbidden):
        do(post.record, people.next_worker, wish(channel="paper", consent="written"))
    with pytest.raises(Forbidden):
        do(post.record, people.resident, wish(channel="paper", consent="written"))


# Drafts


def test_a_draft_may_be_unfinished_and_is_nobodys_business(people: People) -> None:
    case_id = do(post.draft, people.resident, wish(title="", body="", area_id=None))
    found = case(case_id)
    assert (found.state, found.standing, found.started_at, found.next_at) == ("draft", "", None, None)
    assert rows(case_id)[0].public is False
    for other in (people.neighbour, people.staff, people.grid_worker, people.admin, VISITOR):
        with pytest.raises(NotFound):
            look(one, other, case_id)
    assert look(one, people.resident, case_id).id == case_id


def test_a_draft_is_edited_and_posted(people: People, monday: None) -> None:
    case_id = do(post.draft, people.resident, wish(title="半", area_id=None))
    assert do(post.draft, people.resident, wish(title="半句"), case_id) == case_id
    assert case(case_id).title == "半句"
    with refused("missing", field="title"):
        do(post.submit, people.resident, case_id, wish(title=""))
    with clock.at(MONDAY + timedelta(hours=3)):
        do(post.submit, people.resident, case_id, wish(photos=[picture()]))
    found = case(case_id)
    assert (found.state, found.title, found.area_path) == ("screening", wish().title, CELL)
    assert found.started_at == MONDAY + timedelta(hours=3)
    assert deeds(case_id) == ["draft", "edit_draft", "submit"]


def test_posting_a_draft_is_counted_and_limited(people: People) -> None:
    drafts = [do(post.draft, people.resident, wish()) for _ in range(6)]
    for case_id in drafts[:5]:
        do(post.submit, people.resident, case_id, wish())
    with refused("too_often", limit=5):
        do(post.submit, people.resident, drafts[5], wish())


def test_a_draft_thrown_away_is_gone_for_all_but_its_writer(people: People) -> None:
    case_id = staged(people, "draft")
    do(post.discard, people.resident, case_id)
    assert case(case_id).state == "withdrawn"
    for other in (people.staff, people.neighbour):
        with pytest.raises(NotFound):
            look(one, other, case_id)


def test_nobody_else_touches_a_draft(people: People) -> None:
    case_id = staged(people, "draft")
    for other in (people.neighbour, people.staff):
        for fn, args in ((post.draft, (wish(), case_id)), (post.submit, (case_id, wish())), (post.discard, (case_id,))):
            with pytest.raises(NotFound):
                do(fn, other, *args)


# Mending


def test_a_returned_wish_is_mended(people: People, monday: None) -> None:
    case_id = staged(people, "returned", contact=PHONE, photos=[picture()])
    with clock.at(MONDAY + timedelta(days=3)):
        changed = wish(title="三栋东门的路灯坏了", area_id=areas.tree().by_path(NEXT_CELL).id, photos=[picture()])
        do(post.submit, people.resident, case_id, changed)
    found = case(case_id)
    assert (found.state, found.title, found.area_path) == ("screening", changed.title, NEXT_CELL)
    assert found.contact_mask == "138****1234", "an empty field keeps the number"
    assert found.started_at == MONDAY, "the start is kept"
    with reading() as session:
        assert len(photos.of_case(session, [case_id])[case_id]) == 2
        held = session.exec(select(CaseArea.area_id).where(CaseArea.case_id == case_id)).all()
    assert areas.tree().by_path(NEXT_CELL).id in held and areas.tree().by_path(CELL).id not in held


def test_mending_is_not_limited_by_the_rate(people: People) -> None:
    cases = [posted(people) for _ in range(5)]
    do(screening.give_back, people.staff, cases[0], "哪里？")
    do(post.submit, people.resident, cases[0], wish())


def test_a_desk_it_climbed_to_keeps_a_mended_wish(people: People) -> None:
    with clock.at(MONDAY):
        case_id = posted(people, category="danger")
    with clock.at(MONDAY + timedelta(hours=2)):
        assert clockwork.tick() == {"case.climb": 1}
        do(screening.give_back, people.street_staff, case_id, "哪里？")
        do(post.submit, people.resident, case_id, wish(category="danger"))
    assert case(case_id).desk_path == STREET


def test_a_receipt_mends_too(people: People) -> None:
    who = replace(VISITOR, client="a")
    done = do(post.post, who, wish())
    do(screening.give_back, people.staff, done.case_id, "哪里？")
    with pytest.raises(NotFound):
        do(post.submit, who, done.case_id, wish())
    do(post.submit, replace(who, receipts=frozenset({done.case_id})), done.case_id, wish(title="补充过的"))
    assert case(done.case_id).state == "screening"


@pytest.mark.parametrize("state", ["screening", "open", "done", "closed"])
def test_only_a_returned_wish_is_mended(people: People, state: str) -> None:
    case_id = staged(people, state)
    with pytest.raises(TooLate):
        do(post.submit, people.resident, case_id, wish(title="偷偷改"))
    assert case(case_id).title == wish().title


# Withdrawing


@pytest.mark.parametrize(
    "state", ["screening", "returned", "open", "dispatched", "claimed", "in_progress", "awaiting_resident"]
)
def test_a_wish_is_withdrawn_before_its_answer(people: People, state: str) -> None:
    case_id = staged(people, state)
    holder = case(case_id).holder_id
    do(post.withdraw, people.resident, case_id, "已解决")
    found = case(case_id)
    assert (found.state, found.standing, found.next_at) == ("withdrawn", "", None)
    with pytest.raises(NotFound):
        look(one, VISITOR, case_id)
    assert look(one, people.resident, case_id)
    with reading() as session:
        told = session.exec(select(Notice.person_id).where(Notice.message == "case_withdrawn")).all()
    assert told == ([holder] if holder else [])


@pytest.mark.parametrize("state", ["done", "closed", "declined", "referred", "merged", "withdrawn"])
def test_nothing_is_withdrawn_after_its_answer(people: People, state: str) -> None:
    case_id = staged(people, state)
    with pytest.raises(TooLate):
        do(post.withdraw, people.resident, case_id)


def test_why_it_was_withdrawn_stays_inside(people: People) -> None:
    case_id = staged(people, "withdrawn")
    assert [s.says for s in steps(people.staff, case_id)][-1] == "已经自己解决了"
    assert [s.says for s in steps(people.resident, case_id)][-1] is None


# Support


def test_me_too_once(people: People) -> None:
    case_id = staged(people, "open")
    do(post.support, people.neighbour, case_id)
    with refused("already_supported"):
        do(post.support, people.neighbour, case_id)
    do(post.support, people.stranger, case_id)
    assert case(case_id).supporters == 2
    do(post.unsupport, people.neighbour, case_id)
    with refused("not_supported"):
        do(post.unsupport, people.neighbour, case_id)
    assert case(case_id).supporters == 1
    with reading() as session:
        assert session.exec(select(Support.person_id)).all() == [people.stranger.person_id]


def test_nobody_supports_their_own(people: People) -> None:
    case_id = staged(people, "open")
    with refused("own_case"):
        do(post.support, people.resident, case_id)


def test_a_visitor_cannot_support(people: People) -> None:
    case_id = staged(people, "open")
    with pytest.raises(Forbidden):
        do(post.support, replace(VISITOR, client="x"), case_id)
    assert case(case_id).supporters == 0


@pytest.mark.parametrize("state", ["screening", "closed", "declined", "referred", "merged", "withdrawn"])
def test_only_what_is_going_on_is_supported(people: People, state: str) -> None:
    case_id = staged(people, state)
    with pytest.raises((NotFound, TooLate)):
        do(post.support, people.neighbour, case_id)
    with reading() as session:
        row = session.exec(select(Support).where(Support.person_id == people.neighbour.person_id)).all()
    assert case(case_id).supporters == 0 and row == []


def test_support_does_not_disturb_others_at_work(people: People) -> None:
    """A "me too" between reading and acting must not make the act too late."""
    case_id = in_hall(people)
    with audit.transaction() as session:
        kept = session.get_one(Case, case_id)
        before = kept.version
    do(post.support, people.neighbour, case_id)
    assert case(case_id).version == before
