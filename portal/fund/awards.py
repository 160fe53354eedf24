"""What the votes of a fund awarded, in the shape of the 360Giving Data Standard: one grant a row, or as JSON.

A project that a social organization proposed has that organization as its recipient. A resident is a recipient
without a name, as the standard asks for grants to individuals, and without the point on the map. The identifiers are
this portal's own: the area code of the town, the kind of thing and its number.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, func, select

from db.engine import reading
from db.models.fund import Fund, Project, Round
from db.models.ledger import Transfer, TransferKind
from db.models.works import Milestone, MilestoneState
from portal import areas, clock
from portal.acts import VISITOR
from portal.fund import accounts, transfers
from portal.fund.transfers import yuan

STEP = 200
TITLES = (
    "Identifier", "Title", "Description", "Currency", "Amount Awarded", "Amount Disbursed", "Award Date",
    "Planned Dates:Start Date", "Planned Dates:End Date", "Recipient Org:Identifier", "Recipient Org:Name",
    "Recipient Ind:Identifier", "Recipient Ind:Name", "Funding Org:Identifier", "Funding Org:Name",
    "Grant Programme:Code", "Grant Programme:Title", "Beneficiary Location:Name", "Beneficiary Location:Latitude",
    "Beneficiary Location:Longitude", "From An Open Call?", "Last Modified",
)  # fmt: skip
"""The field titles of the standard, in the order of the columns."""
CURRENCY = "CNY"
NOBODY = "Individual Recipient"
"""What stands for the name of a natural person, in the standard's own language."""


@dataclass(frozen=True)
class Award:
    """What the vote gave one project."""

    project_id: int
    title: str
    need: str
    amount_fen: int
    paid_fen: int
    awarded_on: date
    ends_on: date | None
    """When the last of its milestones is due."""
    organization: str
    """Who receives it; empty for a resident."""
    fund_id: int
    fund_name: str
    round_id: int
    round_name: str
    place: str
    lon: float | None
    lat: float | None
    updated_at: datetime


def all_of(fund_id: int) -> Iterator[Award]:
    """The awards of a fund, oldest first, in short reads of their own."""
    after = 0
    while True:
        with reading() as session:
            rows = transfers.of_kind(session, VISITOR, fund_id, TransferKind.AWARD, after, STEP)
            found = _awards(session, rows)
        yield from found
        if len(rows) < STEP:
            return
        after = rows[-1].id or 0


def table(fund_id: int) -> Iterator[list[str]]:
    """The awards of a fund as rows of a table, its header first."""
    yield list(TITLES)
    for award in all_of(fund_id):
        organization, person, recipient = award.organization, "", _recipient(award)
        if not organization:
            person, recipient = recipient, ""
        point = (award.lat, award.lon) if organization else (None, None)
        yield [
            _identifier("project", award.project_id), award.title, award.need, CURRENCY, yuan(award.amount_fen),
            yuan(award.paid_fen), award.awarded_on.isoformat(), award.awarded_on.isoformat(),
            award.ends_on.isoformat() if award.ends_on else "", recipient, organization, person,
            NOBODY if person else "", _identifier("fund", award.fund_id), award.fund_name,
            _identifier("round", award.round_id), award.round_name, award.place,
            *("" if degrees is None else f"{degrees:.6f}" for degrees in point), "Yes", _stamp(award.updated_at),
        ]  # fmt: skip


def grants(fund_id: int) -> Iterator[dict[str, Any]]:
    """The awards of a fund as the standard's JSON objects, for its list `grants`."""
    for award in all_of(fund_id):
        yield _grant(award)


def _grant(award: Award) -> dict[str, Any]:
    dates = {"startDate": award.awarded_on.isoformat()}
    if award.ends_on:
        dates["endDate"] = award.ends_on.isoformat()
    place: dict[str, str] = {"name": award.place, "countryCode": "CN"}
    if award.organization and award.lat is not None and award.lon is not None:
        place |= {"latitude": f"{award.lat:.6f}", "longitude": f"{award.lon:.6f}"}
    receives = {"id": _recipient(award), "name": award.organization or NOBODY}
    return {
        "id": _identifier("project", award.project_id),
        "title": award.title,
        "description": award.need or award.title,
        "currency": CURRENCY,
        "amountAwarded": _number(award.amount_fen),
        "amountDisbursed": _number(award.paid_fen),
        "awardDate": award.awarded_on.isoformat(),
        "plannedDates": [dates],
        **({"recipientOrganization": [receives]} if award.organization else {"recipientIndividual": receives}),
        "fundingOrganization": [{"id": _identifier("fund", award.fund_id), "name": award.fund_name}],
        "grantProgramme": [{"code": _identifier("round", award.round_id), "title": award.round_name}],
        "beneficiaryLocation": [place],
        "fromOpenCall": "Yes",
        "dateModified": _stamp(award.updated_at),
    }


def _awards(session: Session, rows: list[Transfer]) -> list[Award]:
    ids = [row.project_id or 0 for row in rows]
    joined = select(Project, Round, Fund).join(Round, col(Round.id) == col(Project.round_id))
    joined = joined.join(Fund, col(Fund.id) == col(Round.fund_id)).where(col(Project.id).in_(ids))
    found = {project.id: (project, turn, fund) for project, turn, fund in session.exec(joined)}
    due = select(Milestone.project_id, func.max(Milestone.due_on)).where(
        col(Milestone.project_id).in_(ids), Milestone.state != MilestoneState.CANCELLED
    )
    ends = dict(session.exec(due.group_by(col(Milestone.project_id))).all())
    paid = accounts.moneys(session, VISITOR, ids)
    return [
        _award(row, *found[row.project_id], ends.get(row.project_id or 0), paid[row.project_id or 0].paid_fen)
        for row in rows
    ]


def _award(row: Transfer, project: Project, turn: Round, fund: Fund, ends_on: date | None, paid_fen: int) -> Award:
    return Award(
        project_id=project.id or 0, title=project.title, need=project.need, amount_fen=row.amount_fen,
        paid_fen=paid_fen, awarded_on=clock.day_of(row.at), ends_on=ends_on, organization=project.organization,
        fund_id=fund.id or 0, fund_name=fund.name, round_id=turn.id or 0, round_name=turn.name,
        place=areas.tree().label(project.area_path), lon=project.lon, lat=project.lat, updated_at=project.updated_at,
    )  # fmt: skip


def _identifier(thing: str, number: int | str) -> str:
    """An identifier that is this portal's own: `530181-project-12`."""
    return f"{areas.tree().root.path.strip('/')}-{thing}-{number}"


def _recipient(award: Award) -> str:
    """The same for all awards to one organization; of a resident, one for each award, so that nothing joins them."""
    if not award.organization:
        return f"{_identifier('project', award.project_id)}-recipient"
    return _identifier("organization", hashlib.sha256(award.organization.encode()).hexdigest()[:12])


def _number(fen: int) -> int | float:
    return fen // 100 if fen % 100 == 0 else fen / 100


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
