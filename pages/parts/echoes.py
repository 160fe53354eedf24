"""Answers as the public sees them: what was asked, what was done, what the resident said."""

from collections.abc import Sequence

from pages.parts.drawn import Node, el, icon, link
from pages.parts.facts import stars
from pages.parts.figures import span
from pages.parts.notes import href, quote
from pages.parts.photostrip import photostrip
from portal import areas, words
from portal.cases.echo import Echo
from portal.cases.kinds import WISH
from portal.cases.setup import category_name
from portal.words import fitting, t

OPINION_CHARS = 60


def echoes(rows: Sequence[Echo], *, two: bool = False) -> Node:
    """The answers as a list; `two` puts them side by side on wide screens."""
    css = "echoes two" if two else "echoes"
    return ["ul", {"class": css, "role": "list"}, *[_echo(row) for row in rows]]


def answer(text: str, when: str = "", *, private: bool = False) -> Node:
    """The answer, set apart from all that is asked and remarked; `private` says that not everybody reads it."""
    told = t("case.answer_private" if private else "case.answer_from")
    head = el("p", "from", icon("lock" if private else "campaign"), " ", told)
    return el("section", "answer", head, el("blockquote", "", text), el("p", "small quiet", when) if when else None)


def said(outcome: str, n: int, word: str, kind: str = "") -> Node:
    """The resident's own judgement: solved or not, the stars, a word."""
    if not outcome:
        return el("p", "quiet small", icon("hourglass_empty"), " ", t(fitting("echo.waiting", kind)))
    chip = {"solved": "solved", "partly": "partly", "not": "not_solved"}.get(outcome, "plain")
    line = el("p", "row", el("span", f"chip {chip}", t(f"outcome.{outcome}")), stars(n) if n else None)
    return el("div", "", line, el("blockquote", "", t("echo.word", word=word)) if word else None)


def _heading(row: Echo) -> str:
    """A wish by its title; an opinion, which has none, by its own first words."""
    return row.title if row.kind == WISH.name else t("echo.quoted", text=quote(row.body, OPINION_CHARS))


def _echo(row: Echo) -> Node:
    took = (row.answered_at - row.started_at).total_seconds() / 3600
    kind = [] if row.kind == WISH.name else [t(f"kind.{row.kind}")]
    where = [*kind, category_name(row.category), areas.tree().label(row.area_path), words.day(row.answered_at)]
    return el(
        "li",
        "echo",
        el("div", "", el("h3", "", link(href(row.id), _heading(row))), el("p", "small quiet", " · ".join(where))),
        el("p", "asked", t("echo.asked", text=quote(row.body))) if row.kind == WISH.name else None,
        answer(row.answer),
        photostrip([p for p in row.photos if p.moment != "during"]),
        el(
            "div",
            "row spread",
            said(row.outcome, row.stars, row.word, row.kind),
            el("span", "small quiet", t("echo.took", span=span(took))),
        ),
    )
