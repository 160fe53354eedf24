"""In the field: write a wish down for somebody in under a minute, and see what is open in one's own cells."""

from dataclasses import replace

import streamlit as st

from pages.parts import filters, frame, receipts
from pages.parts.drawn import Event, Node, draw, el, icon, link, number
from pages.parts.facts import empty
from pages.parts.links import follow
from pages.parts.maps import Spot
from pages.parts.notes import board, href
from pages.parts.orders import in_hand
from pages.parts.wishform import wish_fields
from portal import areas
from portal.acts import Who
from portal.cases import lists, post, wall, work
from portal.cases.contents import CHANNELS, CONSENTS, Wish
from portal.settings import settings
from portal.words import t

PARTS = ("record", "mine")
_ROUND = "field_round"
"""Counts up with every wish, so that the next one starts from empty fields."""


def own_place(who: Who) -> Spot | None:
    """The cell in which `who` works, as the place to begin with."""
    path = next(iter(who.paths("grid_worker") or who.paths("staff")), "")
    place = areas.tree().by_path(path) if path else None
    return Spot(place.id, place.path) if place and place.level not in ("city", "street") else None


def write(who: Who) -> Wish:
    """How it reached us and that the person agrees, then the wish itself."""
    key = f"field_{st.session_state.setdefault(_ROUND, 0)}"
    channel = st.segmented_control(
        t("visit.channel"), CHANNELS, default=CHANNELS[0], required=True, key=f"{key}_channel",
        format_func=lambda code: t(f"channel.{code}"),
    )  # fmt: skip
    wish = wish_fields(key, who, where=own_place(who), own=False)
    consent = st.segmented_control(
        t("visit.consent"), CONSENTS, key=f"{key}_consent", format_func=lambda code: t(f"consent.{code}")
    )
    return replace(wish, channel=channel, consent=consent or "")


def handed_over(case_id: int, code: str, phone: bool) -> list[Node]:
    """The receipt for the person who stands there."""
    told = el("p", "panel", icon("sms"), " ", t("visit.sent" if settings().sms_url else "visit.not_sent"))
    onward = el(
        "p",
        "row",
        link("/field", t("visit.again"), css="button main"),
        link(href(case_id), t("visit.see"), css="button"),
    )
    return [el("p", "lead", t("visit.done")), receipts.slip(code), *([told] if phone else []), onward]


def clicked(event: Event) -> None:
    if event["do"] == "take_on":
        frame.act(work.take_on, number(event), done="act.case.take_on.done")


def mine(who: Who) -> list[Node]:
    """What is in my hands, then what is open in my cells."""
    held = frame.read(lists.in_hand)
    nodes: list[Node] = [
        el("h2", "", t("visit.in_hand")),
        in_hand(held) if held else empty("visit.hand", symbol="task_alt"),
    ]
    for path in who.paths("grid_worker"):
        found = frame.read(wall.wall, wall.Filters(area_path=path, standing="open")).rows
        nodes.append(el("h2", "", t("visit.open_in", area=areas.tree().label(path))))
        nodes.append(board(found, who_can_support=True) if found else empty("visit.cell", symbol="wb_sunny"))
    return nodes


me = frame.enter("visit.title", needs=("grid_worker", "staff"))
part = filters.segments("part", t("visit.part"), PARTS, lambda name: t(f"visit.part.{name}"))
if part == "mine":
    follow(draw([el("div", "stack", *mine(me))], key="field_mine", clicked=clicked))
    st.stop()
page = st.empty()
with page.container():
    wish = write(me)
    sent = st.button(t("visit.send"), type="primary", icon=":material/how_to_reg:", width="stretch")
posted = frame.act(post.record, wish, done="act.case.record.done") if sent else None
if posted:
    st.session_state[_ROUND] += 1
    with page.container():
        follow(draw(handed_over(posted.case_id, posted.receipt or "", bool(wish.contact.strip())), key="field_slip"))
