"""The public books: what came in, where it is now, and every transfer, of a fund, a round or a project."""

import streamlit as st

from pages.parts import filters, frame, moneybooks, pledge_box
from pages.parts.drawn import Node, draw, el, link
from pages.parts.facts import empty
from pages.parts.links import pager
from portal.fund import accounts, transfers
from portal.fund.transfers import Scope
from portal.inputs import row_id
from portal.memo import for_all
from portal.words import t


def trail(*steps: tuple[str, str]) -> Node:
    """The way back up: from this project to its round, from a round to its fund."""
    ways: list[Node] = [link(href, t("books.up", title=title), css="button plain") for href, title in steps]
    return ["nav", {"class": "row"}, *ways]


def moved(scope: Scope, kind: str, number: int) -> None:
    """The transfers of what is shown, and the same as files."""
    rows, key = frame.read(for_all(transfers.newest), scope, st.query_params.get("after"))
    more = pager("/money", key, words=(t("books.older"), t("books.first")))
    found = moneybooks.moves(rows) if rows else empty("books.moves", symbol="receipt_long")
    files = moneybooks.downloads(kind, number, awards=kind == "fund")
    draw([moneybooks.part("books.moves", found, *([more] if more else [])), files], key=f"moves_{kind}_{number}")


me = frame.enter("page.money")
draw([el("p", "lead", t("books.lead"))], key="money_lead")
project_id, round_id = row_id(st.query_params.get("project")), row_id(st.query_params.get("round"))
of = frame.read(moneybooks.known(accounts.of_project), project_id) if project_id else None
turn = frame.read(moneybooks.known(accounts.of_round), round_id) if round_id and not project_id else None
if of:
    up = (f"/money?fund={of.fund_id}", of.fund_name), (f"/money?round={of.round_id}", of.round_name)
    draw([trail(*up), *moneybooks.project(of)], key=f"books_project_{of.id}")
    moved(Scope(project_id=of.id), "project", of.id)
elif turn:
    draw([trail((f"/money?fund={turn.fund_id}", turn.fund_name)), *moneybooks.turn(turn)], key=f"books_round_{turn.id}")
    moved(Scope(round_id=turn.id), "round", turn.id)
elif project_id or round_id:
    draw([empty("books.missing", symbol="search_off", way=("/money", "page.money"))], key="books_missing")
if project_id or round_id:
    st.stop()
funds = {str(number): name for number, name in frame.read(for_all(accounts.funds))}
if not funds:
    draw([empty("books.funds", symbol="savings")], key="books_none")
    st.stop()
wanted = filters.chosen("fund", list(funds))
if len(funds) > 1:
    wanted = filters.select("fund", t("books.fund"), list(funds), funds.__getitem__)
fund = frame.read(for_all(accounts.of_fund), int(wanted))
draw(moneybooks.fund(fund), key=f"books_fund_{wanted}")
if len(fund.rounds) > 1:
    moneybooks.chart_of_parts(fund.rounds[::-1][-8:], key=f"chart_fund_{wanted}")
pledge_box.box(fund.id, 0, me)
moved(Scope(fund_id=fund.id), "fund", fund.id)
