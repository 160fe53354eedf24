"""From a wish to a proposal and back: what may be taken over, and the projects that grew out of a wish.

Cases and fund do not know each other; here they meet, and only what the public may read of a wish goes across.
"""

from dataclasses import dataclass

from sqlmodel import Session

from pages.parts import frame
from pages.parts.drawn import Node, draw, el, icon, link
from pages.parts.project_view import state_chip
from portal import words
from portal.acts import VISITOR, Who
from portal.cases import reading
from portal.cases.kinds import WISH
from portal.cases.reading import Case
from portal.errors import NotFound
from portal.fund import projects, proposals
from portal.fund.proposals import Written
from portal.words import t


@dataclass(frozen=True)
class Seed:
    """What a proposal takes over from a public wish."""

    case_id: int
    title: str
    body: str
    place: str
    area_id: int
    lon: float | None
    lat: float | None


def seed(session: Session, who: Who, case_id: int) -> Seed | None:
    """The wish as anybody may read it; None where there is none, or none for everybody."""
    case = _public(session, case_id)
    if case is None:
        return None
    return Seed(case_id, case.title, case.body, case.place, case.area_id, case.lon, case.lat)


def begin(session: Session, who: Who, round_id: int, written: Written, case_id: int = 0) -> int:
    """`proposals.draft`, linked to the wish as long as that is public."""
    linked = case_id if case_id and _public(session, case_id) else None
    return proposals.draft(session, who, round_id, written, linked)


def panel(case: Case, who: Who) -> None:
    """On the page of a wish: the projects it grew into, and the way to propose one where a round takes them."""
    if case.kind != WISH.name or not reading.is_public(case):
        return
    grown = frame.read(projects.grown_from, case.id or 0)
    rounds = frame.read(proposals.open_to, case.area_path) if who.person_id else []
    if not grown and not rounds:
        return
    rows = [el("li", "row", link(f"/project?id={card.id}", card.title), state_chip(card.state),
               el("span", "small quiet", words.money(card.cost_fen))) for card in grown]  # fmt: skip
    ways = [
        link(f"/propose?round={row.id}&wish={case.id}", icon("savings"), t("wish.turn", round=row.name), css="button")
        for row in rounds
    ]
    block = el(
        "section", "panel stack",
        el("h2", "", icon("savings"), " ", t("wish.projects")),
        ["ul", {"class": "stack", "role": "list"}, *rows] if rows else None,
        el("p", "small", t("wish.turn_lead")) if ways else None,
        el("div", "row", *ways) if ways else None,
    )  # fmt: skip
    draw([block], key=f"projects_{case.id}")


def origin(session: Session, who: Who, case_id: int) -> tuple[int, str] | None:
    """Number and title of the wish that a project grew out of, while that is public."""
    case = _public(session, case_id)
    return (case_id, case.title) if case else None


def grown_from(case_id: int | None) -> list[Node]:
    """The line on a project's page that leads back to its wish."""
    found = frame.read(origin, case_id) if case_id else None
    if found is None:
        return []
    told = el("p", "panel small", icon("sticky_note_2"), " ", t("project.from_wish"), " ",
              link(f"/wish?case={found[0]}", found[1]))  # fmt: skip
    return [told]


def _public(session: Session, case_id: int) -> Case | None:
    try:
        case = reading.one(session, VISITOR, case_id)
    except NotFound:
        return None
    return case if case.kind == WISH.name and reading.is_public(case) else None
