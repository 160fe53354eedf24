"""What can be done from a terminal, one small function per command; `app` is the Typer application of all of them.

It is made when it is asked for: `count`, which needs no database, does not wait for what the others load.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer


def __getattr__(name: str) -> "typer.Typer":
    if name != "app":
        raise AttributeError(name)
    from portal.commands.every import app

    return app
