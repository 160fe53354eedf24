"""Passwords: argon2id, in the time it takes whether or not anybody has the phone."""

from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from portal import limits
from portal.errors import Refused
from portal.inputs import clean

# RFC 9106 in OWASP's smallest memory setting: a burst of sign-ins must not take the server's memory.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
DISTINCT_CHARS = 5


def hashed(typed: str, *, phone: str = "") -> str:
    """The hash to keep. Raises Refused: `password_short` (limit), `password_plain`, and what `inputs.clean` raises.

    Slow on purpose: call it before the transaction has written anything.
    """
    text = _clean(typed)
    if len(text) < limits.PASSWORD_MIN_CHARS:
        raise Refused("password_short", limit=limits.PASSWORD_MIN_CHARS)
    if len(set(text)) < DISTINCT_CHARS or (phone and text in phone):
        raise Refused("password_plain")
    return _hasher.hash(text)


def fits(kept: str | None, typed: str) -> bool:
    """Whether `typed` is the password behind `kept`; takes as long when there is none."""
    try:
        return _hasher.verify(kept or _nobody(), _clean(typed)) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def renewed(kept: str, typed: str) -> str | None:
    """A new hash of the proven password when the parameters have changed since it was kept, else None."""
    return _hasher.hash(_clean(typed)) if _hasher.check_needs_rehash(kept) else None


def _clean(typed: str) -> str:
    return clean("password", typed, limits.PASSWORD_MAX_CHARS)


@lru_cache
def _nobody() -> str:
    return _hasher.hash("nobody has this password")
