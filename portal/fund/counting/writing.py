"""Writing an election as a Pabulib `.pb` file, line by line."""

import csv
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import count

from portal.errors import Refused
from portal.fund.counting.election import Election, Project
from portal.fund.counting.pabulib import RANKED, SCORED, WITHDRAWN

ORDER = (
    "description", "country", "unit", "subunit", "instance", "num_projects", "num_votes", "budget", "vote_type",
    "scores", "rule", "date_begin", "date_end", "min_length", "max_length", "max_points", "max_sum_points", "currency",
)  # fmt: skip


class _Line:
    """Hands back what the csv module writes."""

    def write(self, line: str) -> str:
        return line


def write(election: Election, meta: Mapping[str, str], winners: Collection[int] | None = None) -> Iterator[str]:
    """The lines of a file from which `parse` reads the same election.

    `meta` is what the election does not know (description, dates, currency, …). With `winners` (numbers of projects)
    there is a column `selected`. Voters are numbered in the order of the merged ballots, which tells nothing of when
    they voted as long as those are sorted. Raises Refused `pb_unwritable` for an id that could not be read again.
    """
    for name in election.number:
        if "," in name or not name or name != name.strip():
            raise Refused("pb_unwritable", project=name)
    line = csv.writer(_Line(), delimiter=";", lineterminator="\r\n")  # so that it quotes both signs
    for row in _rows(election, meta, winners):
        yield line.writerow(row).removesuffix("\r\n") + "\n"


def amount(election: Election, minor: int) -> str:
    """An amount in units of the currency: without decimals where it is whole, else with all of them."""
    whole, rest = divmod(minor, election.unit)
    return f"{whole}.{str(rest).zfill(_places(election))}" if rest else str(whole)


def _places(election: Election) -> int:
    return len(str(election.unit)) - 1


def _rows(election: Election, meta: Mapping[str, str], winners: Collection[int] | None) -> Iterator[Iterable[object]]:
    yield ["META"]
    yield ["key", "value"]
    yield from _meta(election, meta).items()
    yield ["PROJECTS"]
    chosen = [] if winners is None else ["selected"]
    yield ["project_id", "cost", "votes", "score", "name", "category", *chosen]
    for p, project in enumerate(election.projects):
        mark = [] if winners is None else [int(p in winners)]
        cost = _cost(election, project)
        yield [project.id, cost, election.votes[p], election.points[p], project.name, project.category, *mark]
    yield ["VOTES"]
    scored = election.vote_type in SCORED
    yield ["voter_id", "vote", *(["points"] if scored else [])]
    voter = count(1)
    for ballot, times in zip(election.ballots, election.times, strict=True):
        cells = _cells(election, ballot, scored)
        for _ in range(times):
            yield [next(voter), *cells]


def _meta(election: Election, meta: Mapping[str, str]) -> dict[str, object]:
    """All entries in the usual order; the budget shows how many decimals the currency has."""
    places = _places(election)
    whole, rest = divmod(election.budget, election.unit)
    known: dict[str, object] = {
        **meta,
        "num_projects": len(election.projects),
        "num_votes": election.voters,
        "budget": f"{whole}.{str(rest).zfill(places)}" if places else whole,
        "vote_type": election.vote_type,
    }
    if election.scores:
        known["scores"] = ",".join(map(str, election.scores))
    first = {key: known[key] for key in ORDER if key in known}
    return {**first, **{key: value for key, value in known.items() if key not in first}}


def _cost(election: Election, project: Project) -> str:
    return WITHDRAWN if project.withdrawn else amount(election, project.cost)


def _cells(election: Election, ballot: Mapping[int, int], scored: bool) -> list[str]:
    """The ids, best first on ranked ballots, and the points."""
    ranked = election.vote_type in RANKED
    order = sorted(ballot, key=lambda p: -ballot[p]) if ranked else list(ballot)
    points = [",".join(str(ballot[p]) for p in order)] if scored else []
    return [",".join(election.ids(order)), *points]
