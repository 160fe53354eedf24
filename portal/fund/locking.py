"""What is fixed when voting opens: the rules and the ballot as one text, its hash, and the seed that breaks ties."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from db.models.audit import ChainHead
from db.models.fund import Project, ProjectState, Round
from portal import audit, clock
from portal.fund.terms import DRAW

FIXED = (
    "id", "fund_id", "budget_fen", "allowed", "excluded", "caps", "least_fen", "ballot_type", "min_choices",
    "max_choices", "points", "scores", "paper", "rule", "returns_to",
)  # fmt: skip
"""The columns of a round that are in the text."""


def lock_text(row: Round, projects: Sequence[Project]) -> dict[str, Any]:
    """The rules and the ballot as canonical JSON has them; the SHA-256 of that is the round's `locked_hash`.

    `projects` are those that have a number, in any order.
    """
    return _text(row.model_dump(include=set(FIXED)), projects)


def lock(session: Session, row: Round, rivals: Sequence[frozenset[int]]) -> dict[str, Any]:
    """The columns that lock a round whose vote opens now; nothing is written yet. `rivals`: groups of project ids."""
    projects = ballot_of(session, row.id or 0)
    seed = session.scalar(select(ChainHead.hash).where(ChainHead.id == 1)) or audit.GENESIS
    rule = final_rule(row, seed, projects, rivals)
    text = _text(row.model_dump(include=set(FIXED)) | {"rule": rule}, projects)
    digest = hashlib.sha256(audit.canonical(text)).hexdigest()
    return {"rule": rule, "locked_at": clock.now(), "locked_hash": digest, "seed": seed}


def ballot_of(session: Session, round_id: int) -> list[Project]:
    """The projects on the ballot, by number."""
    query = select(Project).where(Project.round_id == round_id, Project.state == ProjectState.ON_BALLOT)
    return list(session.exec(query.order_by(col(Project.number))))


def forget_numbers(session: Session, row: Round) -> None:
    """A number says that a project is on the ballot, or was voted on: those taken off the ballot lose theirs."""
    off = update(Project).where(col(Project.round_id) == row.id, col(Project.state) != ProjectState.ON_BALLOT)
    session.execute(off.values(number=None).execution_options(synchronize_session=False))


def final_rule(row: Round, seed: str, projects: Sequence[Project], rivals: Sequence[frozenset[int]]) -> dict[str, Any]:
    """The counting rule with what was open until now: the seed of a draw, and the rivals by ballot number."""
    number = {project.id: str(project.number) for project in projects}
    groups = [sorted(number[one] for one in group if one in number) for group in rivals]
    ties = f"seed:{seed}" if row.rule.get("ties") == DRAW else row.rule.get("ties", f"seed:{seed}")
    return {**row.rule, "ties": ties, "conflicts": sorted(group for group in groups if len(group) > 1)}


def _text(columns: Mapping[str, Any], projects: Sequence[Project]) -> dict[str, Any]:
    listed = sorted((p for p in projects if p.number is not None), key=lambda p: p.number or 0)
    return {
        "rules": {name: columns[name] for name in FIXED},
        "ballot": [
            {"number": p.number, "project": p.id, "title": p.title, "kind": str(p.kind), "cost_fen": p.cost_fen}
            for p in listed
        ],
    }
