"""Secrets: keyed look-up hashes, encryption at rest, random tokens and receipt codes."""

import base64
import hashlib
import hmac
import secrets

from cryptography.fernet import Fernet, MultiFernet

from portal.settings import settings

RECEIPT_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U to misread
RECEIPT_CHARS = 28  # 28 × 5 bits = 140 bits


def keyed_hash(purpose: str, value: str) -> str:
    """Hex HMAC-SHA256 of `value` under the portal's key, separate per `purpose`."""
    key = settings().secret_key.get_secret_value().encode()
    return hmac.new(key, f"{purpose}:{value}".encode(), hashlib.sha256).hexdigest()


def seal(plain: str) -> str:
    """Encrypt and authenticate `plain` for storage (Fernet: AES-128-CBC with HMAC-SHA256)."""
    return _fernet().encrypt(plain.encode()).decode()


def unseal(sealed: str) -> str:
    """The text behind `seal`. Raises cryptography.fernet.InvalidToken where key or text do not fit."""
    return _fernet().decrypt(sealed.encode()).decode()


def new_token() -> str:
    """256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


def new_receipt() -> str:
    """A receipt code of 140 random bits in groups of four, easy to read aloud and to copy by hand."""
    raw = "".join(secrets.choice(RECEIPT_ALPHABET) for _ in range(RECEIPT_CHARS))
    return "-".join(raw[i : i + 4] for i in range(0, RECEIPT_CHARS, 4))


def receipt_hash(typed: str) -> str:
    """The look-up hash of a receipt code as typed: case, spaces and hyphens do not matter, O reads 0, I and L 1."""
    plain = "".join(c for c in typed.upper() if c.isalnum()).translate(str.maketrans("OIL", "011"))
    return keyed_hash("receipt", plain)


def _fernet() -> MultiFernet:
    listed = settings().fernet_keys
    if not listed:  # outside production, see settings
        digest = hashlib.sha256(b"fernet:" + settings().secret_key.get_secret_value().encode()).digest()
        listed = [base64.urlsafe_b64encode(digest).decode()]
    return MultiFernet([Fernet(key) for key in listed])
