"""What staff and admins do with people: confirm homes, find somebody, give and take duties."""

from collections.abc import Sequence

import streamlit as st

from pages.parts import frame
from pages.parts.areapick import pick_within
from pages.parts.drawn import Event, Node, button, draw, el, number
from pages.parts.facts import empty
from pages.parts.links import pager
from pages.parts.plain import md
from portal import areas, clock, limits, words
from portal.accounts import people, register, totp
from portal.accounts.register import Card, DutyCard
from portal.acts import Who
from portal.cases import staffing
from portal.inputs import row_id
from portal.words import t, tn


def requests() -> None:
    """Who waits for a home to be confirmed; all that are marked are confirmed at once."""
    waiting = frame.read(register.requests, _after())
    if not waiting:
        draw([empty("people.requests", symbol="how_to_reg")], key="requests_none")
        return
    everyone = st.checkbox(t("people.all"), key="all_requests")
    chosen = []
    for card in waiting:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            with st.container(width="stretch", gap="xxsmall"):
                # a key of its own per state of "all", so that the box follows it
                if st.checkbox(md(card.name), value=everyone, key=f"ask_{card.id}_{everyone}"):
                    chosen.append(card.id)
                st.text(_asks(card))
            if st.button(t("people.refuse"), key=f"refuse_{card.id}", type="tertiary"):
                st.dialog(t("people.refuse"))(_refuse)(card)
    label = tn("people.confirm_chosen", len(chosen))
    if st.button(label, type="primary", disabled=not chosen, icon=":material/how_to_reg:"):
        frame.act(people.confirm_residents, chosen, done="people.confirmed")
        st.rerun()
    _onward(len(waiting), waiting[-1].id)


def find(me: Who) -> None:
    """Somebody by name or phone, with what may be done about them."""
    with st.form("find", border=False):
        typed = st.text_input(
            t("people.search"), max_chars=limits.SEARCH_CHARS, help=t("people.search_help"), key="people_search"
        )
        st.form_submit_button(t("people.search_go"), type="primary", icon=":material/search:")
    if not typed.strip():
        return
    # a phone number reaches beyond one's own areas, so looking it up is an act that leaves a row in the books
    by_phone = register.is_phone(typed)
    found = frame.act(register.find_phone, typed) if by_phone else frame.read(register.find, typed)
    if found == []:
        draw([empty("people.none", symbol="person_search")], key="nobody")
    for card in found or ():
        _person(me, card)


def duties() -> None:
    """Who holds which duty in the areas of this person."""
    held = frame.read(register.duties, _after())
    nothing = [empty("people.duties", symbol="badge")]
    _ask_about(draw([_listed(held, "people.duty_line")] if held else nothing, key="duties"), held)
    if held:
        _onward(len(held), held[-1].id)


def _listed(held: Sequence[DutyCard], line: str) -> Node:
    """Duties one below the other, with a button where one may be taken away."""
    rows = [
        el(
            "li",
            "row spread",
            el(
                "span",
                "",
                t(line, name=duty.name, phone=duty.phone, role=t(f"role.{duty.role}"), area=_area(duty.area_path)),
            ),
            button("revoke", duty.id, t("people.revoke"), "plain") if duty.deeds else None,
        )
        for duty in held
    ]
    return ["ul", {"class": "panel stack"}, *rows]


def _ask_about(event: Event | None, held: Sequence[DutyCard]) -> None:
    """Before a duty is taken away."""
    chosen = next((duty for duty in held if event and event["do"] == "revoke" and duty.id == number(event)), None)
    if chosen:
        st.dialog(t("people.revoke"))(_revoke)(chosen)


def _person(me: Who, card: Card) -> None:
    with st.container(border=True):
        st.markdown(f"**{md(card.name)}** · {md(card.phone)} · {md(_standing(card))}")
        held = frame.read(register.duties_of, card.id)
        if held:
            _ask_about(draw([_listed(held, "people.duty_short")], key=f"held_{card.id}"), held)
        if card.id != me.person_id and register.grantable(me):
            _deeds(card)


