"""Reading Pabulib's `.pb` files: three sections of `;`-separated lines, in one pass. Ids are strings as in the file.

Source of the format: Faliszewski et al., "Participatory Budgeting: Data, Tools and Analysis" (IJCAI 2023).
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from portal.errors import Refused
from portal.fund.counting.election import LARGEST, Election, Project

SECTIONS = ("META", "PROJECTS", "VOTES")
COLUMNS = {"META": (), "PROJECTS": ("project_id", "cost"), "VOTES": ("vote",)}
RANKED, SCORED, ONE = ("ordinal",), ("cumulative", "scoring"), ("choose-1",)
VOTE_TYPES = ("approval", *ONE, *RANKED, *SCORED)
WITHDRAWN = "999999999"
"""A cost that marks a project taken back after the ballots were printed."""
AMOUNT = re.compile(r"([0-9]+)(?:\.([0-9]+)|,([0-9]{1,2}))?")
"""A comma is taken for a decimal one only where it cannot set off thousands."""
POINTS = re.compile(r"([0-9]+)(?:\.0+)?")
SHOWN = 40
"""How much of what stands in the file a refusal repeats."""


@dataclass
class _File:
    """The cells as they stand in the file, each with its line."""

    meta: dict[str, tuple[str, int]] = field(default_factory=dict)
    projects: list[tuple[dict[str, str], int]] = field(default_factory=list)
    votes: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    """(ids, points) with how often they were cast and the first line."""
    lines: dict[str, int] = field(default_factory=dict)
    """Where each section begins; under `` how many lines there are."""


@dataclass(frozen=True)
class _Ballots:
    """What is needed to read a ballot."""

    kind: str
    number: Mapping[str, int]
    scores: Sequence[int]


def parse(lines: Iterable[str], scores: Sequence[int] = ()) -> Election:
    """The election in a file. `scores` is what the first, second, … choice of a ranked ballot is worth.

    Without them what the file says counts (`scores`, else `max_length` for the first choice, one less for each next).
    Raises Refused with a `pb_…` id, mostly with the field and the line, for anything that would have to be guessed.
    """
    try:
        file = _read(lines)
    except UnicodeDecodeError:
        raise Refused("pb_not_utf8") from None
    budget = file.meta["budget"]
    costs = [row["cost"] for row, _ in file.projects]
    places = max(len(_decimals(amount)) for amount in (budget[0], *costs))
    kind, line = file.meta["vote_type"]
    if kind not in VOTE_TYPES:
        raise Refused("pb_vote_type", line=line, typed=kind[:SHOWN])
    ballots = _Ballots(kind, _numbers(file), _scores(file, scores) if kind in RANKED else ())
    return Election.cast(
        _minor(*budget, "pb_budget", places),
        [_project(row, line, places) for row, line in file.projects],
        ((_ballot(ballots, named, points, line), times) for (named, points), (times, line) in file.votes.items()),
        unit=10**places,
        vote_type=kind,
        scores=ballots.scores,
        meta={key: value for key, (value, _) in file.meta.items()},
    )


def _read(lines: Iterable[str]) -> _File:
    file = _File()
    section, columns = "", list[str]()
    for row, line in _rows(lines, file):
        if row[0].strip() in SECTIONS and not any(row[1:]):
            section, columns = row[0].strip(), []
            if section in file.lines:
                raise Refused("pb_repeated", typed=section, line=line)
            file.lines[section] = line
        elif not section:
            raise Refused("pb_no_section", line=line)
        elif section == "META":
            _add_meta(file, row, line)
        elif not columns:
            columns = _columns(section, row, line)
        elif section == "PROJECTS":
            file.projects.append((_cells(columns, row, line), line))
        else:
            _add_vote(file, columns, row, line)
    _require_all(file)
    return file


def _rows(lines: Iterable[str], file: _File) -> Iterator[tuple[list[str], int]]:
    """The rows that are not blank. Raises Refused `pb_quotes` where quotation marks do not pair."""
    start = iter(lines)
    reader = csv.reader(
        chain((line.removeprefix("\ufeff") for line in [next(start, "")]), start), delimiter=";", strict=True
    )
    try:
        for row in reader:
            if any(row):
                yield row, reader.line_num
    except csv.Error:
        raise Refused("pb_quotes", line=reader.line_num) from None
    file.lines[""] = reader.line_num


def _add_meta(file: _File, row: list[str], line: int) -> None:
    key, value = row[0].strip(), row[1].strip() if len(row) > 1 else ""
    if key in file.meta:
        raise Refused("pb_repeated", typed=key[:SHOWN], line=line)
    if key != "key":
        file.meta[key] = value, line


def _columns(section: str, row: list[str], line: int) -> list[str]:
    columns = [name.strip() for name in row]
    for name in COLUMNS[section]:
        if name not in columns:
            raise Refused("pb_missing_column", field=f"pb_{name}", line=line)
        if columns.count(name) > 1:
            raise Refused("pb_repeated", typed=name, line=line)
    return columns


def _cells(columns: list[str], row: list[str], line: int) -> dict[str, str]:
    cells = dict(zip(columns, row, strict=False))
    for name in COLUMNS["PROJECTS"]:
        cells[name] = cells.get(name, "").strip()
        if not cells[name]:
            raise Refused("pb_missing_cell", field=f"pb_{name}", line=line)
    return cells


def _add_vote(file: _File, columns: list[str], row: list[str], line: int) -> None:
    at = columns.index("vote")
    if len(row) <= at:
        raise Refused("pb_missing_cell", field="pb_vote", line=line)
    points = row[columns.index("points")] if "points" in columns and len(row) > columns.index("points") else ""
    file.votes.setdefault((row[at], points), [0, line])[0] += 1


def _require_all(file: _File) -> None:
    for section in SECTIONS:
        if section not in file.lines:
            raise Refused("pb_missing_section", section=section, line=file.lines[""])
    for key in ("budget", "vote_type"):
        if not file.meta.get(key, ("", 0))[0]:
            raise Refused("pb_missing_cell", field=f"pb_{key}", line=file.lines["META"])
    if not file.projects:
        raise Refused("pb_no_projects", line=file.lines["PROJECTS"])


def _numbers(file: _File) -> dict[str, int]:
    number: dict[str, int] = {}
    for n, (row, line) in enumerate(file.projects):
        name = row["project_id"]
        if name in number or "," in name:
            raise Refused("pb_same_id" if name in number else "pb_comma", project=name[:SHOWN], line=line)
        number[name] = n
    return number


def _project(row: dict[str, str], line: int, places: int) -> Project:
    withdrawn = row["cost"].partition(".")[0] == WITHDRAWN
    cost = int(WITHDRAWN) * 10**places if withdrawn else _minor(row["cost"], line, "pb_cost", places)
    return Project(row["project_id"], cost, row.get("name", ""), row.get("category", ""), withdrawn)


def _decimals(typed: str) -> str:
    found = AMOUNT.fullmatch(typed)
    return (found[2] or found[3] or "") if found else ""


def _minor(typed: str, line: int, column: str, places: int) -> int:
    """An amount in minor units of which one unit has ten to the power of `places`."""
    found = AMOUNT.fullmatch(typed)
    if not found:
        raise Refused("pb_money", field=column, line=line, typed=typed[:SHOWN])
    digits = found[1].lstrip("0") + _decimals(typed).ljust(places, "0")
    return _whole(digits or "0", line, column)


def _whole(digits: str, line: int, column: str) -> int:
    digits = digits.lstrip("0") or "0"
    if len(digits) > len(str(LARGEST)) or int(digits) > LARGEST:
        raise Refused("pb_too_large", field=column, line=line)
    return int(digits)


def _scores(file: _File, scores: Sequence[int]) -> Sequence[int]:
    typed, line = file.meta.get("scores", ("", 0))
    if scores or not typed:
        longest = max((len(named.split(",")) for named, _ in file.votes), default=1)
        most = file.meta.get("max_length", ("", 0))[0]
        first = int(most) if POINTS.fullmatch(most) and len(most) < 5 and int(most) >= longest else longest
        return tuple(scores) or tuple(range(first, 0, -1))
    return tuple(_points(part, line, "pb_scores") for part in typed.split(","))


def _ballot(ballots: _Ballots, named: str, points: str, line: int) -> dict[int, int]:
    """The score that a ballot gives to each project it names."""
    ids = [name.strip() for name in named.split(",")] if named.strip() else []
    if ballots.kind in RANKED:
        worth = [*ballots.scores[: len(ids)], *[0] * (len(ids) - len(ballots.scores))]
    elif ballots.kind in SCORED:
        worth = [_points(part, line, "pb_points") for part in points.split(",")] if points.strip() else []
    else:
        worth = [1] * len(ids)
    if len(worth) != len(ids):
        raise Refused("pb_points_number", line=line, ids=len(ids), points=len(worth))
    if ballots.kind in ONE and len(ids) > 1:
        raise Refused("pb_one_choice", line=line)
    found: dict[int, int] = {}
    for name, score in zip(ids, worth, strict=True):
        number = ballots.number.get(name)
        if number is None or number in found:
            raise Refused("pb_unknown_project" if number is None else "pb_twice", project=name[:SHOWN], line=line)
        found[number] = score
    return found


def _points(typed: str, line: int, column: str) -> int:
    found = POINTS.fullmatch(typed.strip())
    if not found:
        raise Refused("pb_points", field=column, line=line, typed=typed.strip()[:SHOWN])
    return _whole(found[1], line, column)
