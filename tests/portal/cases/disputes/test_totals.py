"""What the public is told of disputes: whole quarters, whole fives, large areas."""

from datetime import UTC, datetime, timedelta

import pytest

from portal import areas, audit, clock, rollups
from portal.acts import VISITOR
from portal.board import DisputeTotals, at_least, disputes, rates
from portal.errors import Refused
from tests.fixtures.town import CELL, CITY, COMMUNITY, STREET, People
from tests.portal.cases.disputes.conftest import Room
from tests.portal.cases.steps import look, refused

NOW = datetime(2026, 8, 14, 4, 0, tzinfo=UTC)


def counted(measure: str, n: int, at: datetime) -> None:
    tree = areas.tree()
    with audit.transaction() as session:
        rollups.count(
            session, measure, area_ids=tree.ids_up(tree.by_path(CELL).id), kind="dispute",
            category="dispute_noise", n=n, at=at,
        )  # fmt: skip


def told(path: str = COMMUNITY) -> DisputeTotals:
    found: DisputeTotals = look(disputes, VISITOR, areas.tree().by_path(path).id)
    return found


def test_rounding_down() -> None:
    assert [at_least(n) for n in (0, 1, 4, 5, 9, 10, 14)] == [None, None, None, 5, 5, 10, 10]


def test_below_five_nothing_is_told_and_above_whole_fives(people: People) -> None:
    with clock.at(NOW):
        counted("posted", 4, NOW - timedelta(days=100))
        assert told().brought is None
        counted("posted", 1, NOW - timedelta(days=90))
        assert told().brought == 5
        counted("posted", 4, NOW - timedelta(days=80))
        assert told().brought == 5
        counted("agreed", 6, NOW - timedelta(days=80))
        counted("not_agreed", 3, NOW - timedelta(days=80))
        assert (told(STREET).agreed, told(CITY).not_agreed) == (5, None)


def test_the_running_quarter_and_what_is_older_than_four_is_not_told(people: People) -> None:
    with clock.at(NOW):
        counted("posted", 20, NOW - timedelta(days=2))
        counted("posted", 20, datetime(2025, 6, 30, 4, tzinfo=UTC))
        found = told()
        assert (found.since_on.isoformat(), found.until_on.isoformat(), found.brought) == (
            "2025-07-01",
            "2026-06-30",
            None,
        )
        counted("posted", 5, datetime(2025, 7, 1, 4, tzinfo=UTC))
        assert told().brought == 5
    with clock.at(datetime(2026, 10, 1, 4, tzinfo=UTC)):
        assert told().brought == 20


@pytest.mark.parametrize("month", range(1, 13))
def test_the_quarters_of_every_month(people: People, month: int) -> None:
    with clock.at(datetime(2026, month, 28, 4, tzinfo=UTC)):
        found = told()
    assert found.until_on + timedelta(days=1) == found.since_on.replace(year=found.since_on.year + 1)
    assert found.since_on.month in (1, 4, 7, 10) and found.since_on.day == 1


def test_small_areas_are_not_told_and_there_is_no_other_way(people: People) -> None:
    with refused("not_offered", field="area"):
        told(CELL)
    with refused("not_offered", field="kind"):
        look(rates, VISITOR, areas.tree().root.id, kind="dispute")
    with pytest.raises(Refused):
        look(rates, VISITOR, areas.tree().root.id, kind="no such kind")


def test_real_disputes_are_counted_once_each(room: Room) -> None:
    for hours in range(0, 10, 2):
        with clock.at(NOW + timedelta(hours=hours)):
            room.agreed()
    with clock.at(datetime(2026, 10, 2, 4, tzinfo=UTC)):
        found = told()
    assert (found.brought, found.agreed, found.not_agreed) == (5, 5, None)
