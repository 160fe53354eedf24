"""On the page of a project that the vote gave money: its money, its milestones, its news, and what can be done."""

from collections.abc import Sequence
from typing import Literal

import streamlit as st

from pages.parts import frame, moneybooks, pledge_box, workforms
from pages.parts.drawn import Event, Node, button, draw, el, icon, link, number
from pages.parts.project_view import photos, state_chip
from portal import attachments, limits, words
from portal.acts import ACTS, Who
from portal.fund import accounts, acts, following, funded, milestones, pledges, work
from portal.fund.milestones import Step
from portal.fund.projects import Project, Shown
from portal.memo import for_all
from portal.words import t, tn

SYMBOLS = {"planned": "schedule", "reported": "rate_review", "accepted": "task_alt", "cancelled": "block"}


def panel(shown: Shown, who: Who) -> None:
    """Draw it; nothing but the pledges for a project that is still being decided about, nothing at all before."""
    project = shown.project
    if frame.read(funded.has_money, project):
        _work(shown, who)
    if shown.whole and (project.state in pledges.TAKES or project.state in funded.AWARDED):
        pledge_box.box(shown.round.fund_id, project.id or 0, who, takes=project.state in pledges.TAKES)


def _work(shown: Shown, who: Who) -> None:
    project, key = shown.project, shown.project.id or 0
    steps = frame.read(for_all(milestones.of_project), key)
    books = frame.read(for_all(accounts.of_project), key)
    lead = frame.read(work.lead_of, key)
    top = [
        el("h2", "", t("work.title")),
        el(
            "section",
            "panel stack",
            _standing(project, steps, lead),
            moneybooks.equation(books.money),
            el("p", "row", link(f"/money?project={key}", t("work.books"), css="button"), *_following(key, who)),
        ),
    ]
    draw(top, key=f"work_{key}", clicked=_follow)
    _acts(project, who)
    _milestones(project, steps, who)
    draw([_lines(books), *_news(shown)], key=f"work_end_{key}")


def _standing(project: Project, steps: Sequence[Step], lead: str) -> Node:
    """How far the work is, in one line, and who leads it for those who may know."""
    counted = [step for step in steps if step.state != "cancelled"]
    done, late = sum(step.state == "accepted" for step in counted), sum(step.late for step in counted)
    told = t("work.done_of", done=done, n=len(counted)) if counted else t("work.no_milestones")
    return el(
        "div",
        "stack",
        el(
            "p",
            "row",
            state_chip(project.state),
            told,
            el("span", "chip late", icon("schedule"), tn("work.late", late)) if late else None,
        ),
        el("p", "small quiet", t("work.led_by", name=lead)) if lead else None,
    )


def _following(project_id: int, who: Who) -> list[Node]:
    """The button to follow or not, and how many do."""
    n = frame.read(following.count, project_id)
    told = el(
        "span", "small quiet", tn("work.followers", n) if n < limits.COUNT_ROWS else t("work.followers_many", n=n)
    )
    if who.person_id is None:
        href = f"/signin?next=%2Fproject%3Fid%3D{project_id}"
        return [link(href, icon("notifications"), t("act.project.follow"), css="button"), told]
    if frame.read(following.follows, project_id):
        return [button("unfollow", project_id, t("work.unfollow"), symbol="notifications_active"), told]
    return [button("follow", project_id, t("act.project.follow"), "main", "notifications"), told]


def _follow(event: Event) -> None:
    if event["do"] in ("follow", "unfollow"):
        wanted = event["do"] == "follow"
        done = "act.project.follow.done" if wanted else "work.unfollow.done"
        frame.act(following.toggle, number(event), wanted, done=done)


def _acts(project: Project, who: Who) -> None:
    """What this person may do to the project as a whole."""
    offered = workforms.offered(project, who, workforms.OF_PROJECT)
    if project.lead_id is not None and project.lead_id == who.person_id:
        offered = [act for act in offered if act is not acts.ACCEPT]  # nobody accepts their own work
    if not offered:
        return
    opened = f"work_act_{project.id}"
    with st.container(horizontal=True, key="acts"):
        for act in offered:
            kind: Literal["primary", "secondary"] = "primary" if act.name in workforms.ONWARD else "secondary"
            if st.button(t(f"act.{act.name}"), key=f"press_{project.id}_{act.name}", type=kind):
                workforms.press(project, act, opened)
    name, thing_id = st.session_state.get(opened, ("", 0))
    chosen = next((act for act in offered if act.name == name), None)
    if chosen and thing_id == project.id:
        workforms.form(project, chosen, opened)


