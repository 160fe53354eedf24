"""What stands on a ballot: what the rules of the round allow, how it is typed from paper, and how it is sealed."""

import json
import re
from collections.abc import Callable, Collection
from typing import Any

from db.models.fund import BallotType, Round
from portal import limits, vault
from portal.errors import Refused

Choices = tuple[tuple[int, int], ...]
"""Pairs of a project's number on the ballot and its score; those of a ranking in the order of preference."""
PADDED = 192
"""Sealed texts are filled up to a multiple of so many characters: their length tells nothing of what they hold."""
_PAIR = re.compile(r"([0-9]{1,4})(?:[:=×*]([0-9]{1,6}))?")
_BETWEEN = re.compile(r"[\s,;.，、；。]+")


def check(row: Round, numbers: Collection[int], choices: object) -> Choices:
    """`choices` as they are counted, in one canonical order, where the round allows them.

    `numbers` are those on the ballot. A refusal tells the rule and nothing of the ballot. Raises Refused:
    `ballot_malformed`, `ballot_too_few` (least), `ballot_too_many` (most), `ballot_too_many_points` (points).
    """
    pairs = _known(numbers, choices)
    return _RULES[row.ballot_type](row, pairs)


def begun(numbers: Collection[int], choices: object) -> Choices:
    """`choices` of a ballot that is not finished: they need not be allowed yet. Raises Refused as `check`."""
    return tuple(_known(numbers, choices))


def typed(row: Round, numbers: Collection[int], text: str) -> Choices:
    """What a clerk typed from a ballot on paper: numbers, with their points as `3:5`; a ranking in its order.

    Raises Refused `ballot_typed` (part), `ballot_unknown`, `ballot_repeated` (number).
    """
    parts = [part for part in _BETWEEN.split(text) if part]
    found = [(_PAIR.fullmatch(part), part) for part in parts]
    pairs: list[tuple[int, int]] = []
    for place, (match, part) in enumerate(found):
        with_points = match is not None and match[2] is not None
        if match is None or with_points != (row.ballot_type == BallotType.POINTS):
            raise Refused("ballot_typed", part=part[:20])
        number = int(match[1])
        if number not in numbers:
            raise Refused("ballot_unknown", number=number)
        if number in {known for known, _ in pairs}:
            raise Refused("ballot_repeated", number=number)
        pairs.append((number, int(match[2]) if with_points else _worth(row, place)))
    return tuple(pairs)


def seal(choices: Choices | None) -> str:
    """Encrypted for storage. None stands for a paper that could not be read."""
    plain = json.dumps(choices, separators=(",", ":"))
    return vault.seal(plain.ljust(-(-len(plain) // PADDED) * PADDED))


def unseal(sealed: str) -> Choices | None:
    """What was sealed. Raises cryptography.fernet.InvalidToken where it was tampered with."""
    found = json.loads(vault.unseal(sealed))
    return None if found is None else tuple((number, score) for number, score in found)


def _worth(row: Round, place: int) -> int:
    """The score of a choice in this place; beyond the last place of a ranking 0, which the check refuses."""
    if row.ballot_type != BallotType.RANKING:
        return 1
    return row.scores[place] if place < len(row.scores) else 0


def _known(numbers: Collection[int], choices: object) -> list[tuple[int, int]]:
    if not isinstance(choices, list | tuple) or len(choices) > limits.PROPOSALS_ON_BALLOT:
        raise Refused("ballot_malformed")
    pairs = [_pair(choice) for choice in choices]
    chosen = {number for number, _ in pairs}
    if len(chosen) < len(pairs) or not chosen <= set(numbers):
        raise Refused("ballot_malformed")
    return pairs


def _pair(choice: Any) -> tuple[int, int]:
    if not isinstance(choice, list | tuple) or len(choice) != 2:
        raise Refused("ballot_malformed")
    if not all(type(part) is int and 0 <= part < 2**31 for part in choice):
        raise Refused("ballot_malformed")
    return choice[0], choice[1]


def _within(pairs: list[tuple[int, int]], least: int, most: int) -> None:
    if len(pairs) < least:
        raise Refused("ballot_too_few", least=least)
    if len(pairs) > most:
        raise Refused("ballot_too_many", most=most)


def _marks(pairs: list[tuple[int, int]]) -> Choices:
    if any(score != 1 for _, score in pairs):
        raise Refused("ballot_malformed")
    return tuple(sorted(pairs))


def _approval(row: Round, pairs: list[tuple[int, int]]) -> Choices:
    _within(pairs, row.min_choices, row.max_choices)
    return _marks(pairs)


def _one(row: Round, pairs: list[tuple[int, int]]) -> Choices:
    _within(pairs, 1, 1)
    return _marks(pairs)


def _points(row: Round, pairs: list[tuple[int, int]]) -> Choices:
    kept = [(number, points) for number, points in pairs if points > 0]
    _within(kept, 1, limits.PROPOSALS_ON_BALLOT)
    if sum(points for _, points in kept) > row.points:
        raise Refused("ballot_too_many_points", points=row.points)
    return tuple(sorted(kept))


def _ranking(row: Round, pairs: list[tuple[int, int]]) -> Choices:
    _within(pairs, 1, len(row.scores))
    if [score for _, score in pairs] != row.scores[: len(pairs)]:
        raise Refused("ballot_malformed")
    return tuple(pairs)


_RULES: dict[str, Callable[[Round, list[tuple[int, int]]], Choices]] = {
    BallotType.APPROVAL: _approval,
    BallotType.POINTS: _points,
    BallotType.RANKING: _ranking,
    BallotType.ONE: _one,
}
