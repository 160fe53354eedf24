"""Acts: rights, states and audit in ONE place.

An act is one declared row: its name, who may, from which states, to which state. The name is at the same time the
right, the audit value, the phrase key (`act.<name>`) and the button.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import ColumnElement, inspect, update
from sqlmodel import Session, SQLModel

from portal import clock, limits
from portal.audit import Entry, leave
from portal.errors import Forbidden, TooLate
from portal.inputs import clean


@dataclass(frozen=True)
class Who:
    """Who acts, as found from the cookie and the database on this very run. Never kept between runs."""

    person_id: int | None = None
    name: str = ""
    session_id: int | None = None
    home_path: str = ""
    """The cell in which staff confirmed that this person lives; empty for others."""
    duties: frozenset[tuple[str, str]] = frozenset()
    """(role, area path) pairs held now."""
    receipts: frozenset[int] = frozenset()
    """Ids of cases this browser may follow without an account."""
    client: str = ""
    """Keyed hash of the client's address, for limits."""
    lang: str = "zh-CN"
    system: bool = False

    def holds(self, role: str, path: str) -> bool:
        """Whether this person holds `role` in the area at `path` or above it."""
        return any(r == role and path.startswith(p) for r, p in self.duties)

    def paths(self, *roles: str) -> list[str]:
        """The area paths in which one of `roles` is held."""
        return sorted({p for r, p in self.duties if r in roles})

    def is_any(self, *roles: str) -> bool:
        """Whether one of `roles` is held anywhere: for showing or hiding a page, never for a right."""
        return any(r in roles for r, _ in self.duties)


VISITOR = Who()
SYSTEM = Who(system=True, name="system")

Role = Callable[[Who, Any], bool]


def _holds(role: str) -> Role:
    def held(who: Who, thing: Any) -> bool:
        return who.holds(role, thing.area_path)

    return held


@dataclass(frozen=True)
class InArea:
    """Stands for "something in this area" where a right is asked for before the thing exists."""

    area_path: str
    person_id: int | None = None
    kind: str = ""


def _is_party(who: Who, thing: Any) -> bool:
    """Whether it is this person's own dispute, which then is not theirs to lead, nor to read before a head has."""
    return who.person_id is not None and who.person_id in getattr(thing, "party_ids", ())


def _is_holder(who: Who, thing: Any) -> bool:
    """Whether this person holds it; a dispute, which is read after its end too, only while they are a mediator."""
    holds = who.person_id is not None and thing.holder_id == who.person_id
    return holds and (getattr(thing, "kind", "") != "dispute" or who.holds("mediator", thing.area_path))


def _is_unit(who: Who, thing: Any) -> bool:
    """Whether this person works in one of the areas that were invited to it."""
    return any(who.holds("staff", path) or who.holds("grid_worker", path) for path in thing.unit_paths)


ANSWERED = ("done", "closed", "declined", "referred", "merged", "withdrawn")
"""States in which whoever held a case, or did a part of it, has nothing more to do with what stays inside."""

