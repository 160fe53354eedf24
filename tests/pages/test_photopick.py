"""Choosing photos: only as many as there is room for, and nothing of them in the session."""

from collections import OrderedDict
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from pages.parts import photopick
from portal import photos

PAGE = """
import streamlit as st
from pages.parts.photopick import pick_photos
which = st.text_input("which", "one")
st.text(f"{len(pick_photos(which, room=2))} chosen")
"""


def picture(shade: int) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (64, 64), (shade, 90, 30)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def page(sqlite_db: str, tmp_path: Path) -> AppTest:
    file = tmp_path / "page.py"
    file.write_text(PAGE)
    shown = AppTest.from_file(str(file), default_timeout=20).run()
    files = [(f"{n}.png", picture(n), "image/png") for n in range(3)]
    return shown.file_uploader[0].set_value(files).run()


def test_what_there_is_no_room_for_is_told_and_never_decoded(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[bytes] = []
    encoded = photos._encoded

    def watched(data: bytes) -> photos.Prepared:
        decoded.append(data)
        return encoded(data)

    monkeypatch.setattr(photos, "_recent", OrderedDict())
    monkeypatch.setattr(photos, "_encoded", watched)
    page.run()
    assert page.text[0].value == "2 chosen"
    assert "其余 1 张" in page.warning[0].value
    assert decoded == [picture(0), picture(1)]
    page.run()
    assert len(decoded) == 2, "what was shown once is at hand"


def test_the_session_holds_no_picture(page: AppTest) -> None:
    assert page.text[0].value == "2 chosen"
    assert "base64" not in repr(page.session_state)


def test_the_memory_of_an_uploader_that_went_is_given_back(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    given_back: list[str] = []
    monkeypatch.setattr(photopick.budget, "give_back", lambda page, file: given_back.append(file))
    page.text_input[0].set_value("two").run()
    page.run()
    assert len(set(given_back)) == 3
    assert page.text[0].value == "0 chosen"
