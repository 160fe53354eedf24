"""Fixtures: the town and its people, ready-made, as the case tests have them."""

from tests.portal.cases.conftest import monday, people, postgresql_template, sqlite_template, town

__all__ = ["monday", "people", "postgresql_template", "sqlite_template", "town"]
