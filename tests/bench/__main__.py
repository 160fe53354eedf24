"""`make bench`: what a visit to the wall costs, with few and many wishes, for one visitor and for a crowd.

And how long real elections take to count, beside another engine.

Starts its own servers on loopback with data of their own, prints one report, and ends by itself within minutes.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from urllib.error import URLError
from urllib.request import urlopen

import psutil
from rich.console import Console
from rich.table import Table

from portal.settings import ROOT
from tests.bench import counting
from tests.bench.visitors import Crowd, Visitor, in_turn
from tests.fixtures.postgresql import free_port

FEW, MANY = 100, 100_000
RUNS = 200
PEOPLE, EVERY = 400, 5.0
EMPTY = ("bench=empty",)
WALL = (
    "",
    "standing=open",
    "standing=solved",
    "order=supported",
    "area=%2F530181%2Fjinfang%2Fhoushan%2F",
    "q=%E8%B7%AF%E7%81%AF",
)
DEFAULTS = {
    "STREAMLIT_RUNNER_POST_SCRIPT_GC": "true",
    "STREAMLIT_RUNNER_MAGIC_ENABLED": "true",
    "STREAMLIT_SERVER_FILE_WATCHER_TYPE": "auto",
}
"""What the portal's own .streamlit/config.toml changes, set back to what Streamlit comes with."""

out = Console(highlight=False)


@dataclass
class Measured:
    """One visitor's runs of one page."""

    p50: float
    cpu: float
    """Milliseconds both."""


@dataclass
class Served:
    """A running server and the cookies of the residents it knows."""

    url: str
    process: psutil.Process
    cookies: list[str]

    def cpu(self) -> float:
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def memory(self) -> int:
        return int(self.process.memory_info().rss)


def fill(folder: Path, wishes: int, visitors: int) -> None:
    """Make the data of a server in a process of its own, so that this one stays small."""
    code = (
        "import json, sys; from portal import schema, start; from tests.bench import wishes;"
        "start.ready(); schema.bring_up();"
        f"json.dump(wishes.fill({wishes}, {visitors}), open(sys.argv[1], 'w'))"
    )
    command = [sys.executable, "-c", code, str(folder / "cookies.json")]
    subprocess.run(command, cwd=ROOT, env=environment(folder), check=True)


def environment(folder: Path, **more: str) -> dict[str, str]:
    ours = {"PORTAL_DATA_DIR": str(folder), "DATABASE_URL": f"sqlite:///{folder / 'portal.db'}", "PORTAL_TICKER": "0"}
    return os.environ | ours | more


@contextmanager
def serving(folder: Path, **settings: str) -> Iterator[Served]:
    """One server process on the data in `folder`."""
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.app", str(port)]
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment(folder, **settings), stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(url, process, folder / "server.log")
        yield Served(url, psutil.Process(process.pid), json.loads((folder / "cookies.json").read_text()))
    finally:
        process.kill()
        process.wait()


