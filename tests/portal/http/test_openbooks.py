"""The books as files: for everybody, with the right names, and nothing where there is nothing."""

import csv
import io
import json

import pytest

from db.models.fund import Project
from portal import areas, audit
from portal.fund.awards import TITLES
from portal.fund.transfers import FIELDS
from tests.fixtures.fund import add_fund, add_round
from tests.portal.http.conftest import Portal


@pytest.fixture(scope="module")
def ids(portal: Portal) -> tuple[int, int, int]:
    """A fund without money, a round, and a project of it."""
    with audit.transaction() as session:
        assert areas.tree()
        fund = add_fund(session)
        row, (project,) = add_round(session, fund, "finished", costs=[100], project_state="funded")
        return fund.id or 0, row.id or 0, project.id or 0


def rows(body: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))


def test_transfers_of_each_scope(portal: Portal, ids: tuple[int, int, int]) -> None:
    for scope, number in zip(("fund", "round", "project"), ids, strict=True):
        answer = portal.ask(f"/{scope}/{number}/transfers.csv")
        assert answer.status == 200 and answer.body.startswith(b"\xef\xbb\xbf")
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert answer.headers["content-disposition"] == f'attachment; filename="{scope}-{number}-transfers.csv"'
        assert rows(answer.body) == [list(FIELDS)]


def test_awards_in_both_shapes(portal: Portal, ids: tuple[int, int, int]) -> None:
    assert rows(portal.ask(f"/fund/{ids[0]}/awards.csv").body) == [list(TITLES)]
    assert json.loads(portal.ask(f"/fund/{ids[0]}/awards.json").body) == {"grants": []}


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_the_dictionary_speaks_the_language(portal: Portal, lang: str) -> None:
    header, *found = rows(portal.ask(f"/fund/fields.csv?lang={lang}").body)
    assert [row[0] for row in found] == list(FIELDS) and all(row[1] for row in found)
    assert header == (["column", "meaning"] if lang == "en" else ["列名", "说明"])


@pytest.mark.parametrize("number", ["0", "99", "-1", "x", "1e3", "99999999999999999999"])
def test_there_is_nothing_of_what_is_not(portal: Portal, ids: tuple[int, int, int], number: str) -> None:
    for path in ("fund/{}/transfers.csv", "round/{}/transfers.csv", "project/{}/transfers.csv",
                 "fund/{}/awards.csv", "fund/{}/awards.json"):  # fmt: skip
        answer = portal.ask("/" + path.format(number))
        assert answer.status == 404 and "没有这本账" in answer.text


def test_a_project_that_was_not_funded_has_no_books(portal: Portal, ids: tuple[int, int, int]) -> None:
    with audit.transaction() as session:
        session.get_one(Project, ids[2]).state = "not_funded"
    assert portal.ask(f"/project/{ids[2]}/transfers.csv").status == 404
