"""Open cases like the one being typed, so that people can join instead of repeat, and be answered together."""

from collections.abc import Sequence

from rapidfuzz import fuzz
from sqlmodel import Session, col, select

from db.models.areas import Level
from db.models.cases import Case, KindName, Standing
from db.search import pairs
from portal import areas
from portal.acts import Who, demand
from portal.cases.acts import ANSWER, SUPPORTABLE
from portal.cases.spans import page, span, within
from portal.cases.wall import Note, notes

CANDIDATES = 300
OFFERED = 3
TOGETHER = 20
ENOUGH = 0.42
NEAR_METRES = 300.0


def similar(
    session: Session,
    who: Who,
    title: str,
    body: str,
    category: str,
    area_id: int | None,
    lon: float | None,
    lat: float | None,
    kind: str = KindName.WISH,
) -> list[Note]:
    """Up to three open public cases of a kind in the same community that read alike, the most alike first.

    Likeness is that of the character pairs of title and body (order and length matter little), raised by the same
    category and by nearness. Looks at the newest 300 open ones of the community, so the cost is bounded.
    """
    typed = " ".join(pairs(f"{title} {body}"))
    if len(typed) < 8:  # fewer than three pairs say nothing
        return []
    place = areas.tree().locate(lon, lat) if lon is not None and lat is not None else None
    start = place or (areas.tree().by_id(area_id) if area_id is not None else areas.tree().root)
    alike = _best(typed, title, category, (lon, lat), _candidates(session, start.path, kind))
    return notes(session, who, alike[:OFFERED])


def waiting_alike(session: Session, who: Who, case: Case) -> list[Note]:
    """Up to twenty cases of the same kind and community that wait for an answer and read alike, public or not.

    For whoever may answer this one: raises Forbidden for others.
    """
    demand(who, ANSWER, case)
    mine = within(Case.area_path, [p for p in who.paths("staff", "grid_worker") if case.area_path.startswith(p)])
    here = within(Case.area_path, [_community(case.area_path)])
    others = select(Case).where(col(Case.state).in_(ANSWER.frm), here, mine, Case.kind == case.kind, Case.id != case.id)
    waiting = session.exec(others.order_by(col(Case.id).desc()).limit(CANDIDATES)).all()
    typed = " ".join(pairs(f"{case.title} {case.body}"))
    alike = _best(typed, case.title, case.category, (case.lon, case.lat), waiting)
    return notes(session, who, alike[:TOGETHER])


def _candidates(session: Session, path: str, kind: str) -> list[Case]:
    supported = col(Case.state).in_(SUPPORTABLE)
    equal = {"kind": kind, "standing": str(Standing.OPEN)}
    return page(session, span(session, _community(path), equal, ["id"], conditions=[supported]), CANDIDATES)


def _community(path: str) -> str:
    """The community in which an area lies; the area itself where it lies above."""
    above = areas.tree().ancestors(path)
    return next((p for p in above if p.level == Level.COMMUNITY), above[-1]).path


def _best(
    typed: str, title: str, category: str, here: tuple[float | None, float | None], found: Sequence[Case]
) -> list[Case]:
    """Those that read alike, the most alike first."""
    scored = [(_likeness(typed, title, category, here, case), case) for case in found]
    return [case for _, case in sorted((s for s in scored if s[0] >= ENOUGH), key=lambda s: -s[0])]


def _likeness(typed: str, title: str, category: str, here: tuple[float | None, float | None], case: Case) -> float:
    whole = fuzz.token_set_ratio(typed, " ".join(pairs(f"{case.title} {case.body}"))) / 100
    heads = fuzz.token_sort_ratio(" ".join(pairs(title)), " ".join(pairs(case.title))) / 100
    score = 0.6 * max(whole, heads) + 0.4 * min(whole, heads)
    if case.category == category:
        score += 0.08
    if here[0] is not None and here[1] is not None and case.lon is not None and case.lat is not None:
        metres = areas.metres((here[0], here[1]), (case.lon, case.lat))
        score += 0.12 if metres <= NEAR_METRES else -0.05
    return score
