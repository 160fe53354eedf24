"""The ballot box of a round: finding one's own ballot by its receipt, and everything that is published."""

import streamlit as st

from pages.parts import ballot_box, frame, result_proof
from pages.parts.drawn import draw
from pages.parts.facts import empty
from portal import limits
from portal.fund import receipts, results
from portal.inputs import row_id
from portal.memo import for_all
from portal.words import t

frame.enter("page.box")
wanted = row_id(st.query_params.get("round")) or frame.read(for_all(results.newest))
if not wanted:
    draw([empty("box.none", symbol="how_to_vote", way=("/fund", "result.to_fund"))], key="box_none")
    st.stop()
found = frame.read(for_all(results.of), wanted)
draw(ballot_box.door(found), key="box_door")
with st.form("box_receipt", border=False):
    typed = st.text_input(t("box.code"), max_chars=limits.SEARCH_CHARS, help=t("box.code_help"), autocomplete="off")
    sent = st.form_submit_button(t("box.find"), type="primary", icon=":material/search:")
looked = frame.act(receipts.find, wanted, typed) if sent else None
if looked:
    draw([ballot_box.receipt(looked)], key="box_found")
blocks = (
    [ballot_box.turnout(found.decided), result_proof.files(found, found.decided, way=False)] if found.decided else []
)
draw([*blocks, ballot_box.by_hand()], key="box_files")
