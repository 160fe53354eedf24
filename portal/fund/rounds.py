"""Rounds: who sees which, what happened to one, making one from a template or an earlier one, changing its rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from db.models.audit import AuditRow
from db.models.fund import BallotType, Fund, Phase, PhasePlan, Round
from db.types import below
from portal import areas, clock, limits
from portal.acts import Who, allowed, demand, perform, thing_name
from portal.errors import NotFound, Refused, TooLate
from portal.fund import acts, planning
from portal.fund.locking import lock_text as lock_text
from portal.fund.planning import Stop as Stop
from portal.fund.planning import plan_of as plan_of
from portal.fund.terms import DRAW, Terms, columns, terms_of
from portal.inputs import clean, one_of

OVER = (Phase.FINISHED, Phase.CANCELLED)
TEMPLATES: Mapping[str, dict[str, Any]] = {
    "standard": {},
    "points": {"ballot_type": BallotType.POINTS, "points": 10, "rule": {"utility": "cost", "ties": DRAW}},
    "ranking": {
        "ballot_type": BallotType.RANKING,
        "scores": "5, 4, 3, 2, 1",
        "rule": {"utility": "points", "ties": DRAW},
    },
    "simple": {"ballot_type": BallotType.ONE, "rule": {"name": "greedy", "utility": "cost", "ties": DRAW}},
}
"""What a new round can start from, beside an earlier one."""
DAYS = {
    Phase.INFORMING: 0, Phase.ACCEPTING: 7, Phase.REVIEWING: 28, Phase.VALUATING: 38, Phase.DELIBERATING: 48,
    Phase.PUBLISHING: 58, Phase.BALLOTING: 65, Phase.REVIEWING_BALLOTS: 79, Phase.FINISHED: 83,
}  # fmt: skip
"""On which day after its start each phase of a new round begins."""
OPENS = timedelta(hours=9)
"""At what time of its day a phase begins, where nobody says otherwise."""
HISTORY = 50


@dataclass(frozen=True)
class New:
    """A round to be made: out of a template, or of the earlier round `copy_of`. `starts_on` is when it is announced."""

    fund_id: int
    name: str
    area_id: int
    budget: str
    starts_on: date
    template: str = "standard"
    copy_of: int | None = None
    allowed: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()


@dataclass(frozen=True)
class Event:
    """Something that happened to a round, as anybody may read it."""

    at: datetime
    act: str
    to_state: str
    role: str
    says: str | None
    facts: Mapping[str, Any]


def one(session: Session, who: Who, round_id: int) -> Round:
    """The round. Raises NotFound for one that was never announced, unless `who` is staff of its area."""
    row = session.get(Round, round_id) if 0 < round_id < 2**31 else None
    if row is None or not (_announced(session, row) or is_staff(who, row)):
        raise NotFound()
    return row


def find(session: Session, who: Who, round_id: int) -> Round | None:
    """As `one`; None where there is no such round, or none that `who` may read."""
    try:
        return one(session, who, round_id)
    except NotFound:
        return None


def course(session: Session, who: Who, round_id: int) -> list[Stop]:
    """The timeline of a round. Raises NotFound as `one`."""
    row = one(session, who, round_id)
    return planning.stops(row, plan_of(session, round_id))


def is_staff(who: Who, row: Round) -> bool:
    """Whether `who` may change the round's plan: for showing what staff see of it."""
    return any(who.holds(role, row.area_path) for role in acts.PLAN.who)


def listing(session: Session, who: Who, area_path: str = "", before: int | None = None) -> list[Round]:
    """Rounds that were announced, in an area or below it, newest first; at most a page. `before` is an id."""
    return _listed(session, area_path, before, col(Round.state) != Phase.DRAFTING)


def current(session: Session, who: Who, fund_id: int) -> list[Round]:
    """A fund's rounds that are under way, newest first."""
    return _of_fund(session, fund_id, None, col(Round.state).not_in([Phase.DRAFTING, *OVER]))


def past(session: Session, who: Who, fund_id: int, before: int | None = None) -> list[Round]:
    """A fund's rounds that came to a result, or were called off after they were announced; newest first, a page."""
    return _of_fund(session, fund_id, before, col(Round.state).in_(OVER))


