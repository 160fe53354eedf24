"""Answers as the public sees them: what was asked, what was done, what the resident said."""

from collections.abc import Sequence

from pages.parts.drawn import Node, el, icon, link
from pages.parts.facts import stars
from pages.parts.figures import span
from pages.parts.notes import href
from pages.parts.photostrip import photostrip
from portal import areas, words
from portal.cases.echo import Echo
from portal.cases.setup import category_name
from portal.words import t

QUOTE_CHARS = 90


def echoes(rows: Sequence[Echo], *, two: bool = False) -> Node:
    """The answers as a list; `two` puts them side by side on wide screens."""
    css = "echoes two" if two else "echoes"
    return ["ul", {"class": css, "role": "list"}, *[_echo(row) for row in rows]]


def answer(text: str, when: str = "") -> Node:
    """The public answer, set apart from all that is asked and remarked."""
    head = el("p", "from", icon("campaign"), " ", t("case.answer_from"))
    return el("section", "answer", head, el("blockquote", "", text), el("p", "small quiet", when) if when else None)


def said(outcome: str, n: int, word: str) -> Node:
    """The resident's own judgement: solved or not, the stars, a word."""
    if not outcome:
        return el("p", "quiet small", icon("hourglass_empty"), " ", t("echo.waiting"))
    chip = {"solved": "solved", "partly": "partly", "not": "not_solved"}.get(outcome, "plain")
    line = el("p", "row", el("span", f"chip {chip}", t(f"outcome.{outcome}")), stars(n) if n else None)
    return el("div", "", line, el("blockquote", "", t("echo.word", word=word)) if word else None)


def _echo(row: Echo) -> Node:
    took = (row.answered_at - row.started_at).total_seconds() / 3600
    where = [category_name(row.category), areas.tree().label(row.area_path), words.day(row.answered_at)]
    asked = row.body if len(row.body) <= QUOTE_CHARS else row.body[:QUOTE_CHARS].rstrip() + "…"
    return el(
        "li",
        "echo",
        el("div", "", el("h3", "", link(href(row.id), row.title)), el("p", "small quiet", " · ".join(where))),
        el("p", "asked", t("echo.asked", text=asked)),
        answer(row.answer),
        photostrip([p for p in row.photos if p.moment != "during"]),
        el(
            "div",
            "row spread",
            said(row.outcome, row.stars, row.word),
            el("span", "small quiet", t("echo.took", span=span(took))),
        ),
    )
