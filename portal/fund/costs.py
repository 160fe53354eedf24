"""Cost lines: what costs what, exactly. Amounts are whole fen, quantities thousandths; nothing is ever a float."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from portal import limits
from portal.errors import Refused
from portal.inputs import clean, money

THOUSAND = 1_000
TYPED_CHARS = 40
"""What a price or a quantity may take as typed."""
_HALF_WIDTH = {sign: sign - 0xFEE0 for sign in range(0xFF01, 0xFF5F)}
"""Full-width signs as typed on a Chinese keyboard; a raised 2 must not become one more digit."""
_QUANTITY = re.compile(r"([0-9]{1,12}|[0-9]{1,3}(?:,[0-9]{3}){1,3})(?:\.([0-9]+))?")


@dataclass(frozen=True)
class TypedLine:
    """A cost line as somebody types it."""

    what: str = ""
    unit: str = ""
    price: str = ""
    quantity: str = "1"

    @property
    def empty(self) -> bool:
        """Whether there is nothing in it yet."""
        return not (self.what.strip() or self.price.strip())

    def kept(self) -> list[str]:
        """Its form in a draft's row. Raises Refused where a field is no plain text or too long."""
        limited = (("cost_what", self.what, limits.LINE_CHARS), ("cost_unit", self.unit, limits.UNIT_CHARS),
                   ("cost_price", self.price, TYPED_CHARS), ("cost_quantity", self.quantity, TYPED_CHARS))  # fmt: skip
        return [clean(field, typed, limit, required=False) for field, typed, limit in limited]


@dataclass(frozen=True)
class Line:
    """A cost line that holds: unit price by quantity is its amount, a half fen rounded up."""

    what: str
    unit: str
    unit_fen: int
    quantity: int
    amount_fen: int


def parse(typed: TypedLine) -> Line:
    """The line in numbers. Raises Refused as `inputs.clean`, `inputs.money` and `quantity`, and `cost_line_nothing`."""
    what = clean("cost_what", typed.what, limits.LINE_CHARS)
    unit = clean("cost_unit", typed.unit, limits.UNIT_CHARS, required=False)
    unit_fen, thousandths = money("cost_price", typed.price), quantity("cost_quantity", typed.quantity)
    amount_fen = (unit_fen * thousandths + THOUSAND // 2) // THOUSAND
    if amount_fen == 0:
        raise Refused("cost_line_nothing")
    if amount_fen > limits.MONEY_FEN:
        raise Refused("money_too_much", field="cost_amount", most_fen=limits.MONEY_FEN)
    return Line(what, unit, unit_fen, thousandths, amount_fen)


def quantity(field: str, typed: object) -> int:
    """A quantity as typed, in thousandths. Full-width digits and a comma between thousands are read as meant.

    Raises Refused: `missing`, `not_quantity` (no plain decimal number), `quantity_fraction` (more than three
    decimals), `quantity_zero`, `quantity_too_much` (fact: most).
    """
    found = _QUANTITY.fullmatch(clean(field, typed, TYPED_CHARS).translate(_HALF_WIDTH).strip())
    if found is None:
        raise Refused("not_quantity", field=field)
    decimals = (found[2] or "").rstrip("0")
    if len(decimals) > 3:
        raise Refused("quantity_fraction", field=field)
    thousandths = int(found[1].replace(",", "")) * THOUSAND + int(decimals.ljust(3, "0"))
    if thousandths == 0:
        raise Refused("quantity_zero", field=field)
    if thousandths > limits.QUANTITY * THOUSAND:
        raise Refused("quantity_too_much", field=field, most=limits.QUANTITY)
    return thousandths


def shown_quantity(thousandths: int) -> str:
    """The quantity as a plain decimal number, without idle zeros."""
    whole, rest = divmod(thousandths, THOUSAND)
    return f"{whole}.{rest:03}".rstrip("0") if rest else str(whole)


def filled(typed: Iterable[TypedLine]) -> list[TypedLine]:
    """Those in which something stands. Raises Refused `too_many_lines` (limit)."""
    found = [line for line in typed if not line.empty]
    if len(found) > limits.COST_LINES:
        raise Refused("too_many_lines", limit=limits.COST_LINES)
    return found


def faults(typed: Sequence[TypedLine]) -> dict[int, Refused]:
    """What is wrong with each line that is not right yet, by its place in `typed`; empty lines are fine."""
    wrong: dict[int, Refused] = {}
    for at, line in enumerate(typed):
        try:
            if not line.empty:
                parse(line)
        except Refused as refusal:
            wrong[at] = refusal
    return wrong


def estimate(typed: Sequence[TypedLine]) -> int:
    """The sum of the lines that hold, while others are still being typed."""
    wrong = faults(typed)
    return sum(parse(line).amount_fen for at, line in enumerate(typed) if at not in wrong and not line.empty)


def total(lines: Iterable[Line]) -> int:
    """Their sum in fen. Raises Refused `money_too_much`."""
    sum_fen = sum(line.amount_fen for line in lines)
    if sum_fen > limits.MONEY_FEN:
        raise Refused("money_too_much", field="cost_total", most_fen=limits.MONEY_FEN)
    return sum_fen
