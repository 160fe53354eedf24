"""Choosing documents: looked at once, each with the name that people shall read."""

from pathlib import PurePath

import streamlit as st

from pages.parts.photopick import free_the_others
from portal import limits
from portal.attachments import MEDIA, NewDocument
from portal.words import t, tn


def pick_documents(key: str, *, room: int = limits.DOCUMENTS_PER_THING) -> list[NewDocument]:
    """Up to `room` documents with their titles; what is picked beyond that is told and left out."""
    megabytes = limits.DOCUMENT_BYTES // 1024**2
    files = st.file_uploader(
        t("documents.label", n=room), [*MEDIA, "jpeg"], accept_multiple_files=True, key=f"{key}_documents",
        help=t("documents.help", megabytes=megabytes), max_upload_size=megabytes,
    )  # fmt: skip
    free_the_others(f"{key}_documents", [file.file_id for file in files])
    if len(files) > room:
        st.warning(tn("documents.left_out", len(files) - room, room=room), icon=":material/filter_none:")
    return [
        NewDocument(
            file.getvalue(),
            st.text_input(
                t("documents.title", n=n), PurePath(file.name).stem[: limits.TITLE_CHARS], limits.TITLE_CHARS,
                key=f"{key}_document_{file.file_id}",
            ),
        )
        for n, file in enumerate(files[:room], 1)
    ]  # fmt: skip