def _wait(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            break
        try:
            urlopen(f"{url}/_stcore/health", timeout=2).close()
            return
        except (URLError, OSError):
            time.sleep(0.1)
    raise SystemExit(log.read_text())


async def alone(server: Served, path: str, queries: tuple[str, ...]) -> Measured:
    """One visitor, one run after another."""
    visitor = Visitor(server.url, path, server.cookies[0])
    await in_turn(visitor, queries, 1)
    before = server.cpu()
    taken = await in_turn(Visitor(server.url, path, server.cookies[0]), queries, RUNS, warm=0)
    return Measured(1000 * median(taken), 1000 * (server.cpu() - before) / RUNS)


@dataclass
class Felt:
    """What a crowd felt, and what it cost."""

    taken: list[float]
    """Sorted seconds of the runs."""
    busy: float
    """Cores that the server used."""
    others: float
    """Cores that neither the server nor the crowd used: near zero, or the figures tell of a busy machine."""
    each: float
    """kB of memory per session."""
    failed: list[str]


async def crowd(server: Served, seconds: float) -> Felt:
    """400 people on the wall."""
    visitors = [Visitor(server.url, "/wall", cookie) for cookie in server.cookies]
    await in_turn(Visitor(server.url, "/wall", server.cookies[0]), WALL, 12)
    people, memory = Crowd(visitors, WALL, EVERY), server.memory()
    await people.gather(12)
    await asyncio.sleep(6)
    start, ours, mine, everybody = time.perf_counter(), server.cpu(), time.process_time(), _busy()
    taken = await people.watch(seconds)
    seconds, everybody = time.perf_counter() - start, _busy() - everybody
    busy, crowded = (server.cpu() - ours) / seconds, (time.process_time() - mine) / seconds
    each = (server.memory() - memory) / len(visitors) / 1000
    await people.disperse()
    return Felt(taken, busy, max(0.0, everybody / seconds - busy - crowded), each, people.failed)


def _busy() -> float:
    """Seconds in which the machine's cores did something."""
    times = psutil.cpu_times()
    return float(times.user + times.system)


def report_alone(found: dict[int, tuple[Measured, Measured]]) -> None:
    table = Table(title=f"One visitor, one process, median of {RUNS} runs", title_justify="left")
    for column in ("wishes", "empty p50", "wall p50", "times", "empty CPU", "wall CPU", "times"):
        table.add_column(column, justify="right")
    for wishes, (empty, wall) in found.items():
        table.add_row(
            f"{wishes:,}",
            *(f"{empty.p50:.1f} ms", f"{wall.p50:.1f} ms", f"{wall.p50 / empty.p50:.2f}"),
            *(f"{empty.cpu:.1f} ms", f"{wall.cpu:.1f} ms", f"{wall.cpu / empty.cpu:.2f}"),
        )
    out.print(table)
    few, many = found[FEW][1], found[MANY][1]
    out.print(
        f"The wall with {MANY:,} wishes takes {many.p50 / few.p50:.2f} times what it takes with {FEW}, and "
        f"{many.cpu / few.cpu:.2f} times the CPU (Streamlit sends every 5 ms, so the first moves in steps)."
    )


def report_crowd(name: str, felt: Felt) -> None:
    def at(share: float) -> str:
        return f"{1000 * felt.taken[min(len(felt.taken) - 1, int(share * len(felt.taken)))]:.0f} ms"

    out.print(
        f"{name}: p95 {at(0.95)}, p50 {at(0.5)}, slowest {at(1)} of {len(felt.taken)} runs; "
        f"server {felt.busy:.0%} of a core, {felt.each:.0f} kB of memory per session, {len(felt.failed)} failed"
        f" (other programs used {felt.others:.1f} cores meanwhile)",
        soft_wrap=True,
    )
    for failure in sorted(set(felt.failed))[:3]:
        out.print(f"  {failure}", markup=False)


async def measure(folder: Path) -> None:
    found = {}
    for wishes in (FEW, MANY):
        place = folder / str(wishes)
        place.mkdir()
        with out.status(f"{wishes:,} wishes: making them"):
            fill(place, wishes, PEOPLE if wishes == MANY else 1)
        with out.status(f"{wishes:,} wishes: one visitor"), serving(place) as server:
            found[wishes] = (await alone(server, "/", EMPTY), await alone(server, "/wall", WALL))
    report_alone(found)
    out.print(f"\n{PEOPLE} people on the wall ({MANY:,} wishes), one action each {EVERY:.0f} s, one process:")
    with out.status("a crowd"), serving(place) as server:
        report_crowd("as the portal is set", await crowd(server, 30))
    with out.status("a crowd, Streamlit's defaults"), serving(place, **DEFAULTS) as server:
        report_crowd("with Streamlit's default settings", await crowd(server, 20))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as name:
        asyncio.run(measure(Path(name)))
    counting.report(out)
