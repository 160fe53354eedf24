"""Nobody but the parties, the mediator and the head sees anything of a dispute, by whatever way they look."""

from dataclasses import replace

import pytest
from sqlmodel import select

from db import search
from db.engine import reading
from db.models.audit import AuditRow
from db.models.disputes import Agreement
from db.models.files import Photo
from db.models.notices import Notice
from portal import audit, board, books
from portal.accounts import people as accounts
from portal.accounts import sessions
from portal.acts import SYSTEM, VISITOR, Who
from portal.areas import tree
from portal.cases import counter, dispatch, echo, inbox, lists, post, screening, wall, work
from portal.cases.disputes import OtherSide, agreements, docket, mediators, parties, record, sittings
from portal.cases.disputes.paper import agreement_paper
from portal.cases.reading import one
from portal.cases.similar import similar
from portal.cases.wall import Filters
from portal.errors import Forbidden, NotFound, Refused
from portal.http import chain
from tests.fixtures.town import CELL, CITY, People
from tests.portal.cases.disputes.conftest import BODY, TITLE, Room, grievance
from tests.portal.cases.steps import case, do, look, picture, refused


@pytest.fixture
def outsiders(people: People) -> dict[str, Who]:
    """Everybody else, one of each kind; the grid worker wrote it down."""
    with audit.transaction() as session:
        auditor = accounts.join(session, "+8613700000001", "auditor")
        accounts.grant(session, SYSTEM, auditor.id or 0, "auditor", tree().by_path(CITY).id)
    return {
        "visitor": VISITOR,
        "stranger": people.stranger,
        "volunteer": people.volunteer,
        "staff": people.staff,
        "street": people.street_staff,
        "admin": people.admin,
        "auditor": Who(person_id=auditor.id, duties=frozenset({("auditor", CITY)})),
        "recorder": people.grid_worker,
        "mediator": people.other_mediator,
    }


@pytest.fixture
def secret(people: People, room: Room) -> tuple[int, int]:
    """A dispute far on its way, written down by the grid worker, with a photo: its id and that of its text."""
    typed = grievance(
        channel="street", consent="spoken", person_id=people.resident.person_id, photos=[picture(alt="阳台")]
    )
    case_id = do(record, people.grid_worker, typed).case_id
    do(screening.accept, people.mediation_head, case_id)
    do(dispatch.dispatch, people.mediation_head, case_id, people.mediator.person_id)
    do(work.take_on, people.mediator, case_id)
    room.sat(case_id)
    return case_id, do(agreements.write_agreement, people.mediator, case_id, "晚十点后安静")


def test_nobody_finds_it_by_its_number(secret: tuple[int, int], outsiders: dict[str, Who]) -> None:
    case_id, text = secret
    reads = (one, parties.sides, sittings.sittings, agreements.offers, agreements.terms, agreement_paper)
    for who in outsiders.values():
        for read in (*reads, mediators.candidates, mediators.mediator_of):
            with pytest.raises(NotFound) as caught:
                look(read, who, case_id)
            assert caught.value.message_id == "case_not_found", "the same words as for a number that is none"
        for deed in (work.take_on, screening.accept):
            with pytest.raises(NotFound):
                do(deed, who, case_id)
        with pytest.raises(NotFound):
            do(agreements.consent, who, text)
        with pytest.raises(NotFound):
            do(parties.add_party, who, case_id, OtherSide("甲"))


def test_no_list_shows_it(secret: tuple[int, int], outsiders: dict[str, Who], people: People) -> None:
    case_id, _ = secret
    where = tree().by_path(CELL)
    for who in outsiders.values():
        seen = [note.id for kind in ("wish", "opinion", "dispute") for note in _wall(who, Filters(kind=kind))]
        seen += [note.id for note in _wall(who, Filters(text="拖家具"))]
        seen += [note.id for note in _wall(who, Filters(kind="dispute", text="拖家具"))]
        seen += [note.id for note in _wall(who, Filters(order="nearest", lon=where.lon, lat=where.lat))]
        seen += [found.id for found in look(echo.echoes, who).rows]
        seen += [note.id for part in lists.PARTS for note in look(lists.mine, who, part).rows]
        seen += [note.id for note in [*look(lists.in_hand, who), *look(lists.waiting_for_me, who)]]
        for kind in ("wish", "opinion"):
            seen += [n.id for n in look(similar, who, TITLE, BODY, "noise", where.id, None, None, kind=kind)]
        assert case_id not in seen
        for tab in ("new", "running", "mine"):
            assert case_id not in _docket(who, tab)
    for who in (people.staff, people.street_staff, people.grid_worker):
        assert not any(look(inbox.queue, who, tab).rows for tab in inbox.TABS)
    assert case_id not in [note.id for note in look(lists.hall, people.volunteer).rows]


def _wall(who: Who, filters: Filters) -> list[wall.Note]:
    try:
        return look(wall.wall, who, filters).rows
    except Refused:
        return []


def _docket(who: Who, tab: str) -> list[int]:
    try:
        return [entry.note.id for entry in look(docket.docket, who, tab).rows]
    except Forbidden:
        return []


def test_the_search_index_does_not_hold_it(secret: tuple[int, int]) -> None:
    with reading() as session:
        found = search.match(session, "拖家具")
        assert found is not None
        index, number, condition = found
        assert session.execute(select(number).select_from(index).where(condition)).all() == []


