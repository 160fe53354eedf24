"""Choosing photos: taken or picked, shown small at once, each with a sentence on what it shows."""

import base64
from typing import Any

import streamlit as st

from pages.parts.drawn import draw
from pages.parts.plain import md
from pages.parts.turn import aside
from portal import limits, photos, words
from portal.errors import Refused
from portal.photos import NewPhoto
from portal.words import t

KINDS = ["jpg", "jpeg", "png", "webp"]


def pick_photos(key: str, *, room: int = limits.PHOTOS_PER_CASE) -> list[NewPhoto]:
    """Up to `room` photos with their descriptions. One that cannot be used is named at once, and still counts."""
    label, hint = t("post.photos_label", n=room), t("post.photos_help")
    files = st.file_uploader(label, KINDS, accept_multiple_files=True, key=f"{key}_files", help=hint)
    if len(files) > room:
        st.error(md(words.say(Refused("too_many_photos", limit=room))), icon=":material/error:")
    chosen = []
    for n, file in enumerate(files, 1):
        small, wide = st.columns([1, 3], vertical_alignment="center")
        with small:
            _preview(key, file, n)
        alt = wide.text_input(
            t("post.alt_label", n=n), key=f"{key}_alt_{file.file_id}", max_chars=limits.ALT_CHARS,
            placeholder=t("post.alt_hint"),
        )  # fmt: skip
        chosen.append(NewPhoto(file.getvalue(), alt))
    return chosen


def _preview(key: str, file: Any, n: int) -> None:
    """The photo as a data address: never under Streamlit's own addresses, which anybody could open."""
    kept = st.session_state.setdefault(f"{key}_previews", {})
    if file.file_id not in kept:
        try:
            with aside():
                thumb = photos.prepare(NewPhoto(file.getvalue())).thumb
        except Refused as refusal:
            kept[file.file_id] = refusal
        else:
            kept[file.file_id] = "data:image/jpeg;base64," + base64.b64encode(thumb).decode()
    found = kept[file.file_id]
    if isinstance(found, Refused):
        st.error(md(words.say(found)))
        return
    draw([["img", {"class": "preview", "src": found, "alt": t("post.preview", n=n)}]], key=f"{key}_see_{file.file_id}")
