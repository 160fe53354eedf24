"""Sealed until the count: what was chosen stands in no table, log, cache, message, route or page of anybody else.

Every ballot gives a number of points that stands nowhere else, so that any trace of it can be searched for.
"""

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import SQLModel
from starlette.routing import Route

from db.engine import reading
from portal import audit, memo, notices, words
from portal.acts import VISITOR, Who
from portal.errors import Refused
from portal.fund import ballots, choices, paper, polling, projects, receipts, roster, rounds
from portal.http.routes import ROUTES
from portal.http.sitemap import SCREENS
from portal.mydata import export
from tests.fixtures.fund import FundPeople
from tests.fixtures.screens import Open
from tests.fixtures.screens import text as told
from tests.fixtures.town import People
from tests.portal.cases.steps import do, look
from tests.portal.fund.asking import cookie, send
from tests.portal.fund.votes import Vote, begin, given, number_of, read_in

CAST, DRAFTED, READ = 314_159, 271_828, 161_803
"""Points of a ballot that was cast, of one that is being filled in, of one on paper that was read once."""
SECRETS = tuple(map(str, (CAST, DRAFTED, READ)))


@pytest.fixture
def vote(funders: FundPeople, people: People) -> Vote:
    """A vote under way: ann has cast, bob fills in, eve took a paper, which one person has read."""
    begun = begin(funders, ballot_type="points", points=999_999)
    do(ballots.cast, funders.ann, begun.id, [[1, CAST]])
    do(ballots.save_draft, funders.bob, begun.id, [[2, DRAFTED]])
    given(begun, funders.second_staff, 110)
    read_in(begun, people.staff, number_of(begun), f"3:{READ}")
    return begun


def found_in(answer: object) -> set[str]:
    told_ = answer if isinstance(answer, str) else repr(answer)
    return {secret for secret in SECRETS if secret in told_}


def test_no_table_holds_it(vote: Vote) -> None:
    with reading() as session:
        for table in SQLModel.metadata.sorted_tables:
            for row in session.connection().execute(table.select()):
                assert not found_in(repr(tuple(row))), table.name
    assert not sealed_differently(vote)


def sealed_differently(vote: Vote) -> list[str]:
    """What the sealed columns hold other than the three secrets: were they not there, the search would be blind."""
    with reading() as session:
        rows: list[str] = [
            *session.scalars(text("SELECT choices_sealed FROM ballot")),
            *session.scalars(text("SELECT choices_sealed FROM ballot_draft")),
            *session.scalars(text("SELECT first_sealed FROM paper")),
        ]
    opened = sorted(choices.unseal(row) or () for row in rows)
    return [] if opened == [((1, CAST),), ((2, DRAFTED),), ((3, READ),)] else [repr(opened)]


