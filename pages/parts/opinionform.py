"""Writing an opinion down: a few words, what it is about, and who may read it."""

import streamlit as st

from pages.parts.placefield import place_field
from pages.parts.wishform import about_me, contact_field, offer_similar, pick_category, spot_of
from portal import limits
from portal.acts import Who
from portal.cases.contents import Voice, first_words
from portal.cases.kinds import OPINION
from portal.cases.reading import Case
from portal.words import t

_FOR = (False, True)
"""For everybody, or for staff alone: whether it is private."""


def opinion_fields(key: str, who: Who, *, start: Case | None = None, own: bool = True) -> Voice:
    """Draw the fields of an opinion and give what is in them now; `start` fills them with a kept one.

    `own` says that it is the opinion of who writes it down. Everything is kept under `key`.
    """
    body = st.text_area(
        t("opinion.body_label"), start.body if start else "", 170, limits.BODY_CHARS, key=f"{key}_body",
        placeholder=t("opinion.body_hint"),
    )  # fmt: skip
    category = pick_category(key, start, OPINION.name)
    private = st.radio(
        t("opinion.for_label"), _FOR, index=int(bool(start and start.private)), key=f"{key}_private",
        format_func=lambda private: t("opinion.for_staff" if private else "opinion.for_all"),
        captions=[t("opinion.for_all_hint"), t("opinion.for_staff_hint")],
    )  # fmt: skip
    spot = place_field(f"{key}_place", who, start=spot_of(start), own=own)
    offer_similar(key, who, first_words(body), body, category, spot, start, OPINION.name)
    shown, contact = about_me(key, who, start) if own else (False, contact_field(key, start))
    return Voice(
        kind=OPINION.name,
        title="",
        body=body,
        category=category,
        private=private,
        area_id=spot.area_id if spot else None,
        lon=spot.lon if spot else None,
        lat=spot.lat if spot else None,
        name_shown=shown and not private,
        contact=contact,
    )
