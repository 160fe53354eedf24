"""Typing cost lines: one box each, the sum beside them at every step; made for one thumb on a phone."""

from collections.abc import Sequence

import streamlit as st

from pages.parts.drawn import Node, draw, el
from pages.parts.plain import md
from portal import limits, words
from portal.fund import costs
from portal.fund.costs import TypedLine
from portal.words import t

UNITS = ("piece", "metre", "square", "set", "time", "hour", "person", "month")
"""What is offered as a unit; anything else can be typed."""


def cost_lines(key: str, start: Sequence[Sequence[str]] = ()) -> tuple[TypedLine, ...]:
    """The lines as they stand now; `start` fills them with those of a draft. They are kept under `key`."""
    state = st.session_state
    begun: list[TypedLine] = [TypedLine(*parts) for parts in start] or [TypedLine()]
    rows: list[int] = state.setdefault(f"{key}_rows", list(range(len(begun))))
    typed = [_line(key, row, n, begun[row] if row < len(begun) else TypedLine()) for n, row in enumerate(rows, 1)]
    if len(rows) < limits.COST_LINES:
        st.button(t("costs.add"), icon=":material/add:", key=f"{key}_add", on_click=_add, args=(key,), width="stretch")
    wrong = len(costs.faults(typed))
    draw([_sum(costs.estimate(typed), wrong)], key=f"{key}_sum")
    return tuple(typed)


def _line(key: str, row: int, n: int, start: TypedLine) -> TypedLine:
    name = f"{key}_{row}"
    with st.container(border=True, key=f"{name}_box"):
        what = st.text_input(
            t("costs.what", n=n), start.what, limits.LINE_CHARS, key=f"{name}_what", placeholder=t("costs.what_hint")
        )
        with st.container(horizontal=True):
            price = st.text_input(
                t("costs.price"), start.price, costs.TYPED_CHARS, key=f"{name}_price", placeholder="0.00", width=108
            )
            quantity = st.text_input(
                t("costs.quantity"), start.quantity, costs.TYPED_CHARS, key=f"{name}_quantity", width=72
            )
            offered = [t(f"costs.unit.{unit}") for unit in UNITS]
            unit = st.selectbox(
                t("costs.unit"), _with(offered, start.unit), index=_at(offered, start.unit), key=f"{name}_unit",
                accept_new_options=True, placeholder=t("costs.unit_hint"), width=108,
            )  # fmt: skip
        typed = TypedLine(what, (unit or "")[: limits.UNIT_CHARS], price, quantity)
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            _amount(typed)
            st.button(
                t("costs.remove"), icon=":material/delete:", key=f"{name}_remove", type="tertiary",
                on_click=_remove, args=(key, row),
            )  # fmt: skip
    return typed


def _amount(typed: TypedLine) -> None:
    """What the line comes to; or what is wrong with it, as soon as there is something to be wrong."""
    fault = costs.faults([typed]).get(0)
    if fault is None:
        fen = 0 if typed.empty else costs.parse(typed).amount_fen
        st.markdown(f"**{md(t('costs.line_sum', amount=words.money(fen)))}**", width="content")
    elif typed.what.strip() and typed.price.strip():
        st.markdown(f":red[{md(words.say(fault))}]", width="content")
    else:
        st.caption(t("costs.line_open"), width="content")


def _sum(fen: int, open_lines: int) -> Node:
    told = el("p", "small quiet", t("costs.still_open", n=words.number(open_lines))) if open_lines else None
    return el("div", "panel state", el("p", "row spread", t("costs.sum"), el("strong", "", words.money(fen))), told)


def _with(offered: list[str], unit: str) -> list[str]:
    return offered if not unit or unit in offered else [unit, *offered]


def _at(offered: list[str], unit: str) -> int | None:
    return _with(offered, unit).index(unit) if unit else None


def _add(key: str) -> None:
    rows: list[int] = st.session_state[f"{key}_rows"]
    st.session_state[f"{key}_rows"] = [*rows, max(rows, default=-1) + 1]


def _remove(key: str, row: int) -> None:
    left = [other for other in st.session_state[f"{key}_rows"] if other != row]
    st.session_state[f"{key}_rows"] = left or [row + 1_000]
