"""The command line: `python -m portal --help`."""

import os
import sys
from importlib import import_module

from pydantic import ValidationError

from portal import words
from portal.settings import settings


def main() -> None:
    """Run a command; settings that cannot be are told in a sentence each."""
    try:
        settings()
    except ValidationError as error:
        for slip in error.errors(include_input=False, include_url=False):
            sys.stderr.write(f"{slip['msg']}\n")
        sys.exit(2)
    words.use(_tongue())
    # help texts are made on import, in the language in use; most counts are done before the other commands are loaded
    module, name = ("counting", "alone") if sys.argv[1:2] == ["count"] else ("every", "app")
    app = getattr(import_module(f"portal.commands.{module}"), name)
    app(prog_name="python -m portal")


def _tongue() -> str:
    """The offered language that the terminal asks for, else the default one."""
    asked = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "").replace("_", "-")
    offered = settings().language_codes
    return next((code for code in offered if asked[:2] == code[:2]), offered[0])


if __name__ == "__main__":
    main()
