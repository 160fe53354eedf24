"""At which desk a case stands, and since when."""

from portal import areas, words
from portal.cases.levels import is_lifted
from portal.cases.reading import Case
from portal.words import t


def stand(case: Case) -> str:
    """Where it climbed, was lifted or handed down to, in words; empty while it stands where it came in."""
    if not (case.handed_down or is_lifted(case)):
        return ""
    message = "desk.handed_down" if case.handed_down else "case.climbed" if case.missed else "desk.lifted"
    moved = t(message, level=t(f"level.{areas.tree().by_path(case.desk_path).level}"))
    return f"{moved} · {words.moment(case.desk_since_at)}" if case.desk_since_at else moved
