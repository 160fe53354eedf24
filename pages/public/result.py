"""The result of a round: what was decided, why, what it means, and how anybody can count it again."""

import streamlit as st

from pages.parts import frame, result_figures, result_map, result_proof, result_top, result_why
from pages.parts.drawn import draw
from pages.parts.facts import empty
from portal.fund import results
from portal.inputs import row_id
from portal.memo import for_all
from portal.words import t

frame.enter("page.result")
wanted = row_id(st.query_params.get("round")) or frame.read(for_all(results.newest))
if not wanted:
    draw([empty("result.none", symbol="how_to_vote", way=("/fund", "result.to_fund"))], key="result_none")
    st.stop()
found = frame.read(for_all(results.of), wanted)
draw(result_top.front(found), key="result_front")
if found.decided is None:
    st.stop()
draw(result_why.reasons(found.decided), key="result_why")
result_map.places(found.decided)
result_figures.figures(found.decided)
draw([result_proof.how(found, found.decided), result_proof.files(found, found.decided)], key="result_proof")
if st.button(t("result.recount"), icon=":material/calculate:", key="result_recount"):
    draw([result_proof.verdict(result_proof.again(wanted), found.decided)], key="result_verdict")
st.caption(t("result.recount.hint"))
