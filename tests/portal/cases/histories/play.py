"""The town at work: who is there, with what a history begins, and one random step after the other."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from random import Random
from typing import Any

from sqlmodel import col, select

from db.engine import reading
from db.models.cases import Case, KindName
from portal import areas, audit
from portal.accounts import people as accounts
from portal.acts import ACTS, SYSTEM, VISITOR, Act, Who
from portal.cases import errands, helping, matching, post
from portal.cases.acts import FINAL
from portal.cases.disputes import Grievance, OtherSide, bring, record
from portal.errors import Refused
from tests.fixtures.errands import Desk, at, booking, furnish
from tests.fixtures.town import CELL, COMMUNITY, STREET, People
from tests.portal.cases.crowd import plea
from tests.portal.cases.steps import do, opinion, wish

UNWATCHED = f"{COMMUNITY}05/"
"""A cell without a grid worker of its own."""
PHONE = "13812345678"
WEIGHT = 40
"""How likely a deed is that brings a case on, beside what ends it or only stands at its side."""
Deed = Callable[["Play", Case, int], object]
"""Something to do to a case; the number picks among the ways to do it."""


@dataclass
class Play:
    """The town at work: knows who can do what to a case, and does it."""

    people: People
    desk: Desk
    done: Counter[tuple[str, str]]
    """How often which deed came to pass, by kind of case: all others were refused. What is new is the likelier."""
    last: int = 0

    def __post_init__(self) -> None:
        self.everybody = {who.person_id: who for who in (getattr(self.people, f.name) for f in fields(People))}
        self.volunteers = (self.people.volunteer, self.people.other_volunteer, self.people.neighbour)

    def poster(self, case: Case) -> Who:
        return self.everybody.get(case.poster_id) or replace(VISITOR, client="r", receipts=frozenset({case.id or 0}))

    def holder(self, case: Case) -> Who:
        return self.everybody.get(case.holder_id) or self.head(case)

    def head(self, case: Case) -> Who:
        """Whose desk such a case comes to."""
        return self.people.mediation_head if case.kind == KindName.DISPUTE else self.people.staff

    def begin(self) -> None:
        """One or more of each kind: by residents, without an account, drafted, recorded, for staff alone."""
        for opening in OPENINGS:
            opening(self)

    def step(self, chance: Random, deeds: dict[str, dict[str, Deed]], weights: dict[str, int]) -> None:
        """One deed that fits the state of a case, mostly of the last one; refusals are part of life."""
        if chance.random() < 0.04:
            with suppress(Refused):
                chance.choice(OPENINGS)(self)
            return
        case = self._choose(chance)
        for _ in range(4):
            fitting = [name for name in deeds[case.kind] if not ACTS[name].frm or case.state in ACTS[name].frm]
            rare = [weights.get(name, WEIGHT) / (1 + self.done[case.kind, name]) for name in fitting]
            name = chance.choices(fitting, rare)[0]
            with suppress(Refused):
                deeds[case.kind][name](self, case, chance.randrange(10_000))
                self.done[case.kind, name] += 1
                return

    def _choose(self, chance: Random) -> Case:
        with reading() as session:
            cases = {case.id: case for case in session.exec(select(Case).order_by(col(Case.id)))}
        going = [case for case in cases.values() if case.state not in FINAL]
        case = cases.get(self.last)
        if case not in going or chance.random() < 0.3:
            case = chance.choice(going if going and chance.random() < 0.85 else list(cases.values()))
        self.last = case.id or 0
        return case


def knows(kind: str, act: Act) -> bool:
    """Whether the act is for cases of this kind at all."""
    return bool(act.kinds.get(kind, act.who))


def by(role: str, fn: Callable[..., Any], *words: Any) -> Deed:
    """The deed `fn(session, who, case id, *words)` by the poster, the holder, the head, or a person of that name."""

    def deed(play: Play, case: Case, pick: int) -> object:
        roles = {"poster": play.poster, "holder": play.holder, "head": play.head}
        who = roles[role](case) if role in roles else getattr(play.people, role)
        return do(fn, who, case.id, *words)

    return deed


def settle(people: People, done: Counter[tuple[str, str]]) -> Play:
    """Open the stations; a neighbour volunteers in the cell, and one volunteer knows about light."""
    more = {"neighbour": {("volunteer", CELL)}, "street_staff": {("mediation_head", STREET)}}
    with audit.transaction() as session:
        for name, duties in more.items():
            for role, path in duties:
                accounts.grant(session, SYSTEM, getattr(people, name).person_id, role, areas.tree().by_path(path).id)
    grown = {name: getattr(people, name).duties | duties for name, duties in more.items()}
    people = replace(people, **{name: replace(getattr(people, name), duties=held) for name, held in grown.items()})
    do(matching.set_skills, people.volunteer, ["help_light"])
    return Play(people, furnish(people), done)


SPOKEN: dict[str, Any] = {"channel": "street", "consent": "spoken"}
"""How something is recorded for somebody else."""


def quarrel(**changes: Any) -> Grievance:
    """With a neighbour, who has an account, and somebody known by name alone."""
    typed: dict[str, Any] = {
        "title": "楼上夜里拖家具", "body": "说过三次没有用。", "category": "dispute_noise",
        "area_id": areas.tree().by_path(CELL).id,
        "parties": (OtherSide("王德兴", "13900000002"), OtherSide("李四")),
    }  # fmt: skip
    return Grievance(**(typed | changes))


def somebody(client: str = "somebody") -> Who:
    return replace(VISITOR, client=client)


def _nowhere() -> int:
    return areas.tree().by_path(UNWATCHED).id


OPENINGS: list[Callable[[Play], object]] = [
    lambda p: do(post.post, p.people.resident, wish(category="lighting")),
    lambda p: do(post.post, somebody(), wish(category="danger", area_id=_nowhere())),
    lambda p: do(post.draft, p.people.neighbour, wish()),
    lambda p: do(post.record, p.people.grid_worker, wish(**SPOKEN)),
    lambda p: do(post.post, p.people.resident, opinion()),
    lambda p: do(post.post, somebody("another"), opinion(private=True, category="lighting")),
    lambda p: do(post.draft, p.people.stranger, opinion(private=True)),
    lambda p: do(helping.order, p.people.resident, plea(urgency=1)),
    lambda p: do(helping.order, p.people.neighbour, plea(urgency=3, category="help_water")),
    lambda p: do(helping.order, somebody("in need"), plea(contact=PHONE)),
    lambda p: do(
        helping.record, p.people.staff, plea(contact=PHONE, area_id=_nowhere(), **SPOKEN)
    ),
    lambda p: do(errands.book, p.people.resident, booking(p.desk, at(1, 9))),
    lambda p: do(errands.book, p.people.stranger, booking(p.desk, at(2, 14), station_id=p.desk.street)),
    lambda p: do(
        errands.book, p.people.staff, booking(p.desk, at(3, 9), errand_id=p.desk.long, **SPOKEN)
    ),
    lambda p: do(bring, p.people.resident, quarrel()),
    lambda p: do(
        record,
        p.people.staff,
        quarrel(person_id=p.people.neighbour.person_id, parties=(OtherSide("赵一"),), **SPOKEN),
    ),
]  # fmt: skip
