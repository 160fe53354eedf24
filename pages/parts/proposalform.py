"""Writing a proposal in five short steps. Each step is kept on the way to the next, so nothing typed is lost."""

from dataclasses import dataclass, replace

import streamlit as st

from pages.parts import criteria_box, filters, frame, project_view
from pages.parts.actforms import completed
from pages.parts.costlines import cost_lines
from pages.parts.documentpick import pick_documents
from pages.parts.drawn import Event, Node, bar, button, draw, el, icon, link
from pages.parts.links import open_page
from pages.parts.maps import Spot, pick_place
from pages.parts.photopick import pick_photos
from pages.parts.plain import md
from pages.parts.project_view import kind_name
from pages.parts.wish_projects import Seed, begin
from portal import areas, attachments, limits, words
from portal.acts import Who
from portal.errors import NotFound
from portal.fund import proposals
from portal.fund.projects import Project, Round, Shown
from portal.fund.proposals import KINDS, Written
from portal.words import t, tn

STEPS = ("what", "where", "costs", "files", "send")
FAULT_AT = {"place": "where", "cost_lines": "costs", "rule_area": "where", "rule_least": "costs", "rule_cap": "costs",
            "rule_budget": "costs", "money_too_much": "costs"}  # fmt: skip
"""At which step a fault is mended, by its field or id; all else is of the first, faults of cost lines of theirs."""


@dataclass(frozen=True)
class Begun:
    """What is written on: a draft, or nothing yet in a round, perhaps out of a wish."""

    row: Round
    shown: Shown | None = None
    seed: Seed | None = None

    @property
    def project(self) -> Project | None:
        return self.shown.project if self.shown else None

    @property
    def key(self) -> str:
        """Under which the fields are kept: another draft starts from fresh ones."""
        version = f"{self.project.id}" if self.project else f"new{self.row.id}_{self.seed.case_id if self.seed else 0}"
        return f"proposal_{version}"


def write(begun: Begun, who: Who) -> None:
    """The step that the address names, and the ways on and back."""
    step = filters.chosen("step", STEPS) if begun.project else STEPS[0]
    at = STEPS.index(step)
    draw(_top(begun, step), key=f"top_{step}")
    if step == "send" and begun.shown:
        _send(begun.shown)
        return
    written = {"what": _what, "where": _where, "costs": _costs, "files": _files}[step](begun, who)
    on = st.button(t("propose.next"), type="primary", icon=":material/arrow_forward:", width="stretch")
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        back = at > 0 and st.button(t("propose.back"), icon=":material/arrow_back:")
        stay = st.button(t("propose.keep"), icon=":material/save:")
    wanted = STEPS[at + 1] if on else STEPS[at - 1] if back else step if stay else ""
    if wanted:
        _keep(begun, written, wanted)


def _keep(begun: Begun, written: Written, step: str) -> None:
    """Keep the step and go to `step`; a refusal leaves all as it is."""
    if begun.project is None:
        kept = frame.act(begin, begun.row.id, written, begun.seed.case_id if begun.seed else 0, done="propose.kept")
    else:
        done = frame.act(completed(proposals.edit), begun.project.id, written, done="propose.kept")
        kept = begun.project.id if done else None
    if kept:
        for name in [name for name in st.session_state if str(name).startswith(begun.key)]:
            del st.session_state[name]
        open_page(f"/propose?draft={kept}&step={step}")


