"""What comes in from addresses and browsers."""

import pytest

from portal.inputs import row_id


@pytest.mark.parametrize(("typed", "number"), [("1", 1), ("0", 0), ("007", 7), ("999999999", 999_999_999)])
def test_the_id_of_a_row(typed: str, number: int) -> None:
    assert row_id(typed) == number


@pytest.mark.parametrize("typed", [None, "", "x", "-1", "+1", " 1", "1 ", "1.0", "²", "٣", "１", "1" * 10, 1, ["1"]])
def test_what_is_no_id(typed: object) -> None:
    assert row_id(typed) == 0
