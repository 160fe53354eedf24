"""The parts of one's own account: messages, profile, home, security."""

import streamlit as st

from pages.parts import frame
from pages.parts.areapick import pick_area
from pages.parts.drawn import Event, Node, button, draw, el, icon, link
from pages.parts.facts import empty
from pages.parts.links import pager
from pages.parts.plain import md
from portal import areas, clock, limits, notices, words
from portal.accounts import people, register, sessions, totp
from portal.acts import Who
from portal.inputs import row_id
from portal.settings import settings
from portal.words import t

HOME_LEVEL = "cell"


def news() -> None:
    """What the portal has told this person, newest first."""
    found = frame.read(notices.mine, row_id(st.query_params.get("after")) or None)
    unread = frame.read(notices.unread)
    more = str(found[-1].id) if len(found) == limits.PAGE_ROWS else None
    onward = pager("/me", more, words=(t("me.news.older"), t("me.news.newest")))
    nodes: list[Node] = [
        *([el("p", "", button("read", "", t("me.news.read"), "plain", "done_all"))] if unread else []),
        ["ul", {"class": "stack"}, *[_message(message) for message in found]],
        *([onward] if onward else []),
    ]
    nothing = [empty("me.news", symbol="notifications")]
    draw(nodes if found else nothing, key="news", clicked=_mark_read)


def _message(message: notices.Message) -> Node:
    """One message; a case in it can be opened."""
    new = el("span", "chip", t("me.news.new")) if message.unread else None
    way = link(message.href, t("me.news.open"), " ›") if message.href else None
    when = el("span", "small quiet", words.ago(message.at, clock.now()))
    return el("li", "panel", el("p", "", message.text), el("div", "row", new, when, way))


def _mark_read(event: Event) -> None:
    if event["do"] == "read":
        frame.act(notices.read_all)


def profile() -> None:
    """Name, language of messages, roles."""
    me, card = frame.who(), frame.read(register.me)
    with st.form("name"):
        name = st.text_input(t("me.name"), card.name, max_chars=limits.NAME_CHARS, help=t("me.name_help"))
        codes = settings().language_codes
        spoken = codes.index(card.lang) if card.lang in codes else 0
        lang = st.selectbox(t("me.lang"), codes, spoken, format_func=lambda code: t(f"language.{code}"))
        st.text(t("me.phone", phone=card.phone))
        saved = st.form_submit_button(t("me.name_save"), type="primary")
    if saved and frame.act(people.introduce, name, lang, done="me.saved"):
        st.rerun()
    held = frame.read(register.duties_of, me.person_id or 0)
    lines = [
        el("li", "", icon("badge"), " ", t("me.role_line", role=t(f"role.{duty.role}"), area=_area(duty.area_path),
                                           day=words.day(duty.since_at)))
        for duty in held
    ]  # fmt: skip
    none = el("p", "quiet", t("me.roles_none"))
    draw([el("h2", "", t("me.roles")), ["ul", {"class": "stack"}, *lines] if lines else none], key="roles")


def home() -> None:
    """Where this person lives, and asking to have it confirmed."""
    card = frame.read(register.me)
    if card.resident:
        st.success(md(t("me.home_confirmed", area=_area(card.area_path))), icon=":material/verified:")
    elif card.asked_at:
        st.info(md(t("me.home_waits", area=_area(card.area_path))), icon=":material/hourglass_top:")
    else:
        st.info(t("me.home_none"), icon=":material/home:")
    with st.container(border=True):
        st.subheader(t("me.home_choose"), anchor=False)
        place = pick_area("home", areas.tree().root.path, HOME_LEVEL)
        if card.resident:
            st.caption(t("me.home_change"))
        if st.button(t("me.home_ask"), type="primary", disabled=place is None) and place:
            frame.act(people.ask_home, place.id, done="me.home_asked")
            st.rerun()


def safety(me: Who) -> None:
    """The second factor where it is asked for, the password, the browsers that are signed in."""
    if frame.read(totp.is_due):
        second_factor(me)
    elif frame.read(totp.is_enrolled):
        st.success(t("me.totp_on"), icon=":material/phonelink_lock:")
    with st.form("password", clear_on_submit=True):
        st.subheader(t("me.password"), anchor=False)
        st.caption(t("me.password_help", limit=limits.PASSWORD_MIN_CHARS))
        most = limits.PASSWORD_MAX_CHARS
        first = st.text_input(t("field.password"), type="password", max_chars=most, autocomplete="new-password")
        again = st.text_input(t("me.password_again"), type="password", max_chars=most, autocomplete="new-password")
        if st.form_submit_button(t("me.password_save"), type="primary"):
            frame.act(people.set_password, first, again, done="me.password_saved")
    now = clock.now()
    lines: list[Node] = []
    for place in frame.read(sessions.mine):
        facts = {"device": t(f"device.{place.device}"), "seen": words.ago(place.seen_at, now)}
        lines.append(
            el("li", "", icon("devices"), " ", t("me.session_this" if place.this else "me.session_line", **facts))
        )
    draw([el("h2", "", t("me.sessions")), ["ul", {"class": "stack"}, *lines]], key="sessions")
    if st.button(t("me.sign_out_all"), icon=":material/logout:"):
        st.dialog(t("me.sign_out_all"))(_sign_out_all)()


def second_factor(me: Who) -> None:
    """Set the authenticator up, or prove it; then on with a session in which the duties count."""
    enrolled = frame.read(totp.is_enrolled)
    with st.container(border=True):
        st.subheader(t("me.totp"), anchor=False)
        st.warning(t("me.totp_due" if enrolled else "me.totp_enrol"), icon=":material/phonelink_lock:")
        if not enrolled:
            st.image(totp.picture(me, areas.tree().root.label), caption=t("me.totp_picture"), width=260)
            st.caption(t("me.totp_secret"))
            st.code(totp.offered_secret(me), language=None)
        with st.form("totp", clear_on_submit=True, border=False):
            digits = st.text_input(t("me.totp_code"), max_chars=10, autocomplete="one-time-code")
            sent = st.form_submit_button(t("me.totp_confirm"), type="primary")
    if sent:
        ticket = frame.act(totp.prove if enrolled else totp.enrol, digits)
        if ticket:
            frame.sign_in_with(ticket, "/")


def _sign_out_all() -> None:
    with frame.body():
        st.text(t("me.sign_out_all_ask"))
        if st.button(t("me.sign_out_all"), type="primary", width="stretch"):
            frame.act(sessions.end_mine)
            frame.go("/signin")


def _area(path: str) -> str:
    return areas.tree().label(path) if path else ""
