"""Commands that keep the portal running: `serve`, `migrate`, `tick`."""

from typing import Annotated

import typer
from sqlalchemy import make_url

from portal import notices, schema, start
from portal.cases import clockwork
from portal.commands.terminal import open_database, say
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
    done = clockwork.tick()
    say("command.tick.done", cases=sum(done.values()), notices=notices.deliver())
