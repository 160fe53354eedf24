"""Changing what a community sets up for its cases: each change asks for its right and leaves a row in the chain."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from db.models.cases import Case, KindName
from db.models.setup import Category, DayOverride, DispatchRule, OfficialYear, ReplyTemplate, Target
from db.start import days_of
from portal import areas, clock, limits, snapshots
from portal.acts import Act, InArea, Who, declare, demand, note
from portal.cases import acts
from portal.cases.kinds import KINDS
from portal.cases.lifecycle import TICKING
from portal.cases.setup import category, setup
from portal.errors import NotFound, Refused
from portal.inputs import clean, one_of
from portal.settings import settings

RULE = declare("setup.rule", "staff admin")
DROP_RULE = declare("setup.drop_rule", "staff admin")
TEMPLATE = declare("setup.template", "staff admin", public=False)
CALENDAR = declare("setup.calendar", "staff admin")
CATEGORY = declare("setup.category", "admin")
TARGET = declare("setup.target", "admin")

DESTINATIONS = {"worker": "grid_worker", "hall": "volunteer"}
"""Where a rule may send, and the role of those who get it there."""
COLOURS = ("yellow", "orange", "red", "pink", "green", "teal", "blue", "violet", "purple", "grey")
REPLIES = tuple(
    act.name
    for act in (
        acts.RETURN,
        acts.DECLINE,
        acts.REFER,
        acts.ASK,
        acts.NOTE,
        acts.ANSWER,
        acts.FINISH,
        acts.ESCALATE,
    )
)
"""The acts that a template may start."""
_CODE = re.compile(r"[a-z][a-z0-9_]{1,29}")
_ICON = re.compile(r"[a-z0-9_]{1,40}")


@dataclass(frozen=True)
class Wording:
    """A reply template as typed."""

    act: str
    category: str
    title: str
    body: str
    active: bool = True


@dataclass(frozen=True)
class Topic:
    """A category as typed."""

    code: str
    names: dict[str, str]
    icon: str
    colour: str
    target_class: str
    position: int
    active: bool
    kind: str = KindName.WISH
    """The kind of case it is for, which stays."""


@dataclass(frozen=True)
class Hours:
    """A target as typed."""

    name: str
    finish_hours: int
    respond_hours: int
    workdays: bool


@dataclass(frozen=True)
class Day:
    """A day that does not follow the week."""

    works: bool
    note: str = ""


def may(who: Who, act: Act, area_path: str = "") -> bool:
    """Whether `who` may do `act` in the area (by default: for the whole town). For showing or hiding a form."""
    about = InArea(area_path or areas.tree().root.path)
    return any(who.holds(role, about.area_path) for role in act.who)


def set_rule(session: Session, who: Who, area_path: str, code: str, to: str) -> int:
    """Say where cases of a category ('' is any) in an area go, instead of what was said before. The rule's id."""
    one_of("to", to, DESTINATIONS)
    place = areas.tree().by_path(area_path)
    if code:
        category(code)
    _changed(session)
    found = session.exec(
        select(DispatchRule).where(DispatchRule.area_id == place.id, DispatchRule.category == code)
    ).first()
    rule = found or DispatchRule(area_id=place.id, category=code)
    rule.to = to
    number = _written(session, rule)
    facts = {"area": place.path, "category": code, "to": to}
    note(session, who, RULE, InArea(place.path), f"dispatch_rule:{number}", facts=facts)
    return number


def drop_rule(session: Session, who: Who, rule_id: int) -> int:
    """Take a rule away: the next wider one counts again. Its id. Raises NotFound."""
    rule = session.get(DispatchRule, rule_id)
    if rule is None:
        raise NotFound()
    path = areas.tree().by_id(rule.area_id).path
    _changed(session)
    facts = {"area": path, "category": rule.category, "to": rule.to}
    note(session, who, DROP_RULE, InArea(path), f"dispatch_rule:{rule_id}", facts=facts)
    session.delete(rule)
    return rule_id


def templates(session: Session, who: Who) -> Sequence[ReplyTemplate]:
    """All reply templates, also those put away, by act."""
    demand(who, TEMPLATE, _town())
    return session.exec(select(ReplyTemplate).order_by(col(ReplyTemplate.act), col(ReplyTemplate.id))).all()


def save_template(session: Session, who: Who, typed: Wording, template_id: int | None = None) -> int:
    """Add a template, or change one: replies that started from it stay as they were sent. Its id."""
    one_of("act", typed.act, REPLIES)
    if typed.category:
        category(typed.category)
    row = session.get(ReplyTemplate, template_id) if template_id else ReplyTemplate(act="", title="", body="")
    if row is None:
        raise NotFound()
    row.act, row.category, row.active = typed.act, typed.category, bool(typed.active)
    row.title = clean("title", typed.title, limits.TITLE_CHARS)
    row.body = clean("body", typed.body, limits.BODY_CHARS, lines=True)
    number = _written(session, row)
    note(session, who, TEMPLATE, _town(), f"reply_template:{number}", facts={"act": row.act, "active": row.active})
    return number


def save_categories(session: Session, who: Who, typed: Sequence[Topic]) -> int:
    """Write the categories as they stand in `typed`; how many changed. None is deleted: past cases keep theirs.

    Raises Refused `category_code`, `category_icon`, `category_twice`, `category_kind`, `no_category_left`.
    """
    demand(who, CATEGORY, _town())
    codes = [kind.code for kind in typed]
    if len(set(codes)) != len(codes):
        raise Refused("category_twice")
    _changed(session)
    stored = {row.code: row for row in session.exec(select(Category))}
    if any(kind.code in stored and stored[kind.code].kind != kind.kind for kind in typed):
        raise Refused("category_kind")
    changed = [kind for kind in map(_checked, typed) if asdict(kind) != _shown(stored.get(kind.code))]
    for kind in changed:
        facts = _difference(_shown(stored.get(kind.code)), asdict(kind))
        session.merge(Category(**asdict(kind)))
        note(session, who, CATEGORY, _town(), f"category:{kind.code}", facts=facts)
    session.flush()
    left = {row.kind for row in session.exec(select(Category)) if row.active}
    if {row.kind for row in stored.values()} - left:
        raise Refused("no_category_left")
    moved = [k.code for k in changed if k.code in stored]
    if moved:
        _recount(session, moved)
    return len(changed)


