"""One round: what is going on and what to do now, the timeline, the rules, the projects."""

import streamlit as st

from pages.parts import frame, roundstaff, roundview
from pages.parts.drawn import Node, bar, draw, el, icon, link
from pages.parts.facts import empty
from pages.parts.roundprojects import projects_of
from pages.parts.roundrules import rules
from portal import words
from portal.acts import Who
from portal.fund import projects, roster, rounds
from portal.fund.rounds import Round, Stop
from portal.inputs import row_id
from portal.memo import for_all
from portal.words import t

WITH_TURNOUT = ("balloting", "reviewing_ballots", "finished")


def turnout(row: Round) -> Node:
    """How many have voted so far."""
    found = frame.read(for_all(roster.turnout), row.id or 0)
    facts = {
        "voted": words.number(found.voted),
        "roster": words.number(found.roster),
        "share": words.share(found.share),
    }
    paper = t("round.turnout_paper", n=words.number(found.paper)) if found.paper else ""
    return el("div", "", el("p", "", t("round.turnout", **facts), " ", paper), bar(round(found.share * 100)))


def front(row: Round, stops: list[Stop], who: Who) -> list[Node]:
    """The top of the page: where it stands and the one thing to do now."""
    return [el("div", "stack",
        el("p", "small", link("/fund", icon("arrow_back"), " ", t("round.back"))),
        el("h1", "wish-title", row.name),
        el("p", "row", roundview.chip(row), el("span", "quiet", *roundview.about(row))),
        el(
            "section",
            "panel state stack",
            el("p", "lead", roundview.now_sentence(row, stops)),
            turnout(row) if row.state in WITH_TURNOUT else None,
            el(
                "div", "row", *roundview.ways(row, who),
                link(f"/money?round={row.id}", icon("account_balance"), t("round.way.money"), css="button"),
            ),
        ),
        el("p", "pre", row.about) if row.about else None,
    )]  # fmt: skip


me = frame.who()
wanted = row_id(st.query_params.get("id"))
row = frame.read(rounds.find, wanted)
if row is None:
    draw(
        [el("h1", "", t("page.round")), empty("round.missing", symbol="savings", way=("/fund", "round.back"))],
        key="none",
    )
    st.stop()
stops = roundview.course(row)
draw(front(row, stops, me), key=f"round_{wanted}")
roundstaff.panel(row, me)
draw([roundview.part("round.timeline", roundview.timeline(row, stops))], key="timeline")
if row.state not in ("drafting", "informing"):
    projects_of(row, frame.read(for_all(projects.of_round), wanted))
draw([roundview.part("round.rules", rules(row))], key="rules")
draw([roundview.history(frame.read(rounds.history, wanted))], key="history")
