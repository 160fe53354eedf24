"""Casting and changing a ballot: every rule, every refusal, and what stays sealed until the count."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from db.engine import reading
from db.models.audit import AuditRow
from db.models.fund import Project
from portal import audit, clock, limits, vault
from portal.acts import VISITOR
from portal.errors import Forbidden, NotFound
from portal.fund import ballots, choices, receipts, roster
from portal.fund.ballots import Standing
from tests.fixtures.fund import FundPeople
from tests.portal.cases.steps import do, look, refused
from tests.portal.fund.votes import (
    ONE,
    TWO,
    begin,
    cast,
    close,
    drafts,
    given,
    held,
    in_box,
    of_round,
    voter,
)

CHANGED = [[4, 1]]


def test_a_voter_casts_and_gets_a_code_for_the_ballot(funders: FundPeople) -> None:
    vote = begin(funders)
    code = cast(vote, funders.ann, TWO)
    (ballot,) = held(vote.id)
    assert ballot.receipt_hash == receipts.digest(code) and len(receipts.plain(code)) == 28
    assert (ballot.person_id, ballot.area_path) == (funders.ann.person_id, of_round(vote.id).area_path)
    assert voter(vote.id, funders.ann).voted_how == "web"
    assert in_box(vote.id) == [((1, 1), (3, 1))]
    mine = look(ballots.mine, funders.ann, vote.id)
    assert (mine.standing, mine.choices, mine.receipt) == (Standing.VOTED, ((1, 1), (3, 1)), code)
    assert look(ballots.mine, funders.bob, vote.id) == ballots.Mine(Standing.OPEN, mine.ends_at)


def test_a_change_replaces_the_ballot_and_voids_the_code(funders: FundPeople) -> None:
    vote = begin(funders)
    first = cast(vote, funders.ann)
    second = cast(vote, funders.ann, CHANGED)
    assert first != second
    assert in_box(vote.id) == [((4, 1),)]
    with reading() as session:
        assert list(ballots.receipt_hashes(session, vote.id)) == [receipts.digest(second)]
    assert look(roster.turnout, VISITOR, vote.id).voted == 1, "a change does not count again"


def test_the_same_ballot_again_keeps_its_code(funders: FundPeople) -> None:
    """A double click, or a phone that lost the answer."""
    vote = begin(funders)
    assert cast(vote, funders.ann, TWO) == cast(vote, funders.ann, TWO[::-1])
    with reading() as session:
        acts = session.exec(select(AuditRow.act).where(AuditRow.thing.startswith("ballot:"))).all()
    assert acts == ["ballot.cast"]


def test_turnout_counts_each_voter_once(funders: FundPeople) -> None:
    vote = begin(funders)
    for who in (funders.ann, funders.bob):
        cast(vote, who)
        cast(vote, who, TWO)
    given(vote, funders.second_staff, 110)
    found = look(roster.turnout, VISITOR, vote.id)
    assert (found.voted, found.paper) == (3, 1)


# Who and when


def test_a_visitor_is_asked_to_sign_in(funders: FundPeople) -> None:
    vote = begin(funders)
    with pytest.raises(Forbidden) as caught:
        cast(vote, VISITOR)
    assert caught.value.message_id == "vote_sign_in"
    assert look(ballots.mine, VISITOR, vote.id).standing == Standing.VISITOR


def test_who_lives_elsewhere_now_cannot_vote_even_on_the_roster(funders: FundPeople) -> None:
    vote = begin(funders)
    moved = replace(funders.ann, home_path="/530181/jinfang/luobai/01/")
    for who in (moved, replace(funders.ann, home_path="")):
        with refused("vote_not_local"):
            cast(vote, who)
        assert look(ballots.mine, who, vote.id).standing == Standing.ELSEWHERE


def test_who_is_not_on_the_roster_cannot_vote(funders: FundPeople) -> None:
    vote = begin(funders)
    late = replace(funders.organization, home_path=funders.ann.home_path)
    with refused("vote_not_listed"):
        cast(vote, late)
    with refused("vote_not_listed"):
        do(ballots.save_draft, late, vote.id, ONE)
    assert look(ballots.mine, late, vote.id).standing == Standing.UNLISTED


@pytest.mark.parametrize("state", ["informing", "accepting", "reviewing", "valuating", "deliberating", "publishing"])
def test_before_the_vote_it_is_too_early(funders: FundPeople, state: str) -> None:
    vote = begin(funders, state=state)
    with refused("vote_early"):
        cast(vote, funders.ann)
    assert look(ballots.mine, funders.ann, vote.id).standing == Standing.EARLY


@pytest.mark.parametrize("state", ["reviewing_ballots", "finished", "cancelled"])
def test_afterwards_it_is_over(funders: FundPeople, state: str) -> None:
    vote = begin(funders, state=state)
    with refused("vote_closed"):
        cast(vote, funders.ann)
    assert look(ballots.mine, funders.ann, vote.id).standing == Standing.MISSED


def test_what_is_not_announced_is_not_there(funders: FundPeople) -> None:
    vote = begin(funders, state="drafting")
    for fn, args in ((ballots.cast, (ONE,)), (ballots.mine, ()), (ballots.save_draft, (ONE,))):
        for round_id in (vote.id, 999_999):
            with pytest.raises(NotFound):
                do(fn, funders.ann, round_id, *args)


def test_the_planned_end_counts_even_if_nobody_closed(funders: FundPeople) -> None:
    vote = begin(funders)
    end = look(ballots.mine, funders.ann, vote.id).ends_at
    with clock.at(end - timedelta(seconds=1)):
        code = cast(vote, funders.ann)
    with clock.at(end):
        for who in (funders.ann, funders.bob):
            with refused("vote_closed"):
                cast(vote, who, TWO)
        mine = look(ballots.mine, funders.ann, vote.id)
        assert (mine.standing, mine.receipt, mine.choices) == (Standing.CLOSED, code, ())
    assert in_box(vote.id) == [((1, 1),)]


def test_who_took_a_paper_cannot_vote_on_the_web(funders: FundPeople) -> None:
    vote = begin(funders)
    given(vote, funders.second_staff, 108)
    for fn in (ballots.cast, ballots.save_draft):
        with refused("vote_on_paper"):
            do(fn, funders.ann, vote.id, ONE)
    assert look(ballots.mine, funders.ann, vote.id).standing == Standing.PAPER


def test_changing_over_and_over_is_limited(funders: FundPeople, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BALLOTS_PER_HOUR", 2)
    vote = begin(funders)
    cast(vote, funders.ann), cast(vote, funders.ann, TWO)
    with refused("too_often"):
        cast(vote, funders.ann, CHANGED)
    assert in_box(vote.id) == [((1, 1), (3, 1))]


# What may stand on it


def test_approval(funders: FundPeople) -> None:
    vote = begin(funders, min_choices=2, max_choices=3)
    for few in ([], ONE):
        with refused("ballot_too_few", least=2):
            cast(vote, funders.ann, few)
    with refused("ballot_too_many", most=3):
        cast(vote, funders.ann, [[n, 1] for n in (1, 2, 3, 4)])
    for score in (0, 2, -1):
        with refused("ballot_malformed"):
            cast(vote, funders.ann, [[1, 1], [2, score]])
    cast(vote, funders.ann, [[3, 1], [1, 1]])
    cast(vote, funders.ann, [[1, 1], [2, 1], [4, 1]])


def test_points(funders: FundPeople) -> None:
    vote = begin(funders, ballot_type="points", points=10)
    with refused("ballot_too_many_points", points=10):
        cast(vote, funders.ann, [[1, 6], [2, 5]])
    for nothing in ([], [[1, 0]]):
        with refused("ballot_too_few"):
            cast(vote, funders.ann, nothing)
    for wrong in (-1, 1.5, "3", True, 2**40):
        with refused("ballot_malformed"):
            cast(vote, funders.ann, [[1, wrong]])
    cast(vote, funders.ann, [[2, 7], [1, 3], [3, 0]])
    assert in_box(vote.id) == [((1, 3), (2, 7))]


def test_a_ranking_has_the_scores_of_the_round_in_their_order(funders: FundPeople) -> None:
    vote = begin(funders, ballot_type="ranking", scores=[5, 3, 1])
    for wrong in ([[1, 3]], [[1, 5], [2, 5]], [[1, 1], [2, 3], [3, 5]]):
        with refused("ballot_malformed"):
            cast(vote, funders.ann, wrong)
    with refused("ballot_too_many", most=3):
        cast(vote, funders.ann, [[1, 5], [2, 3], [3, 1], [4, 0]])
    cast(vote, funders.ann, [[4, 5], [2, 3]])
    assert in_box(vote.id) == [((4, 5), (2, 3))]
    cast(vote, funders.ann, [[2, 5], [4, 3]])
    assert in_box(vote.id) == [((2, 5), (4, 3))], "another order is another ballot"


def test_choose_one(funders: FundPeople) -> None:
    vote = begin(funders, ballot_type="one")
    with refused("ballot_too_few"):
        cast(vote, funders.ann, [])
    with refused("ballot_too_many", most=1):
        cast(vote, funders.ann, TWO)
    cast(vote, funders.ann, CHANGED)


@pytest.mark.parametrize("sent", [None, 7, "1", {}, [1], [[1]], [[1, 1, 1]], [[None, 1]], [["1", 1]], [[1, 1]] * 301])
def test_nonsense_from_outside_is_refused(funders: FundPeople, sent: object) -> None:
    vote = begin(funders)
    with refused("ballot_malformed"):
        do(ballots.cast, funders.ann, vote.id, sent)
    with refused("ballot_malformed"):
        do(ballots.save_draft, funders.ann, vote.id, sent)


def test_only_projects_on_the_ballot_each_once(funders: FundPeople) -> None:
    vote = begin(funders)
    with audit.transaction() as session:
        session.exec(select(Project).where(Project.round_id == vote.id, Project.number == 2)).one().state = "cancelled"
    for number in (2, 5, 0):
        with refused("ballot_malformed"):
            cast(vote, funders.ann, [[number, 1]])
    with refused("ballot_malformed"):
        cast(vote, funders.ann, [[1, 1], [1, 1]])


# Drafts


def test_a_draft_need_not_be_allowed_yet_and_is_kept_sealed(funders: FundPeople) -> None:
    vote = begin(funders, min_choices=2)
    do(ballots.save_draft, funders.ann, vote.id, ONE)
    do(ballots.save_draft, funders.ann, vote.id, [[4, 1]])
    (draft,) = drafts(vote.id)
    assert choices.unseal(draft.choices_sealed) == ((4, 1),)
    mine = look(ballots.mine, funders.ann, vote.id)
    assert (mine.standing, mine.choices, mine.drafted) == (Standing.OPEN, ((4, 1),), True)
    assert look(ballots.mine, funders.bob, vote.id).choices == ()
    assert in_box(vote.id) == []


def test_casting_ends_the_draft_and_a_change_begins_a_new_one(funders: FundPeople) -> None:
    vote = begin(funders)
    do(ballots.save_draft, funders.ann, vote.id, TWO)
    cast(vote, funders.ann, ONE)
    assert drafts(vote.id) == []
    do(ballots.save_draft, funders.ann, vote.id, CHANGED)
    mine = look(ballots.mine, funders.ann, vote.id)
    assert (mine.standing, mine.choices, mine.drafted) == (Standing.VOTED, ((4, 1),), True)
    assert in_box(vote.id) == [((1, 1),)]
    cast(vote, funders.ann, ONE)  # the same as before: the draft of a change is given up
    assert drafts(vote.id) == []


def test_drafts_end_with_the_vote(funders: FundPeople) -> None:
    vote = begin(funders)
    close(vote)
    with refused("vote_closed"):
        do(ballots.save_draft, funders.ann, vote.id, ONE)


# For the count


def test_the_box_opens_without_an_order_and_is_emptied_for_good(funders: FundPeople) -> None:
    vote = begin(funders)
    for who, chosen in zip(funders.voters, ([[1, 1]], [[2, 1]], [[3, 1]], [[4, 1]]), strict=True):
        cast(vote, who, chosen)
    with reading() as session:
        orders = {tuple(ballots.opened(session, vote.id)) for _ in range(40)}
    assert len(orders) > 5, "the order of casting is gone"
    do(ballots.save_draft, funders.ann, vote.id, TWO)
    with audit.transaction() as session:
        before = list(ballots.receipt_hashes(session, vote.id))
        ballots.empty(session, vote.id)
        assert before == sorted(before) and len(before) == 4
    assert [ballot.choices_sealed for ballot in held(vote.id)] == [None] * 4
    assert drafts(vote.id) == [] and in_box(vote.id) == []
    mine = look(ballots.mine, funders.ann, vote.id)
    assert receipts.digest(mine.receipt) in before and mine.choices == ()


def test_batches_lose_nothing(funders: FundPeople, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ballots, "BATCH", 2)
    vote = begin(funders)
    for who in funders.voters[:3]:
        cast(vote, who, ONE)
    assert in_box(vote.id) == [((1, 1),)] * 3
    with reading() as session:
        assert len(list(ballots.receipt_hashes(session, vote.id))) == 3
    cast(vote, funders.joe, TWO)
    with reading() as session:
        assert len(list(ballots.receipt_hashes(session, vote.id))) == 4
        assert len(list(ballots.opened(session, vote.id))) == 4


def test_other_rounds_are_other_boxes(funders: FundPeople) -> None:
    vote, other = begin(funders), begin(funders)
    cast(vote, funders.ann), cast(other, funders.ann, TWO)
    assert in_box(vote.id) == [((1, 1),)] and in_box(other.id) == [((1, 1), (3, 1))]


def test_the_length_of_a_sealed_ballot_tells_nothing(funders: FundPeople) -> None:
    assert len({len(choices.seal(c)) for c in (None, (), ((1, 1),), tuple((n, 1) for n in range(1, 21)))}) == 1
    assert choices.unseal(choices.seal(((7, 5), (3, 2)))) == ((7, 5), (3, 2))
    assert vault.seal("x") != vault.seal("x"), "equal ballots look different"


def test_a_code_is_not_told_after_a_change_of_the_key(funders: FundPeople, monkeypatch: pytest.MonkeyPatch) -> None:
    vote = begin(funders)
    cast(vote, funders.ann)
    monkeypatch.setattr(vault, "keyed_hash", lambda purpose, value: "0" * 64)
    assert look(ballots.mine, funders.ann, vote.id).receipt == ""
