"""The wall: sticky notes drawn as one list, each a link with a "me too" button."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from pages.parts import frame
from pages.parts.drawn import Event, Node, draw, el, icon, link, number
from portal import areas, clock, words
from portal.cases import post
from portal.cases.acts import SUPPORTABLE
from portal.cases.contents import first_words
from portal.cases.kinds import WISH
from portal.cases.network import LARGE
from portal.cases.reading import Case
from portal.cases.setup import category_name
from portal.cases.wall import Note
from portal.words import fitting, t, tn


def wall(notes: Sequence[Note], *, key: str, who_can_support: bool) -> None:
    """Draw `notes` as one block and do what is clicked on them."""
    draw([board(notes, who_can_support=who_can_support)], key=key, clicked=support)


def support(event: Event) -> None:
    """Add or take back the support that was clicked: the handler for blocks that draw notes."""
    if event["do"] == "support":
        frame.act(post.support, number(event), done="act.case.support.done")
    elif event["do"] == "unsupport":
        frame.act(post.unsupport, number(event), done="act.case.unsupport.done")


def board(notes: Sequence[Note], *, who_can_support: bool | None) -> Node:
    """The notes as a node, for blocks that draw more than notes. `who_can_support` is None for one's own."""
    end_of_minute = clock.now().replace(second=0, microsecond=0) + timedelta(minutes=1)
    drawn = [_note(n, end_of_minute, who_can_support, words.language()) for n in notes]
    return ["ul", {"class": "notes", "role": "list"}, *drawn]


def state_label(state: str, outcome: str, kind: str = "") -> str:
    """Where a case stands, in the words of its kind: the resident's own judgement once it is closed."""
    return t(f"outcome.{outcome}") if state == "closed" and outcome else t(fitting(f"state.{state}", kind))


def state_chip(note: Note) -> Node:
    """The state as a chip; its colour only repeats the words."""
    standing = note.outcome if note.outcome == "partly" else note.standing
    return el("span", f"chip {standing or 'plain'}", state_label(note.state, note.outcome, note.kind))


def href(case_id: int) -> str:
    """The address of a case, good to be sent to others."""
    return f"/wish?case={case_id}"


QUOTE_CHARS = 90
WRITTEN_AT = {"opinion": "/opinion", "dispute": "/dispute", "help": "/help"}
"""The pages on which cases are written, where it is not that of wishes."""


def written_at(kind: str, case_id: int = 0) -> str:
    """The address where a draft or a returned case is written on, or a new one is begun."""
    page = WRITTEN_AT.get(kind, "/post")
    return f"{page}?case={case_id}" if case_id else page


@lru_cache(maxsize=2_048)
def _note(note: Note, now: datetime, who_can_support: bool | None, _lang: str) -> Node:
    """Kept for the minute, because the same notes are drawn for everybody on the wall."""
    return el(
        "li",
        f"note {note.colour}",
        el("p", "note-head", el("span", "", icon(note.icon), " ", *_about(note)), state_chip(note)),
        _main(note),
        el(
            "div",
            "note-foot",
            el("p", "where", *_where(note, now)),
            _me_too(note, who_can_support),
        ),
    )


def _about(note: Note) -> list[Node]:
    """What kind of case it is, where it is no wish, and what about."""
    kind = [] if note.kind == WISH.name else [el("strong", "", t(f"kind.{note.kind}")), " · "]
    return [*kind, category_name(note.category)]


def quote(text: str, most: int = QUOTE_CHARS) -> str:
    """The beginning of what somebody wrote, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[:most].rstrip() + "…"


def called_after_body(note: Note | Case) -> bool:
    """Whether its title is only the beginning of its text, which then need not be shown twice."""
    return note.title == first_words(note.body)


def _main(note: Note) -> Node:
    photo = note.photos[0] if note.photos else None
    untitled = called_after_body(note)
    return el(
        "div",
        "note-main",
        el("h3", "note-title", link(href(note.id), quote(note.body) if untitled else note.title)),
        None if untitled else el("p", "note-body", note.body),
        _thumb(photo.name, photo.alt) if photo else None,
    )


def _thumb(name: str, alt: str) -> Node:
    attributes = {"class": "note-photo", "src": f"/files/{name}/thumb", "alt": alt, "loading": "lazy"}
    return ["img", attributes | {"width": "96", "height": "96"}]


def _where(note: Note, now: datetime) -> list[Node]:
    parts: list[Node] = [areas.tree().label(note.area_path), ["br", {}], words.ago(note.created_at, now)]
    if note.overdue:
        parts += [" ", el("span", "chip late", icon("schedule"), t("note.overdue"))]
    if note.scope == LARGE:
        parts += [" ", el("span", "chip large", icon("hub"), t("scope.large"))]
    return parts


def _me_too(note: Note, who_can_support: bool | None) -> Node:
    number, counted = _supporters(words.language(), note.supporters)
    if who_can_support is None or not note.standing or note.state not in SUPPORTABLE:
        return el("span", "me-too past", icon("favorite"), counted) if note.supporters else ""
    label = [icon("favorite"), t(fitting("note.me_too", note.kind)), " ", number]
    attributes = {
        "class": "me-too",
        "aria-label": t(fitting("note.me_too_label", note.kind), title=note.title, supporters=counted),
    }
    if not who_can_support:
        target = "/signin?next=/wall" if note.kind == WISH.name else f"/signin?next=/wall%3Fkind%3D{note.kind}"
        return ["a", attributes | {"href": target, "data-do": "go"}, *label]
    pressed, do = ("true", "unsupport") if note.mine_too else ("false", "support")
    attributes |= {"type": "button", "aria-pressed": pressed, "data-do": do, "data-id": str(note.id)}
    return ["button", attributes, *label]


@lru_cache(maxsize=4_096)
def _supporters(lang: str, n: int) -> tuple[str, str]:
    """The number alone and in words; kept, because writing numbers out is a tenth of what the wall costs."""
    return words.number(n), tn("note.supporters", n)
