"""Bringing a dispute: what it is about, who the other side is, where, and how to be reached."""

import streamlit as st

from pages.parts.photopick import pick_photos
from pages.parts.placefield import place_field
from pages.parts.wishform import contact_field, pick_category, spot_of
from portal import limits
from portal.accounts import phones
from portal.acts import Who
from portal.cases.disputes import Grievance, OtherSide
from portal.cases.kinds import DISPUTE
from portal.cases.reading import Case
from portal.words import t


def dispute_fields(
    key: str, who: Who, *, start: Case | None = None, photos_there: int = 0, own: bool = True, known: bool = False
) -> Grievance:
    """Draw the fields of a dispute and give what is in them now; `start` fills them with one that was given back.

    `own` says that it is the dispute of who writes it down; `known`, that the one for whom it is written down has an
    account, which tells the name. Everything is kept under `key`.
    """
    name = "" if own or known else _name(key)
    category = pick_category(key, start, DISPUTE.name)
    title = st.text_input(
        t("dispute.title_label"), start.title if start else "", limits.TITLE_CHARS, key=f"{key}_title",
        placeholder=t("dispute.title_hint"),
    )  # fmt: skip
    body = st.text_area(
        t("dispute.body_label"), start.body if start else "", 170, limits.BODY_CHARS, key=f"{key}_body",
        placeholder=t("dispute.body_hint"),
    )  # fmt: skip
    parties = _other_sides(key, more=start is not None)
    st.subheader(t("dispute.place_heading"), anchor=False)
    spot = place_field(f"{key}_place", who, start=spot_of(start), own=own)
    with st.expander(t("dispute.more_heading"), icon=":material/attach_file:"):
        pictures = pick_photos(f"{key}_photos", room=limits.PHOTOS_PER_CASE - photos_there)
        contact = contact_field(key, start)
    return Grievance(
        title=title,
        body=body,
        category=category,
        parties=parties,
        area_id=spot.area_id if spot else None,
        lon=spot.lon if spot else None,
        lat=spot.lat if spot else None,
        contact=contact,
        photos=pictures,
        name=name,
    )


def _name(key: str) -> str:
    return st.text_input(
        t("dispute.name_label"), key=f"{key}_name", max_chars=limits.NAME_CHARS, help=t("dispute.name_help")
    )


def _other_sides(key: str, *, more: bool) -> tuple[OtherSide, ...]:
    """The other sides, one row each, and a button for one more. `more`: it has some already, these are added."""
    st.subheader(t("dispute.others_more" if more else "dispute.others_heading"), anchor=False)
    st.caption(t("dispute.others_hint"))
    rows = st.session_state.setdefault(f"{key}_rows", 0 if more else 1)
    typed = tuple(_other_side(f"{key}_side{number}", number + 1) for number in range(rows))
    if rows < limits.PARTIES_PER_DISPUTE - 1:
        st.button(
            t("dispute.others_add"), icon=":material/person_add:", key=f"{key}_add", on_click=_one_more, args=(key,)
        )
    return tuple(side for side in typed if side.name.strip() or side.phone.strip())


def _one_more(key: str) -> None:
    st.session_state[f"{key}_rows"] += 1


def _other_side(key: str, number: int) -> OtherSide:
    left, right = st.columns(2)
    name = left.text_input(t("dispute.other_name", n=number), key=f"{key}_name", max_chars=limits.NAME_CHARS)
    phone = right.text_input(
        t("dispute.other_phone", n=number), key=f"{key}_phone", max_chars=phones.TYPED_CHARS,
        placeholder=t("dispute.other_phone_hint"),
    )  # fmt: skip
    return OtherSide(name, phone)
