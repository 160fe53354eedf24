"""Addresses that come from outside and are followed."""

import re

_LOCAL = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e\u00a1-\uffef]*")
"""One slash, then no second one, no backslash, no space and no control character."""


def local(wanted: str | None) -> str:
    """`wanted` when it is a path on this very host, else `/`: nobody is sent elsewhere."""
    return wanted if wanted and len(wanted) <= 2_000 and _LOCAL.fullmatch(wanted) else "/"
