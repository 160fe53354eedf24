"""What people type, before it becomes data: normalised, measured, refused with the field and the rule."""

import re
import unicodedata

from portal import limits
from portal.errors import Refused

_HARMLESS = re.compile("[\u00ad\u200b\u200c\u2060\ufeff]")  # pasted along from chat programs, invisible
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")
_BLANK = re.compile("[\u115f\u1160\u180e\u200d\u2800\u3164\ufe00-\ufe0f\uffa0]")  # signs that draw nothing
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


def clean(field: str, typed: object, limit: int, *, required: bool = True, lines: bool = False) -> str:
    """`typed` as NFC text without surrounding space.

    `field` is a message id below `field.`; `lines` allows line breaks. Raises Refused: `missing`, `too_long`
    (facts: limit, length), `control_characters`, `direction_characters`, `not_text`.
    """
    if not isinstance(typed, str):
        raise Refused("not_text", field=field)
    text = unicodedata.normalize("NFC", typed.replace("\r\n", "\n").replace("\r", "\n"))
    text = _HARMLESS.sub("", text).strip()
    if _BIDI.search(text):
        raise Refused("direction_characters", field=field)
    if _CONTROL.search(text) or (not lines and ("\n" in text or "\t" in text)):
        raise Refused("control_characters", field=field)
    if required and not _BLANK.sub("", text).strip():
        raise Refused("missing", field=field)
    if len(text) > limit:
        raise Refused("too_long", field=field, limit=limit, length=len(text))
    return text


def one_of(field: str, typed: object, choices: object) -> str:
    """`typed` when it is among `choices` (any container of str). Raises Refused `not_offered`."""
    if not isinstance(typed, str) or typed not in choices:  # type: ignore[operator]
        raise Refused("not_offered", field=field)
    return typed


_MONEY = re.compile(r"([0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.([0-9]+))?")
_WIDE = str.maketrans("０１２３４５６７８９．，￥　", "0123456789.,¥ ")
"""What an input method for Chinese types for a number. No other form of a digit is read as one: "1²" is no amount."""


def money(field: str, typed: object, *, most_fen: int = limits.MONEY_FEN, zero: bool = False) -> int:
    """An amount of yuan as typed, in whole fen. Full-width digits and a comma between thousands are read as meant.

    Raises Refused: `missing`, `not_money` (no plain decimal number), `money_fraction` (more exact than a fen),
    `money_zero`, `money_too_much` (fact: most_fen).
    """
    text = clean(field, typed, 40).translate(_WIDE).removeprefix("¥").removesuffix("元").strip()
    found = _MONEY.fullmatch(text)
    if found is None:
        raise Refused("not_money", field=field)
    yuan, part = found[1].replace(",", ""), found[2] or ""
    if part[2:].strip("0"):
        raise Refused("money_fraction", field=field)
    fen = int(yuan) * 100 + int(part[:2].ljust(2, "0"))
    if fen == 0 and not zero:
        raise Refused("money_zero", field=field)
    if fen > most_fen:
        raise Refused("money_too_much", field=field, most_fen=most_fen)
    return fen


def row_id(typed: object) -> int:
    """The id that an address or a browser names; 0, which is no thing's id, where it is none."""
    return int(typed) if isinstance(typed, str) and typed.isascii() and typed.isdigit() and len(typed) < 10 else 0


def page_number(typed: str) -> int:
    """A row number inside the key of a page, as it came from an address. Raises Refused `not_offered`."""
    if not (isinstance(typed, str) and typed.isascii() and typed.isdigit() and len(typed) <= 10):
        raise Refused("not_offered", field="page")
    return min(int(typed), 2**31 - 1)
