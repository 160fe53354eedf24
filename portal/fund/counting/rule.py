"""The rule of a count: every switch is stated, printed with the result, and fixed before voting opens."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self

from portal.errors import Refused
from portal.fund.counting.ties import is_stated

OFFERED = {
    "name": ("greedy", "equal-shares"),
    "utility": ("cost", "cardinality", "points"),
    "completion": ("none", "greedy", "add1"),
    "stop": ("exhaustive", "overspend"),
    "start": ("exact", "floor"),
}
LARGEST_SWITCH = 10**12


@dataclass(frozen=True)
class Rule:
    """How ballots become winners. What a rule has no use for stays at its default.

    Raises Refused `not_offered` with the switch (as `count_<switch>`) that cannot be.
    """

    name: Literal["greedy", "equal-shares"] = "equal-shares"
    utility: Literal["cost", "cardinality", "points"] = "cost"
    """What a funded project is worth to a supporter: its cost times the points given (on an approval ballot one), one,
    or the points. Greedy takes the most utility per cost first, so that is: most points, votes per cost, points per
    cost."""
    completion: Literal["none", "greedy", "add1"] = "add1"
    """How the money that Equal Shares leaves over is used."""
    stop: Literal["exhaustive", "overspend"] = "overspend"
    """Add1 ends when nothing more fits, or only when the next step would overspend."""
    start: Literal["exact", "floor"] = "exact"
    """Whether the first share is budget / voters, or that rounded down to whole units of the currency."""
    step: int = 1
    """By how many units of the currency Add1 raises each share."""
    skip: bool = True
    """Greedy passes over what does not fit, instead of ending there."""
    threshold: int = 0
    """The least number of points with which a project can win."""
    conflicts: tuple[frozenset[str], ...] = ()
    """Ids of projects of which only one can be funded."""
    eighty: bool = False
    """Greedy ends at the first project that does not fit (so it skips nothing), but still pays it where at least 80 %
    of its cost is left."""
    scores: tuple[int, ...] = ()
    """What the first, second, … choice is worth on ranked ballots; nothing beyond the last."""
    ties: str = "id"
    compare: bool = False
    """Greedy wins after all where more voters prefer its outcome."""

    def __post_init__(self) -> None:
        for switch, offered in OFFERED.items():
            _require(getattr(self, switch) in offered, switch)
        _require(is_stated(self.ties), "ties")
        _require(_is_count(self.step) and self.step > 0, "step")
        _require(_is_count(self.threshold), "threshold")
        _require(all(map(_is_count, self.scores)), "scores")
        _require(list(self.scores) == sorted(self.scores, reverse=True), "scores")
        _require(all(len(group) > 1 for group in self.conflicts), "conflicts")
        if self.eighty:
            object.__setattr__(self, "skip", False)

    def printed(self) -> dict[str, Any]:
        """All switches as JSON has them; `read` takes this back."""
        return {**asdict(self), "conflicts": [sorted(group) for group in self.conflicts], "scores": list(self.scores)}

    @classmethod
    def read(cls, printed: Mapping[str, Any]) -> Self:
        """The rule out of `printed`; a switch that is absent has its default."""
        known = {switch.name: switch for switch in fields(cls)}
        for switch, value in printed.items():
            _require(switch in known, "switch")
            kind = type(known[switch].default)
            _require(isinstance(value, list) if kind is tuple else type(value) is kind, switch)
        groups = printed.get("conflicts", [])
        _require(
            all(isinstance(group, list) and all(isinstance(p, str) for p in group) for group in groups), "conflicts"
        )
        plain = {switch: value for switch, value in printed.items() if switch not in ("conflicts", "scores")}
        return cls(**plain, conflicts=tuple(map(frozenset, groups)), scores=tuple(printed.get("scores", [])))


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value <= LARGEST_SWITCH


def _require(holds: bool, switch: str) -> None:
    if not holds:
        raise Refused("not_offered", field=f"count_{switch}")