def test_the_public_chain_says_nothing_of_it(secret: tuple[int, int], people: People) -> None:
    case_id, _ = secret
    with reading() as session:
        rows = session.exec(select(AuditRow).where(AuditRow.thing == f"cases:{case_id}")).all()
        assert len(rows) >= 7 and not any(row.public for row in rows)
        assert all(audit.public_part(row) is None for row in rows)
    exported = "".join(chain._lines(0))
    assert f"cases:{case_id}" not in exported and "dispute" not in exported
    for word in ("case.sit", "case.consent", "case.minutes", TITLE, BODY, "王德兴", "安静"):
        assert word not in exported
    assert not any(link.thing == f"cases:{case_id}" for link in look(books.newest, VISITOR)[0])


def test_neither_counts_nor_rates_tell_of_it(secret: tuple[int, int], outsiders: dict[str, Who]) -> None:
    area = tree().by_path(CELL)
    for who in outsiders.values():
        with refused("not_offered", field="kind"):
            look(board.rates, who, tree().root.id, kind="dispute")
        with refused("not_offered", field="area"):
            look(board.disputes, who, area.id)
        told = look(board.disputes, who, tree().root.id)
        assert (told.brought, told.agreed, told.not_agreed) == (None, None, None)
    staff = outsiders["staff"]
    assert sum(look(inbox.counts, staff).values()) == 0


def test_the_photo_is_for_those_who_read_it(secret: tuple[int, int], outsiders: dict[str, Who]) -> None:
    with reading() as session:
        photo = session.exec(select(Photo).where(Photo.case_id == secret[0])).one()
    for who in outsiders.values():
        with pytest.raises(NotFound):
            look(one, who, photo.case_id)


def test_the_head_of_elsewhere_sees_nothing(secret: tuple[int, int], people: People) -> None:
    far = replace(people.far_staff, duties=frozenset({("mediation_head", "/530181/jinfang/luobai/")}))
    with pytest.raises(NotFound):
        look(one, far, secret[0])
    assert _docket(far, "running") == []
    above = replace(people.street_staff, duties=frozenset({("mediation_head", "/530181/jinfang/")}))
    assert _docket(above, "running") == [secret[0]]


def test_the_counter_shows_nothing_of_it(secret: tuple[int, int], people: People) -> None:
    """A clerk who has the person before them sees their cases, and this one is not among them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("portal.accounts.reception.demand_there", lambda *_: None)
        rows = look(counter.cases_of, people.staff, people.resident.person_id).rows
        assert secret[0] not in [note.id for note in rows]


def test_who_can_read_it_does(secret: tuple[int, int], people: People) -> None:
    """The control: all of the above would find it, were it theirs."""
    for who in (people.resident, people.neighbour, people.mediator, people.mediation_head):
        assert look(one, who, secret[0]).title == TITLE
    assert secret[0] in [note.id for note in look(lists.mine, people.neighbour, "posted").rows]
    assert _docket(people.mediation_head, "running") == [secret[0]]
    assert _docket(people.mediator, "mine") == [secret[0]]


def test_a_receipt_opens_it_and_the_recorder_has_no_other_way(people: People) -> None:
    typed = grievance(channel="counter", consent="spoken", name="来访人", contact="13677778888")
    posted = do(record, people.grid_worker, typed)
    assert posted.receipt and do(post.open_receipt, VISITOR, posted.receipt) == posted.case_id
    by_receipt = Who(receipts=frozenset({posted.case_id}))
    assert [(s.name, s.mine) for s in look(parties.sides, by_receipt, posted.case_id)] == [
        ("来访人", True), ("王*兴", False),
    ]  # fmt: skip
    with pytest.raises(NotFound):
        look(one, people.grid_worker, posted.case_id)
    assert look(lists.mine, people.grid_worker, "recorded").rows == []


def test_the_code_on_the_slip_opens_nothing_to_whoever_wrote_it_down(people: People) -> None:
    typed = grievance(channel="counter", consent="spoken", name="来访人", contact="13677778888")
    posted = do(record, people.grid_worker, typed)
    with refused("receipt_unknown"):
        do(post.open_receipt, people.grid_worker, posted.receipt)
    before = _browser(_ticket(case_id=posted.case_id))
    assert _receipts(before) == {posted.case_id}
    for who, followed in ((people.grid_worker, set()), (people.neighbour, {posted.case_id})):
        ticket = _ticket(case_id=posted.case_id)
        signed_in = _browser(_ticket(person_id=who.person_id), _browser(ticket))
        assert _receipts(signed_in) == followed


def test_whoever_has_an_account_signs_in_and_gets_no_code(people: People) -> None:
    typed = grievance(channel="counter", consent="spoken", person_id=people.resident.person_id)
    posted = do(record, people.grid_worker, typed)
    assert posted.receipt is None and case(posted.case_id).receipt_hash is None
    assert look(one, people.resident, posted.case_id).id == posted.case_id
    with reading() as session:
        told = session.exec(select(Notice.message, Notice.person_id).where(Notice.case_id == posted.case_id)).all()
    assert ("dispute_recorded", people.resident.person_id) in told and "receipt" not in dict(told)


def _ticket(**named: int | None) -> str:
    with audit.transaction() as session:
        return sessions.issue_ticket(session, **named)  # type: ignore[arg-type]


def _browser(ticket: str, before: str | None = None) -> str:
    with audit.transaction() as session:
        return sessions.redeem(session, ticket, current_token=before, agent="")[0]


def _receipts(token: str) -> set[int]:
    with reading() as session:
        return set(sessions.who_from(session, token, "c", "zh-CN").receipts)


def test_what_was_agreed_is_read_by_those_it_concerns_alone(secret: tuple[int, int], people: People) -> None:
    with reading() as session:
        assert session.get(Agreement, secret[1])
    assert look(agreements.terms, people.neighbour, secret[0]).words == "晚十点后安静"
