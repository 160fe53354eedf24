"""What all tests share: databases of both kinds, a town, its people, a running server, a real browser."""

import os
from pathlib import Path

import pytest

# before the settings are read for the first time
os.environ.setdefault("PORTAL_LOG_FORMAT", "console")
os.environ["PORTAL_TICKER"] = "0"

pytest_plugins = [
    "tests.fixtures.browsers",
    "tests.fixtures.databases",
    "tests.fixtures.fund",
    "tests.fixtures.screens",
    "tests.fixtures.servers",
    "tests.fixtures.town",
]

BROWSER_TESTS = Path(__file__).parent / "browser"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what walks through pages: `make test` runs that by itself, after all the rest."""
    for item in items:
        if item.path.is_relative_to(BROWSER_TESTS):
            item.add_marker(pytest.mark.browser)
