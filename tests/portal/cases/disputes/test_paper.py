"""The agreement as a PDF: what is in it, for whom, and that nothing typed is taken for anything but text."""

from datetime import timedelta
from io import BytesIO

import pytest
from pypdf import PdfReader

from portal import clock, limits, words
from portal.acts import Who
from portal.cases import post
from portal.cases.disputes import agreements
from portal.cases.disputes.paper import agreement_paper
from portal.errors import NotFound
from tests.fixtures.town import People
from tests.portal.cases.disputes.conftest import Room, party_ids
from tests.portal.cases.steps import case, do, look


def read(who: Who, case_id: int) -> tuple[str, int]:
    """The text of the paper and how many pages it has."""
    paper = PdfReader(BytesIO(look(agreement_paper, who, case_id)))
    return "\n".join(page.extract_text() for page in paper.pages), len(paper.pages)


def test_it_names_the_parties_the_text_and_every_consent(room: Room, people: People) -> None:
    case_id, text = room.written("一、晚十点以后不拖家具。\n二、桌脚加软垫。")
    do(agreements.consent, people.neighbour, text)
    do(agreements.consent, people.mediator, text, party_ids(case_id)[0])
    told, _ = read(people.mediator, case_id)
    for part in (
        f"编号：{case_id}-1", "申请人：resident", "对方当事人：王德兴", "楼上夜里拖家具", "孩子睡不着",
        "二、桌脚加软垫。", "王德兴：", "在平台上同意", "在纸上签字", "调解员：mediator", "草稿",
    ):  # fmt: skip
        assert part in told
    do(agreements.agree, people.mediator, case_id, clock.day_of(clock.now()) + timedelta(days=30))
    done, _ = read(people.mediator, case_id)
    assert "草稿" not in done and "回访日" in done and words.day(clock.now()) in done


def test_each_party_reads_their_own_name_in_full(room: Room, people: People) -> None:
    case_id, _ = room.written("双方互谅互让。")
    mine, _ = read(people.neighbour, case_id)
    assert "王德兴" in mine and "r***t" in mine and "resident" not in mine
    theirs, _ = read(people.resident, case_id)
    assert "王*兴" in theirs and "王德兴" not in theirs and "resident" in theirs


def test_long_text_flows_over_numbered_pages(room: Room, people: People) -> None:
    case_id, _ = room.written("约定很多，" * (limits.BODY_CHARS // 5), body="经过很长。" * (limits.BODY_CHARS // 5))
    told, pages = read(people.mediator, case_id)
    assert pages >= 4 and f"第 {pages} 页，共 {pages} 页" in told
    assert told.replace("\n", "").count("约定很多，") >= limits.BODY_CHARS // 5 - pages * 2, "but for page breaks"


@pytest.mark.parametrize(
    "typed",
    ["<b>粗</b>", "<br/>&amp;&lt;", "<a href='http://x'>链</a>", "<img src='/etc/passwd'/>", "\U0001f600 𠮷 \t甲"],
)
def test_what_was_typed_is_text(room: Room, people: People, typed: str) -> None:
    case_id, _ = room.written(f"约定：{typed}")
    told, _ = read(people.mediator, case_id)
    if typed.isascii() or "<" in typed:
        assert typed in told.replace("\n", "")


def test_there_is_none_before_a_text_and_none_for_strangers(room: Room, people: People) -> None:
    with pytest.raises(NotFound):
        look(agreement_paper, people.mediator, room.begun())
    case_id, _ = room.written()
    for who in (people.staff, people.stranger, people.other_mediator, Who()):
        with pytest.raises(NotFound):
            look(agreement_paper, who, case_id)


def test_it_speaks_english_too(room: Room, people: People) -> None:
    case_id, _ = room.written()
    with words.speaking("en"):
        told, _ = read(people.mediator, case_id)
    assert "Mediation agreement" in told and "Page 1 of" in told and "王德兴" in told


@pytest.mark.parametrize("ended", ["withdrawn", "closed"])
def test_what_ended_otherwise_is_a_draft_even_where_all_had_agreed(room: Room, people: People, ended: str) -> None:
    case_id, text = room.written()
    for party in (people.resident, people.neighbour):
        do(agreements.consent, party, text)
    if ended == "withdrawn":
        do(post.withdraw, people.resident, case_id)
    else:
        do(agreements.not_agreed, people.mediator, case_id, "可以拨打12348咨询。")
    assert case(case_id).state == ended
    assert "草稿" in read(people.resident, case_id)[0]
