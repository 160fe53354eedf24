"""The fund of the demo: a round that was decided and is being built, one in which people vote, one that just began."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlmodel import Session, col, select

from db.demo import pictures
from db.models.fund import CostLine, Fund, Project, ProjectState, Round
from portal import areas, clock
from portal.accounts import people
from portal.acts import Who
from portal.demo import paying
from portal.demo.cast import Cast, Row
from portal.demo.stage import Scene
from portal.fund import ballots, funds, phases, planning, pledges, proposals, reviewing, rivals, rounds
from portal.fund.costs import TypedLine
from portal.fund.proposals import Written
from portal.fund.reviewing import Costed
from portal.fund.terms import Terms, terms_of
from portal.photos import NewPhoto

OPENS = timedelta(hours=9)
VOTERS = 150
"""How many residents of the community there are beside the people of the demo."""
PHONE = "+86199001{:05}"
"""Numbers that nobody was given, as in `cast`."""
SHY = 0.24
"""How many of a hundred do not vote."""
NEAR = 2.6
"""How much more somebody likes what is to be built in their own cell."""


@dataclass
class Town:
    """What the scenes need of one another, by the keys of the demo's data."""

    cast: Cast
    rng: Random
    now: datetime
    voters: list[Who] = field(default_factory=list)
    funds: dict[str, int] = field(default_factory=dict)
    rounds: dict[str, int] = field(default_factory=dict)
    projects: dict[str, int] = field(default_factory=dict)

    def staff(self, area_path: str) -> Who:
        """The first at the desk there."""
        return self.cast.staff_of(area_path, 0)


def scenes(cast: Cast, seed: int, now: datetime, typed: dict[str, Any]) -> Iterator[Scene]:
    """All that happened with the fund; `typed` as in `db/demo/fund.json`. Not sorted."""
    return (scene for scene in _planned(cast, seed, now, typed) if scene.at <= now)


def _planned(cast: Cast, seed: int, now: datetime, typed: dict[str, Any]) -> Iterator[Scene]:
    """Also what lies ahead by the plan of the rounds."""
    town = Town(cast, Random(f"{seed}:fund"), now)  # noqa: S311  a made-up history, not a secret
    begin = now - timedelta(days=109, hours=12)
    yield Scene(begin, lambda session: _settle(session, town, typed))
    yield Scene(begin + timedelta(hours=1), lambda session: _found(session, town, typed["funds"]))
    for row in typed["income"]:
        yield from paying.income(town, row)
    for row in typed["rounds"]:
        yield from _round(town, row)
    for row in typed["work"]:
        yield from paying.build(town, row)
    for row in typed["pledges"]:
        yield Scene(now - timedelta(days=row["ago"]), _pledge(town, row))


def _settle(session: Session, town: Town, typed: dict[str, Any]) -> None:
    """Let the residents move in who only vote."""
    cells = [place for place in areas.tree().below(areas.tree().by_code("houshan").path) if place.level == "cell"]
    for n in range(VOTERS):
        name = typed["surnames"][n % len(typed["surnames"])] + typed["given"][n * 7 % len(typed["given"])]
        person = people.join(session, PHONE.format(n), name)
        cell, who = cells[n % len(cells)], Who(person_id=person.id, name=name)
        people.ask_home(session, who, cell.id)
        people.confirm_resident(session, town.staff(cell.path), person.id or 0)
        town.voters.append(Who(person_id=person.id, name=name, home_path=cell.path))
    lives_here = [who for who in town.cast.everybody() if who.home_path.startswith(cells[0].path.rsplit("/", 2)[0])]
    town.voters += [who for who in lives_here if town.rng.random() < 0.5]


def _found(session: Session, town: Town, typed: list[Row]) -> None:
    admin = next(who for who in town.cast.everybody() if who.is_any("admin"))
    for row in typed:
        about = funds.Typed(row["name"], row["about"], row["charity"], row["charity_code"])
        town.funds[row["key"]] = funds.create(session, admin, areas.tree().by_code(row["area"]).id, about)


