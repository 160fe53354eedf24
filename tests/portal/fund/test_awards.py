"""Award rows in the shape of the 360Giving standard; residents are recipients without a name."""

from typing import Any

import orjson
import pytest

from db.models.accounts import Person
from db.models.fund import Project
from portal import audit
from portal.fund import awards
from portal.http import openbooks
from tests.fixtures.fund import FundPeople, add_round
from tests.portal.fund.purse import award
from tests.portal.fund.works import Works, works

CORE = (
    "Identifier", "Title", "Description", "Currency", "Amount Awarded", "Award Date", "Funding Org:Identifier",
    "Funding Org:Name",
)  # fmt: skip
"""What the standard asks of every grant, beside a recipient that is an organization or an individual."""


@pytest.fixture
def at(funders: FundPeople) -> Works:
    return works(funders)


def rows(at: Works) -> list[dict[str, str]]:
    header, *found = awards.table(at.money.fund_id)
    return [dict(zip(header, row, strict=True)) for row in found]


def of_organization(at: Works, name: str) -> None:
    with audit.transaction() as session:
        session.get_one(Project, at.id).organization = name


def test_a_residents_project_names_nobody(at: Works) -> None:
    with audit.transaction() as session:
        session.get_one(Person, at.lead.person_id).name = "王秀英"
    (row,) = rows(at)
    assert all(row[name] for name in CORE)
    assert (row["Identifier"], row["Currency"], row["Amount Awarded"]) == (f"530181-project-{at.id}", "CNY", "20000.00")
    assert (row["Recipient Ind:Name"], row["Recipient Org:Name"]) == ("Individual Recipient", "")
    assert row["Recipient Ind:Identifier"] == f"530181-project-{at.id}-recipient"
    assert (row["Beneficiary Location:Latitude"], row["Beneficiary Location:Longitude"]) == ("", "")
    assert "王秀英" not in str(rows(at))


def test_an_organization_is_named_and_known_again(at: Works) -> None:
    of_organization(at, "安宁社工站")
    (row,) = rows(at)
    assert (row["Recipient Org:Name"], row["Recipient Ind:Identifier"], row["Recipient Ind:Name"]) == (
        "安宁社工站",
        "",
        "",
    )
    assert row["Beneficiary Location:Latitude"].startswith("24.")
    with audit.transaction() as session:
        fund = session.get_one(awards.Fund, at.money.fund_id)
        turn, (other,) = add_round(session, fund, "finished", costs=[100])
        other.state, other.organization = "funded", "安宁社工站"
        session.flush()
    at.money.round_id, first = turn.id or 0, at.money.round_id
    at.money.set_state(awards.Round, "publishing")
    at.money.post("appropriation", "1")
    at.money.set_state(awards.Round, "finished")
    at.money.round_id = first
    with audit.transaction() as session:
        award(session, session.get_one(awards.Fund, at.money.fund_id), session.get_one(awards.Round, turn.id),
              session.get_one(Project, other.id))  # fmt: skip
    assert len({row["Recipient Org:Identifier"] for row in rows(at)}) == 1 and len(rows(at)) == 2


def test_dates_and_what_was_paid(at: Works) -> None:
    at.begin()
    at.money.post("instalment", "4000.50", milestone_id=at.accepted("4000.50", days=10))
    at.plan(days=60)
    (row,) = rows(at)
    assert row["Amount Disbursed"] == "4000.50"
    assert row["Planned Dates:Start Date"] == row["Award Date"] < row["Planned Dates:End Date"]


def test_the_json_is_that_of_the_standard(at: Works) -> None:
    package: dict[str, Any] = orjson.loads(b"".join(openbooks._grants(at.money.fund_id)))
    (grant,) = package["grants"]
    assert {
        "id",
        "title",
        "description",
        "currency",
        "amountAwarded",
        "awardDate",
        "fundingOrganization",
    } <= grant.keys()
    assert grant["amountAwarded"] == 20000 and grant["recipientIndividual"]["name"] == "Individual Recipient"
    assert "recipientOrganization" not in grant and "latitude" not in grant["beneficiaryLocation"][0]
    of_organization(at, "安宁社工站")
    (grant,) = orjson.loads(b"".join(openbooks._grants(at.money.fund_id)))["grants"]
    assert grant["recipientOrganization"][0]["name"] == "安宁社工站" and "recipientIndividual" not in grant


def test_many_awards_come_in_steps(at: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(awards, "STEP", 1)
    assert len(rows(at)) == 1 and len(list(awards.grants(at.money.fund_id))) == 1
    assert list(awards.grants(99_999)) == []
