"""A process that approves or proposes an order and is killed at a given point of it, as when the power goes."""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from sqlalchemy import event
from sqlmodel import Session

from db.engine import open_engine
from db.models.ledger import Transfer
from portal import audit, ledger, start
from portal.acts import Who
from portal.fund import approving, moves, orders
from portal.settings import settings
from tests.fixtures.town import COMMUNITY


def die(*_args: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def after(module: Any, name: str) -> None:
    """Die as soon as that function has done its work."""
    real: Callable[..., Any] = getattr(module, name)

    def last(*args: Any, **named: Any) -> Any:
        real(*args, **named)
        die()

    setattr(module, name, last)


def arm(point: str) -> None:
    if point == "transfer_written":
        event.listen(Transfer, "after_insert", die)
    elif point == "committed":
        event.listen(Session, "after_commit", die)
    else:
        module, name = {
            "order_decided": (approving, "perform"),
            "posted": (ledger, "post"),
            "followed": (moves, "follow"),
            "entered": (orders, "enter"),
            "sealed": (audit, "seal"),
        }[point]
        after(module, name)


if __name__ == "__main__":
    deed, thing, person, point = sys.argv[1:]
    start.ready()
    open_engine(settings().database_url)
    me = Who(person_id=int(person), duties=frozenset({("finance", COMMUNITY)}))
    arm(point)
    with audit.transaction() as session:
        if deed == "approve":
            orders.approve(session, me, int(thing))
        else:
            orders.propose(session, me, orders.Typed("form", "release", "100", "用途", project_id=int(thing)))
