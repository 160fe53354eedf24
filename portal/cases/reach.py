"""Who would get what a dispatch rule sends."""

from dataclasses import dataclass

from sqlmodel import Session, col, or_, select

from db.models.accounts import Duty, Person
from db.types import below
from portal import areas
from portal.acts import InArea, Who, demand
from portal.cases.setting_up import DESTINATIONS, RULE
from portal.inputs import one_of


@dataclass(frozen=True)
class Reach:
    """Who gets what a rule sends: their names, and the cells for which there is nobody."""

    names: list[str]
    cells_without: list[str]


def reach(session: Session, who: Who, area_path: str, to: str) -> Reach:
    """Who gets what is sent from the area at `area_path`: those in charge of it, of a part of it, or above it."""
    demand(who, RULE, InArea(area_path))
    role = DESTINATIONS[one_of("to", to, DESTINATIONS)]
    low, high = below(area_path)
    above = [place.path for place in areas.tree().ancestors(area_path)]
    rows = session.exec(
        select(Person.name, Duty.area_path)
        .join(Duty, col(Duty.person_id) == col(Person.id))
        .where(Duty.role == role, col(Duty.until_at).is_(None), col(Person.blocked_at).is_(None))
        .where(or_((col(Duty.area_path) >= low) & (col(Duty.area_path) < high), col(Duty.area_path).in_(above)))
        .order_by(col(Duty.area_path).desc(), col(Person.id))
    ).all()
    covered = [path for _, path in rows]
    cells = [place.path for place in areas.tree().below(area_path) if place.level == "cell"]
    without = [cell for cell in cells if not any(cell.startswith(path) for path in covered)]
    return Reach(list(dict.fromkeys(name for name, _ in rows)), without)
