"""Receipts: found before the count and after it, by code alone, and never with what stands on the ballot."""

import hashlib
import zlib
from dataclasses import asdict, replace

import pytest

from db.models.ballots import Outcome
from portal import audit, limits, vault
from portal.acts import VISITOR, Who
from portal.errors import NotFound
from portal.fund import ballots, receipts
from tests.fixtures.fund import FundPeople
from tests.fixtures.town import People
from tests.portal.cases.steps import do, refused
from tests.portal.fund.votes import Vote, begin, cast, given, number_of, read_in

READER = replace(VISITOR, client="reader")


def find(vote: Vote, code: str, who: Who = READER) -> receipts.Found:
    found: receipts.Found = do(receipts.find, who, vote.id, code)
    return found


def publish(vote: Vote) -> None:
    """The box as the count leaves it."""
    with audit.transaction() as session:
        hashes = list(ballots.receipt_hashes(session, vote.id))
        file = "".join(f"{each}\n" for each in hashes).encode()
        session.add(
            Outcome(
                round_id=vote.id, box=b"", box_hash="0" * 64, receipts=zlib.compress(file), voters=len(hashes),
                receipts_hash=hashlib.sha256(file).hexdigest(), roster=4,
            )
        )  # fmt: skip
        ballots.empty(session, vote.id)


def test_anybody_can_make_the_digest_again() -> None:
    code = receipts.code_of(1, 2, 3)
    assert receipts.digest(code) == hashlib.sha256(code.replace("-", "").encode()).hexdigest()
    assert receipts.digest("k7q2 m4to") == receipts.digest("K7Q2-M4T0"), "however it is written"
    assert receipts.digest("K7Q2-M4T0") == hashlib.sha256(b"K7Q2M4T0").hexdigest()


def test_codes_differ_for_every_ballot_and_need_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = {receipts.code_of(r, p, v) for r in range(1, 6) for p in range(1, 6) for v in range(6)}
    assert len(codes) == 150
    before, keyed = receipts.code_of(1, 1, 0), vault.keyed_hash
    monkeypatch.setattr(vault, "keyed_hash", lambda purpose, value: keyed(f"{purpose} of another key", value))
    assert receipts.code_of(1, 1, 0) != before


def test_before_the_count_the_code_finds_the_ballot_that_will_be_counted(funders: FundPeople) -> None:
    vote = begin(funders)
    first = cast(vote, funders.ann)
    assert find(vote, first) == receipts.Found(True, False, receipts.digest(first))
    second = cast(vote, funders.ann, [[2, 1]])
    assert not find(vote, first).there, "it was changed: the code is void"
    assert find(vote, second.lower().replace("-", " ")).there
    assert not find(begin(funders), second).there, "in another round it is unknown"


def test_after_the_count_it_is_found_in_the_published_list(
    funders: FundPeople, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receipts, "BLOCK", 16)  # lines fall apart between blocks
    vote = begin(funders)
    code, other = cast(vote, funders.ann), cast(vote, funders.bob, [[2, 1]])
    given(vote, funders.second_staff, 110)
    number = number_of(vote)
    read_in(vote, people.staff, number, "4"), read_in(vote, funders.second_staff, number, "4")
    publish(vote)
    for each in (code, other, number):
        assert find(vote, each) == receipts.Found(True, True, receipts.digest(each))
    assert not find(vote, receipts.code_of(vote.id, 999, 0)).there


def test_what_is_told_never_holds_the_choice(funders: FundPeople) -> None:
    vote = begin(funders)
    assert asdict(find(vote, cast(vote, funders.ann))).keys() == {"there", "counted", "digest"}


@pytest.mark.parametrize("state", ["drafting", "publishing", "cancelled"])
def test_where_nobody_voted_there_is_nothing_to_find(funders: FundPeople, state: str) -> None:
    for round_id in (begin(funders, state=state).id, 999_999):
        with pytest.raises(NotFound):
            do(receipts.find, READER, round_id, "K7Q2")


def test_looking_up_is_limited_also_in_vain(funders: FundPeople, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "RECEIPT_LOOKUPS_PER_HOUR", 2)
    vote = begin(funders)
    with refused("missing"):
        find(vote, " ")
    assert not find(vote, "K7Q2").there
    with refused("too_often"):
        find(vote, "K7Q2")
    assert not find(vote, "K7Q2", replace(READER, client="somebody else")).there
