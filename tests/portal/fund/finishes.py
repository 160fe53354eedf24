"""A process that finishes the round named on its command line and says what became of it: `done` or what was raised.

`--stop STEP` prints `here` at that step and waits to be killed; `--go FILE` begins when the file is there.
"""

import argparse
import os
import time
from pathlib import Path
from typing import Any

from portal import audit, start
from portal.acts import SYSTEM
from portal.errors import Refused
from portal.fund import ballots, outcome, phases

STEPS = {"opened": (outcome, "prepare"), "awarded": (outcome, "_award"), "emptied": (ballots, "empty"),
         "sealed": (audit, "seal")}  # fmt: skip


def say(word: str) -> None:
    os.write(1, f"{word}\n".encode())


def stop_after(step: str) -> None:
    """Let the process hang right after this step."""
    module, name = STEPS[step]
    plain = getattr(module, name)

    def stopped(*args: Any, **named: Any) -> None:
        plain(*args, **named)
        say("here")
        time.sleep(600)

    setattr(module, name, stopped)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("round_id", type=int)
    parser.add_argument("--stop", choices=STEPS)
    parser.add_argument("--go", type=Path)
    given = parser.parse_args()
    start.ready()
    if given.stop:
        stop_after(given.stop)
    say("ready")
    while given.go and not given.go.exists():
        time.sleep(0.005)
    try:
        with audit.transaction() as session:
            phases.enter(session, SYSTEM, given.round_id, "finished")
        say("done")
    except Refused as refusal:
        say(refusal.message_id)