def _milestones(project: Project, steps: Sequence[Step], who: Who) -> None:
    """The milestones with what may be done to each; the form of one opens right below it."""
    opened = f"work_act_{project.id}"

    def pressed(event: Event) -> None:
        step = next((step for step in steps if step.id == number(event)), None)
        if step and event["do"] in workforms.FORMS:
            workforms.press(step, ACTS[event["do"]], opened)

    if not steps:
        return
    name, step_id = st.session_state.get(opened, ("", 0))
    at = next((n for n, step in enumerate(steps, 1) if step.id == step_id and ACTS.get(name) in workforms.OF_STEP), 0)
    step = steps[at - 1]
    fitting = at and ACTS[name] in workforms.offered(step, who, workforms.OF_STEP)
    above, below = (steps[:at], steps[at:]) if fitting else (steps, ())
    draw([el("h3", "", t("work.milestones")), _list(above, who)], key=f"steps_{project.id}", clicked=pressed)
    if fitting:
        workforms.form(step, ACTS[name], opened, step.title)
        if below:
            draw([_list(below, who)], key=f"steps_more_{project.id}", clicked=pressed)


def _list(steps: Sequence[Step], who: Who) -> Node:
    return ["ol", {"class": "steps", "role": "list"}, *[_step(step, who) for step in steps]]


def _step(step: Step, who: Who) -> Node:
    buttons = [
        button(act.name, step.id, t(f"act.{act.name}"), "main" if act.name in workforms.ONWARD else "")
        for act in workforms.offered(step, who, workforms.OF_STEP)
    ]
    due = [t("work.due", day=words.day(step.due_on))]
    if step.planned_fen:
        due.append(t("work.planned", money=words.money(step.planned_fen)))
    if step.accepted_at:
        due.append(t("work.accepted_on", day=words.day(step.accepted_at)))
    elif step.reported_at:
        due.append(t("work.reported_on", day=words.day(step.reported_at)))
    return el(
        "li",
        "step",
        el("p", "what", f"{step.position}. {step.title}"),
        el(
            "p",
            "row",
            el("span", "chip plain", icon(SYMBOLS[step.state]), t(f"milestone.state.{step.state}")),
            el("span", "chip late", icon("schedule"), t("work.late_chip")) if step.late else None,
        ),
        el("p", "small quiet", " · ".join(due)),
        el("p", "small", t("work.sent_back", reason=step.sent_back)) if step.sent_back else None,
        el("p", "says", step.report) if step.report else None,
        photos(step.files) if step.files else None,
        *_documents(step.files),
        el("p", "row", *buttons) if buttons else None,
    )


def _documents(files: Sequence[attachments.File]) -> list[Node]:
    """The documents of a report as downloads."""
    return [
        el(
            "p",
            "",
            ["a", {"class": "button", "href": f"/attachments/{file.name}", "download": ""}, icon("download"),
             f"{file.title}.{file.ending}"],
        )
        for file in files
        if file.kind == attachments.DOCUMENT
    ]  # fmt: skip


def _lines(books: accounts.ProjectBooks) -> Node:
    return el("section", "stack", el("h3", "", t("books.lines")), moneybooks.lines(books.lines))


def _news(shown: Shown) -> list[Node]:
    """What was told of the work, newest first."""
    told = [step for step in reversed(shown.steps) if step.act == acts.NEWS.name and step.says][: limits.PAGE_ROWS]
    rows = [
        el("li", "step", el("p", "small quiet", words.moment(step.at)), el("p", "says", step.says or ""))
        for step in told
    ]
    listed: Node = ["ol", {"class": "steps", "role": "list"}, *rows]
    return [el("section", "part stack", el("h3", "", t("work.news")), listed)] if rows else []
