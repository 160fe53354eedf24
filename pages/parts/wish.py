"""One case as its page shows it: where it stands, what comes next and by when, the answer, the wish itself."""

from dataclasses import dataclass

from sqlmodel import Session

from pages.parts.drawn import Node, button, el, icon, link
from pages.parts.echoes import answer, said
from pages.parts.facts import facts
from pages.parts.figures import span
from pages.parts.notes import href, state_label
from pages.parts.photostrip import photostrip
from pages.parts.standing import stand
from portal import areas, clock, limits, words
from portal.accounts import people
from portal.acts import Who, allowed
from portal.cases import acts
from portal.cases.kinds import DISPUTE, WISH
from portal.cases.network import LARGE, SMALL
from portal.cases.reading import Case, one, reads_inside
from portal.cases.setup import category_name
from portal.cases.timeline import Step, timeline
from portal.cases.wall import Note, notes
from portal.errors import NotFound
from portal.words import fitting, t, tn

ENDED_WITH_WORDS = ("case.decline", "case.refer")


@dataclass(frozen=True)
class Shown:
    """All that the page of one case needs, read once."""

    case: Case
    note: Note
    steps: list[Step]
    holder: str
    inside: bool


def load(session: Session, who: Who, case_id: int) -> Shown:
    """The case with its note and timeline. Raises NotFound as `one` does."""
    case = one(session, who, case_id)
    inside = reads_inside(who, case)
    holder = people.name_of(session, [case.holder_id]) if inside and case.holder_id else {}
    note = notes(session, who, [case], inside=inside)[0]
    return Shown(case, note, timeline(session, who, case), holder.get(case.holder_id or 0, ""), inside)


def find(session: Session, who: Who, case_id: int) -> Shown | None:
    """As `load`; None where there is no such case, or none that `who` may read."""
    try:
        return load(session, who, case_id)
    except NotFound:
        return None


def front(shown: Shown, who: Who) -> list[Node]:
    """Everything above the buttons."""
    return [*story(shown), _join_in(shown.note, who)]


def story(shown: Shown) -> list[Node]:
    """All that is told of the case besides its timeline, with nothing to press."""
    case, note = shown.case, shown.note
    pictures = photostrip(note.photos)
    return [
        el("p", "small quiet", icon(note.icon), f" {_about(case)} · ", t("case.no", id=case.id)),
        el("h1", "wish-title narrow", case.title),
        *_warnings(case),
        _state(shown),
        *_answer(shown),
        el(
            "section",
            "part stack",
            el("p", "wish-body", case.body) if case.body not in ("", case.title) else None,
            pictures,
            _facts(shown),
        ),
    ]


def _about(case: Case) -> str:
    """What kind of case it is, where it is no wish, and what about."""
    about = category_name(case.category)
    return about if case.kind == WISH.name else f"{t(f'kind.{case.kind}')} · {about}"


def asked_of_resident(shown: Shown) -> str:
    """What the desk or the person in charge last asked of the one who posted; empty where nothing waits."""
    wanted = {"returned": acts.RETURN.name, "awaiting_resident": acts.ASK.name}.get(shown.case.state, "")
    return _last_words(shown, wanted)


def _warnings(case: Case) -> list[Node]:
    told: list[Node] = []
    if case.hidden:
        told.append(el("p", "panel expect", icon("visibility_off"), " ", t("case.hidden")))
    if case.private:
        told.append(el("p", "panel small", icon("lock"), " ", t(fitting("case.private", case.kind))))
    if case.merged_into_id:
        onward = link(href(case.merged_into_id), t("case.merged_link"), css="button main")
        told.append(el("div", "panel expect stack", el("p", "", t("case.merged")), el("p", "", onward)))
    return told


