"""Who is offered a help order, and when: first the volunteers of its cell with the skill, then wider and wider."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, false, func, or_
from sqlmodel import Session, col, select

from db.models.accounts import Duty, DutyRole, Person
from db.models.areas import Level
from db.models.cases import Case
from db.models.helping import NoShow, Skill
from portal import areas, clock, limits, notices, words
from portal.acts import SYSTEM, InArea, Who, declare, note
from portal.cases import acts
from portal.cases.kinds import HELP
from portal.cases.lifecycle import move
from portal.cases.setup import category_name, offered
from portal.cases.spans import within
from portal.errors import Forbidden, Refused

SKILLS = declare("volunteer.skills", "volunteer", public=False)
WAVES = {"cell_skill": 1, "cell": 2, "community_skill": 2, "all": limits.WAVES}
"""Why an order is offered to a volunteer, and from which wave on."""
PAUSE = timedelta(days=limits.NO_SHOW_DAYS)
_ROLE = DutyRole.VOLUNTEER.value


def skills(session: Session, who: Who) -> list[str]:
    """What `who` says they can do: codes of categories of help."""
    found = select(Skill.category).where(Skill.person_id == who.person_id, col(Skill.person_id).is_not(None))
    return list(session.exec(found.order_by(col(Skill.category))))


def set_skills(session: Session, who: Who, codes: Collection[str]) -> bool:
    """Say anew what one can do. Raises Forbidden for people who volunteer nowhere, Refused `not_offered`."""
    paths = who.paths(_ROLE)
    if not paths or who.person_id is None:
        raise Forbidden("volunteers_only")
    chosen = {offered(code, HELP.name).code for code in codes}
    session.exec(select(Person.id).where(Person.id == who.person_id).with_for_update(key_share=True)).all()
    session.execute(delete(Skill).where(col(Skill.person_id) == who.person_id))
    session.add_all(Skill(person_id=who.person_id, category=code) for code in sorted(chosen))
    note(session, who, SKILLS, InArea(paths[0]), f"person:{who.person_id}", facts={"skills": sorted(chosen)})
    return True


def reason(who: Who, able: Collection[str], case: Case) -> str:
    """Why the order is, or will be, offered to this volunteer, who is `able` to do these categories: see `WAVES`."""
    duties = [path for path in who.paths(_ROLE) if case.area_path.startswith(path)]
    return _reason([who.home_path, *duties], case.category in able, case.area_path)


def shown_to(who: Who, able: Collection[str]) -> ColumnElement[bool]:
    """The condition that an order's wave has come to `who`: what `reason` says of one, for a query of many."""
    wave, skilled = col(Case.wave), col(Case.category).in_(sorted(able))
    in_cell, in_community = _in_own(who, Level.CELL), _in_own(who, Level.COMMUNITY)
    second = in_cell | and_(in_community, skilled)
    missed = select(NoShow.case_id).where(NoShow.person_id == who.person_id)
    mine = col(Case.poster_id).is_not_distinct_from(who.person_id)
    waves = or_(wave >= limits.WAVES, and_(wave >= WAVES["cell"], second), and_(in_cell, skilled))
    return and_(waves, ~mine, col(Case.id).not_in(missed))


def paused_until(session: Session, who: Who) -> datetime | None:
    """Until when `who` takes no help orders, having not come too often; None for everybody else."""
    recent = (NoShow.person_id == who.person_id, col(NoShow.at) > clock.now() - PAUSE)
    order = select(NoShow.at).where(*recent).order_by(col(NoShow.at).desc()).offset(limits.NO_SHOWS - 1).limit(1)
    counts = session.exec(order).first()
    return counts + PAUSE if counts else None


def check(session: Session, who: Who, case: Case) -> tuple[ColumnElement[bool], ...]:
    """What must hold in the row for `who` to take the order; nothing more for what is no help order.

    Raises Refused `not_offered_yet`, `no_show_here`, `no_show_pause` (facts: day).
    """
    if case.kind != HELP.name:
        return ()
    if session.get(NoShow, (case.id, who.person_id)):
        raise Refused("no_show_here")
    until = paused_until(session, who)
    if until:
        raise Refused("no_show_pause", n=limits.NO_SHOWS, day=words.day(until))
    wave = WAVES[reason(who, skills(session, who), case)]
    if case.wave < wave:
        raise Refused("not_offered_yet")
    return (col(Case.wave) >= wave,)


