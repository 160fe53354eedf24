"""The public books as they are drawn: the equation with its bar, parts, cost lines, and money that moved."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlmodel import Session

from pages.parts import charts
from pages.parts.drawn import Node, bar, el, icon, link
from pages.parts.facts import empty
from portal import words
from portal.acts import Who
from portal.errors import NotFound
from portal.fund.accounts import FundBooks, Line, Money, Part, ProjectBooks, RoundBooks
from portal.fund.transfers import Move
from portal.memo import for_all
from portal.words import t, tn

Books = TypeVar("Books", FundBooks, RoundBooks, ProjectBooks)
HAS = ("committed", "paid", "free")


def known(read: Callable[[Session, Who, int], Books]) -> Callable[[Session, Who, int], Books | None]:
    """`read` for an address that somebody typed: None where there are no such books."""

    def reading(session: Session, who: Who, number: int) -> Books | None:
        try:
            return for_all(read)(session, who, number)
        except NotFound:
            return None

    return reading


def equation(money: Money) -> Node:
    """Given = committed + paid + free, in figures, with a bar that shows the same."""
    terms: list[Node] = [_term("given", money.appropriated_fen)]
    terms += [_term(name, getattr(money, f"{name}_fen"), sign) for sign, name in zip("=++", HAS, strict=True)]
    whole = money.appropriated_fen
    parts = [el("span", {"class": name, "style": f"--part: {_percent(money, name)}%"}) for name in HAS] if whole else []
    bar: Node = ["div", {"class": "purse", "aria-hidden": "true"}, *parts]
    return el("div", "stack", ["p", {"class": "equation"}, *terms], bar)


def fund(books: FundBooks) -> list[Node]:
    """All money of a fund."""
    sources = [_source(kind, fen, books.income_fen) for kind, fen in books.income]
    charity = t("books.charity", charity=books.charity, code=books.charity_code) if books.charity else ""
    income = (
        ["ul", {"class": "compare", "role": "list"}, *sources] if sources else el("p", "quiet", t("books.no_income"))
    )
    rounds = _parts(books.rounds, "round") if books.rounds else empty("books.rounds", symbol="savings")
    return [
        el("h2", "", books.name),
        el(
            "section", "panel stack",
            el("p", "equation", _term("income", books.income_fen), _term("in_rounds", books.in_rounds_fen, "="),
               _term("in_fund", books.free_fen, "+")),
            el("h3", "", t("books.income_by_source")), income,
            el("p", "small quiet", charity or t("books.no_charity")),
            _waiting(books.waiting),
        ),
        part("books.rounds", rounds),
    ]  # fmt: skip


def turn(books: RoundBooks) -> list[Node]:
    """All money of a round."""
    unawarded = t("books.unawarded", money=words.money(books.unawarded_fen)) if books.unawarded_fen else ""
    return [
        el("h2", "", books.name),
        el(
            "section", "panel stack", equation(books.money),
            el("p", "small quiet", unawarded) if unawarded else None,
            el("p", "small quiet", t(f"books.returns_to.{books.returns_to}")),
            _waiting(books.waiting),
        ),
        part(
            "books.projects",
            _parts(books.projects, "project") if books.projects else empty("books.projects", symbol="construction"),
        ),
    ]  # fmt: skip


def project(books: ProjectBooks) -> list[Node]:
    """All money of a project."""
    told = t("books.award", money=words.money(books.award_fen))
    if books.returned_fen > 0:
        told += t("books.returned", money=words.money(books.returned_fen))
    return [
        el("h2", "", link(f"/project?id={books.id}", books.title)),
        el("section", "panel stack", el("p", "", told), equation(books.money), _waiting(books.waiting)),
        part("books.lines", lines(books.lines)),
    ]


def part(heading: str, *nodes: Node) -> Node:
    """A part of the page below its heading."""
    return el("section", "part stack", el("h2", "", t(heading)), *nodes)


def lines(rows: Sequence[Line]) -> Node:
    """Budget against actual, line by line."""
    if not rows:
        return el("p", "quiet", t("books.no_lines"))
    return ["ul", {"class": "compare", "role": "list"}, *map(_line, rows)]


def moves(rows: Sequence[Move]) -> Node:
    """Money that moved, newest first."""
    return ["ol", {"class": "moves", "role": "list"}, *map(_move, rows)]


def downloads(scope: str, number: int, *, awards: bool = False) -> Node:
    """The same as files. `scope` is `fund`, `round` or `project`."""
    files = [(f"/{scope}/{number}/transfers.csv", "books.csv"), ("/fund/fields.csv", "books.dictionary")]
    if awards:
        files += [
            (f"/fund/{number}/awards.csv", "books.awards_csv"),
            (f"/fund/{number}/awards.json", "books.awards_json"),
        ]
    buttons: list[Node] = [
        ["a", {"class": "button", "href": href, "download": ""}, icon("download"), t(words_id)]
        for href, words_id in files
    ]
    return part("books.files", el("p", "small quiet", t("books.files_hint")), ["p", {"class": "row"}, *buttons])


def chart_of_parts(parts: Sequence[Part], key: str) -> None:
    """Given and paid, side by side for each part; the list above it is its twin."""
    rows = [(part.title, part.money.appropriated_fen / 100, part.money.paid_fen / 100) for part in parts]
    charts.standing(rows, (t("books.given"), t("books.paid")), key=key, described=t("books.chart"))


def _term(name: str, fen: int, sign: str = "") -> Node:
    """One figure of an equation; it never stands on another line than the sign before it."""
    told = el("span", f"term {name}", el("span", "small", t(f"books.{name}")), el("strong", "", words.money(fen)))
    return el("span", "with-sign", el("span", "sign", sign) if sign else None, told)


def _percent(money: Money, name: str) -> str:
    return f"{getattr(money, f'{name}_fen') * 100 / money.appropriated_fen:.1f}"


def _source(kind: str, fen: int, whole: int) -> Node:
    return el(
        "li", "", el("span", "", t(f"books.account.{kind}")), el("span", "told", words.money(fen)),
        bar(fen * 100 // whole),
    )  # fmt: skip


def _parts(parts: Sequence[Part], scope: str) -> Node:
    return el("div", "panels", *[_part(part, scope) for part in parts])


def _part(part: Part, scope: str) -> Node:
    number = f"{part.number} · " if part.number is not None else ""
    state = t(f"phase.{part.state}") if scope == "round" else t(f"project_state.{part.state}")
    return el(
        "section", "panel stack",
        el("h3", "", link(f"/money?{scope}={part.id}", f"{number}{part.title}")),
        el("p", "small", el("span", "chip plain", state)), equation(part.money),
    )  # fmt: skip


def _line(line: Line) -> Node:
    share = min(100, line.spent_fen * 100 // line.budget_fen) if line.budget_fen else 0
    over = line.spent_fen > line.budget_fen
    told = t("books.spent_of", spent=words.money(line.spent_fen), budget=words.money(line.budget_fen))
    return el(
        "li", "", el("span", "", line.what),
        el("span", "told", told, *([" ", el("span", "chip late", t("books.over"))] if over else [])),
        bar(share),
    )  # fmt: skip


def _waiting(n: int) -> Node | None:
    return el("p", "small quiet", icon("hourglass_top"), " ", tn("books.waiting", n)) if n else None


def _move(move: Move) -> Node:
    path = t("books.path", gave=t(f"books.account.{move.gave}"), got=t(f"books.account.{move.got}"))
    marks = [
        el("span", "chip plain", t(f"books.{what}", id=number))
        for what, number in (("undoes", move.reverses_id), ("undone", move.reversed_by_id))
        if number
    ]
    subject = link(f"/project?id={move.project_id}", move.project) if move.project_id else None
    return el(
        "li", {"id": f"transfer-{move.id}"},
        el("p", "", el("strong", "", t(f"books.kind.{move.kind}")), " ", *marks),
        el("strong", "told", words.money(move.amount_fen)),
        el("p", "small quiet", t("books.no", id=move.id), " · ", words.day(move.at), " · ", path),
        el("p", "small", subject, f" · {move.milestone}" if move.milestone else None) if subject else None,
        el("p", "", move.purpose) if move.purpose else None,
        *[el("p", "small", told) for told in _about(move)],
    )  # fmt: skip


def _about(move: Move) -> list[str]:
    """Who received or gave it, as far as that is public, and where the proof is."""
    payee = t("books.a_person") if move.payee_is_person else move.payee
    donor = move.donor or (t("books.donor_unnamed") if move.gave in ("from_donation", "from_sponsor") else "")
    told = [("payee", payee), ("donor", donor), ("charity", move.charity), ("voucher", move.voucher)]
    if move.received_on:
        told.append(("received_on", words.day(move.received_on)))
    return [t(f"books.about.{name}", value=value) for name, value in told if value]
