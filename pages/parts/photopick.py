"""Choosing photos: taken or picked, shown small at once, each with a sentence on what it shows."""

import base64
from typing import Any

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.parts.drawn import draw
from pages.parts.plain import md
from pages.parts.turn import aside
from portal import limits, photos, words
from portal.errors import Refused
from portal.http.uploads import budget
from portal.photos import NewPhoto
from portal.words import t, tn

KINDS = ["jpg", "jpeg", "png", "webp"]
_PICKED = "photos_picked"
"""In the session state: the ids of the files in each uploader, so that their memory can be given back."""


def pick_photos(key: str, *, room: int = limits.PHOTOS_PER_CASE) -> list[NewPhoto]:
    """Up to `room` photos with their descriptions; what is picked beyond that is told and left out.

    One that cannot be used is named at once, and still counts.
    """
    label, hint = t("post.photos_label", n=room), t("post.photos_help")
    files = st.file_uploader(label, KINDS, accept_multiple_files=True, key=f"{key}_files", help=hint)
    free_the_others(f"{key}_files", [file.file_id for file in files])
    if len(files) > room:
        st.warning(tn("post.photos_left_out", len(files) - room, room=room), icon=":material/filter_none:")
    chosen = []
    for n, file in enumerate(files[:room], 1):
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
    """The photo as a data address: never under Streamlit's own addresses, which anybody could open.

    Made anew on each run from the pictures that `photos` has at hand: what was not sent yet is kept nowhere else.
    """
    try:
        with aside():
            thumb = photos.prepare(NewPhoto(file.getvalue())).thumb
    except Refused as refusal:
        st.error(md(words.say(refusal)))
        return
    found = "data:image/jpeg;base64," + base64.b64encode(thumb).decode()
    draw([["img", {"class": "preview", "src": found, "alt": t("post.preview", n=n)}]], key=f"{key}_see_{file.file_id}")


def free_the_others(key: str, file_ids: list[str]) -> None:
    """Give back the memory of files whose uploader is no longer shown: they were sent, or left behind."""
    context = get_script_run_ctx()
    memory = context.uploaded_file_mgr if context else None
    picked: dict[str, list[str]] = st.session_state.setdefault(_PICKED, {})
    for gone in [other for other in picked if other != key and other not in st.session_state]:
        for file_id in picked.pop(gone):
            if context and isinstance(memory, MemoryUploadedFileManager):
                memory.remove_file(context.session_id, file_id)
                budget.give_back(context.session_id, file_id)
    picked[key] = file_ids
