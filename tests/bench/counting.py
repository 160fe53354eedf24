"""`make bench`: what a count of real elections takes, beside pabutools on the same file in the same run."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from portal.settings import ROOT

FOLDER = Path(os.environ.get("PABULIB_DIR", ROOT.parent / "shared" / "pabulib"))
ELECTIONS = ("Netherlands_Amsterdam_622", "Poland_Swiecie_2023", "Poland_Warszawa_2021_Bielany", "Poland_Lodz_2022")
PATIENCE = 60.0
"""How many seconds pabutools has for an election."""
ORACLE = """
import sys
from pabutools.election import Cost_Sat, parse_pabulib
from pabutools.rules import exhaustion_by_budget_increase, method_of_equal_shares
instance, profile = parse_pabulib(sys.argv[1])
ballots = profile.as_multiprofile()
won = exhaustion_by_budget_increase(
    instance, ballots, method_of_equal_shares, {"sat_class": Cost_Sat},
    budget_step=profile.num_ballots(), exhaustive_stop=False,
)
import json; print(json.dumps({"winners": [project.name for project in won]}))
"""
"""Equal Shares with Add1 until the next step would overspend, which is not what `voter_budget_increment=1` does."""


@dataclass(frozen=True)
class Took:
    """Seconds and the most memory of a whole process, and what it found."""

    seconds: float
    megabytes: float
    winners: list[str]


def measured(command: list[str], patience: float) -> Took | None:
    """Run a process; None where it does not end in time or fails."""
    began, most = time.perf_counter(), 0
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            if time.perf_counter() - began > patience:
                process.kill()
                return None
            most = max(most, _memory(watched))
            time.sleep(0.005)
        taken = time.perf_counter() - began
        told = process.stdout.read() if process.stdout else ""
    return Took(taken, most / 2**20, json.loads(told)["winners"]) if process.returncode == 0 else None


def _memory(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.Error:  # it ended in between
        return 0


def report(out: Console) -> None:
    """Print a table; one line where the elections are not here."""
    files = [FOLDER / f"{name}.pb" for name in ELECTIONS]
    if not all(file.exists() for file in files):
        out.print(f"No elections in {FOLDER}: set PABULIB_DIR to count some.", markup=False)
        return
    table = Table(
        "Equal Shares, Add1 until overspend", "portal", "memory", "pabutools", "memory", "times", "same winners"
    )
    for file in files:
        with out.status(f"counting {file.stem}"):
            ours = measured(
                [sys.executable, "-m", "portal", "count", str(file), "--rule", "equal-shares", "--json"], 600
            )
            theirs = measured([sys.executable, "-c", ORACLE, str(file)], PATIENCE)
        table.add_row(file.stem, *_cells(ours), *_cells(theirs), *_beside(ours, theirs))
    out.print(table)


def _cells(took: Took | None) -> tuple[str, str]:
    return (f"{took.seconds:.2f} s", f"{took.megabytes:.0f} MB") if took else (f"not in {PATIENCE:.0f} s", "")


def _beside(ours: Took | None, theirs: Took | None) -> tuple[str, str]:
    if not ours or not theirs:
        return "", ""
    return f"{theirs.seconds / ours.seconds:.0f}", "yes" if sorted(ours.winners) == sorted(theirs.winners) else "NO"


if __name__ == "__main__":
    report(Console(highlight=False))
