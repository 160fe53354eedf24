"""How commands speak: sentences on standard output, progress on standard error, refusals as exit code 1."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from typer.core import TyperGroup

from portal import words
from portal.errors import Refused

FOUND_BAD = 1

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


class PlainGroup(TyperGroup):
    """A group of commands whose refusals come out as the sentence, not as a trace."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except Refused as refusal:
            err.print(words.say(refusal), markup=False)
            raise typer.Exit(FOUND_BAD) from refusal


def say(message_id: str, **facts: object) -> None:
    """Print the sentence for `message_id`."""
    out.print(words.t(message_id, **facts), markup=False)


def open_database() -> None:
    """Open the database. Raises Refused `not_migrated` where its tables are not those of this code."""
    from portal import schema, start  # with all of SQLAlchemy, which a command without a database does not need

    start.ready()
    if not schema.is_current():
        raise Refused("not_migrated")


@contextmanager
def steps() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on standard error: the block calls what it gets with a step's message id, how many, of how many."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err) as bar:
        tasks: dict[str, Any] = {}

        def step(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bar.add_task(words.t(f"command.step.{name}"), total=total)
            bar.update(tasks[name], completed=done, total=total)

        yield step
        for task in bar.tasks:
            bar.update(task.id, completed=task.total)
