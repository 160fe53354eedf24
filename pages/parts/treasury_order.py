"""One order: all that belongs to it, what it does to the accounts, and the decision."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.parts import frame
from pages.parts.actforms import completed
from pages.parts.drawn import Node, draw, el, icon, link
from pages.parts.facts import facts
from pages.parts.links import open_page
from pages.parts.treasury_form import PROVEN, form_key
from pages.parts.treasury_list import form_href, order_href, state_chip
from portal import clock, limits, words
from portal.acts import Act, Who, allowed
from portal.fund import acts, orders, treasury
from portal.fund.moves import K
from portal.fund.treasury import Detail, Side
from portal.words import t

DECIDED = (acts.APPROVE_MONEY, acts.REJECT_MONEY, acts.WITHDRAW_MONEY)
CORRECT = "correct"
SHORTCUTS = {acts.APPROVE_MONEY.name: "A", acts.REJECT_MONEY.name: "B"}


def show(order_id: int, who: Who) -> None:
    """The order, and what `who` may do to it; after a decision the next one that waits is shown."""
    found = frame.read(treasury.detail, order_id)
    queue = [line.id for line in frame.read(treasury.waiting).to_decide]
    sides = el("div", "stack", _effect(found), *_more(found))
    facts_panel = el("section", "panel", facts(_facts(found)))
    draw([*_head(found, queue), el("div", "panels", facts_panel, sides)], key="order")
    opened = f"order_act_{order_id}"
    chosen = st.session_state.get(opened)
    act = next((act for act in DECIDED if act.name == chosen and allowed(who, act, found.order)), None)
    if act:
        _decide(found, act, opened, queue)
    elif chosen == CORRECT and found.correctable:
        _correct(found, opened)
    else:
        _buttons(found, who, opened, queue)
    draw([_steps(found)], key="order_steps")


def _head(found: Detail, queue: list[int]) -> list[Node]:
    order, line = found.order, found.line
    place = f" {queue.index(line.id) + 1} / {len(queue)}" if line.id in queue else ""
    back = link("/treasury", icon("arrow_back"), t("treasury.back"), el("span", "quiet", place), css="button plain")
    title = f"{t(f'treasury.kind.{order.kind}')} · {words.money(order.amount_fen)}"
    return [
        el("p", "", back),
        el("div", "row", el("h2", "", title), state_chip(order.state)),
    ]


def _facts(found: Detail) -> list[tuple[str, Node | None]]:
    order, line = found.order, found.line
    project = link(f"/project?id={order.project_id}", found.project) if found.project else None
    wrong, right = found.corrects_id, found.corrected_by_id
    return [
        ("order_number", f"#{line.id}"),
        ("order_project", project),
        ("order_round", found.round or None),
        ("order_fund", found.fund),
        ("order_milestone", _milestone(found)),
        ("purpose", order.purpose),
        ("payee", found.payee or None),
        ("donor", _donor(found)),
        ("charity", order.charity or None),
        ("voucher", order.voucher or None),
        ("received_on", words.day(order.received_on) if order.received_on else None),
        ("corrects", link(order_href(wrong), f"#{wrong}") if wrong else None),
        ("corrected_by", link(order_href(right), f"#{right}") if right else None),
        ("proposed_by", f"{line.author} · {words.moment(line.at)}"),
    ]


def _milestone(found: Detail) -> str | None:
    """What it was planned to cost, and when it was accepted: what the amount is held against."""
    step = found.milestone
    if step is None:
        return None
    accepted = words.day(clock.day_of(step.accepted_at)) if step.accepted_at else "-"
    return t("treasury.milestone", title=step.title, planned=words.money(step.planned_fen), accepted=accepted)


def _donor(found: Detail) -> str | None:
    if not found.donor:
        return None
    return f"{found.donor} · {t('treasury.donor_shown' if found.order.donor_shown else 'treasury.donor_hidden')}"


def _effect(found: Detail) -> Node:
    """The two accounts: what they hold, and of an order that waits what they would hold."""
    waits = found.order.state == "proposed"
    short = found.gives.after_fen < 0 and not found.gives.kind.startswith("from_")
    warned = el("p", "", el("span", "chip late", icon("error"), t("treasury.short"))) if short and waits else None
    return el(
        "section",
        "panel stack",
        el("h3", "", t("treasury.effect" if waits else "treasury.accounts_now")),
        ["ul", {"class": "compare wide", "role": "list"}, _side(found.gives, waits), _side(found.gets, waits)],
        warned,
    )


def _side(side: Side, waits: bool) -> Node:
    sign = -1 if side.kind.startswith("from_") else 1  # what came from outside is told as a sum
    before, after = words.money(sign * side.before_fen), words.money(sign * side.after_fen)
    name = t("treasury.of", account=t(f"treasury.account.{side.kind}"), name=side.name)
    return el("li", "", el("span", "", name), el("span", "told", f"{before} → {after}" if waits else before))


def _more(found: Detail) -> list[Node]:
    blocks: list[Node] = []
    if found.parts:
        parts: list[Node] = [
            el("li", "", el("span", "", part.what),
               el("span", "told", t("treasury.of_planned", fen=words.money(part.amount_fen),
                                    planned=words.money(part.planned_fen))))
            for part in found.parts
        ]  # fmt: skip
        blocks.append(_panel("treasury.parts", ["ul", {"class": "compare", "role": "list"}, *parts]))
    if found.files or found.order.kind in PROVEN:
        files = el("p", "row", *map(_file, found.files)) if found.files else el("p", "quiet", t("treasury.proofs_none"))
        blocks.append(_panel("treasury.proofs", files))
    return blocks


def _steps(found: Detail) -> Node:
    steps = [
        el("li", "step", el("p", "what", t(f"act.{step.act}")),
           el("p", "small quiet", " · ".join(filter(None, (step.name, words.moment(step.at))))),
           el("p", "says", step.says) if step.says else None)
        for step in found.steps
    ]  # fmt: skip
    return el("div", "part", _panel("treasury.steps", ["ol", {"class": "steps", "role": "list"}, *steps]))


def _file(file: Any) -> Node:
    where = {"class": "button", "href": f"/attachments/{file.name}", "download": ""}
    shown = el("span", "small quiet", t("treasury.file_public" if file.shown else "treasury.file_inside"))
    return ["a", where, icon("attach_file"), f"{file.title}.{file.ending}", " ", shown]


def _panel(title: str, content: Node) -> Node:
    return el("section", "panel stack", el("h3", "", t(title)), content)


def _buttons(found: Detail, who: Who, opened: str, queue: list[int]) -> None:
    order, may_write = found.order, allowed(who, acts.PROPOSE_MONEY, found.order)
    with st.container(horizontal=True, key="order_acts"):
        for act in DECIDED:
            if allowed(who, act, order):
                first = act is acts.APPROVE_MONEY
                st.button(
                    t(f"act.{act.name}"), key=f"press_{act.name}_{order.id}", type="primary" if first else "secondary",
                    shortcut=SHORTCUTS.get(act.name), on_click=_open, args=(opened, act.name),
                )  # fmt: skip
        if may_write and found.correctable:
            st.button(t("treasury.correct"), key=f"press_correct_{order.id}", on_click=_open, args=(opened, CORRECT))
        copies = may_write and order.kind != K.CORRECTION
        if copies and st.button(t("treasury.copy"), key=f"press_copy_{order.id}", icon=":material/content_copy:"):
            open_page(form_href(order.kind, copy=order.id))
        following = _next(order.id or 0, queue)
        if following and st.button(
            t("treasury.next"), key=f"press_next_{order.id}", icon=":material/skip_next:", shortcut="N"
        ):
            open_page(order_href(following))


def _open(opened: str, name: str) -> None:
    st.session_state[opened] = name


def _next(order_id: int, queue: list[int]) -> int | None:
    """The order that waits after this one; from the end back to the start."""
    others = [number for number in queue if number != order_id]
    return next((number for number in others if number > order_id), next(iter(others), None))


def _decide(found: Detail, act: Act, opened: str, queue: list[int]) -> None:
    """The decision once more, with what it means, before it is made."""
    order_id = found.line.id
    sums = {"amount_fen": words.money(found.order.amount_fen)}
    with st.container(border=True, key="order_decision"):
        st.warning(t(f"act.{act.name}.sure", **sums), icon=":material/warning:")
        says: tuple[str, ...] = ()
        if act.says:
            typed = st.text_area(
                t("treasury.reason"), key=f"says_{act.name}_{order_id}", max_chars=limits.COMMENT_CHARS, height=100
            )
            says = (typed,)
        go = _sure(act.name, order_id, opened)
        do: Callable[..., tuple[Any]] = completed(_DO[act.name])
        if go and frame.act(do, order_id, *says, done=f"act.{act.name}.done") is not None:
            st.session_state.pop(opened, None)
            following = _next(order_id, queue) if act is not acts.WITHDRAW_MONEY else None
            open_page(order_href(following or order_id))


_DO: dict[str, Callable[..., None]] = {
    acts.APPROVE_MONEY.name: orders.approve,
    acts.REJECT_MONEY.name: orders.reject,
    acts.WITHDRAW_MONEY.name: orders.withdraw,
}


def _sure(name: str, order_id: int, opened: str) -> bool:
    label = t("form.go", act=t("treasury.correct") if name == CORRECT else t(f"act.{name}"))
    with st.container(horizontal=True):
        go = st.button(
            label, type="primary", key=f"go_{name}_{order_id}", shortcut="Enter" if name != CORRECT else None
        )
        if st.button(t("form.cancel"), key=f"cancel_{name}_{order_id}"):
            st.session_state.pop(opened, None)
            st.rerun()
    return go


def _correct(found: Detail, opened: str) -> None:
    """Write the mirror image of an order that was posted and wrong; it waits for a second person as all do."""
    order_id = found.line.id
    with st.container(border=True, key="order_correction"):
        st.warning(t("treasury.correct.sure"), icon=":material/warning:")
        why = st.text_input(t("treasury.correct.why"), key=f"why_{order_id}", max_chars=limits.PURPOSE_CHARS)
        if not _sure(CORRECT, order_id, opened):
            return
        typed = orders.Typed(form_key(), K.CORRECTION, purpose=why, reverses_id=found.transfer_id)
        new_id = frame.act(orders.propose, typed, done="act.money.propose.done")
        if new_id:
            st.session_state.pop(opened, None)
            open_page(order_href(new_id))
