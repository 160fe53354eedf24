"""Open wishes like the one being typed, so that people can join instead of repeat."""

from rapidfuzz import fuzz
from sqlmodel import Session, col, select

from db.models.cases import Case, CaseArea, Standing
from db.search import pairs
from portal import areas
from portal.acts import Who
from portal.cases.acts import SUPPORTABLE
from portal.cases.wall import Note, notes

CANDIDATES = 300
OFFERED = 3
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
) -> list[Note]:
    """Up to three open public wishes of the same community that read alike, the most alike first.

    Likeness is that of the character pairs of title and body (order and length matter little), raised by the same
    category and by nearness. Looks at the newest 300 open wishes of the community, so the cost is bounded.
    """
    typed = " ".join(pairs(f"{title} {body}"))
    if len(typed) < 8:  # fewer than three pairs say nothing
        return []
    place = areas.tree().locate(lon, lat) if lon is not None and lat is not None else None
    start = place or (areas.tree().by_id(area_id) if area_id is not None else areas.tree().root)
    scored = [(_likeness(typed, title, category, (lon, lat), case), case) for case in _candidates(session, start.path)]
    best = sorted((s for s in scored if s[0] >= ENOUGH), key=lambda s: -s[0])[:OFFERED]
    return notes(session, who, [case for _, case in best])


def _candidates(session: Session, path: str) -> list[Case]:
    above = areas.tree().ancestors(path)
    scope = next((p for p in above if p.level == "community"), above[-1])
    query = (
        select(Case)
        .join(CaseArea, col(CaseArea.case_id) == Case.id)
        .where(
            CaseArea.area_id == scope.id,
            Case.kind == "wish",
            Case.standing == Standing.OPEN,
            col(Case.state).in_(SUPPORTABLE),
        )
        .order_by(col(CaseArea.case_id).desc())
        .limit(CANDIDATES)
    )
    return list(session.exec(query).all())


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
