"""The published ballot box of a round: a Pabulib file that alone suffices to count the vote again.

Its lines are sorted by what stands on the ballots and numbered from the top, so that nothing in it leads to a person
or tells the order in which people voted.
"""

import hashlib
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from io import StringIO
from typing import Any

from sqlmodel import Session, col, select

from db.models.audit import AuditRow
from db.models.ballots import Outcome
from db.models.fund import BallotType, Project, Round
from portal import areas, audit, words
from portal.acts import Who
from portal.errors import NotFound
from portal.fund import acts, counting, locking
from portal.fund.counting import Election, Result, Rule
from portal.ledger import Fault

Choices = Sequence[tuple[int, int]]
"""(number of the project, score) pairs of one ballot."""

VOTE_TYPES = {
    BallotType.APPROVAL: "approval",
    BallotType.POINTS: "cumulative",
    BallotType.RANKING: "ordinal",
    BallotType.ONE: "choose-1",
}
FEN = 100
ROUND = "round:"
COMMENT = (
    "portal_rule is the counting rule with every switch, as JSON; its ties are broken by the SHA-256 of "
    "'portal_seed:project_id', the smallest first. On ordinal ballots the first, second, ... choice is worth what "
    "'scores' says, and the column 'score' of a project is the sum of that."
)


@dataclass(frozen=True)
class Days:
    """When people voted."""

    begin: date
    end: date


def rule_of(row: Round) -> Rule:
    """The rule of a round in which voting has begun: the seed and the rivals stand in it since then."""
    return replace(Rule.read(row.rule), scores=_scores(row))


def election_of(row: Round, projects: Sequence[Project], ballots: Iterable[Choices]) -> Election:
    """The ballots as an election, equal ones merged and sorted by what stands on them."""
    number = {project.number: n for n, project in enumerate(projects)}
    merged = Counter(tuple(sorted((number[choice], score) for choice, score in ballot)) for ballot in ballots)
    return Election.cast(
        row.budget_fen,
        [counting.Project(str(p.number), p.cost_fen, p.title, p.kind) for p in projects],
        ((dict(ballot), times) for ballot, times in sorted(merged.items())),
        unit=FEN,
        vote_type=VOTE_TYPES[BallotType(row.ballot_type)],
        scores=_scores(row),
    )


def written(row: Round, election: Election, result: Result, days: Days) -> bytes:
    """The file, UTF-8."""
    return "".join(counting.write(election, _meta(row, result.rule, days), result.winners)).encode()


def read(data: bytes) -> tuple[Election, Rule]:
    """The election and the rule in a file of `written`. Raises Refused where it is none."""
    election = counting.parse(StringIO(data.decode(), newline=""))
    return election, counting.stated(election)


def digest(data: bytes) -> str:
    """SHA-256 in hexadecimal, as `sha256sum` prints it."""
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True)
class File:
    """Something published with a round, as it is downloaded."""

    data: bytes
    sha256: str


def box_file(session: Session, who: Who, round_id: int) -> File:
    """The ballot box of a finished round. Raises NotFound before."""
    found = outcome_of(session, round_id)
    return File(zlib.decompress(found.box), found.box_hash)


def receipts_file(session: Session, who: Who, round_id: int) -> File:
    """The hashes of all receipts of a finished round, sorted, one a line. Raises NotFound before."""
    found = outcome_of(session, round_id)
    return File(zlib.decompress(found.receipts), found.receipts_hash)


def chain_facts(outcome: Outcome) -> dict[str, Any]:
    """What the audit chain says of a published box, in the link of `round.finish`."""
    return {
        "box_sha256": outcome.box_hash,
        "receipts_sha256": outcome.receipts_hash,
        "result_sha256": digest(audit.canonical(outcome.result)),
        "voters": outcome.voters,
        "paper": outcome.paper,
        "roster": outcome.roster,
    }


