"""Writing an order: only sensible choices, each with what there is, and probable values filled in."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import streamlit as st

from pages.parts import frame
from pages.parts.documentpick import pick_documents
from pages.parts.drawn import draw, el, icon, link
from pages.parts.facts import empty
from pages.parts.links import open_page
from portal import clock, limits, words
from portal.fund import moves, offering, orders
from portal.fund.moves import K
from portal.fund.offering import Target
from portal.fund.orders import Typed
from portal.inputs import row_id
from portal.words import t

DATED = (K.INCOME, K.INSTALMENT, K.REFUND)
PROVEN = (K.INCOME, K.CONTRACT, K.INSTALMENT, K.REFUND)
VOUCHERS = (K.INCOME, K.CONTRACT, K.INSTALMENT, K.REFUND)
PAYEES = (K.CONTRACT, K.INSTALMENT, K.REFUND)


def form_key() -> str:
    """The key of the open form. It stands in the address, so that it outlives the server and a reload."""
    if not st.query_params.get("form"):
        st.query_params["form"] = secrets.token_urlsafe(16)
    return st.query_params["form"][: orders.KEY_CHARS // 2]


def form(kind: str) -> None:
    """The form for a new order of that kind; one that was copied begins with what the old one said."""
    copied = row_id(st.query_params.get("copy"))
    like = frame.read(orders.copy, copied) if copied else Typed(key="", kind=kind)
    back = link("/treasury?tab=new", icon("arrow_back"), t("treasury.other_kind"), css="button plain")
    title = el("h2", "", t("treasury.new", kind=t(f"treasury.kind.{kind}")))
    draw([el("p", "", back), title, el("p", "quiet", t(f"treasury.kind.{kind}.hint"))], key="form_top")
    offered = frame.read(offering.targets, kind)
    if not offered:
        draw([empty(f"treasury.none.{kind}", symbol="account_balance_wallet")], key="form_none")
        return
    key = form_key()
    with st.container(key="order_form"):
        typed = _fields(kind, key, _target(kind, key, offered, like), like)
        pressed = st.button(t("act.money.propose"), type="primary", key=f"send_{key}", icon=":material/send:")
    if pressed:
        order_id = frame.act(orders.propose, typed, done="act.money.propose.done")
        if order_id:
            open_page(f"/treasury?order={order_id}")


def _target(kind: str, key: str, offered: Sequence[Target], like: Typed) -> Target:
    """What the order is about, with what there is on the account that gives."""
    by_id = {target.id: target for target in offered}
    named = {K.INCOME: like.fund_id, K.INSTALMENT: like.milestone_id}.get(K(kind), like.project_id or like.round_id)
    wanted = row_id(st.query_params.get("target")) or named
    ids = list(by_id)
    chosen = st.selectbox(
        t(f"treasury.target.{kind}"), ids, index=ids.index(wanted) if wanted in by_id else 0,
        format_func=lambda number: _named(by_id[number], kind), key=f"target_{key}",
    )  # fmt: skip
    return by_id[chosen]


def _named(target: Target, kind: str) -> str:
    name = t("treasury.target_of", about=target.about, name=target.name) if target.about else target.name
    if kind == K.INCOME:
        return name
    return t("treasury.target_has", name=name, have=words.money(target.have_fen))


def _fields(kind: str, key: str, target: Target, like: Typed) -> Typed:
    """All that this kind asks for, and nothing else."""
    mine = f"{key}_{target.id}"  # another target has other probable values
    typed = replace(like, key=key, kind=kind, **_about(kind, target))
    if kind == K.INCOME:
        typed = _income(typed, key, target)
    suggested = like.amount or (_plain(target.suggested_fen) if target.suggested_fen else "")
    typed = replace(typed, amount=_money(t("field.amount"), suggested, f"amount_{mine}"))
    if kind in PAYEES:
        typed = _payee(typed, mine, target)
    purpose = like.purpose or t(f"treasury.purpose.{kind}", name=target.name)[: limits.PURPOSE_CHARS]
    typed = replace(
        typed,
        purpose=st.text_input(
            t("field.purpose"), purpose, limits.PURPOSE_CHARS, key=f"purpose_{mine}", help=t("treasury.purpose_help")
        ),
    )
    if kind in VOUCHERS:
        label = t(f"field.voucher_{kind}")
        typed = replace(typed, voucher=st.text_input(label, like.voucher, limits.VOUCHER_CHARS, key=f"voucher_{key}"))
    if kind in DATED:
        typed = replace(typed, received_on=_day(kind, key, like))
    if kind in moves.SPLIT:
        typed = replace(typed, splits=_splits(mine, target, typed))
    return _proofs(typed, key) if kind in PROVEN else typed


def _about(kind: str, target: Target) -> dict[str, Any]:
    """The ids that the target stands for."""
    if kind == K.INCOME:
        return {"fund_id": target.id}
    if kind in moves.OF_ROUND:
        return {"round_id": target.id}
    return {"project_id": target.project_id, "milestone_id": target.id if kind == K.INSTALMENT else None}


def _income(typed: Typed, key: str, target: Target) -> Typed:
    sources = [source for source in moves.SOURCES if source != "donation" or target.charity]
    index = sources.index(typed.source) if typed.source in sources else 0
    source = st.radio(
        t("field.source"), sources, index=index, format_func=lambda s: t(f"treasury.source.{s}"), horizontal=True,
        key=f"source_{key}_{target.id}",
    )  # fmt: skip
    if not target.charity:
        st.caption(t("treasury.no_charity"))
    typed = replace(typed, source=source, charity="")
    if source == "allocation":
        return replace(typed, donor="", donor_shown=False)
    if source == "donation":
        st.caption(t("treasury.charity", name=target.charity))
    donor = st.text_input(t(f"field.{source}"), typed.donor, limits.PAYEE_CHARS, key=f"donor_{key}_{source}")
    shown = st.checkbox(t("treasury.donor_agrees"), typed.donor_shown, key=f"shown_{key}_{source}")
    return replace(typed, donor=donor, donor_shown=shown)


def _payee(typed: Typed, mine: str, target: Target) -> Typed:
    known = typed.payee or frame.read(offering.last_payee, target.project_id)
    payee = st.text_input(t(f"treasury.payee.{typed.kind}"), known, limits.PAYEE_CHARS, key=f"payee_{mine}")
    person = st.checkbox(
        t("treasury.payee_is_person"), typed.payee_is_person, key=f"person_{mine}", help=t("treasury.person_help")
    )
    return replace(typed, payee=payee, payee_is_person=person)


def _day(kind: str, key: str, like: Typed) -> date:
    today = clock.day_of(clock.now())
    label = t("field.received_on" if kind == K.INCOME else "treasury.moved_on")
    day: date = st.date_input(label, like.received_on or today, max_value=today, key=f"day_{key}", format="YYYY-MM-DD")
    return day


def _splits(mine: str, target: Target, typed: Typed) -> list[tuple[int, str]]:
    """Which lines of the costs the payment belongs to; with a single line there is nothing to ask."""
    parts = frame.read(offering.cost_parts, target.project_id)
    if len(parts) == 1:
        return [(parts[0].id, typed.amount)]
    known = dict(typed.splits)
    st.markdown(f"**{t('treasury.parts')}**")
    st.caption(t("treasury.parts_hint"))
    return [
        (
            part.id,
            _money(
                t("treasury.part", what=part.what, planned=words.money(part.planned_fen)), known.get(part.id, ""),
                f"part_{mine}_{part.id}",
            ),
        )
        for part in parts
    ]  # fmt: skip


def _money(label: str, value: str, key: str) -> str:
    return st.text_input(
        label, value, 40, key=key, placeholder=t("treasury.money_hint"), icon=":material/currency_yuan:"
    )


def _plain(fen: int) -> str:
    """An amount as one would type it."""
    return f"{fen // 100}" if fen % 100 == 0 else f"{fen // 100}.{fen % 100:02}"


def _proofs(typed: Typed, key: str) -> Typed:
    st.markdown(f"**{t('treasury.proofs')}**")
    st.caption(t("treasury.proofs_needed" if typed.kind == K.INSTALMENT else "treasury.proofs_wanted"))
    documents = pick_documents(f"proof_{key}")
    offered = bool(documents) and not orders.hides_a_name(typed)
    shown = offered and st.checkbox(t("treasury.proofs_public"), key=f"public_{key}")
    return replace(typed, documents=documents, documents_shown=shown)
