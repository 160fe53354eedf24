"""The ballot box for its voters: what it is, one's own ballot by its receipt, and who voted how."""

from pages.parts.drawn import Node, el, icon, link
from pages.parts.facts import facts
from portal import areas, words
from portal.fund.receipts import Found
from portal.fund.results import Decided, Results
from portal.words import t


def door(found: Results) -> list[Node]:
    """Whose box it is, and what can be found in it now."""
    published = found.decided is not None
    way = link(f"/result?round={found.round_id}", t("box.to_result"), css="button")
    return [
        el("p", "lead", el("strong", "", found.name), " · ", areas.tree().label(found.area_path)),
        el("p", "", t("box.lead" if published else "box.lead_before")),
        el("p", "row", way),
    ]


def receipt(looked: Found) -> Node:
    """Whether the ballot is there; never what stands on it."""
    message = ("there" if looked.counted else "kept") if looked.there else "missing"
    return el(
        "section",
        {"class": "answer stack" if looked.there else "panel expect stack", "role": "status"},
        el("h2", "", icon("verified" if looked.there else "search_off"), " ", t(f"box.{message}")),
        el("p", "", t(f"box.{message}.more")),
        el("p", "small", t("box.digest"), " ", el("span", "hash", looked.digest)),
    )


def turnout(decided: Decided) -> Node:
    """How many could vote and how many did, on the web, on paper, and blank."""
    rows = {
        "roster": decided.roster,
        "voters": decided.voters,
        "web": decided.voters - decided.paper,
        "paper": decided.paper,
        "blank": decided.blank,
    }
    told: list[tuple[str, Node | None]] = [(f"box_{name}", words.number(n)) for name, n in rows.items()]
    told.append(("box_share", words.share(decided.turnout)))
    return el(
        "section",
        "part stack",
        el("h2", "", t("box.turnout")),
        facts(told),
        el("p", "small quiet", t("box.as_many", n=words.number(decided.voters))),
    )


def by_hand() -> Node:
    """How to make the hash of a receipt oneself."""
    return el(
        "details",
        "panel",
        el("summary", "", t("box.by_hand")),
        el("p", "", t("box.by_hand.lead")),
        el("p", "", el("code", "hash", "printf %s ABCD1234… | sha256sum")),
    )
