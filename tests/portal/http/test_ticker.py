"""The server's clock: every chore is done, and none waits for one that hangs."""

import threading
from dataclasses import replace

import pytest

from portal import chores, notices, photos
from portal.accounts import sweep
from portal.cases import callbacks, clockwork, errands, retention
from portal.chores import Chore
from portal.fund import phases
from portal.fund import work as late
from portal.http import ticker
from portal.settings import settings


def test_a_gateway_that_hangs_holds_up_no_deadline(db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    begun = {chore.name: threading.Event() for chore in chores.CHORES}

    def watched(chore: Chore) -> Chore:
        def work() -> None:
            begun[chore.name].set()
            if chore.name == "notices":
                release.wait(30)
            raise RuntimeError("no disk")

        return replace(chore, seconds=0.02, work=work)

    monkeypatch.setattr(settings(), "ticker", True)
    monkeypatch.setattr(ticker, "LINES", {name: tuple(map(watched, line)) for name, line in chores.LINES.items()})
    with ticker.running():
        assert begun["notices"].wait(10)
        others = [event for name, event in begun.items() if name != "notices"]
        for event in [*others, *others]:
            assert event.wait(10), "done, and done again although it failed"
            event.clear()
        release.set()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ticker")]


def test_the_list_of_chores_is_complete() -> None:
    work = {
        clockwork.tick,
        notices.deliver,
        chores.close_day,
        photos.sweep,
        sweep.sweep,
        errands.remind,
        callbacks.draw_due,
        retention.run,
        phases.tick,
        late.tick,
    }
    assert {chore.work for chore in chores.CHORES} == work
    assert len({chore.name for chore in chores.CHORES}) == len(work)
