"""What was written in the large demo: choices among phrases, so that the same case always says the same."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from db.demo import texts
from db.models.setup import Category
from db.search import pairs
from portal.demo.large.days import Ints
from portal.demo.large.lives import OUTCOMES

PARTS = ("places", "since", "spots", "closings")
SILENT = 4
"""Of so many who rate, one writes a word."""


@dataclass
class Written:
    """Columns of some cases; `pairs` are those of title and body for the search index."""

    titles: list[str]
    bodies: list[str]
    places: list[str]
    pairs: list[list[str]]


class Words:
    """The phrases chosen for each case."""

    def __init__(self, category: Ints, categories: list[Category], rng: np.random.Generator) -> None:
        self._phrases = texts.phrases()
        kinds = self._phrases["categories"]
        self._own = [kinds.get(c.code, kinds["other"]) for c in categories]
        self._kind, n = category, len(category)
        self._chosen = {name: rng.integers(len(self._phrases[name]), size=n) for name in PARTS}
        self._any = rng.integers(2**31, size=n)
        """For all further choices, each by its remainder."""
        self._off: NDArray[np.float64] = rng.uniform(-1, 1, (n, 2))
        self._dice, self._kinds = self._any.tolist(), category.tolist()
        self._pairs = {phrase: pairs(phrase) for name in PARTS for phrase in self._phrases[name]}

    def of(self, low: int, high: int) -> Written:
        """What the cases from `low` to `high` say."""
        chosen = [[self._phrases[name][i] for i in self._chosen[name][low:high].tolist()] for name in PARTS]
        kinds, dice = self._kind[low:high].tolist(), self._any[low:high].tolist()
        wishes = [self._own[kind]["wishes"] for kind in kinds]
        problems = [own[number % len(own)] for own, number in zip(wishes, dice, strict=True)]
        places, since, spots, closings = chosen
        titles = [place + problem for place, problem in zip(places, problems, strict=True)]
        parts = list(zip(since, spots, closings, strict=True))
        bodies = [f"{a}，{b}。{c}。" for a, b, c in parts]
        # signs between the parts end a run of characters, so the pairs of the whole are those of its parts
        found = [
            [p for text in (title, *rest) for p in self._of(text)] for title, rest in zip(titles, parts, strict=True)
        ]
        return Written(titles, bodies, places, found)

    def answer(self, case: int) -> str:
        """The public reply."""
        return self._pick(self._own[self._kinds[case]]["answers"], case)

    def word(self, case: int, outcome: int) -> str:
        """What the resident said besides the stars; most say nothing."""
        if self._dice[case] // 7 % SILENT:
            return ""
        return self._pick(self._phrases["words"][OUTCOMES[outcome]], case)

    def reason(self, name: str, case: int) -> str:
        """Why it was declined (`declines`) or referred (`referrals`)."""
        return self._pick(self._phrases[name], case)

    def name_shown(self, part: slice) -> list[bool]:
        shown: list[bool] = (self._any[part] % 3 == 0).tolist()
        return shown

    def scatter(self, part: slice, degrees: float) -> list[list[float]]:
        """How far east and north of the middle of its cell each case lies."""
        off: list[list[float]] = (self._off[part] * degrees).tolist()
        return off

    def _of(self, text: str) -> list[str]:
        found = self._pairs.get(text)
        if found is None:
            found = self._pairs[text] = pairs(text)
        return found

    def _pick(self, among: list[str], case: int) -> str:
        return among[self._dice[case] % len(among)]
