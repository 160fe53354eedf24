"""What is private is nowhere: not by list, link, search, map, feed, message, picture or number.

Every text of a help order, an errand, an opinion for staff alone and a dispute holds a rare word; each way of reading
that others have is searched for that word and for the number of the case.
"""

import asyncio
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session, col, select
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from db.engine import reading
from db.models.audit import AuditRow
from db.models.files import Photo
from db.models.notices import Notice
from pages.parts import wish as case_page
from portal import areas, audit, board, clock, memo, notices
from portal.accounts import sessions
from portal.acts import VISITOR, Who
from portal.cases import (
    answering,
    appeals,
    calling,
    dispatch,
    echo,
    hall,
    helping,
    inbox,
    lists,
    network,
    post,
    quality,
    screening,
    similar,
    wall,
    work,
)
from portal.cases import reading as cases
from portal.cases.disputes import agreements, docket, paper, parties, sittings
from portal.cases.kinds import KINDS
from portal.cases.setup import categories
from portal.errors import NotFound, Refused
from portal.http import chain, files, papers, shell
from portal.mydata import export
from tests.fixtures.town import CELL, CITY, COMMUNITY, STREET, People
from tests.portal.cases.conftest import Standing
from tests.portal.cases.hidden_words import WORD, hide_everywhere
from tests.portal.cases.steps import case, do, look, wish

pytestmark = pytest.mark.usefixtures("monday")
SEEN = "百香果园"
"""Stands in a public wish, by which each way of reading is shown to find something."""
NOBODY = 999_999
"""The number of no case."""
Secrets = Mapping[str, int]


@pytest.fixture
def people(standing_town: Standing) -> People:
    return standing_town.people


@pytest.fixture
def secrets(standing_town: Standing, people: People, monday: None) -> Secrets:
    """Private cases by name, each with the word in every text that people wrote; one still in the hall."""
    if not standing_town.kept:
        standing_town.kept = dict(hide_everywhere(people))
    return standing_town.kept


def outsiders(people: People) -> dict[str, Who]:
    """Those who have nothing to do with any of the cases."""
    return {"visitor": VISITOR, "stranger": people.stranger, "far staff": people.far_staff}


def all_but_few(people: People) -> dict[str, Who]:
    """Those who have nothing to do with a dispute: everybody but its sides, its mediator and the head."""
    auditor = replace(people.stranger, duties=frozenset({("auditor", CITY)}))
    names = ("staff", "street_staff", "grid_worker", "next_worker", "volunteer", "admin", "other_mediator")
    return {**outsiders(people), "auditor": auditor, **{name: getattr(people, name) for name in names}}


def concerns(people: People, secrets: Secrets) -> Iterator[tuple[str, Who, str, int]]:
    """Every reader with every case that they must not know of."""
    for what, case_id in secrets.items():
        readers = all_but_few(people) if what.startswith("dispute") else outsiders(people)
        for name, who in readers.items():
            yield name, who, what, case_id


# Lists, search, map, feeds, numbers


def public_ways(who: Who, word: str) -> Iterator[tuple[str, Any]]:
    """All that anybody may read, as `who` and as it is kept for everybody, by the name of the way."""
    here = areas.tree().by_path(CELL).id
    ways: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
        (wall.wall, (filters,)) for kind in KINDS for filters in _filters(kind, word)
    ]
    ways += [(similar.similar, (word, word * 4, categories(kind)[0].code, here, None, None, kind)) for kind in KINDS]
    ways += [(echo.echoes, (path, None, 100)) for path in ("", STREET, COMMUNITY, CELL)]
    ways += [(fn, (areas.tree().by_path(path).id,)) for fn in (board.table, board.disputes) for path in (CITY, CELL)]
    ways += [(board.rates, (areas.tree().root.id, 90, kind)) for kind in KINDS]
    with reading() as session:
        for fn, args in ways:
            yield fn.__name__, _read(session, fn, who, *args)
            if who == VISITOR:
                yield f"shared {fn.__name__}", _read(session, memo.for_all(fn), who, *args)


def own_ways(who: Who) -> Iterator[tuple[str, Any]]:
    """The lists that depend on who reads them."""
    ways: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
        *((lists.mine, (part, None, 100)) for part in lists.PARTS),
        *((docket.docket, (tab,)) for tab in (*docket.HEADS, *docket.MEDIATORS)),
        *((inbox.queue, (tab, None, None, 100)) for tab in inbox.TABS),
        *(
            (inbox.queue, (tab, None, inbox.Wanted(desk=desk), 100))
            for tab in inbox.STEPS
            for desk in ("below", "above")
        ),
        *((fn, ()) for fn in (lists.in_hand, lists.waiting_for_me, hall.hall)),
        *((fn, ()) for fn in (appeals.waiting, quality.flags, calling.waiting)),
        (notices.mine, (None, 100)),
        *([(export.collect, ())] if who.person_id is not None else []),
    ]
    with reading() as session:
        for fn, args in ways:
            yield fn.__name__, _read(session, fn, who, *args)


