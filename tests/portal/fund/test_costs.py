"""Cost lines: exact to the fen, or refused with a sentence."""

from contextlib import suppress
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import limits, words
from portal.errors import Refused
from portal.fund import costs
from portal.fund.costs import TypedLine, parse, quantity


def refusal(line: TypedLine) -> Refused:
    with pytest.raises(Refused) as found:
        parse(line)
    for lang in ("zh-CN", "en"):
        with words.speaking(lang):
            said = words.say(found.value)
        assert said and not said.startswith("refused.") and "{" not in said and "field." not in said
    return found.value


def line(price: str = "1", quantity: str = "1", what: str = "长椅") -> TypedLine:
    return TypedLine(what, "个", price, quantity)


@pytest.mark.parametrize(
    ("price", "number", "fen"),
    [
        ("0.1", "3", 30),
        ("0.2", "3", 60),
        ("0.29", "100", 2_900),
        ("1.15", "3", 345),
        ("１２．５０", "２", 2_500),
        ("1,234.50", "1", 123_450),
        ("¥600", "2", 120_000),
        ("0.01", "0.5", 1),
        ("0.01", "0.499", None),
        ("0.03", "0.5", 2),
        ("10", "0.333", 333),
        ("10", "2.500", 2_500),
        ("99999.99", "1000", 9_999_999_000),
    ],
)
def test_a_line_comes_to_whole_fen_and_a_half_is_rounded_up(price: str, number: str, fen: int | None) -> None:
    if fen is None:
        assert refusal(line(price, number)).message_id == "cost_line_nothing"
    else:
        assert parse(line(price, number)).amount_fen == fen


def test_a_tenth_and_two_tenths_are_three_tenths() -> None:
    assert costs.total([parse(line("0.1")), parse(line("0.2"))]) == 30


@pytest.mark.parametrize(
    ("price", "message"),
    [
        ("", "missing"), ("NaN", "not_money"), ("1e309", "not_money"), ("1e3", "not_money"), ("-5", "not_money"),
        ("0.005", "money_fraction"), ("0", "money_zero"), ("inf", "not_money"), ("十元", "not_money"),
        ("100000000.01", "money_too_much"), ("1.2.3", "not_money"), ("0x10", "not_money"),
    ],
)  # fmt: skip
def test_what_is_no_price_is_refused_with_a_sentence(price: str, message: str) -> None:
    assert refusal(line(price)).message_id == message


@pytest.mark.parametrize(
    ("number", "message"),
    [
        ("", "missing"), ("NaN", "not_quantity"), ("1e309", "not_quantity"), ("-1", "not_quantity"),
        ("0", "quantity_zero"), ("0.0005", "quantity_fraction"), ("1.2345", "quantity_fraction"),
        ("1000000.001", "quantity_too_much"), ("9" * 30, "not_quantity"), ("10²", "not_quantity"),
        ("½", "not_quantity"), ("٣", "not_quantity"), ("1 000", "not_quantity"), ("①", "not_quantity"),
    ],
)  # fmt: skip
def test_what_is_no_quantity_is_refused_with_a_sentence(number: str, message: str) -> None:
    assert refusal(line("1", number)).message_id == message


@pytest.mark.parametrize(
    ("typed", "thousandths"), [("３．５", 3_500), ("0.005", 5), ("1,000", 1_000_000), ("7.10", 7_100)]
)
def test_a_quantity_is_exact_to_the_thousandth(typed: str, thousandths: int) -> None:
    assert quantity("cost_quantity", typed) == thousandths


def test_a_line_needs_to_say_what_and_stays_below_the_most_that_moves() -> None:
    assert refusal(line(what=" \u200b")).message_id == "missing"
    assert refusal(line("100000", "1001")).message_id == "money_too_much"
    with pytest.raises(Refused):
        costs.total([parse(line("60000000")), parse(line("60000000"))])


def test_empty_lines_are_left_out_and_there_is_an_end() -> None:
    assert costs.filled([TypedLine(), line(), TypedLine("", "个", "", "3")]) == [line()]
    with pytest.raises(Refused) as found:
        costs.filled([line()] * (limits.COST_LINES + 1))
    assert found.value.facts == {"limit": limits.COST_LINES}


def test_while_others_are_typed_the_sum_counts_what_holds() -> None:
    typed = [line("10", "3"), line("x"), TypedLine(), line("0.5")]
    assert costs.estimate(typed) == 3_050
    assert list(costs.faults(typed)) == [1]


@given(st.integers(1, 10**8), st.integers(1, 10**6))
def test_every_amount_is_what_exact_decimals_give(unit_fen: int, thousandths: int) -> None:
    typed = line(f"{Decimal(unit_fen) / 100:f}", costs.shown_quantity(thousandths))
    exact = (Decimal(unit_fen) * thousandths / 1_000).quantize(Decimal(1), ROUND_HALF_UP)
    if exact == 0 or exact > limits.MONEY_FEN:
        refusal(typed)
    else:
        found = parse(typed)
        assert (found.unit_fen, found.quantity, found.amount_fen) == (unit_fen, thousandths, int(exact))


@given(st.text(max_size=30))
def test_whatever_is_typed_is_a_number_or_refused(typed: str) -> None:
    for what in (line(typed, "1"), line("1", typed)):
        with suppress(Refused):
            assert parse(what).amount_fen > 0
