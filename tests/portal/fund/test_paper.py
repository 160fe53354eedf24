"""Ballots on paper: printed with numbers, read by two, settled by a third, and never more than were given."""

from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader
from sqlmodel import select

from db.engine import reading
from db.models.audit import AuditRow
from db.models.fund import Project
from portal import audit, limits, words
from portal.acts import VISITOR, Who
from portal.errors import Forbidden, NotFound
from portal.fund import ballots, paper, printing, receipts
from tests.fixtures.fund import FundPeople
from tests.fixtures.town import People
from tests.portal.cases.steps import do, look, refused
from tests.portal.fund.votes import Vote, begin, cast, close, given, held, in_box, number_of, papers, read_in


@pytest.fixture
def first(people: People) -> Who:
    return people.staff


@pytest.fixture
def second(funders: FundPeople) -> Who:
    return funders.second_staff


@pytest.fixture
def third(funders: FundPeople) -> Who:
    return funders.third_staff


def with_papers(funders: FundPeople, count: int = 4, **columns: Any) -> Vote:
    vote = begin(funders, **columns)
    given(vote, funders.second_staff, *range(108, 108 + count))
    return vote


# Numbers


def test_every_slip_of_the_pen_in_a_number_shows(funders: FundPeople) -> None:
    signs = receipts._SIGNS
    for _ in range(20):
        number = receipts.new_number(7)
        assert (
            receipts.checked_number(7, number) == number == receipts.checked_number(7, receipts.grouped(number).lower())
        )
        for place, sign in enumerate(number):
            for other in signs.replace(sign, ""):
                with refused("paper_number"):
                    receipts.checked_number(7, number[:place] + other + number[place + 1 :])
            swapped = number[:place] + number[place + 1 : place + 2] + sign + number[place + 2 :]
            if swapped != number and place < len(number) - 1:
                with refused("paper_number"):
                    receipts.checked_number(7, swapped)
        with refused("paper_number"):
            receipts.checked_number(8, number)  # the paper of another round
    assert len({receipts.new_number(7) for _ in range(500)}) == 500


@pytest.mark.parametrize(
    ("typed", "number", "read", "aside"),
    [
        ("K7Q2-M4TX 3 7 12", "K7Q2-M4TX", "3 7 12", False),
        ("k7q2m4tx 3,7", "k7q2m4tx", "3,7", False),
        (" K7Q2 M4TX  3 ", "K7Q2 M4TX", "3", False),
        ("Ｋ７Ｑ２－Ｍ４ＴＸ　３　７", "K7Q2-M4TX", "3 7", False),
        ("K7Q2-M4TX", "K7Q2-M4TX", "", False),
        ("K7Q2-M4TX x 两处涂改", "K7Q2-M4TX", "两处涂改", True),
        ("K7Q2-M4TX X", "K7Q2-M4TX", "", True),
    ],
)
def test_a_line_falls_into_number_and_choices(typed: str, number: str, read: str, aside: bool) -> None:
    assert paper.split(typed) == paper.Line(number, read, aside)


@pytest.mark.parametrize("typed", ["3 7 12", "K7Q2-M4TX3 7", "---", "K7Q2"])
def test_a_line_without_a_number_is_refused(typed: str) -> None:
    with refused("paper_number"):
        paper.split(typed)


# Two people


def test_what_two_people_read_alike_counts(funders: FundPeople, first: Who, second: Who) -> None:
    vote = with_papers(funders)
    number = number_of(vote)
    assert read_in(vote, first, number, "3 1") == "entered"
    assert in_box(vote.id) == []
    assert read_in(vote, second, receipts.grouped(number), "1、3") == "agreed"
    assert in_box(vote.id) == [((1, 1), (3, 1))]
    (ballot,) = held(vote.id)
    assert (ballot.person_id, ballot.receipt_hash) == (None, receipts.digest(number))
    with refused("paper_done"):
        read_in(vote, second, number, "1 3")


def test_one_person_is_not_two(funders: FundPeople, first: Who, second: Who) -> None:
    vote = with_papers(funders)
    number = number_of(vote)
    read_in(vote, first, number, "1")
    with refused("paper_same_reader"):
        read_in(vote, first, number, "1")
    assert read_in(vote, first, number, "2", again=True) == "entered", "but they may mend their own slip"
    assert read_in(vote, second, number, "2") == "agreed"
    assert in_box(vote.id) == [((2, 1),)]


def test_where_two_differ_a_third_decides_between_them(
    funders: FundPeople, first: Who, second: Who, third: Who
) -> None:
    vote = with_papers(funders)
    number = number_of(vote)
    read_in(vote, first, number, "1")
    assert read_in(vote, second, number, "2") == "differs"
    for who in (first, second):
        with refused("paper_same_reader"):
            read_in(vote, who, number, "1")
    with refused("paper_matches_neither"):
        read_in(vote, third, number, "4")
    assert in_box(vote.id) == []
    assert read_in(vote, third, number, "2") == "agreed"
    assert in_box(vote.id) == [((2, 1),)]