def _filters(kind: str, word: str) -> list[wall.Filters]:
    codes = ("", *(category.code for category in categories(kind)))
    cell = areas.tree().by_path(CELL)
    base = wall.Filters(kind=kind, lon=cell.lon, lat=cell.lat)
    every = product(wall.ORDERS, ("", word, word[:2]), ("", COMMUNITY))
    ways = [replace(base, order=order, text=typed, area_path=path) for order, typed, path in every]
    ways += [replace(base, category=code) for code in codes]
    return ways + [replace(base, standing=standing) for standing in wall.STANDINGS]


def _read(session: Session, fn: Callable[..., Any], who: Who, *args: Any) -> Any:
    try:
        return fn(session, who, *args)
    except Refused as refusal:
        return refusal.facts


def numbers_in(found: Any) -> set[int]:
    """The numbers of the cases in a list, whatever form its rows have."""
    rows = getattr(found, "rows", found)
    rows = [getattr(row, "note", row) for row in rows] if isinstance(rows, list) else []
    return {_number(row) for row in rows}


def _number(row: Any) -> int:
    """The number of the case that a row is about; of a message, the one that it leads to."""
    if isinstance(row, notices.Message):
        return int(row.href.removeprefix("/wish?case=")) if row.href.startswith("/wish?case=") else 0
    return getattr(row, "case_id", getattr(row, "id", 0))


def test_no_list_search_map_feed_or_number_tells_of_it(people: People, secrets: Secrets) -> None:
    for who in (VISITOR, people.stranger):
        for way, found in public_ways(who, WORD):
            assert not numbers_in(found) & set(secrets.values()), (who.name, way)
            assert WORD[:2] not in repr(found), (who.name, way)


def test_no_list_of_somebody_else_holds_it(people: People, secrets: Secrets) -> None:
    disputes = {case_id for what, case_id in secrets.items() if what.startswith("dispute")}
    for name, who in all_but_few(people).items():
        stranger = name in outsiders(people)
        for way, found in own_ways(who):
            assert not numbers_in(found) & (set(secrets.values()) if stranger else disputes), (name, way)
            assert not (stranger and WORD[:2] in repr(found)), (name, way)


def test_what_is_public_is_found_in_all_these_ways(people: People, monday: None) -> None:
    """The same search over a public wish: were it blind, the tests above would prove nothing."""
    cell = areas.tree().by_path(CELL)
    typed = wish(title=SEEN, body=SEEN * 4, lon=cell.lon, lat=cell.lat)
    case_id = do(post.post, people.neighbour, typed).case_id
    do(answering.answer, people.staff, case_id, SEEN)
    found = {way for way, rows in public_ways(VISITOR, SEEN) if SEEN in repr(rows) and case_id in numbers_in(rows)}
    assert found == {"wall", "shared wall", "similar", "shared similar", "echoes", "shared echoes"}
    assert {way for way, rows in own_ways(people.staff) if case_id in numbers_in(rows)} >= {"queue"}
    assert {way for way, rows in own_ways(people.neighbour) if case_id in numbers_in(rows)} >= {
        "mine",
        "waiting_for_me",
    }


def test_the_hall_says_what_and_where_about_but_not_who(people: People, secrets: Secrets) -> None:
    with clock.at(clock.now() + timedelta(hours=9)):
        rows = look(hall.hall, people.other_volunteer).rows
    [note] = [note for note in rows if note.id == secrets["help_waits"]]
    assert WORD not in repr(note)
    assert (note.title, note.body, note.place, note.name, note.photos) == ("停电照明", "", "", "", ())


def test_no_small_number_tells_of_it(people: People, secrets: Secrets) -> None:
    for path in (CITY, STREET, COMMUNITY, CELL):
        area_id = areas.tree().by_path(path).id
        lines = {line.kind: line for line in look(board.table, VISITOR, area_id)}
        assert "dispute" not in lines
        assert (lines["help"].posted, lines["help"].done, lines["errand"].posted) == (None, None, None)
        with reading() as session:
            told = _read(session, board.disputes, VISITOR, area_id)
        assert path == CELL or (told.brought, told.agreed, told.not_agreed) == (None, None, None)


# By number


BY_NUMBER: list[Callable[..., Any]] = [
    cases.one, case_page.load, helping.match, helping.call, parties.sides, agreements.offers, agreements.terms,
    sittings.sittings, paper.agreement_paper, post.support, post.withdraw, screening.accept,
    lambda s, who, n: work.note(s, who, n, "说明"), lambda s, who, n: echo.rate(s, who, n, "solved", 5),
    lambda s, who, n: appeals.appeal(s, who, n, "不服"), lambda s, who, n: post.reveal_contact(s, who, n, "回访"),
    lambda s, who, n: network.invite(s, who, n, 1, "请办"), lambda s, who, n: dispatch.dispatch(s, who, n, 1),
]  # fmt: skip


def answer_to(fn: Callable[..., Any], who: Who, case_id: int) -> tuple[type, str, str]:
    with pytest.raises(Refused) as caught:
        do(fn, who, case_id)
    return type(caught.value), caught.value.message_id, repr(caught.value.facts)


