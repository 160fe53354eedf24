"""The words of the demo: who lives and works there, and what they wished for."""

import json
from functools import cache
from pathlib import Path
from typing import Any


@cache
def people() -> list[dict[str, Any]]:
    """Each with `key` and `name`; `duties` by role as area codes (`xiaotang-*`: every cell), `home` a cell's code.

    `waits` says that the home still waits for confirmation. Those first in a role are offered for signing in.
    """
    return _read("people")


@cache
def wishes() -> list[dict[str, Any]]:
    """Each with its words, its cell, who posted it how many days `ago`, and the `steps` that it went through."""
    return _read("wishes")


@cache
def voices() -> list[dict[str, Any]]:
    """As `wishes`, for the other kinds: opinions, help orders, errands (at a `station`), disputes (with `parties`)."""
    return _read("voices")


@cache
def errands() -> dict[str, Any]:
    """The `stations` with their `hours`, and the `errands` that they do, by language."""
    return _read("errands")


@cache
def fund() -> dict[str, Any]:
    """The `funds`, their `income`, the `rounds` with their `projects`, and the `work` on those that were chosen."""
    return _read("fund")


@cache
def phrases() -> dict[str, Any]:
    """Parts of sentences from which the large demo puts names, wishes and answers together."""
    return _read("phrases")


def _read(name: str) -> Any:
    return json.loads(Path(__file__).with_name(f"{name}.json").read_text("utf-8"))
