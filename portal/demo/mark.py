"""Whether the demo is in the database: not at all, in part, or whole."""

from enum import IntEnum

from sqlmodel import Session, select

from db.models.accounts import Person
from db.models.areas import Area, Revision
from portal.errors import Refused
from portal.snapshots import bump

NAME = "demo"


class Stage(IntEnum):
    """What the revision called `demo` counts."""

    NOTHING = 0
    BEGUN = 1
    WHOLE = 2


def begin(session: Session) -> bool:
    """Note that loading begins; False where the demo is there already.

    Raises Refused `demo_not_empty` where the database holds somebody else's data, `demo_broken` after a load that
    was cut off.
    """
    reached = session.exec(select(Revision.number).where(Revision.name == NAME)).one_or_none() or Stage.NOTHING
    if reached >= Stage.WHOLE:
        return False
    if reached == Stage.BEGUN:
        raise Refused("demo_broken")
    if session.exec(select(Area.id).limit(1)).first() or session.exec(select(Person.id).limit(1)).first():
        raise Refused("demo_not_empty")
    bump(session, NAME)
    return True


def end(session: Session) -> None:
    """Note that all is loaded."""
    bump(session, NAME)