def desk(session: Session, who: Who) -> list[Round]:
    """All rounds of the areas in which `who` is staff, drafts too, newest first; at most a desk's rows."""
    found: dict[int, Round] = {}
    for path in who.paths(*acts.EDIT_ROUND.who):
        low, high = below(path)
        query = select(Round).where(Round.area_path >= low, Round.area_path < high).order_by(col(Round.id).desc())
        found |= {row.id or 0: row for row in session.exec(query.limit(limits.DESK_ROWS))}
    return [found[number] for number in sorted(found, reverse=True)][: limits.DESK_ROWS]


def pressing(session: Session, who: Who) -> Round | None:
    """The newest round in which something can be done now: a vote before a call for proposals."""
    for state in (Phase.BALLOTING, Phase.ACCEPTING):
        found = session.exec(select(Round).where(Round.state == state).order_by(col(Round.id).desc()).limit(1)).first()
        if found is not None:
            return found
    return None


def doorplate(session: Session, who: Who) -> str | None:
    """What is written on the door of the fund: `.` and the phase of the pressing round, `_hint` while nothing presses;
    None where there is no fund."""
    if session.exec(select(Fund.id).limit(1)).first() is None:
        return None
    row = pressing(session, who)
    return f".{row.state}" if row else "_hint"


def history(session: Session, who: Who, round_id: int) -> list[Event]:
    """What happened to a round, newest first, at most fifty. Raises NotFound as `one`."""
    row = one(session, who, round_id)
    query = select(AuditRow).where(AuditRow.thing == thing_name(row), AuditRow.public)
    newest = session.exec(query.order_by(col(AuditRow.seq).desc()).limit(HISTORY))
    return [Event(r.at, r.act, r.to_state, r.role, r.says if r.says_public else None, r.facts) for r in newest]


def create(session: Session, who: Who, typed: New) -> int:
    """Make a round that only staff see yet; its id.

    Raises NotFound, Forbidden, and Refused for a field that cannot be, `outside_fund` among them.
    """
    fund = session.get(Fund, typed.fund_id)
    if fund is None:
        raise NotFound()
    row = Round(fund_id=fund.id or 0, area_id=typed.area_id, area_path=_within(fund, typed.area_id), name="")
    demand(who, acts.CREATE_ROUND, row)
    terms, days, about = _start(session, who, typed)
    named = clean("round_name", typed.name, limits.TITLE_CHARS)
    facts = {"fund": fund.id, "area": row.area_path}
    made = {"name": named, "about": about, **columns(terms), "created_by": who.person_id}
    perform(session, who, acts.CREATE_ROUND, row, facts=facts, created_at=clock.now(), **made)
    starts = {phase: clock.start_of(typed.starts_on) + since for phase, since in days.items()}
    planning.change(session, row, starts, Phase.DRAFTING)
    row.next_at = planning.next_at(Phase.DRAFTING, starts)
    session.add(row)
    session.flush()
    return row.id or 0


def edit(session: Session, who: Who, round_id: int, terms: Terms, version: int) -> int:
    """Change the rules of a round before voting opens; what changed stands in the public history.

    `version` is that of the row from which the form was filled. Raises NotFound, Forbidden, TooLate where somebody
    else changed it since, and Refused for a field that cannot be.
    """
    row = planning.held(session, round_id)
    demand(who, acts.EDIT_ROUND, row)
    new = columns(terms)
    facts = {name: value for name, value in new.items() if value != getattr(row, name)}
    return _change(session, who, row, version, new, facts)


def describe(session: Session, who: Who, round_id: int, name: str, about: str, area_id: int, version: int) -> int:
    """Change the name and the words of a round; its area only while it is a draft. Raises as `edit`."""
    row = planning.held(session, round_id)
    demand(who, acts.EDIT_ROUND, row)
    path = _within(session.get_one(Fund, row.fund_id), area_id)
    if area_id != row.area_id and row.state != Phase.DRAFTING:
        raise Refused("area_stays")
    new = {
        "name": clean("round_name", name, limits.TITLE_CHARS),
        "about": clean("round_about", about, limits.BODY_CHARS, required=False, lines=True),
        "area_id": area_id,
        "area_path": path,
    }
    if path != row.area_path:  # and there, too
        demand(who, acts.CREATE_ROUND, Round(fund_id=row.fund_id, area_id=area_id, area_path=path, name=""))
    return _change(session, who, row, version, new, {"changed": [k for k, v in new.items() if v != getattr(row, k)]})


