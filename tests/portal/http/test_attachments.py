"""Attachments over HTTP: who gets which, and how a browser takes it."""

from io import BytesIO
from typing import Any
from urllib.parse import quote

import pytest
from PIL import Image
from sqlmodel import Session

from db.models.accounts import Person
from db.models.files import Attachment
from db.models.fund import Fund, Project, Round
from db.models.ledger import AccountKind, Order
from db.models.works import Milestone
from portal import areas, attachments, audit, clock, ledger
from portal.accounts import people
from portal.acts import SYSTEM
from portal.attachments import NewDocument
from portal.photos import NewPhoto
from tests.portal.http.conftest import Portal

PDF = b"%PDF-1.4\n<script>alert(1)</script>%%EOF\n"


def jpeg() -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (900, 600), "orange").save(buffer, "JPEG")
    return buffer.getvalue()


def add_round(session: Session) -> Round:
    top = areas.tree().root
    fund = Fund(name="基金", area_id=top.id, area_path=top.path)
    session.add(fund)
    session.flush()
    row = Round(fund_id=fund.id or 0, area_id=top.id, area_path=top.path, name="一轮", state="accepting")
    session.add(row)
    session.flush()
    return row


def add_project(session: Session, **columns: Any) -> Project:
    row = add_round(session)
    project = Project(round_id=row.id or 0, area_path=row.area_path, title="长椅", submitted_at=clock.now(), **columns)
    session.add(project)
    session.flush()
    return project


def put(session: Session, thing: str, *, photo: bool = False, shown: bool = True, title: str = "报价单") -> str:
    """The address of a new attachment."""
    pictures, documents = ([NewPhoto(jpeg(), title)], []) if photo else ([], [NewDocument(PDF, title)])
    [row] = attachments.store(session, pictures, documents)
    attachments.keep(session, thing, [row], owner_id=None, shown=shown)
    return f"/attachments/{row.name}"


def of_project(state: str, *, proposer_id: int | None = None, **how: Any) -> str:
    columns = {"number": 1} if state in ("on_ballot", "funded", "not_funded") else {}
    with audit.transaction() as session:
        project = add_project(session, state=state, proposer_id=proposer_id, **columns)
        return put(session, f"project:{project.id}", **how)


def duty(portal: Portal, role: str) -> str:
    """The cookie of somebody new who holds `role` in the whole town."""
    with audit.transaction() as session:
        person = Person(name=role)
        session.add(person)
        session.flush()
        people.grant(session, SYSTEM, person.id or 0, role, areas.tree().root.id)
        person_id = person.id
    return portal.cookie_of(person_id)


