"""What the proposer can do with a proposal on its page, and the way for those who decide about it."""

import streamlit as st

from pages.parts import frame
from pages.parts.actforms import completed
from pages.parts.drawn import draw, el, icon, link
from pages.parts.links import open_page
from portal import limits
from portal.acts import Who, allowed, role_for
from portal.fund import proposals
from portal.fund.acts import ADMIT, COST, EDIT_DRAFT, RULES_OPEN, WITHDRAW
from portal.fund.projects import Shown
from portal.words import t


def offer(shown: Shown, who: Who) -> None:
    """The buttons, where there are any for `who`."""
    project = shown.project
    links = []
    if allowed(who, EDIT_DRAFT, project):
        links.append(link(f"/propose?draft={project.id}", icon("edit"), t("project.write_on"), css="button main"))
    decides = role_for(who, ADMIT, project) or role_for(who, COST, project)
    if decides and shown.round.state in RULES_OPEN:
        address = f"/assess?round={shown.round.id}&project={project.id}"
        links.append(link(address, icon("fact_check"), t("project.assess"), css="button"))
    if links:
        draw([el("div", "row", *links)], key=f"project_links_{project.id}")
    if allowed(who, WITHDRAW, project) and st.button(t("act.project.withdraw"), icon=":material/undo:"):
        st.dialog(t("act.project.withdraw"))(_withdraw)(project.id or 0)


def _withdraw(project_id: int) -> None:
    with frame.body():
        st.markdown(t("act.project.withdraw.sure"))
        says = st.text_area(t("project.withdraw_why"), max_chars=limits.COMMENT_CHARS, key="withdraw_says")
        if not st.button(t("act.project.withdraw"), type="primary", width="stretch", key="withdraw_sure"):
            return
        if frame.act(completed(proposals.withdraw), project_id, says, done="act.project.withdraw.done"):
            open_page("/propose")