def test_no_log_and_no_refusal_holds_it(
    vote: Vote, funders: FundPeople, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    for wrong in ([[1, CAST], [2, 10**6]], [[9, CAST]], [[1, CAST], [1, DRAFTED]], [[1, -CAST]], f"[[1,{CAST}]"):
        with pytest.raises(Refused) as caught:
            do(ballots.cast, funders.ann, vote.id, wrong)
        assert not found_in(f"{caught.value!r} {words.say(caught.value)} {caught.value.facts}")
    with pytest.raises(Exception) as broken, audit.transaction() as session:
        ballots.cast(session, funders.joe, vote.id, [[1, CAST]])
        session.execute(text("SELECT * FROM nothing_of_this_name"))
    assert not found_in(f"{broken.value!r} {broken.value}")
    out, err = capfd.readouterr()
    assert not found_in(out + err + caplog.text)


def test_no_cache_holds_it(vote: Vote, funders: FundPeople) -> None:
    for who in (VISITOR, funders.ann):
        look(memo.for_all(roster.turnout), who, vote.id)
        look(memo.for_all(projects.of_round), who, vote.id)
        look(memo.for_all(rounds.one), who, vote.id)
        look(ballots.mine, who, vote.id)
    assert memo._kept and not found_in(repr(list(memo._kept.items())))


def test_no_read_of_anybody_else_tells_it(vote: Vote, funders: FundPeople, people: People) -> None:
    others = (VISITOR, people.staff, funders.second_staff, people.admin, funders.auditor, funders.finance, funders.joe)
    for who in others:
        for found in reads(vote, who, funders):
            assert not found_in(found), who.name


def test_the_voters_own_page_does(vote: Vote, funders: FundPeople) -> None:
    """Were it told to nobody at all, the searches here would prove nothing."""
    assert found_in(look(ballots.mine, funders.ann, vote.id)) == {str(CAST)}
    assert found_in(look(ballots.mine, funders.bob, vote.id)) == {str(DRAFTED)}
    assert not found_in(look(ballots.mine, funders.eve, vote.id))


def reads(vote: Vote, who: Who, funders: FundPeople) -> Iterator[Any]:
    ways: list[tuple[Any, tuple[Any, ...]]] = [
        (ballots.mine, (vote.id,)), (roster.turnout, (vote.id,)), (projects.of_round, (vote.id,)),
        (rounds.one, (vote.id,)), (paper.progress, (vote.id,)), (paper.waiting, (vote.id, "entered")),
        (polling.at_desk, (vote.id, funders.ann.person_id)), (notices.mine, (None, 100)),
        *([(export.collect, ())] if who.person_id else []),
    ]  # fmt: skip
    for fn, args in ways:
        try:
            yield look(fn, who, *args)
        except Refused as refusal:
            yield refusal.facts
    mine = look(ballots.mine, funders.ann, vote.id)
    yield do(receipts.find, who, vote.id, mine.receipt)


# Over HTTP and on the pages


def addresses(vote: Vote) -> Iterator[str]:
    """Every route of ours, with the numbers of things there are."""
    for route in ROUTES:
        if isinstance(route, Route) and "GET" in (route.methods or ()) and "elsewhere" not in route.path:
            holes = [part.strip("{}").split(":")[0] for part in route.path.split("/") if part.startswith("{")]
            for number in ("1", str(vote.id)):
                path = route.path
                for hole in holes:
                    path = path.replace(f"{{{hole}}}", number)
                yield f"{path}?round={vote.id}&id={vote.id}&n=1&fund=1"


def test_no_route_tells_it(vote: Vote, funders: FundPeople, people: People) -> None:
    for who in (None, people.staff, funders.ann, funders.joe):
        headers = cookie(who)
        answers = {address: send(address, headers) for address in addresses(vote)}
        assert len(answers) > 30 and any(status == 200 for status, _ in answers.values())
        for address, (_, answer) in answers.items():
            assert not found_in(answer), address


PAGES = (
    "fund",
    "round",
    "rounds",
    "vote",
    "result",
    "box",
    "money",
    "works",
    "paper",
    "assess",
    "trail",
    "numbers",
    "home",
)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_page_of_anybody_else_tells_it(vote: Vote, funders: FundPeople, people: People, open_screen: Open) -> None:
    known = {screen.name: screen.path for screen in SCREENS}
    query = {"round": str(vote.id), "id": str(vote.id)}
    for who, name in itertools.product((VISITOR, people.staff, funders.finance, funders.joe), PAGES):
        if name in known and name != "home":
            at = open_screen(known[name], who, **query)
            assert not found_in(told(at) + everything(at)), (who.name, name)
    at = open_screen("vote", funders.bob, **query)
    assert found_in(everything(at)) == {str(DRAFTED)}, "the voter's own page holds it"
    assert not found_in(repr(vars(at.session_state))), "and the session does not"


def everything(at: Any) -> str:
    """All that was sent to the browser in drawn blocks and components."""
    return json.dumps([str(getattr(element.proto, "bytes", b"")) for element in at.get("bidi_component")])
