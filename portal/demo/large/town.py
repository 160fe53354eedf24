"""The people of the large demo: a worker for every cell, a desk for every community, volunteers, residents."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlmodel import Session

from db.demo import texts
from portal import areas, clock, vault
from portal.accounts import phones
from portal.areas import Place
from portal.demo.large import sink
from portal.demo.large.days import Ints

VOLUNTEERS = 6
"""For each community."""
PHONE = "+86199{:08}"
PERSON = (
    "id", "name", "phone_hash", "phone_sealed", "phone_mask", "lang", "home_area_id", "area_path", "resident_at",
    "created_at",
)  # fmt: skip
DUTY = ("id", "person_id", "role", "area_id", "area_path", "since_at")


@dataclass
class Town:
    """The cells by number, and who is in charge of them. Person ids are columns by the number of the cell."""

    cells: list[Place]
    up: Ints
    """For each cell its own area id and those above it, four in a row."""
    community: Ints
    """The number of each cell's community."""
    desks: list[str]
    """The path of each community."""
    worker: Ints
    staff: Ints
    volunteers: Ints
    """For each cell the volunteers of its community."""
    people: int
    """How many persons there are; their ids run from 1."""
    on_duty: int
    """How many of them, the first ones, hold a duty."""


def settle(session: Session, people: int, rng: np.random.Generator) -> Town:
    """Write the people and their duties, and tell who is where."""
    tree = areas.tree()
    cells = tree.cells()
    above = [tree.ancestors(cell.path) for cell in cells]
    communities = sorted({chain[-2].id for chain in above})
    number = {area_id: i for i, area_id in enumerate(communities)}
    community = np.array([number[chain[-2].id] for chain in above], np.int64)
    duties = _duties(cells, [tree.by_id(i) for i in communities])
    people = max(people, len(duties) + len(cells))
    _write_people(session, people, len(duties), cells, rng)
    now = _at(clock.now())
    rows = [(i, i, role, place.id, place.path, now) for i, (role, place) in enumerate(duties, start=1)]
    sink.insert(session, "duty", DUTY, rows)
    for table in ("person", "duty"):
        sink.catch_up(session, table)
    desk = 1 + len(duties) - len(communities) * (1 + VOLUNTEERS) - len(cells)
    first = desk + len(communities)
    return Town(
        cells=cells,
        up=np.array([[place.id for place in reversed(chain)] for chain in above], np.int64),
        community=community,
        desks=[tree.by_id(i).path for i in communities],
        worker=first + np.arange(len(cells), dtype=np.int64),
        staff=desk + community,
        volunteers=first + len(cells) + community[:, None] * VOLUNTEERS + np.arange(VOLUNTEERS, dtype=np.int64),
        people=people,
        on_duty=len(duties),
    )


def _duties(cells: list[Place], communities: list[Place]) -> list[tuple[str, Place]]:
    """(role, area), one person each: the person's id is the place in this list, from 1."""
    tree = areas.tree()
    found = [("admin", tree.root), ("auditor", tree.root)]
    desks = [("staff", place) for place in communities]
    wider = [("staff", place) for place in [tree.root, *tree.children(tree.root.path)]]
    helpers = [("volunteer", place) for place in communities for _ in range(VOLUNTEERS)]
    return [*found, *wider, *desks, *(("grid_worker", cell) for cell in cells), *helpers]


def _write_people(session: Session, people: int, on_duty: int, cells: list[Place], rng: np.random.Generator) -> None:
    words = texts.phrases()
    surname = rng.integers(len(words["surnames"]), size=people).tolist()
    given = rng.integers(len(words["given"]), size=people).tolist()
    home = rng.integers(len(cells), size=people).tolist()
    lives = (rng.random(people) < 0.75).tolist()
    root, now = areas.tree().root.path, _at(clock.now())

    def row(i: int) -> tuple[object, ...]:
        phone = PHONE.format(i)
        cell = cells[home[i]] if lives[i] and i >= on_duty else None
        name = words["surnames"][surname[i]] + words["given"][given[i]]
        place = (cell.id, cell.path, now) if cell else (None, root, None)
        known = (phones.key(phone), vault.seal(phone), phones.mask(phone), "zh-CN")
        return (i + 1, name, *known, *place, now)

    sink.insert(session, "person", PERSON, (row(i) for i in range(people)))


def _at(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")
