"""What the busy queries cost: each goes along an index, and none looks at every case."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import event, insert
from sqlmodel import Session, col, select

from db.engine import engine, is_sqlite, reading
from db.models.cases import Case, CaseArea
from db.models.rollups import Tally
from portal import areas, audit, board, clock
from portal.acts import VISITOR, Who
from portal.cases import appeals, callbacks, calling, echo, inbox, lists, post, quality, retention, similar
from portal.cases.contents import first_desk
from portal.cases.inbox import Wanted
from portal.cases.wall import Filters, wall
from portal.mydata import export
from tests.fixtures.town import CELL, COMMUNITY, STREET, People
from tests.portal.cases.conftest import Standing
from tests.portal.cases.steps import MONDAY, wish

CASES = 5_000
STATES = [("screening", ""), ("open", "open"), ("in_progress", "open"), ("done", "open"), ("closed", "solved"),
          ("closed", "not_solved"), ("declined", "declined"), ("withdrawn", "")]  # fmt: skip


@pytest.fixture
def busy(standing_town: Standing) -> People:
    """Five thousand cases in all cells, without ANALYZE."""
    if not standing_town.kept:
        with audit.transaction() as session:
            fill(session, standing_town.people)
        standing_town.kept["full"] = True
        if not is_sqlite():  # as its autovacuum does, which the tests have switched off
            with engine().connect() as connection:
                connection.exec_driver_sql("ANALYZE")
                connection.commit()
    return standing_town.people


def fill(session: Session, people: People) -> None:
    chance, cells = Random(3), areas.tree().cells()
    rows: list[dict[str, Any]] = []
    for number in range(1, CASES + 1):
        cell, (state, standing) = chance.choice(cells), chance.choice(STATES)
        lon, lat = (cell.lon or 0) + chance.gauss(0, 0.002), (cell.lat or 0) + chance.gauss(0, 0.002)
        at = MONDAY + timedelta(minutes=number)
        answered = at if state in ("done", "closed") else None
        rows.append(
            Case(
                title=f"心愿 {number}", body="…", category=chance.choice(("roads", "noise", "lighting")), state=state,
                standing=standing, area_id=cell.id, area_path=cell.path, desk_path=first_desk(cell.path),
                lon=lon, lat=lat, tile=areas.tile_of(lon, lat), supporters=chance.randrange(9), started_at=at,
                answered_at=answered,
                kind="opinion" if number % 7 == 0 else "wish", answer_hash=f"{number % 50:032}" if answered else "",
                in_hall=state == "open" and chance.random() < 0.5, poster_id=people.stranger.person_id,
                due_at=at if state == "open" else None, next_at=at if number % 50 == 0 else None,
            ).model_dump(exclude={"id"}) | {"id": number}
        )  # fmt: skip
    session.execute(insert(Case), rows)
    above = [{"area_id": a, "case_id": r["id"]} for r in rows for a in areas.tree().ids_up(r["area_id"])]
    session.execute(insert(CaseArea), above)
    days = [{"day_on": clock.day_of(MONDAY + timedelta(days=d)), "area_id": p.id, "kind": "wish", "category": c,
             "measure": m, "bucket": 0, "n": 1} for d in range(30) for p in cells for c in ("roads", "noise")
            for m in ("posted", "done")]  # fmt: skip
    session.execute(insert(Tally), days)


def plans(look: Callable[[Session], object]) -> list[list[str]]:
    """How the database goes about each statement of a read, line by line."""
    asked: list[tuple[str, Any]] = []

    def hear(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            asked.append((statement, parameters))

    event.listen(engine(), "before_cursor_execute", hear)
    try:
        with reading() as session:
            look(session)
    finally:
        event.remove(engine(), "before_cursor_execute", hear)
    with engine().connect() as connection:
        if not is_sqlite():  # ask for what it can do, not for what it likes while a table is small
            connection.exec_driver_sql("SET enable_seqscan = off")
        command = "EXPLAIN QUERY PLAN " if is_sqlite() else "EXPLAIN "
        return [[str(row[-1]) for row in connection.exec_driver_sql(command + s, p)] for s, p in asked]


LARGE = "cases|case_area|tally|support|photo|audit|notice|sub_order|appeal|reply_flag"
FULL_SCAN = re.compile(rf"^SCAN ({LARGE})\b(?!.* USING (COVERING )?INDEX)|Seq Scan on ({LARGE})")
Read = Callable[[Session, People], object]


def tab_of(tab: str, role: str) -> Read:
    """One tab of the inbox, as whoever holds `role` reads it."""
    return lambda s, p: inbox.queue(s, getattr(p, role), tab)


READS: dict[str, Read] = {
    "newest": lambda s, p: wall(s, p.resident, Filters()),
    "next page": lambda s, p: wall(s, p.resident, Filters(), "2500"),
    "standing": lambda s, p: wall(s, VISITOR, Filters(standing="solved")),
    "category": lambda s, p: wall(s, VISITOR, Filters(category="noise")),
    "supported": lambda s, p: wall(s, VISITOR, Filters(order="supported")),
    "supported next": lambda s, p: wall(s, VISITOR, Filters(order="supported"), "4:2500"),
    "cell": lambda s, p: wall(s, VISITOR, Filters(area_path=CELL)),
    "community": lambda s, p: wall(s, VISITOR, Filters(area_path=COMMUNITY), "2500"),
    "supported in a community": lambda s, p: wall(s, VISITOR, Filters(area_path=COMMUNITY, order="supported")),
    "supported in a street": lambda s, p: wall(s, VISITOR, Filters(area_path=STREET, order="supported")),
    "nearest": lambda s, p: wall(s, VISITOR, Filters(order="nearest", lon=102.45, lat=24.91)),
    "text": lambda s, p: wall(s, VISITOR, Filters(text="心愿 77")),
    "text supported": lambda s, p: wall(s, VISITOR, Filters(text="心愿", order="supported")),
    "echoes": lambda s, p: echo.echoes(s, VISITOR),
    "echoes of an area": lambda s, p: echo.echoes(s, VISITOR, CELL),
    "echoes of opinions": lambda s, p: echo.echoes(s, VISITOR, kinds=("opinion",)),
    "echoes next": lambda s, p: echo.echoes(s, VISITOR, "", f"{MONDAY.timestamp() + 9000:.6f}:2500"),
    "opinions": lambda s, p: wall(s, VISITOR, Filters(kind="opinion")),
    "opinions of a community": lambda s, p: wall(s, VISITOR, Filters(kind="opinion", area_path=COMMUNITY)),
    "similar opinions": lambda s, p: similar.similar(
        s, VISITOR, "意见 7", "…坏了", "roads", cell_id(), None, None, "opinion"
    ),
    "waiting alike": lambda s, p: similar.waiting_alike(s, p.staff, a_case(s)),
    "same reply": lambda s, p: quality.sent_times(s, "7".zfill(32)),
    "flags": lambda s, p: quality.flags(s, p.street_staff),
    "appeals": lambda s, p: appeals.waiting(s, p.staff),
    "decision": lambda s, p: appeals.decision(s, a_case(s, "declined")),
    **{f"tab {tab}": tab_of(tab, "staff") for tab in inbox.TABS},
    **{f"cell {tab}": tab_of(tab, "grid_worker") for tab in inbox.TABS},
    "tab narrowed": lambda s, p: inbox.queue(s, p.staff, "to_send", None, Wanted(category="noise", area_path=CELL)),
    "below": lambda s, p: inbox.queue(s, p.street_staff, "running", None, Wanted(desk="below")),
    "above": lambda s, p: inbox.queue(s, p.staff, "running", "2500", Wanted(desk="above")),
    "counts": lambda s, p: inbox.counts(s, p.staff),
    "counts below": lambda s, p: inbox.counts(s, p.street_staff, Wanted(desk="below")),
    "counts of a cell": lambda s, p: inbox.counts(s, p.grid_worker),
    "hall": lambda s, p: lists.hall(s, p.volunteer),
    "mine": lambda s, p: lists.mine(s, p.resident, "posted"),
    "took": lambda s, p: lists.mine(s, p.grid_worker, "took"),
    "supported by me": lambda s, p: lists.mine(s, p.resident, "supported"),
    "in hand": lambda s, p: lists.in_hand(s, p.grid_worker),
    "call-backs": lambda s, p: calling.waiting(s, p.staff),
    "draws": lambda s, p: callbacks.draws(s, VISITOR),
    "kept too long": lambda s, p: retention._due(s, "wish", [col(Case.closed_at) < MONDAY], 200),
    "own data": lambda s, p: export.collect(s, p.resident),
    "similar": lambda s, p: similar.similar(s, VISITOR, "路灯坏了不亮", "请修好", "roads", cell_id(), None, None),
    "board": lambda s, p: board.rates(s, VISITOR, cell_id()),
}


def cell_id() -> int:
    return areas.tree().by_path(CELL).id


def a_case(session: Session, state: str = "open") -> Case:
    """Some case of the cell."""
    return session.exec(select(Case).where(Case.area_path == CELL, Case.state == state).limit(1)).one()


@pytest.mark.parametrize("name", READS)
def test_no_read_looks_at_every_case(busy: People, name: str) -> None:
    found = [line for plan in plans(lambda session: READS[name](session, busy)) for line in plan]
    assert found
    assert [line for line in found if FULL_SCAN.search(line)] == [], "\n".join(found)


def test_a_scan_would_be_noticed(busy: People) -> None:
    (plan,) = plans(lambda session: session.exec(select(Case).where(col(Case.body) == "x")).all())
    assert any(FULL_SCAN.search(line) for line in plan)


@pytest.mark.parametrize("tab", inbox.STEPS)
def test_a_desk_is_read_along_its_own_key(busy: People, tab: str) -> None:
    """Desk and state are equal, so that the page is read in order and nothing else of the town is looked at."""
    asked = plans(lambda session: inbox.queue(session, busy.far_staff, tab))
    plan = next(plan for plan in asked if any("cases" in line for line in plan))  # a check of the areas may come first
    keyed = [line for line in plan if "desk_queue" in line]
    assert keyed and not any("work_queue" in line for line in plan), "\n".join(plan)
    if is_sqlite():
        assert all(
            "desk_path=? AND state=? AND id>?" in line.replace(", ", "").replace("rowid", "id") for line in keyed
        )


@pytest.mark.parametrize(
    "name", ["newest", "standing", "category", "supported", "opinions", "echoes", "echoes of opinions"]
)
def test_the_wall_is_read_in_the_order_of_its_index(busy: People, name: str) -> None:
    """The statement that chooses the page: it stops after the page and sorts nothing."""
    plan = plans(lambda session: READS[name](session, busy))[0]
    assert not any("TEMP B-TREE" in line or re.search(r"\bSort\b", line) for line in plan), "\n".join(plan)


def test_the_clockwork_reads_only_what_is_due(busy: People) -> None:
    at = MONDAY + timedelta(minutes=120)
    due = select(Case.id).where(col(Case.next_at) <= at).order_by(col(Case.next_at)).limit(500)
    found = plans(lambda session: session.exec(due).all())
    assert any("clockwork" in line for plan in found for line in plan), found


def test_a_post_writes_a_handful_of_rows(people: People) -> None:
    """The cost of a post does not hang on how many there are: only statements by key."""
    asked: list[str] = []
    event.listen(engine(), "before_cursor_execute", lambda c, cur, statement, *rest: asked.append(statement))
    who: Who = replace(people.resident)
    with audit.transaction() as session:
        post.post(session, who, wish())
    assert len(asked) < 30, len(asked)


def test_the_hall_is_read_in_its_own_order(busy: People) -> None:
    """Each urgency along its stretch of the index of what is in the hall, whatever else there is; nothing is sorted."""
    found = plans(lambda session: lists.hall(session, busy.volunteer))
    reads = [plan for plan in found if any("INDEX hall" in line or "Scan using hall" in line for line in plan)]
    assert len(reads) == 4, found
    assert not any("TEMP B-TREE" in line or re.search(r"\bSort\b", line) for plan in reads for line in plan), reads
