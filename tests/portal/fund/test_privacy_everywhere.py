"""What is private in the fund is nowhere: not by list, number, route, page, file, message, export or public link.

Every text that is not for everybody holds a rare word, and a ballot a rare number of points; each way of reading that
others have is searched for both. What everybody may read holds another word, which the same search finds.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from sqlmodel import Session, col, select
from starlette.routing import Route

from db.engine import reading
from db.models.audit import AuditRow
from db.models.fund import Fund, Project
from db.models.ledger import Order, TransferKind
from db.models.notices import Notice
from portal import audit, memo, notices
from portal.acts import VISITOR, Who
from portal.errors import NotFound, Refused
from portal.fund import (
    accounts,
    approving,
    awards,
    ballots,
    box,
    docket,
    following,
    funds,
    milestones,
    offering,
    orders,
    paper,
    phases,
    pledges,
    polling,
    printing,
    projects,
    proposals,
    results,
    reviewing,
    roster,
    rounds,
    transfers,
    treasury,
    underway,
    work,
)
from portal.fund.docket import QUEUES
from portal.fund.pledges import Offer
from portal.fund.transfers import Scope
from portal.http.routes import ROUTES
from portal.http.sitemap import SCREENS
from portal.mydata import export
from tests.fixtures.fund import FundPeople
from tests.fixtures.screens import Open
from tests.fixtures.screens import text as told
from tests.fixtures.town import People
from tests.portal.cases.steps import do, look
from tests.portal.fund.asking import cookie, send
from tests.portal.fund.drafts import written
from tests.portal.fund.hidden_words import POINTS, SEEN, WORD, Hidden, hide_everywhere

ORDERED = [kind for kind in TransferKind if kind not in (TransferKind.AWARD, TransferKind.CORRECTION)]
"""What is ordered anew: an award is of the vote, a correction of another order."""
NOBODY = 999_999
"""The number of nothing."""
Way = tuple[Callable[..., Any], tuple[Any, ...]]


@pytest.fixture
def hidden(funders: FundPeople) -> Hidden:
    return hide_everywhere(funders)


def outsiders(people: People) -> dict[str, Who]:
    """Those who have nothing to do with any of it."""
    return {"visitor": VISITOR, "stranger": people.stranger, "far staff": people.far_staff}


def holds(answer: object, *words: str) -> bool:
    """Whether one of the words is in it, as it is or as JSON, a header or bytes that were read as latin-1 have it."""
    said = answer if isinstance(answer, str) else repr(answer)
    forms = {form for word in words for form in
             (word, json.dumps(word)[1:-1], quote(word, safe=""), word.encode().decode("latin-1"))}  # fmt: skip
    return any(form in said for form in forms)


def secret(answer: object) -> bool:
    return holds(answer, WORD, str(POINTS))


# Reading in the domain


def numbers() -> dict[str, list[int]]:
    """The ids of all there is."""
    tables: dict[str, Any] = {"fund": Fund, "project": Project, "order": Order}
    with reading() as session:
        return {name: sorted(session.exec(select(table.id))) for name, table in tables.items()}


def public_ways(hidden: Hidden) -> list[Way]:
    """All that anybody may read, with the number of everything there is."""
    ids = numbers()
    of_funds: list[Callable[..., Any]] = [accounts.of_fund, funds.one, funds.purse, rounds.current, rounds.past,
                                          pledges.received]  # fmt: skip
    of_rounds: list[Callable[..., Any]] = [
        accounts.of_round, rounds.one, rounds.course, rounds.history, rounds.fund_of, projects.of_round,
        roster.turnout, results.of, box.box_file, box.receipts_file,
    ]  # fmt: skip
    of_projects: list[Callable[..., Any]] = [accounts.of_project, projects.one, milestones.of_project,
                                             following.count, work.lead_of]  # fmt: skip
    scopes = [*(Scope(fund_id=n) for n in ids["fund"]), *(Scope(round_id=n) for n in hidden.rounds),
              *(Scope(project_id=n) for n in ids["project"])]  # fmt: skip
    return [
        *((fn, ()) for fn in (accounts.funds, funds.listing, rounds.listing, rounds.pressing, rounds.doorplate)),
        *((fn, (n,)) for fn in of_funds for n in ids["fund"]),
        *((fn, (n,)) for fn in of_rounds for n in hidden.rounds),
        *((fn, (n,)) for fn in of_projects for n in ids["project"]),
        *((pledges.received, (fund_id, n)) for fund_id in ids["fund"] for n in ids["project"]),
        *((transfers.newest, (scope,)) for scope in scopes),
        *((transfers.of_kind, (n, kind, 0, 100)) for n in ids["fund"] for kind in TransferKind),
        (accounts.moneys, (tuple(ids["project"]),)), (milestones.late_among, (tuple(ids["project"]),)),
        (results.newest, ()),
    ]  # fmt: skip


def own_ways(hidden: Hidden, who: Who, funders: FundPeople) -> list[Way]:
    """What depends on who reads it."""
    ids = numbers()
    for_members: list[Way] = [(export.collect, ())] if who.person_id is not None else []
    return [
        *((fn, ()) for fn in (docket.rounds, funds.editable, pledges.waiting, projects.own, proposals.open_to,
                              rounds.desk, treasury.waiting, treasury.funds, underway.counts)),
        *((fn, (n,)) for fn in (docket.counts, docket.rival_groups, ballots.mine, paper.progress, phases.ahead)
          for n in hidden.rounds),
        *((docket.queue, (n, name)) for n in hidden.rounds for name in QUEUES),
        *((paper.waiting, (n, state)) for n in hidden.rounds for state in ("entered", "differs")),
        *((printing.ballots, (n, 1)) for n in hidden.rounds),
        *((polling.at_desk, (n, voter.person_id)) for n in hidden.rounds for voter in funders.voters),
        *((underway.listing, (tab,)) for tab in underway.TABS),
        *((treasury.history, (n,)) for n in ids["fund"]),
        *((fn, (n,)) for fn in (treasury.detail, orders.copy) for n in ids["order"]),
        *((offering.targets, (kind,)) for kind in ORDERED),
        *((fn, (n,)) for fn in (offering.cost_parts, offering.last_payee, proposals.faults) for n in ids["project"]),
        *((pledges.mine, (n,)) for n in ids["fund"]),
        (notices.mine, (None, 100)), *for_members,
    ]  # fmt: skip


def found(session: Session, way: Way, who: Who) -> Any:
    """What it gives, or the facts of its refusal."""
    fn, args = way
    try:
        return fn(session, who, *args)
    except Refused as refusal:
        return refusal.facts


def shared(ways: list[Way]) -> list[Way]:
    """The same as it is kept for everybody."""
    return [(memo.for_all(fn), args) for fn, args in ways]


def test_no_read_of_the_domain_gives_it_away(hidden: Hidden, funders: FundPeople, people: People) -> None:
    public = public_ways(hidden)
    with reading() as session:
        for name, who in outsiders(people).items():
            for way in [*public, *shared(public), *own_ways(hidden, who, funders)]:
                assert not secret(found(session, way, who)), (name, way)
    assert not secret(list(memo._kept.items()))


def test_what_is_public_is_found_in_all_these_ways(hidden: Hidden) -> None:
    """The same search for the other word: were it blind, the tests here would prove nothing."""
    with reading() as session:
        seen = {way[0].__name__ for way in public_ways(hidden) if holds(found(session, way, VISITOR), SEEN)}
    assert seen == {"of_round", "one", "newest", "received"}


def test_those_whom_it_concerns_do_read_it(hidden: Hidden, funders: FundPeople) -> None:
    concerned: list[tuple[Who, Way]] = [
        (funders.ann, (projects.one, (hidden.projects["draft"],))),
        (funders.ann, (projects.own, ())),
        (funders.bob, (projects.one, (hidden.projects["given_back"],))),
        (funders.second_staff, (projects.one, (hidden.projects["unscreened"],))),
        (funders.second_staff, (projects.one, (hidden.told["unfeasible"],))),
        (funders.second_staff, (docket.queue, (hidden.here.round_id, "screening"))),
        (funders.second_staff, (work.lead_of, (hidden.at.id,))),
        (funders.second_staff, (pledges.waiting, ())),
        (funders.finance, (treasury.detail, (hidden.orders[0],))),
        (funders.ann, (ballots.mine, (hidden.vote_id,))),
        (funders.ann, (export.collect, ())),
    ]
    for who, way in concerned:
        assert secret(look(way[0], who, *way[1])), way


def test_what_was_turned_down_is_told_by_its_title_and_the_reason(hidden: Hidden) -> None:
    cards = {card.id: card for card in look(projects.of_round, VISITOR, hidden.here.round_id)}
    for name, number in hidden.told.items():
        shown = look(projects.one, VISITOR, number)
        assert (shown.whole, shown.project.title, cards[number].whole) == (False, "楼下装长椅", False), name
        assert not secret(shown) and not secret(cards[number]), name
    assert not set(cards) & set(hidden.projects.values())


# By number


BY_NUMBER: list[Callable[..., Any]] = [
    projects.one, proposals.faults, proposals.submit, proposals.withdraw, proposals.discard, reviewing.admit,
    reviewing.list_one, following.toggle, milestones.of_project, accounts.of_project, work.lead_of,
    lambda s, who, n: proposals.edit(s, who, n, written()), lambda s, who, n: proposals.drop_file(s, who, n, "0" * 32),
    lambda s, who, n: reviewing.exclude(s, who, n, "cap", WORD), lambda s, who, n: reviewing.give_back(s, who, n, WORD),
    lambda s, who, n: reviewing.cost(s, who, n, []), lambda s, who, n: reviewing.note_deliberation(s, who, n, WORD),
]  # fmt: skip
BY_ORDER: list[Callable[..., Any]] = [treasury.detail, orders.copy, approving.approve, approving.withdraw]


def answer_to(fn: Callable[..., Any], who: Who, number: int) -> tuple[type, str, str]:
    with pytest.raises(Refused) as caught:
        do(fn, who, number)
    return type(caught.value), caught.value.message_id, repr(caught.value.facts)


def test_its_number_is_answered_as_one_that_was_never_given(hidden: Hidden, people: People) -> None:
    for name, who in outsiders(people).items():
        for what, number in hidden.projects.items():
            for fn in BY_NUMBER:
                answers = {answer_to(fn, who, each) for each in (number, NOBODY)}
                assert len(answers) == 1 and next(iter(answers))[0] is NotFound, (name, what, fn)
        for number in hidden.orders:
            for fn in BY_ORDER:
                assert {answer_to(fn, who, each)[:2] for each in (number, NOBODY)} == {(NotFound, "not_found")}, fn


def test_nobody_pledges_to_a_project_that_nobody_may_know_of(hidden: Hidden, people: People) -> None:
    fund_id = look(rounds.fund_of, VISITOR, hidden.here.round_id).id
    for what, number in hidden.projects.items():
        with pytest.raises(NotFound):
            do(pledges.offer, people.stranger, Offer(fund_id, number, "things", "椅子"))
            pytest.fail(what)


# Over HTTP


def addresses(hidden: Hidden) -> Iterator[str]:
    """Every route of ours, with the number of everything there is."""
    ids = numbers()
    of = {"fund_id": ids["fund"], "round_id": list(hidden.rounds), "project_id": ids["project"]}
    for route in ROUTES:
        if isinstance(route, Route) and "GET" in (route.methods or ()) and "elsewhere" not in route.path:
            hole = route.path[route.path.find("{") + 1 : route.path.find("}")] if "{" in route.path else ""
            if hole == "name" and route.path.startswith("/attachments"):
                yield from (route.path.replace("{name}", name) for name in hidden.attached())
            else:
                query = f"?round={hidden.here.round_id}&id={hidden.projects['draft']}&fund={ids['fund'][0]}&n=1"
                yield from (route.path.replace(f"{{{hole}}}", str(n)) + query for n in of.get(hole, [1]))


def test_no_route_gives_it_away(hidden: Hidden, people: People) -> None:
    asked = list(addresses(hidden))
    for name, who in outsiders(people).items():
        headers = cookie(who)
        answers = {address: send(address, headers) for address in asked}
        own = {address for address in answers if address.startswith("/account/data")}
        assert not {address for address in answers.keys() - own if secret(answers[address][1])}, name
        unknown = send(f"/attachments/{'0' * 32}", headers)
        assert {answers[f"/attachments/{each}"] for each in hidden.attached()} == {unknown}, name


def test_every_route_gives_what_is_public(hidden: Hidden) -> None:
    answers = {address: send(address, []) for address in addresses(hidden)}
    files = [address for address, (_, answer) in answers.items() if holds(answer, SEEN)]
    assert {address.partition("?")[0].rpartition("/")[2] for address in files} >= {"transfers.csv"}
    shown = [send(f"/attachments/{name}", []) for name in hidden.attached(SEEN)]
    assert len(shown) == 2 and {status for status, _ in shown} == {200}
    assert any(holds(answer, SEEN) for _, answer in shown)


def test_the_proposer_gets_the_files(hidden: Hidden, funders: FundPeople) -> None:
    answers = [send(f"/attachments/{name}", cookie(funders.ann)) for name in hidden.attached()]
    assert sum(status == 200 for status, _ in answers) == 4, "a picture and a document of each of two proposals"
    assert any(secret(answer) for status, answer in answers if status == 200)


def test_no_file_of_the_books_holds_it(hidden: Hidden) -> None:
    for n in numbers()["fund"]:
        for rows in (transfers.table(Scope(fund_id=n)), awards.table(n)):
            assert not secret(list(rows))


# Links, messages, exports


def test_no_public_link_of_the_chain_holds_it(hidden: Hidden) -> None:
    with reading() as session:
        rows = session.exec(select(AuditRow)).all()
        public = [(row.seq, audit.public_part(row)) for row in rows if row.public]
    assert not [seq for seq, part in public if secret(part)]
    assert [row for row in rows if secret((row.says, row.private))], "the private side does hold it"
    drafts = {f"project:{hidden.projects[name]}" for name in ("draft", "organized", "discarded")}
    assert not {row.thing for row in rows if row.public} & drafts


def test_messages_tell_it_to_those_alone_whom_it_concerns(hidden: Hidden, funders: FundPeople, people: People) -> None:
    with reading() as session:
        sent = session.exec(select(Notice).order_by(col(Notice.id))).all()
        said = {notice.person_id for notice in sent if secret(notices.text_of(notice)) or secret(notice.facts)}
    proposers, staff = {funders.ann, funders.bob}, {people.staff, funders.second_staff, funders.third_staff}
    assert said and said <= {who.person_id for who in proposers | staff}


def test_exports_hold_ones_own_alone(hidden: Hidden, funders: FundPeople, people: People) -> None:
    for who in (people.stranger, people.far_staff, funders.joe, funders.reviewer, funders.finance, funders.auditor):
        with reading() as session, export.archive(session, who) as file:
            packed = file.read()
        assert not holds(packed.decode("latin-1"), WORD), who.name
        told_ = look(export.collect, who)
        told_.pop("messages")
        if who is funders.finance:  # orders that one wrote are one's own
            told_["fund"].pop("orders")
        assert not secret(told_), who.name


# The pages


PAGES = ("fund", "round", "project", "propose", "vote", "result", "box", "money", "works", "paper", "assess", "rounds",
         "treasury", "trail", "numbers", "mine", "me")  # fmt: skip


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_page_gives_it_away(hidden: Hidden, people: People, open_screen: Open) -> None:
    known = {screen.name: screen.path for screen in SCREENS}
    some = [hidden.projects[name] for name in ("draft", "unscreened", "given_back")]
    for name, who in outsiders(people).items():
        for page in PAGES:
            for query in queries(page, hidden, [*some, *hidden.told.values(), hidden.at.id]):
                at = open_screen(known[page], who, **query)
                assert not secret(told(at) + everything(at)), (name, page, query)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_pages_show_what_is_public(hidden: Hidden, open_screen: Open) -> None:
    fund_id = str(hidden.at.money.fund_id)
    for page, query in (
        ("project", {"id": str(hidden.open_id)}), ("round", {"id": str(hidden.here.round_id)}),
        ("money", {"fund": fund_id}),
    ):  # fmt: skip
        assert holds(told(open_screen(page, **query)), SEEN), page


def queries(page: str, hidden: Hidden, project_ids: list[int]) -> list[dict[str, str]]:
    """The addresses of a page that could lead to something hidden."""
    fund_id, rounds_ = str(hidden.at.money.fund_id), [str(n) for n in hidden.rounds]
    by_project = [str(n) for n in project_ids]
    return {
        "project": [{"id": n} for n in by_project],
        "propose": [{"draft": n} for n in by_project],
        "money": [{"fund": fund_id}, {"project": str(hidden.at.id)}, *({"round": n} for n in rounds_)],
        "round": [{"id": n} for n in rounds_],
        "assess": [{"round": rounds_[0], "project": n} for n in by_project],
        "treasury": [{"order": str(n)} for n in hidden.orders],
    }.get(page, [{"round": rounds_[1], "id": rounds_[1]}])


def everything(at: Any) -> str:
    """All that was sent to the browser in drawn blocks and components."""
    sent = [getattr(element.proto, "bytes", b"") for element in at.get("bidi_component")]
    return "".join(bytes(each).decode("latin-1") for each in sent)
