#!/usr/bin/env python3
"""Checks a community portal's audit chain with nothing but Python.

    curl https://PORTAL/audit/chain.jsonl | python3 verify_chain.py
    python3 verify_chain.py chain.jsonl --head 1234:5d41...

Each line of the chain is one act: {"seq", "at", "public", "digest", "hash"}. `public` is what anyone may read of
it, or null; `digest` seals the rest (who acted, what was written) without showing it. The hash of a line is the
SHA-256 of the JSON list [hash of the line before, seq, at, public, digest], written in UTF-8 with sorted keys and
no spaces; before the first line stand 64 zeros. So nothing can be altered, removed, added or swapped without
changing every hash after it. Compare the last one with a head that the portal published (`--head`): then lines
cannot have been cut off the end either.

Exit code: 0 the chain holds, 1 it does not (the first bad line is named), 2 wrong use.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable
from typing import Any

GENESIS = "0" * 64


class Broken(Exception):
    """The chain does not hold: the number of the first bad row, and why in both languages."""


def link(previous: str, row: dict[str, Any]) -> str:
    """The hash that a row must have after `previous`."""
    parts = [previous, row["seq"], row["at"], row["public"], row["digest"]]
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def walk(
    lines: Iterable[bytes], after: tuple[int, str] = (0, GENESIS), head: tuple[int, str] | None = None
) -> tuple[int, str]:
    """Follow the chain to its end and return (seq, hash) of the last row. Raises Broken."""
    seq, previous = after
    reached = head is None
    for line in lines:
        if not line.strip():
            continue
        reached = reached or (head is not None and check_head(seq, previous, head))
        seq, previous = step(line, seq, previous)
    if head and not reached and not check_head(seq, previous, head):
        raise Broken(seq + 1, "末尾被截去", "rows were cut off the end")
    return seq, previous


def step(line: bytes, seq: int, previous: str) -> tuple[int, str]:
    """One row further. Raises Broken."""
    try:
        row = json.loads(line)
        number, stated, due = row["seq"], row["hash"], link(previous, row)
    except (ValueError, KeyError, TypeError):
        raise Broken(seq + 1, "无法读取", "cannot be read") from None
    if number != seq + 1:
        raise Broken(seq + 1, "缺少或错位", "is missing or out of place")
    if stated != due:
        raise Broken(number, "内容与哈希不符", "its content does not match its hash")
    return number, stated


def check_head(seq: int, previous: str, head: tuple[int, str]) -> bool:
    """True when the row at the head's number has the head's hash. Raises Broken."""
    if seq == head[0] and previous != head[1]:
        raise Broken(seq, "与公布的链头不符", "differs from the published head")
    return seq == head[0]


def pair(text: str) -> tuple[int, str]:
    """SEQ:HASH as (number, hash)."""
    seq, _, digest = text.partition(":")
    if not seq.isdigit() or len(digest) != len(GENESIS):
        raise argparse.ArgumentTypeError("SEQ:HASH")
    return int(seq), digest.lower()


def main() -> int:
    """Read the arguments and the chain; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", default="-", help="chain.jsonl, or - for standard input")
    parser.add_argument("--head", type=pair, metavar="SEQ:HASH", help="a published head the chain must run through")
    parser.add_argument(
        "--after", type=pair, metavar="SEQ:HASH", default=(0, GENESIS), help="where a partial file begins"
    )
    given = parser.parse_args()
    if given.head and given.head[0] < given.after[0]:
        parser.error("--head lies before --after")
    source = sys.stdin.buffer if given.file == "-" else open(given.file, "rb")  # noqa: SIM115
    try:
        with source:
            seq, last = walk(source, given.after, given.head)
    except Broken as broken:
        row, chinese, english = broken.args
        print(f"第 {row} 行{chinese} / BROKEN at row {row}: {english}")  # noqa: T201
        return 1
    print(f"账链完整 / OK: {seq} rows, head {seq}:{last}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