def _deeds(card: Card) -> None:
    """What may be done about somebody else; the domain asks for the right again."""
    with st.container(horizontal=True, width="content"):
        if not card.blocked and st.button(t("people.grant"), key=f"grant_{card.id}", icon=":material/add_moderator:"):
            st.dialog(t("people.grant"))(_grant)(card)
        for name in card.deeds:
            if st.button(t(f"act.{name}"), key=f"{name}_{card.id}", type="tertiary"):
                st.dialog(t(f"act.{name}"))(_DEEDS[name])(card)


def _grant(card: Card) -> None:
    with frame.body():
        st.markdown(md(t("people.grant_to", name=card.name)))
        role = st.selectbox(t("people.grant_role"), people.ROLES, format_func=lambda name: t(f"role.{name}"))
        place = pick_within("grant", register.grantable(frame.who()))
        if st.button(t("people.grant_go"), type="primary", width="stretch"):
            _done(frame.act(people.grant, card.id, role, place.id, done="people.granted"))


def _revoke(duty: DutyCard) -> None:
    with frame.body():
        facts = {"name": duty.name, "role": t(f"role.{duty.role}"), "area": _area(duty.area_path)}
        st.markdown(md(t("people.revoke_ask", **facts)))
        if st.button(t("people.revoke_go"), type="primary", width="stretch"):
            _done(frame.act(staffing.revoke, duty.id, done="people.revoked"))


def _refuse(card: Card) -> None:
    with frame.body():
        st.markdown(md(t("people.refuse_ask")))
        says = st.text_area(t("people.reason"), max_chars=limits.COMMENT_CHARS)
        if st.button(t("people.refuse"), type="primary", width="stretch"):
            _done(frame.act(people.refuse_resident, card.id, says, done="people.refused"))


def _block(card: Card) -> None:
    with frame.body():
        st.markdown(md(t("people.block_ask", name=card.name)))
        says = st.text_area(t("people.reason"), max_chars=limits.COMMENT_CHARS)
        if st.button(t("act.person.block"), type="primary", width="stretch"):
            _done(frame.act(staffing.block, card.id, says, done="people.blocked"))


def _unblock(card: Card) -> None:
    with frame.body():
        st.markdown(md(card.name))
        if st.button(t("act.person.unblock"), type="primary", width="stretch"):
            _done(frame.act(people.unblock, card.id, done="people.unblocked"))


def _reset(card: Card) -> None:
    with frame.body():
        st.markdown(md(t("people.reset_ask", name=card.name)))
        if st.button(t("act.person.reset_totp"), type="primary", width="stretch"):
            _done(frame.act(totp.reset, card.id, done="people.reset_done"))


_DEEDS = {"person.block": _block, "person.unblock": _unblock, "person.reset_totp": _reset}


def _done(result: object) -> None:
    """Close the dialog when the act went through; a refusal leaves it open, with what was typed."""
    if result is not None:
        st.rerun()


def _standing(card: Card) -> str:
    if card.blocked:
        return t("people.card_blocked")
    if not card.area_path:
        return t("people.card_member")
    return t("people.card_resident" if card.resident else "people.card_asked", area=_area(card.area_path))


def _asks(card: Card) -> str:
    asked = words.ago(card.asked_at, clock.now()) if card.asked_at else ""
    return t("people.request_line", phone=card.phone, area=_area(card.area_path), ago=asked)


def _area(path: str) -> str:
    return areas.tree().label(path)


def _after() -> int:
    return row_id(st.query_params.get("after"))


def _onward(rows: int, last_id: int) -> None:
    key = str(last_id) if rows == limits.PAGE_ROWS else None
    links = pager("/people", key, words=(t("people.next"), t("people.first")))
    if links:
        draw([links], key="people_pager")