def test_what_cannot_be_counted_is_set_aside_by_two_with_a_reason(funders: FundPeople, first: Who, second: Who) -> None:
    vote = with_papers(funders)
    number = number_of(vote)
    with refused("paper_reason"):
        read_in(vote, first, number, "x")
    assert read_in(vote, first, number, "x 全部打勾") == "entered"
    assert read_in(vote, second, number, "x 选了四个") == "spoiled"
    assert in_box(vote.id) == []
    with reading() as session:
        row = session.exec(select(AuditRow).where(AuditRow.act == "paper.spoil")).one()
    assert (row.says, row.says_public) == ("选了四个", False)


def test_a_third_may_set_aside_what_the_two_read_differently(
    funders: FundPeople, first: Who, second: Who, third: Who
) -> None:
    vote = with_papers(funders)
    number, other = number_of(vote), number_of(vote)
    read_in(vote, first, number, "x 看不清")
    assert read_in(vote, second, number, "1") == "differs", "one person alone sets nothing aside"
    assert read_in(vote, third, number, "1") == "agreed"
    read_in(vote, first, other, "1"), read_in(vote, second, other, "2")
    assert read_in(vote, third, other, "x 看不清") == "spoiled"
    assert in_box(vote.id) == [((1, 1),)]


def test_nobody_sees_what_another_one_read(funders: FundPeople, first: Who, second: Who) -> None:
    vote = with_papers(funders)
    number = number_of(vote)
    read_in(vote, first, number, "4")
    (sheet,) = look(paper.waiting, second, vote.id, "entered")
    assert sheet == paper.Sheet(sheet.id, receipts.grouped(number), "entered", False)
    assert look(paper.waiting, first, vote.id, "entered")[0].mine
    assert look(paper.waiting, first, vote.id, "differs") == []


def test_there_are_never_more_papers_than_were_given(funders: FundPeople, first: Who, second: Who) -> None:
    vote = with_papers(funders, 1)
    number = number_of(vote)
    read_in(vote, first, number, "1")
    with refused("papers_more", given=1):
        read_in(vote, second, number_of(vote), "1")
    read_in(vote, second, number, "x 重复"), read_in(vote, funders.third_staff, number, "x 重复")
    assert read_in(vote, second, number_of(vote), "1") == "entered", "one that was set aside makes room"


def test_without_papers_given_none_is_read(funders: FundPeople, first: Who) -> None:
    vote = begin(funders)
    with refused("papers_more", given=0):
        read_in(vote, first, number_of(vote), "1")


# What may stand on them


def test_paper_keeps_the_rules_of_the_ballot(funders: FundPeople, first: Who) -> None:
    vote = with_papers(funders, max_choices=2)
    for read, message in (
        ("", "ballot_too_few"), ("1 2 3", "ballot_too_many"), ("9", "ballot_unknown"), ("1 1", "ballot_repeated"),
        ("1 b", "ballot_typed"), ("1:2", "ballot_typed"), ("12345", "ballot_typed"),
    ):  # fmt: skip
        with refused(message):
            read_in(vote, first, number_of(vote), read)
    assert papers(vote.id) == []


def test_points_and_rankings_are_typed_too(funders: FundPeople, first: Who, second: Who) -> None:
    vote = with_papers(funders, 2, ballot_type="points", points=10)
    number = number_of(vote)
    with refused("ballot_typed"):
        read_in(vote, first, number, "3 7")
    with refused("ballot_too_many_points"):
        read_in(vote, first, number, "3:7 1:4")
    read_in(vote, first, number, "3:7 1:3"), read_in(vote, second, number, "1：3，3：7")
    assert in_box(vote.id) == [((1, 3), (3, 7))]
    ranked = with_papers(funders, 2, ballot_type="ranking", scores=[3, 2, 1])
    number = number_of(ranked)
    with refused("ballot_too_many"):
        read_in(ranked, first, number, "4 3 2 1")
    read_in(ranked, first, number, "4 1")
    assert read_in(ranked, second, number, "1 4") == "differs", "another order is another ballot"
    read_in(ranked, funders.third_staff, number, "4 1")
    assert in_box(ranked.id) == [((4, 3), (1, 2))]


# When and by whom


def test_papers_are_read_while_people_vote_and_until_the_count(funders: FundPeople, first: Who, second: Who) -> None:
    vote = with_papers(funders)
    number = number_of(vote)
    read_in(vote, first, number, "1")
    close(vote)
    assert read_in(vote, second, number, "1") == "agreed"
    for state in ("publishing", "finished", "cancelled"):
        other = begin(funders, state=state)
        with refused("papers_closed"):
            read_in(other, first, number_of(other), "1")


