"""Proposing: who may, what is kept, what stands in the way, and taking it back."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlmodel import select

from db.engine import reading
from db.models.accounts import Person
from db.models.files import Attachment
from db.models.fund import Project
from portal import areas, attachments, audit, clock, limits
from portal.acts import VISITOR, Who
from portal.errors import Forbidden, NotFound, Refused, TooLate
from portal.fund import projects, proposals, reviewing
from portal.fund.costs import TypedLine
from portal.fund.proposals import Written
from portal.settings import settings
from tests.fixtures.fund import FundPeople
from tests.fixtures.town import CELL, OTHER_COMMUNITY, People
from tests.portal.cases.steps import do, look, refused
from tests.portal.fund.drafts import PDF, Call, call, hand_in, lines, picture, project, rows, written


@pytest.fixture
def here(funders: FundPeople) -> Call:
    return call(funders)


def test_a_proposal_is_kept_as_typed_and_waits_for_review(here: Call, funders: FundPeople) -> None:
    project_id = here.proposed(place=" 三栋东侧 ", photos=[picture()], documents=[PDF])
    found = project(project_id)
    assert (found.state, found.kind, found.title, found.place) == ("submitted", "green", "楼下装长椅", "三栋东侧")
    assert found.cost_fen == 150_000 and found.proposer_id == funders.ann.person_id and found.submitted_at
    assert found.cell_id == areas.tree().by_path(CELL).id
    assert [(row.what, row.unit_fen, row.quantity, row.amount_fen) for row in lines(project_id)] == [
        ("长椅", 60_000, 2_000, 120_000), ("安装", 30_000, 1_000, 30_000),
    ]  # fmt: skip
    drafted, entry = rows(project_id)
    assert (drafted.act, drafted.public) == ("project.draft", False)
    assert (entry.act, entry.public, entry.facts) == ("project.submit", True, {"kind": "green", "cost_fen": 150_000})
    shown = look(projects.one, funders.ann, project_id)
    assert [file.kind for file in shown.files] == ["photo", "document"]


def test_confirmed_residents_of_the_area_and_organizations_may(here: Call, funders: FundPeople, people: People) -> None:
    for who in (people.stranger, people.volunteer, people.staff, funders.finance, VISITOR):
        with pytest.raises(Forbidden):
            here.proposed(who)
    elsewhere = replace(people.stranger, home_path=f"{OTHER_COMMUNITY}01/")
    with pytest.raises(Forbidden):
        here.proposed(elsewhere)
    assert project(here.proposed(funders.organization, organization="暖阳社工")).organization == "暖阳社工"
    with refused("missing", field="organization"):
        here.proposed(funders.organization)
    with refused("not_offered", field="organization"):
        here.proposed(funders.ann, organization="假冒的机构")


@pytest.mark.parametrize("field", ["title", "need", "beneficiaries", "kind"])
def test_each_field_is_needed_to_hand_in_and_none_for_a_draft(here: Call, funders: FundPeople, field: str) -> None:
    with refused("missing", field="project_kind" if field == "kind" else field):
        here.proposed(None, **{field: "" if field == "kind" else " \u3164"})
    draft = do(proposals.draft, funders.ann, here.round_id, written(**{field: ""}))
    assert getattr(project(draft), field) == ""


@pytest.mark.parametrize(
    ("changes", "message", "facts"),
    [
        ({"lines": ()}, "missing", {"field": "cost_lines"}),
        ({"lines": (TypedLine("长椅", "个", "99.99", "1"),)}, "rule_least", {"cost_fen": 9_999, "least_fen": 10_000}),
        (
            {"lines": (TypedLine("树", "棵", "20000.01", "1"),)},
            "rule_cap",
            {"cost_fen": 2_000_001, "cap_fen": 2_000_000},
        ),
        ({"kind": "other", "lines": (TypedLine("路", "", "50000.01", "1"),)}, "rule_budget", {"budget_fen": 5_000_000}),
        ({"lines": (TypedLine("长椅", "个", "600", "2"), TypedLine("安装", "", "-3", "1"))}, "not_money", {"line": 2}),
        ({"area_id": None}, "missing", {"field": "place"}),
        ({"lon": 0.0, "lat": 0.0}, "outside_town", {}),
        ({"title": "长" * (limits.TITLE_CHARS + 1)}, "too_long", {"field": "title"}),
        ({"kind": "weapons"}, "not_offered", {"field": "project_kind"}),
    ],
)
def test_what_stands_in_the_way_is_named(
    here: Call, changes: dict[str, Any], message: str, facts: dict[str, object]
) -> None:
    with refused(message, **facts):
        here.proposed(**changes)


def test_a_place_outside_the_area_is_named(here: Call) -> None:
    with refused("rule_area"):
        here.proposed(area_id=areas.tree().by_path(OTHER_COMMUNITY).id)


def test_exactly_at_the_limits_is_within(here: Call) -> None:
    assert project(here.proposed(lines=(TypedLine("树", "棵", "20000", "1"),))).cost_fen == 2_000_000
    assert project(here.proposed(lines=(TypedLine("花", "盆", "100", "1"),))).cost_fen == 10_000


def test_a_draft_keeps_what_is_wrong_and_says_what_is(here: Call, funders: FundPeople) -> None:
    typed = (TypedLine("长椅", "", "贵", "2"), TypedLine("安装", "次", "", "1"))
    draft = do(proposals.draft, funders.ann, here.round_id, Written(title="半", lines=typed))
    assert project(draft).typed_lines == [["长椅", "", "贵", "2"], ["安装", "次", "", "1"]]
    faults = look(proposals.faults, funders.ann, draft)
    assert [(f.message_id, f.facts.get("field")) for f in faults] == [
        ("missing", "need"), ("missing", "project_kind"), ("missing", "beneficiaries"), ("missing", "place"),
        ("not_money", "cost_price"), ("missing", "cost_price"),
    ]  # fmt: skip
    with refused("missing", field="need"):
        do(proposals.submit, funders.ann, draft)
    assert project(draft).state == "draft" and not lines(draft)
    do(proposals.edit, funders.ann, draft, written(title=None))
    assert project(draft).title == "半"
    assert look(proposals.faults, funders.ann, draft) == []
    do(proposals.submit, funders.ann, draft)
    assert project(draft).state == "submitted" and len(lines(draft)) == 2


def test_a_draft_is_its_proposers_alone(here: Call, funders: FundPeople, people: People) -> None:
    draft = do(proposals.draft, funders.ann, here.round_id, written())
    for who in (VISITOR, funders.bob, people.staff, funders.reviewer, people.admin):
        for read in (projects.one, proposals.faults, proposals.submit, proposals.discard):
            with pytest.raises(NotFound):
                do(read, who, draft)
        with pytest.raises(NotFound):
            do(proposals.edit, who, draft, Written(title="别人的"))
    assert all(not row.public for row in rows(draft))
    assert look(projects.of_round, VISITOR, here.round_id) == []


def test_proposals_come_in_only_while_the_round_takes_them(here: Call, funders: FundPeople) -> None:
    draft = do(proposals.draft, funders.ann, here.round_id, written())
    for state in ("informing", "reviewing", "publishing", "cancelled"):
        here.move_to(state)
        for late in (lambda: here.proposed(), lambda: do(proposals.submit, funders.ann, draft)):
            with refused("round_not_accepting"):
                late()
    here.move_to("drafting")
    with pytest.raises(NotFound):
        here.proposed()
    with pytest.raises(NotFound):
        do(hand_in, funders.ann, 99_999, written())


def test_what_was_given_back_may_come_in_again_while_others_are_reviewed(here: Call, funders: FundPeople) -> None:
    project_id = here.proposed()
    here.move_to("reviewing")
    do(reviewing.give_back, funders.second_staff, project_id, "请写明数量。")
    shown = look(projects.one, funders.ann, project_id)
    assert (shown.project.state, shown.asked) == ("draft", "请写明数量。")
    with pytest.raises(NotFound):
        look(projects.one, funders.bob, project_id)
    do(proposals.edit, funders.ann, project_id, Written(lines=(TypedLine("长椅", "个", "600", "3"),)))
    do(proposals.submit, funders.ann, project_id)
    assert (project(project_id).state, project(project_id).cost_fen) == ("submitted", 180_000)
    assert [row.quantity for row in lines(project_id)] == [3_000]
    here.move_to("publishing")
    with refused("round_past_that"):
        do(reviewing.give_back, funders.second_staff, project_id, "再补充")


def test_there_is_an_end_to_how_many(here: Call, funders: FundPeople) -> None:
    kept = [here.proposed() for _ in range(limits.PROPOSALS_PER_ROUND)]
    for begin in (proposals.draft, hand_in):
        with refused("too_many_proposals", limit=limits.PROPOSALS_PER_ROUND):
            do(begin, funders.ann, here.round_id, written())
    here.proposed(funders.bob)
    do(proposals.withdraw, funders.ann, kept[0])
    here.proposed()


def test_many_at_once_are_not_more_than_allowed(here: Call, funders: FundPeople) -> None:
    assert in_parallel(lambda: here.proposed(), 8) == limits.PROPOSALS_PER_ROUND
    with reading() as session:
        held = session.exec(select(Project.id).where(Project.proposer_id == funders.ann.person_id)).all()
    assert len(held) == limits.PROPOSALS_PER_ROUND


def test_without_the_lock_they_would_be_more(here: Call, db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: on PostgreSQL the count alone lets too many in; SQLite has one writer at a time."""
    barrier = threading.Barrier(8, timeout=20)

    def no_lock(session: object, who: object) -> None:
        barrier.wait()

    if db.startswith("sqlite"):
        pytest.skip("one writer at a time")
    monkeypatch.setattr(proposals, "_alone", no_lock)
    monkeypatch.setattr(proposals.quotas, "spend", lambda *args: None)
    assert in_parallel(lambda: here.proposed(), 8) > limits.PROPOSALS_PER_ROUND


