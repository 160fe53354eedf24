"""One wish: where it stands, the answer, what you can do, what happened."""

import streamlit as st

from pages.parts import (
    actforms,
    appealing,
    dispute_panel,
    errand_panel,
    frame,
    help_panel,
    maps,
    suborders,
    wish,
    wish_projects,
)
from pages.parts.drawn import draw, el
from pages.parts.facts import empty
from pages.parts.notes import support
from pages.parts.timeline import timeline
from portal.inputs import row_id
from portal.words import t

me = frame.who()
wanted = row_id(st.query_params.get("case"))
shown = frame.read(wish.find, wanted) if wanted else None
if shown is None:
    draw([el("h1", "", t("case.title")), empty("case.missing", way=("/wall", "case.back"))], key="case_none")
    st.stop()
draw(wish.front(shown, me), key=f"case_{wanted}", clicked=support)
errand_panel.panel(shown, me)
help_panel.panel(shown, me)
dispute_panel.panel(shown, me)
suborders.panel(shown, me)
actforms.offer(shown.case, me)
appealing.panel(shown)
wish_projects.panel(shown.case, me)
if shown.note.standing:
    box = st.expander(t("case.map"), icon=":material/map:", key="case_map_box", on_change="rerun")
    with box:
        if box.open:
            maps.case_map([shown.note], key=f"map_{wanted}", height=300)
draw([el("h2", "", t("case.timeline")), timeline(shown.steps, shown.case.kind)], key=f"steps_{wanted}")
