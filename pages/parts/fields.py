"""What the forms of acts ask for. Each draws its widget for a case and an act, and gives what was chosen or typed."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.parts import frame
from pages.parts.notes import quote
from pages.parts.photopick import pick_photos
from pages.parts.plain import md
from pages.parts.reply import reply
from portal import limits
from portal.acts import Act
from portal.cases import acts, dispatch
from portal.cases.kinds import OPINION
from portal.cases.reading import Case
from portal.cases.setting_up import REPLIES
from portal.cases.setup import categories, category_name
from portal.cases.similar import similar, waiting_alike
from portal.cases.work import SAID
from portal.photos import NewPhoto
from portal.words import fitting, known, t

Field = Callable[[Case, Act, str], Any]


def says(case: Case, act: Act, key: str) -> str:
    """What is said with the act; what the desk writes to residents may start from one of its wordings."""
    if act.name in REPLIES:
        return reply(act.name, case.category, key=key, kind=case.kind)
    special = fitting(f"form.says.{act.name.removeprefix('case.')}", case.kind)
    limit = limits.COMMENT_CHARS if act in (acts.RATE, acts.RATE_BACK) else limits.BODY_CHARS
    label = t(special if known(special) else fitting("form.says.inside", case.kind))
    return st.text_area(label, key=f"says_{key}", max_chars=limit, height=140)


def pictures(case: Case, act: Act, key: str) -> list[NewPhoto]:
    """Photos that go with the words."""
    return pick_photos(f"photos_{key}")


def discreet(case: Case, act: Act, key: str) -> bool:
    """Whether words that nobody saw yet must not be shown at all."""
    return (
        case.shown_at is None
        and not case.private
        and st.checkbox(t("form.discreet"), key=f"discreet_{key}", help=t("form.discreet.help"))
    )


def holder(case: Case, act: Act, key: str) -> int:
    """Who gets it: those in charge of the place, the one whom the rules propose first."""
    found = frame.read(dispatch.workers, case)
    if not found:
        st.info(t("form.holder_none"), icon=":material/person_off:")
        return 0
    proposed = frame.read(dispatch.proposal, case).person_id
    names = {person_id: name for person_id, name, _ in found}
    order = sorted(names, key=lambda person_id: person_id != proposed)
    chosen: int = st.selectbox(t("form.holder"), order, format_func=names.__getitem__, key=f"holder_{key}")
    return chosen


def category(case: Case, act: Act, key: str) -> str:
    """Another category."""
    codes = [c.code for c in categories(case.kind) if c.code != case.category]
    chosen: str = st.selectbox(t("form.category"), codes, format_func=category_name, key=f"category_{key}")
    return chosen


def into(case: Case, act: Act, key: str) -> int:
    """The wish to join it with: one that reads alike, or any by its number."""
    place = (case.area_id, case.lon, case.lat)
    found = frame.read(similar, case.title, case.body, case.category, *place, case.kind)
    titles = {note.id: f"{note.id} · {note.title}" for note in found if note.id != case.id}
    if titles:
        picked = st.selectbox(t("form.into"), [*titles, 0], format_func=lambda n: titles.get(n, "…"), key=f"into_{key}")
        if picked:
            return picked
    else:
        st.caption(t("form.into_none"))
    return int(st.number_input(t("form.into_id"), min_value=1, max_value=2**31 - 1, step=1, key=f"into_id_{key}"))


def alike(case: Case, act: Act, key: str) -> list[int]:
    """Other opinions that wait and read alike, to be given the same reply."""
    found = frame.read(waiting_alike, case) if case.kind == OPINION.name else []
    if not found:
        return []
    st.markdown(f"**{t('form.alike')}**")
    return [
        note.id for note in found if st.checkbox(f"{note.id} · {md(quote(note.body))}", key=f"alike_{key}_{note.id}")
    ]


def outcome(case: Case, act: Act, key: str) -> str:
    """Solved, partly or not: the resident's word."""
    codes = [o.value for o in SAID]
    chosen = st.segmented_control(
        t("form.outcome"), codes, format_func=lambda o: t(f"outcome.{o}"), key=f"outcome_{key}", width="stretch"
    )
    return chosen or ""


def claimed(case: Case, act: Act, key: str) -> str:
    """Whether whoever did the work calls it solved; told beside what the resident says."""
    chosen = st.segmented_control(
        t("form.claimed"), list(SAID), default=SAID[0], format_func=lambda o: t(f"outcome.{o}"), key=f"claimed_{key}",
        width="stretch", help=t("form.claimed.help"),
    )  # fmt: skip
    return chosen or ""


def stars(case: Case, act: Act, key: str) -> int:
    """One to five; 0 while none is chosen."""
    special = f"form.stars.{act.name.removeprefix('case.')}"
    st.markdown(f"**{t(special if known(special) else 'form.stars')}**")
    chosen = st.feedback("stars", key=f"stars_{key}")
    return 0 if chosen is None else chosen + 1
