"""An election as numbers: equal ballots merged, money in whole minor units."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from portal.errors import Refused

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
LARGEST = 2**63 - 1
"""No amount, and no sum of points, may be larger."""


@dataclass(frozen=True)
class Project:
    """Something to be paid for. `cost` is in minor units; one `withdrawn` stands on the ballots and cannot win."""

    id: str
    cost: int
    name: str = ""
    category: str = ""
    withdrawn: bool = False


@dataclass(frozen=True)
class Election:
    """Projects in the order of the file, and the different ballots with how often each was cast."""

    budget: int
    """In minor units."""
    unit: int
    """How many minor units make one unit of the currency: a power of ten."""
    vote_type: str
    projects: tuple[Project, ...]
    ballots: tuple[Mapping[int, int], ...]
    """What each project on the ballot gets (1 for an approval), by the number of the project."""
    times: tuple[int, ...]
    """How often each ballot was cast; blank ones included."""
    scores: tuple[int, ...] = ()
    """On ranked ballots, what the first, second, … choice got."""
    meta: Mapping[str, str] = field(default_factory=dict, compare=False)

    @classmethod
    def cast(
        cls,
        budget: int,
        projects: Sequence[Project],
        votes: Iterable[tuple[Mapping[int, int], int]],
        *,
        unit: int = 100,
        vote_type: str = "approval",
        scores: Sequence[int] = (),
        meta: Mapping[str, str] | None = None,
    ) -> Self:
        """The election of `votes`: (score by number of the project, how often cast); equal ballots are merged.

        Raises Refused `pb_too_many_points` where the points do not fit into 64 bits.
        """
        merged: Counter[tuple[tuple[int, int], ...]] = Counter()
        points = 0
        for ballot, times in votes:
            kept = tuple(sorted((p, score) for p, score in ballot.items() if score > 0))
            merged[kept] += times
            points += times * sum(score for _, score in kept)
        if points > LARGEST:
            raise Refused("pb_too_many_points")
        ballots = tuple(dict(ballot) for ballot in merged)
        times_cast = tuple(merged.values())
        return cls(budget, unit, vote_type, tuple(projects), ballots, times_cast, tuple(scores), meta or {})

    @cached_property
    def voters(self) -> int:
        """All who cast a ballot, also a blank one: each gets an equal share."""
        return sum(self.times)

    @cached_property
    def number(self) -> dict[str, int]:
        """The number of each project by its id."""
        return {project.id: n for n, project in enumerate(self.projects)}

    @cached_property
    def weights(self) -> Ints:
        """`times`, to calculate with."""
        return np.array(self.times, np.int64)

    @cached_property
    def support(self) -> list[tuple[Ints, Ints]]:
        """For each project the numbers of the ballots that name it, ascending, and the score each gives."""
        who: list[list[int]] = [[] for _ in self.projects]
        score: list[list[int]] = [[] for _ in self.projects]
        for number, ballot in enumerate(self.ballots):
            for project, points in ballot.items():
                who[project].append(number)
                score[project].append(points)
        return [(np.array(w, np.int64), np.array(s, np.int64)) for w, s in zip(who, score, strict=True)]

    @cached_property
    def points(self) -> list[int]:
        """The sum of scores of each project."""
        return [int((self.weights[w] * s).sum()) for w, s in self.support]

    @cached_property
    def votes(self) -> list[int]:
        """How many voters name each project."""
        return [int(self.weights[w].sum()) for w, _ in self.support]

    def cost(self, chosen: Iterable[int]) -> int:
        """What the projects cost together, in minor units."""
        return sum(self.projects[p].cost for p in chosen)

    def ids(self, chosen: Iterable[int]) -> list[str]:
        """The ids of projects, in the order given."""
        return [self.projects[p].id for p in chosen]
