"""The rows that lists and search read: cases, the areas above them, their search words."""

from typing import Any

import numpy as np
from sqlmodel import Session

from db.models.cases import State
from db.models.setup import Category
from portal import areas
from portal.cases.lifecycle import TICKING, standing
from portal.demo.large import sink
from portal.demo.large.days import NEVER, Days, Ints
from portal.demo.large.days import texts as moments
from portal.demo.large.events import STEPS, SUPPORT, Events, step_of
from portal.demo.large.lives import DECLINED, HOLD, ORDINARY, OUTCOMES, REFERRED, SILENCE, WITHDRAWN, Lives
from portal.demo.large.phrases import Words
from portal.demo.large.town import Town

Columns = dict[str, list[Any]]
STATES = (*STEPS, State.CLOSED, State.DECLINED, State.WITHDRAWN, State.REFERRED)
CLOSED, ENDS = 6, {DECLINED: 7, WITHDRAWN: 8, REFERRED: 9}
SAID = (*OUTCOMES, "unanswered", "")
SPREAD = 0.0012
"""Degrees round a cell's middle."""
SAME: dict[str, Any] = {
    "kind": "wish", "hidden": False, "contact_mask": "", "asks": 0, "reopened": 0,
}  # fmt: skip
"""Columns in which all these cases are alike."""


class CaseRows:
    """The cases as they stand now, written in parts."""

    def __init__(
        self, lives: Lives, events: Events, words: Words, town: Town, categories: list[Category], days: Days, now: int
    ) -> None:
        self._lives, self._words, self._town, self._categories, self._now = lives, words, town, categories, now
        n = len(lives)
        self._state = _state(lives, now)
        ended = np.select(
            [lives.fate == ORDINARY, lives.fate == REFERRED], [lives.finished, lives.sent], default=lives.looked
        )
        self._runs = ended == NEVER
        self._used = np.where(self._runs, 0, days.between(lives.posted, np.minimum(ended, now), lives.workdays))
        given = np.where(lives.hall, lives.grabbed, np.where(lives.fate == ORDINARY, lives.sent, NEVER))
        self._holder = np.where(lives.hall, lives.volunteer, town.worker[lives.cell]) * (given != NEVER)
        until = np.where(lives.taken != NEVER, np.maximum(lives.due, lives.grabbed + HOLD), lives.grabbed + HOLD)
        self._hold = np.where(lives.grabbed != NEVER, until, NEVER)
        steps = events.deed < SUPPORT
        self._version = np.bincount(events.case[steps], minlength=n) - 1
        self._supporters = np.bincount(events.case[~steps], minlength=n)
        self._updated = np.zeros(n, np.int64)
        self._updated[events.case] = events.at  # in order of time: the last one stays
        self._next = _next(lives, self._state, self._runs, self._hold, days, now)

    def write(self, session: Session, low: int, high: int) -> None:
        """Write the cases from `low` to `high` with their areas and search words."""
        part, ids = slice(low, high), list(range(low + 1, high + 1))
        written = self._words.of(low, high)
        columns: Columns = {"id": ids, "title": written.titles, "body": written.bodies, "place": written.places}
        columns |= {name: [value] * len(ids) for name, value in SAME.items()}
        columns |= self._place(part) | self._people(part) | self._clock(part) | self._answer(part)
        sink.insert(session, "cases", tuple(columns), zip(*columns.values(), strict=True))
        up = self._town.up[self._lives.cell[part]].T.tolist()
        pairs = sorted((area, case) for level in up for area, case in zip(level, ids, strict=True))
        sink.insert(session, "case_area", ("area_id", "case_id"), pairs)
        sink.index_words(session, zip(ids, written.pairs, strict=True))

    def _place(self, part: slice) -> Columns:
        lives, town = self._lives, self._town
        cells = [town.cells[i] for i in lives.cell[part].tolist()]
        chains = [[place.path for place in reversed(areas.tree().ancestors(path))] for path in town.desks]
        missed = [int(m) for m in (lives.climbed[part] != NEVER) + 0 + (lives.climbed_again[part] != NEVER)]
        spread = self._words.scatter(part, SPREAD)
        lon = [round((cell.lon or 0) + dx, 6) for cell, (dx, _) in zip(cells, spread, strict=True)]
        lat = [round((cell.lat or 0) + dy, 6) for cell, (_, dy) in zip(cells, spread, strict=True)]
        desk = town.community[lives.cell[part]].tolist()
        return {
            "area_id": [cell.id for cell in cells],
            "area_path": [cell.path for cell in cells],
            "desk_path": [chains[i][climbs] for i, climbs in zip(desk, missed, strict=True)],
            "missed": missed,
            "lon": lon,
            "lat": lat,
            "tile": [areas.tile_of(x, y) for x, y in zip(lon, lat, strict=True)],
        }

    def _people(self, part: slice) -> Columns:
        lives, state = self._lives, self._state[part]
        recorded, holder = lives.recorded[part].tolist(), self._holder[part].tolist()
        kinds, worker = lives.category[part].tolist(), self._town.worker[lives.cell[part]].tolist()
        open_in_hall = (state == STEPS.index(State.OPEN)) & lives.hall[part] & (lives.sent[part] != NEVER)
        held_as = np.where(lives.hall[part], "volunteer", "worker").tolist()
        return {
            "category": [self._categories[kind].code for kind in kinds],
            "target_class": [self._categories[kind].target_class for kind in kinds],
            "poster_id": [person or None for person in lives.poster[part].tolist()],
            "name_shown": self._words.name_shown(part),
            "channel": ["street" if r else "self" for r in recorded],
            "recorded_by": [person if r else None for person, r in zip(worker, recorded, strict=True)],
            "consent": ["spoken" if r else "" for r in recorded],
            "in_hall": open_in_hall.tolist(),
            "holder_id": [person or None for person in holder],
            "held_as": [role if person else "" for role, person in zip(held_as, holder, strict=True)],
            "supporters": self._supporters[part].tolist(),
            "version": self._version[part].tolist(),
        }

    def _clock(self, part: slice) -> Columns:
        lives, runs = self._lives, self._runs[part]
        columns = {
            "created_at": lives.posted[part],
            "started_at": lives.posted[part],
            "running_at": np.where(runs, lives.posted[part], NEVER),
            "due_at": np.where(runs, lives.due[part], NEVER),
            "half_at": np.where(runs, lives.half[part], NEVER),
            "respond_by_at": lives.respond_by[part],
            "responded_at": np.where(lives.fate[part] == WITHDRAWN, NEVER, lives.looked[part]),
            "hold_until_at": self._hold[part],
            "next_at": self._next[part],
            "paused_at": np.full(len(runs), NEVER),
            "updated_at": self._updated[part],
        }
        return {name: moments(column) for name, column in columns.items()} | {"used_seconds": self._used[part].tolist()}

    def _answer(self, part: slice) -> Columns:
        lives = self._lives
        closed, silent = lives.closed[part] != NEVER, lives.outcome[part] < 0
        said = np.where(closed, np.where(silent, SAID.index("unanswered"), lives.outcome[part]), len(SAID) - 1).tolist()
        states = [STATES[i] for i in self._state[part].tolist()]
        cases = range(part.start, part.stop)
        done = (lives.finished[part] != NEVER).tolist()
        standings = [standing(state, SAID[i], False).value for state, i in zip(states, said, strict=True)]
        return {
            "state": [state.value for state in states],
            "standing": standings,
            "shown_at": [
                at if shown else None for at, shown in zip(moments(lives.looked[part]), standings, strict=True)
            ],
            "outcome": [SAID[i] for i in said],
            "stars": np.where(closed, lives.stars[part], 0).tolist(),
            "word": [
                self._words.word(case, i) if i < len(OUTCOMES) else "" for case, i in zip(cases, said, strict=True)
            ],
            "answer": [self._words.answer(case) if d else "" for case, d in zip(cases, done, strict=True)],
            "answered_at": moments(lives.finished[part]),
            "claimed": [OUTCOMES[0] if d else "" for d in done],
            "rated_at": moments(np.where(silent, NEVER, lives.closed[part])),
            "closed_at": moments(lives.closed[part]),
        }