ROLES: dict[str, Role] = {
    "anyone": lambda who, thing: True,
    "member": lambda who, thing: who.person_id is not None,
    "resident": lambda who, thing: bool(who.home_path),
    "local": lambda who, thing: bool(who.home_path) and who.home_path.startswith(thing.area_path),
    "organization": _holds("organization"),
    "proposer": lambda who, thing: who.person_id is not None and thing.proposer_id == who.person_id,
    "lead": lambda who, thing: who.person_id is not None and thing.lead_id == who.person_id,
    "author": lambda who, thing: who.person_id is not None and thing.author_id == who.person_id,
    "first_reader": lambda who, thing: who.holds("staff", thing.area_path) and thing.first_by == who.person_id,
    "other_reader": lambda who, thing: who.holds("staff", thing.area_path) and thing.first_by != who.person_id,
    "third_reader": lambda who, thing: (
        who.holds("staff", thing.area_path) and who.person_id not in (thing.first_by, thing.second_by)
    ),
    "self": lambda who, thing: who.person_id is not None and thing.person_id == who.person_id,
    "poster": lambda who, thing: who.person_id is not None and thing.poster_id == who.person_id,
    "receipt": lambda who, thing: thing.id is not None and thing.id in who.receipts,
    "holder": _is_holder,
    "handler": lambda who, thing: _is_holder(who, thing) and thing.state not in ANSWERED,
    "volunteer": _holds("volunteer"),
    "grid_worker": _holds("grid_worker"),
    "staff": _holds("staff"),
    "mediator": _holds("mediator"),
    "finance": _holds("finance"),
    "other_finance": lambda who, thing: who.holds("finance", thing.area_path) and thing.author_id != who.person_id,
    "reviewer": _holds("reviewer"),
    "auditor": _holds("auditor"),
    "admin": _holds("admin"),
    "admin_for_others": lambda who, thing: who.holds("admin", thing.area_path) and thing.person_id != who.person_id,
    "staff_for_others": lambda who, thing: who.holds("staff", thing.area_path) and thing.person_id != who.person_id,
    "mediation_head": lambda who, thing: who.holds("mediation_head", thing.area_path) and not _is_party(who, thing),
    "party": lambda who, thing: _is_party(who, thing) and (thing.shown_at is not None or ROLES["poster"](who, thing)),
    "unit": lambda who, thing: _is_unit(who, thing) and thing.state not in ANSWERED,
    "other_staff": lambda who, thing: who.holds("staff", thing.area_path) and thing.decided_by != who.person_id,
    "other_head": lambda who, thing: ROLES["mediation_head"](who, thing) and thing.decided_by != who.person_id,
    "desk": lambda who, thing: who.holds("staff", thing.desk_path),
    "desk_head": lambda who, thing: who.holds("mediation_head", thing.desk_path) and not _is_party(who, thing),
    "recorder": lambda who, thing: who.person_id is not None and thing.recorded_by == who.person_id,
    "system": lambda who, thing: who.system,
}


@dataclass(frozen=True)
class Act:
    """One declared row of the matrix. `frm` empty: the act creates, or the thing has no states."""

    name: str
    who: tuple[str, ...]
    frm: frozenset[str] = field(default_factory=frozenset)
    to: str = ""
    """The state it leads to; empty keeps the state."""
    says: Literal["", "optional", "required"] = ""
    """Whether the actor writes something."""
    says_public: bool = False
    public: bool = True
    """Whether its row of the chain is readable by anyone; that of a private thing never is."""
    kinds: Mapping[str, tuple[str, ...]] = field(default_factory=dict, compare=False)
    """For things of these kinds the roles in place of `who`; none: the act is not for things of that kind."""

    def roles(self, thing: Any) -> tuple[str, ...]:
        """Who may do it to `thing`, whose kind may ask for others than the rest."""
        return self.kinds.get(getattr(thing, "kind", ""), self.who)


ACTS: dict[str, Act] = {}


def declare(
    name: str,
    who: str,
    frm: Iterable[str] = (),
    to: str = "",
    *,
    says: Literal["", "optional", "required"] = "",
    says_public: bool = False,
    public: bool = True,
    kinds: Mapping[str, str] | None = None,
) -> Act:
    """Put an act into the matrix. `who`, and `kinds` for things of other kinds, list roles separated by spaces.

    Raises ValueError on a slip.
    """
    roles, others = tuple(who.split()), {kind: tuple(listed.split()) for kind, listed in (kinds or {}).items()}
    if name in ACTS or not {*roles, *(role for listed in others.values() for role in listed)} <= ROLES.keys():
        raise ValueError(f"act {name}: declared twice or with an unknown role")
    ACTS[name] = Act(name, roles, frozenset(frm), to, says, says_public, public, others)
    return ACTS[name]


def role_for(who: Who, act: Act, thing: Any) -> str:
    """The first declared role under which `who` may do `act` to `thing`; empty where there is none."""
    return next((role for role in act.roles(thing) if ROLES[role](who, thing)), "")


def allowed(who: Who, act: Act, thing: Any) -> bool:
    """Whether `who` has the right and `thing` is in a state from which `act` starts."""
    return (not act.frm or thing.state in act.frm) and bool(role_for(who, act, thing))