def compare(session: Session) -> Iterator[Fault]:
    """Hold every published box, and the rules of every round in which voting has begun, against the audit chain.

    Reasons: `box_altered`, `receipts_altered`, `result_altered`, `box_gone`, `box_unknown` (no link of the chain knows
    it), `rules_altered`, `rules_unlocked`.
    """
    known = _said(session, acts.FINISH.name)
    for round_id in {*known, *session.exec(select(Outcome.round_id))}:
        outcome = session.get(Outcome, round_id)
        reason = _box_fault(outcome, known.get(round_id))
        if reason:
            yield Fault(f"outcome:{round_id}", reason)
        session.expunge_all()
    for round_id, said in _said(session, acts.OPEN_VOTE.name).items():
        reason = _rules_fault(session, round_id, said)
        if reason:
            yield Fault(f"round:{round_id}", reason)


def _said(session: Session, act: str) -> dict[int, Mapping[str, Any]]:
    """What the chain says of each round in the links of this act."""
    query = select(AuditRow.thing, AuditRow.facts).where(AuditRow.act == act).order_by(col(AuditRow.seq))
    return {int(thing.removeprefix(ROUND)): facts for thing, facts in session.exec(query)}


def _box_fault(outcome: Outcome | None, said: Mapping[str, Any] | None) -> str:
    """What is wrong with a published box; empty where it is as the chain says."""
    if outcome is None or said is None:
        return "box_gone" if outcome is None else "box_unknown"
    if _unpacked(outcome.box) != said.get("box_sha256"):
        return "box_altered"
    if _unpacked(outcome.receipts) != said.get("receipts_sha256"):
        return "receipts_altered"
    return "" if chain_facts(outcome).items() <= said.items() else "result_altered"


def _unpacked(packed: bytes) -> str:
    """The hash of what is packed; empty where it does not unpack."""
    try:
        return digest(zlib.decompress(packed))
    except zlib.error:
        return ""


def _rules_fault(session: Session, round_id: int, said: Mapping[str, Any]) -> str:
    row = session.get(Round, round_id)
    if row is None or row.locked_at is None:
        return "rules_unlocked"
    projects = session.exec(select(Project).where(Project.round_id == round_id, col(Project.number).is_not(None))).all()
    found = digest(audit.canonical(locking.lock_text(row, projects)))
    agree = found == row.locked_hash == said.get("rules_sha256") and row.seed == said.get("seed")
    return "" if agree else "rules_altered"


def _scores(row: Round) -> tuple[int, ...]:
    return tuple(row.scores) if row.ballot_type == BallotType.RANKING else ()


def outcome_of(session: Session, round_id: int) -> Outcome:
    """The published outcome of a round. Raises NotFound where there is none (yet)."""
    found = session.get(Outcome, round_id)
    if found is None:
        raise NotFound()
    return found


def _meta(row: Round, rule: Rule, days: Days) -> dict[str, str]:
    """What the file says beside the ballots; Pabulib's names, then our own."""
    with words.speaking(None):  # the same whoever publishes it
        tree = areas.tree()
        town, place = tree.root.label, tree.label(row.area_path)
    return {
        "description": f"{place} {row.name}",
        "country": "China",
        "unit": town,
        "subunit": place,
        "instance": str(days.begin.year),
        "currency": "CNY",
        "language": "zh",
        "date_begin": f"{days.begin:%d.%m.%Y}",
        "date_end": f"{days.end:%d.%m.%Y}",
        "rule": _pabulib_rule(rule),
        **_limits(row),
        "comment": COMMENT,
        "portal_round": str(row.id),
        "portal_seed": row.seed,
        **counting.stating(rule),
    }


def _pabulib_rule(rule: Rule) -> str:
    if rule.name == "greedy":
        return "greedy"
    return "equalshares" if rule.completion == "none" else f"equalshares/{rule.completion}"


def _limits(row: Round) -> dict[str, Any]:
    """What a ballot had to be."""
    if row.ballot_type == BallotType.ONE:
        return {"min_length": str(min(row.min_choices, 1)), "max_length": "1"}
    found = {"min_length": str(row.min_choices), "max_length": str(row.max_choices)}
    return found | ({"max_sum_points": str(row.points)} if row.ballot_type == BallotType.POINTS else {})