def test_only_staff_of_the_area_read_papers(funders: FundPeople, people: People) -> None:
    vote = with_papers(funders)
    for who in (people.far_staff, funders.finance, funders.ann, VISITOR):
        with pytest.raises(Forbidden):
            read_in(vote, who, number_of(vote), "1")
        for read in (paper.progress, paper.waiting):
            with pytest.raises(Forbidden):
                look(read, who, vote.id, *(["entered"] if read is paper.waiting else []))
    with pytest.raises(NotFound):
        do(paper.read_in, people.staff, 999_999, "K7Q2-M4TX 1")


def test_progress_counts_what_waits(funders: FundPeople, first: Who, second: Who) -> None:
    vote = with_papers(funders)
    cast_on_paper = [number_of(vote) for _ in range(4)]
    for number in cast_on_paper:
        read_in(vote, first, number, "1")
    read_in(vote, second, cast_on_paper[0], "1")
    read_in(vote, second, cast_on_paper[1], "2")
    read_in(vote, second, cast_on_paper[2], "x 空白")
    read_in(vote, funders.third_staff, cast_on_paper[2], "x 空白")
    assert look(paper.progress, first, vote.id) == paper.Progress(4, 1, 1, 1, 1)


def test_the_public_chain_tells_neither_number_nor_choice(funders: FundPeople, first: Who, second: Who) -> None:
    vote = with_papers(funders)
    number = number_of(vote)
    read_in(vote, first, number, "1"), read_in(vote, second, number, "1")
    with reading() as session:
        rows = session.exec(select(AuditRow).where(AuditRow.thing == f"paper:{papers(vote.id)[0].id}")).all()
    assert [(row.act, row.facts, row.private) for row in rows] == [("paper.enter", {}, {}), ("paper.confirm", {}, {})]


def test_the_count_wipes_what_was_read(funders: FundPeople, first: Who, second: Who) -> None:
    vote = with_papers(funders)
    number = number_of(vote)
    read_in(vote, first, number, "1"), read_in(vote, second, number, "1")
    cast_on_web = begin(funders)
    cast(cast_on_web, funders.ann)
    with audit.transaction() as session:
        ballots.empty(session, vote.id)
    assert [(p.first_sealed, p.second_sealed) for p in papers(vote.id)] == [(None, None)]
    assert len(in_box(cast_on_web.id)) == 1, "and nothing of another round"


# Printing


def pages_of(vote: Vote, who: Who, copies: int) -> list[str]:
    with words.speaking("zh-CN"):
        file = look(printing.ballots, who, vote.id, copies)
    return [page.extract_text() for page in PdfReader(BytesIO(file)).pages]


def test_each_ballot_has_a_number_of_its_own_on_the_paper_and_the_slip(funders: FundPeople, first: Who) -> None:
    vote = begin(funders)
    pages = pages_of(vote, first, 3)
    assert len(pages) == 3
    numbers = []
    for page in pages:
        (number,) = {word for word in page.split() if len(word) == 9 and word[4] == "-"}
        assert page.count(number) == 2
        numbers.append(receipts.checked_number(vote.id, number))
        assert all(title in page for title in ("项目 1", "项目 4", "30,000 元", "社区基金选票", "请沿虚线撕下留存"))
    assert len(set(numbers)) == 3
    assert not papers(vote.id), "nothing is written down of them"


def test_a_long_ballot_goes_on_over_pages_with_its_number(funders: FundPeople, first: Who) -> None:
    vote = begin(funders)
    with audit.transaction() as session:
        row = session.exec(select(Project).where(Project.round_id == vote.id)).first()
        assert row
        for number in range(5, 41):
            columns = row.model_dump(exclude={"id", "number", "title"})
            session.add(Project(**columns, number=number, title=f"<b>项目</b> & {number}"))
    pages = pages_of(vote, first, 2)
    half = len(pages) // 2
    assert half >= 2 and sum("请沿虚线撕下留存" in page for page in pages) == 2
    for part in (pages[:half], pages[half:]):
        told = {word for page in part for word in page.split() if len(word) == 9 and word[4] == "-"}
        assert len(told) == 1 and "<b>项目</b> & 40" in "".join(part)


@pytest.mark.parametrize("kind", ["points", "ranking", "one"])
def test_every_kind_of_ballot_prints(funders: FundPeople, first: Who, kind: str) -> None:
    vote = begin(funders, ballot_type=kind, points=10, scores=[3, 2, 1])
    assert len(pages_of(vote, first, 1)) == 1


def test_printing_is_for_staff_while_people_vote(funders: FundPeople, people: People, first: Who) -> None:
    vote = begin(funders)
    for who in (people.far_staff, funders.ann, VISITOR):
        with pytest.raises(Forbidden):
            look(printing.ballots, who, vote.id, 1)
    for copies in (0, limits.PAPERS_PER_BATCH + 1):
        with refused("papers_per_batch"):
            look(printing.ballots, first, vote.id, copies)
    for state, message in (("publishing", "vote_early"), ("reviewing_ballots", "vote_closed")):
        with refused(message):
            look(printing.ballots, first, begin(funders, state=state).id, 1)
    with refused("no_paper"):
        look(printing.ballots, first, begin(funders, paper=False).id, 1)
