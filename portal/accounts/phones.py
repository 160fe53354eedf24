"""Phone numbers: one form for looking up, one for showing."""

import unicodedata

import phonenumbers

from portal import vault
from portal.errors import Refused

REGION = "CN"
TYPED_CHARS = 30
_MOBILE = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)


def normalise(typed: str) -> str:
    """The number as E.164, whatever spaces, hyphens or full-width digits were typed. Raises Refused `phone`."""
    return _e164(_parse(typed))


def mobile(typed: str) -> str:
    """As `normalise`, for a number that must receive text messages. Raises Refused `phone` or `phone_not_mobile`."""
    number = _parse(typed)
    if phonenumbers.number_type(number) not in _MOBILE:
        raise Refused("phone_not_mobile")
    return _e164(number)


def mask(e164: str) -> str:
    """How a number is shown in lists: `138****1234`."""
    national = e164.removeprefix("+86")
    return f"{national[:3]}****{national[-4:]}"


def written(e164: str) -> str:
    """How a number is shown in full, in groups: `138 0000 1234`."""
    number = phonenumbers.parse(e164)
    home = phonenumbers.region_code_for_number(number) == REGION
    form = phonenumbers.PhoneNumberFormat.NATIONAL if home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, form)


def key(e164: str) -> str:
    """The keyed hash under which the number is looked up."""
    return vault.keyed_hash("phone", e164)


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _parse(typed: str) -> phonenumbers.PhoneNumber:
    plain = unicodedata.normalize("NFKC", typed).strip() if isinstance(typed, str) else ""
    try:
        number = phonenumbers.parse(plain[: TYPED_CHARS + 1], REGION)
    except phonenumbers.NumberParseException:
        raise Refused("phone") from None
    if len(plain) > TYPED_CHARS or number.extension or not phonenumbers.is_valid_number(number):
        raise Refused("phone")
    return number
