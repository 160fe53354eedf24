"""What comes in from addresses and browsers, and what people type."""

import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.errors import Refused
from portal.inputs import clean, one_of, page_number, row_id

DIRECTIONS = [chr(n) for n in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x61C)]


@pytest.mark.parametrize(("typed", "number"), [("1", 1), ("0", 0), ("007", 7), ("999999999", 999_999_999)])
def test_the_id_of_a_row(typed: str, number: int) -> None:
    assert row_id(typed) == number


@pytest.mark.parametrize("typed", [None, "", "x", "-1", "+1", " 1", "1 ", "1.0", "²", "٣", "１", "1" * 10, 1, ["1"]])
def test_what_is_no_id(typed: object) -> None:
    assert row_id(typed) == 0


# Text


def cleaned(typed: object, limit: int = 10, **how: bool) -> str:
    return clean("title", typed, limit, **how)


def refusal(typed: object, limit: int = 10, **how: bool) -> tuple[str, dict[str, object]]:
    with pytest.raises(Refused) as caught:
        cleaned(typed, limit, **how)
    return caught.value.message_id, caught.value.facts


def test_text_is_composed_and_trimmed() -> None:
    assert cleaned("  e\u0301 \u3000\u00a0") == "é"
    assert cleaned("a\r\nb\rc\nd", lines=True) == "a\nb\nc\nd"
    assert cleaned("", required=False) == cleaned(" \n ", required=False) == ""


def test_what_chat_programs_bring_along_is_dropped() -> None:
    assert cleaned("路\u200b灯\ufeff\u2060\u00ad") == "路灯"


def test_emoji_keep_their_joiners() -> None:
    family = "👨\u200d👩\u200d👧"
    assert cleaned(family) == family and cleaned("❤\ufe0f") == "❤\ufe0f"


@pytest.mark.parametrize("typed", ["", " ", "\n", "\u200b", "\u200d", "\u3164", "\u2800", "\ufe0f", "\u115f \u1160"])
def test_what_shows_nothing_is_missing(typed: str) -> None:
    assert refusal(typed) == ("missing", {"field": "title"})


CONTROLS = ["a\x00", "\x08", "a\x1bb", "\x7f", "\x9f", "a\u2028b", "a\u2029b", "\ud800", "\uffff"]


@pytest.mark.parametrize("typed", CONTROLS)
def test_control_characters_are_refused(typed: str) -> None:
    assert refusal(typed, lines=True)[0] == "control_characters"


def test_one_line_is_one_line() -> None:
    assert refusal("a\nb")[0] == refusal("a\tb")[0] == "control_characters"
    assert cleaned("a\tb", lines=True) == "a\tb"


@pytest.mark.parametrize("sign", DIRECTIONS)
def test_direction_characters_are_refused(sign: str) -> None:
    assert refusal(f"a{sign}b") == ("direction_characters", {"field": "title"})


def test_the_length_is_that_of_what_is_kept() -> None:
    assert cleaned("e\u0301" * 10) == "é" * 10
    assert refusal("字" * 11) == ("too_long", {"field": "title", "limit": 10, "length": 11})
    assert len(cleaned("𠮷" * 10)) == 10
    assert cleaned("  " + "字" * 10 + "  ") == "字" * 10


@pytest.mark.parametrize("typed", [None, 1, 1.5, True, b"x", ["x"], {"x": 1}, object()])
def test_only_text_is_text(typed: Any) -> None:
    assert refusal(typed)[0] == "not_text"
    with pytest.raises(Refused, match="not_offered"):
        one_of("outcome", typed, ["x"])
    with pytest.raises(Refused, match="not_offered"):
        page_number(typed)


@settings(max_examples=300, deadline=None)
@given(typed=st.text(max_size=30), lines=st.booleans(), required=st.booleans())
def test_whatever_is_typed_is_refused_or_clean(typed: str, lines: bool, required: bool) -> None:
    try:
        kept = cleaned(typed, 20, lines=lines, required=required)
    except Refused:
        return
    assert kept == unicodedata.normalize("NFC", kept) == kept.strip()
    assert len(kept) <= 20 and (kept or not required)
    signs = {unicodedata.category(c) for c in kept} - ({"Cf"} if "\u200d" in kept else set())
    assert not signs & {"Cc", "Cs", "Zl", "Zp"} or (lines and set("\n\t") & set(kept))
    assert cleaned(kept, 20, lines=lines, required=required) == kept, "cleaning twice changes nothing"


def test_one_of_takes_what_is_offered() -> None:
    assert one_of("order", "newest", ("newest", "supported")) == "newest"
    with pytest.raises(Refused, match="not_offered"):
        one_of("order", "Newest", ("newest", "supported"))


@pytest.mark.parametrize("typed", ["", "-1", "+1", "1.0", " 1", "1 ", "٣", "１", "1_0", "9" * 11, "0x1", "x"])
def test_a_page_number_is_digits(typed: str) -> None:
    with pytest.raises(Refused, match="not_offered"):
        page_number(typed)


def test_a_page_number_fits_the_database() -> None:
    assert page_number("0") == 0 and page_number("42") == 42
    assert page_number("9999999999") == 2**31 - 1