def _round(town: Town, row: Row) -> Iterator[Scene]:
    """One round from its plan to where it stands today."""
    dates = {phase: _day(town.now, ago) + OPENS for phase, ago in row["phases"].items()}
    first = min(dates.values())
    yield Scene(first - timedelta(days=2), lambda session: _draft(session, town, row, dates))
    yield from paying.appropriation(town, row, first - timedelta(days=1))
    for phase, at in dates.items():
        if at <= town.now:  # to finish is to count what others have committed, so it stands alone
            yield Scene(at + timedelta(minutes=5), _enter(town, row["key"], phase), alone=phase == "finished")
    yield from _proposals(town, row, dates)
    opens, closes = dates.get("balloting"), dates.get("reviewing_ballots")
    if opens and closes and opens <= town.now:
        until = min(closes, town.now) - timedelta(hours=1)
        yield Scene(opens + timedelta(minutes=6), _know_numbers(town, row))
        yield from _votes(town, row, opens + timedelta(hours=1), until)


def _day(now: datetime, ago: float) -> datetime:
    return clock.start_of(clock.day_of(now - timedelta(days=ago)))


def _draft(session: Session, town: Town, row: Row, dates: dict[str, datetime]) -> None:
    fund = session.get_one(Fund, town.funds[row["fund"]])
    staff = town.staff(fund.area_path)
    starts_on = clock.day_of(min(dates.values()))
    lists = tuple(row["allowed"]), tuple(row["excluded"])
    new = rounds.New(
        fund.id or 0, row["name"], fund.area_id, row["budget"], starts_on, allowed=lists[0], excluded=lists[1]
    )
    number = town.rounds[row["key"]] = rounds.create(session, staff, new)
    made = session.get_one(Round, number)
    rounds.describe(session, staff, number, row["name"], row["about"], fund.area_id, made.version)
    kept = {name: getattr(terms_of(made), name) for name in Terms.__dataclass_fields__}
    kept |= {"caps": row["caps"], "max_choices": row["max"], "returns_to": row["returns_to"]}
    session.refresh(made)
    rounds.edit(session, staff, number, Terms(**kept), made.version)
    planned: dict[str, datetime | None] = {phase: dates.get(phase) for phase in planning.ORDER}
    had = planning.plan_of(session, number)
    planning.plan(session, staff, number, {k: at for k, at in planned.items() if at is not None or k in had})


def _enter(town: Town, key: str, phase: str) -> Callable[[Session], None]:
    def deed(session: Session) -> None:
        number = town.rounds[key]
        phases.enter(session, town.staff(session.get_one(Round, number).area_path), number, phase)

    return deed


def _proposals(town: Town, row: Row, dates: dict[str, datetime]) -> Iterator[Scene]:
    """Each is proposed, looked at, costed and talked about, as far as its round has come."""
    opposed: dict[int, list[str]] = {}
    for n, idea in enumerate(row["projects"]):
        hours = timedelta(hours=5 + 11 * n % 150)
        yield Scene(dates["accepting"] + hours, _propose(town, row, idea))
        yield Scene(dates["reviewing"] + timedelta(hours=1 + 3 * n), _review(town, idea))
        if "excluded" not in idea and "valuating" in dates:
            yield Scene(dates["valuating"] + timedelta(hours=2 + 3 * n), _cost(town, idea))
        if "rival" in idea:
            opposed.setdefault(idea["rival"], []).append(idea["key"])
    for keys in opposed.values():
        yield Scene(dates["deliberating"] + timedelta(hours=5), _oppose(town, row["key"], keys))
    for scene_at, key, says in ((dates.get("deliberating"), idea["key"], idea.get("talk")) for idea in row["projects"]):
        if scene_at and says:
            yield Scene(scene_at + timedelta(hours=8), _talk(town, key, says))


def _propose(town: Town, row: Row, idea: Row) -> Callable[[Session], None]:
    def deed(session: Session) -> None:
        home = areas.tree().by_code(idea["cell"])
        lon, lat = (home.lon or 0.0) + town.rng.uniform(-4e-4, 4e-4), (home.lat or 0.0) + town.rng.uniform(-4e-4, 4e-4)
        found = areas.tree().locate(lon, lat)
        if found is None or found.path != home.path:
            lon, lat = home.lon or 0.0, home.lat or 0.0
        written = Written(
            title=idea["title"], need=idea["need"], beneficiaries=idea["who"], kind=idea["kind"],
            organization=idea.get("organization", ""), place=idea["place"], lon=lon, lat=lat,
            lines=tuple(TypedLine(*line) for line in idea["lines"]),
            photos=[NewPhoto(pictures.draw(name, 1), pictures.alt(name)) for name in idea.get("photos", ())],
        )  # fmt: skip
        who = town.cast.who(idea["by"])
        project_id = proposals.draft(session, who, town.rounds[row["key"]], written)
        proposals.submit(session, who, project_id)
        town.projects[idea["key"]] = project_id

    return deed


