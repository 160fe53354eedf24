"""What all tests share: databases of both kinds, a town, its people, a running server, a real browser."""

import os

# before the settings are read for the first time
os.environ.setdefault("PORTAL_LOG_FORMAT", "console")
os.environ["PORTAL_TICKER"] = "0"

pytest_plugins = ["tests.fixtures.databases", "tests.fixtures.town"]
