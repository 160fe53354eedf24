"""Receipt codes of ballots, and looking one up: whether it is in the box, never what stands on it.

The digest can be made again by anybody: SHA-256 (hexadecimal) of the code in capitals, without its hyphens. The code
of a ballot on the web is made from the portal's key, so that its voter can read it again; a ballot on paper has a
number of its own, whose last sign shows typing errors.
"""

import hashlib
import secrets
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import Session, col, select

from db.models.ballots import Ballot, Outcome
from db.models.fund import Phase, Round
from portal import limits, vault
from portal.accounts import quotas
from portal.acts import Who
from portal.errors import NotFound, Refused
from portal.inputs import clean

NUMBER_SIGNS = 8
"""Of a ballot on paper, the check sign included."""
_SIGNS = vault.RECEIPT_ALPHABET
_READ_AS = str.maketrans("OIL", "011")
_FIELD = 0x25  # x⁵ + x² + 1, which makes the 32 signs a field
BLOCK = 256 * 1024


@dataclass(frozen=True)
class Found:
    """What a receipt code tells: whether its ballot is there, and whether that is the published list's word."""

    there: bool
    counted: bool
    """Whether the count is over: then the published list was searched, before it the ballots that will be counted."""
    digest: str


def plain(code: str) -> str:
    """A code as it is hashed: capitals and digits alone, O read as 0, I and L as 1."""
    return "".join(sign for sign in code.upper() if sign.isalnum()).translate(_READ_AS)


def digest(code: str) -> str:
    """The receipt hash that is published: SHA-256 (hex) of the plain code."""
    return hashlib.sha256(plain(code).encode()).hexdigest()


def code_of(round_id: int, person_id: int, version: int) -> str:
    """The code of somebody's ballot on the web in its so-many-th version: 140 bits that nobody guesses."""
    number = int(vault.keyed_hash("ballot-receipt", f"{round_id}:{person_id}:{version}"), 16)
    signs = "".join(_SIGNS[number >> 5 * place & 31] for place in range(vault.RECEIPT_CHARS))
    return grouped(signs)


def grouped(signs: str) -> str:
    """In groups of four, to be read aloud and copied by hand."""
    return "-".join(signs[start : start + 4] for start in range(0, len(signs), 4))


def new_number(round_id: int) -> str:
    """A random number for a ballot on paper of this round, plain."""
    signs = "".join(secrets.choice(_SIGNS) for _ in range(NUMBER_SIGNS - 1))
    return signs + _check_sign(round_id, signs)


def checked_number(round_id: int, typed: str) -> str:
    """The plain number of a ballot on paper. Raises Refused `paper_number` where it cannot be one of this round."""
    signs = plain(clean("paper_number", typed, limits.NAME_CHARS))
    sound = len(signs) == NUMBER_SIGNS and set(signs) <= set(_SIGNS)
    if not sound or _check_sign(round_id, signs[:-1]) != signs[-1]:
        raise Refused("paper_number", typed=typed.strip()[:20])
    return signs


def find(session: Session, who: Who, round_id: int, code: str) -> Found:
    """Whether the ballot with this receipt code is in the round's box. Open to everybody, some times an hour.

    Raises NotFound where there was no voting yet, and Refused `too_often`, `missing`.
    """
    quotas.spend_for_good(session, f"ballot-receipt:{who.client}", limits.RECEIPT_LOOKUPS_PER_HOUR, timedelta(hours=1))
    wanted = digest(clean("receipt", code, limits.SEARCH_CHARS))
    row = session.get(Round, round_id)
    if row is None or row.state not in (Phase.BALLOTING, Phase.REVIEWING_BALLOTS, Phase.FINISHED):
        raise NotFound()
    outcome = session.get(Outcome, round_id)
    if outcome is not None:
        return Found(any(line == wanted for line in published(outcome)), True, wanted)
    mine = (Ballot.round_id == round_id, col(Ballot.receipt_hash) == wanted)
    return Found(session.exec(select(Ballot.id).where(*mine)).first() is not None, False, wanted)


def published(outcome: Outcome) -> Iterator[str]:
    """The receipt hashes of a counted round, sorted, without having the whole list in memory."""
    packed, unpack, rest = memoryview(outcome.receipts), zlib.decompressobj(), b""
    for start in range(0, len(packed), BLOCK):
        *lines, rest = (rest + unpack.decompress(packed[start : start + BLOCK])).split(b"\n")
        yield from (line.decode() for line in lines)
    yield from (line.decode() for line in (rest + unpack.flush()).split(b"\n") if line)


def _check_sign(round_id: int, signs: str) -> str:
    """The sign that makes one wrong sign, or two that changed places, or the paper of another round, show."""
    value = round_id & 31
    for sign in signs:
        value = _times_x(value) ^ _SIGNS.index(sign)
    return _SIGNS[_times_x(value)]


def _times_x(value: int) -> int:
    doubled = value << 1
    return doubled ^ _FIELD if doubled & 32 else doubled
