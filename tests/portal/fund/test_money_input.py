"""Amounts as people type them: exact to the fen, or refused with a sentence."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import limits, words
from portal.errors import Refused
from portal.inputs import money

READ = {
    "0.1": 10, "0.2": 20, "0.3": 30, "0.29": 29, "1.1": 110, "4.35": 435, "1200": 120_000, "1200.5": 120_050,
    "1,234.5": 123_450, "1,234,567.89": 123_456_789, "１２３": 12_300, "１，２３４．５": 123_450, "¥5": 500, "￥5": 500,
    "5元": 500, "¥ 5": 500, " 5 元 ": 500, "５　元": 500, "\u200b7": 700, "0.10": 10, "1.100": 110, "007": 700,
    "0.01": 1,
    "99999999.99": 9_999_999_999, "100000000": 10_000_000_000, "100000000.000": 10_000_000_000,
    "1.0000000000000000000000000000000000": 100,
}  # fmt: skip
REFUSED: dict[str, list[Any]] = {
    "not_money": [
        "NaN", "nan", "inf", "-inf", "Infinity", "1e309", "1e2", "1E5", "-1", "－1", "+1", "0x10",
        "1_000", "1.2.3", "1,23",
        "1,2345", ",123", "1,", "1.", ".5", "0,5", "12 34", "1 000", "五", "一百", "壹佰", "½", "1²", "①", "²", "𝟏𝟐",
        "٣",
        "१२३", "٥٠", "५", "1٫5", "$5", "5块", "5元元", "¥¥5", "元", "¥", "5%", "1/2", "0b1", "None",
        "=1+1", "1.234,5", "五元",
        "5。5", "Ⅴ", "٠",
    ],
    "money_fraction": ["0.005", "0.001", "1.234", "0.009999", "99999999.991", "1.005", "0.0000000000000001"],
    "money_zero": ["0", "0.0", "0.00", "000", "0元", "0.000"],
    "money_too_much": ["100000000.01", "100000001", "9" * 30, "1,000,000,000"],
    "missing": ["", " ", "\u3000", "\u200b", "\u3164"],
    "too_long": ["1" * 41, "0" * 100_000],
    "control_characters": ["1\n2", "1\x00", "1\t2"],
    "direction_characters": ["\u202e21"],
    "not_text": [None, 5, 5.0, True, ["5"]],
}  # fmt: skip


@pytest.mark.parametrize("typed", READ)
def test_it_is_read_exactly(typed: str) -> None:
    assert money("amount", typed) == READ[typed]


@pytest.mark.parametrize(
    ("reason", "typed"), [(reason, typed) for reason, all_of in REFUSED.items() for typed in all_of]
)
def test_it_is_refused_with_a_sentence(reason: str, typed: Any) -> None:
    with pytest.raises(Refused) as caught:
        money("amount", typed)
    assert caught.value.message_id == reason
    for lang in ("zh-CN", "en"):
        with words.speaking(lang):
            sentence = words.say(caught.value)
            assert sentence != f"refused.{reason}" and words.t("field.amount") in sentence


@given(st.integers(1, limits.MONEY_FEN))
def test_every_amount_there_is_comes_back(fen: int) -> None:
    plain = f"{fen // 100}.{fen % 100:02}"
    assert money("amount", plain) == money("amount", f"{fen // 100:,}.{fen % 100:02}") == fen
    for lang in ("zh-CN", "en"):
        with words.speaking(lang):
            assert money("amount", words.money(fen)) == fen  # what the portal shows can be pasted back


@given(st.text(max_size=50))
def test_any_text_is_an_amount_or_refused(typed: str) -> None:
    try:
        assert 0 < money("amount", typed) <= limits.MONEY_FEN
    except Refused as refusal:
        assert refusal.facts["field"] == "amount"


def test_two_sums_are_exact() -> None:
    assert money("amount", "0.1") + money("amount", "0.2") == money("amount", "0.3")
    assert sum(money("amount", "0.01") for _ in range(1_000)) == money("amount", "10")


def test_nothing_is_an_amount_where_that_is_asked_for() -> None:
    assert money("amount", "0", zero=True) == 0


def test_money_is_shown_with_its_unit() -> None:
    shown = {
        0: "0 元",
        1: "0.01 元",
        10: "0.10 元",
        120_000: "1,200 元",
        123_456_789: "1,234,567.89 元",
        -5_000: "-50 元",
    }
    with words.speaking("zh-CN"):
        assert {fen: words.money(fen) for fen in shown} == shown
    with words.speaking("en"):
        assert (words.money(123_450), words.money(100)) == ("¥1,234.50", "¥1")
