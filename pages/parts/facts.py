"""Small drawn pieces that many pages use: facts, empty states, panels, stars."""

from collections.abc import Iterable

from pages.parts.drawn import Node, el, icon, link
from portal.words import t


def facts(rows: Iterable[tuple[str, Node | None]]) -> Node:
    """Pairs of a name (message id below `fact.`) and a value; rows without a value are left out."""
    pairs: list[Node] = []
    for name, value in rows:
        if value:
            pairs += [el("dt", "", t(f"fact.{name}")), el("dd", "", value)]
    return ["dl", {"class": "facts"}, *pairs]


def empty(message: str, *, symbol: str = "inbox", way: tuple[str, str] | None = None) -> Node:
    """Nothing here, said kindly: `<message>.empty` and `<message>.empty_hint`, with one way forward (address, id)."""
    return el(
        "div",
        "empty",
        icon(symbol),
        el("strong", "", t(f"{message}.empty")),
        el("p", "", t(f"{message}.empty_hint")),
        link(way[0], t(way[1]), css="button") if way else None,
    )


def stars(n: int) -> Node:
    """One to five stars, read out as a number."""
    return el("span", {"class": "stars", "role": "img", "aria-label": t("stars.label", n=n)}, "★" * n + "☆" * (5 - n))