def _top(begun: Begun, step: str) -> list[Node]:
    at = STEPS.index(step) + 1
    named = t("propose.step", at=at, of=len(STEPS), name=t(f"propose.step.{step}"))
    asked = begun.shown.asked if begun.shown else ""
    nodes: list[Node] = [
        el("p", "small quiet narrow", icon("savings"), " ", begun.row.name),
        el("h2", "", named),
        bar(at * 100 // len(STEPS)),
    ]
    if asked:
        nodes.append(el("div", "panel expect stack", el("strong", "", t("propose.asked")), el("p", "pre", asked)))
    if begun.seed and begun.project is None:
        wish = link(f"/wish?case={begun.seed.case_id}", begun.seed.title)
        nodes.append(el("p", "panel small", icon("sticky_note_2"), " ", t("propose.from_wish"), " ", wish))
    if step == "what":
        nodes.append(criteria_box.criteria(begun.row))
    return nodes


def _what(begun: Begun, who: Who) -> Written:
    project, seed, key = begun.project, begun.seed, begun.key
    title = st.text_input(
        t("propose.title"), project.title if project else seed.title if seed else "", limits.TITLE_CHARS,
        key=f"{key}_title", placeholder=t("propose.title_hint"),
    )  # fmt: skip
    kind: str | None = st.pills(
        t("field.project_kind"), KINDS, default=(project.kind or None) if project else None, key=f"{key}_kind",
        format_func=lambda code: md(kind_name(code)),
    )  # fmt: skip
    need = st.text_area(
        t("propose.need"), project.need if project else seed.body if seed else "", 160, limits.BODY_CHARS,
        key=f"{key}_need", placeholder=t("propose.need_hint"),
    )  # fmt: skip
    beneficiaries = st.text_area(
        t("propose.beneficiaries"), project.beneficiaries if project else "", 90, limits.COMMENT_CHARS,
        key=f"{key}_for", placeholder=t("propose.beneficiaries_hint"),
    )  # fmt: skip
    organization = None
    if who.holds("organization", begun.row.area_path):
        organization = st.text_input(
            t("propose.organization"), project.organization if project else "", limits.NAME_CHARS, key=f"{key}_org",
            help=t("propose.organization_help"),
        )  # fmt: skip
    written = Written(title=title, kind=kind or "", need=need, beneficiaries=beneficiaries, organization=organization)
    if seed is None or project is not None:
        return written
    return replace(written, place=seed.place, area_id=seed.area_id, lon=seed.lon, lat=seed.lat)


def _where(begun: Begun, who: Who) -> Written:
    project, key = begun.project, begun.key
    label = areas.tree().label(begun.row.area_path)
    st.markdown(md(t("propose.where_lead", area=label)))
    spot = pick_place(f"{key}_spot", start=_spot(project), near=begun.row.area_path)
    if spot and not spot.path.startswith(begun.row.area_path):
        st.warning(md(words.t("refused.rule_area", area=label)), icon=":material/wrong_location:")
    place = st.text_input(
        t("post.place_label"), project.place if project else "", limits.TITLE_CHARS, key=f"{key}_place",
        placeholder=t("post.place_hint"),
    )  # fmt: skip
    if spot is None:
        return Written(place=place)
    return Written(place=place, area_id=spot.area_id, lon=spot.lon, lat=spot.lat)


def _costs(begun: Begun, who: Who) -> Written:
    st.markdown(t("propose.costs_lead"))
    draw([criteria_box.limits_of(begun.row, begun.project.kind if begun.project else "")], key="costs_limits")
    return Written(lines=cost_lines(f"{begun.key}_lines", begun.project.typed_lines if begun.project else ()))


def _files(begun: Begun, who: Who) -> Written:
    files = begun.shown.files if begun.shown else ()
    pictures = [file for file in files if file.kind == attachments.PHOTO]
    documents = [file for file in files if file.kind == attachments.DOCUMENT]
    st.markdown(t("propose.files_lead"))
    if files and begun.project:
        draw([_there(files)], key="files_there", clicked=lambda event: _drop(event, begun.project))
    key = f"{begun.key}_{len(files)}"
    return Written(
        photos=pick_photos(f"{key}_photos", room=limits.PHOTOS_PER_CASE - len(pictures)),
        documents=pick_documents(f"{key}_docs", room=limits.DOCUMENTS_PER_THING - len(documents)),
    )


def _there(files: tuple[attachments.File, ...]) -> Node:
    rows = [
        el("li", "row spread panel", el("span", "", *_file(file)),
           button("drop", file.name, t("propose.drop"), "plain", "delete"))
        for file in files
    ]  # fmt: skip
    return ["ul", {"class": "stack", "role": "list"}, *rows]


def _file(file: attachments.File) -> list[Node]:
    if file.kind == attachments.DOCUMENT:
        return [icon("description"), f" {file.title}.{file.ending}"]
    address = f"/attachments/{file.name}/thumb"
    return [["img", {"class": "note-photo", "src": address, "alt": file.title or t("photo.no_alt")}], " ", file.title]


def _drop(event: Event, project: Project | None) -> None:
    if event["do"] == "drop" and project:
        frame.act(completed(proposals.drop_file), project.id, event["id"], done="propose.dropped")


def _send(shown: Shown) -> None:
    """What it looks like, what still stands in its way, and handing it in."""
    project = shown.project
    found = frame.read(proposals.faults, project.id or 0)
    if found:
        items = [el("li", "row spread", el("span", "", _said(fault)), _mend(fault, project)) for fault in found]
        head = el("strong", "", tn("propose.faults", len(found)))
        draw([el("div", "panel expect stack", head, ["ul", {"class": "stack", "role": "list"}, *items])], key="faults")
    else:
        draw([el("p", "answer", icon("task_alt"), " ", t("propose.ready"))], key="ready")
    draw([el("h3", "wish-title", project.title or t("propose.untitled")), *project_view.story(shown)], key="preview")
    st.caption(t("propose.send_note"))
    sent = st.button(
        t("act.project.submit"), type="primary", icon=":material/send:", width="stretch", disabled=bool(found)
    )
    with st.container(horizontal=True):
        back = st.button(t("propose.back"), icon=":material/arrow_back:")
        gone = st.button(t("act.project.discard"), icon=":material/delete:")
    if sent and frame.act(completed(proposals.submit), project.id, done="act.project.submit.done") is not None:
        open_page(f"/project?id={project.id}")
    if back:
        open_page(f"/propose?draft={project.id}&step=files")
    if gone:
        st.dialog(t("act.project.discard"))(_discard)(project.id or 0)


def _discard(project_id: int) -> None:
    with frame.body():
        st.markdown(t("act.project.discard.sure"))
        pressed = st.button(t("act.project.discard"), type="primary", width="stretch", key="discard_sure")
        if pressed and frame.act(completed(proposals.discard), project_id, done="act.project.discard.done") is not None:
            open_page("/propose")


def _said(fault: Exception) -> str:
    line = fault.facts.get("line")  # type: ignore[attr-defined]
    said = words.say(fault)  # type: ignore[arg-type]
    return t("propose.fault_line", n=line, said=said) if line else said


def _mend(fault: Exception, project: Project) -> Node:
    facts, message = fault.facts, fault.message_id  # type: ignore[attr-defined]
    step = "costs" if "line" in facts else FAULT_AT.get(message, FAULT_AT.get(str(facts.get("field")), "what"))
    return link(f"/propose?draft={project.id}&step={step}", t("propose.mend"), css="button")


def _spot(project: Project | None) -> Spot | None:
    if project is None or project.cell_id is None:
        return None
    try:
        return Spot(project.cell_id, areas.tree().by_id(project.cell_id).path, project.lon, project.lat)
    except NotFound:  # redrawn since
        return None