def _review(town: Town, idea: Row) -> Callable[[Session], None]:
    def deed(session: Session) -> None:
        project = session.get_one(Project, town.projects[idea["key"]])
        staff = town.staff(project.area_path)
        if "excluded" in idea:
            reviewing.exclude(session, staff, project.id or 0, idea["excluded"], idea["says"])
        else:
            reviewing.admit(session, staff, project.id or 0)

    return deed


def _cost(town: Town, idea: Row) -> Callable[[Session], None]:
    def deed(session: Session) -> None:
        project = session.get_one(Project, town.projects[idea["key"]])
        expert = town.cast.on_duty("reviewer", project.area_path)
        if "unfeasible" in idea:
            reviewing.reject_cost(session, expert, project.id or 0, idea["unfeasible"])
            return
        lines = select(CostLine).where(CostLine.project_id == project.id).order_by(col(CostLine.position))
        seen = [_seen(line, idea.get("costed", {}).get(str(n))) for n, line in enumerate(session.exec(lines))]
        reviewing.cost(session, expert, project.id or 0, seen, idea.get("valuation", ""))

    return deed


def _seen(line: CostLine, other: list[str] | None) -> Costed:
    """What the expert writes beside a line: the same sum, or another one and why."""
    amount, note = other or (f"{line.amount_fen / 100:.2f}", "")
    return Costed(line.id or 0, amount, note)


def _talk(town: Town, key: str, says: str) -> Callable[[Session], None]:
    def deed(session: Session) -> None:
        project = session.get_one(Project, town.projects[key])
        reviewing.note_deliberation(session, town.staff(project.area_path), project.id or 0, says)

    return deed


def _oppose(town: Town, key: str, keys: list[str]) -> Callable[[Session], None]:
    def deed(session: Session) -> None:
        number, why = town.rounds[key], "同一块空地，只能建一个。"
        staff = town.staff(session.get_one(Round, number).area_path)
        rivals.declare(session, staff, number, [town.projects[name] for name in keys], why)

    return deed


def _know_numbers(town: Town, row: Row) -> Callable[[Session], None]:
    def deed(session: Session) -> None:
        listed = select(Project).where(Project.round_id == town.rounds[row["key"]])
        on_ballot = session.exec(listed.where(Project.state == ProjectState.ON_BALLOT))
        row["numbers"] = {project.id: project.number for project in on_ballot}

    return deed


def _votes(town: Town, row: Row, since: datetime, until: datetime) -> Iterator[Scene]:
    """Most vote, more of them early and late; each for what they like, first of all close to home."""
    for n in range(VOTERS + 20):
        at = since + (until - since) * town.rng.betavariate(0.7, 0.8)
        yield Scene(at, _vote(town, row, n, Random(f"{row['key']}:{n}")))  # noqa: S311  a made-up history


def _vote(town: Town, row: Row, n: int, rng: Random) -> Callable[[Session], None]:
    def deed(session: Session) -> None:
        if n >= len(town.voters) or rng.random() < SHY:
            return
        who, mine = town.voters[n], town.voters[n].home_path.rstrip("/")[-2:]
        liked = [
            (rng.random() / (idea["like"] * (NEAR if mine in idea["cells"] else 1)), town.projects[idea["key"]])
            for idea in row["projects"]
            if town.projects[idea["key"]] in row["numbers"]
        ]
        most = rng.choice([1, 2, 3, 3, row["max"], row["max"]])
        chosen = [project_id for _, project_id in sorted(liked)[:most]]
        ballots.cast(session, who, town.rounds[row["key"]], [(row["numbers"][number], 1) for number in chosen])

    return deed


def _pledge(town: Town, row: Row) -> Callable[[Session], None]:
    def deed(session: Session) -> None:
        who = town.cast.who(row["by"])
        offer = pledges.Offer(town.funds[row["fund"]], 0, row["kind"], row["what"], row["hours"], row["named"])
        number = pledges.offer(session, who, offer)
        pledges.receive(session, town.staff(session.get_one(Fund, town.funds[row["fund"]]).area_path), number)

    return deed
