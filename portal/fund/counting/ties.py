"""How ties are broken: always by a rule that was stated before, never by the order in which a computer found them."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from portal.fund.counting.election import Election

STATED = ("file", "cost", "id")
SEED = re.compile(r"seed:[0-9A-Za-z._-]{1,128}")


def is_stated(rule: object) -> bool:
    """Whether `rule` says how to break ties: `file`, `cost`, `id` or `seed:…`."""
    return isinstance(rule, str) and (rule in STATED or SEED.fullmatch(rule) is not None)


@dataclass
class Ties:
    """The stated order among equals, and every tie that was met.

    `rule` is `file` (order of the rows), `cost` (the cheaper first, then by id), `id` (as text), or `seed:<text>`:
    then the order is that of the SHA-256 of `<text>:<id>`, which anybody can recompute. `first` is a project that
    wins every tie it is in: the question what a lost tie did.
    """

    rule: str
    election: Election
    first: int | None = None
    met: list[dict[str, Any]] = field(default_factory=list)

    def rank(self, project: int) -> Any:
        """Where a project stands among equals: the least comes first."""
        row = self.election.projects[project]
        if self.rule == "file":
            return project
        if self.rule == "cost":
            return (row.cost, row.id)
        if self.rule == "id":
            return row.id
        return hashlib.sha256(f"{self.rule.removeprefix('seed:')}:{row.id}".encode()).hexdigest()

    def ordered(self, tied: Sequence[int], place: int) -> list[int]:
        """`tied` in the stated order; a tie of more than one is noted with the place it was about (from 1)."""
        if len(tied) < 2:
            return list(tied)
        order = sorted(tied, key=self.rank)
        if self.first in order:
            order.remove(self.first)
            order.insert(0, self.first)
        ids = self.election.ids(order)
        self.met.append({"place": place, "tied": ids, "chosen": ids[0], "by": self.rule})
        return order
