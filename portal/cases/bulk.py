"""Doing one thing to many cases: each is refused or done by itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from portal import audit, limits
from portal.acts import Who
from portal.errors import Refused


@dataclass(frozen=True)
class Sent:
    """What a bulk act did: the ids done, and those skipped with the refusal."""

    done: list[int]
    skipped: dict[int, Refused]


def each(session: Session, who: Who, deed: Callable[..., object], case_ids: Sequence[int], *args: Any) -> Sent:
    """Do `deed(session, who, case_id, *args)` to each case; one refusal stops only its own.

    At most `limits.BULK_ROWS` at a time, else Refused `too_many_rows`.
    """
    if len(case_ids) > limits.BULK_ROWS:
        raise Refused("too_many_rows", limit=limits.BULK_ROWS)
    done: list[int] = []
    skipped: dict[int, Refused] = {}
    for case_id in sorted(set(case_ids)):  # in one order, so that two clerks never wait for each other in a circle
        try:
            with audit.attempt(session):
                deed(session, who, case_id, *args)
            done.append(case_id)
        except Refused as refusal:
            skipped[case_id] = refusal
    return Sent(done, skipped)
