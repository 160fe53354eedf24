"""What a round takes and what it does not: its lists and its limits of cost, in a box."""

from pages.parts.drawn import Node, el
from pages.parts.project_view import kind_name
from portal import areas, words
from portal.fund.projects import Round
from portal.words import t


def criteria(row: Round) -> Node:
    """All of it, one tap away."""
    return el(
        "details",
        "panel",
        el("summary", "", t("criteria.heading")),
        el(
            "div",
            "stack",
            el("p", "", t("criteria.area", area=areas.tree().label(row.area_path))),
            limits_of(row, ""),
            *_list("criteria.allowed", row.allowed),
            *_list("criteria.excluded", row.excluded),
        ),
    )


def limits_of(row: Round, kind: str) -> Node:
    """What a project may cost; of caps that of `kind`, or all where none is named."""
    lines = [t("criteria.budget", budget=words.money(row.budget_fen))]
    if row.least_fen:
        lines.append(t("criteria.least", least=words.money(row.least_fen)))
    caps = {code: fen for code, fen in row.caps.items() if kind in ("", code)}
    lines += [t("criteria.cap", kind=kind_name(code), cap=words.money(fen)) for code, fen in caps.items()]
    return ["ul", {"class": "small", "role": "list"}, *[el("li", "", line) for line in lines]]


def _list(heading: str, items: list[str]) -> list[Node]:
    if not items:
        return []
    rows = [el("li", "", f"{n}. {item}") for n, item in enumerate(items, 1)]
    return [el("h3", "", t(heading)), ["ol", {"class": "small", "role": "list"}, *rows]]