def test_its_number_is_answered_as_one_that_was_never_given(people: People, secrets: Secrets) -> None:
    for name, who, what, case_id in concerns(people, secrets):
        assert look(case_page.find, who, case_id) is None
        for fn in BY_NUMBER:
            answers = {answer_to(fn, who, number) for number in (case_id, NOBODY)}
            assert answers == {(NotFound, "case_not_found", "{}")}, (name, what, fn)


def test_those_whom_it_concerns_do_read_it(people: People, secrets: Secrets) -> None:
    for case_id in secrets.values():
        shown = look(case_page.load, people.resident, case_id)
        assert WORD in repr(shown.case)
        assert (WORD in repr(shown.steps)) == (case(case_id).answered_at is not None)


# Over HTTP


def cookie(who: Who) -> list[tuple[bytes, bytes]]:
    """The header of somebody who signed in, where there is an account."""
    if who.person_id is None:
        return []
    with audit.transaction() as session:
        ticket = sessions.issue_ticket(session, person_id=who.person_id)
        token, _ = sessions.redeem(session, ticket, current_token=None, agent="test")
    return [(b"cookie", f"portal_session={token}".encode())]


def request(path: str, headers: list[tuple[bytes, bytes]], **params: str) -> Request:
    address, _, query = path.partition("?")
    return Request({
        "type": "http", "method": "GET", "path": address, "query_string": query.encode(), "path_params": params,
        "headers": [(b"host", b"testserver"), *headers], "scheme": "http", "server": ("testserver", 80),
        "client": ("127.0.0.1", 1),
    })  # fmt: skip


def body(answer: Response) -> str:
    async def whole(stream: StreamingResponse) -> str:
        return "".join([str(part) async for part in stream.body_iterator])

    if isinstance(answer, StreamingResponse):
        return asyncio.run(whole(answer))
    return bytes(answer.body).decode()


def test_no_route_gives_it_away(people: People, secrets: Secrets) -> None:
    with reading() as session:
        pictures = session.exec(select(Photo.name, Photo.case_id)).all()
    assert {case_id for _, case_id in pictures} >= {secrets[f"{kind}_done"] for kind in ("help", "errand", "dispute")}
    cookies = {name: cookie(who) for name, who in all_but_few(people).items()}
    for name, _, what, case_id in concerns(people, secrets):
        own, sent = [picture for picture, of in pictures if of == case_id], cookies[name]
        for fn, found in product((files.full, files.thumb), own):
            answers = {body(fn(request("/files/x", sent, name=each))) for each in (found, "0" * 32)}
            assert len(answers) == 1, (name, what)
        paper_of = [papers.agreement(request("/cases/x", sent, case_id=str(n))) for n in (case_id, NOBODY)]
        assert {answer.status_code for answer in paper_of} == {404} and len({body(answer) for answer in paper_of}) == 1
        shells = [body(shell.page(request(f"/wish?case={n}", sent))) for n in (case_id, NOBODY)]
        assert len({re.sub(rf"case=({case_id}|{NOBODY})\b", "case=", each) for each in shells}) == 1, (name, what)


def test_the_public_chain_holds_its_digests_alone(people: People, secrets: Secrets) -> None:
    told = body(chain.links(request("/audit/chain.jsonl", []))) + body(chain.head(request("/audit/head", [])))
    assert WORD not in told
    for case_id in secrets.values():
        assert f'"cases:{case_id}"' not in told
    with reading() as session:
        rows = session.exec(select(AuditRow).where(AuditRow.public)).all()
    assert not {row.thing for row in rows} & {f"cases:{case_id}" for case_id in secrets.values()}
    assert not [row for row in rows if row.act.startswith(("appeal.", "suborder.", "callback.", "flag."))]


# Messages and the index


def test_messages_name_it_to_those_alone_whom_it_concerns(people: People, secrets: Secrets) -> None:
    near = (people.resident, people.staff, people.street_staff, people.grid_worker, people.next_worker)
    with reading() as session:
        sent = session.exec(select(Notice).order_by(col(Notice.id))).all()
    disputes = {case_id for what, case_id in secrets.items() if what.startswith("dispute")}
    told = [notice for notice in sent if WORD in notices.text_of(notice) or WORD in repr(notice.facts)]
    assert told and not [notice for notice in told if notice.case_id in disputes], "a dispute is called by its number"
    assert {notice.person_id for notice in told} <= {who.person_id for who in (*near, people.volunteer)}
    assert {n.case_id for n in told if n.person_id == people.volunteer.person_id} <= {secrets["help_done"]}


def test_the_search_index_does_not_hold_it(people: People, secrets: Secrets) -> None:
    with reading() as session:
        number = "rowid" if session.get_bind().dialect.name == "sqlite" else "case_id"
        indexed = {row[0] for row in session.execute(text(f"SELECT {number} FROM case_words"))}
    assert not indexed & set(secrets.values())