def _state(shown: Shown) -> Node:
    case, note = shown.case, shown.note
    coming = "case.next.open_hall" if case.state == "open" and case.in_hall else f"case.next.{case.state}"
    asked = asked_of_resident(shown)
    standing = "partly" if note.outcome == "partly" else note.standing
    return el(
        "section",
        "panel state late" if note.overdue else "panel state",
        el(
            "p",
            "row",
            el("strong", f"chip {standing or 'plain'}", state_label(case.state, case.outcome, case.kind)),
            *_late(note),
            *_large(case),
        ),
        el("p", "", t(fitting(coming, case.kind))),
        el("p", "small", _due(case, note)) if _due(case, note) else None,
        el("p", "small quiet", stand(case)) if stand(case) else None,
        el("p", "small quiet", icon("home_pin"), " ", t("scope.small")) if case.scope == SMALL else None,
        el("blockquote", "says pre", asked) if asked else None,
    )


def _late(note: Note) -> list[Node]:
    return [el("span", "chip late", icon("schedule"), t("note.overdue"))] if note.overdue else []


def _large(case: Case) -> list[Node]:
    return [el("span", "chip large", icon("hub"), t("scope.large"))] if case.scope == LARGE else []


def _due(case: Case, note: Note) -> str:
    """By when, in words; empty where no time runs."""
    if case.state == "awaiting_resident":
        return t("case.paused")
    if case.due_at is None or case.state not in (*acts.RUNNING, "screening"):
        return ""
    if case.slot_at is not None and case.state == "open":  # the appointment is told with the booking
        return ""
    hours = (case.due_at - clock.now()).total_seconds() / 3600
    day = words.moment(case.due_at)
    return t("case.late", day=day, late=span(-hours)) if note.overdue else t("case.due", day=day, left=span(hours))


def _answer(shown: Shown) -> list[Node]:
    case = shown.case
    words_said = case.answer or _last_words(shown, *ENDED_WITH_WORDS)
    if not words_said or case.state in acts.BEFORE_ANSWER:
        return []
    when = t("case.answered", moment=words.moment(case.answered_at)) if case.answered_at else ""
    told = answer(words_said, when, private=case.private)
    if case.outcome == "unanswered":
        return [told, el("p", "small quiet", t(fitting("case.rated_none", case.kind), days=limits.RATING_DAYS))]
    if not case.outcome:
        return [told]
    return [
        told,
        el(
            "section",
            "panel",
            el("p", "name", t(_rated(case))),
            said(case.outcome, case.stars, case.word),
        ),
    ]


def _rated(case: Case) -> str:
    """Whose word it is: the resident's own, or what was said when a sample was called back."""
    return fitting("case.rated", case.kind) if case.rated_at else "case.rated_by_phone"


def _last_words(shown: Shown, *wanted: str) -> str:
    return next((s.says or "" for s in reversed(shown.steps) if s.act in wanted), "")


def _facts(shown: Shown) -> Node:
    case, note = shown.case, shown.note
    channel = t(f"channel.{case.channel}") if case.channel != "self" else None
    return facts(
        [
            ("place", case.place),
            ("area", areas.tree().label(case.area_path)),
            ("posted", words.moment(case.created_at)),
            (
                fitting("fact.by", case.kind).removeprefix("fact."),
                note.name or (None if case.private else t("by_name.hidden")),
            ),
            ("channel", channel),
            ("supporters", tn("note.supporters", case.supporters) if case.supporters else None),
            ("holder", None if case.kind == DISPUTE.name else shown.holder),
            ("contact", case.contact_mask if shown.inside else None),
        ]
    )


def _join_in(note: Note, who: Who) -> Node:
    """ "Me too" and the link to send on."""
    share = {"type": "button", "class": "button", "data-do": "copy", "data-href": href(note.id)}
    parts: list[Node] = []
    if note.standing and allowed(who, acts.SUPPORT, note):
        do, label = ("unsupport", "case.supported") if note.mine_too else ("support", "case.support")
        parts.append(
            button(do, note.id, t(fitting(label, note.kind), n=words.number(note.supporters)), symbol="favorite")
        )
    elif who.person_id is None and note.state in acts.SUPPORTABLE:
        parts.append(link(f"/signin?next={href(note.id)}", icon("favorite"), t("case.sign_in_support"), css="button"))
    if note.standing:
        parts.append(["button", share | {"data-done": t("case.share_done")}, icon("link"), t("case.share")])
    parts.append(button("print", "", t("post.print"), symbol="print"))
    return el("div", "row part", *parts)
