"""One project: what it is for and what it costs, where it stands, and everything that happened to it."""

import streamlit as st

from pages.parts import frame, maps, project_acts, project_view, wish_projects, work_panel
from pages.parts.drawn import draw, el, icon, link
from pages.parts.facts import empty
from portal.inputs import row_id
from portal.words import t

me = frame.who()
wanted = row_id(st.query_params.get("id"))
shown = frame.read(project_view.find, wanted) if wanted else None
if shown is None:
    draw([el("h1", "", t("page.project")), empty("project.missing", way=("/fund", "propose.to_fund"))], key="none")
    st.stop()
draw(
    [
        el("p", "small quiet", icon("savings"), " ", link(f"/round?id={shown.round.id}", shown.round.name)),
        el("h1", "wish-title narrow", shown.project.title),
        *project_view.story(shown),
        *wish_projects.grown_from(shown.case_id),
        *project_view.outcome(shown),
    ],
    key=f"project_{wanted}",
)
project_acts.offer(shown, me)
dot = project_view.dot(shown.project)
if shown.whole and dot:
    box = st.expander(t("case.map"), icon=":material/map:", key="project_map_box", on_change="rerun")
    with box:
        if box.open:
            maps.case_map([dot], key=f"map_{wanted}", height=300)
draw(project_view.history(shown.steps), key=f"history_{wanted}")
work_panel.panel(shown, me)
