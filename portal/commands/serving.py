"""Commands that keep the portal running: `serve`, `migrate`, `tick`."""

from typing import Annotated

import typer
from sqlalchemy import make_url

from portal import schema, start
from portal.chores import CHORES, attempt
from portal.commands.terminal import FOUND_BAD, open_database, say
from portal.http import serve as server
from portal.settings import settings
from portal.words import t


def serve(
    host: Annotated[str, typer.Option(help=t("command.help.host"))] = "127.0.0.1",
    port: Annotated[int, typer.Option(help=t("command.help.port"), min=1, max=65535)] = 8501,
    workers: Annotated[int, typer.Option(help=t("command.help.workers"), min=1, max=64)] = 1,
) -> None:
    open_database()
    say("command.serve.at", url=f"http://{'localhost' if host == '127.0.0.1' else host}:{port}")
    server.run(host, port, workers)


def migrate() -> None:
    start.ready()
    schema.bring_up()
    say("command.migrate.done", database=make_url(settings().database_url).render_as_string(hide_password=True))


def tick() -> None:
    open_database()
    done = {chore.name: attempt(chore) for chore in CHORES}
    (_, cases), (_, sent) = done["deadlines"], done["notices"]
    say("command.tick.done", cases=sum(cases.values()) if isinstance(cases, dict) else 0, notices=sent or 0)
    if not all(worked for worked, _ in done.values()):
        raise typer.Exit(FOUND_BAD)
