"""On the page of a dispute: what comes next for the reader, the parties, the sittings, the proposals, the agreement."""

from collections.abc import Sequence

from pages.parts import frame
from pages.parts.drawn import Node, draw, el, icon
from pages.parts.wish import Shown
from portal import clock, words
from portal.acts import ANSWERED, Who
from portal.cases.disputes import agreements, mediators, parties, sittings
from portal.cases.disputes.agreements import Given, Proposal, Terms
from portal.cases.disputes.parties import Side
from portal.cases.disputes.sittings import Sitting
from portal.cases.kinds import DISPUTE
from portal.cases.reading import Case
from portal.words import known, t


def panel(shown: Shown, who: Who) -> None:
    """Draw it for a dispute, and nothing for all other kinds."""
    case, number = shown.case, shown.case.id or 0
    if case.kind != DISPUTE.name:
        return
    sides, newest = frame.read(parties.sides, number), frame.read(agreements.terms, number)
    blocks = [
        _next(case, who, newest),
        _parties(sides, frame.read(mediators.mediator_of, number)),
        _sittings(frame.read(sittings.sittings, number)),
        _offers(frame.read(agreements.offers, number)),
        _agreement(case, newest),
    ]
    draw([block for block in blocks if block is not None], key=f"dispute_{number}")


def _next(case: Case, who: Who, newest: Terms | None) -> Node | None:
    """One sentence on what the reader can do now, or waits for."""
    message = f"dispute.next.{_place(case, who)}.{_stage(case, newest)}"
    if not known(message):
        return None
    return el("p", "panel expect", icon("arrow_forward"), " ", el("strong", "", t("dispute.next")), " ", t(message))


def _place(case: Case, who: Who) -> str:
    """As what the reader reads it: the mediator, a party, or the head."""
    if case.holder_id is not None and case.holder_id == who.person_id:
        return "mediator"
    by_receipt = who.person_id is None or case.id in who.receipts
    return "party" if by_receipt or who.person_id in case.party_ids else "head"


def _stage(case: Case, newest: Terms | None) -> str:
    if case.state == "in_progress" and newest:
        return "signing" if newest.missing else "ready"
    if case.state in ("done", "closed") and case.follow_up_on and case.follow_up_on <= clock.day_of(clock.now()):
        return "follow_up"
    return case.state


def _section(heading: str, *nodes: Node | None) -> Node:
    return el("section", "part stack", el("h2", "", t(heading)), *nodes)


def _parties(sides: Sequence[Side], mediator: str) -> Node:
    by = el("p", "", icon("balance"), " ", t("mediation.by", name=mediator)) if mediator else None
    return _section("dispute.parties", ["ul", {"class": "stack plain", "role": "list"}, *map(_party, sides)], by)


def _party(side: Side) -> Node:
    part = t("dispute.side_brought" if side.brought_it else "dispute.side_other")
    return el(
        "li",
        "row",
        el("strong", "", icon("person"), " ", side.name),
        el("span", "small quiet", part),
        el("span", "chip plain", t("dispute.you")) if side.mine else None,
        el("span", "small", icon("call"), " ", side.phone_mask) if side.phone_mask else None,
    )


def _sittings(found: Sequence[Sitting]) -> Node | None:
    return _section("dispute.sittings", *map(_sitting, found)) if found else None


def _sitting(sitting: Sitting) -> Node:
    when = [
        icon("event"),
        " ",
        el("strong", "", words.moment(sitting.starts_at)),
        " ",
        icon("location_on"),
        sitting.place,
    ]
    off = sitting.called_off_at is not None
    return el(
        "article",
        "panel stack",
        el("p", "row", el("span", "", *when), el("span", "chip declined", t("dispute.called_off")) if off else None),
        el("p", "says pre", sitting.minutes) if sitting.minutes else None,
        el("p", "small quiet", t("dispute.minutes_none")) if not sitting.minutes and not off else None,
    )


def _offers(found: Sequence[Proposal]) -> Node | None:
    return _section("dispute.offers", *map(_offer, found)) if found else None


def _offer(offer: Proposal) -> Node:
    by = offer.by or t("dispute.mediator_own")
    return el(
        "article",
        "panel stack",
        el("p", "small quiet", by, " · ", words.moment(offer.at)),
        el("p", "pre", offer.words),
    )


def _agreement(case: Case, newest: Terms | None) -> Node | None:
    if newest is None:
        return None
    paper = {"class": "button", "href": f"/cases/{case.id}/agreement.pdf", "download": ""}
    told = None if case.state in ANSWERED else el("p", "small quiet", t("dispute.text_note"))
    return _section(
        "dispute.agreement",
        el("p", "small quiet", t("dispute.text_number", number=newest.number, moment=words.moment(newest.written_at))),
        el("blockquote", "panel pre", newest.words),
        ["ul", {"class": "stack plain", "role": "list"}, *map(_consent, newest.consents)],
        told,
        el("p", "row", ["a", paper, icon("download"), t("dispute.paper")]),
    )


def _consent(given: Given) -> Node:
    if given.at is None:
        return el(
            "li", "row tight", icon("hourglass_empty"), el("span", "", t("dispute.consent_none", name=given.side.name))
        )
    told = t(f"dispute.consent_{given.how}", name=given.side.name, moment=words.moment(given.at))
    return el("li", "row tight", icon("task_alt"), el("span", "", told))
