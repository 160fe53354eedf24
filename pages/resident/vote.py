"""Voting in a round: the ballot, then the receipt; for everybody else why not, and what to do."""

import streamlit as st

from pages.parts import ballot, frame
from pages.parts.drawn import Node, draw, el, icon, link
from pages.parts.facts import empty
from portal import areas, memo, words
from portal.fund import ballots, projects, roster, rounds
from portal.fund.ballots import Standing
from portal.fund.rounds import Round
from portal.inputs import row_id
from portal.words import t


def offered() -> list[Node]:
    """The rounds in which people vote just now."""
    open_now = [row for row in frame.read(rounds.listing) if row.state == "balloting"]
    if not open_now:
        return [empty("vote.none", symbol="how_to_vote", way=("/fund", "vote.to_fund"))]
    ways = [link(f"/vote?round={row.id}", *_way(row), css="way whole") for row in open_now]
    return [el("p", "lead", t("vote.choose_round")), el("nav", "ways", *ways)]


def _way(row: Round) -> list[Node]:
    where = el("span", "quiet", areas.tree().label(row.area_path))
    return [icon("how_to_vote"), el("strong", "", row.name), where]


def heading(row: Round, mine: ballots.Mine) -> Node:
    """Which round it is, until when, and how many have voted."""
    turnout = frame.read(memo.for_all(roster.turnout), row.id or 0)
    told = [t("vote.until", until=words.moment(mine.ends_at)) if mine.ends_at else ""]
    told += (
        [t("vote.turnout", n=words.number(turnout.voted), of=words.number(turnout.roster))] if turnout.roster else []
    )
    back = link(f"/round?id={row.id}", row.name)
    return el("p", "ballot-round", el("strong", "", back), el("span", "small quiet", " · ".join(filter(None, told))))


me = frame.enter("page.vote")
round_id = row_id(st.query_params.get("round"))
if not round_id:
    draw(offered(), key="rounds")
    st.stop()
row = frame.read(rounds.one, round_id)
mine = frame.read(ballots.mine, round_id)
draw([heading(row, mine)], key="vote_heading")
changing = mine.standing == Standing.VOTED and "change" in st.query_params
if mine.standing == Standing.OPEN or changing:
    cards = [card for card in frame.read(projects.of_round, round_id) if card.state == "on_ballot"]
    ballot.fill_in(row, cards, mine)
elif mine.standing in (Standing.VOTED, Standing.CLOSED):
    draw(ballot.voted(row, mine), key="voted")
else:
    draw(ballot.sentence(row, mine), key="vote_standing")
