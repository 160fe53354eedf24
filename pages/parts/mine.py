"""Lists of one's own: what waits for an answer, drafts and kept lists."""

from collections.abc import Sequence

from pages.parts.drawn import Node, el, icon, link
from pages.parts.notes import href, written_at
from portal import clock, words
from portal.acts import Who
from portal.cases.wall import Note
from portal.words import t, tn


def parts(who: Who) -> list[str]:
    """The lists that make sense for this person."""
    workers = ["took"] if who.is_any("volunteer", "grid_worker", "staff") else []
    recorders = ["recorded"] if who.is_any("grid_worker", "staff") else []
    return ["posted", "drafts", "supported", *workers, *recorders]


def waiting(notes: Sequence[Note]) -> Node:
    """What needs an answer from the reader now, each with what is expected."""
    lines = [_line(n, t(f"mine.expect.{n.state}"), written=n.state == "returned") for n in notes]
    head = el("h2", "", icon("notification_important"), " ", t("mine.expected"))
    return el("section", "panel expect stack", head, el("p", "small", tn("mine.expected_hint", len(notes))), *lines)


def drafts(notes: Sequence[Note]) -> Node:
    """Unfinished wishes, each leading back to where it is written."""
    now = clock.now()
    lines = [_line(n, words.ago(n.created_at, now), written=True) for n in notes]
    return el("div", "stack", *lines)


def _line(note: Note, hint: str, *, written: bool) -> Node:
    where = written_at(note.kind, note.id) if written else href(note.id)
    told = el("span", "", el("strong", "", note.title or t("mine.untitled")), el("span", "small", hint))
    return link(where, told, icon("chevron_right"), css="todo")
