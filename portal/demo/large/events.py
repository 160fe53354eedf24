"""All acts of the large demo in the order in which they happened, as columns."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from db.models.cases import State
from portal.acts import Act
from portal.cases import acts
from portal.demo.large.days import NEVER, Ints
from portal.demo.large.lives import DECLINED, ORDINARY, REFERRED, WITHDRAWN, Bools, Lives
from portal.demo.large.town import Town

STEPS = (State.SCREENING, State.OPEN, State.DISPATCHED, State.CLAIMED, State.IN_PROGRESS, State.DONE)
SUPPORTERS = 60
"""Fewer than so many for each case: persons are spaced so that none comes twice."""


class Deed(NamedTuple):
    """An act as it is done here: by whom, and from which state."""

    act: Act
    role: str
    frm: str = ""


DEEDS: list[Deed] = []
"""What columns of deeds count in; acts that may follow in the same second stand in the order of the lifecycle."""


def _deed(act: Act, role: str, *states: str) -> int:
    """Put a deed, or one for each of several states, into the list; the number of the first."""
    DEEDS.extend(Deed(act, role, state) for state in states or [""])
    return len(DEEDS) - max(len(states), 1)


POST = _deed(acts.POST, "anyone")
RECORD = _deed(acts.RECORD, "grid_worker")
ACCEPT = _deed(acts.ACCEPT, "staff", State.SCREENING)
DECLINE = _deed(acts.DECLINE, "staff", State.SCREENING)
WITHDRAW = _deed(acts.WITHDRAW, "poster", State.SCREENING)
WITHDRAW_BY_RECEIPT = _deed(acts.WITHDRAW, "receipt", State.SCREENING)
REFER = _deed(acts.REFER, "staff", State.OPEN)
DISPATCH = _deed(acts.DISPATCH, "staff", State.OPEN)
TO_HALL = _deed(acts.TO_HALL, "staff", State.OPEN)
GRAB = _deed(acts.GRAB, "volunteer", State.OPEN)
TAKE_ON = _deed(acts.TAKE_ON, "holder", State.DISPATCHED)
TAKE_ON_GRABBED = _deed(acts.TAKE_ON, "holder", State.CLAIMED)
FINISH = _deed(acts.FINISH, "holder", State.IN_PROGRESS)
RATE = _deed(acts.RATE, "poster", State.DONE)
RATE_BY_RECEIPT = _deed(acts.RATE, "receipt", State.DONE)
CLOSE_UNANSWERED = _deed(acts.CLOSE_UNANSWERED, "system", State.DONE)
CLIMB = _deed(acts.CLIMB, "system", *STEPS)
CLIMB_AGAIN = _deed(acts.CLIMB, "system", *STEPS)
SUPPORT = _deed(acts.SUPPORT, "member", *STEPS)


@dataclass
class Support:
    """Who joined which case when."""

    case: Ints
    person: Ints
    at: Ints


@dataclass
class Events:
    """One row is one act; `deed` is a place in DEEDS; `actor` 0 is nobody known."""

    at: Ints
    case: Ints
    deed: Ints
    actor: Ints


def supports(lives: Lives, now: int, people: int, rng: np.random.Generator) -> Support:
    """Between acceptance and the end people join in: most cases have few, some have many."""
    public = (lives.looked != NEVER) & np.isin(lives.fate, (ORDINARY, REFERRED))
    since = np.where(public, lives.looked, 0)
    end = np.where(lives.fate == REFERRED, lives.sent, lives.closed)
    until = np.where(public, np.minimum(end, now), 0)
    wanted = np.where(until - since > 300, rng.negative_binomial(0.6, 0.38, len(lives)).clip(0, SUPPORTERS - 1), 0)
    case = np.repeat(np.arange(len(lives)), wanted)
    nth = np.arange(len(case)) - np.repeat(np.cumsum(wanted) - wanted, wanted) + 1
    stride = np.repeat(1 + rng.integers(max(1, people // SUPPORTERS - 1), size=len(lives)), wanted)
    start = np.where(lives.poster > 0, lives.poster, 1 + rng.integers(people, size=len(lives)))
    person = 1 + (start[case] - 1 + nth * stride) % people
    at = since[case] + 1 + (rng.random(len(case)) ** 1.6 * (until - since - 2)[case]).astype(np.int64)
    return Support(case, person, at)


def happen(lives: Lives, joined: Support, town: Town) -> Events:
    """Everything, in order. Steps of one case that fall into the same second keep their order."""
    worker, staff = town.worker[lives.cell], town.staff[lives.cell]
    holder = np.where(lives.hall, lives.volunteer, worker)
    normal, referred, withdrawn = (lives.fate == fate for fate in (ORDINARY, REFERRED, WITHDRAWN))
    silent, known = lives.outcome < 0, lives.poster > 0
    nobody = np.zeros(len(lives), np.int64)
    everyone = np.ones(len(lives), bool)
    parts: list[tuple[Bools, Ints, Ints | int, Ints]] = [
        (~lives.recorded, lives.posted, POST, lives.poster),
        (lives.recorded, lives.posted, RECORD, worker),
        (normal | referred, lives.looked, ACCEPT, staff),
        (lives.fate == DECLINED, lives.looked, DECLINE, staff),
        (withdrawn & known, lives.looked, WITHDRAW, lives.poster),
        (withdrawn & ~known, lives.looked, WITHDRAW_BY_RECEIPT, nobody),
        (referred, lives.sent, REFER, staff),
        (normal & ~lives.hall, lives.sent, DISPATCH, staff),
        (normal & lives.hall, lives.sent, TO_HALL, staff),
        (normal & lives.hall, lives.grabbed, GRAB, lives.volunteer),
        (normal & ~lives.hall, lives.taken, TAKE_ON, worker),
        (normal & lives.hall, lives.taken, TAKE_ON_GRABBED, lives.volunteer),
        (normal, lives.finished, FINISH, holder),
        (normal & ~silent & known, lives.closed, RATE, lives.poster),
        (normal & ~silent & ~known, lives.closed, RATE_BY_RECEIPT, nobody),
        (normal & silent, lives.closed, CLOSE_UNANSWERED, nobody),
        (everyone, lives.climbed, CLIMB + step_of(lives, lives.climbed), nobody),
        (everyone, lives.climbed_again, CLIMB_AGAIN + step_of(lives, lives.climbed_again), nobody),
    ]
    columns = [_rows(*part) for part in parts]
    columns.append((joined.at, joined.case, SUPPORT + step_of(lives, joined.at, joined.case), joined.person))
    at, case, deed, actor = (np.concatenate(column) for column in zip(*columns, strict=True))
    order = np.lexsort((deed, case, at))
    return Events(at[order], case[order], deed[order], actor[order])


def step_of(lives: Lives, moments: Ints, case: Ints | None = None) -> Ints:
    """The place in STEPS of each case's state at a moment, for cases that go the ordinary way to the end."""

    def of(column: NDArray[Any]) -> NDArray[Any]:
        return column if case is None else column[case]

    step = (moments >= of(lives.looked)).astype(np.int64)
    step = np.where((moments >= of(lives.sent)) & ~of(lives.hall) & (of(lives.fate) == ORDINARY), 2, step)
    step = np.where(moments >= of(lives.grabbed), 3, step)
    step = np.where(moments >= of(lives.taken), 4, step)
    return np.where(moments >= of(lives.finished), 5, step)


def _rows(which: Bools, moments: Ints, deed: Ints | int, actor: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    case = np.flatnonzero(which & (moments != NEVER))
    deeds = deed[case] if isinstance(deed, np.ndarray) else np.full(len(case), deed, np.int64)
    return moments[case], case, deeds, actor[case]
