"""Whether that on which money and votes hang stands as the audit chain says: what was done by hand shows.

A milestone that nobody accepted pays nobody, a project costs what the experts said, a roster holds those who were put
on it, and every ballot was cast by somebody: all of this is in the chain, and held against the rows here.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Integer, String, cast, exists, func, literal
from sqlmodel import Session, col, select

from db.models.audit import AuditRow
from db.models.ballots import Ballot, Paper, PaperState, Voter
from db.models.fund import CostLine, Fund, Project, Round
from db.models.fund import ProjectState as S
from db.models.works import Milestone
from portal.acts import Act
from portal.fund import acts, voting
from portal.fund.milestones import facts, texts
from portal.ledger import Fault

STEP = 1_000
CHARITY = ("name", "about", "charity", "charity_code")
COSTED = (
    S.FEASIBLE, S.ON_BALLOT, S.FUNDED, S.NOT_FUNDED, S.CONTRACTING, S.IMPLEMENTING, S.SUSPENDED, S.ACCEPTED, S.CLOSED,
)  # fmt: skip
Links = Sequence[AuditRow]


def compare(session: Session) -> Iterator[Fault]:
    """All that does not fit.

    Reasons: `milestone_altered`, `milestone_unknown` (no link of the chain knows it), `state_altered`, `costs_altered`,
    `fund_altered`, `roster_altered`, `ballot_unknown`, `ballot_gone`.
    """
    yield from _each(session, Milestone, _milestone_fault)
    yield from _each(session, Project, _project_fault)
    yield from _each(session, Round, _state_fault)
    yield from _each(session, Paper, _state_fault)
    yield from _each(session, Fund, _fund_fault)
    yield from _rosters(session)
    yield from _ballots(session)


def _each(session: Session, model: Any, fault: Callable[[Session, Any, Links], str]) -> Iterator[Fault]:
    """What `fault` says of each row, by the links that name it in their order. Memory does not grow with the rows."""
    after, table = 0, model.__tablename__
    while rows := session.exec(select(model).where(model.id > after).order_by(model.id).limit(STEP)).all():
        told = _links(session, [f"{table}:{row.id}" for row in rows])
        for row in rows:
            reason = fault(session, row, told.get(f"{table}:{row.id}", []))
            if reason:
                yield Fault(f"{table}:{row.id}", reason)
        after = rows[-1].id
        session.expunge_all()


def _links(session: Session, things: list[str]) -> dict[str, list[AuditRow]]:
    found: dict[str, list[AuditRow]] = {}
    for link in session.exec(select(AuditRow).where(col(AuditRow.thing).in_(things)).order_by(col(AuditRow.seq))):
        found.setdefault(link.thing, []).append(link)
    return found


def _state_fault(session: Session, row: Any, links: Links) -> str:
    """A row that no link knows has nothing to be held against: nothing was voted on there and nothing paid."""
    known = [link.to_state for link in links if link.to_state]
    return "state_altered" if known and known[-1] != row.state else ""


def _milestone_fault(session: Session, row: Milestone, links: Links) -> str:
    planned = [link for link in links if "planned_fen" in link.facts]
    if not planned:
        return "milestone_unknown"
    said = {name: planned[-1].facts.get(name) for name in facts(row)}
    worded = [link.private for link in links if link.private]
    people = (
        _last_actor(links, acts.MILESTONE_REPORT, acts.MILESTONE_RETURN),
        _last_actor(links, acts.MILESTONE_ACCEPT),
    )
    fits = said == facts(row) and worded[-1:] in ([], [texts(row)]) and (row.reported_by, row.accepted_by) == people
    return _state_fault(session, row, links) if fits else "milestone_altered"


def _last_actor(links: Links, act: Act, undone: Act | None = None) -> int | None:
    """Who did the act last; nobody where it was undone since."""
    found = [link for link in links if link.act in (act.name, undone.name if undone else "")]
    return found[-1].actor_id if found and found[-1].act == act.name else None


def _project_fault(session: Session, row: Project, links: Links) -> str:
    """Its state; and from when the experts have looked at it, its costs line by line."""
    costed = [link.facts for link in links if link.act == acts.COST.name and "lines" in link.facts]
    funded = any(link.act == acts.FUND.name for link in links)
    if costed and (row.state in COSTED or funded):
        query = select(CostLine.costed_fen).where(CostLine.project_id == row.id).order_by(col(CostLine.position))
        lines = list(session.exec(query))
        if (costed[-1]["cost_fen"], costed[-1]["lines"]) != (row.cost_fen, lines):
            return "costs_altered"
    return _state_fault(session, row, links)


def _fund_fault(session: Session, row: Fund, links: Links) -> str:
    said: dict[str, Any] = {}
    for link in links:
        said |= {name: value for name, value in link.facts.items() if name in CHARITY}
    return "fund_altered" if said and said != {name: getattr(row, name) for name in CHARITY} else ""


def _rosters(session: Session) -> Iterator[Fault]:
    """Who is on a roster was at home there when voting opened, or was put on it by hand; and who voted, did."""
    opened = _said(session, acts.OPEN_VOTE.name, "roster")
    finished = _said(session, acts.FINISH.name, "roster", "voters", "paper")
    enrolled = Counter(thing.split(":")[1] for thing in _things(session, acts.ENROLL.name))
    given = Counter(thing.split(":")[1] for thing in _things(session, acts.GIVE_PAPER.name))
    has = _counted(session, Voter.round_id, Voter.voted_how)
    web = _counted(session, Ballot.round_id, col(Ballot.paper_id).is_not(None))
    for number, (first,) in sorted(opened.items()):
        key, mine = str(number), {how: n for (round_id, how), n in has.items() if round_id == number}
        size, on_web = sum(mine.values()), web.get((number, False), 0)
        fits = size == first + enrolled[key] and mine.get(voting.PAPER, 0) == given[key]
        fits = fits and mine.get(voting.WEB, 0) == on_web
        if number in finished:
            roster, voters, paper = finished[number]
            fits = fits and (size, on_web, web.get((number, True), 0)) == (roster, voters - paper, paper)
        if not fits:
            yield Fault(f"round:{number}", "roster_altered")


def _said(session: Session, act: str, *names: str) -> dict[int, tuple[Any, ...]]:
    """What the chain says of each round in the links of this act, where it says all of it."""
    query = select(AuditRow.thing, AuditRow.facts).where(AuditRow.act == act).order_by(col(AuditRow.seq))
    return {
        int(thing.partition(":")[2]): tuple(facts[name] for name in names)
        for thing, facts in session.exec(query)
        if set(names) <= facts.keys()
    }


def _things(session: Session, act: str) -> Iterable[str]:
    return session.exec(select(AuditRow.thing).where(AuditRow.act == act))


def _counted(session: Session, *by: Any) -> Mapping[tuple[Any, ...], int]:
    """How many rows have the same of these."""
    rows = session.execute(select(*by, func.count()).group_by(*by))  # type: ignore[call-overload]
    return {(first, second): n for first, second, n in rows}


def _ballots(session: Session) -> Iterator[Fault]:
    """Ballots that nobody cast, and cast ones that are gone: on the web by their own link, else by their paper's."""
    agreed = col(AuditRow.to_state) == PaperState.AGREED
    for owner, column, said in (
        ("ballot", col(Ballot.id), col(AuditRow.act) == acts.CAST.name),
        ("paper", col(Ballot.paper_id), agreed),
    ):
        mine = col(Ballot.paper_id).is_(None) if owner == "ballot" else col(Ballot.paper_id).is_not(None)
        known = exists().where(col(AuditRow.thing) == literal(f"{owner}:") + cast(column, String), said)
        for number in session.exec(select(Ballot.id).where(mine, ~known).order_by(col(Ballot.id))):
            yield Fault(f"ballot:{number}", "ballot_unknown")
        yield from _gone(session, owner, column, said)


def _gone(session: Session, owner: str, column: Any, said: ColumnElement[bool]) -> Iterator[Fault]:
    number: Any = cast(func.substr(AuditRow.thing, len(owner) + 2), Integer)
    of_kind = col(AuditRow.thing).startswith(f"{owner}:")
    lost = select(AuditRow.thing).where(said, of_kind, ~exists().where(column == number)).distinct()
    for thing in session.exec(lost.order_by(AuditRow.thing)):
        yield Fault(thing, "ballot_gone")
