"""`count`: counts any election in Pabulib's format, without a database."""

import sys
from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer
from rich.markup import escape
from rich.table import Table

from portal import words
from portal.commands.terminal import PlainGroup, out, say, steps
from portal.errors import Refused
from portal.words import t, tn

if TYPE_CHECKING:
    from portal.fund.counting import Election, Result, Rule


class Name(StrEnum):
    GREEDY = "greedy"
    EQUAL_SHARES = "equal-shares"


class Utility(StrEnum):
    COST = "cost"
    CARDINALITY = "cardinality"
    POINTS = "points"


class Completion(StrEnum):
    NONE = "none"
    GREEDY = "greedy"
    ADD1 = "add1"


class Stop(StrEnum):
    EXHAUSTIVE = "exhaustive"
    OVERSPEND = "overspend"


class Start(StrEnum):
    EXACT = "exact"
    FLOOR = "floor"


def count(
    file: Annotated[Path, typer.Argument(help=t("command.help.count_file"), exists=True, dir_okay=False)],
    rule: Annotated[Name | None, typer.Option(help=t("command.help.count_rule"))] = None,
    utility: Annotated[Utility, typer.Option(help=t("command.help.count_utility"))] = Utility.COST,
    completion: Annotated[Completion, typer.Option(help=t("command.help.count_completion"))] = Completion.ADD1,
    stop: Annotated[Stop, typer.Option(help=t("command.help.count_stop"))] = Stop.OVERSPEND,
    start: Annotated[Start, typer.Option(help=t("command.help.count_start"))] = Start.EXACT,
    step: Annotated[int, typer.Option(help=t("command.help.count_step"), min=1)] = 1,
    no_skip: Annotated[bool, typer.Option("--no-skip", help=t("command.help.count_no_skip"))] = False,
    threshold: Annotated[int, typer.Option(help=t("command.help.count_threshold"), min=0)] = 0,
    conflict: Annotated[list[str] | None, typer.Option(help=t("command.help.count_conflict"), metavar="A,B")] = None,
    eighty: Annotated[bool, typer.Option("--eighty", help=t("command.help.count_eighty"))] = False,
    scores: Annotated[str, typer.Option(help=t("command.help.count_scores"), metavar="3,2,1")] = "",
    ties: Annotated[str, typer.Option(help=t("command.help.count_ties"), metavar="file|cost|id|seed:N")] = "id",
    compare: Annotated[bool, typer.Option("--compare", help=t("command.help.count_compare"))] = False,
    as_json: Annotated[bool, typer.Option("--json", help=t("command.help.json"))] = False,
) -> None:
    from portal.fund import counting  # numpy takes its time, which no other command should wait for

    groups = tuple(frozenset(name.strip() for name in group.split(",")) for group in conflict or [])
    try:
        given = rule and counting.Rule(
            rule.value, utility.value, completion.value, stop.value, start.value, step, not no_skip, threshold, groups,
            eighty, _scores(scores), ties, compare,
        )  # fmt: skip
    except Refused as refusal:
        raise typer.BadParameter(words.say(refusal)) from refusal
    with steps() as tell:
        election = counting.parse(_lines(file), given.scores if given else ())
        tell("count_read", election.voters, election.voters)
        result = counting.count(election, given or _stated(election), lambda n, _: tell("count_add1", n, n))
    told = counting.printed(election, result)
    if as_json:
        sys.stdout.write(orjson.dumps(told, default=_exact, option=orjson.OPT_APPEND_NEWLINE).decode())
    else:
        _show(election, result, told)


def _stated(election: "Election") -> "Rule":
    """The rule in the file itself. Without one, and without `--rule`, the command was used wrongly."""
    from portal.fund import counting

    try:
        return counting.stated(election)
    except Refused as refusal:
        raise typer.BadParameter(words.say(refusal), param_hint="--rule") from refusal


def _lines(file: Path) -> Iterator[str]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        yield from lines


def _scores(typed: str) -> tuple[int, ...]:
    parts = [part.strip() for part in typed.split(",")] if typed else []
    if not all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts):
        raise Refused("not_offered", field="count_scores")
    return tuple(map(int, parts))


def _exact(amount: Any) -> orjson.Fragment:
    """An amount with decimals as it is, not as the nearest binary fraction."""
    if isinstance(amount, Decimal):
        return orjson.Fragment(str(amount))
    raise TypeError


def _show(election: "Election", result: "Result", told: dict[str, Any]) -> None:
    from portal.fund.counting.printing import money

    table = Table(*(t(f"command.count.{name}") for name in ("place", "project", "name", "cost", "votes", "effective")))
    for place, (p, name) in enumerate(zip(result.winners, told["winners"], strict=True), start=1):
        project = election.projects[p]
        cost = f"{money(election, project.cost):,}"
        votes, effective = f"{election.votes[p]:,}", f"{told['effective_votes'][name]:,.1f}".removesuffix(".0")
        table.add_row(str(place), escape(name), escape(project.name), cost, votes, effective)
    out.print(table)
    say(
        "command.count.done",
        cost=f"{told['cost']:,}",
        budget=f"{money(election, election.budget):,}",
        voters=f"{election.voters:,}",
    )
    if result.endowment is not None:
        say("command.count.share", share=f"{told['endowment']:,.2f}", steps=result.steps)
    if preferred := result.preferred:
        shares, other, neither = preferred["equal-shares"], preferred["greedy"], preferred["neither"]
        say("command.count.preferred", shares=shares, greedy=other, neither=neither)
    out.print(tn("command.count.ties", len(result.ties)), markup=False)
    for tie in result.ties:
        say("command.count.tie", place=tie["place"], tied=", ".join(tie["tied"]), by=tie["by"])


alone = typer.Typer(cls=PlainGroup, add_completion=False, rich_markup_mode=None)
"""This command by itself, which loads in a third of the time."""
alone.command("count", help=t("command.help.count"))(count)


@alone.callback()
def _named() -> None:
    """With this Typer asks for the name of the command, though there is only one."""