def choices(who: Who, thing: Any, acts: Sequence[Act]) -> list[Act]:
    """Those of `acts` that `who` may do to `thing` now, in the order given: the buttons of a page."""
    return [act for act in acts if allowed(who, act, thing)]


def demand(who: Who, act: Act, thing: Any) -> str:
    """The role under which `who` may do `act`. Raises Forbidden; does not look at the state."""
    role = role_for(who, act, thing)
    if not role:
        raise Forbidden("forbidden_act", act=act.name)
    return role


def perform(
    session: Session,
    who: Who,
    act: Act,
    thing: SQLModel,
    *,
    says: str | None = None,
    facts: dict[str, Any] | None = None,
    private: dict[str, Any] | None = None,
    where: Sequence[ColumnElement[bool]] = (),
    commutes: bool = False,
    **sets: Any,
) -> None:
    """Do `act` to `thing`: check the right, move the state by compare-and-set, leave the audit row.

    A thing without an id is created. `where` adds conditions that must still hold in the row (a free place, an
    expired hold); `sets` are the columns to change. A thing with a `version` must not have moved since it was read,
    unless the act `commutes` with all others (a counter). `facts` are public and must name nobody; `private` is not
    shown.
    Raises Forbidden, TooLate (somebody was faster), and Refused for missing or overlong words.
    """
    role = demand(who, act, thing)
    if act.says:
        says = clean("says", says or "", limits.BODY_CHARS, required=act.says == "required", lines=True) or None
    from_state = getattr(thing, "state", "")
    if inspect(thing).transient:
        if act.to:
            sets["state"] = act.to
        for name, value in sets.items():
            setattr(thing, name, value)
        session.add(thing)
        session.flush()
        from_state = ""
    else:
        _move(session, act, thing, [*where, *_unmoved(thing, commutes, sets)], sets)
    leave(
        session,
        Entry(
            act=act.name,
            thing=thing_name(thing),
            role=role,
            actor_id=who.person_id,
            public=act.public and not getattr(thing, "private", False),
            from_state=from_state,
            to_state=getattr(thing, "state", ""),
            facts=facts or {},
            says=says,
            says_public=act.says_public,
            private=private or {},
        ),
    )


def note(session: Session, who: Who, act: Act, about: Any, name: str, *, facts: dict[str, Any] | None = None) -> None:
    """Check the right to `act` on `about` (anything the roles can read) and leave the audit row for thing `name`.

    For settings and other things that have no lifecycle: the caller writes the rows. Raises Forbidden.
    """
    role = demand(who, act, about)
    leave(session, Entry(act.name, name, role, who.person_id, act.public, facts=facts or {}))


def thing_name(thing: SQLModel) -> str:
    """How the audit chain calls a row: table and id, such as `cases:12`."""
    return f"{thing.__tablename__}:{inspect(thing).identity[0]}"


def _unmoved(thing: SQLModel, commutes: bool, sets: dict[str, Any]) -> list[ColumnElement[bool]]:
    if commutes or "version" not in type(thing).model_fields:
        return []
    version = type(thing).version  # type: ignore[attr-defined]
    sets["version"] = version + 1
    return [version == thing.version]  # type: ignore[attr-defined]


def _move(
    session: Session, act: Act, thing: SQLModel, where: Sequence[ColumnElement[bool]], sets: dict[str, Any]
) -> None:
    model = type(thing)
    key = inspect(model).primary_key[0]
    conditions = [key == inspect(thing).identity[0], *where]
    if act.frm:
        conditions.append(model.state.in_(act.frm))  # type: ignore[attr-defined]
    if act.to:
        sets["state"] = act.to
    if "updated_at" in model.model_fields:
        sets.setdefault("updated_at", clock.now())
    if sets:
        # no session synchronisation: the row is read back below
        moved = session.execute(
            update(model).where(*conditions).values(**sets).execution_options(synchronize_session=False)
        )
        if moved.rowcount != 1:  # type: ignore[attr-defined]
            raise TooLate()
    elif act.frm and getattr(thing, "state", "") not in act.frm:
        raise TooLate()
    session.refresh(thing)