def in_parallel(deed: Callable[[], object], n: int) -> int:
    """How many of `n` at once succeed; the others are refused in words."""
    done: list[bool] = []

    def one() -> None:
        try:
            deed()
            done.append(True)
        except Refused:
            done.append(False)

    threads = [threading.Thread(target=one) for _ in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(done) == n
    return sum(done)


def test_a_person_who_was_shut_out_proposes_nothing(here: Call, funders: FundPeople) -> None:
    with audit.transaction() as session:
        session.get_one(Person, funders.ann.person_id).blocked_at = clock.now()
    with pytest.raises(Forbidden):
        here.proposed()


def test_withdrawn_before_anybody_saw_it_leaves_no_trace_and_later_a_line(here: Call, funders: FundPeople) -> None:
    unseen, seen = here.proposed(title="没人看过"), here.admitted(title="有人看过")
    for project_id in (unseen, seen):
        do(proposals.withdraw, funders.ann, project_id, "不需要了")
    [card] = look(projects.of_round, VISITOR, here.round_id)
    assert (card.id, card.title, card.state, card.whole) == (seen, "有人看过", "cancelled", False)
    with pytest.raises(NotFound):
        look(projects.one, VISITOR, unseen)
    shown = look(projects.one, VISITOR, seen)
    assert not shown.whole and shown.project.need == "" and shown.lines == () and shown.project.proposer_id is None
    with pytest.raises(TooLate):
        do(proposals.withdraw, funders.ann, seen)


def test_others_cannot_withdraw_it(here: Call, funders: FundPeople, people: People) -> None:
    project_id = here.admitted()
    for who in (funders.bob, people.staff, VISITOR):
        with pytest.raises(Forbidden):
            do(proposals.withdraw, who, project_id)


def test_a_discarded_draft_takes_its_files_with_it(here: Call, funders: FundPeople) -> None:
    draft = do(proposals.draft, funders.ann, here.round_id, written(photos=[picture()], documents=[PDF]))
    with reading() as session:
        files = session.exec(select(Attachment).where(Attachment.thing == f"project:{draft}")).all()
    paths = [attachments.path_of(file) for file in files]
    assert len(paths) == 2 and all(path.is_file() for path in paths)
    do(proposals.discard, funders.ann, draft)
    assert not any(path.exists() for path in paths)
    with reading() as session:
        assert session.exec(select(Attachment)).all() == []


def test_one_picture_can_be_taken_out_of_a_draft(here: Call, funders: FundPeople) -> None:
    draft = do(proposals.draft, funders.ann, here.round_id, written(photos=[picture()], documents=[PDF]))
    photo, document = look(projects.one, funders.ann, draft).files
    do(proposals.drop_file, funders.ann, draft, photo.name)
    assert look(projects.one, funders.ann, draft).files == (document,)
    do(proposals.submit, funders.ann, draft)
    with pytest.raises(TooLate):
        do(proposals.drop_file, funders.ann, draft, document.name)
    with pytest.raises(Forbidden):
        do(proposals.drop_file, funders.second_staff, draft, document.name)


def test_a_refused_proposal_leaves_no_file_behind(here: Call) -> None:
    with refused("missing"):
        here.proposed(title="", photos=[picture()])
    assert not [path for path in settings().files_dir.rglob("*") if path.is_file()]


def test_which_rounds_somebody_may_propose_in(here: Call, funders: FundPeople, people: People) -> None:
    def found(who: Who, path: str = "") -> list[int | None]:
        return [row.id for row in look(proposals.open_to, who, path)]

    assert found(funders.ann) == found(funders.organization) == [here.round_id]
    assert found(people.stranger) == found(people.staff) == found(VISITOR) == []
    assert found(funders.ann, CELL) == [here.round_id]
    assert found(funders.ann, f"{OTHER_COMMUNITY}01/") == []
    here.move_to("reviewing")
    assert found(funders.ann) == []
