"""Ballots on paper: printing them, giving them out, and reading them in, by two people each."""

import streamlit as st

from pages.parts import filters, frame, papers
from pages.parts.drawn import draw
from pages.parts.facts import empty
from portal.fund import rounds, voting
from portal.fund.rounds import Round
from portal.words import t

PARTS = ("read", "give", "print")
READ = {"read": papers.read_in, "give": papers.give, "print": papers.print_out}


def with_papers() -> dict[str, Round]:
    """The rounds of the clerk's areas in which papers are given out or read, by their number."""
    return {str(row.id): row for row in frame.read(rounds.desk) if row.paper and row.state in voting.ON_PAPERS}


frame.enter("page.paper", needs="staff")
mine = with_papers()
if not mine:
    draw([empty("papers.none", symbol="description", way=("/rounds", "papers.to_rounds"))], key="none")
    st.stop()
chosen = next(iter(mine))
if len(mine) > 1:
    chosen = filters.select("round", t("papers.round"), list(mine), lambda n: mine[n].name)
row = mine[chosen]
papers.figures(row)
offered = PARTS if row.state == "balloting" else PARTS[:1]
part = filters.segments("part", t("papers.part"), offered, lambda name: t(f"papers.part.{name}"))
READ[part](row)
if part == "read":
    papers.lists(row)
