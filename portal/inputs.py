"""What people type, before it becomes data: normalised, measured, refused with the field and the rule."""

import re
import unicodedata

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


def row_id(typed: object) -> int:
    """The id that an address or a browser names; 0, which is no thing's id, where it is none."""
    return int(typed) if isinstance(typed, str) and typed.isascii() and typed.isdigit() and len(typed) < 10 else 0


def page_number(typed: str) -> int:
    """A row number inside the key of a page, as it came from an address. Raises Refused `not_offered`."""
    if not (isinstance(typed, str) and typed.isascii() and typed.isdigit() and len(typed) <= 10):
        raise Refused("not_offered", field="page")
    return min(int(typed), 2**31 - 1)
