"""Fixtures for accounts: a small town, and settings changed for one test."""

from collections.abc import Callable, Iterator

import pytest

from portal.settings import settings
from tests.portal.accounts.town import Town


@pytest.fixture
def town(db: str) -> Town:
    return Town()


@pytest.fixture
def set_env(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Change settings for one test."""

    def change(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(f"PORTAL_{name.upper()}", value)
        settings.cache_clear()

    yield change
    settings.cache_clear()
