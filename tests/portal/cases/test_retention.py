"""Contacts go when their time is over, and nothing else does."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert
from sqlmodel import col, select

from db.engine import reading
from db.models.audit import AuditRow
from db.models.cases import FINISHED, Case, State
from db.models.disputes import Party
from db.models.notices import Notice
from db.models.oversight import Retention, RetentionRun
from db.models.rollups import Tally
from portal import areas, audit, clock, limits, notices, vault
from portal.acts import VISITOR, Who
from portal.cases import acts, post, retention, work
from portal.cases.kinds import KINDS, SMALLEST
from portal.cases.retention import cut_off
from portal.errors import Forbidden
from tests.fixtures.town import CELL, People
from tests.portal.accounts.town import race
from tests.portal.cases.steps import MONDAY, case, do, look, refused, staged

YEAR_LATER = MONDAY + timedelta(days=367)


def finished(people: People, kind: str = "wish", state: str = "closed", **changes: Any) -> int:
    """A case of this kind that came to its end on the Monday, with all that leads to a person."""
    place = areas.tree().by_path(CELL)
    with audit.transaction() as session:
        row = Case(
            kind=kind, private=kind not in ("wish", "opinion"), title="题", body="文", category="roads", state=state,
            area_id=place.id, area_path=CELL, desk_path=CELL, poster_id=people.resident.person_id, name_shown=True,
            contact_sealed=vault.seal("+8613900000001"), contact_mask="139****0001", receipt_hash=f"{kind}{state}",
            place="三栋二单元", lon=102.46, lat=24.91, tile=1, closed_at=MONDAY if state == "closed" else None,
            updated_at=MONDAY,
        )  # fmt: skip
        for name, value in changes.items():
            setattr(row, name, value)
        session.add(row)
        session.flush()
        return row.id or 0


def bare(case_id: int) -> bool:
    found = case(case_id)
    kept = (found.contact_sealed, found.contact_mask, found.receipt_hash, found.name_shown)
    assert (found.anonymised_at is not None) == (kept == (None, "", None, False))
    return found.anonymised_at is not None


def counts() -> list[tuple[str, int]]:
    with reading() as session:
        return [(run.kind, run.cases) for run in session.exec(select(RetentionRun).order_by(RetentionRun.kind))]


def test_it_begins_with_a_time_for_every_kind(people: People) -> None:
    assert look(retention.months, VISITOR) == {"wish": 12, "opinion": 12, "help": 6, "errand": 6, "dispute": 36}


@pytest.mark.parametrize("kind", KINDS)
def test_the_contact_goes_when_the_time_of_its_kind_is_over(people: People, kind: str) -> None:
    case_id = finished(people, kind)
    over = MONDAY.replace(year=2026 + 3) if kind == "dispute" else MONDAY
    over = over if kind == "dispute" else MONDAY.replace(year=2027) if kind in ("wish", "opinion") else _half_a_year()
    with clock.at(over):
        assert retention.run() == 0 and not bare(case_id)
    with clock.at(over + timedelta(seconds=1)):
        assert retention.run() == 1 and bare(case_id)
    found, private = case(case_id), kind in ("help", "errand", "dispute")
    assert (found.place, found.lon, found.lat, found.tile) == (("", None, None, None) if private else
                                                               ("三栋二单元", 102.46, 24.91, 1))  # fmt: skip
    assert (found.title, found.body, found.poster_id) == ("题", "文", people.resident.person_id)
    assert counts() == [(kind, 1)]


def _eight(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 8, tzinfo=UTC)


def _half_a_year() -> datetime:
    return MONDAY.replace(year=2027, month=1)


@pytest.mark.parametrize("state", State)
def test_only_what_is_over_is_touched(people: People, state: str) -> None:
    case_id = finished(people, state=state)
    with clock.at(YEAR_LATER):
        retention.run()
    assert bare(case_id) == (state in acts.FINAL)
    assert set(acts.FINAL) == {s for s in State if f"'{s}'" in FINISHED}


def test_the_parties_of_a_dispute_lose_name_and_phone(people: People) -> None:
    case_id = finished(people, "dispute")
    with audit.transaction() as session:
        session.add(Party(case_id=case_id, name_sealed="x", name_mask="张*兰", phone_sealed="y", phone_mask="139****1"))
    with clock.at(MONDAY + timedelta(days=3 * 366)):
        retention.run()
    with reading() as session:
        party = session.exec(select(Party)).one()
    assert (party.name_sealed, party.name_mask, party.phone_sealed, party.phone_mask) == (None, "", None, "")


def test_the_person_still_finds_it_and_the_numbers_stay(people: People) -> None:
    with clock.at(MONDAY):
        case_id = staged(people, "closed", contact="13912345678")
    with reading() as session:
        before = [t.model_dump() for t in session.exec(select(Tally))]
    with clock.at(YEAR_LATER):
        assert retention.run() == 1
    with reading() as session:
        assert [t.model_dump() for t in session.exec(select(Tally))] == before
        assert audit.verify(session).ok
        row = session.exec(select(AuditRow).where(AuditRow.act == "case.anonymise")).one()
    assert not row.public and row.role == "system"
    assert look(post.one, people.resident, case_id).poster_id == people.resident.person_id
    assert look(post.one, VISITOR, case_id).standing == "solved"


def test_it_is_done_once_and_in_batches_by_any_number_of_processes(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 7)
    for n in range(3):
        finished(people, receipt_hash=str(n))
    row = case(1).model_dump(exclude={"id"})
    with audit.transaction() as session:
        session.execute(insert(Case), [row | {"receipt_hash": f"r{n}"} for n in range(40)])

    def run() -> int:
        with clock.at(YEAR_LATER):
            return retention.run()

    ends = race(4, run)
    assert not [end for end in ends if isinstance(end, Exception)] and sum(ends) == 43
    assert run() == 0 and counts() == [("wish", 43)]
    with reading() as session:
        rows = session.exec(select(AuditRow).where(AuditRow.act == "case.anonymise")).all()
        assert session.exec(select(Case).where(col(Case.anonymised_at).is_(None))).all() == []
    assert len({r.thing for r in rows}) == len(rows) == 43, "each once"


def test_in_public_no_small_group_of_what_is_private_is_told(people: People) -> None:
    for kind, n in (("wish", 1), ("help", SMALLEST - 1), ("errand", SMALLEST), ("dispute", SMALLEST)):
        for number in range(n):
            finished(people, kind, receipt_hash=f"{kind}{number}")
    with clock.at(MONDAY + timedelta(days=366 * limits.RETENTION_MONTHS // 12)):
        retention.run()
    told = {run.kind: run.cases for run in look(retention.runs, VISITOR)}
    assert told == {"wish": 1, "help": None, "errand": SMALLEST}, "of disputes there are only yearly totals"
    assert dict(counts())["dispute"] == SMALLEST


def test_a_message_that_waits_for_the_phone_goes_too(people: People) -> None:
    case_id = finished(people)
    with audit.transaction() as session:
        notices.tell(session, None, "case_closed", case_id=case_id, phone_sealed="z", title="题")
    with clock.at(YEAR_LATER):
        retention.run()
    with reading() as session:
        notice = session.exec(select(Notice).where(Notice.case_id == case_id)).one()
    assert (notice.phone_sealed, notice.due_at) == (None, None)


def test_an_admin_sets_the_time_and_it_is_in_the_books(people: People) -> None:
    assert do(retention.set_months, people.admin, {"wish": 1, "help": 6}) == 1
    with reading() as session:
        row = session.exec(select(AuditRow).where(AuditRow.act == "setup.retention")).one()
        assert session.get_one(Retention, "wish").months == 1
    assert row.public and row.facts == {"kind": "wish", "from": 12, "months": 1}
    for wrong in (0, limits.RETENTION_MONTHS + 1, "12"):
        with refused("retention_months"):
            do(retention.set_months, people.admin, {"wish": wrong})
    with refused("retention_months"):
        do(retention.set_months, people.admin, {"gossip": 12})
    for who in (people.staff, people.resident, VISITOR, Who(person_id=9, duties=frozenset({("admin", CELL)}))):
        with pytest.raises(Forbidden):
            do(retention.set_months, who, {"wish": 1})


@pytest.mark.parametrize(
    ("now", "months", "before"),
    [
        ((2027, 3, 31), 1, (2027, 2, 28)),
        ((2028, 3, 31), 1, (2028, 2, 29)),
        ((2027, 1, 15), 1, (2026, 12, 15)),
        ((2027, 7, 6), 12, (2026, 7, 6)),
        ((2027, 7, 6), 36, (2024, 7, 6)),
        ((2027, 12, 1), 12, (2026, 12, 1)),
    ],
)
def test_months_are_those_of_the_calendar(now: Any, months: int, before: Any) -> None:
    assert cut_off(_eight(*now), months) == _eight(*before)


def test_what_goes_on_keeps_its_contact(people: People) -> None:
    with clock.at(MONDAY):
        case_id = staged(people, "in_progress", contact="13912345678")
    with clock.at(YEAR_LATER):
        assert retention.run() == 0
        do(work.finish, people.grid_worker, case_id, "终于好了")
    assert case(case_id).contact_sealed is not None