def anybody(session: Session, case: Case) -> bool:
    """Whether there is a volunteer at all to whom the order can be offered."""
    return bool(_volunteers(session, case))


def offer(session: Session, case: Case, wave: int = 1, told: int = 0) -> dict[str, Any]:
    """The columns with which an order is offered from `wave` on, the first that is not empty; these people are told.

    Not again those up to the wave `told`, and not whoever holds it now and gives it up.
    """
    found = _volunteers(session, case)
    reached = min((own for own, _ in found if own >= wave), default=limits.WAVES)
    new = [person for own, person in found if told < own <= reached]
    for person in new[: limits.TOLD_PER_WAVE]:
        with words.speaking(person.lang):
            title = category_name(case.category)
        notices.tell(session, person.id, "help_offered", title=title, area_path=case.area_path, urgency=case.urgency)
    return {"wave": reached, "offered_at": clock.now()}


def widen(session: Session, case: Case) -> str:
    """Nobody took it: offer it to the next wave that is not empty. Returns the name of the act."""
    columns = offer(session, case, case.wave + 1, told=case.wave)
    move(session, SYSTEM, acts.WIDEN, case, facts={"wave": columns["wave"]}, **columns)
    return acts.WIDEN.name


def _volunteers(session: Session, case: Case) -> list[tuple[int, Person]]:
    """Everybody who may take the order, with the wave in which it comes to them, the first wave first."""
    absences = select(func.count()).where(NoShow.person_id == Person.id, col(NoShow.at) > clock.now() - PAUSE)
    missed = select(NoShow.person_id).where(NoShow.case_id == case.id)
    rows = session.exec(
        select(Person, Duty.area_path, Skill.category)
        .join(Duty, col(Duty.person_id) == col(Person.id))
        .outerjoin(Skill, and_(col(Skill.person_id) == col(Person.id), col(Skill.category) == case.category))
        .where(Duty.role == _ROLE, col(Duty.until_at).is_(None), col(Person.blocked_at).is_(None))
        .where(col(Duty.area_path).in_([place.path for place in areas.tree().ancestors(case.area_path)]))
        .where(col(Person.id).not_in(missed), absences.scalar_subquery() < limits.NO_SHOWS)
        .order_by(col(Person.id))
    ).all()
    spots: dict[int, list[str]] = {}
    known: dict[int, tuple[Person, bool]] = {}
    for person, path, skill in rows:
        if person.id is not None and person.id not in (case.poster_id, case.holder_id):
            known[person.id] = person, skill is not None
            spots.setdefault(person.id, [person.area_path if person.resident_at else ""]).append(path)
    waves = [(WAVES[_reason(spots[i], able, case.area_path)], person) for i, (person, able) in known.items()]
    return sorted(waves, key=lambda found: found[0])


def _reason(spots: Iterable[str], able: bool, path: str) -> str:
    """`spots` are where a volunteer lives and is on duty, of which the latter cover `path`."""
    around = {place.level: place.path for place in areas.tree().ancestors(path)}
    cell, community = around.get(Level.CELL), around.get(Level.COMMUNITY)
    if cell and any(spot.startswith(cell) for spot in spots):
        return "cell_skill" if able else "cell"
    near = community and any(spot.startswith(community) for spot in spots)
    return "community_skill" if able and near else "all"


def _in_own(who: Who, level: Level) -> ColumnElement[bool]:
    """The condition of being in somebody's own cell or community: where they live, or are on duty just there."""
    tree = areas.tree()
    home = [place.path for place in tree.ancestors(who.home_path) if place.level == level] if who.home_path else []
    duties = [path for path in who.paths(_ROLE) if any(place.level == level for place in tree.ancestors(path))]
    return within(Case.area_path, [*home, *duties]) if home or duties else false()