def save_targets(session: Session, who: Who, typed: Sequence[Hours]) -> int:
    """Write the targets as they stand in `typed`; how many changed. Raises Refused `target_hours`."""
    demand(who, TARGET, _town())
    _changed(session)
    stored = {row.name: row for row in session.exec(select(Target))}
    changed = 0
    for target in typed:
        row = stored.get(target.name)
        if row is None:
            raise Refused("not_offered", field="target")
        if not 0 < target.respond_hours <= target.finish_hours <= limits.TARGET_HOURS:
            raise Refused("target_hours", limit=limits.TARGET_HOURS)
        before = {name: getattr(row, name) for name in asdict(target)}
        if before != asdict(target):
            for name, value in asdict(target).items():
                setattr(row, name, value)
            facts = _difference(before, asdict(target))
            note(session, who, TARGET, _town(), f"target:{target.name}", facts=facts)
            changed += 1
    if changed:
        _recount(session)
    return changed


def days(session: Session, who: Who, year: int) -> dict[date, Day]:
    """The days of `year` that do not follow the week, in order. Anyone may know them."""
    rows = session.exec(select(DayOverride).where(*_in_year(year)).order_by(col(DayOverride.day_on)))
    return {row.day_on: Day(row.works, row.note) for row in rows}


def save_year(session: Session, who: Who, year: int, typed: Mapping[date, Day], official: bool) -> int:
    """Write the days of `year` as they stand in `typed`; how many changed. Running targets are counted anew.

    `official` says that these are the announced days, which ends the warning. Raises Refused `day_outside_year`.
    """
    demand(who, CALENDAR, _town())
    if any(day.year != year for day in typed):
        raise Refused("day_outside_year", year=year)
    _changed(session)
    kept = {
        day: Day(bool(d.works), clean("note", d.note, limits.NAME_CHARS, required=False)) for day, d in typed.items()
    }
    before, was_official = days(session, who, year), session.get(OfficialYear, year) is not None
    differ = sorted(day for day in {*before, *kept} if before.get(day) != kept.get(day))
    if not differ and official == was_official:
        return 0
    session.execute(delete(DayOverride).where(*_in_year(year)))
    session.add_all(DayOverride(day_on=day, works=d.works, note=d.note) for day, d in sorted(kept.items()))
    if official != was_official:
        session.execute(delete(OfficialYear).where(col(OfficialYear.year) == year))
        session.add_all([OfficialYear(year=year)] if official else [])
    told = {day.isoformat(): kept[day].works if day in kept else None for day in differ}
    note(session, who, CALENDAR, _town(), f"calendar:{year}", facts={"official": official, "days": told})
    if differ:
        _recount(session)
    return len(differ)


def importable(year: int) -> bool:
    """Whether the installed calendar knows the announced days of `year`."""
    return bool(days_of(year))


def import_year(session: Session, who: Who, year: int) -> int:
    """Take the announced days of `year` from the installed calendar. Raises Refused `year_not_announced`."""
    announced = days_of(year)
    if not announced:
        raise Refused("year_not_announced", year=year)
    return save_year(session, who, year, {d["day_on"]: Day(d["works"], d["note"]) for d in announced}, official=True)


def _checked(kind: Topic) -> Topic:
    if not _CODE.fullmatch(kind.code):
        raise Refused("category_code")
    if not _ICON.fullmatch(kind.icon):
        raise Refused("category_icon")
    one_of("colour", kind.colour, COLOURS)
    one_of("target", kind.target_class, setup().targets)
    one_of("kind", kind.kind, {each.categories for each in KINDS.values()})
    names = {lang: clean("name", kind.names.get(lang, ""), limits.NAME_CHARS) for lang in settings().language_codes}
    return Topic(**(asdict(kind) | {"names": names, "position": int(kind.position), "active": bool(kind.active)}))


def _shown(row: Category | None) -> dict[str, Any]:
    return row.model_dump() if row is not None else {}


def _difference(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in after.items() if before.get(name) != value}


def _town() -> InArea:
    """What holds for the whole town is asked for at the root of the tree."""
    return InArea(areas.tree().root.path)


def _in_year(year: int) -> tuple[Any, Any]:
    return col(DayOverride.day_on) >= date(year, 1, 1), col(DayOverride.day_on) <= date(year, 12, 31)


def _written(session: Session, row: DispatchRule | ReplyTemplate) -> int:
    """Write the row and give its number, which a new one gets here."""
    session.add(row)
    session.flush()
    return row.id or 0


def _changed(session: Session) -> None:
    """Let every process see the change once it is committed. First of all: its lock makes two editors take turns."""
    snapshots.bump(session, "setup")


def _recount(session: Session, categories: Sequence[str] = ()) -> None:
    """Let the clockwork set the due times of running cases anew, as soon as every process knows the change."""
    soon = clock.now() + timedelta(seconds=2 * snapshots.CHECK_SECONDS)
    running = [col(Case.state).in_(sorted(TICKING))]
    if categories:
        running.append(col(Case.category).in_(categories))
    session.execute(update(Case).where(*running).values(next_at=soon).execution_options(synchronize_session=False))
