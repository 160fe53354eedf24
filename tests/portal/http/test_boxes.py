"""The ballot box over HTTP: byte for byte what its hash says, and nothing of it before the result."""

import hashlib

import pytest
from sqlmodel import col, select
from starlette.requests import Request
from starlette.responses import Response

from db.engine import reading
from db.models.ballots import Ballot
from portal.fund import box
from portal.http import boxes
from portal.http.routes import ROUTES
from tests.fixtures.fund import FundPeople
from tests.portal.fund import counted

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # what is read has its own tests

VOTES, COSTS = [[1], [1, 2], []], (1_000_000, 2_000_000)
ROUTED = {"box.pb": boxes.ballots, "receipts.txt": boxes.receipts}


def closed(funders: FundPeople) -> int:
    return counted.closed(funders, VOTES, COSTS, min_choices=0)


def ask(round_id: object, name: str, **headers: str) -> Response:
    """What the route answers."""
    sent = [(key.replace("_", "-").encode(), value.encode()) for key, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": sent}
    return ROUTED[name](Request({**scope, "path_params": {"round_id": str(round_id)}}))


def test_the_addresses_are_routed(db: str) -> None:
    paths = {getattr(route, "path", "") for route in ROUTES}
    assert {f"/fund/{{round_id}}/{name}" for name in ROUTED} <= paths


def test_what_is_downloaded_has_the_published_hash(funders: FundPeople) -> None:
    round_id = closed(funders)
    counted.finish(round_id)
    outcome = counted.outcome(round_id)
    for name, digest in zip(ROUTED, (outcome.box_hash, outcome.receipts_hash), strict=True):
        answer = ask(round_id, name)
        assert answer.status_code == 200 and hashlib.sha256(answer.body).hexdigest() == digest
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.headers["content-disposition"] == f'attachment; filename="round-{round_id}-{name}"'
        again = ask(round_id, name, if_none_match=answer.headers["etag"])
        assert again.status_code == 304 and again.body == b""
    election, rule = box.read(bytes(ask(round_id, "box.pb").body))
    assert election.voters == 3 and rule.ties.startswith("seed:")


@pytest.mark.parametrize("state", ["publishing", "balloting", "reviewing_ballots", "cancelled"])
def test_before_the_result_every_address_answers_as_if_there_were_nothing(funders: FundPeople, state: str) -> None:
    round_id = closed(funders)
    counted.alter("UPDATE round SET state = :state WHERE id = :id", state=state, id=round_id)
    with reading() as session:
        hashes = session.exec(select(Ballot.receipt_hash).where(col(Ballot.round_id) == round_id)).all()
    for wanted in (round_id, 999, "x", "-1", 0):
        for name in ROUTED:
            answer = ask(wanted, name)
            assert answer.status_code == 404 and answer.headers["cache-control"] == "no-store"
            assert not any(each in bytes(answer.body).decode() for each in hashes)
