"""What a community sets up for its cases: categories, targets, the calendar, dispatch rules, reply templates."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, select

from db.models.cases import Case, KindName
from db.models.setup import Category, DayOverride, DispatchRule, OfficialYear, Target
from portal import words
from portal.cases.kinds import KINDS, URGENCY_CLASSES
from portal.clock import WorkCalendar
from portal.errors import Refused
from portal.snapshots import Snapshot


@dataclass(frozen=True)
class Setup:
    """One consistent picture of the slow data."""

    categories: Mapping[str, Category]
    targets: Mapping[str, Target]
    calendar: WorkCalendar
    official_years: frozenset[int]
    rules: tuple[DispatchRule, ...]

    def target_of(self, category: str) -> Target:
        return self.targets[self.categories[category].target_class]

    def target_for(self, case: Case, category: str = "") -> Target:
        """The target of a case by its kind, its urgency or its category; `category` is the one it is about to get."""
        fixed = KINDS[case.kind].target_class or URGENCY_CLASSES.get(case.urgency)
        return self.targets[fixed] if fixed else self.target_of(category or case.category)

    def calendar_of(self, target: Target) -> WorkCalendar | None:
        """The calendar on which a target runs; None runs round the clock."""
        return self.calendar if target.workdays else None


def _load(session: Session) -> Setup:
    categories = session.exec(select(Category).order_by(col(Category.position), col(Category.code))).all()
    targets = session.exec(select(Target).order_by(col(Target.position))).all()
    days = session.exec(select(DayOverride)).all()
    return Setup(
        categories={c.code: c for c in categories},
        targets={t.name: t for t in targets},
        calendar=WorkCalendar({d.day_on: d.works for d in days}),
        official_years=frozenset(session.exec(select(OfficialYear.year)).all()),
        rules=tuple(session.exec(select(DispatchRule)).all()),
    )


_setup: Snapshot[Setup] = Snapshot("setup", _load)


def setup() -> Setup:
    """The slow data as it stands."""
    return _setup.get()


def categories(kind: str = KindName.WISH) -> list[Category]:
    """The categories offered for new cases of a kind, in their order."""
    return [c for c in setup().categories.values() if c.active and c.kind == KINDS[kind].categories]


def category(code: str) -> Category:
    """A category, also one no longer offered. Raises Refused `not_offered`."""
    found = setup().categories.get(code) if isinstance(code, str) else None
    if found is None:
        raise Refused("not_offered", field="category")
    return found


def offered(code: str, kind: str = KindName.WISH) -> Category:
    """A category that may be chosen now for a case of this kind. Raises Refused `not_offered`."""
    found = category(code)
    if not found.active or found.kind != KINDS[kind].categories:
        raise Refused("not_offered", field="category")
    return found


def category_name(code: str) -> str:
    """The category's name in the language in use; the code itself where it is unknown."""
    found = setup().categories.get(code)
    return words.pick(found.names) if found else code


def unofficial_year(today: date) -> int | None:
    """The nearest year (this one, or from October the next) whose holidays nobody has entered yet."""
    wanted = [today.year] + ([today.year + 1] if today.month >= 10 else [])
    return next((y for y in wanted if y not in setup().official_years), None)
