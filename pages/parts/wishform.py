"""Writing a wish down: the fields shared by residents and by those who record for somebody, and with other forms."""

import streamlit as st

from pages.parts import frame
from pages.parts.drawn import draw, el, icon
from pages.parts.maps import Spot, forget_place, pick_place
from pages.parts.notes import board, support
from pages.parts.photopick import pick_photos
from pages.parts.plain import md
from portal import areas, limits
from portal.acts import Who
from portal.cases.contents import Voice
from portal.cases.kinds import WISH
from portal.cases.reading import Case
from portal.cases.setup import categories, category_name
from portal.cases.similar import similar
from portal.words import fitting, t, tn

_ROUND, _FOR = "_round", "_for"
"""After the kind: how many this visit has begun to write, and which kept one the fields belong to (0: a new one)."""


def key_for(start: Case | None, kind: str = WISH.name) -> str:
    """Under which key the fields of this case are kept; another one starts from fresh fields."""
    wanted = start.id or 0 if start else 0
    if st.session_state.get(kind + _FOR) != wanted:
        begin_anew(kind)
        st.session_state[kind + _FOR] = wanted
    return f"{kind}_{st.session_state[kind + _ROUND]}"


def begin_anew(kind: str = WISH.name) -> None:
    """Leave the fields behind, and the place with them: what was in them was sent."""
    forget_place(f"{kind}_{st.session_state.get(kind + _ROUND, 0)}_place")
    st.session_state[kind + _ROUND] = st.session_state.get(kind + _ROUND, 0) + 1
    st.session_state[kind + _FOR] = 0


def keep_for(case_id: int, kind: str = WISH.name) -> None:
    """The fields now belong to this draft, and so does the address; what is typed and the photos stay."""
    st.session_state[kind + _FOR] = case_id
    st.query_params["case"] = str(case_id)


def wish_fields(
    key: str, who: Who, *, start: Case | None = None, photos_there: int = 0, where: Spot | None = None, own: bool = True
) -> Voice:
    """Draw the fields of a wish and give what is in them now. `start` fills them with a draft or a returned wish.

    `where` is the place that a new one begins with; `own` says that it is the wish of who writes it down. Similar open
    wishes are offered as soon as there is enough to compare. Everything is kept under `key`.
    """
    title = st.text_input(
        t("post.title_label"), start.title if start else "", limits.TITLE_CHARS, key=f"{key}_title",
        placeholder=t("post.title_hint"),
    )  # fmt: skip
    body = st.text_area(
        t("post.body_label"), start.body if start else "", 150, limits.BODY_CHARS, key=f"{key}_body",
        placeholder=t("post.body_hint"),
    )  # fmt: skip
    category = pick_category(key, start)
    st.subheader(t("post.place_heading"), anchor=False)
    spot = pick_place(f"{key}_place", start=spot_of(start) or where)
    place = st.text_input(
        t("post.place_label"), start.place if start else "", limits.TITLE_CHARS, key=f"{key}_spot",
        placeholder=t("post.place_hint"),
    )  # fmt: skip
    offer_similar(key, who, title, body, category, spot, start)
    st.subheader(t("post.photos_heading"), anchor=False)
    if photos_there:
        st.caption(tn("post.photos_have", photos_there))
    pictures = pick_photos(f"{key}_photos", room=limits.PHOTOS_PER_CASE - photos_there)
    shown, contact = about_me(key, who, start) if own else (False, contact_field(key, start))
    return Voice(
        title=title,
        body=body,
        category=category,
        area_id=spot.area_id if spot else None,
        lon=spot.lon if spot else None,
        lat=spot.lat if spot else None,
        place=place,
        name_shown=shown,
        contact=contact,
        photos=pictures,
    )


def pick_category(key: str, start: Case | None, kind: str = WISH.name) -> str:
    """The category among those offered for this kind of case; empty while none is chosen."""
    offered = {c.code: c for c in categories(kind)}
    chosen: str | None = st.pills(
        t("post.category_label"), list(offered), key=f"{key}_category",
        default=start.category if start and start.category in offered else None,
        format_func=lambda code: f":material/{offered[code].icon}: {md(category_name(code))}",
    )  # fmt: skip
    return chosen or ""


def spot_of(start: Case | None) -> Spot | None:
    """Where a kept wish is; a draft without a place stands at the town's root."""
    if start is None or start.area_id == areas.tree().root.id:
        return None
    return Spot(start.area_id, start.area_path, start.lon, start.lat)


def offer_similar(
    key: str,
    who: Who,
    title: str,
    body: str,
    category: str,
    spot: Spot | None,
    start: Case | None,
    kind: str = WISH.name,
) -> None:
    """Show open cases of the kind that read alike, to join them instead; nothing where there are none."""
    if not title.strip():
        return
    area_id, lon, lat = (spot.area_id, spot.lon, spot.lat) if spot else (None, None, None)
    title, body = title[: limits.TITLE_CHARS], body[: limits.BODY_CHARS]
    alike = frame.read(similar, title, body, category, area_id, lon, lat, kind)
    found = [note for note in alike if start is None or note.id != start.id]
    if not found:
        return
    head = el(
        "p",
        "",
        icon("lightbulb"),
        " ",
        el("strong", "", t(fitting("post.similar", kind))),
        " ",
        t(fitting("post.similar_hint", kind)),
    )
    nodes = [el("div", "panel similar stack", head, board(found, who_can_support=who.person_id is not None))]
    draw(nodes, key=f"{key}_similar", clicked=support)


def about_me(key: str, who: Who, start: Case | None) -> tuple[bool, str]:
    """Name shown or hidden (only where there is a name), and the phone."""
    with st.expander(t("post.more_heading"), icon=":material/contact_phone:"):
        shown = False
        if who.person_id is not None:
            shown = st.toggle(t("post.name_shown"), bool(start and start.name_shown), key=f"{key}_shown")
        return shown, contact_field(key, start)


def contact_field(key: str, start: Case | None) -> str:
    """A phone to be reached at, if somebody likes to give one; that of a kept case is not shown again."""
    return st.text_input(
        t("post.contact_label"), key=f"{key}_contact", help=t("post.contact_help"), max_chars=limits.NAME_CHARS,
        placeholder=start.contact_mask if start else "", autocomplete="tel",
    )  # fmt: skip
