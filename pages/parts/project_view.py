"""One project as its page, its preview and the reviewers see it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from pages.parts.drawn import Node, button, el, icon, link
from pages.parts.facts import facts
from portal import areas, attachments, words
from portal.acts import Who
from portal.attachments import File
from portal.errors import NotFound
from portal.fund import costs, projects
from portal.fund.projects import CostLine, Shown, Step
from portal.fund.projects import Project as Row
from portal.words import known, t

CHIPS = {
    "funded": "solved", "implementing": "solved", "accepted": "solved", "closed": "solved", "contracting": "solved",
    "ineligible": "declined", "unfeasible": "declined", "cancelled": "declined", "draft": "plain",
    "suspended": "not_solved", "not_funded": "plain",
}  # fmt: skip


@dataclass(frozen=True)
class Dot:
    """A project as the map wants it."""

    id: int
    lon: float | None
    lat: float | None
    area_path: str
    title: str
    standing: str = "open"


def find(session: Session, who: Who, project_id: int) -> Shown | None:
    """As `projects.one`; None where there is no such project, or none that `who` may read."""
    try:
        return projects.one(session, who, project_id)
    except NotFound:
        return None


def dot(project: Row) -> Dot | None:
    """Where it is on the map; None for one without a place."""
    path = areas.tree().path_of(project.cell_id)
    return Dot(project.id or 0, project.lon, project.lat, path, project.title) if path else None


def outcome(shown: Shown) -> list[Node]:
    """The way to the vote's result, once there is one."""
    if shown.round.state != "finished" or shown.project.number is None:
        return []
    address = f"/result?round={shown.round.id}"
    return [el("p", "row", link(address, icon("bar_chart"), t("project.result"), css="button main"))]


def kind_name(kind: str) -> str:
    """What a project is about, in words; empty for a draft that does not say yet."""
    return t(f"project_kind.{kind}") if kind else ""


def state_chip(state: str) -> Node:
    """Where it stands."""
    return el("span", f"chip {CHIPS.get(state, '')}", t(f"project_state.{state}"))


def story(shown: Shown) -> list[Node]:
    """All that is told of a project besides its history, with nothing to press."""
    project = shown.project
    head = el(
        "p", "row", state_chip(project.state),
        el("span", "chip plain", t("project.number", n=project.number)) if project.number else None,
        el("span", "small quiet", kind_name(project.kind)),
    )  # fmt: skip
    if not shown.whole:
        return [head, *turned_down(shown)]
    return [
        head,
        *turned_down(shown),
        el(
            "div",
            "stack",
            photos(shown.files),
            *_words(project),
            _facts(shown),
            cost_table(shown.lines, project) if shown.lines else None,
            *_said("project.valuation", project.valuation),
            *_said("project.deliberation", project.deliberation),
            *_rivals(shown),
            *documents(shown.files),
        ),
    ]


def turned_down(shown: Shown) -> list[Node]:
    """Why it is not in the running, with the rule it broke; nothing where it is."""
    if shown.project.state not in ("ineligible", "unfeasible", "cancelled"):
        return []
    last = next((step for step in reversed(shown.steps) if step.act in ENDED), None)
    rule = rule_text(last) if last else ""
    return [
        el(
            "section", "panel expect stack",
            el("strong", "", t(f"project.ended.{shown.project.state}")),
            el("p", "", rule) if rule else None,
            el("blockquote", "says pre", last.says) if last and last.says else None,
        )
    ]  # fmt: skip


ENDED = ("project.exclude", "project.reject_cost", "project.withdraw", "project.stop")


def rule_text(step: Step) -> str:
    """The rule that was named, as it stood then; empty for a step that names none."""
    name, _, number = str(step.facts.get("rule", "")).partition(":")
    if not name:
        return ""
    told = {key.removesuffix("_fen"): words.money(value) for key, value in step.facts.items() if key.endswith("_fen")}
    return t(f"rule.{name}", n=number, item=step.facts.get("item", ""), **told)


def photos(files: Sequence[File]) -> Node | None:
    """The pictures, large in a dialog when tapped; None where there are none."""
    pictures = [file for file in files if file.kind == attachments.PHOTO]
    if not pictures:
        return None
    return el("div", "photos", *[_photo(file) for file in pictures])


def documents(files: Sequence[File]) -> list[Node]:
    """The documents as downloads."""
    found = [file for file in files if file.kind == attachments.DOCUMENT]
    rows = [
        el("li", "", ["a", {"class": "button", "href": f"/attachments/{file.name}", "download": ""}, icon("download"),
                      f"{file.title}.{file.ending}"],
           el("span", "small quiet", f" {words.number(max(1, file.bytes // 1024))} KB"))
        for file in found
    ]  # fmt: skip
    return [el("h2", "", t("project.documents")), ["ul", {"class": "stack", "role": "list"}, *rows]] if found else []


