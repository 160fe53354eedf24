"""The projects under way and the offers that wait, as lines for those who work with them."""

from pages.parts import pledge_box
from pages.parts.drawn import Node, button, el, icon, link
from pages.parts.project_view import state_chip
from portal import areas, words
from portal.fund.pledges import Shown
from portal.fund.underway import Row
from portal.words import t, tn


def row(work: Row) -> Node:
    """One project: where it stands, what it waits for, and its money."""
    money = t(
        "works.money", given=words.money(work.money.appropriated_fen), paid=words.money(work.money.paid_fen),
        committed=words.money(work.money.committed_fen),
    )  # fmt: skip
    chips = [
        el("span", "chip late", icon("schedule"), tn("work.late", work.late)) if work.late else None,
        el("span", "chip partly", tn("works.to_accept", work.waiting)) if work.waiting else None,
    ]
    told = [t("work.done_of", done=work.done, n=work.milestones)] if work.milestones else [t("work.no_milestones")]
    if work.next_on:
        told.append(t("works.next", day=words.day(work.next_on)))
    return el(
        "li",
        "panel stack",
        el("h3", "", link(f"/project?id={work.id}", work.title)),
        el("p", "row", state_chip(work.state), *chips),
        el("p", "small", " · ".join(told)),
        el("p", "small", money),
        el("p", "small quiet", " · ".join([areas.tree().label(work.area_path), work.round_name, _lead(work)])),
    )


def pledge(offer: Shown) -> Node:
    """One offer, with the answers that can be given."""
    where = f"/project?id={offer.project_id}" if offer.project_id else f"/money?fund={offer.fund_id}"
    return el(
        "li",
        "panel stack",
        el("p", "", *pledge_box.line(offer)),
        el("p", "small quiet", f"{offer.name} · {words.day(offer.at)}"),
        el(
            "p",
            "row",
            button("receive", offer.id, t("act.pledge.receive"), "main"),
            button("decline", offer.id, t("act.pledge.decline")),
            link(where, t("works.where"), css="button plain"),
        ),
    )


def _lead(work: Row) -> str:
    return t("work.led_by", name=work.lead) if work.lead else t("works.no_lead")
