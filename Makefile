PORT ?= 8501
PYTHON ?= python3
WORKERS ?= 2
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: run test bench shots

run: .venv/.runtime  ## migrate, load the demo once, serve on http://localhost:$(PORT)
	@$(BIN)/python -m portal migrate
	@test "$$PORTAL_DEMO" = 0 || $(BIN)/python -m portal demo
	@exec $(BIN)/python -m portal serve --port $(PORT)

test: .venv/.tests  ## lint, types and all tests, on SQLite and PostgreSQL, in a real browser
	@bash tests/needs.sh
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n $(WORKERS) -m "not browser"
	$(BIN)/python -m pytest -m browser  # alone: a browser that waits for its turn finds nothing in time

bench: .venv/.tests  ## how fast the wall is, with few and many wishes, for one and for many people, and how fast votes are counted
	@$(BIN)/python -m tests.bench

shots: .venv/.tests  ## the screenshots of the README
	@bash tests/needs.sh
	@$(BIN)/python -m tests.browser.readme_shots

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed")'
	@$(PYTHON) -m venv .venv || { rm -rf .venv; \
	  echo "This Python cannot make a virtual environment: on Debian, apt-get install python3-venv"; exit 1; }

.venv/.runtime: requirements.txt | .venv/bin/python
	@echo "Installing requirements.txt (only when it changed) ..."
	@$(PIP) -r requirements.txt
	@touch $@

.venv/.tests: tests/requirements.txt requirements.txt | .venv/bin/python
	@echo "Installing tests/requirements.txt (only when it changed) ..."
	@$(PIP) -r tests/requirements.txt
	@touch $@ .venv/.runtime