def test_a_picture_of_a_public_project_is_for_everybody(portal: Portal) -> None:
    path = of_project("eligible", photo=True)
    answer = portal.ask(path)
    assert (answer.status, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.headers["content-disposition"] == "inline"
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert Image.open(BytesIO(portal.ask(f"{path}/thumb").body)).size == (480, 320)
    assert portal.ask(path, If_None_Match=answer.headers["etag"]).status == 304


def test_a_document_is_only_ever_a_download(portal: Portal) -> None:
    path = of_project("eligible", title='报价 "2026"/../..\\evil;.pdf')
    answer = portal.ask(path)
    assert (answer.status, answer.body) == (200, PDF)
    assert answer.headers["content-type"] == "application/pdf"
    told = answer.headers["content-disposition"]
    assert told.startswith("attachment; filename=\"document.pdf\"; filename*=UTF-8''")
    assert quote("报价_2026") in told and not set('/\\"; ') & set(told.rpartition("''")[2])
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert portal.ask(f"{path}/thumb").status == 404


@pytest.mark.parametrize("title", ["..", "a\u2028b".replace("\u2028", " "), "/", "%0d%0aX: y", "名" * 60])
def test_no_name_breaks_out_of_its_header(portal: Portal, title: str) -> None:
    answer = portal.ask(of_project("eligible", title=title))
    assert answer.status == 200 and answer.headers["content-disposition"].startswith("attachment; ")
    assert "x" not in answer.headers and "\n" not in answer.headers["content-disposition"]


@pytest.mark.parametrize("state", ["submitted", "ineligible", "unfeasible", "cancelled", "draft"])
def test_what_is_not_public_is_for_the_proposer(portal: Portal, other_id: int, state: str) -> None:
    path = of_project(state, proposer_id=portal.person_id)
    assert portal.ask(path).status == 404
    assert portal.ask(path, Cookie=portal.cookie_of(other_id)).status == 404
    assert portal.ask(path, Cookie="portal_session=made-up").status == 404
    mine = portal.ask(path, Cookie=portal.cookie_of(portal.person_id))
    assert (mine.status, mine.headers["cache-control"]) == (200, "private, no-cache")
    assert portal.ask(path, If_None_Match=mine.headers["etag"]).status == 404


def test_what_is_not_shown_stays_inside_even_of_a_public_project(portal: Portal, other_id: int) -> None:
    path = of_project("eligible", proposer_id=portal.person_id, shown=False)
    assert portal.ask(path).status == 404
    assert portal.ask(path, Cookie=portal.cookie_of(other_id)).status == 404
    assert portal.ask(path, Cookie=portal.cookie_of(portal.person_id)).status == 200


def of_milestone(state: str, *, shown: bool) -> str:
    with audit.transaction() as session:
        project = add_project(session, state=state)
        step = Milestone(
            project_id=project.id or 0, area_path=project.area_path, position=1, title="基础",
            due_on=clock.day_of(clock.now()),
        )  # fmt: skip
        session.add(step)
        session.flush()
        return put(session, f"milestone:{step.id}", shown=shown)


@pytest.mark.parametrize(
    ("state", "shown", "public"), [("implementing", True, True), ("implementing", False, False), ("draft", True, False)]
)
def test_of_a_milestone_the_public_gets_what_is_shown(portal: Portal, state: str, shown: bool, public: bool) -> None:
    path = of_milestone(state, shown=shown)
    assert portal.ask(path).status == (200 if public else 404)
    assert portal.ask(path, Cookie=duty(portal, "auditor")).status == 200


def of_order(*, shown: bool, state: str) -> str:
    with audit.transaction() as session:
        row = add_round(session)
        source = ledger.account(session, f"fund:{row.fund_id}", AccountKind.FROM_ALLOCATION)
        purse = ledger.account(session, f"fund:{row.fund_id}", AccountKind.FUND)
        people_ids = []
        for name in ("甲", "乙"):
            person = Person(name=name)
            session.add(person)
            session.flush()
            people_ids.append(person.id or 0)
        order = Order(
            key=f"test-{row.id}", kind="income", state=state, fund_id=row.fund_id, area_path=row.area_path,
            debit_id=source.id or 0, credit_id=purse.id or 0, amount_fen=100, purpose="拨款", author_id=people_ids[0],
            decided_by=people_ids[1] if state != "proposed" else None,
        )  # fmt: skip
        session.add(order)
        session.flush()
        return put(session, f"money_order:{order.id}", shown=shown)


@pytest.mark.parametrize(
    ("shown", "state", "public"),
    [(True, "posted", True), (False, "posted", False), (True, "proposed", False), (True, "rejected", False)],
)
def test_of_money_the_public_gets_what_is_shown_and_moved(
    portal: Portal, other_id: int, shown: bool, state: str, public: bool
) -> None:
    path = of_order(shown=shown, state=state)
    assert portal.ask(path).status == (200 if public else 404)
    assert portal.ask(path, Cookie=portal.cookie_of(other_id)).status == (200 if public else 404)
    assert portal.ask(path, Cookie=duty(portal, "auditor")).status == 200


def test_of_anything_else_nobody_gets_it_here(portal: Portal) -> None:
    for thing in ("cases:1", "person:1", "project:x", "project:99999", "project:", "", "project:-1"):
        with audit.transaction() as session:
            path = put(session, thing)
        assert portal.ask(path, Cookie=duty(portal, "admin")).status == 404


@pytest.mark.parametrize("name", ["0" * 32, "x", "..%2f..%2fportal.db", "../portal.db", "%00", "A" * 32, "٠" * 32])
def test_names_that_are_none(portal: Portal, name: str) -> None:
    for path in (f"/attachments/{quote(name, safe='%/.')}", f"/attachments/{quote(name, safe='%/.')}/thumb"):
        answer = portal.ask(path)
        assert answer.status in (400, 404) and b"SQLite" not in answer.body


def test_a_row_whose_file_is_gone_is_not_there(portal: Portal) -> None:
    path = of_project("eligible")
    with audit.transaction() as session:
        row = attachments.one(session, path.rpartition("/")[2])
        attachments.path_of(row).unlink()
    assert isinstance(row, Attachment) and portal.ask(path).status == 404
