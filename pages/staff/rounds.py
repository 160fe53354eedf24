"""Rounds for staff: making one, editing its rules in parts, planning its dates, moving it on."""

import streamlit as st

from pages.parts import filters, frame, roundforms, roundnew, roundstaff, roundview
from pages.parts.drawn import draw, el, icon, link
from pages.parts.facts import empty
from pages.parts.roundrules import rules
from portal.fund import rounds
from portal.fund.rounds import Round
from portal.inputs import row_id
from portal.words import t

FORMS = {
    "words": roundforms.words_form,
    "money": roundforms.money_form,
    "lists": roundforms.lists_form,
    "ballot": roundforms.ballot_form,
    "count": roundforms.count_form,
}
PARTS = ("phases", "plan", *FORMS, "preview")


def edit(row: Round, part: str) -> None:
    """The part of a round that the address names."""
    stops = roundview.course(row)
    if part == "phases":
        roundstaff.checklist(row)
        roundstaff.back_form(row, stops)
        roundstaff.cancel_form(row)
        draw([roundview.part("round.timeline", roundview.timeline(row, stops))], key="course")
    elif part == "plan":
        roundstaff.plan_form(row, stops)
    elif part in FORMS and rounds.editable(me, row):
        FORMS[part](row)
    else:
        draw([rules(row)], key="preview")


me = frame.enter("page.rounds", needs=("staff", "admin", "finance"))
wanted = row_id(st.query_params.get("id"))
if "new" in st.query_params:
    roundnew.form(st.query_params["new"], me)
    st.stop()
if not wanted:
    roundnew.desk(me)
    st.stop()
row = frame.read(rounds.find, wanted)
if row is None or not rounds.is_staff(me, row):
    draw([empty("round.missing", symbol="savings", way=("/rounds", "rounds.all"))], key="none")
    st.stop()
top = [link("/rounds", icon("arrow_back"), " ", t("rounds.all")), link(f"/round?id={row.id}", t("rounds.public"), " ›")]
head = [el("p", "row spread small", *top), el("div", "row", el("h2", "", row.name), roundview.chip(row))]
draw(head, key="round_head")
if row.state in rounds.OVER:
    draw([roundview.timeline(row, roundview.course(row)), rules(row)], key="over")
    st.stop()
part = filters.segments("part", t("setup.part"), PARTS, lambda name: t(f"rounds.part.{name}"))
if part in FORMS and row.locked_at is not None:
    st.info(t("rounds.locked"), icon=":material/lock:")
edit(row, part)
