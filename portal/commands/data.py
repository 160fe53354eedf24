"""Commands that bring data in and out: `demo`, `import areas`, `backup`, `restore`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from portal import areas, audit
from portal import backup as backups
from portal import demo as demo_data
from portal import restore as restores
from portal.acts import SYSTEM
from portal.commands.terminal import open_database, say, steps
from portal.errors import Refused
from portal.settings import settings
from portal.start import ready
from portal.words import t


class Size(StrEnum):
    SMALL = "small"
    LARGE = "large"


def backup(file: Annotated[Path, typer.Argument(help=t("command.help.backup_file"), dir_okay=False)]) -> None:
    open_database()
    with steps() as step:
        manifest = backups.write(file, step)
    rows = sum(part.rows for part in manifest.parts.values())
    say("command.backup.done", file=file, rows=rows, head=manifest.head)


def restore(
    file: Annotated[Path, typer.Argument(help=t("command.help.restore_file"), exists=True, dir_okay=False)],
    replace: Annotated[bool, typer.Option("--yes", "--replace", help=t("command.help.replace"))] = False,
) -> None:
    ready()
    with steps() as step:
        manifest = restores.restore(file, replace=replace, progress=step)
    say("command.restore.done", made_at=manifest.made_at, head=manifest.head)


def demo(
    size: Annotated[Size, typer.Option(help=t("command.help.size"))] = Size.SMALL,
    seed: Annotated[int, typer.Option(help=t("command.help.seed"))] = 1,
) -> None:
    open_database()
    if not settings().demo:
        raise Refused("demo_off")
    with steps() as step:
        loaded = demo_data.load(size.value, seed, step)
    say("command.demo.done" if loaded else "command.demo.already")


def import_areas(
    file: Annotated[Path, typer.Argument(help=t("command.help.areas_file"), exists=True, dir_okay=False)],
) -> None:
    open_database()
    data = areas.read_geojson(file.read_bytes())
    with audit.transaction() as session:
        report = areas.import_geojson(session, SYSTEM, data)
    say("command.areas.done", added=report.added, changed=report.changed, unchanged=report.unchanged)
