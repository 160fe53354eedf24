"""What must hold of all that stands in the books, at any moment of any history."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise

from sqlalchemy import text
from sqlmodel import Session, col, select

from db.engine import reading
from db.models.audit import AuditRow
from db.models.cases import Case, CaseArea, KindName, Outcome, Standing, State, Support
from db.models.disputes import Agreement, Consent, Party, Recusal
from db.models.errands import Seat, Slot
from db.models.helping import NoShow, Skill
from db.models.oversight import SubOrder
from portal import areas, clock, limits
from portal.acts import ACTS, Who
from portal.cases import network
from portal.cases.acts import FINAL, HELD
from portal.cases.hall import hall
from portal.cases.kinds import KINDS
from portal.cases.lifecycle import clock_of, due_at, next_at, replay, standing
from portal.cases.matching import paused_until
from portal.cases.setup import setup
from tests.portal.cases.histories.play import Play

ANSWERED = (State.DONE, State.CLOSED)
TIMED = ("case.book", "case.rebook", "case.restore")


class Books:
    """Reads what the chain got since the last look, and checks everything that stands in the database against it."""

    def __init__(self) -> None:
        self.seq = 0
        self.stories: defaultdict[str, list[AuditRow]] = defaultdict(list)

    def check(self, play: Play) -> None:
        with reading() as session:
            cases = list(session.exec(select(Case).order_by(col(Case.id))).all())
            new = session.exec(select(AuditRow).where(col(AuditRow.seq) > self.seq).order_by(col(AuditRow.seq))).all()
            for row in new:
                self.seq = row.seq
                self.stories[row.thing].append(row)
            for case in cases:
                story = self.stories[f"cases:{case.id}"]
                check_state(case, story)
                check_secrecy(case, (row for row in new if row.thing == f"cases:{case.id}"))
                check_clock(case, story)
                check_hold(case)
                check_desk(case, story)
            check_rows(session, cases)
            check_slots(session, cases, self.stories)
            check_disputes(session, cases, self.stories)
            check_units(session, cases)
            check_hall(session, play, cases)


def appointments(now: datetime) -> list[int | None]:
    """The cases that wait for the clockwork."""
    with reading() as session:
        return list(session.exec(select(Case.id).where(col(Case.next_at) <= now)).all())


def check_state(case: Case, story: list[AuditRow]) -> None:
    """One declared state, to which the timeline leads step by step; and all that hangs on the state."""
    state = ""
    for row in story:
        assert row.from_state == state, row
        assert row.to_state == (ACTS[row.act].to or state), row
        state = row.to_state
    assert case.state == state and case.state in set(State)
    assert case.standing == standing(case.state, case.outcome, case.hidden or case.private)
    assert (case.standing == Standing.SOLVED) <= (case.outcome == Outcome.SOLVED and case.state == State.CLOSED)
    assert not (case.state in ANSWERED and not case.answer), "nothing is closed without a reply"
    assert (case.state in ANSWERED) <= (case.claimed != "" and case.answered_at is not None)
    assert (case.state == State.CLOSED) == (case.closed_at is not None)
    assert case.reopened == sum(row.act == "case.reopen" for row in story)
    assert (case.merged_into_id is not None) == (case.state == State.MERGED)


def check_secrecy(case: Case, new: Iterable[AuditRow]) -> None:
    """What is private stands nowhere in public: neither the case nor any row left while it was."""
    kind = KINDS[case.kind]
    assert case.private == kind.private(case.private), "no kind is more public than declared"
    assert not (case.private and case.standing), case
    for row in new:
        assert row.public == (ACTS[row.act].public and not case.private), row
    if kind.visible == "private":
        assert case.supporters == 0


def check_clock(case: Case, story: list[AuditRow]) -> None:
    """The stored clock is the one that the timeline gives, and the clockwork comes no later than it must."""
    plan = setup()
    target = plan.target_for(case)
    steps = [(row.act, row.to_state, row.at) for row in story if row.to_state != row.from_state]
    again = replay(steps, target, plan)
    assert clock_of(case) == again
    if case.state in (State.DRAFT, State.WITHDRAWN):
        return
    assert (case.due_at, case.half_at) == (due_at(again, target, plan), due_at(again, target, plan, 0.5))
    assert case.target_class == target.name
    wanted = next_at(case, {}, plan, target)
    assert wanted is None or (case.next_at is not None and case.next_at <= wanted), (case, wanted)
    assert not (case.state in FINAL and case.kind != KindName.DISPUTE and case.next_at), "over is over"


def check_hold(case: Case) -> None:
    """Who holds it, where it waits, and how far it was offered."""
    assert case.in_hall <= (case.state == State.OPEN)
    assert (case.state in (*HELD, State.DISPATCHED)) <= (case.holder_id is not None)
    assert (case.state == State.OPEN) <= (case.holder_id is None)
    assert (case.holder_id is None) == (case.held_as == "")
    assert (case.state in HELD and case.held_as == "volunteer") <= (case.hold_until_at is not None)
    assert (case.state == State.CLAIMED) <= (case.held_as == "volunteer")
    assert (case.urgency > 0) == (case.kind == KindName.HELP)
    if case.kind == KindName.HELP:
        assert 0 <= case.wave <= limits.WAVES and (case.wave > 0) == (case.offered_at is not None)
        assert case.in_hall <= (case.wave > 0)
    else:
        assert (case.wave, case.offered_at) == (0, None)


def check_desk(case: Case, story: list[AuditRow]) -> None:
    """The desk is above the case, and moved one level at a time, never beyond the town."""
    assert case.area_path.startswith(case.desk_path)
    last = max((n for n, row in enumerate(story) if row.act == "case.reopen"), default=0)
    assert case.missed == sum(row.act == "case.climb" for row in story[last:])
    desk = ""
    for row in story:
        if row.act in ("case.climb", "case.escalate", "case.hand_down"):
            ways = [desk, row.facts["desk"]] if row.act != "case.hand_down" else [row.facts["desk"], desk]
            low, high = ways
            assert not desk or areas.tree().ancestors(low)[-2].path == high
            desk = row.facts["desk"]
        if row.act in ("case.mend", "case.reopen", "case.rebook"):
            desk = ""
    assert not desk or case.desk_path == desk


def check_rows(session: Session, cases: list[Case]) -> None:
    """Supporters, areas and the search index hold what the case says."""
    supported = Counter(session.exec(select(Support.case_id)).all())
    placed = defaultdict(set)
    for case_id, area_id in session.exec(select(CaseArea.case_id, CaseArea.area_id)):
        placed[case_id].add(area_id)
    number = "rowid" if session.get_bind().dialect.name == "sqlite" else "case_id"
    indexed = {row[0] for row in session.execute(text(f"SELECT {number} FROM case_words"))}
    for case in cases:
        assert case.supporters == supported[case.id or 0]
        if case.started_at is not None:
            assert placed[case.id or 0] == set(areas.tree().ids_up(case.area_id))
        assert not (case.private and case.id in indexed), "what is private cannot be searched for"
        assert (case.standing != "" and case.body != "") <= (case.id in indexed)


def check_slots(session: Session, cases: list[Case], stories: dict[str, list[AuditRow]]) -> None:
    """Places taken are those of live bookings, and no slot is sold twice.

    A booking that was declined, and opened again by an appeal, has no time before another one is chosen.
    """
    seats = session.exec(select(Seat).order_by(col(Seat.starts_at))).all()
    held = Counter((seat.station_id, seat.starts_at) for seat in seats)
    for slot in session.exec(select(Slot)):
        assert slot.taken == held.pop((slot.station_id, slot.starts_at), 0) <= slot.places
    assert not held
    of_case = defaultdict(list)
    for seat in seats:
        of_case[seat.case_id].append((seat.station_id, seat.starts_at))
    for case in cases:
        times = of_case.pop(case.id or 0, [])
        assert bool(times) == (case.slot_at is not None), case
        assert not times or times[0] == (case.station_id, case.slot_at)
        assert all(later[1] > earlier[1] for earlier, later in pairwise(times))
        timed = [row.act for row in stories[f"cases:{case.id}"] if row.act in TIMED]
        assert (case.kind == KindName.ERRAND and case.state == State.OPEN) <= (
            bool(times) or timed[-1:] == ["case.restore"]
        )
        assert bool(times) <= (case.state in (State.OPEN, State.IN_PROGRESS, *ANSWERED))
    assert not of_case


def check_disputes(session: Session, cases: list[Case], stories: dict[str, list[AuditRow]]) -> None:
    """The parties are those with an account; nothing ends in an agreement to which not all have agreed."""
    sides = defaultdict(list)
    for party in session.exec(select(Party).order_by(col(Party.id))):
        sides[party.case_id].append(party)
    texts = defaultdict(list)
    for agreement in session.exec(select(Agreement).order_by(col(Agreement.number))):
        texts[agreement.case_id].append(agreement)
    agreed = {(given.agreement_id, given.party_id) for given in session.exec(select(Consent))}
    barred = set(session.exec(select(Recusal.case_id, Recusal.person_id)).all())
    for case in cases:
        parties, written = sides.pop(case.id or 0, []), texts.pop(case.id or 0, [])
        known = [party.person_id for party in parties if party.person_id is not None]
        assert sorted(case.party_ids) == sorted(known) and len(known) == len(set(known))
        if case.kind != KindName.DISPUTE:
            assert not parties and not written
            continue
        assert sum(party.brought_it for party in parties) == 1 and len(parties) >= 2
        assert (case.state in (State.DISPATCHED, *HELD)) <= ((case.id, case.holder_id) not in barred)
        assert case.holder_id is None or case.holder_id not in case.party_ids
        last = [row.act for row in stories[f"cases:{case.id}"] if row.to_state != row.from_state][-1:]
        if case.state == State.DONE or last == ["case.rate"]:
            assert case.answer == written[-1].words
            assert all((written[-1].id, party.id) in agreed for party in parties)
    assert not sides and not texts


def check_units(session: Session, cases: list[Case]) -> None:
    """Nothing is answered, nor over, while a unit has a part to do."""
    parts = defaultdict(list)
    for part in session.exec(select(SubOrder)):
        parts[part.case_id].append(part)
        assert (part.state in (network.TAKEN, network.DONE_STATE)) == (part.holder_id is not None) or (
            part.state == network.DROPPED
        )
    for case in cases:
        own = parts[case.id or 0]
        if case.state in (State.DONE, *FINAL):
            assert not [part for part in own if part.state in network.OPEN], case
        assert (case.scope == network.LARGE) == bool(own)
        assert {part.area_path for part in own if part.state != network.DROPPED} <= set(case.unit_paths)


def check_hall(session: Session, play: Play, cases: list[Case]) -> None:
    """A help order is seen in the hall by those of its wave alone."""
    missed = set(session.exec(select(NoShow.case_id, NoShow.person_id)).all())
    able = set(session.exec(select(Skill.person_id, Skill.category)).all())
    offered = [case for case in cases if case.in_hall and case.kind == KindName.HELP]
    for who in play.volunteers:
        seen = {note.id for note in hall(session, who, limit=100).rows if note.kind == KindName.HELP}
        paused = paused_until(session, who) is not None
        expected = {
            case.id for case in offered
            if not paused and case.poster_id != who.person_id and (case.id, who.person_id) not in missed
            and _wave(who, case, (who.person_id, case.category) in able) <= case.wave
        }  # fmt: skip
        assert seen == expected, (who.name, clock.now())


def _wave(who: Who, case: Case, skilled: bool) -> int:
    """In which wave an order comes to a volunteer; beyond all of them where it lies outside their areas."""
    if not who.holds("volunteer", case.area_path):
        return limits.WAVES + 1
    own = [who.home_path, *who.paths("volunteer")]
    levels = {place.level for place in areas.tree().ancestors(case.area_path) if place.path in own}
    if "cell" in levels:
        return 1 if skilled else 2
    return 2 if skilled and "community" in levels else limits.WAVES
