"""Visitors without a browser: they speak Streamlit's websocket protocol and measure how long a run takes."""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from urllib.request import urlopen

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

FINISHED = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)
PATIENCE = 60.0


@dataclass
class Visitor:
    """One browser tab on one page."""

    url: str
    path: str
    cookie: str = ""
    script: str = ""
    held: set[str] = field(default_factory=set)
    """Hashes of messages it has, which the server then need not send again."""
    began: float = 0.0
    """When the run it waits for began; 0 while it waits for none."""
    elements: int = 0
    """How many elements the last run drew: none would mean that nothing was measured."""
    socket: ClientConnection | None = None

    async def arrive(self, query: str = "") -> float:
        """Connect and run the page for the first time; returns the seconds."""
        token = _token(self.url)
        cookies = f"_streamlit_xsrf={token}" + (f"; portal_session={self.cookie}" if self.cookie else "")
        self.socket = await connect(
            self.url.replace("http", "ws") + "/_stcore/stream",
            subprotocols=["streamlit", token],  # type: ignore[list-item]
            origin=self.url,  # type: ignore[arg-type]
            additional_headers={"Cookie": cookies},
            max_size=None,
            compression=None,
            ping_interval=None,
        )
        return await self.run(query)

    async def run(self, query: str = "") -> float:
        """Run the page again under another query; returns the seconds until the last word of the server."""
        assert self.socket
        message = BackMsg()
        asked = message.rerun_script
        asked.query_string, asked.page_script_hash = query, self.script
        asked.page_name = "" if self.script else self.path.strip("/")
        asked.context_info.timezone, asked.context_info.locale = "Asia/Shanghai", "zh-CN"
        asked.context_info.url = self.url + self.path
        asked.cached_message_hashes.extend(self.held)
        self.began, self.elements = time.perf_counter(), 0
        await self.socket.send(message.SerializeToString())
        async with asyncio.timeout(PATIENCE):
            while not self._take(await self.socket.recv()):
                pass
        took, self.began = time.perf_counter() - self.began, 0.0
        return took

    def _take(self, data: str | bytes) -> bool:
        """Read one message; True when it ends the run. Raises RuntimeError when the page failed."""
        message = ForwardMsg()
        message.ParseFromString(data if isinstance(data, bytes) else data.encode())
        if message.metadata.cacheable:
            self.held.add(message.hash)
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self.script = message.new_session.page_script_hash
        elif kind == "navigation":
            self.script = message.navigation.page_script_hash
            here = {page.url_pathname for page in message.navigation.app_pages if page.page_script_hash == self.script}
            if self.path.strip("/") not in here:
                raise RuntimeError(f"the page is {here}, not {self.path}")
        elif kind in ("delta", "ref_hash"):
            self.elements += 1
            if message.delta.new_element.WhichOneof("type") in ("exception", "alert"):
                raise RuntimeError(f"the page failed: {str(message.delta.new_element)[:300]}")
        elif kind == "script_finished":
            if message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                raise RuntimeError("the page failed to compile")
            return message.script_finished in FINISHED
        return False

    async def leave(self) -> None:
        if self.socket:
            await self.socket.close()


@cache
def _token(url: str) -> str:
    """The token without which Streamlit takes no socket; asked for once, as it blocks everybody meanwhile."""
    with urlopen(f"{url}/_stcore/health", timeout=30) as answer:
        cookie = answer.headers.get("set-cookie", "")
    return cookie.split(";")[0].partition("=")[2].strip('"') if "_streamlit_xsrf" in cookie else "none"


async def in_turn(visitor: Visitor, queries: Sequence[str], runs: int, warm: int = 15) -> list[float]:
    """The seconds of `runs` runs of one visitor, one after another, after `warm` that do not count."""
    await visitor.arrive(queries[0])
    taken = [await visitor.run(queries[number % len(queries)]) for number in range(warm + runs)]
    await visitor.leave()
    return taken[warm:]


class Crowd:
    """Many visitors who each do something every few seconds, spread at random."""

    def __init__(self, visitors: list[Visitor], queries: Sequence[str], every: float) -> None:
        self.visitors, self.queries, self.every = visitors, queries, every
        self.taken: list[tuple[float, float]] = []
        """(when it began, seconds) of each finished run."""
        self.failed: list[str] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._over = False

    async def gather(self, seconds: float) -> None:
        """Let them arrive one by one within about `seconds`, and begin to act."""
        for visitor in self.visitors:
            self._tasks.append(asyncio.create_task(self._live(visitor)))
            await asyncio.sleep(seconds / len(self.visitors))

    async def watch(self, seconds: float) -> list[float]:
        """The seconds of each run that began within the next `seconds`; one that has not ended counts so far."""
        start = time.perf_counter()
        await asyncio.sleep(seconds)
        now = time.perf_counter()
        finished = [took for began, took in self.taken if began >= start]
        return sorted(finished + [now - v.began for v in self.visitors if v.began > 0])

    async def disperse(self) -> None:
        """Send everybody home."""
        self._over = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(visitor.leave() for visitor in self.visitors), return_exceptions=True)

    async def _live(self, visitor: Visitor) -> None:
        try:
            await visitor.arrive(self.queries[0])
            await asyncio.sleep(random.uniform(0, self.every))
            while not self._over:
                began = time.perf_counter()
                self.taken.append((began, await visitor.run(random.choice(self.queries))))
                await asyncio.sleep(random.uniform(0.5, 1.5) * self.every)
        except (RuntimeError, OSError, TimeoutError) as error:
            visitor.began = 0.0
            self.failed.append(repr(error)[:300])
