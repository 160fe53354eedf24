"""The route that keeps a draft, and the one that prints papers: to whom, and what they answer."""

import json
from io import BytesIO

import pytest
from pypdf import PdfReader

from portal import limits
from portal.fund import choices
from tests.fixtures.fund import FundPeople
from tests.fixtures.town import People
from tests.portal.fund.test_sealed import cookie, send
from tests.portal.fund.votes import TWO, Vote, begin, close, drafts

OURS = [(b"origin", b"http://testserver"), (b"sec-fetch-site", b"same-origin")]


@pytest.fixture
def vote(funders: FundPeople) -> Vote:
    return begin(funders)


def keep(vote: Vote, sent: object, headers: list[tuple[bytes, bytes]]) -> tuple[int, str]:
    draft = sent if isinstance(sent, str) else json.dumps(sent)
    return send(f"/fund/{vote.id}/draft", [*headers, (b"portal-draft", draft.encode())], "POST")


def test_a_draft_is_kept_for_its_voter_and_the_answer_tells_nothing(vote: Vote) -> None:
    status, answer = keep(vote, TWO, [*OURS, *cookie(vote.people.ann)])
    assert status == 204 and "no-store" in answer and "[" not in answer.partition("[(b")[0]
    (draft,) = drafts(vote.id)
    assert choices.unseal(draft.choices_sealed) == ((1, 1), (3, 1)) and draft.person_id == vote.people.ann.person_id


def test_another_site_cannot_send_one(vote: Vote) -> None:
    mine = cookie(vote.people.ann)
    for headers in ([], [(b"origin", b"http://evil.example")], [OURS[0], (b"sec-fetch-site", b"cross-site")]):
        assert keep(vote, TWO, [*headers, *mine])[0] == 403
    assert drafts(vote.id) == []


@pytest.mark.parametrize("sent", ["", "[", "{}", "[" * 5_000, "[[1,1]" + " " * limits.BALLOT_CHARS, "[[9,1]]", "NaN"])
def test_nonsense_is_refused_in_silence(vote: Vote, sent: str) -> None:
    status, answer = keep(vote, sent, [*OURS, *cookie(vote.people.ann)])
    assert status == 409 and answer.startswith("[(b")


def test_who_cannot_vote_keeps_no_draft(vote: Vote, people: People) -> None:
    assert keep(vote, TWO, OURS)[0] == 403
    assert keep(vote, TWO, [*OURS, *cookie(people.stranger)])[0] == 403
    assert keep(vote, TWO, [*OURS, *cookie(people.resident)])[0] == 409  # lives there, is not on the roster
    close(vote)
    assert keep(vote, TWO, [*OURS, *cookie(vote.people.ann)])[0] == 409
    assert drafts(vote.id) == []


def test_papers_are_printed_for_staff_of_the_area(vote: Vote, people: People) -> None:
    address = f"/fund/{vote.id}/papers.pdf?n=2"
    status, answer = send(address, cookie(people.staff))
    assert status == 200 and "no-store" in answer and f"ballots-{vote.id}.pdf" in answer
    assert len(PdfReader(BytesIO(answer.partition("[(b'")[0].encode("latin-1"))).pages) == 2
    for who in (None, vote.people.ann, people.far_staff):
        assert send(address, cookie(who))[0] == 404
    assert send(f"/fund/{vote.id}/papers.pdf?n=101", cookie(people.staff))[0] == 409
    assert send("/fund/999999/papers.pdf?n=1", cookie(people.staff))[0] == 404