def fund_of(session: Session, who: Who, round_id: int) -> Fund:
    """The fund of a round. Raises NotFound as `one`."""
    return session.get_one(Fund, one(session, who, round_id).fund_id)


def tops(who: Who, fund: Fund) -> list[str]:
    """The areas within a fund in which, or in parts of which, `who` may make rounds."""
    held = who.paths(*acts.CREATE_ROUND.who)
    if any(fund.area_path.startswith(path) for path in held):
        return [fund.area_path]
    return [path for path in held if path.startswith(fund.area_path)]


def editable(who: Who, row: Round) -> bool:
    """Whether `who` may change the rules now."""
    return allowed(who, acts.EDIT_ROUND, row)


def _change(session: Session, who: Who, row: Round, version: int, new: dict[str, Any], facts: dict[str, Any]) -> int:
    if row.version != version:
        raise TooLate("round_changed")
    perform(session, who, acts.EDIT_ROUND, row, facts=facts, **new)
    return row.id or 0


def _within(fund: Fund, area_id: int) -> str:
    path = areas.tree().by_id(area_id).path
    if not path.startswith(fund.area_path):
        raise Refused("outside_fund")
    return path


def _start(session: Session, who: Who, typed: New) -> tuple[Terms, dict[str, timedelta], str]:
    """The rules, the distances of the phases and the words that a new round starts from."""
    if typed.copy_of is None:
        template = TEMPLATES[one_of("template", typed.template, TEMPLATES)]
        terms = Terms(budget=typed.budget, allowed=typed.allowed, excluded=typed.excluded, **template)
        return terms, {phase: timedelta(days=n) + OPENS for phase, n in DAYS.items()}, ""
    model = one(session, who, typed.copy_of)
    plan = planning.plan_of(session, typed.copy_of)
    copied = terms_of(model)
    ties = {"ties": DRAW} if str(copied.rule.get("ties", "")).startswith("seed:") else {}
    terms = Terms(**{**_fields(copied), "budget": typed.budget, "rule": {**copied.rule, **ties}})
    return terms, _distances(plan), model.about


def _fields(terms: Terms) -> dict[str, Any]:
    return {name: getattr(terms, name) for name in Terms.__dataclass_fields__}


def _distances(plan: Mapping[str, PhasePlan]) -> dict[str, timedelta]:
    """How long after midnight of its first day each phase of an earlier round was to begin."""
    if not plan:
        return {}
    begin = clock.start_of(clock.day_of(min(planned.starts_at for planned in plan.values())))
    return {phase: planned.starts_at - begin for phase, planned in plan.items()}


def _announced(session: Session, row: Round) -> bool:
    """Whether the public was ever told of it; a draft that was called off was not."""
    if row.state != Phase.CANCELLED:
        return row.state != Phase.DRAFTING
    begun = select(PhasePlan.phase).where(PhasePlan.round_id == row.id, col(PhasePlan.entered_at).is_not(None))
    return session.exec(begun.limit(1)).first() is not None


def _of_fund(session: Session, fund_id: int, before: int | None, *which: Any) -> list[Round]:
    return _listed(session, "", before, Round.fund_id == fund_id, *which)


def _listed(session: Session, area_path: str, before: int | None, *which: Any) -> list[Round]:
    query = select(Round).where(*which)
    if area_path:
        low, high = below(area_path)
        query = query.where(Round.area_path >= low, Round.area_path < high)
    if before is not None:
        query = query.where(col(Round.id) < before)
    begun = select(PhasePlan.phase).where(PhasePlan.round_id == Round.id, col(PhasePlan.entered_at).is_not(None))
    query = query.where((col(Round.state) != Phase.CANCELLED) | begun.exists())
    return list(session.exec(query.order_by(col(Round.id).desc()).limit(limits.PAGE_ROWS)).all())
