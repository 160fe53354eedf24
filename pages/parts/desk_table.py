"""The clerk's list: one drawn block in which rows are marked without asking the server."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import streamlit as st

from pages.parts.orders import due
from portal import areas, clock, limits, words
from portal.acts import Act
from portal.cases.dispatch import Proposal
from portal.cases.kinds import KINDS, URGENCY_CLASSES, WISH
from portal.cases.network import LARGE
from portal.cases.setup import category_name
from portal.cases.wall import Note
from portal.inputs import row_id
from portal.words import t

WORDS = ("list", "mark", "marked", "all", "keys", "keys_title", "close", "more", "find", "found")
KEYS = (
    ("↓ ↑ / J K", "move"),
    ("Enter", "open"),
    ("A", "accept"),
    ("N", "next"),
    ("X", "mark"),
    ("Shift X", "range"),
    ("Shift A", "all"),
    ("Esc", "clear"),
    ("/", "find"),
    ("?", "help"),
)
"""What the keys do, with the message ids below `desk.key.`; A and N are those of the buttons beside the list."""

_table = st.components.v2.component(
    "portal.desk_table",
    js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
    isolate_styles=False,  # the look is in the portal's one style sheet
)


@dataclass(frozen=True)
class Deed:
    """Something to do with all marked rows; its label is `desk.do.<name>`."""

    name: str
    symbol: str
    act: Act
    """The right that it needs."""
    main: bool = False


@dataclass(frozen=True)
class Asked:
    """What the clerk asked for, and for which cases. Comes from outside: any ids may stand in it."""

    do: str
    ids: tuple[int, ...]


def table(
    notes: Sequence[Note],
    proposals: dict[int, Proposal],
    deeds: Sequence[Deed],
    *,
    open_id: int,
    address: str,
    more: bool,
) -> Asked | None:
    """Draw the list; what was asked for with the marked rows in this run. `address` is the page's, with a query.

    Opening a row puts it into the address as `case`, and asking for `more` rows raises `rows`, before the page runs.
    """
    now = clock.now()
    near = len({_community(note.area_path) for note in notes}) == 1  # then its name need not stand in each row

    def heard() -> None:
        asked = _asked(st.session_state["desk_table"].get("did"))
        if asked.do == "open" and asked.ids:
            st.query_params["case"] = str(asked.ids[0])
        elif asked.do == "more":
            st.query_params["rows"] = str(rows_wanted() + limits.DESK_ROWS)

    data = {
        "rows": [_row(note, proposals.get(note.id), now) | _place(note, open_id, address, near) for note in notes],
        "deeds": [{"deed": d.name, "label": t(f"desk.do.{d.name}"), "symbol": d.symbol, "main": d.main} for d in deeds],
        "more": more,
        "words": {name: t(f"desk.{name}") for name in WORDS},
        "keys": [[key, t(f"desk.key.{name}")] for key, name in KEYS],
    }
    did = _table(data=orjson.dumps(data), key="desk_table", on_did_change=heard).did
    return _asked(did) if did else None


def rows_wanted() -> int:
    """How many rows of the list are loaded, as the address says: some slices of `limits.DESK_ROWS`."""
    wanted = row_id(st.query_params.get("rows"))
    return min(max(wanted - wanted % limits.DESK_ROWS, limits.DESK_ROWS), limits.BULK_ROWS)


def goal(proposal: Proposal) -> str:
    """Where the rule table sends it, in words."""
    if proposal.to == "hall":
        return t("desk.to_hall")
    return t("desk.to_person", name=proposal.name) if proposal.person_id else t("desk.to_nobody")


def _community(path: str) -> str:
    """The community, or what is larger, in which an area lies."""
    return next((p.path for p in areas.tree().ancestors(path) if p.level == "community"), path)


def _place(note: Note, open_id: int, address: str, near: bool) -> dict[str, Any]:
    where = areas.tree().ancestors(note.area_path)[-1].label if near else areas.tree().label(note.area_path)
    return {"where": where, "href": f"{address}&case={note.id}", "open": note.id == open_id}


def _row(note: Note, proposal: Proposal | None, now: datetime) -> dict[str, Any]:
    parts = [
        [note.icon, category_name(note.category), ""],
        *_kind(note),
        ["history", words.ago(note.created_at, now), ""],
    ]
    left, css = due(note, now)
    if left:
        parts.append(["timer", left, css])
    if note.supporters:
        parts.append(["favorite", words.number(note.supporters), ""])
    if note.photos:
        parts.append(["photo_camera", words.number(len(note.photos)), ""])
    if note.scope == LARGE:
        parts.append(["hub", t("scope.large"), ""])
    if note.desk_since_at is not None:
        level = areas.tree().by_path(note.desk_path).level
        since = words.ago(note.desk_since_at, now)
        parts.append(["stairs", t("desk.since", level=t(f"level.{level}"), since=since), ""])
    if proposal is not None:
        lost = proposal.to == "worker" and proposal.person_id is None
        parts.append(["arrow_forward", goal(proposal), "nobody" if lost else "to"])
    return {"id": note.id, "title": note.title, "colour": note.colour, "parts": parts}


def _kind(note: Note) -> list[list[str]]:
    """What kind it is, where it is no wish, and how urgent."""
    if note.kind == WISH.name:
        return []
    named = [[KINDS[note.kind].icon, t(f"kind.{note.kind}"), "kind"]]
    return [*named, ["bolt", t(f"urgency.{note.urgency}"), "late"]] if note.urgency == max(URGENCY_CLASSES) else named


def _asked(sent: Any) -> Asked:
    parts = sent if isinstance(sent, dict) else {}
    ids = map(row_id, str(parts.get("ids", "")).split(","))
    return Asked(str(parts.get("do", "")), tuple(filter(None, ids)))