def _state(lives: Lives, now: int) -> Ints:
    """The place of each case's state in STATES."""
    state = step_of(lives, np.full(len(lives), now, np.int64))
    state[lives.closed != NEVER] = CLOSED
    for fate, end in ENDS.items():
        over = lives.sent if fate == REFERRED else lives.looked
        state[(lives.fate == fate) & (over != NEVER)] = end
    return state


def _next(lives: Lives, state: Ints, runs: Any, hold: Ints, days: Days, now: int) -> Ints:
    """When the clockwork looks at each case again, as `lifecycle.next_at` says."""
    ticking = runs & np.isin(state, [i for i, name in enumerate(STATES) if name in TICKING])
    first = days.later(lives.due, np.zeros_like(lives.due), lives.workdays)
    again = days.later(lives.due, lives.target // 2, lives.workdays)
    climbs = np.where(lives.climbed == NEVER, first, np.where(lives.climbed_again == NEVER, again, NEVER))
    moment = np.where(ticking, climbs, NEVER)
    waits = (state == STATES.index(State.OPEN)) & (lives.half > now)
    moment = np.where(waits, np.minimum(moment, lives.half), moment)
    held = np.isin(state, [STATES.index(State.CLAIMED), STATES.index(State.IN_PROGRESS)])
    moment = np.where(held, np.minimum(moment, hold), moment)
    return np.where(state == STATES.index(State.DONE), lives.finished + SILENCE, moment)