def cost_table(lines: Sequence[CostLine], project: Row) -> Node:
    """What it costs line by line, as proposed and, once there is that, as costed."""
    costed = any(line.costed_fen is not None for line in lines)
    proposed = sum(line.amount_fen for line in lines)
    total = el(
        "li", "total", el("strong", "", t("costs.sum")),
        el("span", "told", words.money(proposed)),
        el("strong", "told", words.money(project.cost_fen)) if costed else None,
    )  # fmt: skip
    heads = el("li", "heads small quiet", el("span", "", t("costs.line")), el("span", "told", t("costs.proposed")),
               el("span", "told", t("costs.costed")) if costed else None)  # fmt: skip
    rows = [_line(line, costed) for line in lines]
    css = "cost-lines costed" if costed else "cost-lines"
    return el(
        "section", "", el("h2", "", t("project.costs")), ["ul", {"class": css, "role": "list"}, heads, *rows, total]
    )


def history(steps: Sequence[Step]) -> list[Node]:
    """The public steps, oldest first."""
    if not steps:
        return []
    return [el("h2", "", t("project.history")), ["ol", {"class": "steps", "role": "list"}, *map(_step, steps)]]


def proposer(shown: Shown) -> str:
    """Who proposed it: the organization, or a resident of a cell; never a name."""
    if shown.project.organization:
        return shown.project.organization
    try:
        return t("project.by_resident", cell=areas.tree().label(shown.home_path)) if shown.home_path else ""
    except NotFound:  # redrawn since
        return ""


def place_of(project: Row) -> str:
    """The cell and the words for the place."""
    path = areas.tree().path_of(project.cell_id)
    cell = areas.tree().label(path) if path else ""
    return " · ".join(part for part in (cell, project.place) if part)


def _words(project: Row) -> list[Node]:
    told = (("project.need", project.need), ("project.beneficiaries", project.beneficiaries))
    return [el("div", "", el("h2", "", t(label)), el("p", "wish-body", text)) for label, text in told if text]


def _facts(shown: Shown) -> Node:
    project = shown.project
    return facts(
        [
            ("cost", words.money(project.cost_fen)),
            ("place", place_of(project)),
            ("proposer", proposer(shown)),
            ("round", link(f"/round?id={shown.round.id}", shown.round.name)),
        ]
    )


def _said(heading: str, text: str) -> list[Node]:
    return [el("section", "panel", el("p", "", el("strong", "", t(heading))), el("p", "pre", text))] if text else []


def _rivals(shown: Shown) -> list[Node]:
    rows = [
        el("li", "", link(f"/project?id={other.project_id}", other.title), el("span", "small quiet", f" · {other.why}"))
        for other in shown.rivals
    ]
    if not rows:
        return []
    head = el("p", "", icon("call_split"), " ", el("strong", "", t("project.rivals")))
    return [el("section", "panel stack", head, ["ul", {"role": "list"}, *rows])]


def _photo(file: File) -> Node:
    alt, source = file.title or t("photo.no_alt"), f"/attachments/{file.name}"
    opens = {"class": "photo", "type": "button", "data-do": "enlarge", "data-id": file.name,
             "aria-label": t("photo.enlarge", alt=alt)}  # fmt: skip
    large = {"src": source, "alt": alt, "loading": "lazy", "width": str(file.width), "height": str(file.height)}
    return el(
        "figure",
        "",
        ["button", opens, ["img", {"src": f"{source}/thumb", "alt": alt, "loading": "lazy"}]],
        el("figcaption", "", file.title) if file.title else None,
        el("dialog", {"data-name": file.name, "aria-label": alt}, ["img", large],
           el("div", "under", el("span", "", alt), button("shut", file.name, t("photo.shut")))),
    )  # fmt: skip


def _line(line: CostLine, costed: bool) -> Node:
    how = f"{words.money(line.unit_fen)} × {costs.shown_quantity(line.quantity)}{line.unit}"
    return el(
        "li",
        "",
        el("span", "", line.what, el("span", "small quiet", f" {how}")),
        el("span", "told", words.money(line.amount_fen)),
        el("strong", "told", "" if line.costed_fen is None else words.money(line.costed_fen)) if costed else None,
        el("span", "remark small", line.costed_note) if line.costed_note else None,
    )


def _step(step: Step) -> Node:
    stamp = ["time", {"datetime": step.at.isoformat()}, words.moment(step.at)]
    by = f"by.{step.role}"
    told = rule_text(step) or _figures(step)
    return el(
        "li",
        "step",
        el("p", "what", t(f"step.{step.act}")),
        el("p", "small quiet", stamp, f" · {t(by)}" if known(by) else ""),
        el("p", "small", told) if told else None,
        el("p", "says", step.says) if step.says else None,
    )


def _figures(step: Step) -> str:
    """The step's number on the ballot and cost, where it has them."""
    told = [t("project.number", n=step.facts["number"])] if step.facts.get("number") else []
    if isinstance(step.facts.get("cost_fen"), int):
        told.append(words.money(step.facts["cost_fen"]))
    return " · ".join(told)
