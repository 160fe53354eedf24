"""One's own data over HTTP: to the person signed in and to nobody else; and the public proof of a draw."""

import hashlib
import io
import json
import zipfile
from datetime import date

from db.models.oversight import Callback, CallbackDraw
from portal import audit
from portal.limits import EXPORTS_PER_DAY
from tests.portal.http.conftest import Portal, make_case


def test_the_file_is_the_persons_own_and_is_kept_by_nobody(portal: Portal, other_id: int) -> None:
    with audit.transaction() as session:
        mine = make_case(session, poster_id=portal.person_id, title="我的路灯")
        make_case(session, poster_id=other_id, title="别人的路灯")
    answer = portal.ask("/account/data", Cookie=portal.cookie_of(portal.person_id))
    assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")
    assert answer.headers["content-type"] == "application/zip" and "attachment" in answer.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.body)) as packed:
        found = json.loads(packed.read("data.json"))
    assert (found["account"]["number"], [case["number"] for case in found["cases"]]) == (portal.person_id, [mine])
    assert "别人" not in json.dumps(found, ensure_ascii=False)


def test_without_a_session_there_is_nothing(portal: Portal) -> None:
    for headers in ({}, {"Cookie": "portal_session=made-up"}):
        answer = portal.ask("/account/data", **headers)
        assert answer.status == 403 and "请先登录" in answer.text and not answer.body.startswith(b"PK")


def test_a_receipt_is_no_account(portal: Portal) -> None:
    with audit.transaction() as session:
        case_id = make_case(session, poster_id=None)
    assert portal.ask("/account/data", Cookie=portal.cookie_of(case_id=case_id)).status == 403


def test_another_site_cannot_make_somebody_fetch_it(portal: Portal) -> None:
    cookie = portal.cookie_of(portal.person_id)
    for site in ("cross-site", "same-site"):
        assert portal.ask("/account/data", Cookie=cookie, Sec_Fetch_Site=site).status == 403
    assert portal.ask("/account/data", Cookie=cookie, Sec_Fetch_Site="same-origin").status == 200


def test_it_is_not_given_without_end(portal: Portal, other_id: int) -> None:
    cookie = portal.cookie_of(other_id)
    assert [portal.ask("/account/data", Cookie=cookie).status for _ in range(EXPORTS_PER_DAY)] == [
        200
    ] * EXPORTS_PER_DAY
    answer = portal.ask("/account/data", Cookie=cookie)
    assert answer.status == 429 and "太频繁" in answer.text


def test_a_draw_can_be_repeated_by_anybody(portal: Portal) -> None:
    with audit.transaction() as session:
        case_id = make_case(session, poster_id=portal.person_id)
        month_on = date(2026, 7, 1)
        session.add(CallbackDraw(month_on=month_on, seed="5eed", closed=3, reachable=2, drawn=1))
        session.flush()
        session.add(Callback(case_id=case_id, month_on=month_on, area_path="/530181/"))
    answer = portal.ask("/audit/callbacks/2026-07")
    found = json.loads(answer.body)
    assert (answer.status, found["seed"], found["numbers"], found["closed"]) == (200, "5eed", [case_id], 3)
    assert hashlib.sha256(f"{found['seed']}:{case_id}".encode()).hexdigest() and "SHA-256" in found["rule"]


def test_months_without_a_draw_and_nonsense(portal: Portal) -> None:
    for month in ("2026-06", "2026-13", "2026-7", "x", "2026-07-01"):
        assert portal.ask(f"/audit/callbacks/{month}").status == 404
